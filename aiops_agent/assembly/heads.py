"""How the records of a file begin that begins them in a way no table knows: learnt from its first lines."""

from collections import Counter
from collections.abc import Callable
from functools import lru_cache

from aiops_agent.assembly import patterns
from aiops_agent.assembly.lines import DIGITS, is_head, is_indented

SAMPLE = 16_384
"""Bytes from the beginning of a file that its heads are learnt from: some hundred lines."""

_MOST_KNOWN = 0.5
"""Share of the lines with a known head above which there is nothing to learn."""

_LEAST_SHARE = 0.2
_FEWEST_LINES = 4
_FIRST_BYTES = 32
_FEWEST_DIGITS = 6
"""A time of day is written with six."""

_MARKS_OF_A_HEAD = 4
_LEAST_BARE = 0.4
_LEVELS = tuple(level + b":" for level in patterns.LEVELS if len(level) > 1)
_WORDS = tuple(level + b" " for level in patterns.LEVELS if len(level) > 1)
_LETTERS = bytes(
    byte
    for byte in range(256)
    if bytes([byte]).isalnum() or byte >= 0x80  # noqa: PLR2004 - what is no ASCII is a letter
)


class Heads:
    """Tells whether a line begins a record."""

    def __init__(self, signatures: frozenset[bytes] = frozenset(), *, are_rare: bool = False) -> None:
        """Know the tables, and lines with these signatures; `are_rare`: most records of the file begin with none."""
        self.signatures = signatures
        self.are_rare = are_rare
        self.begins: Callable[[bytes, int], bool] = self._begins if signatures else is_head
        """Tell whether the line that begins at this index of the buffer begins a record."""

    def opens(self, buffer: bytes, start: int) -> bool:
        """Tell whether the line at `start` never belongs to the one above: it has a head, or opens a report."""
        return self.begins(buffer, start) or buffer.startswith(patterns.BREAKS, start)

    def _begins(self, buffer: bytes, start: int) -> bool:
        if is_head(buffer, start):
            return True
        end = buffer.find(b"\n", start, start + _FIRST_BYTES)
        line = buffer[start : start + _FIRST_BYTES] if end < 0 else buffer[start:end]
        return signature(line) in self.signatures


KNOWN = Heads()
RARE = Heads(are_rare=True)
MESSAGES = Heads(are_rare=True)
"""Of a program that says a line at a time to who relays it: an error takes no line that is not a trace's."""


def of_message(message: bytes) -> Heads:
    """Return how the messages of a relayed program begin one of which this is: with a level's name they take no more.

    Such a program leaves the time to who relays it, and each of its lines is a message.
    """
    return MESSAGES if message.startswith(_LEVELS + _WORDS) else KNOWN


@lru_cache(maxsize=64)  # an old log is read in as many stretches as ticks would have come
def learn(sample: bytes) -> Heads:
    """Return how the records of a file begin whose first bytes these are.

    A form is learnt when at least four lines and a fifth of those that are not indented begin with it, hold a time or
    a number as long, and most of the file's lines have no head that is known anyway.
    """
    lines = [line for line in sample[: sample.rfind(b"\n") + 1].split(b"\n") if line and not is_indented(line)]
    if sum(is_head(line, 0) for line in lines) >= _MOST_KNOWN * len(lines):
        return KNOWN
    unknown = (signature(line[:_FIRST_BYTES]) for line in lines if not is_head(line, 0))
    counts = Counter(filter(None, unknown))
    fewest = max(_FEWEST_LINES, _LEAST_SHARE * len(lines))
    learnt = frozenset(form for form, count in counts.items() if count >= fewest)
    if learnt:
        return Heads(learnt)
    return RARE if _are_rare(lines) else KNOWN


def _are_rare(lines: list[bytes]) -> bool:
    """Tell whether the only heads are a level's name, and most lines that are no part of a trace have none."""
    own = [line for line in lines if not line.startswith(patterns.CONTINUES) and b":in `" not in line]
    headed = [line for line in own if is_head(line, 0)]
    bare = len(own) - len(headed)
    return bool(headed) and bare >= _LEAST_BARE * len(own) and all(line.startswith(_LEVELS) for line in headed)


def signature(line: bytes) -> bytes:
    """Return the first marks of a line between its letters and digits; empty when it begins like no head."""
    if len(line) - len(line.translate(None, DIGITS)) < _FEWEST_DIGITS or is_indented(line):
        return b""
    if b"(" in line[1:] or line.startswith((*patterns.CONTINUES, *patterns.BREAKS)):
        return b""  # a call, as in a Go trace, or what goes on from the line above
    return line.translate(None, _LETTERS)[:_MARKS_OF_A_HEAD]
