"""Is the fault still logged after the repair? The log is read anew for it, from where it stood at the last step."""

from collections.abc import Callable
from datetime import datetime

from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.ports import Clock, Executor, Stopped

Recurrences = Callable[[], int]
"""Returns how many records of the fault were written since it was made; raises OSError when the log cannot be read."""


@dataclass(slots=True)
class Hearing:
    """Answers `log_quiet`, which only the reader of the logs can, and hands every other word on to an executor."""

    executor: Executor
    clock: Clock
    listen: Callable[[], Recurrences]
    """Takes down where the log stands now; called when it is asked for the first time, right after the last step."""

    begun: datetime | None = None
    recurrences: Recurrences | None = None
    was_heard: bool = False

    @property
    def privileged(self) -> bool:
        """Whether it takes commands that need root."""
        return self.executor.privileged

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing a change would decide."""
        return self.executor.plan(command)

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it."""
        return self._log_quiet(command) if command.verb == "log_quiet" else self.executor.run(command, stopped)

    def _log_quiet(self, command: Command) -> CommandResult:
        now, quiet = self.clock.now(), float(command.arguments["for"])
        if self.begun is None or self.recurrences is None:
            self.begun, self.recurrences = now, self.listen()
        if self.was_heard:
            return CommandResult(ok=False, detail="the fault was logged again after the last step")
        waited = (now - self.begun).total_seconds()
        if waited < quiet:
            return CommandResult(
                ok=False, detail=f"the log has to stay quiet for {quiet:.0f} s, and {waited:.0f} are over"
            )
        try:
            times = self.recurrences()
        except OSError as error:
            return CommandResult(ok=False, detail=f"the log cannot be read: {error.strerror}")
        self.was_heard = times > 0
        if self.was_heard:
            return CommandResult(ok=False, detail=f"the fault was logged {times} times after the last step")
        return CommandResult(ok=True, detail=f"the fault was not logged for {quiet:.0f} s")
