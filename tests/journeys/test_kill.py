"""kill -9 at any moment: no line lost, none counted twice, no action repeated, everything told."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from aiops_agent.model.incident import Kind
from tests.journeys.host import Host

TICKS = """
import sys
from itertools import count
from pathlib import Path
from aiops_agent.sources import opened, reading
from tests.journeys.host import Host
reading.BATCH_BYTES, opened.CHUNK = 8192, 4096  # many batches, so that most kills fall between or into commits
host = Host(Path(sys.argv[1]))
host._numbers = count(int(sys.argv[2]) * 100_000)  # of tokens: a real one is never given twice
print("ready", flush=True)
while True:
    host.tick()
"""
FAULTS = ("connection refused by the database", "no space left on device", "cannot start: lock file is there")
KILLS = 200


class Log:
    """Is written to in pieces, so that a kill may find half a line, and rotated the ways that lose nothing."""

    def __init__(self, path, chance):
        self.path = path
        self.chance = chance
        self.lines = 0

    def write(self, lines):
        with self.path.open("a") as file:
            for fault in self.chance.choices(FAULTS, k=lines):
                file.write(f"2026-11-23 03:00:00,001 ERROR shop: {fault} ({self.lines})")
                file.flush()
                file.write("\n")
                self.lines += 1

    def rotate(self):
        """Move every generation on by one; as many are kept as are rotated before a scan comes to its end."""
        for turn in range(20, 0, -1):
            older, newer = (self.path.with_name(f"{self.path.name}.{number}") for number in (turn + 1, turn))
            if newer.exists():
                newer.rename(older)
        self.path.rename(f"{self.path}.1")
        self.path.touch()


def count(host):
    return sum(incident.occurrences for incident in host.incidents() if incident.kind is Kind.LOG)


def notices(host):
    return [incident.text for incident in host.incidents() if incident.kind is Kind.AGENT]


@pytest.fixture
def worker(tmp_path):
    """Start another process that ticks for ever, once it is asked to."""
    running = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", TICKS, str(tmp_path), str(len(running) + 1)], stdout=subprocess.PIPE
        )
        running.append(process)
        assert process.stdout.readline() == b"ready\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.slow
def test_t37_two_hundred_kills_of_a_running_scan_under_rotation_lose_and_repeat_nothing(tmp_path, worker):
    chance = random.Random(20261123)
    host = Host(tmp_path)
    host.lock.write_text("1\n")
    log = Log(host.log, chance)
    log.write(200)
    host.tick()  # what is rotated before a log was ever read was there before the agent, and is not its to read
    kills_under_way = 0
    for kill in range(KILLS):
        process = worker()
        end = time.monotonic() + chance.uniform(0.0, 0.15)
        rotate_at = end - chance.uniform(0.0, 0.15)
        while time.monotonic() < end:
            log.write(10)
            time.sleep(0.003)  # 3,000 lines a second: what so small batches can follow
            if kill % 3 == 0 and time.monotonic() > rotate_at:
                log.rotate()
                rotate_at = end
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert notices(host) == [], f"kill {kill}: nothing was wrong with the log"
        counted = count(host)
        assert counted <= log.lines, f"kill {kill}: repeated"
        kills_under_way += counted < log.lines
    host.tick()
    assert count(host) == log.lines
    assert len(host.incidents()) == len(FAULTS)
    assert kills_under_way > KILLS // 2
    actions = host.recorded()
    assert 1 <= actions.count("intent") <= actions.count("result"), "what came of each is known, kill or not"
    assert 1 <= actions.count("step") <= 3, "the caps of the playbook; a run that finds nothing to do takes no step"
    assert len(list(tmp_path.glob("shop.lock.aside-*"))) == 1, "done once"
    with host.agent() as agent:
        assert agent.state.outbox.all() == []
