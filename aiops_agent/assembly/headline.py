"""The one line of a record that tells a person on a phone what is wrong."""

from collections.abc import Iterator
from functools import cache

import re2

from aiops_agent.assembly import patterns
from aiops_agent.assembly.judge import opens_with_exception, raised_in_ruby, signal_told_below
from aiops_agent.assembly.lines import is_head, is_indented, origin
from aiops_agent.model.incident import TITLE_LENGTH

_SAYS_LITTLE = 60
"""Characters: what is shorter leaves room for what the line below it says."""

_HEADS = 2
"""A program's own head may stand behind that of syslog."""

_TRACEBACK = "Traceback (most recent call last):"

_HEAD = (
    r"^(?:\[[^\]]*\]|\d+#\d+:|\*\d+\b|[\s|,.#:-]+|[EWIFD](?:, |\d{4} [\d:.]+ +\d+ \S+\])|(?:pid|tid|class|jid)=\S+"
    r"|(?:ERROR|ERR|SEVERE|FATAL|CRITICAL|CRIT|EMERG|ALERT|PANIC|WARN|WARNING|INFO|NOTICE|DEBUG|TRACE|LOG)\b)+"
    r"(?:[\w$-]+\s+-{1,3}\s+|[\w$-]+(?:\.[\w$-]+)+(?:\[[^\]]*\])?(?:\s+-{1,3}\s+|:\s+))?"
)
"""Level, thread and process between the time and what a line says, and the logger behind them."""

_FIELD = r'\b(msg|err|error)=(?:"((?:[^"\\]|\\.)*)"|(\S+))'


def headline(text: str) -> str:
    """Return what a record says in one line of at most 160 characters, control characters shown as escapes.

    The innermost cause that its trace states, else its first line without time, host, process, level, thread and
    logger, followed by what the line below says if the first says little.
    """
    lines = [line for line in text.split("\n") if line.strip()] or [""]
    said = _cause([_message(line) for line in lines]) or _telling(lines)
    return "".join(_shown(sign) for sign in said[:TITLE_LENGTH])[:TITLE_LENGTH]


def _cause(messages: list[str]) -> str:
    """Return the innermost cause; empty when the record is no trace, or one that states none."""
    for causes in (
        [message.removeprefix("Caused by: ") for message in messages if message.startswith("Caused by: ")],
        [message.rpartition(" ---> ")[2] for message in messages if " ---> " in message],
        [message for message in messages if raised_in_ruby(message.encode())],
        [message for message in messages if "Killed process " in message],
        [signal] if (signal := signal_told_below(messages[0], messages[1:])) else [],
        [message[4:] for message in messages if message.startswith("  | ") and message[4:5].isalpha()][:1],
    ):
        if causes:
            return causes[-1]
    traced = next((at for at, message in enumerate(messages) if message.endswith(_TRACEBACK)), None)
    if traced is None:
        return ""
    raised = [message for message in messages[traced:] if _is_exception(message)]
    return (raised or [message for message in messages if not is_indented(message.encode())])[-1]


def _is_exception(message: str) -> bool:
    return opens_with_exception(message.encode())


def _telling(lines: list[str]) -> str:
    first, below = _behind_head(lines[0]), ""
    if len(first) < _SAYS_LITTLE:
        below = next(_below(lines[1:]), "")
    return f"{first.rstrip(': ')}: {below}" if below and below not in first else first


def _below(lines: list[str]) -> Iterator[str]:
    """Yield lines that go on in words: no head, no frame, no bare name of a class."""
    for line in lines:
        raw = line.encode()
        if is_head(raw, 0) or is_indented(raw) or raw.startswith(patterns.CONTINUES):
            return
        if " " in line:
            yield line


def _message(line: str) -> str:
    raw = line.encode()
    return origin(raw).message.decode() if is_head(raw, 0) else line


def _behind_head(line: str) -> str:
    bare = line
    for _ in range(_HEADS):
        if not is_head(bare.encode(), 0):
            break
        fields = {name: quoted or plain for name, quoted, plain in _compiled(_FIELD).findall(bare)}
        if "msg" in fields:
            return ": ".join(fields[name] for name in ("msg", "err", "error") if fields.get(name))
        bare = _message(bare)
        found = _compiled(_HEAD).match(bare)
        bare = bare[found.end() :] if found else bare
    return bare or line


def _shown(sign: str) -> str:
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


@cache
def _compiled(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern)
