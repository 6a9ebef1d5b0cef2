"""One open log file: only regular files, only where it was allowed, known again by what it begins with."""

import errno
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from aiops_agent.digest import blake2b
from aiops_agent.model.event import Checkpoint

PREFIX = 1_024
WINDOW = 256
CHUNK = 262_144
MOST_UNPACKED = 1 << 30
"""Bytes a compressed file may unpack to: a bomb must not fill the disk."""


class RefusedError(Exception):
    """A path that must not or cannot be read; `kind` is that of the notice."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


class Opened:
    """A file's bytes and what `stat` said when it was opened: what is appended later is for the next tick."""

    def __init__(self, descriptor: int, found: os.stat_result, size: int) -> None:
        self._descriptor = descriptor
        self.found = found
        self.size = size
        """Bytes to read: of a compressed file, unpacked."""

    def chunks(self, start: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to the end."""
        while start < self.size and (chunk := self._read(start, min(CHUNK, self.size - start))):
            yield chunk
            start += len(chunk)

    def continues(self, known: Checkpoint) -> bool:
        """Tell whether this is what the checkpoint was read from: same beginning, same bytes before the offset."""
        return (
            self.size >= known.offset
            and _digest(self._read(0, known.prefix_length)) == known.prefix_digest
            and self._window(known.offset) == known.window_digest
        )

    def last_line_end(self) -> int:
        """Return the place behind the last newline."""
        end = self.size
        while end:
            start = max(0, end - CHUNK)
            newline = self._read(start, end - start).rfind(b"\n")
            if newline >= 0:
                return start + newline + 1
            end = start
        return 0

    def checkpoint(self, path: str, offset: int, record_start: int, record_end: int) -> Checkpoint:
        """Return how far the file has been read."""
        prefix = self._read(0, min(PREFIX, self.size))
        return Checkpoint(
            path=path,
            device=self.found.st_dev,
            inode=self.found.st_ino,
            offset=offset,
            record_start=record_start,
            prefix_length=len(prefix),
            prefix_digest=_digest(prefix),
            window_digest=self._window(offset),
            size=self.found.st_size,
            mtime_ns=self.found.st_mtime_ns,
            record_end=record_end,
        )

    def _read(self, start: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, start)

    def _window(self, offset: int) -> bytes:
        start = max(0, offset - WINDOW)
        return _digest(self._read(start, offset - start))


@contextmanager
def opened(path: str) -> Iterator[Opened]:
    """Open the regular file at `path`, which holds no link any more; a name ending in `.gz` is unpacked.

    Raises:
        RefusedError: It is no regular file, may not be read, was swapped for a link, or unpacks to too much.
        FileNotFoundError: It is not there any more.
    """
    try:
        # O_NONBLOCK: a FIFO put in the place of the log must not hold up the tick.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        raise
    except OSError as error:
        kind = "refused" if error.errno in (errno.ELOOP, errno.ENXIO) else "unreadable"
        raise RefusedError(kind, os.strerror(error.errno or 0)) from error
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError("refused", f"is {_kind_of(found.st_mode)}, not a regular file")
        if os.readlink(f"/proc/self/fd/{descriptor}").removesuffix(" (deleted)") != path:
            raise RefusedError("refused", "was swapped for a link while it was opened")
        if path.endswith(".gz"):
            with _unpacked(descriptor) as (inner, size):
                yield Opened(inner, found, size)
        else:
            yield Opened(descriptor, found, found.st_size)
    finally:
        os.close(descriptor)


@contextmanager
def _unpacked(descriptor: int) -> Iterator[tuple[int, int]]:
    import gzip  # both take longer to load than a tick to read a megabyte
    import tempfile

    with tempfile.TemporaryFile() as target, open(descriptor, "rb", closefd=False) as packed:
        size = 0
        try:
            with gzip.open(packed) as stream:
                while chunk := stream.read(CHUNK):
                    size += target.write(chunk)
                    if size > MOST_UNPACKED:
                        raise RefusedError("refused", "unpacks to more than 1 GiB")
        except (OSError, EOFError, zlib.error) as error:
            raise RefusedError("unreadable", f"is no intact gzip file: {error}") from error
        target.flush()
        yield target.fileno(), size


def _kind_of(mode: int) -> str:
    kinds = (
        (stat.S_ISDIR, "a directory"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISLNK, "a link"),
    )
    return next((name for test, name in kinds if test(mode)), "a device")


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()
