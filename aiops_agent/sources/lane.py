"""The entries of one unit as one stretch of lines, and which entry each line came from."""

from collections import deque

from aiops_agent.hints import NamedTuple
from aiops_agent.model.event import Cursor, Sighting
from aiops_agent.noun import replace
from aiops_agent.sources.entry import line_of
from aiops_agent.sources.journalctl import LONGEST, Entry
from aiops_agent.sources.stretch import Stretches
from aiops_agent.sources.trail import place_of

_AT_ONCE = 16_384
"""Bytes of lines that are gathered before they are searched."""

_REMEMBERED = 16 * LONGEST
"""Bytes back to which the entry of a line is known: more than what may go on is long, and what is being searched."""

GROWS_FOR = 30_000_000
"""Microseconds after its first entry in which late ones extend a record: who crashes says all of it at once."""


class Taken(NamedTuple):
    """What a lane had found when it was asked."""

    sightings: tuple[Sighting, ...]
    cursor: Cursor
    longest: int
    """Length of the longest message of which only the head was kept; 0 when none was cut."""


class Lane:
    """One unit on one tick."""

    def __init__(self, journal: str, unit: str, known: Cursor | None, assembly: Stretches) -> None:
        """Go on from the cursor that is known of the unit, if any is."""
        self._at = Cursor(journal, unit, "", 0, "")
        self._last: Entry | None = None
        self._assembly = assembly
        start = (0, known.counted, known.record_end) if known and known.resume else (0, 0, 0)
        self._stretch = assembly.stretch(*start)
        self._entries: deque[tuple[int, str]] = deque()
        """Where the line of each entry begins, and its cursor."""

        self._lines: list[bytes] = []
        self._gathered = 0
        self._length = 0
        self._longest = 0

    @property
    def faults(self) -> int:
        """Return how many different faults wait to be taken."""
        return self._stretch.faults

    def may_be_cut(self) -> bool:
        """Tell whether what was found so far may be kept by itself: no line from there on belongs to it."""
        self._feed()
        return self._stretch.may_be_cut

    def add(self, entry: Entry) -> int:
        """Take the next entry and return the length of its line."""
        line = line_of(entry, self._assembly)
        self._entries.append((self._length, entry.cursor))
        while self._length - self._entries[0][0] > _REMEMBERED and len(self._entries) > 1:
            self._entries.popleft()
        self._lines.append(line)
        self._length += len(line)
        self._gathered += len(line)
        self._last = entry
        if entry.length > LONGEST:
            self._longest = max(self._longest, entry.length)
        if self._gathered >= _AT_ONCE:
            self._feed()
        return len(line)

    def take(self, *, ended: bool, now: int) -> Taken:
        """Return what was found since the last call, and how far the unit is read.

        Args:
            ended: There is nothing more to add.
            now: When the newest entry of the journal was written, in microseconds.
        """
        self._feed()
        if ended:
            self._stretch.finish(final=False)
        gathered = self._stretch.take()
        begun = gathered.record_start
        while len(self._entries) > 1 and self._entries[1][0] <= begun:
            self._entries.popleft()
        offset, resume = self._entries[0]
        is_open = begun < (gathered.offset if ended else self._length)
        if ended and now - place_of(resume).realtime > GROWS_FOR:
            is_open = False
        cursor = self._at
        if self._last:
            cursor = replace(cursor, cursor=self._last.cursor, realtime=self._last.realtime, boot=self._last.boot)
        if is_open:
            record_end = gathered.record_end - offset if begun < gathered.offset else 0
            cursor = replace(cursor, resume=resume, counted=gathered.offset - offset, record_end=max(0, record_end))
        longest, self._longest = self._longest, 0
        return Taken(gathered.sightings, cursor, longest)

    def _feed(self) -> None:
        if self._lines:
            self._stretch.feed(b"".join(self._lines))
            self._lines, self._gathered = [], 0
