"""What was learnt about forms of lines and records, so that the thousandth of a kind costs next to nothing."""

from dataclasses import dataclass, field

from aiops_agent.assembly.decode import decode
from aiops_agent.assembly.extent import Extent
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.judge import Says, Verdict, judge
from aiops_agent.assembly.lines import DIGITS
from aiops_agent.assembly.mask import kept
from aiops_agent.model.event import Fingerprint

_FORMS = 8_192
_BODIES = 4
_WORDS_WITH_DIGITS_THAT_COUNT = (
    *(
        b"errno",
        b"status",
        b"code",
        b"signal",
        b"rc",
        b"exit",
        b"alert number",
        b"sqlstate",
        b"http/",
        b"http ",
        b"http=",
        b'http"',
    ),
    *(
        b"http:",
        b"http(",
        b"http'",
        b"sd",
        b"nvme",
        b"xvd",
        b"vd",
        b"md",
        b"dm-",
        b"loop",
        b"mmcblk",
        b"eth",
        b"wl",
        b"bond",
        b"br",
    ),
    *(b"ib", b"tty", b"eno", b"ens", b"enp", b"enx"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The fault a record is an occurrence of."""

    fingerprint: Fingerprint
    grouped_by: str


@dataclass(slots=True)
class Form:
    """Lines that differ in digits only."""

    verdict: Verdict
    is_plain: bool
    """Records that begin so end at the next line with a head."""

    bodies: list[tuple[bytes, Shape]] = field(default_factory=list)
    """What followed the first line in records seen before, newest first."""

    alone: Shape | None = None
    """The fault of a record that is this line only; None while not known, or when digits count."""


class Shapes:
    """Remembers forms, each bounded in number: a log made of novelties costs time, not memory."""

    def __init__(self) -> None:
        self._forms: dict[bytes, Form] = {}
        self._shapes: dict[tuple[object, ...], Shape] = {}

    def form(self, line: bytes) -> Form:
        """Return the form of `line`, judged when it is new."""
        template = line.translate(None, DIGITS)
        form = self._forms.get(template)
        if form is None:
            verdict = judge(line.lstrip(b"\0"))
            form = Form(verdict, verdict.says is Says.ERROR and Extent(line).ends_at_any_head)
            if line[:1] == b"{" and (b'l":,' in template or b'l": ,' in template):
                return form
            if len(self._forms) >= _FORMS:
                self._forms.clear()
            self._forms[template] = form
        return form

    def shape(self, record: bytes) -> Shape:
        """Return the fault of a whole record."""
        template = record.translate(None, DIGITS)
        lowered = template.lower()
        counts = any(word in lowered for word in _WORDS_WITH_DIGITS_THAT_COUNT)
        key: tuple[object, ...] = (template, kept(record)) if counts else (template,)
        known = self._shapes.get(key)
        if known is None:
            if len(self._shapes) >= _FORMS:
                self._shapes.clear()
            known = self._shapes[key] = Shape(*fingerprint(text_of(record)))
        return known

    def learn(self, form: Form, line: bytes, body: bytes, shape: Shape) -> None:
        """Remember that a record of this form went on with `body`."""
        if not body:
            lowered = line.lower()
            if not any(word in lowered for word in _WORDS_WITH_DIGITS_THAT_COUNT):
                form.alone = shape
            return
        form.bodies.insert(0, (body, shape))
        del form.bodies[_BODIES:]


def text_of(record: bytes) -> str:
    """Return a record as people read it: structured lines decoded, what is no UTF-8 shown as escapes."""
    if record[:1] == b"{":
        line, _, rest = record.partition(b"\n")
        structured = decode(line)
        if structured is not None and structured.text:
            return structured.text + ("\n" + _plain(rest) if rest.strip() else "")
    return _plain(record)


def _plain(record: bytes) -> str:
    text = record.rstrip(b"\n").replace(b"\r\n", b"\n").removesuffix(b"\r").strip(b"\0")
    return text.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
