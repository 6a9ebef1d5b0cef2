"""Fifty canaries are put into the logs of a host; afterwards every file it keeps and every word it says is searched."""

from random import Random

import pytest

from aiops_agent.model.playbook import Failed, Succeeded, reworded
from aiops_agent.repair import without_secrets
from tests.assembly.planted import CARRIERS, FIXED, KEYED, drawn, encodings
from tests.journeys.machine import Machine

HEAD = "2026-11-23 03:00:{:02d},001 ERROR worker: "
CANARIES = 50


def planted() -> dict[str, str]:
    """Return the canaries with the record that each stands in: kinds and carriers in turn."""
    random = Random(20261123)
    kinds = [*list(FIXED.items())[::5][:30], *list(KEYED.items())[-30:]][:CANARIES]
    records: dict[str, str] = {}
    for at, (name, form) in enumerate(kinds):
        carrier = list(CARRIERS.values())[at % len(CARRIERS)]
        canary = drawn(form, random)
        records[canary] = HEAD.format(at % 60) + carrier.format(k=name if name in KEYED else "thing", s=canary)
    return records


def test_what_a_command_says_is_kept_without_the_secrets_of_its_address():
    done = reworded(Succeeded("http://shop:hunter2@127.0.0.1/ answers 200"), without_secrets)
    assert done == Succeeded("http://[redacted:userinfo]@127.0.0.1/ answers 200")
    left = reworded(Failed("http", "password=hunter2", undone=False, left_behind=("token=hunter2",)), without_secrets)
    assert "hunter2" not in repr(left)


@pytest.mark.slow
def test_no_canary_is_in_any_file_or_word_of_the_agent(tmp_path):
    machine = Machine(tmp_path)
    machine.can_repair()
    records = planted()
    assert len(records) == CANARIES
    machine.writes(*records.values())
    scanned = machine.run("scan", "--json")
    listed = machine.run("incidents", "list", "--json")
    found = listed.json["incidents"]
    assert len(found) >= CANARIES // 2
    shown = [machine.run("incidents", "show", incident["id"], "--json").out for incident in found[:10]]
    recorded = machine.run("audit", "show", "--jsonl").out
    waiting = machine.run("outbox", "list", "--json").out
    diagnosed = machine.run("diagnose", str(machine.log), "--json")
    said = "\n".join([scanned.out, scanned.err, listed.out, *shown, recorded, waiting, diagnosed.out, diagnosed.err])
    files = {file: file.read_bytes() for file in machine.state.rglob("*") if file.is_file()}
    assert machine.reports in {file.parent for file in files}
    assert any(b"[redacted:" in content for content in files.values())
    for form in (form for canary in records for form in encodings(canary)):
        assert form not in said
        assert [file.name for file, content in files.items() if form.encode() in content] == []
