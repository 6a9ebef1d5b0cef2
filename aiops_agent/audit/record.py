"""How a record lies in a segment: header, body, MAC, and the chain through every byte of them."""

import hashlib
import hmac
import struct
from enum import IntEnum

from aiops_agent.noun import dataclass

MAGIC = b"AIA1"
VERSION = 1
MAC_LENGTH = 32
MAX_BODY = 1 << 20
"""Bytes. Bounds what a reader holds in memory, whatever a length field says."""

NO_CHAIN = bytes(32)
"""The chain before the first record."""

_HEADER = struct.Struct(">4sBBIIIQq")
HEADER_LENGTH = _HEADER.size
_TEAR = struct.Struct(">IQQ32s")
_TOMBSTONE = struct.Struct(">IQI32sq")


class Type(IntEnum):
    """What a record is."""

    OPEN = 1
    UNCLEAN_START = 2
    """An OPEN that also explains what a crash left behind."""

    ENTRY = 3
    CHECKPOINT = 4
    CLOSE = 5
    """A CHECKPOINT that also ends the session."""

    TOMBSTONE = 6
    """Says which oldest segments were removed; a CHECKPOINT follows."""

    REKEY = 7
    """The wrapping key before this one, encrypted with this one."""

    SEALED = 8
    """The keys of the session, for an auditor elsewhere; the second record of a session."""


def pack_header(kind: int, length: int, segment: int, session: int, sequence: int, time_us: int) -> bytes:
    """Return the clear part of a record.

    Args:
        kind: A `Type`.
        length: Bytes of the body, without header and MAC.
        segment: The number in the name of the file.
        session: Counts the times a writer opened the log, from 1.
        sequence: Counts all records of the log, from 0.
        time_us: Microseconds since 1970 UTC, as the writer was told.
    """
    return _HEADER.pack(MAGIC, VERSION, kind, length, segment, session, sequence, time_us)


unpack_header = _HEADER.unpack
"""Return magic, version and the arguments of `pack_header` from the bytes of a header, for the caller to judge."""


@dataclass(frozen=True, slots=True)
class Tear:
    """Everything behind the last whole record that a crash left behind."""

    segment: int
    offset: int
    length: int
    """Bytes in this and all later segments up to the one that explains it; 0 when the crash fell between records."""

    digest: bytes
    """SHA-256 of those bytes."""

    def pack(self) -> bytes:
        """Return the tear as it lies in the body of an UNCLEAN_START."""
        return _TEAR.pack(self.segment, self.offset, self.length, self.digest)


@dataclass(frozen=True, slots=True)
class Opening:
    """The body of OPEN and UNCLEAN_START."""

    chain: bytes
    """Of everything before."""

    announced: bytes
    """Ed25519 public key that the next checkpoint must be signed with."""

    log_id: bytes
    key_id: bytes
    wrapped: bytes
    """The session's data key and first MAC key, encrypted with the wrapping key.

    Zeros in place of the MAC key when an auditor has it.
    """

    tear: Tear | None

    def pack(self) -> bytes:
        """Return the body as it lies on disk."""
        tear = self.tear.pack() if self.tear else b""
        return b"".join((self.chain, self.announced, self.log_id, self.key_id, self.wrapped, tear))


@dataclass(frozen=True, slots=True)
class Tombstone:
    """The body of TOMBSTONE: what stood before the first segment that is kept."""

    segment: int
    """The first that is kept."""

    sequence: int
    """Of its first record: so many are gone."""

    sessions: int
    chain: bytes
    time_us: int
    """Of the last record that is gone."""

    @property
    def place(self) -> tuple[int, int, int, bytes]:
        """Where the log goes on: what a reader can check."""
        return self.segment, self.sequence, self.sessions, self.chain

    def pack(self) -> bytes:
        """Return the body as it lies on disk."""
        return _TOMBSTONE.pack(self.segment, self.sequence, self.sessions, self.chain, self.time_us)


def parse_tombstone(body: bytes) -> Tombstone:
    """Return the fields of a body of the length in `BODY_LENGTHS`."""
    return Tombstone(*_TOMBSTONE.unpack(body))


LOG_ID_LENGTH = 16
KEY_ID_LENGTH = 8
WRAPPED_LENGTH = 12 + 64 + 16
REKEY_LENGTH = 2 * KEY_ID_LENGTH + 12 + 32 + 16
SEALED_LENGTH = KEY_ID_LENGTH + 32 + 64 + 16
_OPENING = struct.Struct(f"32s32s{LOG_ID_LENGTH}s{KEY_ID_LENGTH}s{WRAPPED_LENGTH}s")
CHECKPOINT_LENGTH = 32 + 64
"""The public key announced for the next checkpoint, and the signature."""

BODY_LENGTHS = {
    Type.OPEN: _OPENING.size,
    Type.UNCLEAN_START: _OPENING.size + _TEAR.size,
    Type.CHECKPOINT: CHECKPOINT_LENGTH,
    Type.CLOSE: CHECKPOINT_LENGTH,
    Type.TOMBSTONE: _TOMBSTONE.size,
    Type.REKEY: REKEY_LENGTH,
    Type.SEALED: SEALED_LENGTH,
}
"""Of the types whose bodies always have the same length."""


def parse_opening(body: bytes) -> Opening:
    """Return the fields of a body of one of the two lengths in `BODY_LENGTHS`."""
    tear = Tear(*_TEAR.unpack_from(body, _OPENING.size)) if len(body) > _OPENING.size else None
    chain, announced, log_id, key_id, wrapped = _OPENING.unpack_from(body)
    return Opening(chain, announced, log_id, key_id, wrapped, tear)


def chain_head(chain: bytes, header: bytes, body: bytes) -> bytes:
    """Return what the MAC of a record covers: the record and everything before it."""
    return hashlib.sha256(chain + header + body).digest()


def chain_link(head: bytes, mac: bytes) -> bytes:
    """Return the chain after a record. It covers the MAC too: a flipped bit there must not go unseen."""
    return hashlib.sha256(b"AIA1 link" + head + mac).digest()


def name_log(genesis: bytes) -> bytes:
    """Return the id of the log whose first announced public key is `genesis`."""
    return hashlib.sha256(b"AIA1 log" + genesis).digest()[:LOG_ID_LENGTH]


class MacKey:
    """A key that is forgotten after each record: who steals it cannot forge what was written before."""

    __slots__ = ("_key",)

    def __init__(self, start: bytes) -> None:
        self._key = start

    def tag(self, head: bytes) -> bytes:
        """Return the MAC of the next record and step on."""
        key = self._key
        # Bare hashes: what goes in has one length and never comes out, so there is nothing to extend.
        self._key = hashlib.sha256(b"AIA1 evolve" + key).digest()
        return hmac.digest(hashlib.sha256(b"AIA1 mac" + key).digest(), head, "sha256")
