"""What one line is: does it begin a record, who wrote it, what is left when time and writer are taken off."""

from aiops_agent.assembly import patterns
from aiops_agent.hints import NamedTuple

DIGITS = b"0123456789"
ZEROS = bytes.maketrans(b"123456789", b"0" * 9)

_WHERE = 2
"""Blanks before the class and before the method."""

FIRST_BYTES_OF_A_HEAD = 34
_IS_DIGIT = frozenset(DIGITS)
_IS_CAPITAL_OR_KEY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZlta" + b"n")
_OPEN_BRACKET, _SPACE, _TAB = b"[ \t"
_BLANK = ord(" ")
_MARKS = frozenset(b"{<:*(|#")
_DIGIT_HEADS = (*patterns.DIGIT_HEADS, *patterns.DATED_HEADS)


HEADS_SEEN: dict[bytes, bool] = {}
"""By the first bytes of a line, its digits zeros: the answers given so far, for who cannot afford a call."""

_MOST_SEEN = 16_384
"""Lines that all begin otherwise cost time, not memory."""


def is_head(buffer: bytes, start: int) -> bool:
    """Tell whether the line that begins at `start` begins with a time, a level or another mark of a new record."""
    opening = buffer[start : start + FIRST_BYTES_OF_A_HEAD].translate(ZEROS)
    answer = HEADS_SEEN.get(opening)
    if answer is None:
        if len(HEADS_SEEN) >= _MOST_SEEN:
            HEADS_SEEN.clear()
        answer = HEADS_SEEN[opening] = _is_head(opening)
    return answer


def _is_head(opening: bytes) -> bool:
    if not opening:
        return False
    first = opening[0]
    if first in _IS_DIGIT:
        forms = _DIGIT_HEADS
    elif first == _OPEN_BRACKET:
        forms = patterns.BRACKET_HEADS
    elif first in _IS_CAPITAL_OR_KEY:
        forms = patterns.WORD_HEADS
    elif first == _BLANK:
        forms = patterns.PADDED_HEADS
    elif first in _MARKS:
        forms = patterns.MARKED_HEADS
    else:
        return False
    return opening.translate(None, DIGITS).startswith(forms)


def is_indented(line: bytes) -> bool:
    """Tell whether the line begins with a blank, as frames and wrapped messages do."""
    return line[:1] in (b" ", b"\t")


def is_half_a_head(line: bytes) -> bool:
    """Tell whether java.util.logging says here when and where: `Nov 22, 2026 7:13:23 PM shop.Orders charge`."""
    at = line.find(b"M ", 12, 32)
    return at > 0 and line[at - 1 : at] in (b"A", b"P") and line[4:5].isdigit() and line.count(b" ", at) == _WHERE


class Origin(NamedTuple):
    """Who wrote a line, and what it said."""

    writer: bytes
    """`host tag[pid]:`, `stderr F`, `W/Tag(pid):` or `[pid]`: equal for lines of one writer. Empty: not stated."""

    message: bytes


def origin(line: bytes) -> Origin:
    """Split the line behind its time into writer and message; a line without a head is all message."""
    if not is_head(line, 0):
        return Origin(b"", line)
    if message := _behind_kernel_clock(line):
        return Origin(b"kernel:", message)
    rest = behind_time(line)
    for mark in (b"stderr F ", b"stdout F ", b"stderr P ", b"stdout P "):
        if rest.startswith(mark):
            return Origin(mark, rest[len(mark) :])
    if rest[1:2] == b"/" and (end := rest.find(b"): ", 0, 80)) > 0:
        return Origin(rest[: end + 2], rest[end + 3 :])
    said = _process_origin(rest) or _syslog_origin(rest)
    if said.writer.endswith(b"kernel:") and (message := _behind_kernel_clock(said.message)):
        return Origin(said.writer, message)
    return said


def _behind_kernel_clock(text: bytes) -> bytes:
    """Return what follows `[ 8155.420680] `, which some daemons leave behind `kernel:`; empty when text has none."""
    clock, bracket, message = text.partition(b"] ")
    return message if bracket and clock[:1] == b"[" and not clock.strip(b"[ .0123456789") and b"." in clock else b""


_MARKS_OF_REDIS = (b"#", b"*", b"-", b".")
"""How it writes its levels: warning, notice, verbose, debug."""


_PHP = b"PHP"
"""Stands where a host would, in `PHP Warning:  `."""


def _process_origin(rest: bytes) -> Origin | None:
    """Split PostgreSQL's `[4711] user@database `."""
    end = rest.find(b"] ", 0, 24)
    if rest[:1] != b"[" or end < 0 or not rest[1:end].replace(b"-", b"").isdigit():
        return None
    session, blank, message = rest[end + 2 :].partition(b" ")
    if session in patterns.LEVELS:  # a thread of log4net, whose trace has no heads of its own
        return Origin(b"", rest)
    if blank and b"@" in session:
        return Origin(rest[: end + 2 + len(session)], message)
    return Origin(rest[: end + 1], rest[end + 2 :])


def _syslog_origin(rest: bytes) -> Origin:
    if rest.startswith(b"kernel: "):
        return Origin(b"kernel:", rest[8:])
    host, blank, tagged = rest.partition(b" ")
    if (
        not blank
        or host in patterns.LEVELS
        or b":" in host
        or b"[" in host
        or not tagged
        or tagged[:1] in b"[-"
        or host in _MARKS_OF_REDIS
        or host == _PHP
    ):
        return Origin(b"", rest)
    end = tagged.find(b": ", 0, 80)
    if end < 0 and tagged[:80].endswith(b":"):
        end = len(tagged) - 1
    tag = tagged[:end]
    if end <= 0 or b" " in tag or tag.isupper():
        return Origin(b"", rest)
    return Origin(rest[: len(host) + end + 2], tagged[end + 2 :])


def level_behind_time(line: bytes) -> bytes:
    """Return the level, raised, that is the first word behind the time and written small; empty when none is."""
    word = behind_time(line).replace(b"\t", b" ").partition(b" ")[0]
    return word.upper() if len(word) > 1 and word.islower() and word.upper() in patterns.LEVELS else b""


def behind_time(line: bytes) -> bytes:
    """Return what follows the leading numbers, dates, months, days and zones."""
    if line[:1] == b"[" and (end := line.find(b"] ")) > 0 and not line[1:end].strip(b" ").isalpha():
        return line[end + 2 :]
    rest = line
    for _ in range(7):
        word, blank, after = rest.partition(b" ")
        if b"\t" in word:
            word, blank, after = rest.partition(b"\t")
        if not blank or not (_is_time(word) or not word):
            break
        rest = after
    return rest


def _is_time(word: bytes) -> bool:
    if word[:1].isdigit():
        return (
            word.translate(None, b"0123456789:-/.,TZ+|") in (b"", b":M", b":C", b":S", b"M", b"C", b"S") or b"-" in word
        )
    return word.rstrip(b",") in _MONTHS_AND_DAYS or word in _ZONES or (word[:1] in (b"+", b"-") and word[1:].isdigit())


_MONTHS_AND_DAYS = frozenset(
    (
        *(b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"),
        *(b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"),
    )
)
_ZONES = frozenset((b"UTC", b"GMT", b"CET", b"CEST", b"CST", b"EST", b"EDT", b"PST", b"PDT", b"MST", b"BST", b"Z"))
