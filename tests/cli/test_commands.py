"""The commands as a person or program calls them: exit codes, JSON keys, and the way out of a mistake."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiops_agent import fork
from aiops_agent.cli import diagnose
from aiops_agent.cli.main import run
from aiops_agent.model.incident import Outcome
from aiops_agent.sources import quiet
from aiops_agent.state.actions import Action
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.state.state import State
from tests.build import cipher

FAULT = "2026-11-23 03:00:00,001 ERROR worker: OSError: [Errno 28] No space left on device\n"


class Shell:
    """A configuration in a folder, and the commands on it."""

    def __init__(self, folder: Path, capsys) -> None:
        self.folder = folder
        self.capsys = capsys
        self.log = folder / "worker.log"
        self.config = folder / "config.yaml"
        self.configure()

    def configure(self, **keys: str) -> None:
        lines = [f"{key}: {value}" for key, value in keys.items()]
        source = f'- {{type: file, paths: ["{self.folder}/*.log"], service: worker.service, start: beginning}}'
        self.config.write_text("\n".join([f"state_dir: {self.folder}/state", "sources:", f"  {source}", *lines, ""]))
        long_ago = time.time() - 3600
        os.utime(self.config, (long_ago, long_ago))

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run([*words, "--config", str(self.config)])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: str):
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def shell(tmp_path, capsys):
    before = os.umask(0o022)  # a command sets its own, which must not reach the tests after this one
    yield Shell(tmp_path, capsys)
    os.umask(before)


def test_a_scan_prints_the_object_of_the_contract(shell):
    shell.log.write_text(FAULT)
    found = shell.json("scan")
    assert list(found) == ["files", "bytes", "errors", "lost_bytes", "seconds", "skipped", "cut_short", "incidents"]
    assert (found["files"], found["bytes"], found["errors"], found["skipped"]) == (1, len(FAULT), 1, None)
    assert found["incidents"][0]["category"] == "disk_full"
    assert found["incidents"][0]["article"] == "disk-full"


def test_a_missing_log_is_no_error(shell):
    assert shell.json("scan")["incidents"] == []


@pytest.mark.slow
def test_a_dry_run_writes_nothing_at_all(shell):
    shell.log.write_text(FAULT)
    found = shell.json("scan", "--dry-run")
    assert (found["errors"], found["seconds"] > 0) == (1, True)
    assert not (shell.folder / "state").exists()
    shell.json("scan")
    shell.log.write_text(FAULT * 3)
    before = {path: path.read_bytes() for path in (shell.folder / "state").rglob("*") if path.is_file()}
    assert shell.json("scan", "--dry-run")["errors"] == 2
    assert {path: path.read_bytes() for path in (shell.folder / "state").rglob("*") if path.is_file()} == before
    assert shell.json("scan")["errors"] == 2


def test_check_says_with_its_exit_code_that_something_needs_attention(shell):
    shell.log.write_text("2026-11-23 03:00:00,001 INFO worker: all is well\n")
    assert shell("scan", "--check")[0] == 0
    shell.log.write_text(shell.log.read_text() + FAULT)
    assert shell("scan", "--check")[0] == 1


def test_another_scan_at_work_is_no_failure(shell):
    from aiops_agent.state.database import exclusive

    shell.json("scan")
    with exclusive(shell.folder / "state", wait=timedelta(0)):
        assert shell.json("scan")["skipped"] == "locked"


def test_a_wrong_configuration_is_refused_with_every_fault(shell):
    shell.configure(policy="{mode: bold}", colour="red")
    code, _, err = shell("scan")
    assert code == 2
    assert "config.yaml:4: policy.mode" in err
    assert "config.yaml:5: colour" in err
    assert "Traceback" not in err


def test_a_configuration_that_is_not_there_is_named(capsys):
    assert run(["scan", "--config", "/does/not/exist.yaml"]) == 2
    assert "/does/not/exist.yaml" in capsys.readouterr().err


def test_an_incident_is_shown_acknowledged_and_closed(shell):
    shell.log.write_text(FAULT)
    [incident] = shell.json("scan")["incidents"]
    code, out, _ = shell("incidents", "show", incident["id"])
    assert code == 0
    assert "grouped because" in out
    assert "No space left on device" in out
    assert shell("incidents", "ack", incident["id"])[0] == 0
    assert shell.json("incidents", "list")["incidents"][0]["status"] == "acknowledged"
    assert shell("incidents", "close", incident["id"])[0] == 0
    assert shell("incidents", "close", incident["id"])[0] == 2


@pytest.mark.slow
def test_a_closed_fault_that_returns_is_a_new_incident(shell):
    shell.log.write_text(FAULT)
    [first] = shell.json("scan")["incidents"]
    shell("incidents", "close", first["id"])
    shell.log.write_text(FAULT * 2)
    [second] = shell.json("scan")["incidents"]
    assert second["id"] != first["id"]
    assert second["fingerprint"] == first["fingerprint"]
    assert len(shell.json("incidents", "list")["incidents"]) == 2


def test_what_does_not_exist_is_named_with_the_way_to_find_it(shell):
    shell.json("scan")
    for words in (
        ("incidents", "show", "inc-x"),
        ("approvals", "approve", "x"),
        ("silence", "end", "x"),
        ("playbook", "show", "x"),
    ):
        code, _, err = shell(*words)
        assert (code, "list" in err or "known" in err) == (2, True), err


def test_a_silence_is_added_keeps_quiet_and_is_ended(shell):
    code, _, _ = shell("silence", "add", "--category", "disk_full", "--for", "1h", "--comment", "moving data")
    assert code == 0
    shell.log.write_text(FAULT)
    assert shell.json("scan")["incidents"][0]["reason"] == "silenced"
    [silence] = shell.json("silence", "list")["silences"]
    assert silence["comment"] == "moving data"
    assert shell("silence", "end", silence["id"])[0] == 0
    assert shell("silence", "end", silence["id"])[0] == 2


@pytest.mark.parametrize(
    "words",
    [["--for", "soon", "--category", "timeout"], ["--for", "99999999999d", "--category", "timeout"], ["--for", "1h"]],
)
def test_a_silence_without_end_or_aim_is_refused(shell, words):
    assert shell("silence", "add", *words)[0] == 2


def test_halt_and_resume_are_recorded(shell):
    assert shell("halt")[0] == 0
    assert (shell.folder / "state" / "halt").exists()
    assert shell("resume")[0] == 0
    _, out, _ = shell("audit", "show", "--jsonl")
    assert [json.loads(line)["action"] for line in out.splitlines()] == ["halt", "resume"]


def test_the_shell_of_a_person_needs_no_token_to_halt_or_to_look(shell):
    shell.json("scan")
    shell.configure(chat='[{type: slack, token: "env:TOKEN_OF_THE_AGENT", channel: "#ops"}]')
    for words in (["halt"], ["incidents", "list"], ["approvals", "list"], ["playbook", "list"], ["audit", "verify"]):
        code, _, err = shell(*words)
        assert (code, err) == (0, "")
    assert (shell.folder / "state" / "halt").exists()
    for words in (["scan"], ["outbox", "flush"]):
        code, _, err = shell(*words)
        assert (code, "TOKEN_OF_THE_AGENT is not set" in err) == (2, True)


def test_an_empty_folder_that_anyone_can_write_to_is_closed_and_used(shell):
    (shell.folder / "state").mkdir()
    (shell.folder / "state").chmod(0o1777)
    shell.json("scan")
    assert (shell.folder / "state").stat().st_mode & 0o7777 == 0o700


def test_a_state_that_anyone_can_write_to_is_not_used(shell):
    shell.json("scan")
    (shell.folder / "state").chmod(0o777)
    for words in (["scan"], ["approvals", "list"]):
        code, _, err = shell(*words)
        assert (code, "chmod o-w" in err) == (2, True)


def test_the_audit_log_is_verified_and_a_changed_byte_is_found(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    verdict = shell.json("audit", "verify")
    assert verdict["intact"]
    assert "coverage" in verdict
    [segment] = (shell.folder / "state" / "audit").iterdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    code, out, _ = shell("audit", "verify", "--json")
    assert code == 3
    assert json.loads(out)["first_bad"]["kind"]


@pytest.mark.slow
def test_a_lost_key_is_exit_3_and_no_new_key_is_made(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    keys = shell.folder / "state" / "keys"
    for key in keys.iterdir():
        key.unlink()
    shell.log.write_text(FAULT + FAULT.replace("28] No space left on device", "13] Permission denied"))
    code, out, err = shell("scan", "--json")
    assert code == 3
    assert {i["kind"] for i in json.loads(out)["incidents"]} == {"log", "agent"}
    assert "key" in err
    assert list(keys.iterdir()) == []
    code, out, err = shell("incidents", "list", "--json")
    listed = json.loads(out)["incidents"]
    assert (code, "state.key" in err) == (3, True)
    counted = sorted((incident["kind"], incident["occurrences"]) for incident in listed)
    assert counted == [("agent", 1), ("log", 1), ("log", 1)], "it goes on observing, and says that it only observes"


def test_a_damaged_state_is_exit_3_with_the_way_out(shell):
    (shell.folder / "state").mkdir()
    (shell.folder / "state" / "state.db").write_bytes(b"not a database" * 100)
    code, _, err = shell("scan")
    assert code == 3
    assert "aside" in err


def test_a_tick_with_nothing_to_record_makes_no_audit_segment(shell):
    shell.log.write_text("2026-11-23 03:00:00,001 INFO worker: all is well\n")
    shell.json("scan")
    assert not (shell.folder / "state" / "audit").exists()


def test_every_report_is_written_and_the_outbox_is_empty(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    assert {path.suffix for path in (shell.folder / "state" / "reports").iterdir()} == {".txt", ".md"}
    assert shell.json("outbox", "list")["outbox"] == []


def test_reports_are_in_the_language_of_the_configuration(shell):
    shell.configure(locale="zh")
    shell.log.write_text(FAULT)
    shell.json("scan")
    [report] = (shell.folder / "state" / "reports").glob("*.txt")
    assert "磁盘" in report.read_text()


def test_diagnose_answers_with_the_keys_of_the_contract(tmp_path, capsys):
    record = tmp_path / "record"
    record.write_text("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute")
    assert run(["diagnose", str(record), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert list(answer) == ["id", "category", "confidence", "abstained", "alternatives", "article", "playbook"]
    assert answer["category"] == "pool_exhausted"
    assert list(answer["article"]) == ["id", "title", "score"]
    assert list(answer["alternatives"][0]) == ["category", "confidence"]


@pytest.mark.slow
def test_diagnose_of_a_whole_log_says_that_it_took_it_as_one_record(tmp_path, capsys):
    log = tmp_path / "worker.log"
    log.write_text(FAULT + "2026-11-23 03:00:01,000 INFO worker: goes on\n" + FAULT)
    assert run(["diagnose", str(log)]) == 0
    assert (
        f"2 error records were taken as one; each by itself:\n  aiops-agent replay {log}\n" in capsys.readouterr().err
    )
    log.write_text('Traceback (most recent call last):\n  File "a.py", line 1, in go\nOSError: No space left\n')
    assert run(["diagnose", str(log)]) == 0
    assert capsys.readouterr().err == ""


def test_diagnose_takes_lines_of_json_and_keeps_their_order_and_ids(tmp_path, capsys):
    lines = tmp_path / "records.jsonl"
    lines.write_text(
        '{"id": "b", "text": "bind() to 0.0.0.0:80 failed (98: Address already in use)"}\n\n{"id": "a", "text": ""}\n'
    )
    assert run(["diagnose", "--jsonl", str(lines)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(a["id"], a["abstained"]) for a in answers] == [("b", False), ("a", True)]


@pytest.mark.parametrize(
    "content",
    ["no json", '{"id": 1}', "[1]", "[" * 100_000, '{"id": null, "text": "a"}', '{"id": "a", "text": ["a"]}'],
)
def test_a_line_that_is_no_record_is_named_and_those_before_it_are_answered(tmp_path, capsys, content):
    lines = tmp_path / "records.jsonl"
    lines.write_text(f'{{"id": "first", "text": ""}}\n{content}\n')
    assert run(["diagnose", "--jsonl", str(lines)]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["id"] == "first"
    assert "records.jsonl:2" in said.err


@contextmanager
def _ends_at_once(_):
    yield lambda _: os._exit(1)


@pytest.mark.parametrize("by_line", [diagnose._Answering.by_line, _ends_at_once])
def test_a_long_file_is_answered_by_several_processes_as_by_one(tmp_path, capsys, monkeypatch, by_line):
    """What a process does not answer, because it has ended, is answered by the first."""
    lines = tmp_path / "records.jsonl"
    texts = [f"open(/srv/{number}): {why}" for number in range(15) for why in ("No space left on device", "Timed out")]
    records = [json.dumps({"id": number, "text": text}) for number, text in enumerate(texts)]
    lines.write_text("\n".join([*records, "no json"]))
    assert run(["diagnose", "--jsonl", str(lines)]) == 2
    alone = capsys.readouterr()
    taken, take = [], fork.Hand.take
    monkeypatch.setattr(fork.Hand, "take", lambda hand: taken.append(take(hand)) or taken[-1])
    monkeypatch.setattr(diagnose._Answering, "by_line", by_line)
    monkeypatch.setattr(diagnose, "LONG", 0)
    monkeypatch.setattr(diagnose, "BATCH", 8)
    monkeypatch.setattr(fork, "would_gain", lambda: True)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert run(["diagnose", "--jsonl", str(lines)]) == 2
    assert capsys.readouterr() == alone
    assert [answer is None for answer in taken] == [by_line is _ends_at_once] * 4
    assert [json.loads(line)["id"] for line in alone.out.splitlines()] == [str(number) for number in range(30)]
    assert "records.jsonl:31" in alone.err


def test_bytes_that_are_no_utf8_are_read_as_such(tmp_path, capsys):
    lines = tmp_path / "records.jsonl"
    lines.write_bytes(b'{"id": 1, "text": "caf\xe9: No space left on device"}\n')
    assert run(["diagnose", "--jsonl", str(lines)]) == 0
    assert json.loads(capsys.readouterr().out)["category"] == "disk_full"


def test_without_a_standard_input_diagnose_says_so():
    done = subprocess.run(
        ["sh", "-c", f"{Path(sys.executable).with_name('aiops-agent')} diagnose - <&-"], capture_output=True, text=True
    )
    assert (done.returncode, "there is no standard input" in done.stderr) == (2, True), done.stderr


@pytest.mark.slow
def test_kb_search_finds_the_article_in_both_languages(capsys):
    for text in ("no space left on device", "设备上没有空间"):
        assert run(["kb", "search", text, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)["articles"]
        assert found[0]["id"] == "disk-full"
        assert list(found[0]) == ["id", "title", "score"]


def test_the_playbook_commands_work_without_a_configuration(capsys):
    for words in (["list"], ["lint"], ["schema"], ["show", "remove-stale-lock"]):
        assert run(["playbook", *words]) == 0, words
        assert capsys.readouterr().out
    run(["playbook", "schema"])
    assert json.loads(capsys.readouterr().out)["properties"]["steps"]


def test_lint_of_a_file_that_is_not_there_is_wrong_use(tmp_path, capsys):
    assert run(["playbook", "lint", str(tmp_path / "nope.yaml")]) == 2
    assert "nope.yaml" in capsys.readouterr().err


def test_lint_names_the_faults_of_a_file(tmp_path, capsys):
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\nsteps: [{format: {disk: sda}}]\n")
    assert run(["playbook", "lint", str(bad)]) == 1
    out = capsys.readouterr().out
    assert "bad.yaml:2" in out
    assert out.splitlines()[-1] == "0 playbooks can be used, 1 refused until mended, no advice"


def test_lint_of_a_folder_tells_faults_from_advice(tmp_path, capsys):
    (tmp_path / "bad.yaml").write_text("name: bad\n")
    (tmp_path / "other.yaml").write_text(OWN)
    assert run(["playbook", "lint", str(tmp_path)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert f"{tmp_path}/bad.yaml:1: steps: is missing" in out
    name, busy = (line for line in out if "advice: " in line)
    assert name.startswith(f"{tmp_path}/other.yaml:1: advice: name: the file is called other.yaml; ")
    assert busy.startswith(f"{tmp_path}/other.yaml:11: advice: busy: false lets it act in the middle of an upgrade; ")
    assert out[-1] == "1 playbook can be used, 1 refused until mended, 2 advice"


def test_an_own_playbook_overrides_the_shipped_one_and_diff_shows_it(shell):
    own = shell.folder / "own"
    own.mkdir()
    run(["playbook", "show", "remove-stale-lock"])
    text = shell.capsys.readouterr().out.split("\n", 1)[1].rstrip("\n") + "\n"
    (own / "remove-stale-lock.yaml").write_text(text.replace("cooldown: 15m", "cooldown: 1h"))
    shell.configure(playbooks=f"[{own}]")
    code, out, _ = shell("playbook", "diff", "remove-stale-lock")
    assert code == 0
    assert "-cooldown: 15m" in out
    assert "+cooldown: 1h" in out


def test_model_info_names_the_digest_and_the_card(capsys):
    assert run(["model", "info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["categories"] == 31
    assert len(facts["manifest_sha256"]) == 64
    assert list(facts["sure_enough"]) == ["low", "medium", "high", "critical"]
    assert facts["sure_enough"]["low"] == [facts["acts_above"]] * 2
    assert run(["model", "info"]) == 0
    assert "\ncritical  " in capsys.readouterr().out


def test_model_eval_counts_an_answer_among_also_ok_as_right(tmp_path, capsys):
    labelled = tmp_path / "labelled.jsonl"
    labelled.write_text(json.dumps({"id": "1", "text": FAULT, "category": "unknown", "also_ok": ["disk_full"]}) + "\n")
    assert run(["model", "eval", "--quick", "--jsonl", str(labelled), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == 1.0


@pytest.mark.slow
def test_model_eval_prints_every_way_of_answering_for_a_person_to_read(tmp_path, capsys):
    labelled = tmp_path / "labelled.jsonl"
    record = {"id": "1", "text": FAULT, "category": "timeout", "locale": "en", "hard": True}
    labelled.write_text(json.dumps(record) + "\n")
    assert run(["model", "eval", "--jsonl", str(labelled)]) == 0
    out = capsys.readouterr().out
    assert "accuracy:            0.0000 (0.000 to 0.793), 0 of 1" in out
    for row in ("signs only", "model only", "31 keyword patterns", "TF-IDF and linear", "nearest family", "hard true"):
        assert f"\n{row} " in out
    assert [line.split() for line in out.splitlines() if line.startswith("timeout ")] == [["timeout", "disk_full", "1"]]


def test_model_eval_of_no_file_says_what_it_needs(capsys):
    assert run(["model", "eval", "--jsonl", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl is not a file" in capsys.readouterr().err


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as caught:
        run(["--help"])
    assert caught.value.code == 0
    assert "Exit codes" in capsys.readouterr().out


@pytest.mark.slow
def test_a_log_that_is_configured_no_more_does_not_keep_ticks_from_being_quiet(shell):
    shell.log.write_text(FAULT)
    old = shell.folder / "old.log"
    old.write_text(FAULT)
    shell.json("scan")
    shell.config.write_text(shell.config.read_text().replace("*.log", "worker.log"))
    old.write_text(FAULT * 2)
    time.sleep(1.1)  # a configuration changed within the second before a tick is not vouched for
    shell.json("scan")
    assert quiet.check(str(shell.config), time.time()) is not None
    shell.log.write_text(FAULT * 2)
    assert quiet.check(str(shell.config), time.time()) is None


@pytest.mark.slow
def test_a_quiet_tick_is_told_from_the_snapshot_and_any_command_that_changes_something_ends_it(shell):
    shell.log.write_text("2026-11-23 03:00:00,001 INFO worker: all is well\n")
    time.sleep(1.1)  # a configuration changed within the second before a tick is not vouched for
    shell.json("scan")
    assert quiet.check(str(shell.config), time.time()) is not None
    shell("silence", "add", "--category", "timeout")
    assert quiet.check(str(shell.config), time.time()) is None


def test_a_silence_for_a_category_that_does_not_exist_is_refused_with_those_that_do(shell):
    code, _, err = shell("silence", "add", "--category", "disk_ful")
    assert (code, "disk_full" in err) == (2, True)


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as caught:
        run(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out.startswith("aiops-agent 0.")


def test_nobody_is_told_that_it_is_certain(shell):
    shell.log.write_text(FAULT)
    assert "100%" not in shell("scan")[1]


def test_an_answer_is_recorded_with_the_incident_and_the_playbook_it_is_about(shell):
    shell.log.write_text(FAULT)
    [incident] = shell.json("scan")["incidents"]
    now = datetime.now(UTC)
    question = Approval(
        "0123456789",
        incident["id"],
        "remove-stale-lock",
        "d" * 64,
        ApprovalState.PENDING,
        requested=now,
        expires=now + timedelta(hours=1),
    )
    with State.open(shell.folder / "state", cipher(shell.folder / "state")) as state, state.transaction():
        state.approvals.ask(question)
    assert shell("approvals", "deny", question.id)[0] == 0
    steps = shell.json("audit", "timeline", incident["id"])["steps"]
    assert [step["action"] for step in steps] == ["decision", "approval.denied"]
    assert steps[1]["detail"] == {"incident": incident["id"], "playbook": "remove-stale-lock", "digest": "d" * 64}
    assert steps[1]["says"] == "refused remove-stale-lock (question 0123456789)"


def test_an_agreement_that_comes_too_late_is_refused_and_not_recorded_as_one(shell):
    shell.log.write_text(FAULT)
    [incident] = shell.json("scan")["incidents"]
    late = datetime.now(UTC) - timedelta(hours=2)
    question = Approval(
        "0123456789",
        incident["id"],
        "remove-stale-lock",
        "",
        ApprovalState.PENDING,
        requested=late,
        expires=late + timedelta(hours=1),
    )
    with State.open(shell.folder / "state", cipher(shell.folder / "state")) as state, state.transaction():
        state.approvals.ask(question)
    for answer in ("approve", "deny"):
        code, _, err = shell("approvals", answer, question.id)
        assert (code, "expired" in err, "playbook run remove-stale-lock" in err) == (2, True, True)
    _, recorded, _ = shell("audit", "show", "--jsonl")
    assert "approval." not in recorded


OWN = """\
name: move-lock
version: 1
description: {en: Move the lock aside., zh: 移走锁文件。}
risk: low
for: {categories: [disk_full], services: ["*"]}
params: {lock: {from: source.parameters.lock_file}}
evidence: [{file_exists: {path: $lock}}]
steps: [{move_aside: {path: $lock}}]
verify: {within: 1s, probes: [{file_absent: {path: $lock}}]}
cooldown: 15m
busy: false
"""


def test_a_run_that_a_person_starts_resolves_what_waited_for_it(shell):
    (shell.folder / "own").mkdir()
    (shell.folder / "own" / "move-lock.yaml").write_text(OWN)
    shell.configure(playbooks=f"[{shell.folder}/own]", policy="{mode: observe}")
    lock = shell.folder / "lock"
    lock.write_text("1")
    shell.config.write_text(
        shell.config.read_text().replace("start: beginning", f"start: beginning, parameters: {{lock_file: {lock}}}")
    )
    shell.log.write_text(FAULT)
    assert shell.json("scan")["incidents"][0]["reason"] == "observe_only"
    assert shell("playbook", "run", "move-lock")[0] == 0
    assert shell.json("incidents", "list")["incidents"][0]["status"] == "resolved"


def test_a_dry_run_names_a_path_that_matches_nothing_and_a_scan_says_that_all_acting_is_halted(shell):
    _, out, _ = shell("scan", "--dry-run")
    assert f"no file matches {shell.folder}/*.log" in out
    shell("halt")
    shell.log.write_text(FAULT)
    _, out, _ = shell("scan")
    assert "no file matches" not in out
    assert "halted" in out


def test_a_configuration_without_sources_is_told(shell):
    shell.config.write_text(f"state_dir: {shell.folder}/state\n")
    assert "names no sources" in shell("scan")[1]


def test_the_list_of_playbooks_says_which_parameters_each_asks_for(capsys):
    run(["playbook", "list"])
    assert "Parameters: config_file, config_format, health_url, last_good." in capsys.readouterr().out


def test_a_notice_of_the_agent_is_shown_as_one_and_not_as_a_diagnosis(shell):
    (shell.folder / "own").mkdir()
    (shell.folder / "own" / "broken.yaml").write_text("x")
    shell.configure(playbooks=f"[{shell.folder}/own]")
    _, out, _ = shell("scan")
    assert ("notice" in out, "unknown" in out) == (True, False)


# --- how far a playbook has come, and what ends the wait after a failure


def tried(shell, outcome: Outcome, digest: str, incident: str | None = None) -> None:
    state_dir = shell.folder / "state"
    with State.open(state_dir, cipher(state_dir)) as state, state.transaction():
        now = datetime.now(UTC)
        identity = f"act-{len(state.actions.history().runs)}"
        state.actions.intend(Action(identity, incident, "remove-stale-lock", digest, "worker.service", now))
        state.actions.finish(identity, outcome, now)


def test_it_says_how_far_a_playbook_has_come_on_this_host(shell):
    def stage() -> str:
        shown = shell.json("playbook", "show", "remove-stale-lock")
        [listed] = [p for p in shell.json("playbook", "list")["playbooks"] if p["name"] == "remove-stale-lock"]
        assert shown == listed
        return shown["stage"]

    assert stage() == "shadow", "there is no state yet"
    shell("scan")
    assert stage() == "shadow"
    digest = shell.json("playbook", "show", "remove-stale-lock")["digest"]
    tried(shell, Outcome.SUCCEEDED, digest)
    assert stage() == "proven 1 of 3"
    assert "# stage: proven 1 of 3" in shell("playbook", "show", "remove-stale-lock")[1]
    assert "proven 1 of 3" in shell("playbook", "list")[1]
    shell.configure(policy="{unlock_after: 1}")
    assert stage() == "auto"
    tried(shell, Outcome.FAILED, digest)
    assert stage() == "shadow"


def test_who_acknowledges_or_closes_an_incident_has_taken_care_of_what_failed_for_it(shell):
    for words in ("ack", "close"):
        shell.log.write_text(FAULT)
        [incident] = shell.json("scan")["incidents"] if words == "ack" else shell.json("incidents", "list")["incidents"]
        tried(shell, Outcome.FAILED, "d", incident["id"])
        assert shell("incidents", words, incident["id"])[0] == 0
        with State.look_at(shell.folder / "state", cipher(shell.folder / "state")) as state:
            assert state.actions.unsuccessful() == []
