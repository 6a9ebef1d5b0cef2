"""Stand-ins for what the agent needs from the world, as honest as the real ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aiops_agent.model.playbook import Command, CommandResult, Journalled, Planned, Scalar, StepState

YES = CommandResult(ok=True, detail="it is so")
NO = CommandResult(ok=False, detail="it is not so")


class ScriptedExecutor:
    """Answers by verb, one result after the other and the last one for ever; what has no script is done.

    A change is taken back by the command that `undo` has for its first argument, or not at all.
    """

    def __init__(
        self,
        script: Mapping[str, CommandResult | list[CommandResult]] | None = None,
        undo: Mapping[Scalar, Command] | None = None,
    ) -> None:
        self.privileged = False
        self.commands: list[Command] = []
        self._undo = undo or {}
        answers = (script or {}).items()
        self._script = {verb: list(results) if isinstance(results, list) else [results] for verb, results in answers}

    @property
    def asked(self) -> list[str]:
        return [command.verb for command in self.commands]

    def plan(self, command: Command) -> Planned | CommandResult:
        return Planned(command, self._undo.get(next(iter(command.arguments.values()))))

    def run(self, command: Command, stopped: Callable[[], bool]) -> CommandResult:
        self.commands.append(command)
        results = self._script.get(command.verb, [YES])
        return results.pop(0) if len(results) > 1 else results[0]


class PaperJournal:
    """An undo journal that is kept for as long as the test runs."""

    def __init__(self) -> None:
        self._entries: dict[int, Journalled] = {}

    def intend(self, number: int, planned: Planned) -> None:
        assert number not in self._entries, "a number is given once"
        self._entries[number] = Journalled(number, planned, StepState.INTENDED)

    def settle(self, number: int, state: StepState) -> None:
        self._entries[number] = replace(self._entries[number], state=state)

    def entries(self) -> list[Journalled]:
        return [self._entries[number] for number in sorted(self._entries)]


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
