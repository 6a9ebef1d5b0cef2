"""Writes one session of a log: from its opening to its close, in one or the other segment."""

import errno
import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path

from aiops_agent.audit.damage import DamagedLogError, Kind
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import Tombstone, Type
from aiops_agent.audit.seal import Position, Sealer, canonical, time_us
from aiops_agent.audit.segments import list_segments, lock, segment_number, segment_path
from aiops_agent.audit.walk import Walk, walk_tail
from aiops_agent.model.audit import AuditEntry

_SEGMENT_BYTES = 64 << 20
_SEGMENT_US = 24 * 3600 * 10**6
_CHECKPOINT_EVERY = 256
"""Records. What stands behind the last checkpoint is proven by the MAC key alone."""

_CHECKPOINT_US = 60 * 10**6
_SIGNED_AT_ONCE = frozenset({"intent"})
"""Actions behind which the log is signed before anything is done: a thief who comes with the act cannot unsay it."""


class Session:
    """Holds the lock on the log's directory from its making until `close` or `abandon`.

    The log's last segment is continued where its writer closed it; otherwise a new one begins, and explains why.
    """

    def __init__(self, directory: Path, keys: KeyProvider, at: datetime, patience: timedelta = timedelta(0)) -> None:
        if not directory.exists():
            directory.mkdir(mode=0o700, parents=True)
            _sync(directory.parent)
        self._directory = directory
        self._keys = keys
        self._lock = lock(directory, patience)
        self._descriptor: int | None = None
        with ExitStack() as undo:
            undo.callback(self.abandon)
            self._prepare(at)
            undo.pop_all()

    def _prepare(self, at: datetime) -> None:
        segments = list_segments(self._directory)
        if segments:
            _sync(segments[-1])  # what the last writer left must be as durable as what is built on it
        elif not self._keys.exist():
            self._keys.create()
        walk = walk_tail(segments, self._keys)
        signing = self._keys.signing_key(walk.position.announced)
        if signing is None:
            name, end = walk.left.segment or self._directory.name, walk.left.end
            raise DamagedLogError(name, end, Kind.CUT, "the signing key knows of more records")
        self._time = time_us(at)
        is_continued = self._is_continued(segments, walk)
        self._began = walk.segment_began_us if is_continued else self._time
        self._size = walk.left.end if is_continued else 0
        number = segment_number(segments[-1]) if segments else 0
        self.path = segments[-1] if is_continued else segment_path(self._directory, number + 1)
        self._sealer = Sealer(self._keys, signing, walk.position, segment_number(self.path))
        self._signed = (walk.position.records, self._time)
        self._tear = walk.tear or (None if walk.is_closed else walk.left.explained())

    def _is_continued(self, segments: list[Path], walk: Walk) -> bool:
        is_full = walk.left.end >= _SEGMENT_BYTES or self._time - walk.segment_began_us >= _SEGMENT_US
        return bool(segments) and walk.is_closed and walk.tear is None and not is_full

    @property
    def position(self) -> Position:
        """Where the log stands."""
        return self._sealer.position

    def is_full(self, at: datetime) -> bool:
        """Tell whether the segment is large or old enough for the next to begin."""
        return self._size >= _SEGMENT_BYTES or time_us(at) - self._began >= _SEGMENT_US

    def append(self, *entries: AuditEntry) -> None:
        """Write the entries and make them durable: one write, one sync."""
        plain = [(canonical(entry), time_us(entry.time)) for entry in entries]  # all of them, before a record is made
        records = [self._opening()] if self._descriptor is None else []
        records += [self._sealer.entry(content, at) for content, at in plain]
        self._time = plain[-1][1]
        if self._is_due() or any(entry.action in _SIGNED_AT_ONCE for entry in entries):
            self._write_signed(Type.CHECKPOINT, b"".join(records))
        else:
            self._write(b"".join(records))

    def bury(self, tombstone: Tombstone, at: datetime) -> None:
        """Sign for the removal of all segments before the one it names."""
        self._time = time_us(at)
        opening = self._opening() if self._descriptor is None else b""
        self._write_signed(Type.CHECKPOINT, opening + self._sealer.tombstone(tombstone, self._time))

    def _opening(self) -> bytes:
        """Return what a session begins with."""
        owed = self._keys.owed_rekey()
        records = self._sealer.open(self._time, self._tear)
        return records + self._sealer.rekey(owed, self._time) if owed else records

    def _is_due(self) -> bool:
        records, at = self._signed
        return self._sealer.records - records >= _CHECKPOINT_EVERY or not 0 <= self._time - at < _CHECKPOINT_US

    def close(self) -> None:
        """Sign the log, end the session and let others write."""
        try:
            if self._descriptor is not None:
                self._write_signed(Type.CLOSE, b"")
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let others write, and leave the segment as it is."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        os.close(self._lock)

    def _write_signed(self, kind: Type, before: bytes) -> None:
        record, successor = self._sealer.checkpoint(kind, self._time)
        self._keys.prepare_successor(successor)
        self._write(before + record)
        self._keys.adopt_successor()
        self._signed = (self._sealer.position.records, self._time)

    def _write(self, records: bytes) -> None:
        is_new, is_first = self._size == 0, self._descriptor is None
        if self._descriptor is None:
            create = os.O_CREAT | os.O_EXCL if is_new else 0
            flags = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | create
            self._descriptor = os.open(self.path, flags, 0o600)
        written = os.write(self._descriptor, records)
        if written != len(records):
            raise OSError(errno.ENOSPC, f"only {written} of {len(records)} bytes were written")
        try:
            _synced(os.fdatasync, self._descriptor)
        except OSError:
            self._condemn(self._descriptor)
            raise
        if is_new:
            os.fsync(self._lock)  # or a power cut takes the whole file
        if is_first:
            self._keys.forget_old()  # the record that lets the new wrapping key open it is durable
        self._size += written

    def _condemn(self, descriptor: int) -> None:
        """End the segment in a tear: after a failed sync no session may go on from here."""
        with suppress(OSError):  # where not even this can be written, the next start finds no close and begins anew
            os.write(descriptor, b"\0")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        _synced(os.fsync, descriptor)
    finally:
        os.close(descriptor)


def _synced(sync: Callable[[int], None], descriptor: int) -> None:
    """Make a file durable, or have everybody read what the disk holds of it.

    Linux shows what a failed sync dropped until it needs the memory, and a later sync that succeeds says nothing of it.
    """
    try:
        sync(descriptor)
    except OSError:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        raise
