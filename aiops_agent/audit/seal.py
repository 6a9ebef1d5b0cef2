"""Turns entries into sealed records and back. Touches no file."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.record import (
    BODY_LENGTHS,
    MAX_BODY,
    NO_CHAIN,
    Header,
    MacKey,
    Opening,
    Tear,
    Type,
    chain_head,
    chain_link,
)
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.noun import dataclass

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EARLIEST_US = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
LATEST_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND
_TAG_LENGTH = 16
_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Position:
    """Where a log stands."""

    announced: bytes
    """The public key that the next checkpoint must be signed with."""

    chain: bytes = NO_CHAIN
    records: int = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys of one session, opened."""

    cipher: AESGCM
    mac_key: MacKey


def time_us(time: datetime) -> int:
    """Return microseconds since 1970: exact, and in 64 bits for every time there is."""
    return (time - _EPOCH) // _MICROSECOND


def datetime_of(microseconds: int) -> datetime:
    """Return the aware UTC time."""
    return _EPOCH + timedelta(microseconds=microseconds)


def open_secrets(keys: FileKeys, log_id: bytes, header: bytes, wrapped: bytes) -> Secrets | None:
    """Return the keys of the session that `header` opens; None when these are not its keys."""
    session = keys.unwrap(keys.key_id, wrapped, b"AIA1 session" + log_id + header)
    return _secrets(session) if session else None


def _secrets(session: bytes) -> Secrets:
    return Secrets(AESGCM(session[:_KEY_LENGTH]), MacKey(session[_KEY_LENGTH:]))


def open_entry(cipher: AESGCM, log_id: bytes, header: Header, body: bytes) -> AuditEntry | None:
    """Return the entry in a record; None when it was not sealed with this key at this place."""
    try:
        plain = cipher.decrypt(_nonce(header.sequence), body, b"AIA1 entry" + log_id + header.pack())
        content = json.loads(plain)
        return AuditEntry(time=datetime_of(header.time_us), **content)
    except (InvalidTag, ValueError, TypeError):
        return None


def is_signed(log_id: bytes, position: Position, header: bytes, body: bytes) -> bool:
    """Tell whether a checkpoint at `position` is signed with the key announced there."""
    successor, signature = body[:_KEY_LENGTH], body[_KEY_LENGTH:]
    try:
        Ed25519PublicKey.from_public_bytes(position.announced).verify(
            signature, _statement(log_id, position.chain, header, successor)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def _statement(log_id: bytes, chain: bytes, header: bytes, successor: bytes) -> bytes:
    return b"AIA1 checkpoint" + log_id + chain + header + successor


def _nonce(sequence: int) -> bytes:
    # Unique: the data key is new in each session, and within one the sequence only grows.
    return sequence.to_bytes(12, "big")


def canonical(entry: AuditEntry) -> bytes:
    """Return what is encrypted of an entry: the same bytes for the same entry. Its time stands in the header.

    Raises:
        AuditError: It holds what JSON cannot say, or too much.
    """
    content: Mapping[str, object] = {
        "action": entry.action,
        "actor": entry.actor,
        "detail": dict(entry.detail),
        "subject": entry.subject,
    }
    try:
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError) as error:
        raise AuditError(f"{entry.action} of {entry.subject} cannot be recorded: {error}") from error
    # A lone surrogate stands for a byte that was no UTF-8; backslashreplace writes it as JSON's own escape.
    plain = text.encode("utf-8", "backslashreplace")
    if len(plain) + _TAG_LENGTH > MAX_BODY:
        raise AuditError(f"{entry.action} of {entry.subject} cannot be recorded: it has {len(plain)} bytes")
    return plain


class Sealer:
    """Makes the records of one session, one after the other. A record made must be written, or the sealer dropped."""

    def __init__(self, keys: FileKeys, signing: bytes, position: Position, segment: int) -> None:
        self._announced = position.announced
        self._chain = position.chain
        self._records = position.records
        self._number = position.sessions + 1
        self._segment = segment
        self._log_id = keys.log_id
        self._signing = Ed25519PrivateKey.from_private_bytes(signing)
        self._keys = keys
        self._session = secrets.token_bytes(2 * _KEY_LENGTH)
        self._secrets = _secrets(self._session)

    @property
    def position(self) -> Position:
        """Where the log will stand when all records made so far are written."""
        return Position(self._announced, self._chain, self._records, self._number)

    def open(self, at: int, tear: Tear | None) -> bytes:
        """Return the first record of the session; `at` is its time in microseconds since 1970."""
        kind = Type.UNCLEAN_START if tear else Type.OPEN
        header = self._header(kind, BODY_LENGTHS[kind], at)
        wrapped = self._keys.wrap(self._session, b"AIA1 session" + self._log_id + header)
        self._session = b""
        opening = Opening(self._chain, self._announced, self._log_id, self._keys.key_id, wrapped, tear)
        return self._record(header, opening.pack())

    def entry(self, plain: bytes, at: int) -> bytes:
        """Return the record of an entry in canonical form."""
        header = self._header(Type.ENTRY, len(plain) + _TAG_LENGTH, at)
        nonce = _nonce(self._records)
        return self._record(header, self._secrets.cipher.encrypt(nonce, plain, b"AIA1 entry" + self._log_id + header))

    def checkpoint(self, kind: Type, at: int) -> tuple[bytes, bytes]:
        """Return a signed CHECKPOINT or CLOSE over all before it, and the next signing key.

        The key must be kept durably before the record is written.
        """
        successor = Ed25519PrivateKey.generate()
        header = self._header(kind, BODY_LENGTHS[kind], at)
        public = successor.public_key().public_bytes_raw()
        signature = self._signing.sign(_statement(self._log_id, self._chain, header, public))
        record = self._record(header, public + signature)
        self._signing = successor
        self._announced = public
        return record, successor.private_bytes_raw()

    def _header(self, kind: Type, length: int, at: int) -> bytes:
        return Header(kind, length, self._segment, self._number, self._records, at).pack()

    def _record(self, header: bytes, body: bytes) -> bytes:
        head = chain_head(self._chain, header, body)
        mac = self._secrets.mac_key.tag(head)
        self._chain = chain_link(head, mac)
        self._records += 1
        return header + body + mac
