"""`incidents relabel`, and a diagnosis that explains itself, as a person calls them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aiops_agent import fork
from aiops_agent.cli import diagnose
from aiops_agent.cli.explained import WIDTH, tried
from aiops_agent.cli.main import run
from aiops_agent.model.attempt import Attempt
from aiops_agent.model.incident import Outcome
from aiops_agent.noun import replace
from aiops_agent.state.actions import Action
from aiops_agent.state.state import State
from tests.build import NOW, cipher
from tests.cli.test_commands import FAULT, Shell

STRANGE = "2026-11-23 03:00:01,001 ERROR pump: flux capacitor of unit seven drifted out of band, giving up on the job\n"
NEARLY = "2026-11-23 03:00:01,001 ERROR pump: flux capacitor of unit nine drifted out of the band, giving up the job\n"


@pytest.fixture
def shell(tmp_path, capsys):
    before = os.umask(0o022)
    yield Shell(tmp_path, capsys)
    os.umask(before)


def strange(shell: Shell, text: str = STRANGE) -> dict:
    """Log what the model does not know, and return its incident."""
    with shell.log.open("a") as log:
        log.write(text)
    [incident] = shell.json("scan")["incidents"]
    return incident


def diagnosed(shell: Shell, text: str) -> dict:
    record = shell.folder / "record"
    record.write_text(text)
    return shell.json("diagnose", str(record))


def test_many_records_are_diagnosed_by_one_process_where_people_have_named_faults(shell, monkeypatch):
    """What they said is opened there, and what was forged is told by who opened it."""
    incident = strange(shell)
    shell("incidents", "relabel", incident["id"], "hardware_fault")
    lines = shell.folder / "records.jsonl"
    lines.write_text(json.dumps({"id": 1, "text": STRANGE}))
    monkeypatch.setattr(diagnose, "LONG", 0)
    monkeypatch.setattr(fork, "would_gain", lambda: True)
    monkeypatch.setattr(fork, "Hand", lambda _: pytest.fail("another process was begun"))
    _, out, _ = shell("diagnose", "--jsonl", str(lines))
    assert json.loads(out)["category"] == "hardware_fault"


@pytest.mark.slow
def test_what_a_person_says_is_followed_everywhere_and_taken_back_everywhere(shell):
    incident = strange(shell)
    assert incident["abstained"]
    code, out, _ = shell("incidents", "relabel", incident["id"], "hardware_fault")
    assert code == 0
    assert f"relabel {incident['id']} --undo" in out
    shown = shell.json("incidents", "show", incident["id"])
    assert (shown["category"], shown["abstained"]) == ("hardware_fault", False)
    assert shown["decided_by"].startswith("relabelled by ")
    assert "anew when it is next seen" in shell("incidents", "show", incident["id"])[1]

    assert diagnosed(shell, STRANGE)["confidence"] == 1.0
    near = diagnosed(shell, NEARLY)
    assert (near["category"], near["abstained"], near["confidence"]) == ("hardware_fault", False, 0.97)
    assert len(near["alternatives"]) == 3
    assert list(near) == ["id", "category", "confidence", "abstained", "alternatives", "article", "playbook"]
    assert strange(shell, NEARLY)["category"] == "hardware_fault"

    [said] = shell.json("incidents", "relabelled")["relabelled"]
    assert list(said) == ["incident", "fingerprint", "category", "by", "at", "title"]
    assert (said["incident"], said["category"]) == (incident["id"], "hardware_fault")

    code, out, _ = shell("incidents", "relabel", incident["id"], "--undo")
    assert code == 0
    assert f"{incident['id']} is {incident['category']} (not sure) again; decided by model" in out
    assert diagnosed(shell, STRANGE)["abstained"]
    assert strange(shell, NEARLY)["abstained"]
    assert shell("incidents", "relabelled")[1] == "nothing was relabelled\n"
    told = shell("audit", "timeline", incident["id"])[1]
    assert f"says it is hardware_fault, not {incident['category']}" in told
    assert "takes back that it is hardware_fault" in told


def test_what_is_no_category_is_refused_with_those_that_are_and_the_nearest(shell):
    code, _, err = shell("incidents", "relabel", "inc-0", "hardware_falt")
    assert code == 2
    assert "did you mean hardware_fault?" in err
    assert "clock_skew, unknown" in err
    assert "did you mean" not in shell("incidents", "relabel", "inc-0", "banana")[2]


@pytest.mark.parametrize("words", [[], ["disk_full", "--undo"]])
def test_either_a_category_is_named_or_it_is_taken_back(shell, words):
    code, _, err = shell("incidents", "relabel", "inc-0", *words)
    assert (code, "name a CATEGORY, or --undo" in err) == (2, True)


def test_an_incident_that_is_not_there_is_refused_as_everywhere(shell):
    assert "there is no incident inc-0" in shell("incidents", "relabel", "inc-0", "disk_full")[2]


@pytest.mark.slow
def test_what_nobody_has_relabelled_cannot_be_taken_back(shell):
    incident = strange(shell, FAULT)
    code, _, err = shell("incidents", "relabel", incident["id"], "--undo")
    assert (code, "nobody has said" in err) == (2, True)
    assert "incident.label_withdrawn" not in shell("audit", "show")[1]


EXPLAINED = """\
category:  disk_full, 99% (sure enough for a playbook of
           risk critical)
because:   sign: no space left on device
           "No space left on device" says disk_full
           "Errno 28" says disk_full
           without the signs the model says disk_full, 99%
else:      nothing comes near
article:   disk-full
           A file system is full or out of inodes
           why: """


def test_a_diagnosis_explains_itself_to_a_person(tmp_path, capsys):
    record = tmp_path / "record"
    record.write_text(FAULT)
    assert run(["diagnose", str(record)]) == 0
    out = capsys.readouterr().out
    assert out.startswith(EXPLAINED)
    labels = [line.partition(":")[0] for line in out.splitlines() if line[:1].strip()]
    assert labels == ["category", "because", "else", "article", "playbook", "not more"]
    assert "no service" in out
    assert "policy.mode" in out
    assert max(map(len, out.splitlines())) <= WIDTH


@pytest.mark.slow
def test_what_is_near_and_what_a_person_said_is_explained(shell):
    incident = strange(shell)
    shell("incidents", "relabel", incident["id"], "hardware_fault")
    record = shell.folder / "record"
    record.write_text(NEARLY)
    near = shell("diagnose", str(record))[1]
    assert "like what was relabelled by" in near
    assert "taken for the" in near
    assert "no sign is in it; the model says" in near
    record.write_text(STRANGE)
    exact = shell("diagnose", str(record))[1]
    assert exact.startswith("category:  hardware_fault, as a person said\n")
    record.write_text(FAULT)
    assert "near:" not in shell("diagnose", str(record))[1]


@pytest.mark.slow
def test_a_mode_that_only_observes_is_named_as_the_reason(shell):
    shell.configure(policy="{mode: observe}")
    record = shell.folder / "record"
    record.write_text(FAULT)
    out = " ".join(shell("diagnose", str(record))[1].split())
    assert "The policy is to observe only" in out


def test_a_terminal_is_not_driven_by_the_words_of_a_record(tmp_path, capsys):
    record = tmp_path / "record"
    record.write_text("write failed: No space left\x1b[2J on device; No\x1b]0;x\x07 space left on device\n")
    assert run(["diagnose", str(record)]) == 0
    assert not {"\x1b", "\x07"} & set(capsys.readouterr().out)


def test_an_answer_in_json_has_nothing_of_it(tmp_path, capsys):
    record = tmp_path / "record"
    record.write_text(FAULT)
    assert run(["diagnose", str(record), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)) == [
        *("id", "category", "confidence", "abstained", "alternatives", "article", "playbook")
    ]


def test_it_says_what_was_tried_and_whether_it_helped():
    once = Attempt(
        playbook="restart", target="a.service", began=NOW, outcome=Outcome.SUCCEEDED, returned=None, forgiven=False
    )
    back = replace(once, returned=datetime(2026, 11, 23, 4, tzinfo=UTC))
    assert tried([]) == ""
    assert tried([once]) == "restart once, last at 2026-11-23T03:00:00Z: succeeded"
    assert tried([back, back, replace(once, playbook="reload")]) == (
        "restart 2 times, last at 2026-11-23T03:00:00Z: succeeded, and the fault came back at 2026-11-23T04:00:00Z; "
        "2 times in vain: somebody must agree before it runs for this fault again; "
        "reload once, last at 2026-11-23T03:00:00Z: succeeded"
    )


@pytest.mark.slow
def test_a_lost_key_is_exit_3_for_what_was_relabelled(shell):
    incident = strange(shell)
    shell("incidents", "relabel", incident["id"], "hardware_fault")
    (shell.folder / "state" / "keys" / "state.key").unlink()
    assert shell("incidents", "relabelled")[0] == 3


@pytest.mark.slow
def test_an_upgrade_of_the_encoder_loses_nothing(shell):
    """Whatever encoder the vectors were of: from the record they are computed anew."""
    incident = strange(shell)
    shell("incidents", "relabel", incident["id"], "hardware_fault")
    state_dir = Path(shell.folder / "state")
    diagnosed(shell, NEARLY)
    with State.open(state_dir, cipher(state_dir)) as state, state.transaction():
        [kept] = state.exemplars.all()
        state.exemplars.keep_vector(kept.fingerprint, "an encoder of yesterday", b"\\0" * 768)
    assert diagnosed(shell, NEARLY)["category"] == "hardware_fault"
    assert strange(shell, NEARLY)["category"] == "hardware_fault"
    with State.open(state_dir, cipher(state_dir)) as state:
        assert not state.database.value("SELECT count(*) FROM exemplars WHERE encoder='an encoder of yesterday'")


@pytest.mark.slow
def test_an_incident_says_what_was_tried_for_its_fault(shell):
    incident = strange(shell, FAULT)
    assert "tried:" not in shell("incidents", "show", incident["id"])[1]
    state_dir = shell.folder / "state"
    with State.open(state_dir, cipher(state_dir)) as state, state.transaction():
        for number in range(2):
            state.actions.intend(Action(f"a{number}", incident["id"], "clean", "d", "worker.service", NOW))
            state.actions.finish(f"a{number}", Outcome.FAILED, NOW)
    [line] = [line for line in shell("incidents", "show", incident["id"])[1].splitlines() if line.startswith("tried:")]
    assert "clean 2 times, last at 2026-11-23T03:00:00Z: failed; 2 times in vain: somebody must agree" in line
