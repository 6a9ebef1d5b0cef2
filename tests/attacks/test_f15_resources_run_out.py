"""F14, F15: no memory, no file descriptors, no room on the disk: nothing is lost, the reason is said, no traceback."""

import resource
from contextlib import suppress

import pytest

from tests.attacks.test_hostile_logs import LIMIT, LIMIT_WITHOUT_MODEL, MEGABYTE, OTHER
from tests.journeys.machine import KNOWN, Machine, small_disk

INFO = "2026-11-23 03:00:00,001 INFO  worker: request 4711 from 10.0.0.3 answered in 12 ms, all is well\n"


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def peak(machine: Machine) -> int:
    done, memory, _ = machine.weighed("scan")
    assert (done.code, done.err) == (0, "")
    return memory


@pytest.mark.slow
def test_f14_a_flood_takes_no_more_memory_than_a_trickle(machine):
    machine.writes(KNOWN, OTHER)
    assert peak(machine) < LIMIT, "the model is loaded, and the articles are read for the first time"
    with machine.log.open("a") as log:
        block = (INFO * 400 + KNOWN + "\n") * 25
        for _ in range(300):
            log.write(block)
    assert machine.log.stat().st_size > 250 * MEGABYTE
    assert peak(machine) < LIMIT_WITHOUT_MODEL
    assert machine.counts()[KNOWN.rsplit(": ", 1)[-1]] == 1 + 25 * 300


@pytest.mark.slow
def test_f14_a_flood_of_errors_only_takes_no_more_memory(machine):
    machine.writes(KNOWN, OTHER)
    machine.scan()
    with machine.log.open("a") as log:
        for _ in range(100):
            log.write((KNOWN + "\n") * 10_000)
    assert peak(machine) < LIMIT_WITHOUT_MODEL
    assert machine.counts()[KNOWN.rsplit(": ", 1)[-1]] == 1 + 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("descriptors", [64, 24, 16, 12, 10, 8, 6])
def test_f15_without_file_descriptors_nothing_is_lost_or_told_twice(machine, descriptors):
    machine.writes(KNOWN)
    machine.scan()
    for number in range(100):
        (machine.logs / f"many-{number}.log").write_text(KNOWN + "\n")
    process = machine.start(
        "scan", "--json", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    )
    _, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    assert process.returncode in (0, 2, 3), err
    assert process.returncode == 0 or err.strip()
    machine.scan()
    assert machine.counts()[KNOWN.rsplit(": ", 1)[-1]] == 101


@pytest.mark.slow
def test_f15_a_full_disk_under_the_state_loses_nothing_and_says_so(machine):
    with small_disk(machine.state, "3m") as (inside, state):
        machine.writes(KNOWN)
        first = machine.run("scan", "--json", before=inside)
        assert first.code == 0, first.err
        filler = state / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(bytes(4096)) == 4096:
                pass
        machine.writes(KNOWN, KNOWN)
        full = machine.run("scan", "--json", before=inside)
        assert full.code in (0, 3), full
        assert full.code == 0 or "space" in full.err.lower() or "full" in full.err.lower(), full.err
        filler.unlink()
        after = machine.run("scan", "--json", before=inside)
        assert after.code == 0, after.err
        listed = machine.run("incidents", "list", "--json", before=inside).json["incidents"]
        assert [i["occurrences"] for i in listed if i["kind"] == "log"] == [3]
