"""Which units there are, as systemd says."""

from aiops_agent.playbook.spawn import CutOffError, spawn
from aiops_agent.playbook.systemd import SYSTEM_PATH, never

_PROGRAM = ("systemctl", "--no-pager", "--no-ask-password")
_SECONDS = 10.0


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
