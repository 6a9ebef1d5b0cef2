"""Which units there are, as systemd says."""

from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.systemd import SYSTEM_PATH, properties

_SECONDS = 10.0


class Systemd:
    """The units of this host: `checks.Inventory`."""

    def __init__(self, path: str = SYSTEM_PATH) -> None:
        """Take where programs are looked for."""
        self._path = path

    def missing(self, unit: str) -> str | None:
        """Return why systemd does not have a unit to act on; None: it is loaded."""
        try:
            properties(unit, seconds=_SECONDS, path=self._path)
        except (RefusedError, OSError) as error:
            return str(error)
        return None
