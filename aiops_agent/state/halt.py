"""The one switch that stops all acting: a file, so that it works at once, with a full disk and a damaged database."""

from datetime import datetime
from pathlib import Path

from aiops_agent.errors import StateError
from aiops_agent.model.incident import rfc3339

WAY_OUT = "run this as the owner of state_dir or as root; if that does not help, stop the service"


class Halt:
    """Set: nothing is acted on, a step in the middle stops; reading and reporting go on."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def set(self, by: str, now: datetime) -> None:
        """Stop all acting, without waiting for whoever is acting."""
        try:
            self._path.write_text(f"{by} {rfc3339(now)}\n", encoding="utf-8")
        except OSError as error:
            if not self._path.exists():  # on a full disk an empty file is still made, and is enough
                raise StateError(f"{self._path}: {error.strerror}", hint=WAY_OUT) from error

    def clear(self) -> bool:
        """Allow acting again; False when it was not stopped."""
        was_set = self.is_set()
        self._path.unlink(missing_ok=True)
        return was_set

    def is_set(self) -> bool:
        """Tell whether acting is stopped, as of this moment: it is unless there is surely nothing of that name."""
        try:
            self._path.lstat()
        except FileNotFoundError:
            return False
        except OSError:  # what cannot be looked at may say stop
            return True
        return True


class Unhalted(Halt):
    """The switch of a state that is in memory alone: there is nothing that it could stop."""

    def is_set(self) -> bool:
        """Tell that it is not."""
        return False
