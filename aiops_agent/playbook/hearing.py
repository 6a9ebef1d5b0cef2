"""Is the fault still logged after the repair? The log is read anew for it, from where it stood at the last step."""

from collections.abc import Callable
from datetime import datetime

from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.ports import Clock, Executor, Stopped

Recurrences = Callable[[], int]
"""Returns how many records of the fault were written since it was made; raises OSError when the log cannot be read."""


class Hearing:
    """Answers `log_quiet`, which only the reader of the logs can, and hands every other word on to an executor."""

    def __init__(self, executor: Executor, clock: Clock, listen: Callable[[], Recurrences]) -> None:
        """Listen to nothing yet; `listen` notes where the log stands, when it is first asked after the last step."""
        self.privileged = executor.privileged
        self._executor = executor
        self._clock = clock
        self._listen = listen
        self._begun: tuple[datetime, Recurrences] | None = None
        self._heard = 0

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing a change would decide."""
        return self._executor.plan(command)

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it."""
        if command.verb != "log_quiet":
            return self._executor.run(command, stopped)
        try:
            return self._log_quiet(float(command.arguments["for"]))
        except OSError as error:
            return CommandResult(ok=False, detail=f"the log cannot be read: {error.strerror}")

    def _log_quiet(self, quiet: float) -> CommandResult:
        now = self._clock.now()
        if self._begun is None:
            self._begun = now, self._listen()
        begun, recurrences = self._begun
        waited = (now - begun).total_seconds()
        if waited < quiet:
            said = f"the log has to stay quiet for {quiet:.0f} s, and {waited:.0f} are over"
            return CommandResult(ok=False, detail=said)
        self._heard = self._heard or recurrences()  # once is enough: it is not read again
        if self._heard:
            said = f"the fault was logged again after the last step ({self._heard} times)"
            return CommandResult(ok=False, detail=said)
        return CommandResult(ok=True, detail=f"the fault was not logged for {quiet:.0f} s")
