"""The files of a log: which there are, how they are opened, and who writes to them."""

import fcntl
import os
import stat
import time
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from aiops_agent.audit.damage import EXHAUSTED, RAISE_LIMIT, DamagedLogError, Kind
from aiops_agent.errors import AuditError

_SUFFIX = ".aia1"
_DIGITS = 8
_BUFFER = 1 << 20
_LOOK_AGAIN = 0.05
"""Seconds between two looks whether another writer has let go."""


def segment_path(directory: Path, number: int) -> Path:
    """Return where segment `number` lies."""
    return directory / f"{number:0{_DIGITS}d}{_SUFFIX}"


def segment_number(path: Path) -> int:
    """Return the number in the name of a segment."""
    return int(path.name.removesuffix(_SUFFIX))


def list_segments(directory: Path) -> list[Path]:
    """Return the segments in order; none when there is no such directory yet. Retention may have taken the first.

    Raises:
        DamagedLogError: Something else lies there, or a number is missing between two others.
    """
    try:
        names = sorted(path.name for path in directory.iterdir())
    except FileNotFoundError:
        return []
    except NotADirectoryError as error:
        raise DamagedLogError(str(directory), 0, Kind.FOREIGN, "is a file where a directory belongs") from error
    except OSError as error:
        raise _unreadable(directory, error) from error
    for name in names:
        digits = name.removesuffix(_SUFFIX)
        if len(digits) != _DIGITS or not digits.isdecimal() or not digits.isascii() or name == digits:
            raise DamagedLogError(name, 0, Kind.FOREIGN, "only segments of the log belong in this directory")
    first = segment_number(directory / names[0]) if names else 1
    for expected, name in enumerate(names, start=first):
        if name != segment_path(directory, expected).name:
            missing = segment_path(directory, expected).name
            raise DamagedLogError(missing, 0, Kind.MISSING_SEGMENT, f"is gone, but {name} exists")
    return [directory / name for name in names]


def open_segment(path: Path) -> BinaryIO:
    """Open a segment for reading.

    Raises:
        DamagedLogError: It is no plain file of its own, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise DamagedLogError(path.name, 0, Kind.LINKED, "is a symbolic link") from error
        raise _unreadable(path, error) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
        return os.fdopen(descriptor, "rb", buffering=_BUFFER)
    os.close(descriptor)
    if stat.S_ISREG(status.st_mode):
        raise DamagedLogError(path.name, 0, Kind.LINKED, f"has {status.st_nlink} names")
    raise DamagedLogError(path.name, 0, Kind.NOT_A_FILE, "is no plain file")


def _unreadable(path: Path, error: OSError) -> AuditError:
    if error.errno in EXHAUSTED:
        return AuditError(f"the audit log cannot be read now: {path}: {error.strerror}", hint=RAISE_LIMIT)
    return DamagedLogError(path.name, 0, Kind.UNREADABLE, f"{error.strerror}")


def lock(directory: Path, patience: timedelta = timedelta(0)) -> int:
    """Return a descriptor that keeps other writers out until it is closed.

    Raises:
        AuditError: Another writer has it, and has not let go of it within `patience`.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _wait_for(descriptor, patience)
    except OSError as error:
        os.close(descriptor)
        if not isinstance(error, BlockingIOError):
            raise
        holder = writer(directory)
        raise AuditError(
            f"another process writes to the audit log {directory}" + (f": pid {holder}" if holder else ""),
            hint="wait until it has finished, or stop it",
        ) from error
    return descriptor


def _wait_for(descriptor: int, patience: timedelta) -> None:
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_LOOK_AGAIN)
        else:
            return


def writer(directory: Path) -> int | None:
    """Return the pid of the process that holds the lock, as far as the kernel tells; None when nobody does.

    Asking takes no lock, so that verification never keeps a writer out.
    """
    try:
        inode = str(directory.stat().st_ino)
        held = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    for line in held:
        _, *fields = line.split()
        # The device is not compared: btrfs shows another one here than stat does.
        if fields[0] == "FLOCK" and fields[2] == "WRITE" and fields[4].rpartition(":")[2] == inode:
            return int(fields[3])
    return None
