"""Reads a log in order and proves each record before giving it out."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Never

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiops_agent.audit.damage import DamagedLogError, Kind
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.record import (
    BODY_LENGTHS,
    HEADER_LENGTH,
    MAC_LENGTH,
    MAGIC,
    MAX_BODY,
    VERSION,
    Header,
    Opening,
    Tear,
    Type,
    chain_head,
    chain_link,
    name_log,
    parse_header,
    parse_opening,
)
from aiops_agent.audit.seal import EARLIEST_US, LATEST_US, Position, Secrets, is_signed, open_secrets
from aiops_agent.audit.segments import open_segment, segment_number
from aiops_agent.noun import dataclass, replace

_OPENINGS = (Type.OPEN, Type.UNCLEAN_START)
_CHECKPOINTS = (Type.CHECKPOINT, Type.CLOSE)
_TYPES = frozenset(Type)
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Proven:
    """One record that is where and what it should be."""

    segment: str
    offset: int
    header: Header
    body: bytes
    log_id: bytes
    cipher: AESGCM | None
    """Opens the body of an ENTRY; None without keys."""


class Walk:
    """Iterate to get the records; afterwards the attributes tell where the log stands.

    Without `keys` the MACs are left out: what is proven then hangs on the signatures and on the chain
    that each opening repeats. A walk may start at any segment that has a whole first record; what that
    one says of the records before it is then taken on trust.
    """

    def __init__(self, segments: Sequence[Path], keys: FileKeys | None) -> None:
        self._segments = segments
        self._keys = keys
        self._log_id = keys.log_id if keys else b""
        self._from_start = not segments or segment_number(segments[0]) == 1
        self._secrets: Secrets | None = None
        self.position = Position(announced=keys.genesis if keys else b"")
        self.is_closed = True
        """The last whole record is a CLOSE, or there is none."""

        self.tear: Tear | None = None
        """What lies behind the last whole record and is not explained by a later start."""

        self.end = (segments[0].name if segments else "", 0)
        """Segment and offset behind the last whole record."""

        self.segment_began_us = 0
        """Time of the first record in the segment of `end`."""

        self._torn = hashlib.sha256()

    def __iter__(self) -> Iterator[Proven]:
        for path in self._segments:
            with open_segment(path) as file:
                try:
                    yield from self._segment(path, file)
                except OSError as error:
                    raise DamagedLogError(path.name, file.tell(), Kind.UNREADABLE, f"{error.strerror}") from error

    def finish(self) -> None:
        """Walk to the end without looking at the records."""
        for _ in self:
            pass

    def _segment(self, path: Path, file: BinaryIO) -> Iterator[Proven]:
        offset = 0
        while True:
            raw = file.read(HEADER_LENGTH)
            if not raw and offset:
                return
            record = self._read(path, offset, raw, file)
            if record is None:
                self._tear(path, file, offset)
                return
            header, body, mac = record
            self._prove(path, offset, (raw, header, body, mac))
            if offset == 0:
                self.segment_began_us = header.time_us
            proven = Proven(
                path.name, offset, header, body, self._log_id, self._secrets.cipher if self._secrets else None
            )
            offset += HEADER_LENGTH + len(body) + MAC_LENGTH
            self.end = (path.name, offset)
            yield proven

    def _read(self, path: Path, offset: int, raw: bytes, file: BinaryIO) -> tuple[Header, bytes, bytes] | None:
        """Return the parts of a record, or None where a crash can have left what is there."""
        # A file system may extend a file before it writes the data: a power cut then leaves zeros.
        if not any(raw[: len(MAGIC)]):
            return None
        if not MAGIC.startswith(raw[: len(MAGIC)]):
            _refuse(path, offset, Kind.FOREIGN, "does not begin like a record of an audit log")
        if len(raw) < HEADER_LENGTH:
            return None
        version, header = parse_header(raw)
        if version != VERSION:
            _refuse(path, offset, Kind.NEWER_VERSION, f"is of version {version}; this program reads {VERSION}")
        if header.type not in _TYPES:
            _refuse(path, offset, Kind.NEWER_VERSION, f"has the unknown type {header.type}")
        if header.length > MAX_BODY or BODY_LENGTHS.get(Type(header.type), header.length) != header.length:
            _refuse(path, offset, Kind.MALFORMED, f"says its body has {header.length} bytes")
        if not EARLIEST_US <= header.time_us <= LATEST_US:
            _refuse(path, offset, Kind.MALFORMED, "is of no time on the calendar")
        rest = file.read(header.length + MAC_LENGTH)
        body, mac = rest[: header.length], rest[header.length :]
        if len(rest) < header.length + MAC_LENGTH or not any(mac):
            return None
        return header, body, mac

    def _tear(self, path: Path, file: BinaryIO, offset: int) -> None:
        first = self.tear or Tear(segment_number(path), offset, 0, b"")
        length = first.length
        file.seek(offset)
        while chunk := file.read(_CHUNK):
            self._torn.update(chunk)
            length += len(chunk)
        self.tear = replace(first, length=length, digest=self._torn.digest())

    def _prove(self, path: Path, offset: int, record: tuple[bytes, Header, bytes, bytes]) -> None:
        raw, header, body, mac = record
        opening = parse_opening(body) if header.type in _OPENINGS else None
        if opening:
            self._prove_opening(path, offset, (raw, header), opening)
        elif offset == 0 or self.is_closed:
            _refuse(path, offset, Kind.OUT_OF_ORDER, "stands where a session must be opened")
        position = self.position
        place = (header.segment, header.session, header.sequence)
        if place != (segment_number(path), position.sessions, position.records):
            _refuse(path, offset, Kind.OUT_OF_ORDER, f"is record {header.sequence} where {position.records} belongs")
        head = chain_head(position.chain, raw, body)
        if self._secrets and not hmac.compare_digest(self._secrets.mac_key.tag(head), mac):
            _refuse(path, offset, Kind.ALTERED, "does not fit its MAC")
        announced = position.announced
        if header.type in _CHECKPOINTS:
            if not is_signed(self._log_id, position, raw, body):
                _refuse(path, offset, Kind.BAD_SIGNATURE, "is not signed with the key announced before")
            announced = body[: len(announced)]
        self.is_closed = header.type == Type.CLOSE
        self.position = Position(announced, chain_link(head, mac), position.records + 1, position.sessions)

    def _prove_opening(self, path: Path, offset: int, record: tuple[bytes, Header], opening: Opening) -> None:
        raw, header = record
        if self._from_start:
            self._prove_explained(path, offset, opening)
            if opening.chain != self.position.chain:
                _refuse(path, offset, Kind.ALTERED, "does not follow what stands before it")
        else:
            self._from_start = True
            self.position = Position(opening.announced, opening.chain, header.sequence, header.session - 1)
        if not self.position.records:
            self._log_id = self._log_id or name_log(opening.announced)
            self.position = replace(self.position, announced=self.position.announced or opening.announced)
        self._log_id = self._log_id or opening.log_id
        if opening.log_id != self._log_id or (
            not self.position.records and name_log(opening.announced) != self._log_id
        ):
            _refuse(path, offset, Kind.OTHER_LOG, "belongs to another log")
        if opening.announced != self.position.announced:
            _refuse(path, offset, Kind.ALTERED, "names another signing key than the last checkpoint")
        self.position = replace(self.position, sessions=self.position.sessions + 1)
        self.tear, self._torn = None, hashlib.sha256()
        if self._keys:
            if opening.key_id != self._keys.key_id:
                _refuse(path, offset, Kind.WRONG_KEY, "was sealed with another wrapping key")
            self._secrets = open_secrets(self._keys, self._log_id, raw, opening.wrapped)
            if self._secrets is None:
                _refuse(path, offset, Kind.ALTERED, "holds session keys that do not open")

    def _prove_explained(self, path: Path, offset: int, opening: Opening) -> None:
        name, end = self.end
        if opening.tear and offset:
            _refuse(path, offset, Kind.MALFORMED, "explains a crash, but does not begin a segment")
        if self.is_closed and self.tear is None and opening.tear is None:
            return
        if opening.tear is None:
            kind, detail = (Kind.TORN, "no whole record") if self.tear else (Kind.UNCLOSED, "the session did not end")
            raise DamagedLogError(name, end, kind, f"{detail}, and {path.name} does not explain it")
        if (self.tear or self.clean_tear()) != opening.tear:
            raise DamagedLogError(name, end, Kind.TORN, f"is not what {path.name} says a crash left behind")

    def clean_tear(self) -> Tear:
        """Return the tear of a crash that fell between two records."""
        name, end = self.end
        return Tear(segment_number(Path(name)), end, 0, hashlib.sha256().digest())


def walk_tail(segments: Sequence[Path], keys: FileKeys | None) -> Walk:
    """Return a finished walk over the last segment, and over those before it as far as crashes left nothing whole."""
    walk = Walk([], keys)
    for start in reversed(range(len(segments))):
        walk = Walk(segments[start:], keys)
        walk.finish()
        if walk.position.records:
            break
    return walk


def _refuse(path: Path, offset: int, kind: Kind, detail: str) -> Never:
    raise DamagedLogError(path.name, offset, kind, detail)
