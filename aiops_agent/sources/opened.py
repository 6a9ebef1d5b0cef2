"""One open log file: only regular files, only where it was allowed, known again by what it begins with."""

import codecs
import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from aiops_agent.digest import blake2b
from aiops_agent.model.event import Checkpoint
from aiops_agent.sources import packed

PREFIX = 1_024
WINDOW = 256
SAMPLE = 16_384
CHUNK = 524_288
_NULS = bytes(CHUNK)
_DISK_BLOCK = 512
"""Bytes in the unit of `st_blocks`, whatever the file system's own blocks are."""

_WIDE = {codecs.BOM_UTF16_LE: 0, codecs.BOM_UTF16_BE: 1}
"""By the mark at the beginning of a UTF-16 file: which byte of two is the low one."""


EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO)
"""The host's fault and not the file's: it is to be tried again, not refused until it changes."""


class RefusedError(Exception):
    """A path that must not or cannot be read; `kind` is that of the notice."""

    def __init__(self, kind: str, detail: str, *, lasting: bool = False) -> None:
        """Say why; `lasting`: trying again is of no use before the file is changed."""
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.lasting = lasting


class Opened:
    """A file's bytes and what `stat` said when it was opened: what is appended later is for the next tick.

    Places in a UTF-16 file are counted in its units of two bytes, each of which is read as one byte: ASCII as it is,
    anything else as `?`. That keeps places exact whatever the text is, and faults are written in ASCII.
    """

    def __init__(self, descriptor: int, found: os.stat_result, size: int) -> None:
        """Take a descriptor that stays open as long as this is used, and how many bytes it gives."""
        self._descriptor = descriptor
        self._bytes = size
        self.found = found
        head = os.pread(descriptor, len(codecs.BOM_UTF8), 0)
        self._low = _WIDE.get(head[:2])
        self._mark = 1 if self.is_wide else len(head) if head == codecs.BOM_UTF8 else 0
        self.size = size // 2 if self.is_wide else size
        """Places to read: of a compressed file, unpacked; of UTF-16, half its bytes."""

        self._is_sparse = size == found.st_size and found.st_blocks * _DISK_BLOCK < size and not self.is_wide

    @property
    def is_wide(self) -> bool:
        """Tell whether it is UTF-16."""
        return self._low is not None

    def until(self, place: int) -> "Opened":
        """Return the same file as it was when it was only so long."""
        return Opened(self._descriptor, self.found, 2 * place if self.is_wide else place)

    @property
    def is_plain(self) -> bool:
        """Tell whether its bytes are its text, all of them written."""
        return not (self.is_wide or self._is_sparse)

    def fileno(self) -> int:
        """Return the descriptor it is read by."""
        return self._descriptor

    def line_from(self, start: int) -> int:
        """Return where the first line begins behind `start`; the end when none does within a chunk."""
        newline = self._read(start, CHUNK).find(b"\n")
        return start + newline + 1 if newline >= 0 else self.size

    def pieces(self, start: int, end: int | None = None) -> Iterator[bytes | int]:
        """Yield the bytes from `start` on, up to `end` or all; of NUL bytes that fill a chunk, or a hole, how many."""
        end = self.size if end is None else end
        while start < end:
            hole = self._hole(start) if self._is_sparse else 0
            piece = b"" if hole else self._read(start, min(CHUNK, end - start))
            if not hole and not piece:
                return
            if start < self._mark:  # the mark of the encoding is no part of the first line
                blank = min(self._mark - start, len(piece))
                piece = b"\n" * blank + piece[blank:]
            start += hole or len(piece)
            yield hole or (len(piece) if piece == _NULS else piece)

    def _hole(self, start: int) -> int:
        try:
            return os.lseek(self._descriptor, start, os.SEEK_DATA) - start
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole up to the end
                return self.size - start
            return 0  # the file system does not say

    def continues(self, known: Checkpoint) -> bool:
        """Tell whether this is what the checkpoint was read from: same beginning, same bytes before the offset."""
        return (
            self.size >= known.offset and self.begins_like(known) and self._window(known.offset) == known.window_digest
        )

    def begins_like(self, known: Checkpoint) -> bool:
        """Tell whether the beginning is that of what the checkpoint was read from."""
        return _digest(self._read(0, known.prefix_length)) == known.prefix_digest

    def begins_with(self, other: "Opened") -> bool:
        """Tell whether all bytes of the other are the first of this."""
        if other.size > self.size:
            return False
        starts = range(0, other.size, CHUNK)
        return all(
            self._read(start, min(CHUNK, other.size - start)) == other._read(start, CHUNK)  # noqa: SLF001 - of its own kind
            for start in starts
        )

    def sample(self) -> bytes:
        """Return the first 16 KiB: what shows how the records of this file begin."""
        return self._read(0, min(SAMPLE, self.size))

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
        """Return how far the file has been read.

        Raises:
            FileNotFoundError: It was truncated meanwhile: what was read since the last checkpoint may be neither
                what it was nor what it is now, and is left to the next tick.
        """
        prefix = self._read(0, min(PREFIX, self.size))
        window = self._window(offset)
        if os.fstat(self._descriptor).st_size < self._bytes:
            raise FileNotFoundError(errno.ENOENT, "was truncated while it was read", path)
        return Checkpoint(
            path=path,
            device=self.found.st_dev,
            inode=self.found.st_ino,
            offset=offset,
            record_start=record_start,
            prefix_length=len(prefix),
            prefix_digest=_digest(prefix),
            window_digest=window,
            size=self.found.st_size,
            mtime_ns=self.found.st_mtime_ns,
            record_end=record_end,
        )

    def _read(self, start: int, length: int) -> bytes:
        if self._low is None:
            return os.pread(self._descriptor, length, start)
        wide = os.pread(self._descriptor, 2 * length, 2 * start)
        low, high = wide[self._low :: 2], wide[1 - self._low :: 2]
        if low.isascii() and not high.strip(b"\0"):
            return low
        pairs = zip(low, high, strict=False)
        return bytes(unit if not above and unit < 0x80 else ord("?") for unit, above in pairs)  # noqa: PLR2004 - the end of ASCII

    def _window(self, offset: int) -> bytes:
        start = max(0, offset - WINDOW)
        return _digest(self._read(start, offset - start))


@contextmanager
def opened(path: str, known: Iterable[Checkpoint] = ()) -> Iterator[Opened]:
    """Open the regular file at `path`, which holds no link any more; one that is packed by its name is unpacked.

    Args:
        path: Absolute, links resolved.
        known: What was read before: a packed file that continues one of these may unpack to more than others.

    Raises:
        RefusedError: It is no regular file, may not be read, was swapped for a link, or unpacks to too much.
        FileNotFoundError: It is not there any more.
        OSError: The host has run out of something, or its disk fails.
    """
    descriptor = _regular(path)
    try:
        found = os.fstat(descriptor)
        ending = packed.suffix(path)
        if not ending:
            yield Opened(descriptor, found, found.st_size)
            return
        heads = {(at.prefix_length, at.prefix_digest) for at in known if at.prefix_length}

        def is_known(content: bytes) -> bool:
            return any(_digest(content[:length]) == digest for length, digest in heads)

        try:
            with packed.unpacked(descriptor, ending, found.st_size, is_known=is_known) as (inner, size):
                yield Opened(inner, found, size)
        except packed.PackedError as error:
            raise RefusedError(error.kind, error.detail, lasting=error.lasting) from error
    finally:
        os.close(descriptor)


def _regular(path: str) -> int:
    """Return a descriptor of a regular file, gone to folder by folder.

    A link put into the way meanwhile is not followed, and what is no regular file is looked at without being opened:
    nothing outside of the path can be read, no FIFO waited for and no device touched, however the race ends.
    """
    *folders, name = path.split("/")[1:]
    at = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
            os.close(at)
            at = inner
        inner = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
        os.close(at)
        at = inner
        mode = os.fstat(at).st_mode
        if not stat.S_ISREG(mode):
            raise RefusedError("refused", f"is {_kind_of(mode)}, not a regular file")
        return os.open(f"/proc/self/fd/{at}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except FileNotFoundError:
        raise
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise RefusedError("refused", "was swapped for a link while it was opened") from error
        if error.errno in EXHAUSTED:
            raise
        raise RefusedError("unreadable", os.strerror(error.errno or 0)) from error
    finally:
        os.close(at)


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
