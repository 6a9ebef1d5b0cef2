"""Which records are one fault: the same digits on any host, at any time."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import re2

from aiops_agent.assembly.judge import opens_with_exception, signal_told_below
from aiops_agent.assembly.lines import DIGITS, is_head, is_indented, origin
from aiops_agent.assembly.mask import mask
from aiops_agent.assembly.redact import redact_record
from aiops_agent.digest import blake2b
from aiops_agent.model.event import Fingerprint

VERSION = "2"
"""Part of every fingerprint: raise it when the same record would get other digits than before.

An incident keeps the digits it was opened with. After an upgrade that raises the version the next record of its fault
opens a new incident, told once more; the old one counts no further and is closed by whoever looks at it.
"""

FRAMES = 8
_LONGEST_SHAPE = 200
_LONGEST_REASON = 600
_CLASSES_SHOWN = 4
_FRAMES_SHOWN = 3

_LOOKED_AT = 8_000
"""Characters of a line that are masked: bounded work, and more than what is kept of the masked form needs."""

_LONGEST_HEAD = 2_000
_LONGEST_CAUSE = 500
_TRACEBACK = "Traceback (most recent call last):"

_RECURSION = 3
"""Times that a frame is in a trace from which on it is taken for one of a circle of calls."""

_FOREIGN = (
    *("java.", "javax.", "jdk.", "sun.", "kotlin.", "scala.", "org.springframework.", "org.apache.", "io.netty."),
    *("reactor.", "org.hibernate.", "com.zaxxer.", "System.", "Microsoft.", "runtime.", "net/http.", "node:", "std::"),
    *("core::", "alloc::", "tokio::", "rust_begin_unwind", "__libc_", "backtrace::", "_start", "__GI_", "__asan"),
    *("com.sun.", "jdk.proxy", "org.junit.", "org.jboss.", "io.undertow.", "io.grpc.", "com.google.common."),
    *("dump_stack", "show_stack", "do_syscall_64", "entry_SYSCALL", "ret_from_fork", "panic(", "Illuminate\\"),
)
_FOLDERS_OF_AN_INSTALLATION = frozenset(("current", "app", "src", "dist", "build", "lib", "bin", "code", "workspace"))
_FOREIGN_PLACES = (
    "site-packages/",
    "dist-packages/",
    "/lib/python",
    "node_modules/",
    "<frozen",
    "/gems/",
    "/vendor/",
    "/rustc/",
)

_HEAD = (
    r"^(?:<(?:time|number|ip|hex)>|\[[^\]]*\]|[\s|,.*#:-]+|[EWIDFV]/\S+?\([^)]*\)"
    r"|(?:ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|EMERG|ALERT|PANIC|WARN|WARNING|INFO|NOTICE|DEBUG|TRACE|LOG|Error|E|W|I|D|F)\b"
    r"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|UTC|GMT|CEST|CET|CST|EST|EDT|PST|PDT|[TZMCSX])\b)*"
    r"(?P<logger>[\w$-]+\s+-{1,3}\s+|[\w$-]+(?:\.[\w$-]+)+(?:\[[^\]]*\])?(?:\s+-{1,3}\s+|:\s+))?"
)
_UNIT = r"\.(?:service|socket|timer|target|mount|slice|scope|path|swap):\s+$"
"""Time, level, thread and logger in front of what a line says, masked."""

_FRAME = (
    r'^\s*File "(?P<python_file>[^"]+)", line \d+(?:, in (?P<python>.+))?'
    r"|^\s*at (?:\w*//)?(?P<java>[\w.$/<>~@-]+)\((?P<java_file>[^):]*)"
    r"|^\s*at (?:async )?(?P<node>[^(]+?) \((?P<node_file>[^)]*?)(?::\d+)*\)"
    r"|^\s*at (?P<dotnet>[\w.`<>\[\]+]+)\("
    r"|^\s*at (?P<bare>\S+?)(?::\d+)+\)?$"
    r"|^\s*#\d+ +(?P<php_file>[^(:]+)(?:\(\d+\))?: (?P<php>.*)"
    r"|^\s*#\d+ +(?:0x[0-9a-fA-F]+ +)?(?:in +)?(?P<c>[\w:~<>$.*&, ]+?)(?: *\(.*| +/.*| at .*)?$"
    r"|^\s*(?:from )?(?P<ruby_file>\S+?\.rb):\d+:in [`'](?P<ruby>[^']+)'"
    r"|^\s+(?P<perl>[\w:]+)\(.*\) called at (?P<perl_file>\S+) line"
    r"|^(?P<go>[\w./*()\[\]-]+)\(.*\)$"
    r"|^\s*(?:\[<[0-9a-f]+>\] )?(?P<kernel>[\w.]+)\+0x[0-9a-f]+/0x[0-9a-f]+"
    r"|^\s+\d+: +(?:0x[0-9a-f]+ - )?(?P<rust>[\w:<>{}\[\] ,&*'$#-]+)$"
)
_QUOTED = r"'[^']*'|\"[^\"]*\"|`[^`]*`"
_THREAD = r"""(?i:\bthread )(?:"[^"]*"|'[^']*')"""
_NUMBER_TAKEN_FOR_PERSONAL = r"\[redacted:(?:card|citizen_id|phone)\]"
_MARGIN_OF_A_GROUP = r"^ +(?:\| ?|\+-\+?[-+ \d]*)+"
"""What Python draws in front of the exceptions of a group."""


def fingerprint(text: str, masked: Callable[[str], str] = mask) -> tuple[Fingerprint, str]:
    """Return the digits of the fault, and in words why records with them are one.

    Head message without its time, host, process, thread and logger; classes of the exceptions, outermost first, with
    the shape of their messages; the top frames of the program's own code, without line numbers and without the folder
    that it is installed in. What was suppressed while an exception was on its way is no part of it, nor is how often
    a recursion went round and where in the circle it ended.

    `masked`: does what `mask` does, from memory perhaps.
    """
    plain = redact_record(text)
    if "[redacted:" in plain:
        plain = str(_compiled(_NUMBER_TAKEN_FOR_PERSONAL).sub("0", plain))
    first, *rest = plain.split("\n")
    first = signal_told_below(first, rest) or first
    head = head_shape(first, masked)
    if "panicked at" in first and rest:  # Rust says why on the line below
        head = f"{head} {masked(rest[0][:_LOOKED_AT])[:_LONGEST_CAUSE]}"
    lines = [first, *_counting(map(_said, rest))]
    if first.endswith(_TRACEBACK) or any(line.startswith(_TRACEBACK) for line in lines):
        lines = [lines[0], *reversed(lines[1:])]  # the last call comes last, and the outermost exception
    chain = [exception for line in lines[1:] if (exception := _exception(line, masked))]
    frames = _frames(lines, masked)
    parts = "\x1f".join((VERSION, head, *chain, "\x1e", *frames))
    # An id of sixteen signs may happen to be all digits.
    parts = parts.replace("<hex>", "<number>")
    digits = blake2b(parts.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return Fingerprint(digits), _reason(head, chain, frames)


@cache
def _compiled(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern)


def head_shape(line: str, masks: Callable[[str], str] = mask) -> str:
    """Return the heart of a record's first line, masked."""
    raw = line.encode("utf-8", "replace")
    said = origin(raw)
    message = said.message.decode("utf-8", "replace") if said.writer else line
    bare = _compiled(_THREAD).sub("thread <thread>", message[:_LOOKED_AT])
    masked = masks(bare)[:_LONGEST_HEAD]
    if not is_head(raw, 0) or said.writer.endswith(b"kernel:"):
        return f"{_program(said.writer)}: {masked}" if said.writer else masked
    found = _compiled(_HEAD).match(masked)
    logger = str(found["logger"] or "")
    unit = logger if _compiled(_UNIT).search(logger) else ""
    heart = unit + masked[found.end() :]
    program = _program(said.writer)
    return f"{program}: {heart or masked}" if program else heart or masked


def _said(line: str) -> str:
    """Return a line without the head that some writers put before each line of a trace."""
    raw = line.encode("utf-8", "replace")
    said = origin(raw).message.decode("utf-8", "replace") if is_head(raw, 0) else line
    is_in_a_group = said.startswith("  ") and said.lstrip(" ").startswith(("|", "+"))
    return str(_compiled(_MARGIN_OF_A_GROUP).sub("", said)) if is_in_a_group else said


def _counting(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a trace but for those of what was suppressed, which Java indents further."""
    is_suppressed = False
    for line in lines:
        is_suppressed = line.startswith("\tSuppressed: ") or (is_suppressed and line.startswith("\t"))
        if not is_suppressed:
            yield line


def _program(writer: bytes) -> str:
    """Return the tag of a syslog writer without host and process id."""
    if not writer.endswith(b":"):
        return ""
    tag = writer.rsplit(b" ", 1)[-1].rstrip(b":").split(b"[", 1)[0]
    return tag.translate(None, DIGITS).decode("utf-8", "replace")


def _exception(line: str, masked: Callable[[str], str]) -> str:
    bare = line.removeprefix("Caused by: ").removeprefix("Suppressed: ").removeprefix(" ---> ").removeprefix("panic: ")
    raw = bare.encode("utf-8", "replace")
    if is_indented(raw) or not opens_with_exception(raw):
        return ""
    name, _, message = bare.partition(":")
    message = message[:_LOOKED_AT]
    if any(quote in message for quote in "'\"`"):
        message = str(_compiled(_QUOTED).sub("<quoted>", message))
    shape = masked(message)
    return f"{masked(name)}:{shape[:_LONGEST_CAUSE]}"


def _frames(lines: list[str], masked: Callable[[str], str]) -> list[str]:
    own: list[str] = []
    foreign: list[str] = []
    for line in lines[1:]:
        if not (line.startswith((" ", "\t", "#", "from ", "/")) or line.endswith(")")):
            continue
        found = _compiled(_FRAME).match(line)
        if not found:
            continue
        parts = {kind: value.strip() for kind, value in found.groupdict().items() if value}
        written = " ".join(parts.values())
        is_foreign = written.startswith(_FOREIGN) or any(place in written for place in _FOREIGN_PLACES)
        frame = " ".join(
            _place(value, masked) if kind.endswith("_file") else masked(value) for kind, value in parts.items()
        )
        (foreign if is_foreign else own).append(frame)
    return _top(own or foreign)


def _top(frames: list[str]) -> list[str]:
    """Return the frames that count: of a recursion those it goes round in, wherever in the circle it ended."""
    times = Counter(frames)
    circle = sorted(frame for frame, count in times.items() if count >= _RECURSION)
    return (circle or list(times))[:FRAMES]


def _place(path: str, masked: Callable[[str], str]) -> str:
    """Return the last two names of a path, so that the folder a program is installed in does not matter."""
    folder, slash, name = masked(path.removeprefix("file://")).rpartition("/")
    above = folder.rpartition("/")[2]
    is_fixed = above and "<" not in above and above not in _FOLDERS_OF_AN_INSTALLATION
    return f"{above}/{name}" if slash and is_fixed else name


def _reason(head: str, chain: list[str], frames: list[str]) -> str:
    if not chain and not frames:
        return f"message shape {head[:_LONGEST_SHAPE]}"
    classes = [exception.split(":", 1)[0] for exception in chain[:_CLASSES_SHOWN]]
    caused = " < ".join(classes) or head[:_LONGEST_SHAPE]
    shown = f", frames {', '.join(frames[:_FRAMES_SHOWN])}" if frames else ""
    return f"exception chain {caused}{shown}"[:_LONGEST_REASON]
