"""`run` as a process: woken or not, stopped, reloaded, killed, started twice - every line is counted once."""

import json
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from aiops_agent.state.state import State
from tests.build import cipher
from tests.journeys.machine import KNOWN, Machine, needs_namespaces, wait_until

NO_EVENTS = ("unshare", "-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$0" "$@"')


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.writes(KNOWN)
    machine.scan()
    return machine


@contextmanager
def running(machine: Machine, *words: str, before: tuple[str, ...] = ()):
    """Yield a daemon that has taken its first tick; it is stopped at the end, and must end well."""
    process = machine.start("run", *words, before=before)
    with_first_tick = counted(machine) + 1
    machine.writes(KNOWN)
    try:
        wait_until(lambda: counted(machine) >= with_first_tick)
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        out, err = process.communicate(timeout=60)
        process.said = (out, err)
        assert "Traceback" not in err, err


def counted(machine: Machine) -> int:
    with State.look_at(machine.state, cipher(machine.state)) as state:
        return sum(incident.occurrences for incident in state.incidents.all())


def seconds_until(machine: Machine, expected: int) -> float:
    taken = wait_until(lambda: counted(machine) >= expected)
    assert counted(machine) == expected
    return taken


@pytest.mark.slow
def test_it_counts_what_is_appended_says_a_line_for_each_tick_and_ends_well_when_told(machine):
    with running(machine, "--jsonl") as daemon:
        for expected in range(3, 6):
            machine.writes(KNOWN)
            seconds_until(machine, expected)
    assert daemon.returncode == 0
    lines = [json.loads(line) for line in daemon.said[0].splitlines()]
    assert sum(line["errors"] for line in lines) == 4
    assert all(line["cut_short"] is None and line["skipped"] is None for line in lines)
    assert daemon.said[1] == ""


@pytest.mark.slow
def test_t42_a_queue_of_events_that_runs_over_loses_no_line(machine):
    other = machine.logs / "other.log"
    other.write_text("")
    events = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) + 2000
    with running(machine) as daemon:
        daemon.send_signal(signal.SIGSTOP)
        with machine.log.open("ab", buffering=0) as one, other.open("ab", buffering=0) as two:
            for number in range(events):  # by turns: two equal events in a row would be one
                (one, two)[number % 2].write(f"{KNOWN}\n".encode())
        daemon.send_signal(signal.SIGCONT)
        seconds_until(machine, events + 2)
        machine.writes(KNOWN)
        seconds_until(machine, events + 3)
    assert daemon.returncode == 0


@pytest.mark.slow
def test_t43_without_events_everything_is_found_within_two_seconds_and_that_there_are_none_is_told_once(machine):
    needs_namespaces()
    with running(machine, before=NO_EVENTS) as daemon:
        for number in range(6):
            time.sleep(0.37 * number)  # at another moment between two looks each time
            machine.writes(KNOWN)
            assert seconds_until(machine, 3 + number) < 2.0
    complaints = daemon.said[1].splitlines()
    assert len(complaints) == 1, complaints
    assert "events: Too many open files" in complaints[0]


@pytest.mark.slow
def test_t46_of_two_agents_started_at_once_one_works_and_the_other_refuses(machine):
    both = [machine.start("run") for _ in range(2)]
    wait_until(lambda: any(process.poll() is not None for process in both))
    [refused] = [process for process in both if process.poll() is not None]
    [working] = [process for process in both if process is not refused]
    assert "another `aiops-agent run` is at work" in refused.communicate()[1]
    assert refused.returncode == 2
    machine.writes(KNOWN, KNOWN)
    seconds_until(machine, 3)
    working.terminate()
    working.communicate(timeout=30)
    assert working.returncode == 0


@pytest.mark.slow
def test_t46_a_scan_beside_the_daemon_takes_its_turn_or_says_that_it_is_locked_and_nothing_is_counted_twice(machine):
    with running(machine):
        for number in range(20):
            machine.writes(KNOWN)
            assert machine.scan()["skipped"] in (None, "locked")
            if number % 5 == 0:
                seconds_until(machine, number + 3)
        seconds_until(machine, 22)


@pytest.mark.slow
def test_a_killed_daemon_goes_on_where_it_was(machine):
    written = 1
    for _ in range(6):
        process = machine.start("run")
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            machine.writes(KNOWN, KNOWN)
            written += 2
            time.sleep(0.005)
        process.kill()
        process.communicate()
    with running(machine):
        written += 1
        seconds_until(machine, written)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_much_to_read_ends_it_between_two_batches(machine, number):
    lines = 4_000_000  # some seconds to read, two commits on the way
    with machine.log.open("a") as log:
        for _ in range(lines // 1_000):
            log.write(f"{KNOWN}\n" * 1_000)
    size = machine.log.stat().st_size
    process = machine.start("run", "--jsonl")
    wait_until(lambda: counted(machine) > 1)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    [first] = map(json.loads, out.splitlines())
    assert first["cut_short"] == "stopped"
    assert 0 < first["bytes"] < size
    with running(machine):
        seconds_until(machine, lines + 2)


@pytest.mark.slow
def test_sighup_reads_the_configuration_anew(machine):
    with running(machine) as daemon:
        extra = machine.folder / "extra"
        extra.mkdir()
        (extra / "x.log").write_text("")
        text = machine.config.read_text()
        machine.config.write_text(
            text.replace(f'["{machine.logs}/*.log"]', f'["{machine.logs}/*.log", "{extra}/*.log"]')
        )
        daemon.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        (extra / "x.log").write_text(f"{KNOWN}\n")
        seconds_until(machine, 3)
    assert "was read anew" in daemon.said[1]
