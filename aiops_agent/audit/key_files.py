"""The folder of the keys: mode 0700, files of mode 0600, read whole or not at all."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from aiops_agent.errors import AuditError

KEY_LENGTH = 32
WRAPPING = "wrapping.key"
SIGNING = "signing.key"
GENESIS = "genesis.pub"
_LENGTHS = (KEY_LENGTH, 8 + 12 + KEY_LENGTH + 16)
"""Bytes of a key as it is, and of one that names the key it is wrapped with."""


class KeyFolder:
    """Reads and writes small files that are for their owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[str, tuple[tuple[int, ...], bytes]] = {}

    def holds(self, name: str) -> bool:
        """Tell whether there is such a file.

        Raises:
            AuditError: The folder cannot be entered.
        """
        try:
            os.lstat(self.path / name)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self.unusable(name, error) from error
        return True

    def read(self, name: str, *lengths: int) -> bytes:
        """Return what a file holds; another process may have replaced it since the last time.

        Args:
            name: Of the file.
            lengths: In bytes, that it may have; none: that of a key.

        Raises:
            AuditError: It is missing, unreadable, open to others, no plain file or of another length.
        """
        path = self.path / name
        try:
            stamp = _stamp(path.lstat())
            known, content = self._read.get(name, ((), b""))
            if known == stamp:
                return content
            _refuse_open_mode(self.path, self.path.stat(), "700")
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            with os.fdopen(os.open(path, flags), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise AuditError(f"{path} is no plain file", hint="restore the key from its backup")
                _refuse_open_mode(path, status, "600")
                content = file.read(max(lengths, default=KEY_LENGTH) + 1)
        except OSError as error:
            raise self.unusable(name, error) from error
        if len(content) not in (lengths or (KEY_LENGTH,)):
            raise AuditError(
                f"{path} is not a key of {' or '.join(map(str, lengths or (KEY_LENGTH,)))} bytes",
                hint="restore it from its backup",
            )
        self._read[name] = _stamp(status), content
        return content

    def make(self) -> None:
        """Make the folder if it is missing."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, name: str, content: bytes) -> None:
        """Put a file there and sync it. A crash can leave it short: where that matters, use `put`."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self.path / name, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def put(self, name: str, content: bytes) -> None:
        """Put a file there whole, durably, in the place of an older one."""
        self.write(f"{name}.new", content)
        self.rename(f"{name}.new", name)
        self.sync()

    def rename(self, name: str, to: str) -> None:
        """Put one file in the place of another."""
        (self.path / name).replace(self.path / to)

    def remove(self, name: str) -> None:
        """Remove a file, durably; none is fine."""
        (self.path / name).unlink(missing_ok=True)
        self._read.pop(name, None)
        self.sync()

    def sync(self) -> None:
        """Make durable which files there are."""
        sync_directory(self.path)

    def unusable(self, name: str, error: OSError) -> AuditError:
        """Return the error about a file that cannot be used, with the way out."""
        from aiops_agent.audit.damage import EXHAUSTED, RAISE_LIMIT  # most ticks find nothing wrong

        if error.errno in EXHAUSTED:
            return AuditError(f"{self.path / name} cannot be read now: {error.strerror}", hint=RAISE_LIMIT)
        return AuditError(
            f"the audit log cannot be used without its key {self.path / name} ({error.strerror})",
            hint="run this as the agent's own user, or restore the folder from its backup; "
            "a new key is never made for a log that exists",
        )


def look_whole(directory: Path, names: Sequence[str]) -> bool:
    """Tell whether such files are there and may be read; costs a tick next to nothing. If not, ask the keys why."""
    folder = KeyFolder(directory)
    try:
        for name in names:
            folder.read(name, *_LENGTHS)
    except AuditError:
        return False
    return True


def sync_directory(directory: Path) -> None:
    """Make durable which files a folder holds."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_ctime_ns, status.st_size, status.st_mode


def _refuse_open_mode(path: Path, status: os.stat_result, mode: str) -> None:
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AuditError(
            f"{path} holds keys of the audit log and is open to others (mode {stat.S_IMODE(status.st_mode):o})",
            hint=f"chmod {mode} {path}, and find out who could read it",
        )
