"""`halt` stops whatever a repair is in the middle of, within one second, and what was done is taken back."""

import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event

import pytest

from aiops_agent.model.playbook import Failed
from aiops_agent.noun import replace
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.load import load
from aiops_agent.playbook.run import execute
from aiops_agent.state.halt import Halt
from tests.fakes import PaperJournal
from tests.journeys.machine import CHECKOUT, Machine, wait_until
from tests.playbook.make import bound
from tests.playbook.world import listening

WITHIN = 1.0
"""Seconds: the contract of the command."""

HALTS = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from aiops_agent.state.halt import Halt
print("ready", flush=True)
for line in sys.stdin:
    time.sleep(0.2)
    Halt(Path(line.strip())).set("user:ada", datetime.now(UTC))
    print(time.monotonic(), flush=True)
"""
HANGS = "#!/bin/sh\ntrap '' TERM\nsleep 1000 & sleep 1000 & wait; sleep 1000; sleep 1000\n"


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture(scope="module")
def halting():
    """Another process that sets the switch at a path, a moment after it was told to."""
    argv, pipe = [sys.executable, "-c", HALTS], subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True, cwd=CHECKOUT) as process:
        assert process.stdout.readline() == "ready\n"
        yield process
        process.stdin.close()


def probe_that_hangs(folder, _stack):
    return {"verify": (vocabulary.command("unit_state", {"unit": "shop.service", "is": "active"}),)}


def long_step(folder, _stack):
    with (folder / "huge.log.1").open("wb") as log:
        log.truncate(20 << 30)
    where = {"directory": str(folder), "directory_root": str(folder)}
    return {"steps": (vocabulary.command("compress", {**where, "pattern": "*.log.1"}),)}


def silent_server(folder, stack):
    over = Event()
    port = stack.enter_context(listening(lambda _: over.wait()))
    stack.callback(over.set)
    return {"verify": (vocabulary.command("http", {"url": f"http://127.0.0.1:{port}/", "status": 200, "timeout": 60}),)}


def waiting_for_success(folder, _stack):
    return {"verify": (vocabulary.command("file_exists", {"path": "/absent"}),)}


CASES = {each.__name__: each for each in (probe_that_hangs, long_step, silent_server, waiting_for_success)}


def seconds_to_halt(folder, case, halting) -> float:
    """Return how long after the switch was set a repair in the middle of something had ended and was taken back."""
    with ExitStack() as stack:
        program = folder / "systemctl"
        program.write_text(HANGS)
        program.chmod(0o755)
        lock = folder / "shop.lock"
        lock.write_text("1\n")
        moving = vocabulary.command("move_aside", {"path": str(lock), "path_root": str(folder)})
        aimed = replace(bound(folder), evidence=(), steps=(moving,), verify=())
        changes = CASES[case](folder, stack)
        aimed = replace(aimed, **{**changes, "steps": (moving, *changes.get("steps", ()))})
        aimed = replace(aimed, playbook=replace(aimed.playbook, verify_within=aimed.playbook.cooldown))
        switch = Halt(folder / "halt")
        halting.stdin.write(f"{folder / 'halt'}\n")
        halting.stdin.flush()
        executor = EmbeddedExecutor(WallClock(), path=f"{folder}:/usr/bin:/bin")
        result = execute(aimed, executor, WallClock(), halted=switch.is_set, record=[].append, journal=PaperJournal())
        ended = time.monotonic()
        assert isinstance(result, Failed)
        assert result.undone, result.left_behind
        assert lock.exists()
        assert not (folder / "huge.log.1.gz.partial").exists()
        return ended - float(halting.stdout.readline())


@pytest.mark.parametrize("case", CASES)
def test_it_stops_whatever_is_under_way(tmp_path, halting, case):
    assert 0 <= seconds_to_halt(tmp_path, case, halting) <= WITHIN


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_it_does_so_twenty_times_of_twenty(tmp_path, halting, case):
    took = []
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        took.append(seconds_to_halt(folder, case, halting))
    print(f"{case}: at the most {max(took):.2f} s, in the middle {sorted(took)[10]:.2f} s")
    assert max(took) <= WITHIN


COMPRESS = """\
name: compress
version: 1
description: {{en: Compress., zh: 压缩。}}
risk: low
for: {{categories: [service_failure], services: ["*"]}}
params: {{lock: {{from: source.parameters.lock_file}}}}
evidence: [{{file_exists: {{path: $lock}}}}]
steps: [{{move_aside: {{path: $lock}}}}, {{compress: {{directory: {folder}, pattern: "*.log.1"}}}}]
verify: {{within: 10s, probes: [{{file_absent: {{path: $lock}}}}]}}
undo: []
cooldown: 15m
caps: {{per_hour: 2, per_day: 3}}
busy: false
roots: [{folder}, {locks}]
"""


@pytest.mark.slow
def test_the_command_stops_a_step_of_a_scan_that_holds_the_lock(tmp_path):
    machine = Machine(tmp_path)
    machine.can_repair()
    big = tmp_path / "big"
    big.mkdir()
    (tmp_path / "playbooks" / "remove-stale-lock.yaml").unlink()
    repair = tmp_path / "playbooks" / "compress.yaml"
    repair.write_text(COMPRESS.format(folder=big, locks=machine.lock.parent))
    machine.signer.sign(load(repair), now=datetime.now(UTC))
    with (big / "huge.log.1").open("wb") as log:
        log.truncate(60 << 30)
    partial, switch = big / "huge.log.1.gz.partial", machine.state / "halt"
    scan = machine.start("scan", "--json")
    wait_until(partial.exists, patience=60)
    halt = machine.start("halt")
    until_set = wait_until(switch.exists)
    until_stopped = wait_until(lambda: not partial.exists())
    print(f"the command had set the switch after {until_set:.2f} s; the step had ended {until_stopped:.2f} s later")
    assert until_stopped <= WITHIN
    out, err = halt.communicate(timeout=60)
    assert halt.returncode == 0, err
    assert out.startswith("halted")
    scan.communicate(timeout=60)
    assert scan.returncode == 0
    assert machine.lock.exists(), "what was done before is taken back"
    [incident] = machine.run("incidents", "list", "--json").json["incidents"]
    assert incident["outcome"] == "undone"
