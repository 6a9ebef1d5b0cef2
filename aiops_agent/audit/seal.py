"""Turns entries into sealed records and back. Touches no file."""

import json
import secrets
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import (
    BODY_LENGTHS,
    MAX_BODY,
    NO_CHAIN,
    REKEY_LENGTH,
    SEALED_LENGTH,
    MacKey,
    Opening,
    Tear,
    Tombstone,
    Type,
    chain_head,
    chain_link,
    pack_header,
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
_ELSEWHERE = bytes(_KEY_LENGTH)
"""In place of a first MAC key that an auditor has."""

_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
).encode


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
    mac_key: MacKey | None
    """None when it was sealed for an auditor."""


def time_us(time: datetime) -> int:
    """Return microseconds since 1970: exact, and in 64 bits for every time there is."""
    return (time - _EPOCH) // _MICROSECOND


def datetime_of(microseconds: int) -> datetime:
    """Return the aware UTC time."""
    return _EPOCH + timedelta(microseconds=microseconds)


def open_secrets(keys: KeyProvider, log_id: bytes, header: bytes, opening: Opening) -> Secrets | None:
    """Return the keys of the session that `header` opens; None when these are not its keys."""
    session = keys.unwrap(opening.key_id, opening.wrapped, b"AIA1 session" + log_id + header)
    return _secrets(session) if session else None


def _secrets(session: bytes) -> Secrets:
    data_key, mac_key = session[:_KEY_LENGTH], session[_KEY_LENGTH:]
    return Secrets(AESGCM(data_key), MacKey(mac_key) if mac_key != _ELSEWHERE else None)


def decrypt(cipher: AESGCM, log_id: bytes, header: bytes, sequence: int, body: bytes) -> bytes | None:
    """Return the plain text of an entry; None when it was not sealed with this key at this place."""
    try:
        return cipher.decrypt(_nonce(sequence), body, b"AIA1 entry" + log_id + header)
    except InvalidTag:
        return None


def entry_of(plain: bytes, time_us: int) -> AuditEntry | None:
    """Return the entry in a plain text; None when it holds none."""
    try:
        return AuditEntry(time=datetime_of(time_us), **json.loads(plain))
    except (ValueError, TypeError):
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
    detail = entry.detail if type(entry.detail) is dict else dict(entry.detail)
    content = {"action": entry.action, "actor": entry.actor, "detail": detail, "subject": entry.subject}
    try:
        text = _CANONICAL(content)
    except (ValueError, TypeError, RecursionError) as error:
        raise AuditError(f"{entry.action} of {entry.subject} cannot be recorded: {error}") from error
    # A lone surrogate stands for a byte that was no UTF-8; backslashreplace writes it as JSON's own escape.
    plain = text.encode("utf-8", "backslashreplace")
    if len(plain) + _TAG_LENGTH > MAX_BODY:
        raise AuditError(f"{entry.action} of {entry.subject} cannot be recorded: it has {len(plain)} bytes")
    return plain


class Sealer:
    """Makes the records of one session, one after the other. A record made must be written, or the sealer dropped."""

    def __init__(self, keys: KeyProvider, signing: bytes, position: Position, segment: int) -> None:
        self._announced = position.announced
        self._chain = position.chain
        self.records = position.records
        """How many the log will hold when all records made so far are written."""

        self._number = position.sessions + 1
        self._segment = segment
        self._log_id = keys.log_id
        self._signing = Ed25519PrivateKey.from_private_bytes(signing)
        self._keys = keys
        self._session = secrets.token_bytes(2 * _KEY_LENGTH)
        self._cipher = AESGCM(self._session[:_KEY_LENGTH])
        self._mac_key = MacKey(self._session[_KEY_LENGTH:])

    @property
    def position(self) -> Position:
        """Where the log will stand when all records made so far are written."""
        return Position(self._announced, self._chain, self.records, self._number)

    def open(self, at: int, tear: Tear | None) -> bytes:
        """Return the first records of the session; `at` is its time in microseconds since 1970."""
        kind = Type.UNCLEAN_START if tear else Type.OPEN
        header = self._header(kind, BODY_LENGTHS[kind], at)
        context = self._log_id + header
        kept = self._session if self._keys.auditor is None else self._session[:_KEY_LENGTH] + _ELSEWHERE
        wrapped = self._keys.wrap(kept, b"AIA1 session" + context)
        opening = Opening(self._chain, self._announced, self._log_id, self._keys.key_id, wrapped, tear)
        records = self._record(header, opening.pack())
        if self._keys.auditor is not None:
            sealed = self._keys.seal(self._session, b"AIA1 sealed" + context)
            records += self._record(self._header(Type.SEALED, SEALED_LENGTH, at), sealed)
        self._session = b""
        return records

    def entry(self, plain: bytes, at: int) -> bytes:
        """Return the record of an entry in canonical form."""
        header = self._header(Type.ENTRY, len(plain) + _TAG_LENGTH, at)
        nonce = _nonce(self.records)
        return self._record(header, self._cipher.encrypt(nonce, plain, b"AIA1 entry" + self._log_id + header))

    def rekey(self, body: bytes, at: int) -> bytes:
        """Return the record that lets the current wrapping key open what the one before it closed."""
        return self._record(self._header(Type.REKEY, REKEY_LENGTH, at), body)

    def tombstone(self, tombstone: Tombstone, at: int) -> bytes:
        """Return the record of what is about to be removed; a checkpoint must follow."""
        return self._record(self._header(Type.TOMBSTONE, BODY_LENGTHS[Type.TOMBSTONE], at), tombstone.pack())

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
        return pack_header(kind, length, self._segment, self._number, self.records, at)

    def _record(self, header: bytes, body: bytes) -> bytes:
        head = chain_head(self._chain, header, body)
        mac = self._mac_key.tag(head)
        self._chain = chain_link(head, mac)
        self.records += 1
        return header + body + mac
