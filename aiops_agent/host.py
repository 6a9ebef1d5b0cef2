"""What a process finds where it runs: the time, what users are called, and the files that came with this program."""

import pwd
import time
from datetime import UTC, datetime
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


class SystemClock:
    """The clock of this machine, made where a process begins and passed down: `ports.Clock`."""

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def name_of(uid: int) -> str:
    """Return what a user is called, for people and the record; one that has no name, by its number."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def shipped(name: str) -> Path:
    """Return a shipped file or folder: inside the installed package, or beside it in a checkout."""
    installed = _PACKAGE / "shipped" / name
    return installed if installed.exists() else _PACKAGE.parent / name
