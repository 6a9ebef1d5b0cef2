"""What the operators add to the patterns takes effect on the next tick."""

import pytest

from tests.journeys.machine import Machine


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.slow
def test_an_added_fault_is_found_and_an_ignored_one_is_not(machine):
    calm, noise = (
        "2026-11-23 03:00:00,001 INFO pumps: pump is dry",
        "2026-11-23 03:00:00,001 ERROR printer: known noise",
    )
    machine.writes(calm)
    assert machine.scan()["errors"] == 0
    machine.configure(
        patterns="{faults: [{contains: pump is dry, severity: critical}], ignore: [{contains: known noise}]}"
    )
    machine.writes(calm, noise)
    found = machine.scan()
    assert [(i["title"], i["severity"]) for i in found["incidents"]] == [("pumps: pump is dry", "critical")]
    assert found["errors"] == 1


def test_a_pattern_that_is_no_re2_is_refused_with_its_line(machine):
    machine.configure(patterns="{ignore: [{contains: noise, matches: '(?=a)'}]}")
    done = machine.run("scan")
    assert done.code == 2
    assert "patterns.ignore.0.matches" in done.err
    assert "is not RE2" in done.err
