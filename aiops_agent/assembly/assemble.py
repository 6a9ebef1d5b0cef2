"""Bytes of a log become error records, counted by fault; only the neighbourhood of a find is looked at in Python."""

from bisect import bisect_left
from operator import itemgetter

from aiops_agent.assembly import patterns
from aiops_agent.assembly.blocks import Block, Blocks, Places
from aiops_agent.assembly.extent import Extent
from aiops_agent.assembly.headline import headline
from aiops_agent.assembly.heads import KNOWN, Heads, learn
from aiops_agent.assembly.lines import ZEROS
from aiops_agent.assembly.local import NOTHING_ADDED, Local
from aiops_agent.assembly.mask import mask
from aiops_agent.assembly.memory import Memory
from aiops_agent.assembly.redact import redact_record
from aiops_agent.assembly.relayed import REACH, relay_of
from aiops_agent.assembly.search import Search
from aiops_agent.assembly.shapes import Form, Shape, Shapes, text_of
from aiops_agent.assembly.span import Span, context, first_line, is_thrown, is_trace, span, walk
from aiops_agent.model.event import Fingerprint, Severity, Sighting
from aiops_agent.noun import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_RECORD = 65_536
MOST_LINES = 500

MOST_TEXT = 16 << 20
"""Characters of different records that are held whole until they are taken: a flood of long ones is held in part."""

LONGEST_WHEN_MANY = 1_000

_FIRST_BYTE = itemgetter(1)
"""Of a hit."""

_LONGEST_WORD = 4_096
"""Bytes left out at the most where a record is cut: longer than any token that is not known by its first bytes."""


class Assembly:
    """The search automaton and what it learns, shared by all files of a tick."""

    def __init__(self, local: Local = NOTHING_ADDED, memory: Memory | None = None) -> None:
        """Look for the built-in patterns and for those of the host; `memory`: of forms that earlier ticks masked."""
        self._local = local
        self._masked = memory.mask if memory else mask
        self._searches = {KNOWN.words: Search(patterns.LITERALS, local.literals)}
        self._shapes = {_key(KNOWN): Shapes(KNOWN, local, self._masked)}

    def stretch(self, start: int, counted_until: int, record_end: int, sample: bytes = b"") -> "Assembler":
        """Return an assembler for one file from byte `start` on.

        Args:
            start: A line start. Where the last counted record began, so that late lines extend it.
            counted_until: Records that begin before this byte were counted already.
            record_end: Where the record at `start` ended when it was first counted: that much decides its fingerprint.
            sample: The first bytes of the file, by which it is learnt how its records begin.
        """
        heads = learn(sample)
        shapes = self._shapes.setdefault(_key(heads), Shapes(heads, self._local, self._masked))
        search = self.search(heads)
        return Assembler(search, shapes, start=start, counted_until=counted_until, record_end=record_end)

    def search(self, heads: Heads) -> Search:
        """Return what finds the errors of a file whose records begin so."""
        known = self._searches.get(heads.words)
        if known is None:
            known = self._searches[heads.words] = Search(patterns.LITERALS, self._local.literals, heads.words)
        return known


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found since it was last asked for, and from where to read on if all of it is kept."""

    sightings: tuple[Sighting, ...]
    offset: int
    record_start: int
    longest_line: int
    """Length of the longest line of which only the head was kept; 0 when none was cut."""

    binary: bool
    """NUL bytes were seen."""

    record_end: int
    """Where the record at `record_start` ended when it was first counted."""


@dataclass(slots=True)
class _Tally:
    shape: Shape
    severity: Severity
    text: str
    count: int = 0


class Assembler:
    """One stretch of one file. Any split of the same bytes into chunks gives the same records."""

    def __init__(self, search: Search, shapes: Shapes, *, start: int, counted_until: int, record_end: int) -> None:
        self._search = search
        self._shapes = shapes
        self._heads = shapes.heads
        self._start = start
        self._counted_until = counted_until
        self._first_end = record_end or counted_until
        self._blocks = Blocks(start)
        self._buffer = b""
        """Lines still needed: of a record that may go on, or a head that may carry what the next block begins with."""

        self._places = Places(start)
        self._hits: list[int] = []
        """Those in the buffer that are still to be looked at."""

        self._kept = 0
        """Index in the buffer before which all lines belong to records, or to none."""

        self._needed = 0
        """Index in the buffer from which lines are still needed, as far as is known in the midst of a scan."""

        self._tallies: dict[Fingerprint, _Tally] = {}
        self._held = 0
        """Characters of the records in `_tallies`."""

        self._claimed: set[int] = set()
        """Places of lines that belong to a record although lines of other writers stand between."""

        self._draining: Extent | None = None
        self._read_until = max(start, counted_until)
        self._record_start = start
        self._record_end = record_end

    @property
    def faults(self) -> int:
        """Return how many different faults wait to be taken."""
        return len(self._tallies)

    @property
    def may_be_cut(self) -> bool:
        """Tell whether another stretch can go on from where `take` says: no line from there on is counted already.

        Else lines of a record that was counted, behind those of other writers, would look like records of their own.
        """
        return not (self._claimed or self._draining or self._kept)

    @property
    def state(self) -> bytes:
        """Return what decides how it goes on: two of one file with the same find the same from there on; else empty."""
        if not self.may_be_cut:
            return b""
        record_end = self._record_end if self._record_end > self._record_start else 0
        marks = (*self._places.marks(),)
        here = (self._blocks.state, self._buffer, marks, self._hits, self._record_start, self._read_until, record_end)
        return repr(here).encode()

    def feed(self, chunk: bytes) -> None:
        """Count the records that end in what is known by now."""
        block = self._blocks.add(chunk)
        if block:
            self._take_in(block, self._search.find(block.text))

    def skip(self, length: int) -> None:
        """Take note of a hole: so many NUL bytes that nobody wrote, and that are not worth looking at."""
        self._blocks.skip(length)

    def finish(self, *, final: bool, waited: bool = False) -> None:
        """Count the records at the end of what can be read; nothing can be fed after that.

        Args:
            final: Nothing will be added to the file any more, so its last line counts without a newline.
            waited: Its last line has been waited for long enough: it counts as it is, and may still go on.
        """
        unfinished = self._blocks.end
        if (final or waited) and (rest := self._blocks.close()):
            unfinished = rest.places.of(0)
            self._take_in(rest, self._search.find(rest.text))
        begun = min(self._places.of(self._scan(at_end=True)), unfinished)
        read = self._blocks.end if final or waited else self._places.of(len(self._buffer))
        self._read_until = max(read, self._counted_until)
        may_grow = not final and self._read_until - begun <= LONGEST_RECORD
        self._record_start = begun if may_grow else self._read_until

    def take(self) -> Gathered:
        """Return what was gathered since the last call."""
        sightings = tuple(
            Sighting(
                fingerprint=tally.shape.fingerprint,
                severity=tally.severity,
                count=tally.count,
                text=tally.text,
                headline=headline(tally.text),
                grouped_by=tally.shape.grouped_by,
            )
            for tally in self._tallies.values()
        )
        self._tallies, self._held = {}, 0
        blocks = self._blocks
        return Gathered(
            sightings, self._read_until, self._record_start, blocks.longest, blocks.binary, self._record_end
        )

    def _take_in(self, block: Block, hits: "Sequence[tuple[int, int, int]]") -> None:
        """Count what can be counted once a block is there, and forget the lines that are no longer needed."""
        goes_on = not self._heads.begins(block.text, 0) or block.text.startswith(patterns.SECOND_HEADS)
        goes_on = goes_on or self._is_of_the_same_program(block.text)
        if self._hits or self._draining or goes_on:
            before = len(self._buffer)
            self._places.join(before, block.places)
            self._buffer += block.text
            if before and block.text.startswith(patterns.FRAME):  # which is found by the newline before them
                self._hits.append(before - 1)
            self._hits += self._places_of(hits, block.text, before)
        else:  # what is still there could only have been the head of what begins without one
            self._buffer, self._places, self._kept = block.text, block.places, 0
            self._hits = self._places_of(hits, block.text, 0)
        needed = self._scan(at_end=False)
        self._hits = [hit - needed for hit in self._hits[bisect_left(self._hits, needed) :]]
        self._places = self._places.between(needed, len(self._buffer))
        self._buffer = self._buffer[needed:]
        self._kept = max(0, self._kept - needed)
        self._record_start = self._places.of(0)
        self._read_until = max(self._record_start, self._counted_until)
        if self._claimed:
            self._claimed = {place for place in self._claimed if place >= self._record_start}

    def _places_of(self, hits: "Sequence[tuple[int, int, int]]", text: bytes, before: int) -> list[int]:
        """Return where in the buffer the hits of a block lie that comes behind so many bytes.

        A level that is a line's first letter is found by the newline before it, but lies behind that. What was raised
        stands above a frame that was relayed.
        """
        opening, frames = self._heads.opening_words, self._heads.relayed_frames
        if not (before or opening or frames):
            return list(map(_FIRST_BYTE, hits))
        if frames:
            lines = [text.rfind(b"\n", 0, hit) if text.startswith(frames, hit) else hit for _, hit, _ in hits]
            return sorted(max(before + hit, 0) for hit in lines)
        if not opening:
            return [before + hit for _, hit, _ in hits]
        first = [before] if text.startswith(opening) else []
        return first + [before + hit + text.startswith(opening, hit + 1) for _, hit, _ in hits]

    def _is_of_the_same_program(self, text: bytes) -> bool:
        """Tell whether the first line of a block and the last in the buffer are one program's, relayed by another."""
        writer = relay_of(text, 0)
        last = self._buffer.rfind(b"\n", 0, -1) + 1
        return bool(writer) and bool(self._buffer) and writer == relay_of(self._buffer, last)

    def _scan(self, *, at_end: bool) -> int:
        """Count what can be counted and return the index from which lines are still needed."""
        buffer, shapes, tallies, forms = self._buffer, self._shapes, self._tallies, self._shapes.forms
        line_before, line_behind = buffer.rfind, buffer.find
        taken = kept = self._drained() if self._draining else self._kept
        if self._draining and not at_end:
            return kept
        self._needed = len(buffer)
        is_new = self._record_start >= self._counted_until and not self._claimed
        for hit in self._hits:
            if hit < taken:
                continue
            start = line_before(b"\n", 0, hit) + 1
            end = line_behind(b"\n", hit) + 1
            line = buffer[start : end - 1]
            form = forms.get(line.translate(ZEROS)) or shapes.judged(line)
            if form.is_learnt and is_new:
                shape, behind = form.repeated(buffer, start, end)
                if behind and (form.is_alone or not self._belongs_to_others(form, start, behind, kept)):
                    tally = tallies.get(shape.fingerprint) or self._tally(shape, form, buffer[start:behind])
                    tally.count += 1
                    taken = kept = behind
                    continue
            if form.says_nothing:
                taken = end
                continue
            taken, kept, is_whole = self._look(form, start, end, kept, at_end=at_end)
            if not is_whole:
                self._kept = kept
                return self._needed if self._draining else max(kept, context(buffer, self._needed))
            is_new = is_new and not self._claimed
        self._kept = kept
        # The last line with a head may carry an exception: it is looked at again when more is there.
        return self._needed if at_end else max(kept, context(buffer, len(buffer)))

    def _look(self, form: Form, start: int, end: int, earliest: int, *, at_end: bool) -> tuple[int, int, bool]:
        """Count the record that the line from `start` to `end` belongs to, if it is an error.

        Return the index behind it, the one behind all that is known to belong to records, and whether it
        is whole: if not, `_needed` says from where on to wait for more.
        """
        if self._claimed and self._places.of(start) in self._claimed:
            return end, end, True
        buffer = self._buffer
        found = span(buffer, first_line(buffer, start, earliest, self._heads), self._heads)
        if found.ended and not found.covers(start):  # the head above is another record's, or nobody's
            found = span(buffer, start, self._heads)
        if not found.ended and not at_end and len(buffer) - found.start <= LONGEST_RECORD:
            self._needed = found.start
            return earliest, earliest, False
        is_error = self._count(form, found, start)
        if not found.ended:
            self._needed = min(self._needed, found.start)
            if not at_end and len(found.pieces) == 1:
                self._draining = found.extent
                self._needed = found.end
                return found.end, found.end, False
        if not is_error:
            return end, earliest, True
        behind = self._claim(found)
        return behind, behind, True

    def _claim(self, found: Span) -> int:
        """Return the end of the lines of a record up to the first of another writer; remember those behind."""
        for start, end in found.pieces[1:]:
            at = start
            while at < end:
                self._claimed.add(self._places.of(at))
                at = self._buffer.find(b"\n", at) + 1
        return found.pieces[0][1]

    def _drained(self) -> int:
        """Skip the lines of a record that is longer than is kept, and return where the next can begin."""
        at = 0
        if self._draining:
            at, ended = walk(self._draining, self._buffer, 0)
            if ended:
                self._draining = None
        return at

    def _belongs_to_others(self, form: Form, start: int, end: int, earliest: int) -> bool:
        """Tell whether lines above or below are part of a record that looks like one seen before."""
        if not form.begins and first_line(self._buffer, start, earliest, self._heads) != start:
            return True
        return not form.is_plain and (form.takes_any_line or self._goes_on(form, start, end))

    def _goes_on(self, form: Form, start: int, end: int) -> bool:
        """Tell whether the writer of the line at `start` may have more to say about it behind `end`."""
        buffer = self._buffer
        opening, ending = form.writer_marks
        first = buffer.find(opening, start, end) if opening else -1
        if first < 0:
            return self._shapes.goes_on(form, buffer[end : buffer.find(b"\n", end)], is_own=True)
        writer = buffer[first : buffer.find(ending, first) + len(ending)]
        at, below = buffer.find(writer, end, end + REACH), buffer.find(b"\n", end)
        if self._shapes.goes_on(form, buffer[end:below], is_own=0 <= at < below):
            return True
        if form.takes_traced_words and (len(buffer) < end + REACH or _shows_a_trace(buffer, end)):
            return True
        if at < 0:
            return len(buffer) < end + REACH
        line = buffer.rfind(b"\n", 0, at) + 1
        return self._shapes.goes_on(form, buffer[line : buffer.find(b"\n", at)], is_own=True)

    def _count(self, form: Form, found: Span, line_start: int) -> bool:
        """Count what was found if it is an error record, and tell whether it is."""
        if not self._is_error(form, found, line_start, self._buffer):
            return False
        if self._places.of(found.start) < self._counted_until and self._was_counted(form, found, line_start):
            return True
        record = _clip(self._buffer, found)
        if self._shapes.local.ignores(record):
            return True
        shape = self._shapes.shape(record)
        if found.start == line_start and form.is_error and len(found.pieces) == 1:
            first_end = self._buffer.find(b"\n", line_start)
            line, body = self._buffer[line_start:first_end], self._buffer[first_end + 1 : found.end]
            self._shapes.learn(form, line, body, shape)
        self._add(shape, form, record)
        self._record_end = self._places.of(found.end)
        return True

    def _was_counted(self, form: Form, found: Span, line_start: int) -> bool:
        """Tell whether an earlier tick counted this record; if it has grown since, note that."""
        known = self._as_read(self._counted_until)
        if line_start >= len(known):
            return False
        if len(known) > self._places.index(self._counted_until):  # it saw only the beginning of the line
            line = known[line_start : known.find(b"\n", line_start)]
            form = self._shapes.judged(line)
        before = span(known, found.start, self._heads)
        if not self._is_error(form, before, line_start, known):
            return False
        if before.end < found.end:
            self._extend(form, found)
        return True

    def _extend(self, form: Form, found: Span) -> None:
        """Note that a record counted before has grown, under the fingerprint it was counted by."""
        is_first = self._places.of(found.start) == self._start
        known = self._as_read(self._first_end if is_first else self._counted_until)
        shape = self._shapes.shape(_clip(known, span(known, found.start, self._heads)))
        self._add(shape, form, _clip(self._buffer, found), count=0)

    def _as_read(self, until: int) -> bytes:
        """Return the buffer as it was when the file was read up to that place, in the middle of a line perhaps."""
        known = self._buffer[: self._places.index(until)]
        return known if known.endswith(b"\n") or not known else known + b"\n"

    def _is_error(self, form: Form, found: Span, line_start: int, buffer: bytes) -> bool:
        if form.is_error or is_thrown(buffer, line_start, found):
            return True
        if found.extent.is_complete:
            return False
        below = buffer.find(b"\n", line_start) + 1
        return found.extent.is_traced or (below < found.end and is_trace(buffer, below, self._heads))

    def _add(self, shape: Shape, form: Form, record: bytes, *, count: int = 1) -> None:
        tally = self._tallies.get(shape.fingerprint) or self._tally(shape, form, record)
        tally.count += count

    def _tally(self, shape: Shape, form: Form, record: bytes) -> _Tally:
        text = redact_record(text_of(record))
        self._held += len(text)
        if self._held > MOST_TEXT:
            text = text[:LONGEST_WHEN_MANY]
        return self._tallies.setdefault(shape.fingerprint, _Tally(shape, form.severity, text))


def _key(heads: Heads) -> tuple[frozenset[bytes], frozenset[bytes], tuple[bytes, ...], tuple[bool, ...]]:
    of_relays = (heads.relayed_are_bare, heads.relayed_have_heads)
    flags = (heads.are_rare, *of_relays, heads.levels_are_small, heads.bare_stand_alone)
    return heads.signatures, heads.ordinary, heads.words, flags


def _shows_a_trace(buffer: bytes, start: int) -> bool:
    """Tell whether what may be a trace stands within reach of the line that ends at `start`."""
    return any(buffer.find(sign, start, start + REACH) >= 0 for sign in patterns.TRACED)


def _clip(buffer: bytes, found: Span) -> bytes:
    """Return the record as far as it is kept; a word that is cut there is left out, for it may be half of a secret."""
    if len(found.pieces) == 1:
        record = buffer[found.start : min(found.end, found.start + LONGEST_RECORD)]
        is_cut = found.end - found.start > LONGEST_RECORD
    else:
        whole = b"".join(buffer[start:end] for start, end in found.pieces)
        record, is_cut = whole[:LONGEST_RECORD], len(whole) > LONGEST_RECORD
    if is_cut:
        last = max(record.rfind(b" "), record.rfind(b"\n"), record.rfind(b"\t"), LONGEST_RECORD - _LONGEST_WORD)
        record = record[:last]
    if record.count(b"\n") <= MOST_LINES:
        return record
    return b"\n".join(record.split(b"\n", MOST_LINES)[:MOST_LINES])
