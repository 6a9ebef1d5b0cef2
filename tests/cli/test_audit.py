"""The `audit` commands as a person calls them."""

import io
import json
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from aiops_agent.audit.auditor import make_pair
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.cli.main import run
from aiops_agent.model.audit import AuditEntry

NOW = datetime.now(UTC).replace(microsecond=0)
INCIDENT = "inc-00000000aa"
OTHER = "inc-00000000ab"


def ago(**duration) -> datetime:
    return NOW - timedelta(**duration)


def decision(at: datetime, incident: str, decided: str) -> AuditEntry:
    detail = {"decision": decided, "reason": "mode_approve", "category": "disk_full", "confidence": "0.9812"}
    return AuditEntry(at, "agent", "decision", incident, {**detail, "occurrences": 3})


NIGHT = [
    AuditEntry(ago(days=3), "user:ann", "halt", "all", {}),
    decision(ago(hours=2), INCIDENT, "ask"),
    decision(ago(hours=2), OTHER, "report"),
    AuditEntry(
        ago(minutes=100),
        "user:bob",
        "approval.granted",
        "q1",
        {"incident": INCIDENT, "playbook": "clear", "digest": "d"},
    ),
    AuditEntry(
        ago(minutes=100), "agent", "intent", "a1", {"incident": INCIDENT, "playbook": "clear", "target": "shop.service"}
    ),
    AuditEntry(ago(minutes=99), "agent", "step", "a1", {"verb": "move_aside", "arguments": "path=/srv/\x1b[2Jx"}),
    AuditEntry(
        ago(minutes=98),
        "agent",
        "result",
        "a1",
        {"incident": INCIDENT, "outcome": "succeeded", "detail": "file is gone"},
    ),
    AuditEntry(ago(minutes=10), "agent", "resolved", OTHER, {"playbook": "clear"}),
    AuditEntry(
        ago(minutes=5), "user:ann", "intent", "a2", {"incident": None, "playbook": "clear", "target": "x.service"}
    ),
]


class Shell:
    """A host with one night in its log."""

    def __init__(self, folder, capsys) -> None:
        self.folder = folder
        self.capsys = capsys
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.config = folder / "config.yaml"
        self.config.write_text(f"state_dir: {self.state}\n")

    @property
    def keys(self) -> FileKeys:
        return FileKeys(self.state / "keys")

    def record(self, *entries: AuditEntry):
        journal = Journal(self.state / "audit", self.keys)
        for entry in entries:
            journal.append(entry)
        journal.close()
        return journal.anchor()

    def __call__(self, *words: str) -> tuple[int, str, str]:
        code = run(["audit", *words, "--config", str(self.config)])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def lines(self, *words: str):
        code, out, err = self("show", "--jsonl", *words)
        assert code == 0, err
        return [(line["action"], line["subject"]) for line in map(json.loads, out.splitlines())]


@pytest.fixture
def shell(tmp_path, capsys):
    before = os.umask(0o022)
    yield Shell(tmp_path, capsys)
    os.umask(before)


@pytest.fixture
def night(shell):
    shell.record(*NIGHT)
    return shell


def test_an_anchor_kept_elsewhere_covers_the_log(shell):
    anchor = shell.record(*NIGHT)
    (shell.folder / "report.txt").write_text(f"inc-00000000aa · {anchor}\n")
    code, out, _ = shell("verify", "--anchors", str(shell.folder / "report.txt"))
    assert code == 0
    assert f"an outside anchor covers all {anchor.records} records" in out
    assert "anchors: 1 of 1 found again, 0 of other logs left out" in out


def test_anchors_come_from_several_files_and_from_standard_input(shell, monkeypatch):
    first = shell.record(*NIGHT[:2])
    second = shell.record(*NIGHT[2:])
    (shell.folder / "one").write_text(str(first))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{second}\n".encode())))
    code, out, _ = shell("verify", "--json", "--anchors", str(shell.folder / "one"), "--anchors", "-")
    report = json.loads(out)
    assert (code, report["anchors_given"], report["anchors"], report["uncovered"]) == (0, 2, 2, 0)


def test_a_log_that_was_put_back_shows_by_an_anchor_and_by_the_configured_file(shell):
    shell.record(*NIGHT[:2])
    kept = {path: path.read_bytes() for path in shell.state.rglob("*") if path.is_file()}
    anchor = shell.record(*NIGHT[2:])
    for path, content in kept.items():
        path.write_bytes(content)
    assert shell("verify")[0] == 0, "it looks intact to itself"
    (shell.folder / "kept").write_text(str(anchor))
    code, out, _ = shell("verify", "--anchors", str(shell.folder / "kept"))
    assert (code, "NOT intact: cut" in out) == (3, True)
    shell.config.write_text(f"state_dir: {shell.state}\naudit: {{anchors: {{file: {shell.folder}/kept}}}}\n")
    assert shell("verify")[0] == 3


def test_a_configured_file_that_is_not_there_yet_is_no_fault(night):
    night.config.write_text(f"state_dir: {night.state}\naudit: {{anchors: {{file: {night.folder}/none}}}}\n")
    assert night("verify")[0] == 0


@pytest.mark.parametrize("content", [None, "", "no anchor at all\n", "audit 3·012345678901 log " + "f" * 32])
def test_a_file_without_an_anchor_of_this_log_is_wrong_use(night, content):
    if content is not None:
        (night.folder / "text").write_text(content)
    code, out, err = night("verify", "--anchors", str(night.folder / "text"))
    assert (code, out) == (2, "")
    assert "text" in err or "other logs" in err


def test_a_log_whose_keys_are_gone_is_intact_for_all_to_see_and_exit_3(night):
    for key in (night.state / "keys").iterdir():
        key.unlink()
    code, out, _ = night("verify")
    assert (code, out.startswith("intact"), "without the keys" in out) == (3, True, True)


def test_anyone_can_verify_with_the_public_key_alone(night):
    genesis = night.folder / "genesis.pub"
    genesis.write_bytes((night.state / "keys" / "genesis.pub").read_bytes())
    for key in (night.state / "keys").iterdir():
        key.unlink()
    assert night("verify", "--public")[0] == 0
    code, out, _ = night("verify", "--genesis", str(genesis))
    assert (code, "without the keys" in out) == (0, True)
    genesis.write_bytes(bytes(32))
    code, out, _ = night("verify", "--genesis", str(genesis))
    assert (code, "NOT intact: other_log" in out) == (3, True)
    genesis.write_bytes(b"short")
    assert night("verify", "--genesis", str(genesis))[0] == 2
    assert night("verify", "--genesis", str(night.folder))[0] == 2


def test_entries_are_shown_by_time_the_first_included_and_the_last_not(night):
    since, until = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (ago(minutes=100), ago(minutes=98)))
    assert night.lines("--since", since, "--until", until) == [
        ("approval.granted", "q1"),
        ("intent", "a1"),
        ("step", "a1"),
    ]


def test_a_time_may_be_so_long_ago_or_of_another_zone(night):
    assert len(night.lines("--since", "3h")) == 8
    assert len(night.lines("--since", "45m ago")) == 2
    assert len(night.lines("--until", "1d")) == 1
    assert len(night.lines("--since", "99999d")) == len(NIGHT)
    there = ago(minutes=100).astimezone(UTC) + timedelta(hours=8)
    assert len(night.lines("--since", f"{there:%Y-%m-%dT%H:%M:%S}+08:00")) == 6


@pytest.mark.parametrize("time", ["yesterday", "2026-11-26T12:00:00", "2026-11-26", "0h", "-2h", ""])
def test_what_is_no_time_is_refused_with_an_example(night, time):
    code, _, err = night("show", f"--since={time}")
    assert (code, "2026-11-26T12:00:00Z, or 30m" in err) == (2, True)


def test_a_time_that_ends_before_it_begins_is_refused(night):
    code, _, err = night("show", "--since", "1h", "--until", "2h")
    assert (code, "nothing lies between" in err) == (2, True)


def test_entries_are_shown_by_person_and_by_action(night):
    assert night.lines("--actor", "ann") == [("halt", "all"), ("intent", "a2")]
    assert night.lines("--actor", "user:bob") == [("approval.granted", "q1")]
    assert night.lines("--action", "approval") == [("approval.granted", "q1")]
    assert night.lines("--action", "intent", "--actor", "agent") == [("intent", "a1")]
    assert night.lines("--action", "appro") == []


def test_an_incident_brings_its_questions_and_actions_along(night):
    whole = [("decision", INCIDENT), ("approval.granted", "q1"), ("intent", "a1"), ("step", "a1"), ("result", "a1")]
    assert night.lines("--incident", INCIDENT) == whole
    assert night.lines("--incident", "inc-00000000aa", "--actor", "bob") == [("approval.granted", "q1")]
    assert night.lines("--incident", "a1") == whole, "an action leads to its incident"


def test_that_nothing_fits_is_said(night):
    assert night("show", "--actor", "eve")[:2] == (0, "no entry fits\n")


def test_a_timeline_tells_one_incident_from_the_decision_to_the_verification(night):
    code, out, _ = night("timeline", INCIDENT)
    assert code == 0
    first, *steps = out.splitlines()
    assert first.startswith(f"{INCIDENT}: 5 entries from ")
    assert [line.split()[:2] for line in steps] == [
        ["+0:00:00", "agent"],
        ["+0:20:00", "user:bob"],
        ["+0:20:00", "agent"],
        ["+0:21:00", "agent"],
        ["+0:22:00", "agent"],
    ]
    assert "decided to ask people first (mode approve); disk_full at 98%, seen 3 times" in steps[0]
    assert "agreed to clear (question q1)" in steps[1]
    assert "about to run clear on shop.service (action a1)" in steps[2]
    assert "\\x1b[2Jx" in steps[3]
    assert "\x1b" not in out
    assert "succeeded: file is gone" in steps[4]


def test_an_action_without_a_result_is_said_to_be_unfinished(night):
    _, out, _ = night("timeline", "a2")
    assert "no result of a2 is recorded" in out
    assert json.loads(night("timeline", "a2", "--json")[1])["unfinished"] == ["a2"]


def test_a_timeline_for_programs_has_every_entry_whole(night):
    told = json.loads(night("timeline", INCIDENT, "--json")[1])
    assert (told["incident"], told["unfinished"], len(told["steps"])) == (INCIDENT, [], 5)
    assert told["steps"][4]["after_seconds"] == 1320
    assert told["steps"][4]["detail"]["outcome"] == "succeeded"


def test_the_beginning_of_an_id_is_enough_if_it_fits_one(night):
    assert night("timeline", "inc-00000000aa")[1] == night("timeline", INCIDENT[:-1] + "a")[1]
    code, _, err = night("timeline", "inc-")
    assert code == 2
    assert f"'inc-' fits 2 of them: {INCIDENT}, {OTHER}" in err
    assert night("timeline", "q")[1].startswith(INCIDENT)


@pytest.mark.parametrize("name", ["inc-7", "", "\x1b[2J"])
def test_an_incident_that_nothing_mentions_is_wrong_use_with_the_way_out(night, name):
    code, out, err = night("timeline", name)
    assert (code, out) == (2, "")
    assert "incidents list" in err
    assert "\x1b" not in err


def test_a_damaged_log_tells_no_story(night):
    segment = min((night.state / "audit").iterdir())
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    code, out, err = night("timeline", INCIDENT)
    assert (code, out) == (3, "")
    assert "damaged" in err


def test_an_export_has_the_anchors_that_are_known_and_says_what_it_is(night):
    anchor = night.record(NIGHT[0])
    (night.folder / "kept").write_text(f"audit {anchor.records}·{anchor.head[:12]}\n")
    code, out, _ = night("export", str(night.folder / "bundle"), "--anchors", str(night.folder / "kept"))
    assert code == 0
    assert f"{night.folder}/bundle: " in out
    assert "1 anchors; README.txt says how to verify it" in out
    assert (night.folder / "bundle" / "anchors.txt").read_text() == (night.folder / "kept").read_text()
    assert (night.folder / "bundle" / "genesis.pub").read_bytes() == night.keys.genesis


def test_an_export_takes_the_configured_file_of_anchors_along(night):
    night.record(NIGHT[0])
    anchor = night.record(NIGHT[0])
    (night.folder / "kept").write_text(
        f"2026-11-26T12:00:00Z {str(anchor)[:-12]}{anchor.head} log {night.keys.log_id.hex()}\n"
    )
    night.config.write_text(f"state_dir: {night.state}\naudit: {{anchors: {{file: {night.folder}/kept}}}}\n")
    assert night("export", str(night.folder / "bundle"))[0] == 0
    assert (night.folder / "bundle" / "anchors.txt").read_text() == f"audit {anchor.records}·{anchor.head}\n"


def test_an_export_is_not_written_over_another(night):
    assert night("export", str(night.folder / "bundle.tar.gz"))[0] == 0
    code, _, err = night("export", str(night.folder / "bundle.tar.gz"))
    assert (code, "is there already" in err) == (2, True)


def test_an_export_of_a_log_that_does_not_exist_is_wrong_use(shell):
    code, _, err = shell("export", str(shell.folder / "bundle"))
    assert (code, "nothing is recorded yet" in err) == (2, True)
    assert not (shell.folder / "bundle").exists()


@pytest.fixture
def audited(night):
    """A host that was given an auditor's public key; the private one lies beside for the test."""
    make_pair(night.folder / "auditor.key")
    night.config.write_text(f"state_dir: {night.state}\naudit: {{auditor_key: {night.folder}/auditor.key.pub}}\n")
    return night


def opened(shell, file, key) -> tuple[int, str, str]:
    code = run(["audit", "open", str(file), "--auditor-key", str(key)])
    said = shell.capsys.readouterr()
    return code, said.out, said.err


def test_what_the_entries_say_leaves_the_host_for_the_auditor_alone(audited):
    bundle = audited.folder / "bundle"
    assert audited("export", str(bundle), "--plaintext")[0] == 0
    code, out, _ = opened(audited, bundle / "entries.jsonl.sealed", audited.folder / "auditor.key")
    assert (code, out) == (0, audited("show", "--jsonl")[1])
    assert "shop.service" in out
    assert not [path for path in bundle.rglob("*") if path.is_file() and b"shop.service" in path.read_bytes()]


def test_without_an_auditor_nothing_in_the_clear_leaves_the_host(night):
    code, _, err = night("export", str(night.folder / "bundle"), "--plaintext")
    assert (code, "make-auditor-key" in err) == (2, True)
    assert not (night.folder / "bundle").exists()


def test_another_auditor_and_a_changed_file_are_refused(audited):
    audited("export", str(audited.folder / "bundle"), "--plaintext")
    sealed = audited.folder / "bundle" / "entries.jsonl.sealed"
    make_pair(audited.folder / "other.key")
    assert opened(audited, sealed, audited.folder / "other.key")[0] == 2
    assert opened(audited, sealed, audited.config)[0] == 2
    assert opened(audited, audited.folder / "none", audited.folder / "auditor.key")[0] == 2
    content = sealed.read_bytes()
    for wrong in (
        b"",
        content[:8],
        content[:20],
        content[:50],
        content[:-1],
        content[:-1] + b"\0",
        bytes(len(content)),
    ):
        sealed.write_bytes(wrong)
        assert opened(audited, sealed, audited.folder / "auditor.key")[:2] == (2, "")
