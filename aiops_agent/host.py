"""What a process finds where it runs: the time, names of users, the root executor, the files that came with it."""

import pwd
import time
from datetime import UTC, datetime
from pathlib import Path

SOCKET = "/run/aiops-agent/executor.sock"
"""Where the root executor listens: a folder that only root can write."""

ANSWERED = "answered"
"""Beside the socket: a file that the executor writes with each answer, so that the agent's quiet tick sees one."""

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
