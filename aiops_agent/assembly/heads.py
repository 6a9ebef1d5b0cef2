"""How the records of a file begin that begins them in a way no table knows: learnt from its first lines."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate

from aiops_agent.assembly import patterns
from aiops_agent.assembly.lines import DIGITS, Origin, is_head, is_indented, level_behind_time, origin
from aiops_agent.assembly.relayed import is_relay
from aiops_agent.model.event import Severity

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
_LEAST_BARE_WITH_TIMES = 0.7
_FIRST_BYTES_OF_A_LINE = 48
_OBJECTS = (b"{", b"[")
_LEVELS = tuple(level + b":" for level in patterns.LEVELS if len(level) > 1)
_WORDS = tuple(level + b" " for level in patterns.LEVELS if len(level) > 1)
_FIRST_BYTES_OF_A_LEVEL = 80
_CALM_LETTERS = frozenset(b"DIVWNT")
_OF_FAULTS = (
    *(*patterns.CONTINUES, *patterns.BREAKS),
    *(opening for opening, _ in (*patterns.OPENINGS, *patterns.PREAMBLES)),
    *(b"=", b"0x", b"Address 0x", b"Shadow byte"),  # of a sanitizer
)
"""How a line without a head begins that tells of a fault, or goes on from one that does."""

_FEWEST_SHORT = 2
_FEWEST_HEADS = 20
_LEAST_SHORT = 0.1
_LETTERS = bytes(
    byte
    for byte in range(256)
    if bytes([byte]).isalnum() or byte >= 0x80  # noqa: PLR2004 - what is no ASCII is a letter
)


class Heads:
    """Tells whether a line begins a record."""

    def __init__(  # noqa: PLR0913 - all that is learnt of a file
        self,
        signatures: frozenset[bytes] = frozenset(),
        *,
        are_rare: bool = False,
        words: tuple[bytes, ...] = (),
        relayed_are_bare: bool = False,
        levels_are_small: bool = False,
        bare_stand_alone: bool = False,
        relayed_have_heads: bool = False,
        ordinary: frozenset[bytes] = frozenset(),
    ) -> None:
        """Know the tables, and lines with these signatures.

        Args:
            signatures: How else records begin.
            are_rare: Most records of the file begin with none.
            words: How the file writes levels that report an error, where no word of `LITERALS` is in them.
            relayed_are_bare: Most lines stand behind the head of who relays them, and have none of their own.
            levels_are_small: Levels are words behind the time, as in `2026-11-27 07:40:31 error no tea today`.
            bare_stand_alone: Lines without a head are printed between those with one, and go on from none of them.
            relayed_have_heads: Whatever is relayed has a head of its own, but for what goes on from a line above.
            ordinary: How lines without a head begin that the file also has where nothing failed.
        """
        self.signatures = signatures
        self.are_rare = are_rare
        self.words = words
        self.relayed_are_bare = relayed_are_bare
        self.levels_are_small = levels_are_small
        self.bare_stand_alone = bare_stand_alone
        self.relayed_have_heads = relayed_have_heads
        self.ordinary = ordinary
        self.relayed_frames = tuple(word for word in words if word in patterns.RELAYED_FRAMES)
        self.opening_words = tuple(word[1:] for word in words if word[:1] == b"\n")
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
BARE = Heads(are_rare=True, bare_stand_alone=True)
MESSAGES = Heads(are_rare=True)
"""Of a program that says a line at a time to who relays it: an error takes no line that is not a trace's."""


def of_message(message: bytes, heads: Heads = KNOWN) -> Heads:
    """Return how the messages of a relayed program begin one of which this is: with a level's name they take no more.

    Such a program leaves the time to who relays it, and each of its lines is a message. `heads`: those of the file.
    """
    if message.startswith(_LEVELS + _WORDS + patterns.LETTERED):
        return KNOWN if heads.relayed_have_heads else MESSAGES
    if heads.relayed_are_bare:
        return BARE if heads.bare_stand_alone else RARE
    return KNOWN


@lru_cache(maxsize=64)  # an old log is read in as many stretches as ticks would have come
def learn(sample: bytes) -> Heads:
    """Return how the records of a file begin whose first bytes these are.

    A form is learnt when at least four lines and a fifth of those that are not indented begin with it, hold a time or
    a number as long, and most of the file's lines have no head that is known anyway.
    """
    all_lines = [line for line in sample[: sample.rfind(b"\n") + 1].split(b"\n") if line]
    lines = [line for line in all_lines if not _goes_on(line)]
    words = _short_levels(lines)
    are_small = _are_small(lines)
    if sum(is_head(line, 0) for line in lines) >= _MOST_KNOWN * len(lines):
        is_relayed = bool(lines) and is_relay(origin(lines[0]).writer)
        said = [origin(line) for line in all_lines] if is_relayed else []
        are_bare = is_relayed and _are_bare_behind_relays(said)
        alone, ordinary = _bare_lines([message for _, message in said] or all_lines, KNOWN)
        alone = alone and (are_bare or not is_relayed)
        if are_bare or alone or ordinary:
            words += patterns.BARE
        have_heads = is_relayed and not are_bare and _have_heads([message for _, message in said])
        is_known = not (words or are_small or ordinary or have_heads)
        if is_known:
            return KNOWN
        return Heads(
            words=words,
            relayed_are_bare=are_bare,
            relayed_have_heads=have_heads,
            levels_are_small=are_small,
            bare_stand_alone=alone,
            ordinary=ordinary,
        )
    unknown = (signature(line[:_FIRST_BYTES]) for line in lines if not is_head(line, 0))
    counts = Counter(filter(None, unknown))
    fewest = max(_FEWEST_LINES, _LEAST_SHARE * len(lines))
    learnt = frozenset(form for form, count in counts.items() if count >= fewest)
    if learnt:
        alone, ordinary = _bare_lines(all_lines, Heads(learnt))
        if alone or ordinary:
            words += patterns.BARE
        return Heads(learnt, words=words, levels_are_small=are_small, bare_stand_alone=alone, ordinary=ordinary)
    if len(lines) >= _FEWEST_LINES:
        words += patterns.BARE
    are_rare = _are_rare(lines)
    alone, ordinary = _bare_lines(all_lines, KNOWN)
    return Heads(are_rare=are_rare, words=words, levels_are_small=are_small, bare_stand_alone=alone, ordinary=ordinary)


def _goes_on(line: bytes) -> bool:
    """Tell whether the line is indented, and not by a level that is padded on its left."""
    return is_indented(line) and not line.startswith(patterns.PADDED_HEADS)


def _short_levels(lines: list[bytes]) -> tuple[bytes, ...]:
    """Return how a file writes its errors that writes levels in a letter, as glog does, or in three.

    At least two lines and a tenth of them say so at a level that is no error. Where PHP is named, the head of its
    traces is searched for too, for what they are of may be called anything; and where Rust is, that memory is out.
    """
    words: list[bytes] = []
    sample = b"\n".join(lines)
    fewest = max(_FEWEST_SHORT, _LEAST_SHORT * len(lines))
    heads = [b"\n" + line[:_FIRST_BYTES_OF_A_LEVEL] for line in lines]
    beginnings = b"".join(heads)
    for is_written_so, errors in patterns.SHORT_LEVELS:
        signs = [sign for sign in is_written_so if sign in beginnings]
        if signs and sum(any(sign in head for sign in signs) for head in heads) >= fewest:
            words += errors
    if sum(line[0] in _CALM_LETTERS and line[1:6].removeprefix(b" ")[:4].isdigit() for line in lines) >= fewest:
        words += patterns.LETTERS_FIRST
    if patterns.PHP in sample:
        words += patterns.PHP_SAYS
    if any(sign in sample for sign in patterns.RUST) or sum(map(_names_a_target, lines)) >= fewest:
        words.append(patterns.RUST_SAYS)
    if any(sign in sample for sign in patterns.NATIVE_SOURCES):
        words += patterns.CHECKS
    words += (frame for frame in patterns.RELAYED_FRAMES if frame in sample)
    return tuple(words)


def _names_a_target(line: bytes) -> bool:
    """Tell whether the head of a line names a module of Rust: `INFO sensors::ingest: `."""
    head = line[:_FIRST_BYTES_OF_A_LEVEL]
    return b"::" in head and any(
        b"::" in word and word[-1:] in (b":", b"]") and word.islower() for word in head.split(b" ")
    )


def _are_small(lines: list[bytes]) -> bool:
    """Tell whether at least two lines and a tenth have a small word behind their time for a level that is no error."""
    calm = sum(patterns.LEVELS.get(level_behind_time(line)) is Severity.WARNING for line in lines)
    return calm >= max(_FEWEST_SHORT, _LEAST_SHORT * len(lines))


def _are_bare_behind_relays(said: list[Origin]) -> bool:
    """Tell whether most lines are relayed, and few of what programs say in them has a head of its own."""
    messages = [message for writer, message in said if is_relay(writer) and message and not _goes_on(message)]
    headed, bare, levels = _headed_and_bare(messages)
    least = _LEAST_BARE if levels >= _MOST_KNOWN * headed else _LEAST_BARE_WITH_TIMES
    return bare >= max(_FEWEST_LINES, least * (headed + bare))


def _have_heads(messages: list[bytes]) -> bool:
    """Tell whether programs that are relayed put a head before all they say, so that a line without goes on from one.

    That is so where many have one, and none without stands below a line that says of no fault.
    """
    faulty = _with_a_word_of_faults(messages)
    headed = [is_head(message, 0) for message in messages]
    calm = (has_head and at not in faulty for at, has_head in enumerate(headed))
    below_calm = zip(calm, headed[1:], messages[1:], strict=False)
    return sum(headed) >= _FEWEST_HEADS and not any(
        is_calm and not has_head and not message.startswith(_OF_FAULTS) for is_calm, has_head, message in below_calm
    )


def _are_rare(lines: list[bytes]) -> bool:
    """Tell whether most lines that are no part of a trace have no head, or many where heads are a level's name."""
    headed, bare, levels = _headed_and_bare(lines)
    least = _LEAST_BARE if levels >= _MOST_KNOWN * headed else _LEAST_BARE_WITH_TIMES
    return bool(headed) and bare >= least * (headed + bare)


def _bare_lines(lines: list[bytes], heads: Heads) -> tuple[bool, frozenset[bytes]]:
    """Tell whether lines without a head stand alone, and return how those begin that say of no fault.

    They stand alone where they are a fifth of the lines that say of no fault, and are below another such line. What
    stands below an error may be more of it; below a calm line with a head it is a line of its own, and one without a
    head below an error is then as little part of that.
    """
    begun = [line for line in lines if not _goes_on(line)]
    headed = {at for at, line in enumerate(begun) if heads.begins(line, 0)}
    bare = {at for at, line in enumerate(begun) if at not in headed and not line.startswith(_OF_FAULTS)}
    if len(bare) < _FEWEST_LINES:
        return False, frozenset()
    faulty = _with_a_word_of_faults(begun)
    calm = bare - faulty
    below_calm = sum(at - 1 in calm or at - 1 in headed - faulty for at in calm)
    alone = below_calm >= max(_FEWEST_LINES, _LEAST_SHARE * (len(begun) - len(faulty)))
    loud, quiet = ({begun[at] for at in numbers} for numbers in (headed & faulty, headed - faulty))
    return alone, _ordinary(lines, loud, quiet, {begun[at] for at in calm})


def _ordinary(lines: list[bytes], loud: set[bytes], quiet: set[bytes], calm: set[bytes]) -> frozenset[bytes]:
    """Return how lines without a head begin that stand below no fault, and below more than one kind of line.

    What goes on from a line stands below that line alone, or below one that says the same of a fault. `loud` and
    `quiet` are the lines with a head that say of a fault, and those that do not.
    """
    above: dict[bytes, set[bytes]] = {}
    below_no_fault = set()
    is_calm, before = False, b""
    for line in lines:
        if line in calm and before not in loud:
            begins = opening(line)
            above.setdefault(begins, set()).add(origin(before).message[:_FIRST_BYTES_OF_A_LINE].translate(None, DIGITS))
            if is_calm:
                below_no_fault.add(begins)
        goes_on = line in calm or (_goes_on(line) and not line.startswith(_OF_FAULTS))
        is_calm, before = line in quiet or (is_calm and goes_on), line
    return frozenset(begins for begins in below_no_fault if begins and len(above[begins]) > 1)


def opening(line: bytes) -> bytes:
    """Return how a line without a head begins, digits apart: who speaks where it says so.

    Empty where that is no word, or the name of a class.
    """
    begins = line[:_FIRST_BYTES_OF_A_LINE].translate(None, DIGITS)
    speaker, colon, _ = begins.partition(b": ")
    is_named = colon and speaker.count(b" ") <= 1
    names_a_class = is_named and begins[:1].isupper() and b" " not in speaker
    if names_a_class or (begins.translate(None, _LETTERS) == begins and begins not in _OBJECTS):
        return b""
    return speaker + colon if is_named else begins


def _with_a_word_of_faults(lines: list[bytes]) -> set[int]:
    """Return the numbers of the lines that hold what is searched for: word by word, in all of them at once."""
    text = b"\n".join(lines)
    starts = list(accumulate((len(line) + 1 for line in lines[:-1]), initial=0))
    faulty = set()
    for word in patterns.LITERALS:
        at = text.find(word)
        while at >= 0:
            number = bisect_right(starts, at)
            faulty.add(number - 1)
            at = text.find(word, starts[number]) if number < len(starts) else -1
    return faulty


def _headed_and_bare(lines: list[bytes]) -> tuple[int, int, int]:
    """Return how many lines that are no part of a trace have a head, how many none, and how many a level's name."""
    own = [line for line in lines if not line.startswith(patterns.CONTINUES) and b":in `" not in line]
    headed = [line for line in own if is_head(line, 0)]
    return len(headed), len(own) - len(headed), sum(line.startswith(_LEVELS + _WORDS) for line in headed)


def signature(line: bytes) -> bytes:
    """Return the first marks of a line between its letters and digits; empty when it begins like no head."""
    if len(line) - len(line.translate(None, DIGITS)) < _FEWEST_DIGITS or is_indented(line):
        return b""
    if b"(" in line[1:] or line.startswith((*patterns.CONTINUES, *patterns.BREAKS)):
        return b""  # a call, as in a Go trace, or what goes on from the line above
    marks = line.translate(None, _LETTERS)[:_MARKS_OF_A_HEAD]
    return marks if line[:1].isdigit() or marks.strip() else b""  # any sentence with two numbers
