"""A long log is read from two places at once, and nobody can tell from what is found."""

import json
import os
import random
import signal
import time
from collections import Counter

import pytest

from aiops_agent.sources import far, reading
from aiops_agent.sources.opened import CHUNK
from tests.sources.reader import Reader, error

MEGABYTE = 1 << 20
QUIET = "2026-11-22 10:00:00,123 INFO  [main] shop.Orders - order {} came\n"
TRACE = (
    "2026-11-22 10:00:00,123 ERROR [main] shop.Orders - order {} failed\n"
    "java.io.IOException: disk {} is full\n\tat shop.Store.put(Store.java:41)\n\tat shop.Orders.place(Orders.java:9)\n"
)
RELAYED = (
    "Nov 22 10:00:00 web01 shop[{0}]: Traceback (most recent call last):\n"
    "Nov 22 10:00:00 web01 cron[7]: job {1} done\n"
    'Nov 22 10:00:00 web01 shop[{0}]:   File "/srv/shop.py", line 7, in run\n'
    "Nov 22 10:00:00 web01 shop[{0}]: KeyError: 'order'\n"
)
PANIC = "panic: runtime error: nil map\n\ngoroutine {} [running]:\nmain.main()\n\t/src/main.go:{} +0x1d\n"
KINDS = (QUIET, QUIET, QUIET, TRACE, RELAYED, PANIC, "{}" + "x" * 70_000 + "\n", "\n", "  {} indented\n")


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """Share logs of two megabytes, although the process of the tests has threads of its own."""
    monkeypatch.setattr(far, "LEAST", 2 * MEGABYTE)
    monkeypatch.setattr(far, "would_gain", lambda: True)


@pytest.fixture
def answers(monkeypatch):
    """Return whether each far half counted, as they end."""
    seen = []
    found = far.Far.found

    def noted(self, state):
        rest = found(self, state)
        seen.append(rest is not None)
        return rest

    monkeypatch.setattr(far.Far, "found", noted)
    return seen


def read(log):
    reader = Reader(log)
    reader.tick()
    counts = Counter()
    for batch in reader.batches:
        for sighting in batch.sightings:
            counts[sighting.fingerprint, sighting.severity] += sighting.count
    last = reader.batches[-1]
    read_bytes = sum(batch.read_bytes for batch in reader.batches)
    return counts, last.checkpoint, [(n.kind, n.detail) for n in last.notices], read_bytes


def alone(log, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(far, "would_gain", lambda: False)
        return read(log)


def some_log(seed, size=3 * MEGABYTE):
    chance = random.Random(seed)
    kinds = chance.sample(KINDS, 4) + [QUIET] * chance.choice((0, 5, 200))
    lines, length = [], 0
    while length < size:
        lines.append(chance.choice(kinds).format(chance.randrange(10_000), chance.randrange(10_000)))
        length += len(lines[-1])
    return "".join(lines) + chance.choice(("", "2026-11-22 10:00:00,123 ERROR half"))


@pytest.mark.parametrize("seed", [0, 1, 2, 5])
def test_two_find_what_one_finds(seed, tmp_path, answers, monkeypatch):
    log = tmp_path / "app.log"
    log.write_text(some_log(seed))
    assert read(log) == alone(log, monkeypatch)
    assert len(answers) == 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 4, *range(6, 68)])
def test_two_find_what_one_finds_in_many_logs(seed, tmp_path, monkeypatch):
    log = tmp_path / "app.log"
    log.write_text(some_log(seed))
    assert read(log) == alone(log, monkeypatch)


def test_the_far_half_of_an_ordinary_log_counts(tmp_path, answers, monkeypatch):
    log = tmp_path / "app.log"
    log.write_text((QUIET.format(1) * 90 + TRACE.format(1, 2)) * 500)
    expected = alone(log, monkeypatch)
    assert sum(expected[0].values()) == 500
    assert read(log) == expected
    assert answers == [True]


def test_a_tick_goes_on_behind_what_two_have_read(tmp_path, answers):
    log = tmp_path / "app.log"
    log.write_text(QUIET.format(1) * 50_000 + TRACE.format(1, 2))
    reader = Reader(log)
    reader.tick()
    with log.open("a") as file:
        file.write("\tat shop.Main.main(Main.java:3)\n" + error("b"))
    reader.tick()
    assert answers == [True]
    assert reader.count() == 2


def test_what_no_run_up_can_know_is_read_by_one(tmp_path, answers, monkeypatch):
    """In a record of many megabytes the one who comes from above knows that it is in one; the other does not."""
    log = tmp_path / "app.log"
    log.write_text(error("a") + "\tat shop.Store.put(Store.java:41)\n" * 100_000 + error("b"))
    expected = alone(log, monkeypatch)
    assert read(log) == expected
    assert answers == [False]


def test_many_different_faults_are_left_to_one(tmp_path, answers, monkeypatch):
    monkeypatch.setattr(far, "MOST_FAULTS", 20)
    log = tmp_path / "app.log"
    words = ["".join(random.Random(n).choices("abcdefghijklmnopqrstuvwxyz", k=8)) for n in range(400)]
    log.write_text("".join(QUIET.format(1) * 120 + error(word) for word in words))
    expected = alone(log, monkeypatch)
    assert read(log) == expected
    assert answers == [False]


def test_one_that_is_killed_is_as_if_it_had_never_been(tmp_path, answers, monkeypatch):
    log = tmp_path / "app.log"
    log.write_text((QUIET.format(1) * 90 + TRACE.format(1, 2)) * 500)
    expected = alone(log, monkeypatch)
    fork = os.fork

    def killed():
        process = fork()
        if process:
            os.kill(process, signal.SIGKILL)
        return process

    monkeypatch.setattr(os, "fork", killed)
    assert read(log) == expected
    assert answers == [False]


def test_half_an_answer_is_none():
    answer, out = os.pipe()
    os.write(out, json.dumps({"state": far._digest(b"x"), "sightings": [], "rest": [1, 2, 3, False, 4]}).encode())
    os.close(out)
    process = os.fork()
    if not process:
        os._exit(0)
    half = far.Far(0, process, answer)
    try:
        assert half.found(b"x") is None
    finally:
        half.end()


def test_no_process_is_left_whatever_comes_of_the_reading(tmp_path, monkeypatch):
    log = tmp_path / "app.log"
    log.write_text((QUIET.format(1) * 90 + TRACE.format(1, 2)) * 500)
    processes = []
    fork = os.fork

    def noted():
        process = fork()
        processes.append(process)
        return process

    monkeypatch.setattr(os, "fork", noted)
    monkeypatch.setattr(reading, "BATCH_BYTES", CHUNK)
    for _ in Reader(log).source().read({}):
        break
    (process,) = processes
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_it_holds_nothing_that_the_agent_had_open(tmp_path, monkeypatch):
    """A lock that it held would outlive an agent that is killed, and its next tick would find the state taken."""
    log, held, seen = tmp_path / "app.log", tmp_path / "lock", tmp_path / "seen"
    log.write_text(QUIET.format(1) * 50_000)
    answer = far._answer

    def noted(file, *args, **kwargs):
        links = []
        for name in os.listdir("/proc/self/fd"):
            try:
                links.append(os.readlink(f"/proc/self/fd/{name}"))
            except FileNotFoundError:
                continue  # the one that lists
        seen.write_text("\n".join(links))
        answer(file, *args, **kwargs)

    monkeypatch.setattr(far, "_answer", noted)
    with held.open("w"):
        read(log)
    links = seen.read_text().split("\n")
    assert str(log) in links
    assert str(held) not in links
    assert len([link for link in links if link != os.devnull]) == 2, links


def test_it_ends_when_the_agent_is_gone(tmp_path, monkeypatch):
    log = tmp_path / "app.log"
    log.write_text(QUIET.format(1) * 500_000)
    fork = os.fork
    told, tell = os.pipe()

    def noted():
        process = fork()
        if process:
            os.write(tell, str(process).encode())
            os.kill(os.getpid(), signal.SIGKILL)
        return process

    agent = fork()
    if not agent:
        monkeypatch.setattr(os, "fork", noted)
        read(log)
        os._exit(0)
    os.waitpid(agent, 0)
    process = int(os.read(told, 20))
    ends_by = time.monotonic() + 10
    while time.monotonic() < ends_by and not _has_ended(process):
        time.sleep(0.01)
    assert _has_ended(process)


def _has_ended(process):
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(") ")[2][0] == "Z"
    except FileNotFoundError:
        return True
