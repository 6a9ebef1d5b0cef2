"""What runs inside of a sandbox: one command of the vocabulary, from its standard input to its standard output."""

import json
import sys
from collections.abc import Mapping

from aiops_agent.host import SystemClock
from aiops_agent.model.plain import command_of, plain_plan, plan_of
from aiops_agent.model.playbook import CommandResult, Planned
from aiops_agent.playbook import privileged
from aiops_agent.playbook.doing import Doing
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.systemd import SYSTEM_PATH
from aiops_agent.ports import never


def told(answer: Planned | CommandResult) -> dict[str, object]:
    """Return an answer as it is handed out."""
    if isinstance(answer, Planned):
        return {"planned": plain_plan(answer)}
    return {"ok": answer.ok, "detail": answer.detail, "half_done": answer.half_done}


def heard(said: Mapping[str, object]) -> Planned | CommandResult:
    """Return what `told` was given."""
    if "planned" in said:
        return plan_of(said["planned"])
    return CommandResult(said["ok"] is True, str(said["detail"]), said["half_done"] is True)


def _more() -> Mapping[str, Doing]:
    """Return the words that need root and are done in a sandbox; what asks systemd to act is done outside of it."""
    known = privileged.words(SystemClock(), path=SYSTEM_PATH)
    return {name: known[name] for name in ("signal_unit", "config_test", "run")}


def main() -> None:
    """Plan or run the command that is handed in."""
    call, said = json.loads(sys.stdin.buffer.read())
    command = command_of(said)
    executor = EmbeddedExecutor(SystemClock(), more=_more())
    # Stopped by nothing in here: who is outside ends the whole sandbox.
    answer = executor.plan(command) if call == "plan" else executor.run(command, never)
    print(json.dumps(told(answer)))
