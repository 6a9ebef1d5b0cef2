"""A record -> what it states: heads and frames dropped, the causes in order from the outermost to the innermost."""

import json
from collections.abc import Iterable, Iterator

import re2

from aiops_agent.noun import dataclass

MAX_CHARACTERS = 12_000
"""Half from the start, half from the end: an error states itself at one of them."""

MAX_LINE = 2_000
MAX_DEPTH = 40
"""Objects within objects that are looked into: a cause is no deeper, and hostile ones must not exhaust the stack."""

BRIEF = 420

_TIME = (
    r"\[?\d{4}[-/.]\d\d[-/.]\d\d[T ]?,?\d\d:\d\d:\d\d(?:[.,:]\d+)?(?: ?(?:Z|UTC|GMT|CST|[+-]\d\d:?\d\d))?\]?",
    r"\[?\d\d[-/. ](?:\d\d|[A-Z][a-z]{2})[-/. ]\d{2,4}[ :]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:UTC|[+-]\d{4}))?\]?",
    r"\[?(?:[A-Z][a-z]{2} )?[A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})?\]?",
    r"\[?\d\d:\d\d:\d\d(?:[.,]\d+)?\]?",
    r"\[ *\d+\.\d{3,}\]",
)
_HEADS = (
    r"(?-i:" + "|".join(_TIME) + r")",
    r"\[?(?:trace|debug|info|notice|warn|warning|error|err|fatal|critical|crit|alert|emerg|severe)\s?\]?:? ",
    r"[\w.@-]+ [\w./@-]+\[\d+\]: ",  # host program[pid]:
    r"[\w./-]+\[\d+\]: ",
    r"(?:[\w-]+ )?kernel: ",
    r"std(?:err|out) [FP] ",  # container runtimes
    r"[\w.-]+ +\| ",  # docker compose
    r"\d+#\d+: |\*\d+ ",  # nginx
    r"\[\d+\]:? |\(pid[: ]\d+\) |[EWIF]\d{4} ",
    r"-+ |: ",
)
_TAKEN_OUT = re2.compile(r"(?:[\"']?[\w.-]+[\"']?\s*[=:]\s*[\"']?)?\[redacted:\w+\][\"']?")
"""A secret that was in the record, with the name of its field: neither says what failed."""

_HEAD = re2.compile(r"(?i)^\s*(?:" + "|".join(_HEADS) + ")")
_ANSI = re2.compile(r"\x1b\[[0-9;]*[A-Za-z]|#033\[[0-9;]*m|\[\d\d?(?:;\d\d?)*m")
_FRAMES = (
    r"at .*[()\d]|at async .*|at /\S+|\.\.\. \d+ (?:more|common frames omitted)",  # Java, Node, .NET
    r"在 .*\(",  # .NET, Chinese
    r"File \".*\", line \d+.*|[~^ ]+$|Traceback \(most recent call last\):$",  # Python
    r"from .*:\d+:in .*|\S*/\S*:\d+:in .*|[\w.-]+ \([\w.]+\) \S+:\d+:in .*",  # Ruby
    r"#\d+ +(?:0x|/|\{main\}|\[internal|<|\S+\().*|thrown in .* on line \d+",  # PHP, gdb
    r"[\w./-]+\.go:\d+.*|goroutine \d+ .*|created by .*",
    r"\d+: +(?:0x)?[0-9a-fA-F]{8,}.*|\d+: +[\w<>]+(?:::[\w<>{}]+)+$",  # V8, Rust
    r"\S+/\S+\.(?:rs|cc|cpp|c|js|ts):\d+(?::\d+)?$|throw er;.*|Require stack:|- /\S+|\}?\]?\)?;?$",
    r"Stack trace:?$|Stack:?$|stacktrace:?$|\[stacktrace\]$|--- .*trace.* ---|Backtrace:?|Call Trace:",
    r"(?:RIP|RSP|R[ABCD]X|RBP|RSI|RDI|R\d\d|CR2|EFLAGS|CPU|Modules linked in|Hardware name): .*",  # kernel
    r"Code: (?:[0-9a-f<>]{2,4} ){4}.*|note: run with `RUST_BACKTRACE=.*",
    r"(?:STATEMENT|QUERY|语句): .*",  # quoted, not stated
)
_FRAME = re2.compile(r"^\s*(?:" + "|".join(_FRAMES) + ")")
_DEEPER = re2.compile(
    r"(?i)^\W*(?:caused by|\[cause\]|root cause|reason was|the following exception was thrown)\b|^\s*-+> |^\s*\d+: "
)
_OUTER_FOLLOWS = re2.compile(
    r"^(?:During handling of the above exception|The above exception was the direct cause|Next \S+(?:Exception|Error))"
)
_QUOTED_SOURCE = re2.compile(r"^\s*File \".*\", line \d+")
_SETTING_READ = re2.compile(r"\benviron\[")
_NOISE_KEYS = frozenset(
    [
        "time",
        "timestamp",
        "@timestamp",
        "ts",
        "t",
        "date",
        "level",
        "severity",
        "lvl",
        "loglevel",
        "pid",
        "tid",
        "thread",
        "thread_name",
        "hostname",
        "host",
        "version",
        "@version",
        "caller",
        "logger",
        "logger_name",
        "name_space",
        "trace_id",
        "span_id",
        "traceid",
        "spanid",
        "request_id",
        "requestid",
        "uuid",
        "file",
        "line",
        "lineno",
    ]
)
_INNER_KEYS = ("err", "exc", "cause", "stack", "reason", "detail", "trace")


@dataclass(frozen=True, slots=True)
class Condensed:
    """What a record states, in parts from the outermost (what failed) to the innermost (why)."""

    parts: tuple[str, ...]
    """Never empty; each one or more lines."""

    @property
    def cause(self) -> str:
        """Return the innermost part."""
        return self.parts[-1]

    @property
    def text(self) -> str:
        """Return everything stated, outermost first."""
        return "\n".join(self.parts)

    @property
    def brief(self) -> str:
        """Return the beginning of the text and the end of the cause, some 420 characters: what an encoder reads."""
        return self.text if len(self.text) <= BRIEF else f"{self.text[:160]}\n{self.cause[160 - BRIEF :]}"


def condense(text: str) -> Condensed:
    """Return what the record states. Linear in its length, which is bounded first."""
    plain = _ANSI.sub("", _encodable(_both_ends(text, MAX_CHARACTERS)))
    lines = [_both_ends(_encodable(line), MAX_LINE) for raw in plain.splitlines() for line in _unfold(raw)]
    depth = 0
    parts: dict[int, list[str]] = {}
    for line in _stated(lines):
        if _OUTER_FOLLOWS.search(line):
            depth = min(parts, default=0) - 1
            line = line.removeprefix("Next ") if line.startswith("Next ") else ""  # noqa: PLW2901 - the rest is a title
        elif _DEEPER.search(line):
            depth = max(parts, default=0) + 1
        if line:
            parts.setdefault(depth, []).append(line)
    ordered = tuple("\n".join(parts[level]) for level in sorted(parts))
    return Condensed(ordered or (_both_ends(plain.strip(), MAX_LINE),))


def _both_ends(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}\n{text[-most // 2 :]}"


def _encodable(text: str) -> str:
    """Replace lone surrogates, which a JSON escape can bring and no UTF-8 can hold."""
    return text.encode(errors="replace").decode()


def _unfold(line: str) -> Iterator[str]:
    """Split a line that carries a JSON object, or whole lines escaped, into the lines it stands for."""
    start = line.find("{")
    if start >= 0 and '":' in line[start:]:
        try:
            value, end = json.JSONDecoder().raw_decode(line[start:])
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(value, dict) and value:
                yield from (line[:start] + line[start + end :]).splitlines()
                yield from _fields(value)
                return
    unescaped = line.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    yield from unescaped.splitlines() if len(unescaped) != len(line) else (line,)


def _fields(value: dict[str, object], depth: int = 0) -> Iterator[str]:
    """Yield the strings of an object: what failed first, errors and causes last."""
    if depth > MAX_DEPTH:
        return
    kept = [(key, item) for key, item in value.items() if key.lower() not in _NOISE_KEYS]
    kept.sort(key=lambda field: any(field[0].lower().startswith(inner) for inner in _INNER_KEYS))
    for key, item in kept:
        match item:
            case str() if item:
                first, *rest = item.splitlines()
                yield f"{key}: {first}"
                yield from rest
            case int() | float() if not isinstance(item, bool):
                yield f"{key}: {item}"
            case dict():
                yield from _fields(item, depth + 1)
            case list():
                for part in item:
                    if isinstance(part, str):
                        yield f"{key}: {part}"
                    elif isinstance(part, dict):
                        yield from _fields(part, depth + 1)
            case _:
                pass


def _stated(lines: Iterable[str]) -> Iterator[str]:
    """Yield each line that states something, its head removed."""
    source_follows = False
    for raw in lines:
        line = _without_head(raw.rstrip())
        if "[redacted:" in line:
            line = _TAKEN_OUT.sub("", line)
        if source_follows and line.startswith("    ") and not _SETTING_READ.search(line):  # names what was missing
            continue
        source_follows = bool(_QUOTED_SOURCE.search(line))
        if line.strip() and not _FRAME.search(line):
            yield line.strip()


def _without_head(line: str) -> str:
    for _ in range(6):
        head = _HEAD.match(line)
        if not head or not head.end():
            break
        line = line[head.end() :]
    return line
