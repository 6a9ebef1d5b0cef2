"""systemd as root speaks to it: which units there are, and the one verb that acts on them."""

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError
from aiops_agent.playbook.spawn import CutOffError, spawn
from aiops_agent.ports import Stopped

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAM = ("systemctl", "--no-pager", "--no-ask-password")
_SECONDS = 10.0


def never() -> bool:
    """Stop for nothing."""
    return False


class Systemd:
    """The units of this host: `checks.Inventory`."""

    def __init__(self, path: str = SYSTEM_PATH) -> None:
        """Take where programs are looked for."""
        self._path = path

    def missing(self, unit: str) -> str | None:
        """Return why systemd does not have a unit to act on; None: it is loaded."""
        argv = [*_PROGRAM, "show", "--property=LoadState", "--value", "--", unit]
        try:
            ended = spawn(argv, path=self._path, seconds=_SECONDS, stopped=never)
        except (OSError, CutOffError) as error:
            return f"systemd cannot be asked for {unit}: {error}"
        found = ended.output.strip() or ended.errors.strip() or "systemd says nothing"
        return None if ended.status == 0 and found == "loaded" else f"{unit} is not a loaded unit here ({found})"

    def act(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do `unit`: restart, start, stop or reload one, and wait until systemd has.

        Raises:
            RefusedError: systemd did not do it.
            HalfDoneError: It was not waited for to the end; what systemd has begun it goes on with.
            OSError: systemctl is not there.
        """
        [(verb, unit)] = command.arguments.items()
        if verb not in ("restart", "start", "stop", "reload"):
            raise RefusedError(f"{verb} is nothing that is done to a unit")
        argv = [*_PROGRAM, verb, "--", str(unit)]
        try:
            ended = spawn(argv, path=self._path, seconds=command.timeout.total_seconds(), stopped=stopped)
        except CutOffError as cut:
            raise HalfDoneError(f"{cut}; systemd goes on with what it has begun") from cut
        if ended.status != 0:
            # A restart that fails has stopped the unit all the same.
            raise HalfDoneError(f"systemctl {verb} {unit} ended with status {ended.status}: {ended.errors.strip()}")
        return CommandResult(ok=True, detail=f"{verb} of {unit} done")
