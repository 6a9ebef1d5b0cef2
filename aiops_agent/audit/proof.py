"""Proves records one after the other: each is where it should be and what its writer made of it. Touches no file."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Never

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiops_agent.audit.damage import DamagedLogError, Kind
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import (
    NO_CHAIN,
    Opening,
    Tear,
    Tombstone,
    Type,
    chain_head,
    chain_link,
    name_log,
    parse_opening,
    parse_tombstone,
)
from aiops_agent.audit.seal import Position, Secrets, is_signed, open_secrets
from aiops_agent.noun import dataclass

OPENINGS = frozenset((Type.OPEN, Type.UNCLEAN_START))
CHECKPOINTS = frozenset((Type.CHECKPOINT, Type.CLOSE))
_ENTRY = int(Type.ENTRY)
_FIRST = 1


@dataclass(slots=True)  # not frozen: that would take a sixth of the time in which a million are verified
class Raw:
    """One whole record as it was read; what its header says is not proven yet."""

    segment: str
    """Name of the file."""

    number: int
    """In that name."""

    offset: int
    header: bytes
    type: int
    sequence: int
    time_us: int
    place: tuple[int, int, int]
    """Segment, session and sequence, as the header has them."""

    body: bytes
    mac: bytes

    def refuse(self, kind: Kind, detail: str) -> Never:
        """Say what is wrong with it."""
        raise DamagedLogError(self.segment, self.offset, kind, detail)


class Proof:
    """What is proven so far, and what must come next.

    Without `keys` the MACs are left out: what is proven then hangs on the signatures and on the chain that each opening
    repeats. `first` is the number of the first segment: a proof may begin at any, but what stood before it is taken on
    trust until a tombstone says the same. `learn` is called for a wrapping key that is not known: it may teach `keys`.
    """

    def __init__(self, keys: KeyProvider | None, first: int, learn: Callable[[], None]) -> None:
        self._keys = keys
        self._learn = learn
        self.log_id = keys.log_id if keys else b""
        self._is_anchored = first == _FIRST
        self._announced = keys.genesis if keys else b""
        self._chain = NO_CHAIN
        self.records = 0
        self._sessions = 0
        self._secrets: Secrets | None = None
        self.is_closed = True
        """The last whole record is a CLOSE, or there is none."""

        self.signatures = 0
        self.dropped: Tombstone | None = None
        """What was removed before the first segment, as the log itself says."""

        self._starts: dict[int, tuple[int, int, int, bytes]] = {}
        """Where each segment went on from, as a tombstone would have it."""

        self._is_elsewhere = False
        self._claimed: Tombstone | None = None
        self._is_opening = False
        """The last record opened a session."""

    @property
    def position(self) -> Position:
        """Where the log stands after what is proven."""
        return Position(self._announced, self._chain, self.records, self._sessions)

    @property
    def head(self) -> str:
        """The chain, hex."""
        return self._chain.hex()

    @property
    def cipher(self) -> AESGCM | None:
        """What opens the entries of the session; None without keys."""
        return self._secrets.cipher if self._secrets else None

    @property
    def is_begun_elsewhere(self) -> bool:
        """Tell whether segments before the first are gone and no tombstone says so."""
        return self._is_elsewhere and self.dropped is None

    def prove(self, raw: Raw, left: "Left") -> None:
        """Take the next record.

        Raises:
            DamagedLogError: It is not what belongs there.
        """
        if raw.type in OPENINGS:
            self._open(raw, left)
        elif raw.offset == 0 or self.is_closed:
            raw.refuse(Kind.OUT_OF_ORDER, "stands where a session must be opened")
        if raw.place != (raw.number, self._sessions, self.records):
            raw.refuse(Kind.OUT_OF_ORDER, f"is record {raw.sequence} where {self.records} belongs")
        head = chain_head(self._chain, raw.header, raw.body)
        mac_key = self._secrets.mac_key if self._secrets else None
        if mac_key and not hmac.compare_digest(mac_key.tag(head), raw.mac):
            raw.refuse(Kind.ALTERED, "does not fit its MAC")
        if raw.type != _ENTRY or self._is_opening or self._claimed:
            self._take(raw)
        self._chain = chain_link(head, raw.mac)
        self.records += 1

    def _take(self, raw: Raw) -> None:
        """Do what the types other than ENTRY ask for."""
        if raw.type == Type.SEALED and not self._is_opening:
            raw.refuse(Kind.OUT_OF_ORDER, "seals keys for an auditor in the middle of a session")
        # An opening right after another explains a crash that came before the keys were sealed.
        is_second = self._is_opening and raw.type not in OPENINGS
        if is_second and self._secrets and (raw.type == Type.SEALED) != (self._secrets.mac_key is None):
            raw.refuse(Kind.OUT_OF_ORDER, "stands where keys are sealed for an auditor, or seals keys that are here")
        self._is_opening = raw.type in OPENINGS
        if raw.type == Type.UNCLEAN_START:
            self._claimed = None  # a crash came before the signature: nothing was removed on its word
        if self._claimed and raw.type not in CHECKPOINTS:
            raw.refuse(Kind.OUT_OF_ORDER, "stands where a tombstone must be signed")
        self.is_closed = raw.type == Type.CLOSE
        if raw.type in CHECKPOINTS:
            self._check_signature(raw)
        elif raw.type == Type.TOMBSTONE:
            self._claimed = parse_tombstone(raw.body)
        elif raw.type == Type.REKEY and self._keys and not self._keys.learn(raw.body):
            raw.refuse(Kind.ALTERED, "holds a wrapping key that does not open")

    def _check_signature(self, raw: Raw) -> None:
        if not is_signed(self.log_id, self.position, raw.header, raw.body):
            raw.refuse(Kind.BAD_SIGNATURE, "is not signed with the key announced before")
        self._announced = raw.body[: len(self._announced)]
        self.signatures += 1
        # A kill while segments were removed left some: the chain from the first of them leads to what was signed for.
        if self._claimed and self._is_elsewhere and self._claimed.place == self._starts.get(self._claimed.segment):
            self.dropped = self._claimed
        self._claimed = None

    def _open(self, raw: Raw, left: "Left") -> None:
        opening = parse_opening(raw.body)
        if self._is_anchored:
            self._check_explained(raw, opening, left)
            if opening.chain != self._chain:
                raw.refuse(Kind.ALTERED, "does not follow what stands before it")
        else:
            self._begin_elsewhere(raw, opening)
        if raw.offset == 0:
            self._starts[raw.number] = (raw.number, self.records, self._sessions, self._chain)
        if not self.records:
            self.log_id = self.log_id or name_log(opening.announced)
            self._announced = self._announced or opening.announced
        self.log_id = self.log_id or opening.log_id
        if opening.log_id != self.log_id or (not self.records and name_log(opening.announced) != self.log_id):
            raw.refuse(Kind.OTHER_LOG, "belongs to another log")
        if opening.announced != self._announced:
            raw.refuse(Kind.ALTERED, "names another signing key than the last checkpoint")
        self._sessions += 1
        self._secrets = self._opened(raw, opening)

    def _begin_elsewhere(self, raw: Raw, opening: Opening) -> None:
        """Take what the first opening says of what stood before it: it is checked against a tombstone later."""
        self._is_anchored = True
        _, session, sequence = raw.place
        self._is_elsewhere = True
        self._announced, self._chain = opening.announced, opening.chain
        self.records, self._sessions = sequence, session - 1

    def _opened(self, raw: Raw, opening: Opening) -> Secrets | None:
        if self._keys is None:
            return None
        if not self._keys.knows(opening.key_id):
            self._learn()
        if not self._keys.knows(opening.key_id):
            raw.refuse(Kind.WRONG_KEY, "was sealed with another wrapping key")
        secrets = open_secrets(self._keys, self.log_id, raw.header, opening)
        if secrets is None:
            raw.refuse(Kind.ALTERED, "holds session keys that do not open")
        return secrets

    def _check_explained(self, raw: Raw, opening: Opening, left: "Left") -> None:
        if opening.tear and raw.offset:
            raw.refuse(Kind.MALFORMED, "explains a crash, but does not begin a segment")
        if self.is_closed and left.tear is None and opening.tear is None:
            return
        if opening.tear is None:
            kind, detail = (Kind.TORN, "no whole record") if left.tear else (Kind.UNCLOSED, "the session did not end")
            raise DamagedLogError(left.segment, left.end, kind, f"{detail}, and {raw.segment} does not explain it")
        if left.explained() != opening.tear:
            raise DamagedLogError(
                left.segment, left.end, Kind.TORN, f"is not what {raw.segment} says a crash left behind"
            )


class Left:
    """Where the last whole record ended, and what lies behind it that is none."""

    def __init__(self, segment: str, number: int) -> None:
        self.segment = segment
        self.number = number
        self.end = 0
        """Bytes from the start of the segment."""

        self.length: int | None = None
        """Bytes that are no whole record, in this and all later segments; None when there are none."""

        self._digest = hashlib.sha256()

    def note(self, segment: str, number: int, end: int) -> None:
        """A whole record ended there."""
        self.segment, self.number, self.end = segment, number, end
        if self.length is not None:
            self.length, self._digest = None, hashlib.sha256()

    def add(self, chunk: bytes) -> None:
        """More that is no whole record; an empty segment is a tear of no bytes."""
        self.length = (self.length or 0) + len(chunk)
        self._digest.update(chunk)

    @property
    def tear(self) -> Tear | None:
        """What no later start has explained."""
        return None if self.length is None else self.explained()

    def explained(self) -> Tear:
        """Return what the next start has to say of it."""
        return Tear(self.number, self.end, self.length or 0, self._digest.digest())
