"""Reads a log in order and proves each record before giving it out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiops_agent.audit.damage import DamagedLogError, Kind
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.proof import Left, Proof, Raw
from aiops_agent.audit.record import (
    BODY_LENGTHS,
    HEADER_LENGTH,
    MAC_LENGTH,
    MAGIC,
    MAX_BODY,
    VERSION,
    Tear,
    Type,
    unpack_header,
)
from aiops_agent.audit.seal import EARLIEST_US, LATEST_US, Position
from aiops_agent.audit.segments import open_segment, segment_number, segment_path

_ENTRY = int(Type.ENTRY)
_TYPES = frozenset(Type)
_CHUNK = 1 << 16
_LOST = bytes(8)
"""How a MAC ends that a power cut took; of those that are whole, one in 2^64."""

_BEHIND_THE_TYPE = 6


class Walk:
    """Iterate to get the records; afterwards the attributes tell where the log stands.

    A walk may start at any segment that has a whole first record; what that one says of the records before it is then
    taken on trust.
    """

    def __init__(self, segments: Sequence[Path], keys: KeyProvider | None, later: Sequence[Path] = ()) -> None:
        """Open nothing yet; `later` are segments that are not walked and may hold what the keys have to learn."""
        self._segments = segments
        self._later = later
        self._keys = keys
        first = segment_number(segments[0]) if segments else 1
        self.proof = Proof(keys, first, self._learn)
        self.left = Left(segments[0].name if segments else "", first)
        """Where the last whole record ended, and what lies behind it."""

        self.segment_began_us = 0
        """Time of the first record in the segment of `left`."""

    @property
    def position(self) -> Position:
        """Where the log stands."""
        return self.proof.position

    @property
    def is_closed(self) -> bool:
        """Whether the last whole record is a CLOSE, or there is none."""
        return self.proof.is_closed

    @property
    def tear(self) -> Tear | None:
        """What lies behind the last whole record and is not explained by a later start."""
        return self.left.tear

    @property
    def cipher(self) -> AESGCM | None:
        """What opens the record given out last, if it is an ENTRY; None without keys."""
        return self.proof.cipher

    def __iter__(self) -> Iterator[Raw]:
        for path in self._segments:
            with open_segment(path) as file:
                try:
                    yield from self._segment(path.name, segment_number(path), file)
                except OSError as error:
                    raise DamagedLogError(path.name, file.tell(), Kind.UNREADABLE, f"{error.strerror}") from error

    def finish(self) -> None:
        """Walk to the end without looking at the records."""
        for _ in self:
            pass

    def _segment(self, name: str, number: int, file: BinaryIO) -> Iterator[Raw]:
        offset = 0
        prove, note, read, left = self.proof.prove, self.left.note, file.read, self.left
        while True:
            header = read(HEADER_LENGTH)
            if not header and offset:
                return
            fields = _fields(name, offset, header)
            if fields is None:
                self._tear(file, offset)
                return
            kind, length, segment, session, sequence, time_us = fields
            rest = read(length + MAC_LENGTH)
            mac = rest[length:]
            if len(mac) < MAC_LENGTH or mac.endswith(_LOST):
                self._tear(file, offset)
                return
            place = (segment, session, sequence)
            raw = Raw(name, number, offset, header, kind, sequence, time_us, place, rest[:length], mac)
            prove(raw, left)
            if offset == 0:
                self.segment_began_us = time_us
            offset += HEADER_LENGTH + length + MAC_LENGTH
            note(name, number, offset)
            yield raw

    def _tear(self, file: BinaryIO, offset: int) -> None:
        file.seek(offset)
        self.left.add(b"")
        while chunk := file.read(_CHUNK):
            self.left.add(chunk)

    def _learn(self) -> None:
        """Look through the log for wrapping keys that the current one opens."""
        if self._keys is None:
            return
        for body in reversed([body for path in (*self._segments, *self._later) for body in _rekeys(path)]):
            self._keys.learn(body)  # the latest first: each opens the one before it


def _fields(name: str, offset: int, raw: bytes) -> tuple[int, int, int, int, int, int] | None:
    """Return what a header says, or None where a crash can have left what is there."""
    # A file system may extend a file before it writes the data: a power cut then leaves zeros, from some byte on or in
    # place of a block. No segment is number 0: behind the type of a whole header something is not zero.
    is_torn = len(raw) < HEADER_LENGTH or not any(raw[: len(MAGIC)]) or not any(raw[_BEHIND_THE_TYPE:])
    magic = raw[: len(MAGIC)].rstrip(b"\0") if is_torn else raw[: len(MAGIC)]
    if not MAGIC.startswith(magic):
        raise DamagedLogError(name, offset, Kind.FOREIGN, "does not begin like a record of an audit log")
    if is_torn:
        return None
    _, version, kind, length, segment, session, sequence, time_us = unpack_header(raw)
    if version != VERSION:
        detail = f"is of version {version}; this program reads {VERSION}"
        raise DamagedLogError(name, offset, Kind.NEWER_VERSION, detail)
    if kind not in _TYPES:
        raise DamagedLogError(name, offset, Kind.NEWER_VERSION, f"has the unknown type {kind}")
    if length > MAX_BODY or (kind != _ENTRY and BODY_LENGTHS[Type(kind)] != length):
        raise DamagedLogError(name, offset, Kind.MALFORMED, f"says its body has {length} bytes")
    if not EARLIEST_US <= time_us <= LATEST_US:
        raise DamagedLogError(name, offset, Kind.MALFORMED, "is of no time on the calendar")
    return kind, length, segment, session, sequence, time_us


def _rekeys(path: Path) -> Iterator[bytes]:
    """Yield the body of every REKEY in a segment, as far as lengths lead: unproven, but no key fits a forged one."""
    with open_segment(path) as file:
        while len(header := file.read(HEADER_LENGTH)) == HEADER_LENGTH and header.startswith(MAGIC):
            _, _, kind, length, *_ = unpack_header(header)
            if kind == Type.REKEY and length == BODY_LENGTHS[Type.REKEY]:
                yield file.read(length)
                file.seek(MAC_LENGTH, 1)
            else:
                file.seek(length + MAC_LENGTH, 1)


def walk_tail(segments: Sequence[Path], keys: KeyProvider | None) -> Walk:
    """Return a finished walk over the last segment, and over those before it as far as crashes left nothing whole."""
    walk = Walk([], keys)
    for start in reversed(range(len(segments))):
        walk = Walk(segments[start:], keys)
        walk.finish()
        if walk.position.records:
            break
    return walk


def refuse_missing(walk: Walk) -> None:
    """Refuse a log whose first segments are gone without a signed record of it; call after a walk from its start."""
    if walk.proof.is_begun_elsewhere:
        missing = segment_path(Path(), 1).name
        raise DamagedLogError(missing, 0, Kind.MISSING_SEGMENT, "is gone, and no tombstone says so")
