"""kill -9 of a real `aiops-agent scan` (mode auto) or `approvals approve` at random moments of the repair it runs."""

import json
import random
import shutil
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from aiops_agent.playbook.load import load
from tests.journeys.machine import Machine

KILLS = 50
STEPS = 10
REPAIR = """\
name: move-locks
version: 1
description: {{en: Move the locks aside., zh: 移走锁文件。}}
risk: low
for: {{categories: [service_failure], services: ["*"]}}
params: {{lock: {{from: source.parameters.lock_file}}}}
evidence: [{{file_exists: {{path: $lock}}}}]
steps:
{steps}
verify: {{within: 1s, probes: [{{{verify}}}]}}
undo: []
cooldown: 15m
caps: {{per_hour: 2, per_day: 3}}
busy: false
roots: [{things}]
"""


class Ready:
    """A machine where one command begins a repair of many short steps; it can be put back to that moment."""

    def __init__(self, folder, *, mode: str, verifies: bool) -> None:
        self.machine = Machine(folder)
        self.things = folder / "things"
        self.things.mkdir()
        self.machine.lock = self.things / "first.lock"
        self.machine.can_repair(mode=mode)
        moves = "".join(f"  - move_aside: {{path: {self.things}/{number}.lock}}\n" for number in range(STEPS - 1))
        steps = f"{moves}  - restore_file: {{path: {self.things}/app.json, from: {self.things}/app.json.good}}"
        last = f"config: {{path: {self.things}/app.json, format: json, is: valid}}"
        verify = last if verifies else f"file_exists: {{path: {self.things}/absent}}"
        (folder / "playbooks" / "remove-stale-lock.yaml").unlink()
        repair = folder / "playbooks" / "move-locks.yaml"
        repair.write_text(REPAIR.format(steps=steps, verify=verify, things=self.things))
        self.machine.signer.sign(load(repair), now=datetime.now(UTC))
        self._fill()
        self._command = ("scan",)
        if mode == "approve":
            self.machine.scan()
            [question] = self.machine.run("approvals", "list", "--json").json["approvals"]
            self._command = ("approvals", "approve", question["id"])
        self._ready = folder / "ready"
        self.machine.state.mkdir(exist_ok=True)
        shutil.copytree(self.machine.state, self._ready)

    def _fill(self) -> None:
        for path in self.things.iterdir():
            path.unlink()
        self.machine.lock.write_text("1\n")
        for number in range(STEPS - 1):
            (self.things / f"{number}.lock").write_text(f"{number}\n")
        (self.things / "app.json").write_text("{")
        (self.things / "app.json.good").write_text("{}")

    def again(self) -> None:
        shutil.rmtree(self.machine.state)
        shutil.copytree(self._ready, self.machine.state)
        self._fill()

    def begins(self):
        """Start the command; return it as soon as its first step was done."""
        scan = self.machine.start(*self._command)
        while (self.things / "0.lock").exists() and scan.poll() is None:
            time.sleep(0.0005)
        return scan

    def found(self) -> list[tuple[str, str]]:
        return sorted((path.name.partition("-2")[0], path.read_text()) for path in self.things.iterdir())

    def steps(self) -> Counter:
        shown = self.machine.run("audit", "show", "--jsonl").out.splitlines()
        entries = [entry for entry in map(json.loads, shown) if entry["action"] == "step"]
        return Counter(json.dumps(entry["detail"]) for entry in entries if entry["detail"]["verb"] != "put_back")


@pytest.mark.slow
@pytest.mark.parametrize("verifies", [True, False])
@pytest.mark.parametrize("mode", ["auto", "approve"])
def test_fifty_kills_at_random_repeat_no_step_and_lose_no_undo(tmp_path, mode, verifies):
    chance = random.Random(20261127)
    ready = Ready(tmp_path, mode=mode, verifies=verifies)
    before = ready.found()
    scan = ready.begins()
    began = time.monotonic()
    scan.communicate()
    longest = time.monotonic() - began
    repaired, outcomes = ready.found(), Counter()
    for kill in range(KILLS):
        ready.again()
        scan = ready.begins()
        time.sleep(chance.uniform(0, longest) * chance.random())
        scan.kill()
        scan.communicate()
        left = ready.found()
        ready.machine.scan()
        [incident] = ready.machine.run("incidents", "list", "--json").json["incidents"]
        wanted = repaired if incident["outcome"] == "succeeded" else before
        assert ready.found() == wanted, f"kill {kill}: {incident['outcome']}; it had left {left}"
        assert incident["outcome"] in ("succeeded", "undone"), f"kill {kill}"
        assert set(ready.steps().values()) == {1}, f"kill {kill}: no step is repeated"
        outcomes[incident["outcome"], left in (before, repaired)] += 1
    print(f"longest {longest:.3f} s; (outcome, whole when it was killed): {dict(outcomes)}")
    assert sum(times for (_, whole), times in outcomes.items() if not whole) > KILLS // 5, "many fell into the middle"
