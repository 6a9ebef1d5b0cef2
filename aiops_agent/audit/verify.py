"""Says whether a log is what its writer left, and how much of that something outside of it confirms."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from aiops_agent.audit.damage import Damage, DamagedLogError, Kind
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.oddities import Oddities, Oddity
from aiops_agent.audit.proof import Proof, Raw
from aiops_agent.audit.record import Type, name_log
from aiops_agent.audit.seal import datetime_of, decrypt
from aiops_agent.audit.segments import list_segments, writer
from aiops_agent.audit.walk import Walk, refuse_missing
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor
from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass

_ENTRY = int(Type.ENTRY)
_SHORTEST_HEAD = 12
"""Hex digits of the chain that a report shows, and the least that an anchor must give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `audit verify` says."""

    records: int
    """Proven or dropped: all of them when intact, those before `first_bad` otherwise."""

    entries: int
    """Of these, what was recorded; the others open, sign and close."""

    segments: int
    first_bad: Damage | None
    head: str
    """SHA-256 of the chain behind the last proven record, hex."""

    checkpoints: int
    """Signatures that were checked."""

    dropped: int
    """Records at the beginning that retention removed; a signed tombstone vouches for them."""

    dropped_until: datetime | None
    """Of the last of them: what is younger than the retention you agreed to should still be here."""

    tears: int
    """Crashes that a later start of the agent explained."""

    anchors: int
    """Of those given, how many were found again."""

    uncovered: int
    """Records behind the newest anchor that fits."""

    oddities: tuple[Oddity, ...]
    """What no attack is needed for, and what a person should be able to explain."""

    is_keyed: bool
    """MACs and contents were proven too, not only chain and signatures."""

    key_problem: str = ""
    """Why the keys of the log could not be used, and everything was verified as without them."""

    @property
    def intact(self) -> bool:
        """Tell whether nothing wrong was found."""
        return self.first_bad is None

    @property
    def coverage(self) -> str:
        """Say in words what this verdict does not rest on."""
        proof = "" if self.is_keyed else "; without the keys, MACs and contents are not proven"
        if not self.records:
            return "no record is proven"
        if not self.checkpoints:
            proof += "; no signature was there to check"
        if self.dropped:
            until = f"{self.dropped_until:%Y-%m-%d}"
            proof += f"; the first {self.dropped}, up to {until}, were removed: only their tombstone speaks for them"
        if not self.uncovered:
            return f"an outside anchor covers all {self.records} records{proof}"
        return (
            f"no outside anchor covers the last {self.uncovered} of {self.records} records: "
            f"log and keys put back together to an earlier state would not show{proof}"
        )

    @property
    def in_words(self) -> Iterator[str]:
        """Say it to a person, line by line; names and details are as they were found in the log."""
        if self.first_bad:
            bad = self.first_bad
            yield f"NOT intact: {bad.kind} at byte {bad.offset} of {bad.segment}: {bad.detail}"
            yield f"{self.records} records before that are proven"
        else:
            yield f"intact: {self.records} records in {self.segments} segments, head {self.head[:_SHORTEST_HEAD]}"
            yield self.coverage
        for oddity in self.oddities:
            yield f"odd: {oddity}"
        if self.key_problem:
            yield f"without the keys: {self.key_problem}"

    def as_json(self) -> Mapping[str, object]:
        """Return the object of `audit verify --json`."""
        bad = self.first_bad
        return {
            "intact": self.intact,
            "records": self.records,
            "entries": self.entries,
            "segments": self.segments,
            "head": self.head,
            "first_bad": bad
            and {"segment": bad.segment, "offset": bad.offset, "kind": bad.kind.value, "detail": bad.detail},
            "checkpoints": self.checkpoints,
            "dropped": self.dropped,
            "dropped_until": rfc3339(self.dropped_until) if self.dropped_until else None,
            "explained_tears": self.tears,
            "anchors": self.anchors,
            "uncovered": self.uncovered,
            "coverage": self.coverage,
            "oddities": [oddity.as_json() for oddity in self.oddities],
            "key_problem": self.key_problem or None,
        }


def verify(
    directory: Path,
    keys: KeyProvider | None,
    anchors: Sequence[Anchor] = (),
    *,
    genesis: bytes | None = None,
    now: datetime | None = None,
) -> VerifyReport:
    """Read the whole log and return the verdict. Writes nothing, takes no lock; no log at all is intact.

    A session that its writer still has open is no fault.

    Args:
        directory: The folder of the segments.
        keys: Those of the log. None, or gone: chain and signatures are checked, from whatever key the log begins with.
        anchors: Where the log stood earlier, from outside of it.
        genesis: The public key that the log must begin with, pinned by who verifies.
        now: What time it is, to find records of the future.
    """
    is_written = writer(directory) is not None
    tally = _Tally(anchors, Oddities(now))
    segments: list[Path] = []
    damage: Damage | None = None
    usable, problem = None, ""
    walk = Walk([], None)
    try:
        segments = list_segments(directory)
        if keys and (segments or keys.exist()):
            usable, problem = _usable(keys)
        verifying = usable.verifying_keys() if usable else []
        walk = Walk(segments, usable)
        for raw in walk:
            tally.count(raw, walk)
        refuse_missing(walk)
        _refuse_other_genesis(walk, genesis)
        if not (is_written or writer(directory) is not None):
            _refuse_open_end(walk)
        if usable and verifying:
            _refuse_cut(walk, directory, [*verifying, *usable.verifying_keys()])
        tally.finish(walk)
    except DamagedLogError as error:
        damage = error.damage
    dropped = walk.proof.dropped
    return VerifyReport(
        records=walk.proof.records,
        entries=tally.entries,
        segments=len(segments),
        first_bad=damage,
        head=walk.proof.head,
        checkpoints=walk.proof.signatures,
        dropped=dropped.sequence if dropped else 0,
        dropped_until=datetime_of(dropped.time_us) if dropped else None,
        tears=tally.tears,
        anchors=tally.found,
        uncovered=walk.proof.records - tally.covered,
        oddities=tally.oddities.noted,
        is_keyed=usable is not None,
        key_problem=problem,
    )


def _usable(keys: KeyProvider) -> tuple[KeyProvider | None, str]:
    """Return the keys if they are there and can be read, else why not: what they do not open is still signed."""
    try:
        keys.verifying_keys()
        keys.wrap(keys.genesis, b"AIA1 trial")
    except AuditError as error:
        return None, f"{error.message}; {error.hint}" if error.hint else error.message
    return keys, ""


def _refuse_other_genesis(walk: Walk, genesis: bytes | None) -> None:
    if genesis and walk.proof.records and name_log(genesis) != walk.proof.log_id:
        raise DamagedLogError(walk.left.segment, 0, Kind.OTHER_LOG, "begins with another key than the one pinned")


def _refuse_open_end(walk: Walk) -> None:
    name, end = walk.left.segment, walk.left.end
    if walk.tear:
        detail = (
            f"{walk.tear.length} bytes are no whole record; the agent's next start explains them if a crash left them"
        )
        raise DamagedLogError(name, end, Kind.TORN, detail)
    if not walk.is_closed:
        raise DamagedLogError(name, end, Kind.UNCLOSED, "the session did not end, and its writer is gone")


def _refuse_cut(walk: Walk, directory: Path, verifying: Sequence[bytes]) -> None:
    if walk.position.announced not in verifying:
        name = walk.left.segment or directory.name
        raise DamagedLogError(name, walk.left.end, Kind.CUT, "the signing key knows of more records")


class _Tally:
    """Counts while the log is walked, and compares it with the anchors."""

    def __init__(self, anchors: Sequence[Anchor], oddities: Oddities) -> None:
        self.entries = 0
        self.tears = 0
        self.covered = 0
        self.found = 0
        self.oddities = oddities
        self._last = max((anchor.records for anchor in anchors), default=0)
        self._heads: dict[int, list[str]] = {}
        for anchor in anchors:
            self._heads.setdefault(anchor.records, []).append(anchor.head)

    def count(self, raw: Raw, walk: Walk) -> None:
        self.oddities.look_at(raw)
        proof = walk.proof
        if raw.type == _ENTRY:
            self.entries += 1
            if proof.cipher and decrypt(proof.cipher, proof.log_id, raw.header, raw.sequence, raw.body) is None:
                raw.refuse(Kind.ALTERED, "holds no entry")
        elif raw.type == Type.UNCLEAN_START:
            self.tears += 1
        if proof.records in self._heads:
            self._compare(raw, proof)

    def _compare(self, raw: Raw, proof: Proof) -> None:
        for head in self._heads[proof.records]:
            if len(head) < _SHORTEST_HEAD or not proof.head.startswith(head):
                raw.refuse(Kind.ANCHOR_MISMATCH, f"an anchor saw {head} after {proof.records} records")
            self.covered = proof.records
            self.found += 1

    def finish(self, walk: Walk) -> None:
        if self._last > walk.proof.records:
            detail = f"an anchor saw {self._last} records, {walk.proof.records} are here"
            raise DamagedLogError(walk.left.segment, walk.left.end, Kind.CUT, detail)
