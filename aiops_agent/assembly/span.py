"""Where a record lies among the lines around it: its head above, its end below, the lines of others in between."""

from aiops_agent.assembly import patterns
from aiops_agent.assembly.clues import FROM, Belongs, is_place_in_ruby, names_what_was_given, tells_of_a_signal
from aiops_agent.assembly.extent import Extent
from aiops_agent.assembly.heads import KNOWN, Heads
from aiops_agent.assembly.judge import (
    died_in_perl,
    is_assertion_of_glib,
    is_frame_of_glibc,
    is_frame_of_java,
    is_frame_of_ruby,
    may_be_raised_in_ruby,
    may_carry_exception,
    opens_with_exception,
    raised_in_php,
    says_what_failed,
    stands_alone,
    states_error,
)
from aiops_agent.assembly.lines import is_half_a_head, is_head, is_indented, origin
from aiops_agent.assembly.relayed import REACH, own_lines_above, own_lines_below, relay_of, said_around
from aiops_agent.noun import dataclass

LINES_BACK_TO_HEAD = 6

_LINES_OF_AN_EXCERPT = 3
_LINES_OF_A_CHAIN = 500
_LINES_OF_CONTEXT = 500
_FRAMES_KEPT = (b" ", b"\t", b"#")
_NEWLINE = ord("\n")
_LAST = (*(b"%d" % digit for digit in range(10)), b"#")
"""How a line ends above an excerpt of the source, or above what a runtime of Java says as it crashes."""

_CAUSE = b"Caused by: "
_NEXT_OF_PHP = b"Next "
_MARKS_OF_PHP = (patterns.PHP_TRACE, b"#")
_FRAMES_ABOVE_A_CAUSE = 200
_LONG_AFTER = (patterns.FATAL_IN_NODE, patterns.NODE_ENDS, patterns.PHP_TRACE, _NEXT_OF_PHP, _CAUSE)
"""What stands many lines below the one that says what was raised."""

_LINES_BACK_TO_THROW = 40
"""Node shows ten frames, and what was thrown may take some lines."""

_WORKER = b"[worker "
"""What a thread of Node runs that was given as text: `[worker eval]:1`."""

_USAGE = b"usage: "
_PROGRESS = (*(b"F", b"E"), b"**")
_MENTIONS = 8
"""Times that a writer may be named between without the line being its own."""

Piece = tuple[int, int]
"""Indexes where whole lines of a record begin and end."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a record, or what may become one, lies in a buffer."""

    pieces: tuple[Piece, ...]
    """More than one where the lines of other writers stand between."""

    ended: bool
    """A line that is not part of it was seen."""

    extent: Extent

    @property
    def start(self) -> int:
        """Return where its first line begins."""
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        """Return where its last line ends."""
        return self.pieces[-1][1]

    def covers(self, at: int) -> bool:
        """Tell whether the line at this index is part of it."""
        return any(start <= at < end for start, end in self.pieces)


def span(buffer: bytes, start: int, heads: Heads) -> Span:
    """Return where the record lies that begins with the line at `start`; `buffer` ends in a newline."""
    said = start
    while (below := _behind_preamble(buffer, said)) != said:
        said = below
    first_end = buffer.find(b"\n", said)
    extent = Extent(buffer[said:first_end], heads)
    if said != start:
        extent.note_prelude(buffer[start:said])
    end, ended = walk(extent, buffer, first_end + 1)
    pieces = [(start, end)]
    while ended and extent.writer:
        at, ended = _resumed(extent, buffer, end)
        if at < 0:
            break
        end, ended = walk(extent, buffer, buffer.find(b"\n", at) + 1)
        pieces.append((at, end))
    return Span(tuple(pieces), ended, extent)


def walk(extent: Extent, buffer: bytes, at: int) -> tuple[int, bool]:
    """Return the end of the record whose next line begins at `at`, and whether a line behind it shows that it ended."""
    while at < len(buffer):
        belongs = extent.accepts(buffer, at)
        if belongs is not Belongs.YES:
            return at, belongs is Belongs.NO
        at = buffer.find(b"\n", at) + 1
    return at, False


def _resumed(extent: Extent, buffer: bytes, end: int) -> tuple[int, bool]:
    """Return the line with which the writer goes on behind lines of others, or -1 and whether that is certain."""
    at = end
    for _ in range(_MENTIONS):
        at = buffer.find(extent.writer, at, end + REACH)
        if at < 0:
            return -1, len(buffer) >= end + REACH
        line = buffer.rfind(b"\n", 0, at) + 1
        at = buffer.find(b"\n", at)
        if extent.is_of_writer(buffer[line:at]):
            belongs = extent.accepts(buffer, line)
            return (line, True) if belongs is Belongs.YES else (-1, belongs is Belongs.NO)
    return -1, True


def first_line(buffer: bytes, line_start: int, earliest: int, heads: Heads) -> int:
    """Return where the record begins that an exception at `line_start` belongs to: at the head right above, if any."""
    if writer := relay_of(buffer, line_start):
        return _first_relayed(buffer, line_start, earliest, writer)
    if is_frame_of_glibc(buffer[line_start : buffer.find(b"\n", line_start)]):
        return _signal_above(buffer, line_start, earliest)
    if buffer.startswith((patterns.NODE_ENDS, patterns.FATAL_IN_NODE), line_start):
        return _first_of_node(buffer, line_start, earliest)
    if buffer.startswith(_CAUSE, line_start):
        line_start = _above_frames(buffer, line_start, earliest)
    if buffer.startswith((patterns.PHP_TRACE, _NEXT_OF_PHP), line_start):
        line_start = _said_in_php(buffer, line_start, earliest)
    above = _above_a_place(buffer, line_start, earliest)
    if above == line_start:
        above = _preamble_above(buffer, line_start, earliest)
    if above != line_start:
        return above
    if heads.opens(buffer, line_start):
        return _whole_head(buffer, line_start, earliest)
    return _head_above(buffer, line_start, earliest, heads)


def _first_relayed(buffer: bytes, line_start: int, earliest: int, writer: bytes) -> int:
    message = origin(buffer[line_start : buffer.find(b"\n", line_start)]).message
    most = _LINES_BACK_TO_THROW if message.startswith(_LONG_AFTER) else LINES_BACK_TO_HEAD
    first = own_lines_above(buffer, line_start, earliest, writer, most)
    if first == line_start:
        return line_start
    last = line_start
    if message.startswith(patterns.TRACEBACKS):
        last = own_lines_below(buffer, line_start, writer, _LINES_OF_A_CHAIN)
    said = said_around(buffer, first, last)
    at = 0
    for _ in range(said.starts.index(line_start)):
        at = said.text.find(b"\n", at) + 1
    return said.place(first_line(said.text, at, 0, KNOWN))


def _head_above(buffer: bytes, line_start: int, earliest: int, heads: Heads) -> int:
    """Return where the head is that carries the exception at `line_start`; that line when none does."""
    above, raised = line_start, buffer[line_start : buffer.find(b"\n", line_start)]
    is_signal = tells_of_a_signal(raised, buffer, line_start + len(raised) + 1) is Belongs.YES
    for _ in range(0 if is_signal or stands_alone(raised) else LINES_BACK_TO_HEAD):
        if above <= earliest:
            break
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        if heads.begins(buffer, above):
            head = buffer[above : buffer.find(b"\n", above)]
            takes = heads.bare_stand_alone or Extent(head, heads).takes_plain_lines
            takes = takes or (heads.are_rare and states_error(head))
            is_uncaught = _begins_with_the_module(buffer, line_start, heads) and not _announces(head)
            carries = above >= earliest and may_carry_exception(head, raised, is_uncaught=is_uncaught) and takes
            return _whole_head(buffer, above, earliest) if carries else line_start
        if above == line_start - 1 and opens_with_exception(raised) and _has_frames(buffer, line_start):
            continue  # Spring Boot puts an empty line below its own
        if not is_indented(buffer[above : above + 1]):
            is_object = is_indented(raised) and buffer[above : buffer.find(b"\n", above)].endswith((b"{", b"["))
            return above if is_object and above >= earliest else line_start
    return line_start


def _has_frames(buffer: bytes, start: int) -> bool:
    """Tell whether frames of Java stand below the line at `start`, which may go on for some lines."""
    for _ in range(LINES_BACK_TO_HEAD):
        start = buffer.find(b"\n", start) + 1
        if not start or start >= len(buffer) or is_head(buffer, start) or buffer[start] == _NEWLINE:
            break
        if buffer.startswith(b"\tat ", start):
            return True
    return False


def _signal_above(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where the line begins that names a signal right above a frame of glibc; that line when none does."""
    above = buffer.rfind(b"\n", 0, max(line_start - 1, 0)) + 1
    names = any(sign in buffer[above:line_start] for sign in patterns.SIGNALS)
    return above if names and earliest <= above else line_start


def _above_frames(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where the line begins whose frames end right above the one at `line_start`; that line when none do."""
    above = line_start
    for _ in range(_FRAMES_ABOVE_A_CAUSE):
        if above <= earliest:
            break
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        if not buffer.startswith(b"\t", above):
            return above if above >= earliest and buffer.find(b"\n", above) + 1 < line_start else line_start
    return line_start


def _above_a_place(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where the line begins whose place Perl or Java tells in an indented one, or Ruby right below it."""
    if not is_indented(buffer[line_start : line_start + 1]):
        return line_start
    line = buffer[line_start : buffer.find(b"\n", line_start)]
    above, is_above = line_start, line.startswith(patterns.SAID_ABOVE)
    told_above = is_frame_of_java(line) or (died_in_perl(line) and (not line.startswith(b"\t") or is_above))
    for _ in range(LINES_BACK_TO_HEAD if told_above else int(is_frame_of_ruby(line))):
        if above <= earliest:
            return line_start
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        if not is_indented(buffer[above : above + 1]) or buffer.startswith(b"\tat ", above):
            break
    said = buffer[above : buffer.find(b"\n", above)]
    is_place = not is_head(said, 0) if not is_frame_of_ruby(line) else may_be_raised_in_ruby(origin(said).message)
    return above if said and not is_indented(said) and is_place and above >= earliest else line_start


def _said_in_php(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where begins what PHP says above `Stack trace:`, or above the next exception of a chain."""
    first = above = line_start
    for _ in range(_FRAMES_ABOVE_A_CAUSE):
        if above <= earliest:
            break
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        line = buffer[above : buffer.find(b"\n", above)]
        if not line or line.startswith(_MARKS_OF_PHP):
            continue
        if raised_in_php(line):
            first = above
        elif first == line_start:
            break
        if not line.startswith(_NEXT_OF_PHP) and (b": " in line or is_head(line, 0)):
            return max(above, earliest)
    return max(first, earliest)


def _begins_with_the_module(buffer: bytes, start: int, heads: Heads) -> bool:
    """Tell whether the frames of the last exception in a chain of Python begin with the module: nobody caught it."""
    if not buffer.startswith(patterns.TRACEBACKS, start):
        return False
    last = at = start
    for _ in range(_LINES_OF_A_CHAIN):
        at = buffer.find(b"\n", at) + 1
        if not at or heads.begins(buffer, at):
            break
        if buffer.startswith(patterns.TRACEBACKS, at):
            last = at
    below = buffer.find(b"\n", last) + 1
    return buffer[below : buffer.find(b"\n", below)].endswith(b", in <module>")


def _whole_head(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where a head begins whose second half is the line at `line_start`, or else that line."""
    if line_start <= earliest or not buffer.startswith(patterns.SECOND_HEADS, line_start):
        return line_start
    above = buffer.rfind(b"\n", 0, line_start - 1) + 1
    return above if is_half_a_head(buffer[above : line_start - 1].rstrip(b"\r")) else line_start


def _preamble_above(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where begins what a runtime prints above the line that says what was raised; that line when nothing."""
    above = line_start
    for _ in range(LINES_BACK_TO_HEAD):
        if above <= earliest:
            break
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        if above >= earliest and _behind_preamble(buffer, above) == line_start:
            return _preamble_above(buffer, above, earliest)
    return line_start


def _first_of_node(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where begins what Node printed as it fell, of which the line at `line_start` is a later one."""
    if buffer.startswith(patterns.NODE_ENDS, line_start):
        return _place_of_throw(buffer, line_start, earliest)
    first = buffer.rfind(patterns.NO_HEAP_LEFT, max(earliest, line_start - REACH), line_start)
    return first if first >= 0 and _behind_preamble(buffer, first) == line_start else line_start


def _place_of_throw(buffer: bytes, line_start: int, earliest: int) -> int:
    """Return where Node shows the place of what was thrown, above its last line; that line when it shows none."""
    above = line_start
    for _ in range(_LINES_BACK_TO_THROW):
        if above <= earliest:
            break
        above = buffer.rfind(b"\n", 0, above - 1) + 1
        if above >= earliest and above < _behind_excerpt(buffer, above) < line_start:
            return above
    return line_start


def _behind_preamble(buffer: bytes, start: int) -> int:
    """Return where the line begins that the preamble at `start` leads to; `start` when it is none."""
    line = buffer[start : buffer.find(b"\n", start)]
    announces = _announces(line) or _is_printed_above_a_trace(buffer, line, start)
    if not (
        announces
        or _USAGE in line
        or patterns.NO_HEAP_LEFT in line
        or line[-1:] in _LAST
        or line.endswith(_PROGRESS)
        or any(opening in line for opening, _ in patterns.PREAMBLES)
    ):
        return start  # most lines: who wrote them takes five times as long to find out
    if writer := relay_of(buffer, start):
        most = _LINES_BACK_TO_THROW if patterns.NO_HEAP_LEFT in line else LINES_BACK_TO_HEAD
        last = own_lines_below(buffer, start, writer, most)
        said = said_around(buffer, start, last)
        below = _behind_preamble(said.text, 0)
        return said.place(below) if below < len(said.text) else start
    if line.startswith((_USAGE, patterns.NO_HEAP_LEFT)):
        return _behind_opening(buffer, start)
    below = buffer.find(b"\n", start) + 1
    for opening, goes_on in patterns.PREAMBLES:
        if below and buffer.startswith(opening, start) and buffer.startswith(goes_on or b"", below):
            return below
    opens = announces and below and not is_head(buffer, start) and _opens_a_trace(buffer, below)
    if opens or (line == b"#" and buffer.startswith(patterns.HOTSPOT, below)) or _is_above_a_rule(buffer, line, below):
        return below
    return _behind_excerpt(buffer, start)


def _behind_opening(buffer: bytes, start: int) -> int:
    """Return where the line begins with which argparse refuses, or Node says that its heap is full; `start` if none.

    Above that are `usage: shop [-h]`, which may take lines, and what V8 has tried last.
    """
    if buffer.startswith(patterns.NO_HEAP_LEFT, start):
        return buffer.find(b"\n" + patterns.FATAL_IN_NODE, start, start + REACH) + 1 or start
    program = buffer[start : buffer.find(b"\n", start)].split(b" ", 2)[1]
    below = start
    for _ in range(LINES_BACK_TO_HEAD):
        below = buffer.find(b"\n", below) + 1
        if not below or not is_indented(buffer[below : below + 1]):
            break
    return below if below and program and buffer.startswith(program + b": error: ", below) else start


def _announces(line: bytes) -> bool:
    """Tell whether the line says that something failed: a trace right below tells of it."""
    if line.startswith(patterns.WHILE) and b": " not in line:
        return True
    said, _, last = line.rstrip(b"!:.").rpartition(b" ")
    is_none = said.endswith(patterns.NOTHING_FAILED) or said.rpartition(b", ")[2].lower().startswith(patterns.NONE)
    is_fault = (b" " + last).endswith(patterns.ANNOUNCES) and not is_none
    return is_fault or (said.endswith(b" not") and last in patterns.DONE)


def _is_printed_above_a_trace(buffer: bytes, line: bytes, start: int) -> bool:
    """Tell whether the line says in words what went wrong, as programs print it above the trace of what they caught.

    It may say why only where Java shows frames: it names the thread above those of what nobody caught.
    """
    says = _announces(line.partition(b", ")[0]) or _says_what_went_wrong(line)
    if not (says or says_what_failed(line)):
        return False
    if relay_of(buffer, start):
        return True  # looked at again without the heads of who relays it
    return (says and b": " not in line) or _opens_a_trace_of_java(buffer, buffer.find(b"\n", start) + 1)


def _opens_a_trace_of_java(buffer: bytes, start: int) -> bool:
    """Tell whether the line at `start` names a class with its package, and frames of Java are or may yet be below."""
    below = buffer.find(b"\n", start) + 1
    is_framed = start < below and (below >= len(buffer) or buffer.startswith(b"\tat ", below))
    return is_framed and b"." in buffer[start:below].partition(b":")[0]


def _says_what_went_wrong(line: bytes) -> bool:
    """Tell whether the line is "The list cannot be read" or "Slip 17 has an unusable date"."""
    if any(word in line for word in patterns.UNABLE):
        return True
    for link in patterns.LINKS:
        what, linked, rest = line.rstrip(b"!:.").partition(link)
        if linked and (rest + b" ").startswith(tuple(word + b" " for word in patterns.UNFIT)):
            return not (what + b" ").lower().startswith(patterns.NONE)
    return False


def _opens_a_trace(buffer: bytes, start: int) -> bool:
    """Tell whether the line at `start` says what was raised, and shows where below itself."""
    if buffer.startswith(patterns.TRACEBACKS, start):
        return True
    below = buffer.find(b"\n", start) + 1
    is_framed = below >= len(buffer) or buffer.startswith((b"\tat ", b"    at ", FROM), below)
    return (is_framed and names_what_was_given(buffer[start : below - 1])) or _is_raised_in_php(buffer, start)


def _is_raised_in_php(buffer: bytes, start: int) -> bool:
    """Tell whether what PHP has raised is said from the line at `start` on, in a few lines at the most."""
    trace = buffer.find(b"\n" + patterns.PHP_TRACE, start, start + REACH)
    lines = buffer[start:trace].split(b"\n") if trace >= 0 else []
    return 0 < len(lines) <= _LINES_OF_AN_EXCERPT and opens_with_exception(lines[0]) and raised_in_php(lines[-1])


def _is_above_a_rule(buffer: bytes, line: bytes, below: int) -> bool:
    """Tell whether the line is the progress of tests ("..F") above what failed, or GLib's "**" above an assertion."""
    if line == b"**":
        return is_assertion_of_glib(buffer[below : buffer.find(b"\n", below)])
    return line.endswith((b"F", b"E")) and not line.strip(b".FEsxu") and buffer.startswith(b"======", below)


def _behind_excerpt(buffer: bytes, start: int) -> int:
    """Return where the line begins below `place:line`, a line of the source, a caret under it and an empty line."""
    end = buffer.find(b"\n", start)
    place, colon, number = buffer[start:end].rpartition(b":")
    if not (colon and place and number.isdigit()):
        return start
    has_words = b" " in place.removeprefix(_WORKER)
    at = end + 1
    for seen in range(_LINES_OF_AN_EXCERPT):
        end = buffer.find(b"\n", at)
        if end < 0:
            return start
        line, at = buffer[at:end], end + 1
        if seen and not line.strip(b" \t^"):
            at = at if line else end
            at = at + 1 if buffer.startswith(b"\n", at) else at
            is_thrown_there = b"^" in line and opens_with_exception(buffer[at : buffer.find(b"\n", at)])
            return at if is_thrown_there or not has_words else start
    return start


def context(buffer: bytes, at: int) -> int:
    """Return the first of the lines above `at` that could be the head or the preamble of an exception there."""
    plain = 0
    for _ in range(_LINES_OF_CONTEXT):
        at = buffer.rfind(b"\n", 0, max(at - 1, 0)) + 1
        plain += not buffer.startswith(_FRAMES_KEPT, at)
        if not at or plain == _LINES_BACK_TO_THROW:
            break
    return at


def is_thrown(buffer: bytes, line_start: int, found: Span) -> bool:
    """Tell whether the line at `line_start` is the last that Node printed as it fell, or a place below more."""
    if not found.start < line_start < found.end:
        return False
    line = buffer[line_start : buffer.find(b"\n", line_start)]
    may_be = patterns.NODE_ENDS in line or any(sign in line for sign in (b" line ", b":in ", b"\tat "))
    said = origin(line).message if may_be else b""
    is_place = is_indented(said) and (died_in_perl(said) or is_frame_of_ruby(said) or is_frame_of_java(said))
    return said.startswith(patterns.NODE_ENDS) or is_place


def is_trace(buffer: bytes, start: int, heads: Heads) -> bool:
    """Tell whether what begins at `start` is what follows an exception that was raised: frames, or its own line."""
    line = buffer[start : buffer.find(b"\n", start)] if start < len(buffer) else b""
    if is_indented(line):
        frame = line.lstrip()
        places = (b"at ", b'File "', b"from ", b"#0 ", b"--->", b"raise ", b"... ")
        return frame.startswith(places) or b":in `" in frame or b" called at " in frame
    if heads.begins(line, 0):
        said = origin(line).message
        return said.startswith((b"#0 ", b"Traceback (most")) or (is_indented(said) and is_trace(said + b"\n", 0, heads))
    if line.startswith((b"Traceback (most", b"Stack trace:", b"#0 ")):
        return True
    return opens_with_exception(line) or is_place_in_ruby(line)
