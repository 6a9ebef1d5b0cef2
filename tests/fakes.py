"""Stand-ins for what the agent needs from the world, as honest as the real ones."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from aiops_agent.model.playbook import Command, CommandResult

YES = CommandResult(ok=True, detail="it is so")
NO = CommandResult(ok=False, detail="it is not so")


class ScriptedExecutor:
    """Answers by verb, one result after the other and the last one for ever; what has no script is done."""

    def __init__(self, script: Mapping[str, CommandResult | list[CommandResult]] | None = None) -> None:
        self.privileged = False
        self.commands: list[Command] = []
        answers = (script or {}).items()
        self._script = {verb: list(results) if isinstance(results, list) else [results] for verb, results in answers}

    @property
    def asked(self) -> list[str]:
        return [command.verb for command in self.commands]

    def run(self, command: Command) -> CommandResult:
        self.commands.append(command)
        results = self._script.get(command.verb, [YES])
        return results.pop(0) if len(results) > 1 else results[0]


class SteppingClock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self, now: datetime = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)) -> None:
        self._now = now
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
