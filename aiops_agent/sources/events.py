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
        self._watches: set[int] = set()
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
        self.trouble = None
        watches = {watch for path in paths if (watch := self._watch(path)) is not None}
        for watch in self._watches - watches:
            self._kernel.inotify_rm_watch(self._descriptor, watch)  # fails for a file that is gone: so is its watch
        self._watches = watches

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

    def _watch(self, path: str) -> int | None:
        """Return the number of its watch: what is watched already keeps the one it has."""
        mask = _OF_DIRECTORIES if os.path.isdir(path) else _OF_FILES
        watch: int = self._kernel.inotify_add_watch(self._descriptor, os.fsencode(path), mask)
        if watch >= 0:
            return watch
        self._note(ctypes.get_errno())
        return None

    def _note(self, number: int) -> None:
        # A file that is gone by now: its directory tells of the next one. One that may not be read: it is not read.
        if number not in (errno.ENOENT, errno.EACCES):
            limits = " (raise fs.inotify in sysctl)" if number in (errno.ENOSPC, errno.EMFILE) else ""
            self.trouble = f"{os.strerror(number)}{limits}: some logs wake nobody, they are looked at every second"


def _drain(descriptor: int) -> None:
    with suppress(BlockingIOError):
        while os.read(descriptor, _DRAINED):
            pass
