"""What a tick writes into the record, and how often it makes the disk wait."""

import os
from datetime import timedelta

import pytest

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from tests.journeys.host import Host

WORDS = ("alpha", "beta", "gamma", "delta", "kappa", "omega", "sigma", "theta", "lambda", "zeta")


def different(number: int) -> str:
    """Return a fault of its own: names differ, not only numbers."""
    first, second, third = WORDS[number // 100], WORDS[number // 10 % 10], WORDS[number % 10]
    return f"2026-11-23 03:00:00,001 ERROR shop: the {first} of {second} broke the {third}"


@pytest.fixture
def syncs(monkeypatch) -> list[int]:
    real = os.fdatasync
    seen: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: seen.append(descriptor) or real(descriptor))
    return seen


def test_five_hundred_new_faults_are_recorded_one_by_one_in_few_writes(tmp_path, syncs):
    host = Host(tmp_path)
    host.writes(*(different(number) for number in range(500)))
    host.tick()
    entries = list(show(host.state_dir / "audit", FileKeys(host.state_dir / "keys")))
    decided = {entry.subject for entry in entries if entry.action == "decision"}
    assert {incident.id for incident in host.incidents()} == decided
    assert len(decided) >= 500
    assert len(syncs) <= 70, "one for each of the 50 that are told alone, and one for each 50 of the others"


def test_a_report_says_where_the_record_stands_with_its_own_decision(tmp_path):
    host = Host(tmp_path)
    host.writes(different(1))
    host.tick()
    [message] = host.phone.messages
    assert "audit 2·" in message.text
    host.writes(different(2))
    host.tick(timedelta(minutes=5))
    assert "audit 5·" in host.phone.messages[-1].text
