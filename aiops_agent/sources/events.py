"""File events: wake the daemon when a log grows. They decide nothing: what changed is what `stat` says.

inotify by `ctypes`, because the standard library has no way to it and no more than a wake-up is wanted: not one byte of
an event is looked at (docs/adr/0006-file-events-wake-and-decide-nothing.md).
"""

import ctypes
import errno
import os
import select
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol, Self

from aiops_agent.sources.quiet import stamp

_MODIFY, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _MOVE_SELF = 0x002, 0x040, 0x080, 0x100, 0x200, 0x800
_OF_FILES = _MODIFY | _MOVE_SELF
_OF_DIRECTORIES = _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
_DRAINED = 1 << 16


class Events(Protocol):
    """Something that may wake a sleeper early."""

    trouble: str | None
    """Why some files wake nobody, in words; None when all of them do."""

    def wait(self, at_least: float, at_most: float) -> bool:
        """Sleep; after `at_least` seconds an event ends it. Tell whether one did."""

    def follow(self, paths: Iterable[str]) -> None:
        """Be woken by these files and directories from now on, and by no others."""


class FileEvents:
    """Events of the kernel about files and directories; a plain sleep where the kernel gives none."""

    def __init__(self, interrupt: int) -> None:
        """Watch nothing yet.

        Args:
            interrupt: A descriptor that ends a wait when it can be read: signals write to it.
        """
        self.trouble: str | None = None
        self._interrupt = interrupt
        self._watched: dict[str, tuple[str, int]] = {}
        self._kernel = ctypes.CDLL(None, use_errno=True)
        self._descriptor = self._kernel.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            self._note(ctypes.get_errno())

    def wait(self, at_least: float, at_most: float) -> bool:
        """Sleep; after `at_least` seconds an event ends it. Tell whether one did.

        What happens while nobody sleeps ends the next sleep: nothing falls between two of them.
        """
        ready = self._readable([self._interrupt], at_least)
        if not ready:
            ready = self._readable([self._interrupt, *self._open()], at_most - at_least)
        for descriptor in ready:
            _drain(descriptor)
        return self._descriptor in ready

    def follow(self, paths: Iterable[str]) -> None:
        """Be woken by these files and directories from now on, and by no others.

        A path that leads to another file than before (rotated, made anew) is watched anew; one that is not there is
        left to its directory.
        """
        if not self._open():
            return
        wanted = {path: _identity(path) for path in paths}
        left = {path: watch for path, (known, watch) in self._watched.items() if wanted.get(path) != known}
        for path, watch in left.items():
            self._kernel.inotify_rm_watch(self._descriptor, watch)  # fails for a file that is gone: so is its watch
            del self._watched[path]
        self.trouble = None
        for path, identity in wanted.items():
            if identity and path not in self._watched:
                self._watch(path, identity)

    def close(self) -> None:
        """Give the watches back to the system."""
        for descriptor in self._open():
            os.close(descriptor)
        self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self) -> list[int]:
        return [self._descriptor] if self._descriptor >= 0 else []

    def _readable(self, descriptors: list[int], seconds: float) -> list[int]:
        poll = select.poll()
        for descriptor in descriptors:
            poll.register(descriptor, select.POLLIN)
        return [descriptor for descriptor, _ in poll.poll(max(seconds, 0.0) * 1000)]

    def _watch(self, path: str, identity: str) -> None:
        mask = _OF_DIRECTORIES if os.path.isdir(path) else _OF_FILES
        watch = self._kernel.inotify_add_watch(self._descriptor, os.fsencode(path), mask)
        if watch >= 0:
            self._watched[path] = (identity, watch)
        else:
            self._note(ctypes.get_errno())

    def _note(self, number: int) -> None:
        if number != errno.ENOENT:  # gone since it was looked at: its directory tells of the next one
            limits = "; raise fs.inotify in sysctl" if number in (errno.ENOSPC, errno.EMFILE) else ""
            self.trouble = f"{os.strerror(number)}{limits}"


def _drain(descriptor: int) -> None:
    with suppress(BlockingIOError):
        while os.read(descriptor, _DRAINED):
            pass


def _identity(path: str) -> str:
    """Return a word for the file at `path` that another one in its place does not have; empty when there is none."""
    line = stamp(path)
    return "" if line.startswith("-") else " ".join(line.split(" ")[:2])
