"""What the lines around an error give away, each by itself or with the ones below it: pure questions about text."""

from enum import Enum

from aiops_agent.assembly import patterns
from aiops_agent.assembly.judge import (
    died_in_perl,
    is_block_of_symfony,
    is_frame_of_glibc,
    opens_with_exception,
    raised_in_ruby,
    states_error,
)
from aiops_agent.assembly.lines import DIGITS, is_head, is_indented, origin
from aiops_agent.hints import NamedTuple

FROM = b"\tfrom "
"""How a frame of Ruby begins."""

PANICKED = b" panicked at "
RUST_AGAIN = b"core/src/panicking.rs"
"""Where it panics that a destructor panicked while another panic was on its way."""

PLACES = (b"at ", b"File ", b"from ", b"#", b"in ", b"0x", b"... ", b"@ ", b"|", b"+", *(b"%d" % n for n in range(10)))
"""How an indented line begins that says where; another may be a line of what an exception says."""

_GOES_ON = (b" ", b"\t", b"Traceback (most", *patterns.CONTINUES, *patterns.NOTES, *patterns.SUMS_UP)
_OPENINGS = (*(sign for sign, _ in patterns.OPENINGS), *patterns.BREAKS, patterns.NO_MEMORY_IN_RUST)
_FIRST_OF_OTHER_SCRIPTS = b"\x80"
_RAISED = (b"Error: ", b"Exception: ", b"Error [ERR_")


class Belongs(Enum):
    """Whether the next line is part of the record."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """It depends on a line that is not there yet."""


class Follows(NamedTuple):
    """What a line with a head may go on from, above it, of the same writer."""

    statement: bool
    words: bool
    """Of a program that logs as it would to a file, or falls."""

    report: bool
    """One of the kernel of many lines, or the statements of a program that is giving up."""


def may_follow(line: bytes) -> Follows:
    """Tell what a line with a head can go on from."""
    said = origin(line)
    of_a_writer = bool(said.writer)
    goes_on = said.message.startswith(_GOES_ON)
    statement = of_a_writer and (goes_on or opens_with_exception(said.message))
    sequels = (patterns.MONO_AGAIN, *patterns.SEQUELS, *patterns.SEQUELS.values())
    report = of_a_writer and said.message.startswith(patterns.KERNEL_CONTINUES)
    words = of_a_writer and not is_head(said.message, 0)
    return Follows(statement, words, statement or report or said.message.startswith(sequels))


def speaks_for_itself(line: bytes) -> bool:
    """Tell whether an unindented line reports a fault of its own, so that it is no more words of the one above."""
    return (
        opens_with_exception(line)
        or raised_in_ruby(line)
        or line.startswith(_OPENINGS)
        or is_block_of_symfony(line)
        or any(sign in line for sign in (b"panicked at", b": Assertion `", b": error: ", b": line "))
    )


def tells_of_a_signal(line: bytes, buffer: bytes, below: int) -> Belongs:
    """Decide whether the line names a signal above frames of glibc: who has caught it says why they are shown."""
    if not any(sign in line for sign in patterns.SIGNALS):
        return Belongs.NO
    if below >= len(buffer):
        return Belongs.UNKNOWN
    return Belongs.YES if is_frame_of_glibc(buffer[below : buffer.find(b"\n", below)]) else Belongs.NO


def opens_traceback(line: bytes) -> bool:
    """Tell whether the line is "job 4711 failed: Traceback (most recent call last):": a program formats its own."""
    return line.endswith(patterns.TRACEBACK_OPENS) and not line.endswith(patterns.GROUP_OPENS)


def warns_in_python(line: bytes) -> bool:
    """Tell whether the line is "/srv/charge.py:9: DeprecationWarning: use `sum`": nothing that was logged."""
    place, named, _ = line.partition(b"Warning: ")
    file, _, number = place.rpartition(b": ")[0].rpartition(b":")
    return bool(named) and number.isdigit() and file.endswith(b".py")


def names_another(line: bytes) -> bool:
    """Tell whether a line above frames reads "job 4711 failed TypeError: x", or names a place of Ruby: it has its own.

    One that begins with a mark is an entry of a list that an exception goes on with.
    """
    is_word = line[:1].isalnum() or line[:1] >= _FIRST_OF_OTHER_SCRIPTS
    return is_word and any(sign in line for sign in (*_RAISED, b":in `", b":in '"))


def opens_lines(line: bytes, buffer: bytes, below: int) -> bool:
    """Tell whether what an exception says goes on with a line that has indented ones below it, as pydantic's does."""
    if (
        not line
        or line in (b"{", b"[")
        or is_indented(line)
        or speaks_for_itself(line)
        or not is_indented(buffer[below : below + 1])
    ):
        return False
    return not buffer[below : buffer.find(b"\n", below)].lstrip().startswith(PLACES)


def above_place_in_go(buffer: bytes, below: int) -> Belongs:
    """Decide about what may be the first line of two that make a frame of Go, logged below a line with a head."""
    if below >= len(buffer):
        return Belongs.UNKNOWN
    return Belongs.YES if buffer.startswith(b"\t/", below) else Belongs.NO


def is_last(buffer: bytes, start: int) -> bool:
    """Tell whether nothing is known yet of what follows the line at `start`."""
    return buffer.find(b"\n", start) + 1 >= len(buffer)


def panics_again(buffer: bytes, start: int, first: bytes, most: int) -> Belongs:
    """Decide whether the thread that panicked in the line `first` panics at `start` while it falls: Rust ends it then.

    Its frames may come between, `most` lines at the most.
    """
    thread = first.partition(PANICKED)[0]
    is_again = buffer.startswith(thread + PANICKED, start)
    for seen in range(most if is_again else 0):
        if start >= len(buffer):
            return Belongs.UNKNOWN
        end = buffer.find(b"\n", start)
        line = buffer[start:end]
        if seen and PANICKED in line:
            return Belongs.YES if RUST_AGAIN in line else Belongs.NO
        if seen and is_head(line, 0):
            break
        start = end + 1
    return Belongs.NO


def is_numbered_frame(line: bytes) -> bool:
    """Tell whether the line is "10: 0x10b7fb4 v8::internal::Heap [node]" or "1: abort (/srv/shop.cjs:157:26)"."""
    number, colon, place = line.partition(b": ")
    return bool(colon) and number.strip().isdigit() and bool(place)


def is_shown(buffer: bytes, start: int) -> bool:
    """Tell whether the line at `start` is one of the source with a caret under its fault."""
    return is_caret(buffer, buffer.find(b"\n", start) + 1)


def is_caret(buffer: bytes, start: int) -> bool:
    """Tell whether the line at `start` is a caret under a fault."""
    line = buffer[start : buffer.find(b"\n", start)]
    words, _, name = line.partition(b" (")  # a logger of Ruby puts the class behind it
    words = words.partition(b" at ")[0].rstrip(b":>")  # and so Perl the place, or Ruby what ends an object
    return b"^" in words and not words.strip(b" \t^") and (not name or name.endswith(b")"))


def is_raised(buffer: bytes, start: int) -> bool:
    """Tell whether Python goes on here with the next exception of a chain; one that has no frames is named alone."""
    line = buffer[start : buffer.find(b"\n", start)]
    return line.startswith(patterns.TRACEBACKS) or opens_with_exception(line)


def is_below_a_head(buffer: bytes, start: int) -> bool:
    """Tell whether loggers put such a line below their own and an empty one: a trace of Java, a line of the source."""
    end = buffer.find(b"\n", start)
    is_raised = opens_with_exception(buffer[start:end]) and buffer.startswith(b"\tat ", end + 1)
    return is_raised or is_shown(buffer, start)


def place_in_ruby(line: bytes) -> bytes:
    """Return the file and line where an exception of Ruby was raised: `/srv/stock.rb:28`."""
    return line.partition(b":in ")[0].rpartition(b" ")[2]


def is_place_in_ruby(line: bytes) -> bool:
    """Tell whether the line is "/srv/stock.rb:28:in `run'": a frame that is not indented."""
    place, _, method = line.partition(b":in ")
    return method[:1] in (b"`", b"'") and method[-1:] == b"'" and b" " not in place and place[-1:].isdigit()


def names_a_class(line: bytes) -> bool:
    """Tell whether the line is "Errno::ENOENT: No such file": of Ruby, where its frames are right below."""
    name, colon, _ = line.partition(b": ")
    return bool(colon) and name[:1].isupper() and name.replace(b"::", b"").replace(b"_", b"").isalnum()


def is_field(line: bytes) -> bool:
    """Tell whether the line is "peer: ('::1', 4)": asyncio tells what it knows of a fault in a line for each."""
    name, colon, value = line.partition(b": ")
    return bool(colon and value) and name.replace(b"_", b"").isalpha() and name.islower()


def is_unclosed_object(message: bytes) -> bool:
    """Tell whether the text shows an object of Ruby that goes on in the next lines: "failed: #<NameError: no name"."""
    _, opened, shown = message.rpartition(b"#<")
    return bool(opened) and b">" not in shown and b"Error" in shown


def is_single(line: bytes) -> bool:
    """Tell whether the writer puts the record on one line: nginx (`2211#2211: `), Redis (`4711:M `), PHP at its end."""
    program = line[:60].translate(None, DIGITS)
    return b" #: " in program or program.startswith((b":M ", b":C ", b":S ", b":X ")) or _ends_at_a_place_of_php(line)


def _ends_at_a_place_of_php(line: bytes) -> bool:
    """Tell whether the line ends as "... in /srv/app/bakery.php on line 116" does: PHP has nothing more to say."""
    said, on, number = line.rpartition(b" on line ")
    return bool(on) and number.isdigit() and said.endswith(patterns.PHP)


def may_be_given(first: bytes, line: bytes) -> bool:
    """Tell whether the line says what was raised, and the first one does not end in the class of something else."""
    named = first.rpartition(b" (")[2]
    is_another = named[:1].isupper() and named[-1:] == b")" and raised_in_ruby(line) and not line.endswith(named)
    return not is_another and names_what_was_given(line)


def names_what_was_given(line: bytes) -> bool:
    """Tell whether the line says what was raised, as a program or its logger prints it below what it has to say."""
    return opens_with_exception(line) or raised_in_ruby(line) or line.startswith(patterns.AGGREGATES)


def tags_of(head: bytes) -> bytes:
    """Return the tags that the message of Ruby's logger begins with where it states an error: `[5b40] [worker-2]`.

    Rails puts them before the lines of what was raised, too. Empty where there are none.
    """
    if not head.startswith(patterns.LETTERS_IN_RUBY) or not states_error(head):
        return b""
    message = rest = (head + b" ").partition(b" -- ")[2].partition(b": ")[2]
    while rest[:1] == b"[" and b"] " in rest:
        rest = rest.partition(b"] ")[2]
    return message[: len(message) - len(rest)].rstrip()


def states_its_own(line: bytes, head: bytes) -> bool:
    """Tell whether a line right below one with a head is no more of it: Perl died, or it begins with `error: `.

    What was stated as an error may go on so.
    """
    states = line.startswith((patterns.SYNTAX_IN_PERL, *patterns.STATES))
    return died_in_perl(line) or (states and not states_error(head))


def states_bare(line: bytes) -> bool:
    """Tell whether a line without a head says that something failed, and not why, unless it begins with a level."""
    says_what = b": " not in line and line.startswith((*patterns.STATEMENTS, *patterns.FAILURES))
    return says_what or line.startswith(patterns.STATES)
