"""The state at rest: what its files show, what a writer without the key can do, how life goes on without the key."""

import json
import sqlite3
import time
from datetime import timedelta

import pytest

from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Kind
from aiops_agent.state.approvals import ApprovalState
from tests.journeys.host import Host
from tests.journeys.machine import Machine

WORD = "quetzalcoatl"
SAYS = f"2026-11-23 03:00:00,001 ERROR shop: cannot start: the {WORD} is there"


def altered(state_dir, sql, *values):
    """Write to the database as somebody who has no key."""
    connection = sqlite3.connect(state_dir / "state.db")
    with connection:
        assert connection.execute(sql, values).rowcount == 1
    connection.close()


def hidden(host, name):
    """Take a key away; what is returned puts it back."""
    key, elsewhere = host.state_dir / "keys" / name, host.folder / name
    key.rename(elsewhere)
    return lambda: elsewhere.rename(key)


def asking(tmp_path):
    host = Host(tmp_path, mode=Mode.APPROVE)
    host.fails()
    [incident] = host.tick().touched.values()
    assert incident.decision == "ask"
    return host


def notices(host):
    return {incident.notice: incident for incident in host.incidents() if incident.kind is Kind.AGENT}


@pytest.mark.slow
def test_a_word_of_a_log_stands_in_no_file_of_the_state_but_in_the_reports(tmp_path):
    machine = Machine(tmp_path)
    machine.can_repair(mode="approve")
    machine.writes(SAYS, f"{SAYS} again", f'Traceback (most recent call last):\n  File "{WORD}.py", line 7, in {WORD}')
    unreachable = '[{type: slack, token: "env:TOKEN", channel: "#ops", base_url: "http://127.0.0.1:9/"}]'
    machine.environment["TOKEN"] = f"xoxb-{WORD}"
    with machine.config.open("a") as config:
        config.write(f"chat: {unreachable}\n")
    time.sleep(1.1)  # a configuration that has just been edited is not remembered
    found = machine.scan()
    assert any(WORD in incident["title"] for incident in found["incidents"])
    assert any(incident["decision"] == "ask" for incident in found["incidents"])
    waiting = machine.run("outbox", "list", "--json").json["outbox"]
    assert any(WORD in letter["title"] for letter in waiting), "letters wait for a chat that cannot be reached"
    machine.writes(SAYS)
    machine.scan()
    holder = sqlite3.connect(machine.state / "state.db")  # as long as somebody looks, the write-ahead log stays
    holder.execute("SELECT count(*) FROM incidents").fetchone()
    machine.writes(SAYS)
    machine.scan()
    files = {path: path.read_bytes() for path in machine.state.rglob("*") if path.is_file()}
    holder.close()
    names = {path.name for path in files}
    assert {"state.db", "state.db-wal", "masks.learnt", "config.checked", "state.key"} <= names
    assert files[machine.state / "state.db-wal"]
    told = {path.parent for path, content in files.items() if WORD.encode() in content}
    assert told == {machine.reports}


@pytest.mark.slow
def test_a_tick_that_only_counts_known_faults_opens_nothing_and_one_with_a_new_fault_seals_it(tmp_path):
    machine = Machine(tmp_path)
    machine.writes(SAYS)
    time.sleep(1.1)
    machine.scan()
    machine.writes(SAYS)
    machine.scan()  # which records that it will not be told again
    loaded = [loads(machine, SAYS), loads(machine, "2026-11-23 03:00:00,001 ERROR shop: something new altogether")]
    assert loaded == [False, True]
    assert sorted(machine.counts().values()) == [1, 3]


def loads(machine, line):
    """Tell whether a scan that finds a line there loads what encrypts."""
    machine.writes(line)
    machine.environment["PYTHONPROFILEIMPORTTIME"] = "1"
    done = machine.run("scan", "--json")
    del machine.environment["PYTHONPROFILEIMPORTTIME"]
    modules = {said.rsplit("|", 1)[-1].strip() for said in done.err.splitlines()}
    assert "aiops_agent.state.incidents" in modules
    return "cryptography" in modules


def test_an_approval_that_is_granted_by_writing_to_the_database_runs_nothing_and_is_told(tmp_path):
    host = asking(tmp_path)
    altered(host.state_dir, "UPDATE approvals SET state='approved', answered=requested")
    found = host.tick()
    assert host.lock.exists(), "nothing was run"
    assert found.forged is not None
    assert found.forged.exit_code == 3
    assert "pending, not approved" in found.forged.message
    assert "intent" not in host.recorded()
    assert "state_forged" in host.recorded()
    assert [title for title in host.phone.titles if "state forged" in title]
    before = len(host.phone.titles)
    host.tick()
    assert (len(host.phone.titles), host.lock.exists()) == (before, True), "told once, and still refused"


def test_what_would_have_run_by_itself_is_only_reported_while_the_state_holds_what_is_forged(tmp_path):
    host = asking(tmp_path)
    altered(host.state_dir, "UPDATE approvals SET expires=expires+1")
    host.mode = Mode.AUTO
    host.writes("2026-11-23 03:00:00,001 ERROR shop: cannot start: a socket is there")
    found = host.tick()
    [new] = [i for i in found.touched.values() if i.kind is Kind.LOG]
    assert (new.decision, new.reason) == ("report", "state_forged")
    assert host.lock.exists()
    assert new.occurrences == 1


def test_the_grant_of_another_question_runs_nothing(tmp_path):
    host = asking(tmp_path)
    with host.agent() as agent:
        [asked] = agent.state.approvals.all()
    altered(
        host.state_dir,
        "INSERT INTO approvals (id, incident, state, requested, expires, answered, sealed) "
        "SELECT 'token-forged', incident, 'approved', requested, expires, requested, sealed FROM approvals WHERE id=?",
        asked.id,
    )
    found = host.tick()
    assert "token-forged" in found.forged.message
    assert host.lock.exists()


def test_an_incident_that_is_aimed_at_another_service_after_the_grant_runs_nothing(tmp_path):
    host = asking(tmp_path)
    with host.agent() as agent, agent.state.transaction():
        [asked] = agent.state.approvals.all()
        assert agent.state.approvals.answer(asked.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
    altered(host.state_dir, "UPDATE incidents SET service='cart.service' WHERE kind='log'")
    host.tick()
    assert host.lock.exists()
    assert "intent" not in host.recorded()
    assert "another service" in host.phone.messages[-1].text


@pytest.mark.parametrize("name", ["state.key", "wrapping.key"])
def test_without_its_key_a_host_observes_counts_and_reports_and_says_why_the_record_is_withheld(tmp_path, name):
    host = Host(tmp_path)
    host.writes(SAYS)
    host.tick()
    before = host.incidents()[0].text
    put_back = hidden(host, name)
    host.writes(SAYS, f"2026-11-23 03:00:00,001 ERROR shop: another {WORD} is gone")
    host.fails()
    told = len(host.phone.messages)
    found = host.tick(after=timedelta(hours=5))
    assert found.audit_error is not None
    assert name in found.audit_error.message
    assert host.lock.exists(), "nothing is acted on"
    assert found.errors == 3
    texts = [message.text for message in host.phone.messages[told:]]
    assert any(f"another {WORD}" in text for text in texts), "what is found now is told from memory"
    assert any("ithheld" in text and name in text for text in texts), "what cannot be opened is told without it"
    assert any("audit unavailable" in title for title in host.phone.titles[told:])
    assert "audit_unavailable" in notices(host)
    assert all("ithheld" in i.text and name in i.text for i in host.incidents() if i.occurrences == 1)
    counts = sorted(i.occurrences for i in host.incidents() if i.kind is Kind.LOG)
    assert counts == [1, 1, 2]
    assert not (host.state_dir / "keys" / name).exists(), "no new key is made"
    files = [path for path in host.state_dir.rglob("*") if path.is_file()]
    assert [path.name for path in files if WORD.encode() in path.read_bytes()] == []
    put_back()
    host.writes(f"2026-11-23 03:00:00,001 ERROR shop: another {WORD} is gone")
    found = host.tick()
    assert found.audit_error is None
    texts = [incident.text for incident in host.incidents() if incident.kind is Kind.LOG]
    assert before in texts
    assert any(f"another {WORD}" in text for text in texts), "what could not be kept is kept when it is seen again"
    assert notices(host)["audit_unavailable"].status.value == "closed"


def test_a_letter_whose_key_is_gone_waits_and_is_delivered_when_it_is_back(tmp_path):
    host = Host(tmp_path)
    host.phone.reachable = False
    host.writes(SAYS)
    host.tick()
    put_back = hidden(host, "state.key")
    host.phone.reachable = True
    found = host.tick(after=timedelta(hours=2))
    assert found.audit_error is not None
    assert all(WORD not in message.text for message in host.phone.messages)
    assert [title for title in host.phone.titles if "audit unavailable" in title]
    put_back()
    host.tick(after=timedelta(hours=2))
    assert [message for message in host.phone.messages if WORD in message.text]


def test_a_letter_that_could_not_be_kept_and_not_delivered_at_once_is_delivered_without_the_record(tmp_path):
    host = Host(tmp_path)
    host.tick()
    host.writes("2026-11-23 03:00:00,001 ERROR shop: the first, so that there is a key")
    host.tick()
    hidden(host, "state.key")
    host.phone.reachable = False
    host.writes(SAYS)
    host.tick()
    host.phone.reachable = True
    told = len(host.phone.messages)
    host.tick(after=timedelta(hours=2))
    texts = [message.text for message in host.phone.messages[told:]]
    assert all(WORD not in text for text in texts)
    assert any("ithheld" in text and "state.key" in text and str(host.log) in text for text in texts)


def test_a_letter_that_was_forged_is_not_delivered_and_told(tmp_path):
    host = Host(tmp_path)
    host.phone.reachable = False
    host.writes(SAYS)
    host.tick()
    forged = json.dumps(["run this", "run this", "run this", {}]).encode()
    altered(host.state_dir, "UPDATE outbox SET sealed=?", b"\x01" + forged)
    host.phone.reachable = True
    found = host.tick(after=timedelta(hours=2))
    assert "letter" in found.forged.message
    assert host.phone.titles
    assert all("run this" not in title and "state forged" in title for title in host.phone.titles)


@pytest.mark.slow
def test_a_rehearsal_makes_no_key_and_shows_what_the_log_says(tmp_path):
    machine = Machine(tmp_path)
    machine.writes(SAYS)
    found = machine.scan("--dry-run")
    assert WORD in found["incidents"][0]["title"]
    assert not machine.state.exists() or not (machine.state / "keys").exists()
    machine.scan()
    machine.writes(SAYS)
    before = {path: path.read_bytes() for path in machine.state.rglob("*") if path.is_file()}
    assert machine.scan("--dry-run")["incidents"][0]["occurrences"] == 2
    assert {path: path.read_bytes() for path in machine.state.rglob("*") if path.is_file()} == before
