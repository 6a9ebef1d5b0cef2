"""Where reading a journal goes on: at the entry it ended with or, when that is gone, at its time; what is missing."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from aiops_agent.hints import NamedTuple
from aiops_agent.sources.journalctl import Entry, Journal, JournalError

_MARGIN = 5_000_000
"""Microseconds before the time of a lost place from where on entries are looked at again."""

_TRIES = 3
"""Times that reading is resumed behind one and the same entry before it is given up."""


class Place(NamedTuple):
    """Where an entry stands among the others."""

    sequence: str
    """Id of what numbered it; empty when not known."""

    number: int
    realtime: int
    """Microseconds since 1970 UTC by the clock of then, which may have been set since."""

    def is_behind(self, other: "Place") -> bool:
        """Tell whether it came later."""
        if self.sequence and self.sequence == other.sequence:
            return self.number > other.number
        return self.realtime > other.realtime


@lru_cache(maxsize=256)  # each cursor is asked for several times in a row, some with every entry
def place_of(cursor: str) -> Place:
    """Return where the entry of a cursor stands, as far as the cursor says so: `s=SEQUENCE;i=NUMBER;...;t=TIME;...`."""
    parts = dict(part.partition("=")[::2] for part in cursor.split(";"))
    try:
        return Place(parts.get("s", ""), int(parts.get("i", "0"), 16), int(parts.get("t", "0"), 16))
    except ValueError:
        return Place("", 0, 0)


class Trail:
    """The entries of one tick. What it found out of its beginning holds once the first entry has come."""

    def __init__(self, journal: Journal, cursor: str, realtime: int, open_records: Sequence[str]) -> None:
        """Begin nothing yet.

        Args:
            journal: What is read.
            cursor: Of the last entry read; empty: none was.
            realtime: When it was written.
            open_records: Cursors of entries with which records began that late entries may extend.
        """
        self._journal = journal
        self._cursor = cursor
        self._realtime = realtime
        self._open_records = open_records
        self.is_lost = False
        """The last entry read is not there any more: what is newer by its time is new."""

        self.has_open_records = True
        """The entries of the open records are still there."""

        self.gap = ""
        """What is known of entries that cannot be read any more."""

        self.last: Entry | None = None

    def entries(self) -> Iterator[Entry]:
        """Yield every entry that may be needed, the oldest first; also some that were read before.

        Raises:
            JournalError: The journal cannot be read, or not on from some entry.
        """
        archives = self._journal.archives()
        skipped = 0
        try:
            for entry in self._found():
                if self.last:
                    skipped += _between(place_of(self.last.cursor), place_of(entry.cursor))
                self.last = entry
                yield entry
        finally:
            # journald deallocates what it removes: who has the file open reads on behind it, and is told nothing.
            if skipped and archives - self._journal.archives():
                self.gap += f"{self.gap and '; '}up to {skipped} entries were removed while they were read"

    def _found(self) -> Iterator[Entry]:
        if not self._cursor:
            yield from self._resumed(self._journal.beginning())
            return
        for start in dict.fromkeys((self._oldest(), self._cursor)):
            entries = self._journal.at(start)
            try:
                first = next(entries, None)
            except JournalError:  # it is no cursor
                first = None
            if first and first.cursor == start:
                yield first
                yield from self._resumed(entries, first)
                return
            self.has_open_records = False
        self.is_lost = True
        yield from self._found_by_time()

    def _oldest(self) -> str:
        oldest = self._cursor
        for cursor in self._open_records:
            if place_of(oldest).is_behind(place_of(cursor)):
                oldest = cursor
        return oldest

    def _found_by_time(self) -> Iterator[Entry]:
        entries = self._resumed(self._journal.since(self._realtime - _MARGIN))
        first = next((entry for entry in entries if entry.realtime > self._realtime), None)
        if first:
            self.gap = self._missing_before(first)
            yield first
            yield from entries
            return
        # All is older than what was read, by the clocks of then; or all was cleared away, and the next entry tells.
        self.last = self._journal.newest()
        if self.last:
            self.gap = (
                f"reading ended at {_shown(self._realtime)}, but the journal's newest entry is of "
                f"{_shown(self.last.realtime)}: the clock was set back, or the journal was replaced. Reading goes on "
                "there; what was written in between may not have been read"
            )

    def _missing_before(self, first: Entry) -> str:
        at, behind = place_of(self._cursor), place_of(first.cursor)
        known = f"the entry where reading ended at {_shown(self._realtime)} is not in the journal any more"
        if not at.sequence or at.sequence != behind.sequence:
            return f"{known}; reading goes on at {_shown(first.realtime)}; how many are missing is not known"
        missing = _between(at, behind)
        if not missing:
            return f"{known}; none behind it is missing"
        return f"{known}; {missing} entries until {_shown(first.realtime)} were removed before they were read"

    def _resumed(self, entries: Iterator[Entry], last: Entry | None = None) -> Iterator[Entry]:
        """Yield `entries` and, when reading fails on the way, those behind the last that came."""
        failed = 0
        while True:
            try:
                for entry in entries:
                    if last and entry.cursor == last.cursor:
                        continue
                    last, failed = entry, 0
                    yield entry
            except JournalError:
                failed += 1
                if last is None or failed > _TRIES:
                    raise
                # A file was removed, or is damaged there: the last try leads around the place by time.
                entries = self._journal.since(last.realtime + 1) if failed == _TRIES else self._journal.at(last.cursor)
            else:
                return


def _between(first: Place, second: Place) -> int:
    """Return how many entries were numbered between two, of one sequence."""
    is_known = first.sequence and first.sequence == second.sequence
    return max(0, second.number - first.number - 1) if is_known else 0


def _shown(realtime: int) -> str:
    return datetime.fromtimestamp(realtime / 1_000_000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
