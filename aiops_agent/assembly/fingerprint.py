"""Which records are one fault: the same digits on any host, at any time."""

from functools import cache

import re2

from aiops_agent.assembly.judge import opens_with_exception
from aiops_agent.assembly.lines import DIGITS, is_head, is_indented, origin
from aiops_agent.assembly.mask import mask
from aiops_agent.assembly.redact import redact
from aiops_agent.digest import blake2b
from aiops_agent.model.event import Fingerprint

VERSION = "1"
"""Part of every fingerprint: raise it when the same record would get other digits than before."""

FRAMES = 8
_LONGEST_SHAPE = 200

_FOREIGN = (
    *("java.", "javax.", "jdk.", "sun.", "kotlin.", "scala.", "org.springframework.", "org.apache.", "io.netty."),
    *("reactor.", "org.hibernate.", "com.zaxxer.", "System.", "Microsoft.", "runtime.", "net/http.", "node:", "std::"),
    *("core::", "tokio::", "rust_begin_unwind", "__libc_", "backtrace::"),
)
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
    r"(?:[\w$-]+\s+-{1,3}\s+|[\w$-]+(?:\.[\w$-]+)+(?:\[[^\]]*\])?(?:\s+-{1,3}\s+|:\s+))?"
)
"""Time, level, thread and logger in front of what a line says, masked."""

_FRAME = (
    r'^\s*File "(?P<python_file>[^"]+)", line \d+(?:, in (?P<python>.+))?'
    r"|^\s*at (?P<java>[\w.$/<>~@-]+)\((?P<java_file>[^):]*)"
    r"|^\s*at (?P<node>[^(]+?) \((?P<node_file>[^)]*?)(?::\d+)*\)"
    r"|^\s*at (?P<bare>\S+?)(?::\d+)+\)?$"
    r"|^\s*#\d+ +(?P<php_file>[^(:]+)(?:\(\d+\))?: (?P<php>.*)"
    r"|^\s*(?:from )?(?P<ruby_file>/\S+?\.rb):\d+:in [`'](?P<ruby>[^']+)'"
    r"|^(?P<go>[\w./*()-]+)\(.*\)$"
    r"|^\s+\d+: +(?:0x[0-9a-f]+ - )?(?P<rust>[\w:<>{} ]+)$"
    r"|^\s*at (?P<dotnet>[\w.`<>\[\]]+)\("
)
_QUOTED = r"'[^']*'|\"[^\"]*\"|`[^`]*`"


def fingerprint(text: str) -> tuple[Fingerprint, str]:
    """Return the digits of the fault, and in words why records with them are one.

    Head message without its time, host, process, thread and logger; classes of the exceptions, outermost first, with
    the shape of their messages; the top frames of the program's own code without line numbers.
    """
    first, *rest = redact(text).split("\n")
    head = head_shape(first)
    lines = [first, *map(_said, rest)]
    chain = [exception for line in lines[1:] if (exception := _exception(line))]
    frames = _frames(lines)
    parts = "\x1f".join((VERSION, head, *chain, "\x1e", *frames))
    digits = blake2b(parts.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return Fingerprint(digits), _reason(head, chain, frames)


@cache
def _compiled(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern)


def head_shape(line: str) -> str:
    """Return the heart of a record's first line, masked."""
    raw = line.encode("utf-8", "replace")
    said = origin(raw)
    message = said.message.decode("utf-8", "replace") if said.writer else line
    masked = mask(message[:2000])
    if not is_head(raw, 0) or said.writer.endswith(b"kernel:"):
        return f"{_program(said.writer)}: {masked}" if said.writer else masked
    found = _compiled(_HEAD).match(masked)
    heart = masked[found.end() :] if found else masked
    program = _program(said.writer)
    return f"{program}: {heart or masked}" if program else heart or masked


def _said(line: str) -> str:
    """Return a line without the head that some writers put before each line of a trace."""
    raw = line.encode("utf-8", "replace")
    return origin(raw).message.decode("utf-8", "replace") if is_head(raw, 0) else line


def _program(writer: bytes) -> str:
    """Return the tag of a syslog writer without host and process id."""
    if not writer.endswith(b":"):
        return ""
    tag = writer.rsplit(b" ", 1)[-1].rstrip(b":").split(b"[", 1)[0]
    return tag.translate(None, DIGITS).decode("utf-8", "replace")


def _exception(line: str) -> str:
    bare = line.removeprefix("Caused by: ").removeprefix("Suppressed: ").removeprefix(" ---> ").removeprefix("panic: ")
    raw = bare.encode("utf-8", "replace")
    if is_indented(raw) or not opens_with_exception(raw):
        return ""
    name, _, message = bare.partition(":")
    return f"{name}:{mask(_compiled(_QUOTED).sub('<quoted>', message[:500]))}"


def _frames(lines: list[str]) -> list[str]:
    own: list[str] = []
    foreign: list[str] = []
    for line in lines[1:]:
        if not (line.startswith((" ", "\t", "#", "from ", "/")) or line.endswith(")")):
            continue
        found = _compiled(_FRAME).match(line)
        if not found:
            continue
        frame = " ".join(value.strip() for value in found.groupdict().values() if value)
        is_foreign = frame.startswith(_FOREIGN) or any(place in frame for place in _FOREIGN_PLACES)
        (foreign if is_foreign else own).append(mask(frame))
    return (own or foreign)[:FRAMES]


def _reason(head: str, chain: list[str], frames: list[str]) -> str:
    if not chain and not frames:
        return f"message shape {head[:_LONGEST_SHAPE]}"
    classes = " < ".join(exception.split(":", 1)[0] for exception in chain) or head[:_LONGEST_SHAPE]
    shown = ", ".join(frames[:3])
    return f"exception chain {classes}, frames {shown}" if shown else f"exception chain {classes}"
