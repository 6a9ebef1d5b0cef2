"""A disk that fails where it is told to: it stands in place of `os` in the modules of the audit log."""
# ruff: noqa: PTH102, PTH105, PTH108, PTH110, PTH123, PTH202, PTH208 (`Path` stands on this: it cannot use it)

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from aiops_agent import audit
from aiops_agent.audit.reserve import SIZE

ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE)
_TAKES_SPACE = frozenset({"create", "write", "allocate", "mkdir"})
_ROOM_FOR_A_NAME = 1 << 12


@dataclass(frozen=True, slots=True)
class Call:
    """One call that can fail."""

    kind: str
    """`open`, `create`, `list`, `read`, `write`, `sync`, `allocate`, `mkdir`, `rename` or `remove`."""

    path: str


@dataclass(slots=True)
class FaultyDisk:
    """Passes everything on to the file system, counts the calls that can fail, and makes one of them fail.

    A sync is not waited for: nothing here cuts the power. What a failed sync would have written is gone from the disk:
    it can be read until the cache is dropped, as on Linux (Rebello and others, "Can applications recover from fsync
    failures?", 2020), and a later sync that succeeds changes nothing about it.
    """

    failing: int = -1
    """Number of the call that fails, from 0."""

    error: int = errno.EIO
    is_short: bool = False
    """The failing call is a write that ends in the middle; the disk is full when the rest is tried."""

    is_full_after: bool = False
    """From the failing call on the disk has no room but that of the reserve, once it is given back."""

    keeps_cache: bool = False
    """Whoever asks to read what the disk holds is not heard: it was only advice."""

    calls: list[Call] = field(default_factory=list)
    _paths: dict[int, str] = field(default_factory=dict)
    _room: int = 0
    _unsynced: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    _dropped: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    @contextmanager
    def mounted(self) -> Iterator["FaultyDisk"]:
        """Stand in place of `os` in every module of the audit log, and in what `Path` does."""
        modules = [import_module(f"{audit.__name__}.{found.name}") for found in iter_modules(audit.__path__)]
        with pytest.MonkeyPatch.context() as patch:
            for module in modules:
                if vars(module).get("os") is os:
                    patch.setattr(module, "os", self)
            patch.setitem(Path.unlink.__globals__, "os", self)
            yield self

    @property
    def has_failed(self) -> bool:
        return 0 <= self.failing < len(self.calls)

    def _take(self, kind: str, path: str, size: int = _ROOM_FOR_A_NAME) -> bool:
        """Count a call and fail it if it is its turn; True when it is to end in the middle."""
        number = len(self.calls)
        self.calls.append(Call(kind, path))
        if number == self.failing and (kind != "read" or self.error == errno.EIO):  # a read runs out of nothing
            if self.is_short and kind == "write":
                return True
            raise OSError(self.error, os.strerror(self.error), path)
        was_cut = self.is_short and number == self.failing + 1 and kind == "write"
        if was_cut or (self.is_full_after and self.has_failed and kind in _TAKES_SPACE):
            if self._room < size or was_cut:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            self._room -= size
        return False

    def open(self, path, flags, mode=0o777):
        is_new = flags & os.O_CREAT and not os.path.lexists(path)
        self._take("create" if is_new else "open", str(path))
        descriptor = os.open(path, flags, mode)
        if flags & os.O_TRUNC:
            self._is_gone(str(path))
        self._paths[descriptor] = str(path)
        return descriptor

    def fdopen(self, descriptor, mode="r", **how):
        if mode == "wb":
            return io.BufferedWriter(_FaultyFile(self, descriptor, mode))
        return io.BufferedReader(_FaultyFile(self, descriptor, mode), how.get("buffering", io.DEFAULT_BUFFER_SIZE))

    def listdir(self, path):
        self._take("list", str(path))
        return os.listdir(path)

    def write(self, descriptor, content):
        path = self._paths[descriptor]
        if self._take("write", path, len(content)):
            content = content[: len(content) // 2]
        start = os.fstat(descriptor).st_size
        written = os.write(descriptor, content)
        self._unsynced.setdefault(path, []).append((start, written))
        return written

    def read_from(self, descriptor):
        self._take("read", self._paths[descriptor])

    def fsync(self, descriptor):
        path = self._paths[descriptor]
        unsynced = self._unsynced.pop(path, [])
        try:
            self._take("sync", path)
        except OSError:
            self._dropped.setdefault(path, []).extend(unsynced)
            raise

    fdatasync = fsync

    def posix_fadvise(self, descriptor, offset, length, advice):
        os.posix_fadvise(descriptor, offset, length, advice)
        if advice == os.POSIX_FADV_DONTNEED and not self.keeps_cache:
            self._forget(self._paths[descriptor])

    def drop_caches(self) -> None:
        """Show what the disk holds: the machine was started anew."""
        for path in list(self._dropped):
            self._forget(path)

    def _forget(self, path: str) -> None:
        for start, length in self._dropped.pop(path, []):
            if os.path.exists(path):
                with open(path, "r+b") as file:
                    file.seek(start)
                    file.write(bytes(length))

    def _is_gone(self, path: str) -> None:
        for known in (self._unsynced, self._dropped):
            known.pop(path, None)

    def posix_fallocate(self, descriptor, offset, length):
        self._take("allocate", self._paths[descriptor], length)
        os.posix_fallocate(descriptor, offset, length)

    def mkdir(self, path, mode=0o777):
        self._take("mkdir", str(path))
        os.mkdir(path, mode)

    def replace(self, source, target):
        self._take("rename", str(source))
        os.replace(source, target)
        self._is_gone(str(target))
        for known in (self._unsynced, self._dropped):
            if str(source) in known:
                known[str(target)] = known.pop(str(source))

    def unlink(self, path):
        self._take("remove", str(path))
        held = os.path.getsize(path) if os.path.exists(path) else 0
        os.unlink(path)
        self._is_gone(str(path))
        if held == SIZE:
            self._room += held


class _FaultyFile(io.FileIO):
    """A file that was opened through its descriptor."""

    def __init__(self, disk: FaultyDisk, descriptor: int, mode: str) -> None:
        super().__init__(descriptor, mode)
        self._disk = disk

    def readinto(self, room) -> int | None:
        self._disk.read_from(self.fileno())
        return super().readinto(room)

    def write(self, content) -> int:
        return self._disk.write(self.fileno(), bytes(content))
