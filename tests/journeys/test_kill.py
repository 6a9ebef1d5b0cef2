"""kill -9 at any moment: no line lost, none counted twice, no action repeated, everything told."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.journeys.host import Host

WORKER = """
import sys
from pathlib import Path
from tests.journeys.host import Host
host = Host(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    host.tick()
"""
FAULTS = ("connection refused by the database", "no space left on device", "cannot start: lock file is there")


@pytest.mark.slow
def test_kills_at_random_moments_lose_and_repeat_nothing(tmp_path):
    random.seed(20261123)
    host = Host(tmp_path)
    host.lock.write_text("1\n")
    written = 0
    for _ in range(30):
        process = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        end = time.monotonic() + random.uniform(0.0, 0.25)
        while time.monotonic() < end:
            with host.log.open("a") as file:  # in pieces: a kill may find half a line
                for fault in random.choices(FAULTS, k=50):
                    file.write(f"2026-11-23 03:00:00,001 ERROR shop: {fault}")
                    file.flush()
                    file.write("\n")
                    written += 1
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    host.tick()
    incidents = host.incidents()
    assert sum(incident.occurrences for incident in incidents) == written
    assert len(incidents) == len(FAULTS)
    actions = host.recorded()
    assert actions.count("step") <= actions.count("intent") <= 3, "the caps of the playbook"
    with host.agent() as agent:
        assert agent.state.outbox.all() == []
