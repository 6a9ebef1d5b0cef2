"""One tick through a journal: entries are dealt out to the lanes of their units, and come back as batches."""

from collections.abc import Iterator, Mapping

from aiops_agent.hints import NamedTuple
from aiops_agent.model.event import Batch, Cursor, Notice
from aiops_agent.noun import replace
from aiops_agent.sources.entry import OWN_UNITS, path_of, service_of, unit_of
from aiops_agent.sources.journalctl import LONGEST, Entry
from aiops_agent.sources.lane import GROWS_FOR, Lane
from aiops_agent.sources.stretch import Stretches
from aiops_agent.sources.trail import Place, Trail, place_of

BATCH_BYTES = 4 << 20
"""Of all units together: each one's batch is a transaction, and where its lines came from is remembered until then."""

BATCH_FAULTS = 2_000
_LOOKED_AT_EVERY = 512
"""Entries between two looks at how many faults wait."""


class Wanted(NamedTuple):
    """Which entries are read, and for whom."""

    units: frozenset[str]
    """Empty: all but the agent's own."""

    service: str | None
    """What a playbook may act on, if it is another unit than the one that wrote."""

    def has(self, unit: str) -> bool:
        """Tell whether the entries of a unit are read."""
        return unit in self.units if self.units else unit not in OWN_UNITS


class Dealing:
    """Takes the entries of a trail, gives batches."""

    def __init__(
        self, trail: Trail, whole: Cursor, known: Mapping[str, Cursor], assembly: Stretches, wanted: Wanted
    ) -> None:
        """Deal out nothing yet.

        Args:
            trail: What the entries come from; it knows where they begin.
            whole: Up to where everything was counted.
            known: How far single units were read, where that is another place, or a record is open.
            assembly: Makes error records of lines.
            wanted: What the configuration says.
        """
        self._trail = trail
        self._whole = whole
        self._known = dict(known)
        self._assembly = assembly
        self._wanted = wanted
        self._saved = dict(known)
        self._lanes: dict[str, Lane] = {}
        self._touched: set[str] = set()
        """Units with entries since the last batches."""

        self._entries = self._bytes = self._unsaid = 0

    def take(self, entry: Entry) -> None:
        """Give an entry to its unit, unless it was counted on an earlier tick and no open record began with it."""
        unit = unit_of(entry)
        if not self._wanted.has(unit):
            return
        known = self._known.get(unit)
        if known and known.resume and not self._trail.has_open_records:
            known = self._known[unit] = _closed(known)
        place = place_of(entry.cursor)
        is_new = self._is_new(place, known)
        if not is_new and not (known and known.resume and not place_of(known.resume).is_behind(place)):
            return
        lane = self._lanes.get(unit)
        if lane is None:
            lane = self._lanes[unit] = Lane(self._whole.journal, unit, known, self._assembly)
        length = lane.add(entry)
        self._touched.add(unit)
        self._entries += 1
        self._bytes += length
        self._unsaid += length if is_new else 0

    def _is_new(self, place: Place, known: Cursor | None) -> bool:
        counted = [at for at in (self._whole, known) if at and at.cursor]
        if self._trail.is_lost:
            return all(place.realtime > at.realtime for at in counted)
        return all(place.is_behind(place_of(at.cursor)) for at in counted)

    def is_full(self) -> bool:
        """Tell whether enough was found for a transaction of its own."""
        if self._bytes >= BATCH_BYTES:
            return True
        is_time = self._entries % _LOOKED_AT_EVERY == 0
        return is_time and sum(lane.faults for lane in self._lanes.values()) >= BATCH_FAULTS

    def batches(self, *, ended: bool) -> Iterator[Batch]:
        """Yield what was found in each unit since the last time, and at last how far the whole is read."""
        last = self._trail.last
        if last is None:
            return
        # A unit whose writers' records lie among each other waits; the whole has not come further than it.
        waiting = set() if ended else {unit for unit in self._touched if not self._lanes[unit].may_be_cut()}
        for unit in sorted(self._lanes if ended else self._touched - waiting):
            yield from self._of_lane(unit, last, ended=ended)
        if ended:
            yield from self._forgotten(last)
        self._touched = waiting
        self._bytes = 0
        if not waiting:
            yield from self._of_whole(last)

    def _of_lane(self, unit: str, last: Entry, *, ended: bool) -> Iterator[Batch]:
        taken = self._lanes[unit].take(ended=ended, now=last.realtime)
        notices: tuple[Notice, ...] = ()
        if taken.longest:
            detail = f"a message of {taken.longest} bytes: only its first {LONGEST >> 10} KiB were looked at"
            notices = (Notice("long_line", path_of(unit), detail),)
        before = self._saved.get(unit)
        if taken.sightings or notices or _resumption(taken.cursor) != _resumption(before):
            self._saved[unit] = taken.cursor
            yield replace(self._batch(taken.cursor), sightings=taken.sightings, notices=notices)

    def _forgotten(self, last: Entry) -> Iterator[Batch]:
        """Close the records of units that have said nothing since, once nothing can extend them any more."""
        for unit, at in self._known.items():
            is_old = not self._trail.has_open_records or last.realtime - place_of(at.resume).realtime > GROWS_FOR
            if at.resume and unit not in self._lanes and is_old:
                yield self._batch(_closed(at))

    def _of_whole(self, last: Entry) -> Iterator[Batch]:
        moved = replace(self._whole, cursor=last.cursor, realtime=last.realtime, boot=last.boot)
        gap, self._trail.gap = self._trail.gap, ""
        if gap or moved != self._whole:
            notices = (Notice("journal_gap", path_of(""), gap),) if gap else ()
            yield replace(self._batch(moved), notices=notices, read_bytes=self._unsaid)
            self._unsaid = 0

    def _batch(self, cursor: Cursor) -> Batch:
        unit = "" if cursor.unit == Cursor.WHOLE else cursor.unit
        return Batch(
            path_of(unit), self._wanted.service or service_of(unit), cursor, (), (), read_bytes=0, lost_bytes=0
        )


def _closed(at: Cursor) -> Cursor:
    return replace(at, resume="", counted=0, record_end=0)


def _resumption(at: Cursor | None) -> tuple[str, int, int]:
    return (at.resume, at.counted, at.record_end) if at else ("", 0, 0)
