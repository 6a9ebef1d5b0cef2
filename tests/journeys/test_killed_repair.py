"""kill -9 at every durable point of a repair: no step twice, no undo lost, the outcome told once and true."""

import os
import random
import signal
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from aiops_agent.model.incident import Outcome
from aiops_agent.pipeline import tick
from tests.journeys.host import Host

PLAYBOOK = """\
name: remove-lock
version: 1
description: {{en: Move the locks aside., zh: 移走锁文件。}}
risk: low
for: {{categories: [service_failure], services: ["shop*.service"]}}
params: {{lock: {{from: source.parameters.lock_file}}}}
evidence: [{{file_exists: {{path: $lock}}}}]
steps:
  - move_aside: {{path: $lock}}
  - restore_file: {{path: {folder}/app.json, from: {folder}/app.json.good}}
  - {last}
verify:
  within: 2s
  probes: [{verify}]
undo: []
cooldown: 4h
caps: {{per_day: 3}}
busy: false
roots: [{folder}]
"""
KINDS = {
    "succeeds": ("move_aside: {{path: {folder}/second.lock}}", "file_absent: {{path: {folder}/second.lock}}"),
    "does not verify": ("move_aside: {{path: {folder}/second.lock}}", "file_exists: {{path: {folder}/never}}"),
    "fails at its last step": (
        "move_aside: {{path: {folder}/absent.lock}}",
        "file_absent: {{path: {folder}/second.lock}}",
    ),
}
THINGS = ("shop.lock", "app.json", "app.json.good", "second.lock")


class Repair(Host):
    """A host whose repair has three steps that can be taken back."""

    def __init__(self, folder, kind):
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        last, verify = (f"{{{each.format(folder=folder)}}}" for each in KINDS[kind])
        self.repair.write_text(PLAYBOOK.format(folder=folder, last=last, verify=verify))
        self.sign()
        self.trace = folder / "trace"
        self.trace.touch()

    def breaks(self):
        self.fails()
        (self.folder / "app.json").write_text("{")
        (self.folder / "app.json.good").write_text("{}")
        (self.folder / "second.lock").write_text("2\n")

    def things(self):
        """Every file that the repair has to do with: its name, of a copy kept aside without the time, and content."""
        found = [path for path in self.folder.iterdir() if path.name.lstrip(".").startswith(THINGS)]
        return sorted((path.name.partition("-2")[0], path.read_text()) for path in found)

    def ticks(self, reached=lambda: None):
        """Take one tick, calling `reached` before and after anything is on disk or changed."""
        with self.agent() as plain:
            agent = replace(
                plain, journal=Watched(plain.journal, reached), executor=Traced(plain.executor, self, reached)
            )
            begin = agent.state.database.transaction

            @contextmanager
            def transaction():
                reached()
                with begin():
                    yield
                reached()

            agent.state.transaction = agent.state.database.transaction = transaction
            tick(agent, self.clock.time)

    def is_killed_after(self, seconds):
        """Take one tick in a process that is killed after a while; tell whether it was still at work."""
        self.clock.time += timedelta(minutes=10)
        child = os.fork()
        if child == 0:
            self.ticks()
            os._exit(0)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        return os.waitpid(child, 0)[1] == signal.SIGKILL

    def is_killed_at(self, point):
        """Take one tick in a process that is killed at a point; tell whether it came so far."""
        self.clock.time += timedelta(minutes=10)
        child = os.fork()
        if child == 0:
            left = iter(range(point))
            self.ticks(lambda: None if next(left, None) is not None else os.kill(os.getpid(), signal.SIGKILL))
            os._exit(0)
        return os.waitpid(child, 0)[1] == signal.SIGKILL


class Watched:
    """The record."""

    def __init__(self, journal, reached):
        self._journal = journal
        self._reached = reached

    def append(self, *entries):
        self._reached()
        self._journal.append(*entries)
        self._reached()

    def __getattr__(self, name):
        return getattr(self._journal, name)


class Traced:
    """An executor whose every change leaves a trace."""

    privileged = False

    def __init__(self, executor, host, reached):
        self.plan = executor.plan
        self._run = executor.run
        self._trace = host.trace
        self._reached = reached

    def run(self, command, stopped):
        if command.changes:
            self._reached()
            with self._trace.open("a") as trace:
                trace.write(f"{command.verb} {command.arguments['path']}\n")
        result = self._run(command, stopped)
        if command.changes:
            self._reached()
        return result


def check(host, before):
    """All is as it was or all is repaired, and that is what is said; nothing was done twice."""
    with host.agent() as agent:
        assert agent.state.actions.interrupted() == []
        assert agent.state.database.value("SELECT count(*) FROM undo") == 0
    [incident] = host.incidents()
    assert incident.outcome in (Outcome.SUCCEEDED, Outcome.UNDONE)
    if incident.outcome is Outcome.UNDONE:
        assert host.things() == before, "no undo is lost"
    else:
        assert [name for name, _ in host.things()] == [
            "app.json",
            "app.json.aside",
            "app.json.good",
            "second.lock.aside",
            "shop.lock.aside",
        ]
        assert ("app.json", "{}") in host.things()
    done = Counter(line for line in host.trace.read_text().splitlines() if not line.startswith("put_back"))
    assert set(done.values()) <= {1}, "no step is repeated"
    return incident.outcome


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_any_boundary_of_any_step_repeats_nothing_and_loses_no_undo(tmp_path, kind):
    outcomes = Counter()
    for point in count():
        host = Repair(tmp_path / str(point), kind)
        host.breaks()
        before = host.things()
        killed = host.is_killed_at(point)
        host.is_killed_at(point * 5 % 17)  # while it recovers, or is at work on something else by now
        for _ in range(2):
            host.clock.time += timedelta(minutes=10)
            host.ticks()
        outcomes[check(host, before)] += 1
        if not killed:
            break
    assert point > 40, "before and after the intent, each step, its journal, its act, the result, the report"
    assert outcomes[Outcome.UNDONE] > 10
    assert (outcomes[Outcome.SUCCEEDED] > 10) == (kind == "succeeds")


@pytest.mark.slow
def test_two_hundred_kills_at_any_moment_repeat_nothing_and_lose_no_undo(tmp_path):
    unhurt = Repair(tmp_path / "unhurt", "succeeds")
    unhurt.breaks()
    began = time.monotonic()
    unhurt.ticks()
    longest = time.monotonic() - began
    chance = random.Random(time.time_ns())
    outcomes, killed = Counter(), 0
    for number in range(200):
        host = Repair(tmp_path / str(number), (*KINDS,)[number % len(KINDS)])
        host.breaks()
        before = host.things()
        killed += host.is_killed_after(chance.uniform(0, longest))
        for _ in range(2):
            host.clock.time += timedelta(minutes=10)
            host.ticks()
        outcomes[check(host, before)] += 1
    assert killed > 100, (killed, outcomes)
