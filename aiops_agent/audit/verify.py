"""Says whether a log is what its writer left, and how much of that something outside of it confirms."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from aiops_agent.audit.damage import Damage, DamagedLogError, Kind
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.record import Type
from aiops_agent.audit.seal import open_entry
from aiops_agent.audit.segments import list_segments, writer
from aiops_agent.audit.walk import Proven, Walk
from aiops_agent.model.audit import Anchor
from aiops_agent.noun import dataclass

_SHORTEST_HEAD = 12
"""Hex digits of the chain that a report shows, and the least that an anchor must give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `audit verify` says."""

    records: int
    """Proven: all of them when intact, those before `first_bad` otherwise."""

    entries: int
    """Of these, what was recorded; the others open, sign and close."""

    segments: int
    first_bad: Damage | None
    head: str
    """SHA-256 of the chain behind the last proven record, hex."""

    tears: int
    """Crashes that a later start of the agent explained."""

    uncovered: int
    """Records behind the newest anchor that fits."""

    is_keyed: bool
    """MACs and contents were proven too, not only chain and signatures."""

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
        if not self.uncovered:
            return f"an outside anchor covers all {self.records} records{proof}"
        return (
            f"no outside anchor covers the last {self.uncovered} of {self.records} records: "
            f"log and keys put back together to an earlier state would not show{proof}"
        )

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
            "explained_tears": self.tears,
            "uncovered": self.uncovered,
            "coverage": self.coverage,
        }


def verify(directory: Path, keys: FileKeys | None, anchors: Sequence[Anchor] = ()) -> VerifyReport:
    """Read the whole log and return the verdict. Writes nothing, takes no lock; no log at all is intact.

    Without `keys` anyone can verify: signatures and chain are checked, from whatever key the log begins with.
    A session that its writer still has open is no fault.

    Raises:
        AuditError: There is a log, and `keys` are gone or open to others.
    """
    is_written = writer(directory) is not None
    verifying = keys.verifying_keys() if keys and keys.exist() else []
    tally = _Tally(anchors)
    segments: list[Path] = []
    damage: Damage | None = None
    walk = Walk([], None)
    try:
        segments = list_segments(directory)
        walk = Walk(segments, keys if segments or verifying else None)
        for proven in walk:
            tally.count(proven, walk)
        if not (is_written or writer(directory) is not None):
            _refuse_open_end(walk)
        if keys and verifying:
            _refuse_cut(walk, directory, [*verifying, *keys.verifying_keys()])
        tally.finish(walk)
    except DamagedLogError as error:
        damage = error.damage
    return VerifyReport(
        records=walk.position.records,
        entries=tally.entries,
        segments=len(segments),
        first_bad=damage,
        head=walk.position.chain.hex(),
        tears=tally.tears,
        uncovered=walk.position.records - tally.covered,
        is_keyed=keys is not None,
    )


def _refuse_open_end(walk: Walk) -> None:
    name, end = walk.end
    if walk.tear:
        detail = (
            f"{walk.tear.length} bytes are no whole record; the agent's next start explains them if a crash left them"
        )
        raise DamagedLogError(name, end, Kind.TORN, detail)
    if not walk.is_closed:
        raise DamagedLogError(name, end, Kind.UNCLOSED, "the session did not end, and its writer is gone")


def _refuse_cut(walk: Walk, directory: Path, verifying: Sequence[bytes]) -> None:
    if walk.position.announced not in verifying:
        name, end = walk.end
        raise DamagedLogError(name or directory.name, end, Kind.CUT, "the signing key knows of more records")


class _Tally:
    """Counts while the log is walked, and compares it with the anchors."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        self.entries = 0
        self.tears = 0
        self.covered = 0
        self._last = max((anchor.records for anchor in anchors), default=0)
        self._heads: dict[int, list[str]] = {}
        for anchor in anchors:
            self._heads.setdefault(anchor.records, []).append(anchor.head)

    def count(self, proven: Proven, walk: Walk) -> None:
        kind = proven.header.type
        if kind == Type.UNCLEAN_START:
            self.tears += 1
        if kind == Type.ENTRY:
            self.entries += 1
            if proven.cipher and open_entry(proven.cipher, proven.log_id, proven.header, proven.body) is None:
                raise DamagedLogError(proven.segment, proven.offset, Kind.ALTERED, "holds no entry")
        for head in self._heads.get(walk.position.records, ()):
            if len(head) < _SHORTEST_HEAD or not walk.position.chain.hex().startswith(head):
                detail = f"an anchor saw {head} after {walk.position.records} records"
                raise DamagedLogError(proven.segment, proven.offset, Kind.ANCHOR_MISMATCH, detail)
            self.covered = walk.position.records

    def finish(self, walk: Walk) -> None:
        if self._last > walk.position.records:
            name, end = walk.end
            detail = f"an anchor saw {self._last} records, {walk.position.records} are here"
            raise DamagedLogError(name, end, Kind.CUT, detail)
