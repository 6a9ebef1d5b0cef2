"""A playbook of one's own, from the first mistake to the first run: what each command says to who has never done it."""

import time
from pathlib import Path

import pytest

from tests.cli.test_commands import Shell

FAILS = "2026-11-27 03:00:00,001 ERROR tilld: failed to start: pid file /srv/tills/tilld.pid already exists\n"
OWN = """\
name: clear-pid
version: 1
description: {en: Move the pid file of a till that is gone aside.}
risk: low
for: {categories: [service_failure], services: [tilld.service]}
params: {pid_file: {from: source.parameters.pid_file}}
evidence:
  - process_of: {pid_file: $pid_file, is: gone}
steps:
  - move_aside: {path: $pid_file}
verify:
  within: 1s
  probes:
    - file_absent: {path: $pid_file}
busy: false
cooldown: 1s
"""
NOBODY = 2**22
"""No process has this number: Linux gives smaller ones only."""


class Till(Shell):
    """A service that a stale pid file keeps from starting, and a playbook for it."""

    def __init__(self, folder: Path, capsys) -> None:
        super().__init__(folder, capsys)
        self.pid_file = folder / "tilld.pid"
        self.own = folder / "own" / "clear-pid.yaml"
        self.own.parent.mkdir()
        self.own.write_text(OWN)
        self.configure(playbooks=f"[{folder}/own]", policy="{limits: {self_effect: 1s}}")
        source = self.config.read_text().replace("worker.service", "tilld.service")
        self.config.write_text(source.replace("beginning", f"beginning, parameters: {{pid_file: {self.pid_file}}}"))

    def fails(self) -> str:
        """Have it fail, and a scan see it; return the incident's id."""
        self.pid_file.write_text(f"{NOBODY}\n")
        with self.log.open("a") as log:
            log.write(FAILS)
        [incident] = self.json("scan")["incidents"]
        return incident["id"]

    def question(self) -> str:
        """Return the id of the question that waits."""
        [asked] = [a["id"] for a in self.json("approvals", "list")["approvals"] if a["state"] == "pending"]
        return asked


@pytest.fixture
def till(tmp_path, capsys):
    return Till(tmp_path, capsys)


@pytest.mark.slow
def test_agreeing_to_a_playbook_that_was_edited_meanwhile_says_that_it_was_not_run(till):
    incident = till.fails()
    code, out, _ = till("approvals", "approve", till.question())
    assert (code, out.splitlines()[0]) == (0, f"{incident}: clear-pid: succeeded; the incident is resolved")
    time.sleep(1.1)  # longer than the cooldown, and than the log is taken to speak of the repair itself
    assert till.fails() == incident
    asked = till.question()
    till.own.write_text(OWN.replace("risk: low", "risk: medium"))
    code, out, _ = till("approvals", "approve", asked)
    assert code == 1
    assert out == (
        f"{incident}: clear-pid: not run; the incident is open\n    the playbook was changed after the question\n"
    )
    assert till.pid_file.exists()


def test_an_incident_that_waits_says_in_words_why_and_how_to_answer(till):
    incident = till.fails()
    _, out, _ = till("incidents", "show", incident)
    assert "why:             The policy is to ask before every repair (`policy.mode`).\n" in out
    asked = till.question()
    assert f"to answer:       aiops-agent approvals approve {asked}, or deny {asked}\n" in out
    till("approvals", "deny", asked)
    assert "to answer" not in till("incidents", "show", incident)[1]


@pytest.mark.slow
def test_a_scan_that_asks_says_where_the_question_is(till):
    till.pid_file.write_text(f"{NOBODY}\n")
    till.log.write_text(FAILS)
    hint = "a question waits for an answer: `aiops-agent approvals list`"
    assert hint not in till("scan", "--dry-run")[1]
    assert till("scan")[1].splitlines()[-1] == hint
    assert hint not in till("scan")[1], "said when it is asked, not at each scan"


OWN_WORDS = "2026-11-27 03:00:00,001 ERROR tilld: drawer 3 is jammed\n"
SAID = 'patterns: {faults: [{contains: "is jammed", category: service_failure}]}\n'


@pytest.mark.slow
def test_what_people_say_a_fault_is_goes_before_a_diagnosis_that_is_not_sure(till, tmp_path):
    till.pid_file.write_text(f"{NOBODY}\n")
    till.log.write_text(OWN_WORDS)
    [incident] = till.json("scan")["incidents"]
    assert (incident["abstained"], incident["reason"]) == (True, "unsure")
    assert "`category` in `patterns.faults`" in till("incidents", "show", incident["id"])[1]
    till.config.write_text(till.config.read_text() + SAID)
    till.log.write_text(OWN_WORDS * 2)
    [again] = till.json("scan")["incidents"]
    assert again["id"] == incident["id"], "also of a fault that was known before it was said"
    assert (again["category"], again["abstained"], again["decision"]) == ("service_failure", False, "ask")
    assert "service_failure (99%); decided by patterns: is jammed" in till("incidents", "show", again["id"])[1]
    assert till("approvals", "approve", till.question())[0] == 0
    assert not till.pid_file.exists()


@pytest.mark.slow
def test_diagnose_and_replay_go_by_what_people_say_too(till):
    till.log.write_text(OWN_WORDS)
    assert till.json("diagnose", str(till.log))["abstained"]
    assert till.json("replay", str(till.log))["summary"]["asked"] == 0
    till.config.write_text(till.config.read_text() + SAID)
    said = till.json("diagnose", str(till.log))
    assert (said["category"], said["abstained"]) == ("service_failure", False)
    assert "sure enough for a playbook of risk critical" in " ".join(till("diagnose", str(till.log))[1].split())
    assert till.json("replay", str(till.log))["summary"]["asked"] == 1


@pytest.mark.slow
def test_a_fault_that_nobody_said_anything_of_is_diagnosed_as_ever(till):
    till.log.write_text(FAILS + OWN_WORDS)
    before = {i["title"]: (i["category"], i["confidence"]) for i in till.json("scan", "--dry-run")["incidents"]}
    till.config.write_text(till.config.read_text() + SAID.replace("jammed", "jammed shut"))
    assert {i["title"]: (i["category"], i["confidence"]) for i in till.json("scan")["incidents"]} == before
