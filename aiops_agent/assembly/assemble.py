"""Bytes of a log become error records, counted by fault; only the neighbourhood of a find is looked at in Python."""

from dataclasses import dataclass

import ahocorasick_rs

from aiops_agent.assembly import patterns
from aiops_agent.assembly.extent import Belongs, Extent
from aiops_agent.assembly.headline import headline
from aiops_agent.assembly.judge import Says, may_carry_exception, opens_with_exception
from aiops_agent.assembly.lines import begins_record, is_head, is_indented
from aiops_agent.assembly.redact import redact
from aiops_agent.assembly.shapes import Form, Shape, Shapes, text_of
from aiops_agent.assembly.window import Window
from aiops_agent.model.event import Fingerprint, Severity, Sighting

LONGEST_RECORD = 65_536
MOST_LINES = 500
_LINES_BACK_TO_HEAD = 6


class Assembly:
    """The search automaton and what it learns, shared by all files of a tick."""

    def __init__(self) -> None:
        # LeftmostFirst is what switches the searcher's vector code on: eight times the speed of the default.
        self._finder = ahocorasick_rs.BytesAhoCorasick(
            list(patterns.LITERALS), matchkind=ahocorasick_rs.MatchKind.LeftmostFirst
        )
        self._shapes = Shapes()

    def stretch(self, start: int, counted_until: int, record_end: int) -> "Assembler":
        """Return an assembler for one file from byte `start` on.

        Args:
            start: A line start. Where the last counted record began, so that late lines extend it.
            counted_until: Records that begin before this byte were counted already.
            record_end: Where the record at `start` ended when it was first counted: that much decides its fingerprint.
        """
        return Assembler(self._finder, self._shapes, start=start, counted_until=counted_until, record_end=record_end)


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


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a record, or what may become one, lies in the window."""

    start: int
    end: int
    ended: bool
    """A line that is not part of it was seen."""

    is_error: bool
    extent: Extent


@dataclass(slots=True)
class _Tally:
    shape: Shape
    severity: Severity
    text: str
    count: int = 0


class Assembler:
    """One stretch of one file. Any split of the same bytes into chunks gives the same records."""

    def __init__(
        self,
        finder: ahocorasick_rs.BytesAhoCorasick,
        shapes: Shapes,
        *,
        start: int,
        counted_until: int,
        record_end: int,
    ) -> None:
        self._find = finder.find_matches_as_indexes
        self._shapes = shapes
        self._window = Window(start)
        self._counted_until = counted_until
        self._first_end = record_end or counted_until
        self._tallies: dict[Fingerprint, _Tally] = {}
        self._draining: Extent | None = None
        self._read_until = max(start, counted_until)
        self._record_start = start
        self._record_end = record_end

    @property
    def faults(self) -> int:
        """Return how many different faults wait to be taken."""
        return len(self._tallies)

    def feed(self, chunk: bytes) -> None:
        """Count the records that end in what is known by now."""
        window = self._window
        window.add(chunk)
        window.drop(self._scan(at_end=False))
        self._record_start = window.place(0)
        self._read_until = max(self._record_start, self._counted_until)

    def skip(self, length: int) -> None:
        """Take note of a hole: so many NUL bytes that nobody wrote, and that are not worth looking at."""
        self._window.skip(length)

    def finish(self, *, final: bool) -> None:
        """Count the records at the end of what can be read; nothing can be fed after that.

        Args:
            final: Nothing will be added to the file any more, so its last line counts without a newline.
        """
        window = self._window
        if final:
            window.close()
        begun = window.place(self._scan(at_end=True))
        self._read_until = max(window.place(window.limit), self._counted_until)
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
        self._tallies = {}
        window = self._window
        return Gathered(
            sightings, self._read_until, self._record_start, window.longest, window.binary, self._record_end
        )

    def _scan(self, *, at_end: bool) -> int:
        """Count what can be counted and return the index from which lines are still needed."""
        window = self._window
        limit = window.limit
        buffer = window.bytes if limit == len(window.bytes) else window.bytes[:limit]
        taken = kept = self._drain(buffer)
        needed = limit
        may_be_old = window.place(0) < self._counted_until
        for _, hit, _ in self._find(buffer):
            if hit < taken:
                continue
            line_start = buffer.rfind(b"\n", 0, hit) + 1
            line_end = buffer.find(b"\n", hit)
            form = self._shapes.form(buffer[line_start:line_end])
            if form.verdict.says is Says.NOTHING:
                taken = line_end + 1
                continue
            if not may_be_old and (end := self._repeated(form, buffer, line_start, kept)):
                taken = kept = end
                continue
            span = self._span(form, buffer, _first_line(buffer, line_start, kept), line_start)
            if not span.ended and not at_end and limit - span.start <= LONGEST_RECORD:
                return span.start
            self._count(form, buffer, span, line_start)
            needed = limit if span.ended else span.start
            if not span.ended and not at_end:
                self._draining = span.extent
                return span.end
            taken = kept = span.end if span.is_error else line_end + 1
        # A record may begin on the last line with a head: it is looked at again when more is there.
        return needed if at_end else max(kept, buffer.rfind(b"\n", 0, max(limit - 1, 0)) + 1)

    def _drain(self, buffer: bytes) -> int:
        """Skip the lines of a record that is longer than is kept, and return where the next can begin."""
        at = 0
        if self._draining:
            at, ended = _walk(self._draining, buffer, 0)
            if ended:
                self._draining = None
        return at

    def _repeated(self, form: Form, buffer: bytes, start: int, earliest: int) -> int:
        """Count a record that looks like one before it and return its end; 0 when it has to be looked at."""
        below = buffer.find(b"\n", start) + 1
        if form.kept is None or below >= len(buffer):
            return 0
        known = form.repeated(buffer, start, below)
        if known is None:
            return 0
        shape, end = known
        if not form.begins and _first_line(buffer, start, earliest) != start:
            return 0
        if not form.is_plain and self._shapes.follows_its_writer(buffer[end : buffer.find(b"\n", end)]):
            return 0
        self._add(shape, form.verdict.severity, buffer, start, end)
        return end

    def _span(self, form: Form, buffer: bytes, start: int, line_start: int) -> _Span:
        first_end = buffer.find(b"\n", start)
        extent = Extent(buffer[start:first_end])
        end, ended = _walk(extent, buffer, first_end + 1)
        is_error = form.verdict.says is Says.ERROR
        if not is_error and not extent.is_complete:
            is_error = _is_trace(buffer, buffer.find(b"\n", line_start) + 1)
        return _Span(start, end, ended, is_error, extent)

    def _count(self, form: Form, buffer: bytes, span: _Span, line_start: int) -> None:
        if not span.is_error:
            return
        window = self._window
        if window.place(span.start) < self._counted_until:
            until = window.index(self._counted_until)
            if line_start < until:
                before = self._span(form, buffer[:until], span.start, line_start)
                if before.is_error:
                    if before.end < span.end:
                        self._extend(form, buffer, span, line_start)
                    return
        record = _clip(buffer, span.start, span.end)
        shape = self._shapes.shape(record)
        if span.start == line_start and form.verdict.says is Says.ERROR:
            line = buffer[line_start : buffer.find(b"\n", line_start)]
            self._shapes.learn(form, line, buffer[line_start + len(line) + 1 : span.end], shape)
        self._add(shape, form.verdict.severity, buffer, span.start, span.end)
        self._record_end = window.place(span.end)

    def _extend(self, form: Form, buffer: bytes, span: _Span, line_start: int) -> None:
        """Note that a record counted before has grown, under the fingerprint it was counted by."""
        first = self._span(form, buffer[: self._window.index(self._first_end)], span.start, line_start)
        shape = self._shapes.shape(_clip(buffer, first.start, first.end))
        self._add(shape, form.verdict.severity, buffer, span.start, span.end, count=0)

    def _add(self, shape: Shape, severity: Severity, buffer: bytes, start: int, end: int, *, count: int = 1) -> None:
        tally = self._tallies.get(shape.fingerprint)
        if tally is None:
            text = redact(text_of(_clip(buffer, start, end)))
            self._tallies[shape.fingerprint] = _Tally(shape, severity, text, count)
        else:
            tally.count += count


def _walk(extent: Extent, buffer: bytes, at: int) -> tuple[int, bool]:
    """Return the end of the record whose next line begins at `at`, and whether a line behind it shows that it ended."""
    while at < len(buffer):
        belongs = extent.accepts(buffer, at)
        if belongs is not Belongs.YES:
            return at, belongs is Belongs.NO
        at = buffer.find(b"\n", at) + 1
    return at, False


def _first_line(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where the record begins that an exception at `line_start` belongs to: at the head right above, if any."""
    if begins_record(buffer, line_start):
        return line_start
    above = line_start
    for _ in range(_LINES_BACK_TO_HEAD):
        if above <= earliest:
            break
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        if is_head(buffer, above):
            head = buffer[above : buffer.find(b"\n", above)]
            carries = above >= earliest and may_carry_exception(head) and Extent(head).takes_plain_lines
            return above if carries else line_start
        if not is_indented(buffer[above : above + 1]):
            break
    return line_start


def _is_trace(buffer: bytes, start: int) -> bool:
    """Tell whether what begins at `start` is what follows an exception that was raised: frames, or its own line."""
    line = buffer[start : buffer.find(b"\n", start)] if start < len(buffer) else b""
    if is_indented(line):
        return line.lstrip().startswith((b"at ", b'File "', b"from ", b"#0 ", b"--->", b"raise "))
    return line.startswith(b"Traceback (most") or (not is_head(line, 0) and opens_with_exception(line))


def _clip(buffer: bytes, start: int, end: int) -> bytes:
    """Return the record as far as it is kept."""
    record = buffer[start : min(end, start + LONGEST_RECORD)]
    if record.count(b"\n") <= MOST_LINES:
        return record
    return b"\n".join(record.split(b"\n", MOST_LINES)[:MOST_LINES])
