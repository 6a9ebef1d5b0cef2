"""A tick that ends before everything is read says so, keeps what it has, and the next one goes on."""

import json
import signal
from dataclasses import replace
from datetime import timedelta

import pytest

from aiops_agent.agent import CutShort
from aiops_agent.model.incident import Kind
from aiops_agent.pipeline import tick as one_tick
from aiops_agent.state.state import State
from tests.build import cipher
from tests.journeys.host import Host
from tests.journeys.machine import KNOWN, Machine, wait_until

FAULT = "2026-11-23 03:00:00,001 ERROR shop: no space left on device"


def after(batches: int, why: CutShort):
    """Return a limit that ends a tick after so many batches."""
    left = iter([None] * (batches - 1))
    return lambda: next(left, why)


def two_logs(folder) -> Host:
    host = Host(folder)
    host.writes(FAULT)
    (folder / "other.log").write_text(f"{FAULT}\n" * 2)
    return host


def occurrences(host: Host) -> int:
    return sum(incident.occurrences for incident in host.incidents() if incident.kind is Kind.LOG)


@pytest.mark.parametrize("why", [CutShort.TIME, CutShort.STOPPED])
def test_a_tick_that_is_ended_between_two_batches_keeps_what_it_read_and_the_next_goes_on(tmp_path, why):
    host = two_logs(tmp_path)
    host.limit = after(1, why)
    first = host.tick()
    assert (first.cut_short, first.errors) == (why, 2)
    host.limit = after(9, why)
    second = host.tick()
    assert (second.cut_short, second.errors, occurrences(host)) == (None, 1, 3)


def test_a_tick_whose_time_is_over_still_repairs_and_tells_what_it_found(tmp_path):
    host = Host(tmp_path)
    host.fails()
    host.limit = after(1, CutShort.TIME)
    found = host.tick()
    assert found.cut_short is CutShort.TIME
    assert not host.lock.exists()
    assert len(host.phone.messages) == 1


def test_a_tick_that_is_told_to_end_begins_no_repair_and_the_next_one_does(tmp_path):
    host = Host(tmp_path)
    host.fails()
    host.limit = after(1, CutShort.STOPPED)
    assert host.tick().cut_short is CutShort.STOPPED
    assert host.lock.exists()
    assert host.phone.messages == []
    host.limit = after(9, CutShort.STOPPED)
    host.tick()
    assert not host.lock.exists()
    assert occurrences(host) == 1
    assert len(host.phone.messages) == 1


def test_a_repair_that_takes_longer_than_reading_may_is_not_called_cut_short(tmp_path):
    host = Host(tmp_path)
    asked = iter([None])
    host.limit = lambda: next(asked, CutShort.TIME)
    host.fails()
    assert host.tick().cut_short is None


class FailingDisk:
    """A source that gives what it can and then meets a bad sector."""

    def __init__(self, real, batches: int) -> None:
        self._real = real
        self._batches = batches
        self.covers = real.covers
        self.directories = real.directories

    def read(self, known):
        for number, batch in enumerate(self._real.read(known)):
            if number == self._batches:
                break
            yield batch
        raise OSError(5, "Input/output error", "/var/log/bad.log")


def test_a_source_that_cannot_be_read_on_is_told_once_and_the_other_sources_are_read(tmp_path):
    host = two_logs(tmp_path)

    def tick():
        with host.agent() as agent:
            bad = FailingDisk(agent.sources["shop"], 1)
            host.clock.time += timedelta(minutes=5)
            return one_tick(replace(agent, sources={"bad": bad, "shop": agent.sources["shop"]}), host.clock.time)

    found = tick()
    assert (found.cut_short, found.errors) == (CutShort.UNREADABLE, 3)
    tick()
    [notice] = [incident for incident in host.incidents() if incident.kind is Kind.AGENT]
    assert (notice.title, notice.text) == ("unreadable: /var/log/bad.log", "Input/output error")
    assert sum("bad.log" in title for title in host.phone.titles) == 1
    with State.look_at(host.state_dir, cipher(host.state_dir)) as state:
        assert "bad" not in state.seen, "a file that appears there is not taken for one that was there at the start"


def counted(machine: Machine) -> int:
    with State.look_at(machine.state, cipher(machine.state)) as state:
        return sum(incident.occurrences for incident in state.incidents.all())


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.writes(KNOWN)
    machine.scan()
    return machine


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--json",), ()])
def test_a_scan_that_is_told_to_end_ends_between_two_batches_with_exit_0_and_says_so(machine, words):
    lines = 4_000_000  # some seconds to read, two commits on the way
    with machine.log.open("a") as log:
        for _ in range(lines // 1_000):
            log.write(f"{KNOWN}\n" * 1_000)
    before = machine.log.stat().st_size
    process = machine.start("scan", *words)
    wait_until(lambda: counted(machine) > 1)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    if words:
        found = json.loads(out)
        assert found["cut_short"] == "stopped"
        assert 0 < found["bytes"] < before
    else:
        assert "cut short because it was told to end: the next scan goes on from there" in out
    rest = machine.scan()
    assert rest["cut_short"] is None
    assert rest["bytes"] > 0
    assert list(machine.counts().values()) == [lines + 1]
    assert machine.scan()["bytes"] == 0
