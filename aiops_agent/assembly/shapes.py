"""What was learnt about forms of lines and records, so that the thousandth of a kind costs next to nothing."""

from collections.abc import Callable

from aiops_agent.assembly.clues import Follows, may_follow
from aiops_agent.assembly.decode import decode
from aiops_agent.assembly.extent import Extent
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.heads import KNOWN, Heads
from aiops_agent.assembly.judge import Says, judge
from aiops_agent.assembly.lines import DIGITS, FIRST_BYTES_OF_A_HEAD, HEADS_SEEN, ZEROS
from aiops_agent.assembly.local import NOTHING_ADDED, Local
from aiops_agent.assembly.mask import kept, mask, skeleton
from aiops_agent.hints import TypeVar
from aiops_agent.model.event import Fingerprint, Severity
from aiops_agent.noun import dataclass, field

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_FORMS = 8_192
_BODIES = 4
_DIGITS_TO_NULS = bytes.maketrans(DIGITS, bytes(len(DIGITS)))
_MOST_REMEMBERED = 16 << 20
"""Bytes of lines and records: a log of long novelties must not fill the memory with what never comes again."""

_MOST_WIDER = 64
"""Digits that a spelling of a body may have more than another, for the shorter way to be taken to its end."""

_SPELLINGS = 256
"""Widths of the numbers of a line that are remembered as those of one form."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The fault a record is an occurrence of."""

    fingerprint: Fingerprint
    grouped_by: str


UNKNOWN = Shape(Fingerprint(""), "")


@dataclass(frozen=True, slots=True)
class _Body:
    """What followed the first line of a record seen before."""

    exact: bytes
    length: int
    skeleton: bytes
    lines: int
    last_line: bytes
    kept: tuple[bytes, ...]
    shape: Shape
    spellings: set[bytes]
    """Lines that have this skeleton, their digits zeros."""


@dataclass(slots=True)
class Form:
    """Lines that differ in digits only."""

    severity: Severity
    is_error: bool
    """Such a line reports an error by itself."""

    says_nothing: bool
    """Such a line reports no error, whatever follows."""

    begins: bool
    """Such lines never belong to the one above."""

    is_plain: bool
    """Records that begin so end at the next line with a head, whoever wrote it."""

    is_alone: bool
    """Both: neither the line above nor the one below need be looked at."""

    is_report: bool
    """Lines go on from it that alone would mean something else."""

    takes_words: bool
    """The writer's next lines may belong to it that begin like no line of a record."""

    takes_traced_words: bool
    """The same where a trace comes below them."""

    takes_any_line: bool
    """The writer's next line belongs to it, whatever that says."""

    writer_marks: tuple[bytes, bytes]
    """What the name of the writer opens and ends with, digits apart; empty when such lines name none."""

    begins_at: Callable[[bytes, int], bool]
    """Whether a line of the same file begins a record."""

    is_kept: bool
    """What was found out about one such line holds for all."""

    kept: tuple[bytes, ...] | None = None
    """Digits of the line that count, as they were when `bodies` were learnt."""

    alone: Shape | None = None
    """The fault of a record that is this line only; None while not known."""

    bodies: list[_Body] = field(default_factory=list)
    """Newest first."""

    is_learnt: bool = False
    """A record of this form was seen."""

    def repeated(self, buffer: bytes, start: int, below: int) -> tuple[Shape, int]:
        """Return the fault and the end of the record at `start`, whose first line ends at `below`; end 0: not known."""
        if self.kept and kept(buffer[start : below - 1]) != self.kept:
            return UNKNOWN, 0
        # What follows is nearly always a line whose beginning was seen: a call for each is a fifth of all the time.
        if self.alone:
            opening = buffer[below : below + FIRST_BYTES_OF_A_HEAD].translate(ZEROS)
            if HEADS_SEEN.get(opening) or self.begins_at(buffer, below):
                return self.alone, below
        for body in self.bodies:
            if buffer.startswith(body.exact, below):
                end = below + body.length
                opening = buffer[end : end + FIRST_BYTES_OF_A_HEAD].translate(ZEROS)
                if HEADS_SEEN.get(opening) or self.begins_at(buffer, end):
                    return body.shape, end
        for body in self.bodies:
            end = _behind(buffer, below, body)
            if end and self.begins_at(buffer, end):
                lines = buffer[below:end]
                if lines.translate(ZEROS) in body.spellings and (not body.kept or kept(lines) == body.kept):
                    return body.shape, end
        return UNKNOWN, 0


class Shapes:
    """Remembers forms, each kind bounded in number: a log made of novelties costs time, not memory."""

    def __init__(self, heads: Heads = KNOWN, local: Local = NOTHING_ADDED, masked: Callable[[str], str] = mask) -> None:
        """Remember nothing yet of files whose records begin with `heads`, on a host with these patterns of its own.

        `masked`: does what `mask` does, from memory perhaps.
        """
        self.heads = heads
        self.local = local
        self._masked = masked
        self.forms: dict[bytes, Form] = {}
        """By a line of the form, its digits zeros: how wide its numbers are is no part of the form."""

        self._by_skeleton: dict[bytes, Form] = {}
        self._shapes: dict[tuple[bytes, ...], Shape] = {}
        self._followers: dict[bytes, Follows] = {}
        self._remembered = 0

    def judged(self, line: bytes) -> Form:
        """Return the form of a line that is not among `forms`."""
        bones = skeleton(line)
        form = self._by_skeleton.get(bones) or self._new(line, bones)
        if form.is_kept:
            self._make_room(len(line))
            _remember(self.forms, line.translate(ZEROS), form)
        return form

    def _new(self, line: bytes, bones: bytes) -> Form:
        verdict = self.local.judged(line) or judge(line.lstrip(b"\0"), self.heads)
        extent = Extent(line, self.heads)
        is_error, begins = verdict.says is Says.ERROR, self.heads.opens(line, 0)
        is_plain = is_error and extent.ends_at_any_head
        # Where the level is a number, or a pattern was added that may ask for one, the form of a line does not tell.
        is_numbered = line[:1] == b"{" and (b'l":0' in bones or b'l": 0' in bones)
        form = Form(
            verdict.severity,
            is_error=is_error,
            says_nothing=verdict.says is Says.NOTHING,
            begins=begins,
            is_plain=is_plain,
            is_alone=begins and is_plain,
            is_report=extent.is_report,
            takes_words=extent.takes_words,
            takes_traced_words=extent.takes_traced_words,
            takes_any_line=extent.takes_any_line,
            writer_marks=_marks(extent.writer, line),
            begins_at=self.heads.begins,
            is_kept=not is_numbered and not self.local.concerns(line.translate(None, DIGITS)),
        )
        if form.is_kept:
            self._make_room(len(bones))
            _remember(self._by_skeleton, bones, form)
        return form

    def goes_on(self, form: Form, line: bytes, *, is_own: bool) -> bool:
        """Tell whether a line with a head can go on from a record of this form; `is_own`: the same writer's."""
        template = line.translate(None, DIGITS)
        follows = self._followers.get(template)
        if follows is None:
            follows = may_follow(line)
            _remember(self._followers, template, follows)
        if form.takes_words and is_own and follows.words:
            return True
        return follows.report if form.is_report else follows.statement

    def shape(self, record: bytes) -> Shape:
        """Return the fault of a whole record."""
        key = (skeleton(record), *kept(record))
        shape = self._shapes.get(key)
        if shape is None:
            shape = Shape(*fingerprint(text_of(record), self._masked))
            self._make_room(len(record))
            _remember(self._shapes, key, shape)
        return shape

    def _make_room(self, length: int) -> None:
        """Forget everything when there would be too much of it: cheaper than to weigh what comes again."""
        self._remembered += length
        if self._remembered > _MOST_REMEMBERED:
            self.forms.clear()
            self._by_skeleton.clear()
            self._shapes.clear()
            self._followers.clear()
            self._remembered = length

    def learn(self, form: Form, line: bytes, body: bytes, shape: Shape) -> None:
        """Remember that a record of this form went on with `body`."""
        if not form.is_kept or self.local.concerns((line + body).translate(None, DIGITS)):
            return
        self._make_room(3 * len(body))  # as it is, as a skeleton and as a spelling
        digits = kept(line)
        if digits != form.kept:
            form.kept, form.alone, form.bodies, form.is_learnt = digits, None, [], False
        if body:
            form.bodies.insert(0, _body(form.bodies, body, shape))
            del form.bodies[_BODIES:]
        else:
            form.alone = shape
        form.is_learnt = True


def _body(known: list[_Body], lines: bytes, shape: Shape) -> _Body:
    """Return what to remember of lines, taken out of what is known if they are there but for the widths of numbers."""
    bones, digits = skeleton(lines), kept(lines)
    same = next((body for body in known if body.skeleton == bones and body.kept == digits), None)
    if same:
        known.remove(same)
    spellings = same.spellings if same else set()
    _note(spellings, lines)
    last_line = lines[lines.rfind(b"\n", 0, -1) + 1 :]
    return _Body(lines, len(lines), bones, lines.count(b"\n"), last_line, digits, shape, spellings)


def _note(spellings: set[bytes], lines: bytes) -> None:
    if len(spellings) >= _SPELLINGS:
        spellings.clear()
    spellings.add(lines.translate(ZEROS))


def _marks(writer: bytes, line: bytes) -> tuple[bytes, bytes]:
    """Return how the writer's name opens and ends in lines of the form of `line`, whatever digits it holds."""
    parts = [part for part in writer.translate(_DIGITS_TO_NULS).split(b"\0") if part]
    if not parts or writer[:1].isdigit() or writer[-1:].isdigit() or line.find(parts[0]) != line.find(writer):
        return b"", b""
    return parts[0], parts[-1]


def _remember(memory: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    if len(memory) >= _FORMS:
        memory.clear()
    memory[key] = value


def _behind(buffer: bytes, start: int, body: _Body) -> int:
    """Return the end of as many lines as the body has, or of its own last one where that is found first; 0: no end."""
    last = buffer.find(body.last_line, start, start + body.length + _MOST_WIDER)
    if last >= 0 and buffer.count(b"\n", start, last) == body.lines - 1:
        return last + len(body.last_line)
    for _ in range(body.lines):
        start = buffer.find(b"\n", start) + 1
        if not start:
            break
    return start


def text_of(record: bytes) -> str:
    """Return a record as people read it: structured lines decoded, what is no UTF-8 shown as escapes."""
    if record[:1] == b"{":
        structured = decode(record)
        if structured is not None and structured.text:
            return structured.text.encode("utf-8", "backslashreplace").decode()  # JSON can spell half a surrogate pair
    return _plain(record)


def _plain(record: bytes) -> str:
    text = record.rstrip(b"\n").replace(b"\r\n", b"\n").removesuffix(b"\r").strip(b"\0")
    return text.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
