"""How many of the records that real programs wrote are found, and how many of those found are right.

Two people wrote programs that fall, apart from each other, and what was made of the first lot was held against the
second before anything was mended for it: 365 of its 418 failures were found whole (recall 0.873, precision 0.877).
That is the figure to expect of programs that nobody here has seen. Since then the code was mended by kind until both
hold: heads of two lines and of a framework, messages of several lines in chains and groups, frames that stand below a
logged line, differences that Node shows, whatever else Node throws, what a shell evaluates.

Where the two disagreed, one truth was put in place of the other, in the corpus and in the program that made it:

- The ruler of a sanitizer is the first line of its report. The second lot left it out; but it is printed by nobody
  else, and left outside it would be a line of the log that belongs to nothing.

A third person wrote programs later, with the ways to log of each runtime, one file for a service and half of them as
journald shows them, and measured them before anything of it was read: of 934 failures 716 were found whole (recall
0.767, precision 0.732). Seven of those were told as two in its truth where nobody could tell two: a line and the
trace right below it (927 failures, recall 0.780, precision 0.739). Now 888 of 919 are found whole (recall 0.966,
precision 0.982); seven more that Ruby's logger and its runtime tell right below each other became one each, and one of
ten thousand levels on one line was left out. That this is no figure to expect of a fourth is what the first says.

What is left of the third: four that say what failed in words of the program, in a file where nothing of them is
searched for (`job 17 failed: timeout waiting for relay`), and what the text does not tell.

A fourth person wrote programs that log with the real libraries in the layout they have by default, and measured them
before anything was mended: of 910 failures 802 were found whole (recall 0.881, precision 0.872). Its truth was wrong
where two reports stood between two marks (8 that Log4perl tells to its log and to the terminal, 2 of a sanitizer),
where a program fell before its mark (9 of spdlog, 2 of PHP's memory) and for 8 of a handler that does not exist: with
those right, the same code finds 803 of 901 (recall 0.891, precision 0.910). One fault of the code was mended: a line
below a head that it turned out not to belong to was lost, and the head taken for the record (0.896 and 0.919). That is
what a user gets of programs that nobody here has seen. Since then levels are read by name before number, padded levels
begin a record, a traceback of another process belongs to what it caused, and a list in a message ends no message
(0.918 and 0.933).

Then the code was mended by kind for what was left of both: levels of a letter or of three, a level and then a trace
where few lines have heads, loguru, koa, `perror`, messages with empty lines, faulthandler, workers of Node, chains of
PHP, frames of glibc, and traces that nobody caught below a line that is no error; and for what programs of our own in
eight runtimes showed besides (`test_kinds.py`). Now 898 of 919 of the third are found whole (recall 0.977, precision
0.985) and 892 of 901 of the fourth (0.990 and 0.999). These corpora were mended for, so those are no blind figures:
the next that nobody here has seen tells.

What is left of the fourth: what Perl's `die` says without a name or a place (2), notes of Python that read like any
line, and an `AggregateError` of koa without frames.

A fifth person wrote programs blind, without a look at the assembler, in eight runtimes with the layouts of their
loggers, some as journald shows them: 1,318 failures. The code as it was before it was mended for the third and fourth
found them with recall 0.933 and precision 0.978, the same mended for those two with 0.948 and 0.984: that is the
blind figure. Then it was mended by kind: warnings that carry an exception, in fields or as a trace; what a program
says in bare lines that are relayed; warnings of PHP's own functions; traces below an empty line; aborts of runtimes;
two traces of Ruby from the same places. Now 1,312 of 1,318 are found whole and nothing else is (0.995 and 1.000). The
next that nobody here has seen tells again.

Where it disagreed with those before: a function of PHP's own that warns that
it failed is a failure (so now in `php.log` too), and a warning with Node's bare `Error`, without a code, stays none, as
the second says: a program makes one to show from where it warns.

What is left of the fifth: Rust's `memory allocation of 4096 bytes failed`, in none of whose lines a word stands that is
searched for.

A sixth person wrote programs blind as well, 40 small services in eight runtimes with the libraries that teams use
(`make_sixth.py`), of which some speak below the head of the journal or of syslog, and decided what a record is before
anything was measured: 1,591 failures, found with recall 0.834 and precision 0.913. That is the blind figure. Its
truth was wrong where a program was not sure when its words reach the log (6 of a logger that writes later, 1 of a child
of PHP) or warned of itself (2 of Perl), and a healthy line that begins with blanks and an arrow, below a failure, told
nobody that it is none (3): with those right, the same code finds 1,334 of 1,595 (recall 0.836, precision 0.921).
Then it was mended by kind: levels that are written small or padded, and GLib's; what Dancer, hapi, Sinatra, Symfony,
Mojo, eyre and asyncio write around what was raised; a bare line that says what failed, alone or above a trace; causes
of Java of several lines; warnings of Python's own. Now 1,541 of 1,595 are found whole (0.966 and 0.982), and in the
fifth one more. As ever, those are no blind figures.

What is left of the sixth, six: what a program says in words of its own (`no disks in conf`, `relay said:` and what
that said), a native trace of Node alone, a difference that winston shows twice, and a line that names an exception.

A seventh person wrote programs blind of the runtimes themselves and their standard libraries alone
(`make_seventh.py`), each in four or five ways of being logged, and decided what a record is before anything was
measured: 2,057 failures, found with recall 0.866 and precision 0.899. That is the blind figure: Java 0.990 and 0.997,
Node 0.953 and 0.961, C++ 0.890 and 0.940, Ruby 0.895 and 0.950, Perl 0.888 and 0.972, PHP 0.866 and 0.973, Rust 0.784
and 0.827, Python 0.655 and 0.616. Three kinds were most of it: an ordinary line without a head right below a record,
which was taken for its end (90), words of the program before `Traceback` in its line (41), and what was not found at
all (88). Then it was mended by kind: whether bare lines stand alone is learnt from the first lines of a file, and where
they do, what programs say in them is searched for; words before a traceback; which trace of Ruby is another's cause;
what glibc, argparse, V8 and the runtimes of Rust, Perl and Ruby print as they give up. Now 1,967 of 2,057 are found
whole (0.956 and 0.978: Java 0.993, C++ 0.983, Ruby 0.978, Node 0.966, Rust 0.964, Perl 0.944, Python 0.932, PHP 0.874),
and five more of the fifth and sixth. As ever, those are no blind figures.

Then all of them were gone through once more, and each truth that contradicted another's, or that nobody who reads the
log could know, was mended in the corpora and in the programs that make them:

- What PHP notices, or warns of where none of its own functions failed, is no failure: 28 lines of the seventh were.
- A trace right below a line that states a warning or an error is that line's, for loggers write nothing else where
  they were given one: five of the third, which a program printed below its warning, and three of the seventh.
- A thread of Rust that panics again while it falls has fallen once: two records of the first in four places were one.
- Five lines that name no failure are none: `letter 17: no stamp` of the fifth, and of the fourth twice `: Success`,
  `Bounce: ... said "550 no such user"` and `HASH(0x563912d21730)`.

With these the code found 0.983 of the third (precision 0.990), 0.994 of the fourth, 0.969 of the sixth (0.982) and
0.971 of the seventh (0.978). Then it was mended by kind: which lines without a head are ordinary is learnt from where
they stand (below lines that differ, and below no fault); what `unittest`, Symfony, asyncio, GLib, libxml and Type::Tiny
print around what failed; notes that begin with a word no sentence begins with; the places of Perl and Ruby, and frames
of Java, below what may be called anything; what the system calls its errors. Now it finds 0.995 of each and more, and
what it finds is right in as many: third 0.996 and 1.000, fourth 0.996 and 0.999, fifth 0.999 and 1.000, sixth 0.996 and
0.998, seventh 0.996 and 0.996. Those are no blind figures.

What is left of the seventh, eight: five ordinary lines that the first lines of their file do not show twice, two
tables below a panic that may be what it says, and a panic on the way out of another that is told under the journal.

The seven were written to be hard. An eighth lot was written blind to be ordinary (`make_eighth.py`): in each runtime
one service that works off a queue, logs what fails in a usual layout of its loggers, or bare to its streams, or relayed
by the journal, and is started again when it dies, with lines of work between two failures. What a record is was decided
and committed before anything was measured: 2,491 failures, found with recall 0.9892 and precision 0.9948. That is the
blind figure: Java and PHP 1.000 and 1.000, Rust 0.995 and 1.000, Node 0.992 and 0.996, Python 0.992 and 0.992, Ruby
0.989 and 0.989, C++ 0.974 and 0.983, Perl 0.964 and 0.996. Nothing in its truth was corrected. Then it was mended by
kind: bare lines that begin with a critical level; what a handler of SIGABRT says below what aborted; excerpts of the
source in what Ruby says; memory that Rust does not get; where all that is relayed has heads, what goes on without one;
statements that SQLAlchemy puts in brackets; what Perl died of once more; sentences with two numbers, taken for heads;
an error of Node, bare and relayed, that took the trace of another. Now it is found with recall 0.9984 and precision
1.0000, and the fifth whole. As ever, those are no blind figures.

What is left of the eighth, four: Perl's `die` whose bare text says neither a place nor a word that is searched for
(`template 35113 is empty`, `job returned`, `3 addresses of list 49100 rejected:`).

A ninth lot was written by another hand, of ordinary services too (`make_ninth.py`): eight other trades in the usual
layouts of other loggers, 51 files. It was measured before anything of it was read: 2,540 failures, found with recall
0.979 and precision 0.977. That is the blind figure: Java, PHP and Rust 1.000 and 1.000, Python 0.994 and 0.994, Perl
0.993 and 0.993, Node 0.987 and 0.987, C++ 0.941 and 0.994, Ruby 0.925 and 0.860. Two kinds were most of it: levels in
angle brackets below the head of syslog (20), and a bare trace of Ruby right below a line that states an error, without
a time or behind the head of the journal (22). Then it was mended by kind: levels between marks of any sort, with their
name, or before a dash; what was raised right below an error that is stated without a time, in any runtime; causes of
Ruby below what its logger was given; words in any script before what Node raised; calm lines that took a statement of
an error below them. Now it is found with recall 0.998 and precision 0.998. As ever, those are no blind figures.

What is left of the ninth, four: the second of two notes of Python that reads like any line (2), and what a program
printed to its output right below the report of a sanitizer, which its truth counts to that (2).

A tenth person wrote blind small programs that a tester would write, eight in as many runtimes, in 43 files: bare, in
the usual layouts of their loggers, as the journal and as Docker show them. What Docker shows is an object for each
line (`*_docker.log`), which a container source unwraps before it is assembled: so here too, where a corpus is read.
It was measured before anything was mended: 1,946 failures, found with recall 0.991 and precision 0.990. That is the
blind figure: Node, PHP, Ruby and Rust 1.000 and 1.000, and 12 of the 17 that were missed were one kind, groups of
exceptions of Python of which one came of another. Then it was mended by kind: such chains, in any order of groups and
plain exceptions; groups that nobody caught below a warning; what macros of C++ do not find to hold, and what a
program says of its end, between stamped lines; text that Perl does not compile; bare lines that say why something
cannot be done. Now it is found with recall 0.999 and precision 0.999. As ever, those are no blind figures.

What is left of the tenth, one: a trace of Java that nobody caught, right below a warning that says of something else,
which by the rule above is taken for that warning's.

An eleventh person wrote blind eight services of a ski resort, one in each runtime, in 44 files in the layouts of their
usual loggers. It was measured before anything was mended: 1,931 failures, found with recall 0.975 and precision 0.956.
That is the blind figure: all that was wrong stood in seven files of Perl and Ruby, and 45 of the 87 that were found
wrong are what Perl warns of as it compiles, of a line of the program that nobody meant so. Then it was mended by kind:
those warnings, and the others that Perl has for the text of a program; lines below an error of Ruby's logger that
begin with the tags of its message, as Rails writes them; levels of one letter behind the time, as semantic_logger has
them. Now all of them are found whole, and nothing else is. As ever, those are no blind figures, and nothing is left.

A twelfth person wrote blind eight services of a city's public transport, one in each runtime, in 48 files: the real
loggers of their runtimes in usual layouts, bare, and as the journal shows them. It was measured before anything was
mended: 2,403 failures, found with recall 0.9958 and precision 0.9996. That is the blind figure: Java, Node, PHP,
Python, Ruby and Rust 1.000 and 1.000, C++ 0.988 and 0.997, Perl 0.981 and 1.000. Then it was mended by kind: what the
handlers of glog, abseil and folly say of the signal that ends a program, where nothing above it states an error; frames
of glibc that a program's own handler shows right below a warning. Now it is found with recall 0.9975 and precision
1.0000. As ever, those are no blind figures.

What is left of the twelfth, six: Perl's `die` whose bare text says neither a place nor a word that is searched for
(`no water pressure (bay 62)`, `door open (bay 7)`, `brush stuck (bay 74)`).

A thirteenth person wrote blind eight services of a veterinary hospital, one in each runtime, in 49 files: bare, in the
usual layouts of their loggers, and as the journal shows them. It was measured before anything was mended: 2,441
failures, found with recall 0.984 and precision 0.986. That is the blind figure: Java, Perl, PHP and Python 1.000 and
1.000, Node 0.993 and 0.997, C++ 0.991 and 1.000, Ruby 0.987 and 0.983, Rust 0.901 and 0.904. One kind was most of it:
levels of Rust that are padded on their left, relayed, were taken for indented lines of the error above them (27). Then
it was mended by kind: such levels; classes of Ruby that do not call themselves errors, below a line that states one and
above places; bare errors of one line that took ordinary lines with the next failure. Now all of them are found whole,
and nothing else is. As ever, those are no blind figures.

A fourteenth person wrote blind eight services of a network of libraries and museums, one in each runtime, in 48 files:
bare, in the usual layouts of their loggers, and as the journal shows them. It was measured before anything was mended:
2,605 failures, found with recall 0.9946 and precision 0.9950. That is the blind figure: Perl, Python, Ruby and Rust
1.000 and 1.000, PHP 0.997 and 1.000, C++ 0.997 and 0.997, Node 0.994 and 0.997, Java 0.969 and 0.967. One kind was
most of it: bare lines that say in words what went wrong, above the trace that Java prints of it, were left out (10).
Then it was mended by kind: such lines; what a sanitizer says of a signal right below a warning; a failure in words
with its own frames, below one of a bare line; levels that PHP writes in words behind the time. Now all of them are
found whole, and nothing else is. As ever, those are no blind figures.

A fifteenth person wrote blind eight services of a water utility, one in each runtime, in 46 files: bare, in the usual
layouts of their loggers, and as the journal shows them. 2,527 failures, found with recall 1.000 and precision 1.000,
and nothing was mended: that is a blind figure, and with the twelfth's the one to expect of an ordinary service. Of a
program that is written to be hard, the first seven tell.

What is left of the second lot is one: Perl's `die` with a message of two lines, of which the first says nothing that
is searched for, and the place stands behind the second.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiops_agent.assembly.assemble import Assembler, Assembly
from aiops_agent.assembly.heads import SAMPLE, learn
from aiops_agent.assembly.shapes import Shapes

CORPORA = Path(__file__).parent.parent / "corpora"
ONE_LETTER = CORPORA / "produced" / "python_letters.log"
SECOND = sorted((CORPORA / "second").glob("*.log"))
THIRD = sorted((CORPORA / "third").glob("*.log"))
FOURTH = sorted((CORPORA / "fourth").glob("*.log"))
FIFTH = sorted((CORPORA / "fifth").glob("*.log"))
SIXTH = sorted((CORPORA / "sixth").glob("*.log"))
SEVENTH = sorted((CORPORA / "seventh").glob("*.log"))
EIGHTH = sorted((CORPORA / "eighth").glob("*.log"))
NINTH = sorted((CORPORA / "ninth").glob("*.log"))
TENTH = sorted((CORPORA / "tenth").glob("*.log"))
ELEVENTH = sorted((CORPORA / "eleventh").glob("*.log"))
TWELFTH = sorted((CORPORA / "twelfth").glob("*.log"))
THIRTEENTH = sorted((CORPORA / "thirteenth").glob("*.log"))
FOURTEENTH = sorted((CORPORA / "fourteenth").glob("*.log"))
FIFTEENTH = sorted((CORPORA / "fifteenth").glob("*.log"))
LATER = (
    *SECOND,
    *THIRD,
    *FOURTH,
    *FIFTH,
    *SIXTH,
    *SEVENTH,
    *EIGHTH,
    *NINTH,
    *TENTH,
    *ELEVENTH,
    *TWELFTH,
    *THIRTEENTH,
    *FOURTEENTH,
    *FIFTEENTH,
)
FIRST = sorted(file for file in CORPORA.rglob("*.log") if file not in LATER)
FLOOR = 0.995
Record = frozenset[int]
"""Numbers of its lines, those apart that are empty."""


class Recording(Assembler):
    """Notes where each record lies; none is recognised as a repetition, so that each comes by here."""

    def __init__(self, text: bytes) -> None:
        shapes = Shapes(learn(text[:SAMPLE]))
        shapes.learn = lambda *record: None
        super().__init__(Assembly().search(shapes.heads), shapes, start=0, counted_until=0, record_end=0)
        self.pieces: list[list[tuple[int, int]]] = []

    def _count(self, form, found, line_start):
        is_error = super()._count(form, found, line_start)
        if is_error:
            place = self._places.of
            self.pieces.append([(place(start), place(end)) for start, end in found.pieces])
        return is_error


def read(file: Path) -> tuple[list[str], set[Record]]:
    """Return the lines of a corpus and the records in it, as its annotations have them."""
    lines: list[str] = []
    records = set()
    for part in file.read_text().split("#= ")[1:]:
        expected, _, text = part.partition("\n")
        block = text.splitlines(keepends=True)
        if length := json.loads(expected)["lines"]:
            length = len(block) if text.startswith("{") else length
            records.add(_filled(len(lines) + at for at, line in enumerate(block[:length]) if line.strip()))
        lines += block
    return _unwrapped(lines, records) if "docker" in file.stem else (lines, records)


def _unwrapped(lines: list[str], records: set[Record]) -> tuple[list[str], set[Record]]:
    """Return what the program wrote that Docker put into an object for each line, as a container source reads it."""
    said = [json.loads(line)["log"] if line.startswith('{"log"') else line for line in lines]
    return said, {_filled(n for n in record if said[n].strip()) for record in records}


def found_in(lines: list[str]) -> set[Record]:
    text = "".join(lines).encode()
    recording = Recording(text)
    recording.feed(text)
    recording.finish(final=True)
    begins, at = {}, 0
    for number, line in enumerate(lines):
        begins[at] = number
        at += len(line.encode())
    begins[at] = len(lines)
    return {
        _filled(n for start, end in pieces for n in range(begins[start], begins[end]) if lines[n].strip())
        for pieces in recording.pieces
    }


def _filled(numbers: Iterator[int]) -> Record:
    return frozenset(numbers)


def accuracy(files: list[Path]) -> tuple[float, float, int, list[str]]:
    """Return recall, precision, how many records there are, and what is wrong."""
    truths = finds = rights = 0
    wrong = []
    for file in files:
        lines, truth = read(file)
        found = found_in(lines)
        truths, finds, rights = truths + len(truth), finds + len(found), rights + len(truth & found)
        for kind, records in (("missed", truth - found), ("wrong", found - truth)):
            wrong += [
                f"{file.stem}: {kind} {len(r)} lines from {min(r) + 1}: {lines[min(r)]}"
                for r in sorted(records, key=min)
            ]
    return rights / truths, rights / finds, truths, wrong


@pytest.mark.parametrize(
    ("files", "fewest", "floor"),
    [
        (FIRST, 1_200, FLOOR),
        (SECOND, 418, FLOOR),
        pytest.param(THIRD, 919, FLOOR, marks=pytest.mark.slow),
        pytest.param(FOURTH, 897, FLOOR, marks=pytest.mark.slow),
        pytest.param(FIFTH, 1_317, 1.0, marks=pytest.mark.slow),
        pytest.param(SIXTH, 1_595, FLOOR, marks=pytest.mark.slow),
        pytest.param(SEVENTH, 2_026, FLOOR, marks=pytest.mark.slow),
        pytest.param(EIGHTH, 2_491, 0.998, marks=pytest.mark.slow),
        pytest.param(NINTH, 2_540, 0.998, marks=pytest.mark.slow),
        pytest.param(TENTH, 1_946, 0.999, marks=pytest.mark.slow),
        pytest.param(ELEVENTH, 1_931, 1.0, marks=pytest.mark.slow),
        pytest.param(TWELFTH, 2_403, 0.997, marks=pytest.mark.slow),
        pytest.param(THIRTEENTH, 2_441, 1.0, marks=pytest.mark.slow),
        pytest.param(FOURTEENTH, 2_605, 1.0, marks=pytest.mark.slow),
        pytest.param(FIFTEENTH, 2_527, 1.0, marks=pytest.mark.slow),
    ],
    ids=[
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
    ],
)
def test_nearly_all_records_are_found_whole_and_nearly_all_found_are_records(files, fewest, floor):
    recall, precision, records, wrong = accuracy(files)
    print(f"{records} records: recall {recall:.4f}, precision {precision:.4f}")
    assert records >= fewest
    assert min(recall, precision) >= floor, "".join(wrong)


def test_a_level_of_one_letter_is_searched_for_where_a_file_writes_them_so():
    lines, truth = read(ONE_LETTER)
    assert found_in(lines) == truth


BOTH = pytest.mark.parametrize(
    "files",
    [[*FIRST, *SECOND], [*LATER[len(SECOND) :]]],
    ids=["first and second", "third to fifteenth"],
)


@pytest.mark.slow
@BOTH
def test_any_split_of_what_programs_wrote_gives_the_same_records(files):
    for file in files:
        text = "".join(read(file)[0]).encode()
        counts = []
        for size in (len(text), 4_096, 997):
            assembler = Assembly().stretch(0, 0, 0, text[:SAMPLE])
            for at in range(0, len(text), size):
                assembler.feed(text[at : at + size])
            assembler.finish(final=True)
            counts.append({s.fingerprint: s.count for s in assembler.take().sightings})
        assert counts[0] == counts[1] == counts[2], file.stem


@pytest.mark.slow
@BOTH
def test_an_assembler_that_recognises_repetitions_counts_as_many(files):
    for file in files:
        lines, _ = read(file)
        assembler = Assembly().stretch(0, 0, 0, "".join(lines).encode()[:SAMPLE])
        assembler.feed("".join(lines * 3).encode())
        assembler.finish(final=True)
        assert sum(s.count for s in assembler.take().sightings) == len(found_in(lines * 3)), file.stem
