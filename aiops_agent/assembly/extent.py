"""Where a record ends: which of the lines below its first belong to it."""

from aiops_agent.assembly import patterns
from aiops_agent.assembly.clues import (
    FROM,
    PLACES,
    RUST_AGAIN,
    Belongs,
    above_place_in_go,
    is_below_a_head,
    is_caret,
    is_field,
    is_last,
    is_numbered_frame,
    is_place_in_ruby,
    is_raised,
    is_shown,
    is_single,
    is_unclosed_object,
    may_be_given,
    names_a_class,
    names_another,
    opens_lines,
    opens_traceback,
    panics_again,
    place_in_ruby,
    speaks_for_itself,
    states_bare,
    states_its_own,
    tags_of,
    tells_of_a_signal,
    warns_in_python,
)
from aiops_agent.assembly.heads import KNOWN, MESSAGES, Heads, of_message, opening
from aiops_agent.assembly.judge import (
    died_in_perl,
    is_block_of_symfony,
    is_fatal_of_glog,
    is_frame_of_glibc,
    is_frame_of_ruby,
    may_name_what_was_raised,
    names_another_exception,
    names_what_stopped_it,
    opens_with_exception,
    raised_in_ruby,
    says_what_failed,
    stands_alone,
    states_error,
)
from aiops_agent.assembly.lines import Origin, is_half_a_head, is_indented, origin
from aiops_agent.assembly.relayed import Relay, is_relay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.assembly.findings import Findings

_LINES_OF_A_MESSAGE = 20
"""Unindented lines that a headed record may go on for before its first frame."""

_LINES_SAID_BY_PERL = 3
"""Lines of what `die` says above its frames, the first apart, where the first does not tell the place."""

_LINES_OF_A_DIFFERENCE = 60
"""Between what Node expected and what it got: it leaves out lines itself beyond fifty."""

_LINES_AHEAD, _LINES_AHEAD_RELAYED = 120, 60
"""Lines of frames between two panics of a thread: of a relayed one no more are known."""

_CAUGHT_HERE = b'> File "'
"""How loguru shows the frame that caught the exception."""

_LAST_OF_A_GROUP, _AT = b"    +----", b"    at "
_EMPTY_LINES = 2
_FRAMES = (
    b"\tat ",
    b"    at ",
    b"  at ",
    b"   at ",
    b"\tfrom ",
    b"stack backtrace:",
    b"Stack trace:",
    b"note: run with `RUST_BACKTRACE",
)
_FRAMES_IN_A_MARGIN = (b"      at ",)
"""Of Node, where the whole trace is indented."""

_FIRST_BYTES = 32
_FIRST_BYTES_OF_A_LOGGER = 80
_NEWLINE, _TAB = b"\n\t"


class Extent:
    """Follows one record line by line from its first."""

    def __init__(self, first: bytes, heads: Heads = KNOWN, relayed: Heads | None = None) -> None:
        """Begin with the first line; `relayed`: how the log begins its records where another program relays this."""
        self._begins = heads.begins
        self._ordinary = (relayed or heads).ordinary
        self._lines_ahead = _LINES_AHEAD_RELAYED if relayed else _LINES_AHEAD
        self.is_complete = first.startswith((b'{"', b'{ "', *patterns.LOGFMT))
        """The line is an object or a list of fields of its own: nothing below belongs to it."""

        self._first, self._headed = first, self._begins(first, 0)
        self._heads_are_rare = heads.are_rare
        self._wraps = heads.are_rare and heads is not MESSAGES
        self._stand_alone = heads.bare_stand_alone
        self._is_half_a_head = is_half_a_head(first)
        self._origin = origin(first) if self._headed else Origin(b"", first)
        self._writer = self._origin.writer
        message = self._origin.message
        kernel = self._writer.endswith(b"kernel:") or first.startswith(b"[")
        is_relayed = self._headed and is_relay(self._writer)
        self._inner = Extent(message, of_message(message, heads), heads) if is_relayed else None
        """The record as it would be in a log that the writer of this line writes itself."""

        self._relay = Relay(self._writer)
        self._report = kernel and any(sign in b" " + message for sign in patterns.KERNEL_REPORTS)
        self._killing = b"invoked oom-killer" in message
        self._sequel = next((pair for pair in patterns.SEQUELS.items() if message.startswith(pair[0])), None)
        self._know_runtime(first, message)
        self._statement = bool(self._writer) and not (self._tracing or self._rust or opens_with_exception(message))
        # A program wrote a line and then the trace, in a file where few lines have a head.
        given_alone = heads.are_rare and states_error(first) if self._headed else states_bare(first)
        self.awaits_raised = given_alone or (self._headed and self._stand_alone)
        """Whether the very next line may be what a program says was raised."""

        self._tags = tags_of(first) if self._headed else b""
        takes_plain = (
            self._headed
            and not heads.are_rare
            and not heads.bare_stand_alone
            and not self._writer
            and not self._report
            and not self.is_complete
            and not is_single(first)
            and not died_in_perl(message)
        )
        self._takes_plain = takes_plain
        announces = bool(self._writer) and self._headed and message.endswith(b":") and not self._report
        self._plain_lines = 0 if takes_plain or announces else _LINES_OF_A_MESSAGE

    def _know_runtime(self, first: bytes, message: bytes) -> None:
        """Note which runtime or library has ways of its own to go on from such a line."""
        self._tracing = self._traceback = message.startswith(b"Traceback (most") or opens_traceback(message)
        self._go = (
            message.startswith((b"panic: ", b"fatal error: ", b"http: panic")) or b"http: panic serving" in message
        )
        self._rust = b"panicked at" in message
        self._sanitizer = _findings(first) if b"Sanitizer" in first and not self._inner else None
        self._mono = first == b"Unhandled Exception:"
        self._raised = first.startswith(b"  what():  ")
        self._node, self._numbers_frames = b" [ERR_" in first, message == patterns.NATIVE_TRACE
        self._php, self._outermost = False, b""
        self._rescued = any(place in message for place in patterns.RESCUES)
        self._ruby = message if raised_in_ruby(message) or b":in `" in message else b""
        grouped = first.startswith(b"  + Exception Group") or first.endswith(patterns.GROUP_OPENS)
        self._raised = self._raised or grouped
        self._ends_words = (_LAST_OF_A_GROUP,) if grouped else (FROM,) if self._ruby else ()
        """How a line without a head begins that comes below all that an exception says."""

        self._chained = self._traced = self._spaced = False
        self._framed = self._told = self._rust and message[-1:].isdigit()  # its place is the last it says
        self._preluded = self._is_said_again = self._caused = self._tested = self._noted = self._is_given = False
        self._lines_in_brackets = 0
        self._is_unclosed = is_unclosed_object(message)
        self._shows_source = self._is_unclosed or any(sign in message for sign in patterns.SHOWS_SOURCE)
        self._symfony = is_block_of_symfony(message)
        self._aborts = (
            message.startswith((*patterns.ABORTS, b"  what():  "))
            or any(sign in message for sign in patterns.ASSERTED)
            or is_fatal_of_glog(first)
        )
        self._asyncio = patterns.ASYNCIO in first[:_FIRST_BYTES_OF_A_LOGGER]

    def note_prelude(self, above: bytes) -> None:
        """Note what the runtime has said above the first line: that is what was raised.

        Of a thread of Ruby it may say the same once more, for who waited for it.
        """
        self._preluded = True
        self._is_said_again = above.startswith(b"#<Thread:")
        self._tested = b"FAIL: " in above or b"ERROR: " in above

    @property
    def may_wrap(self) -> bool:
        """Tell whether words below the first line belong to it where its frames come below them."""
        return not self._headed or self._wraps or self._stand_alone or self._is_given

    @property
    def _names_what_was_raised(self) -> bool:
        message = self._origin.message
        named = opens_with_exception(message.lstrip()) or message.startswith(b"Exception in thread ")
        return self._preluded or self._rust or named

    @property
    def _is_logged(self) -> bool:
        """Tell whether the program put a head of its own before it: all up to the next is what it said."""
        return self._headed and not self._heads_are_rare and not is_relay(self._writer)

    @property
    def writer(self) -> bytes:
        """Return how the head of each line names who wrote it; empty when the lines of others cannot be told apart."""
        return b"" if self.is_complete or self._writer == b"kernel:" else self._writer

    def is_of_writer(self, line: bytes) -> bool:
        """Tell whether a line has a head that names the writer of this record."""
        return self._begins(line, 0) and origin(line).writer == self._writer

    @property
    def is_traced(self) -> bool:
        """Tell whether its first line says what was raised, and frames of Java or Node were seen below it."""
        stated = any(sign in self._origin.message for sign in (b"Error: ", b"Exception: ", b"Error [ERR_"))
        return self._traced and (stated or self._names_what_was_raised)

    @property
    def takes_any_line(self) -> bool:
        """Tell whether the writer's next line belongs to it whatever that says."""
        return self._tracing or bool(self._inner and self._inner.takes_any_line)

    @property
    def takes_words(self) -> bool:
        """Tell whether the writer's next lines may belong to it that begin like no line of a record."""
        inner = self._inner
        return inner is not None and (inner.takes_plain_lines or inner.expects_words)

    @property
    def takes_traced_words(self) -> bool:
        """Tell whether the writer's next lines may belong to it, whatever they say, where a trace comes below them."""
        inner = self._inner
        return bool(inner and (inner.may_wrap or inner.awaits_raised))

    @property
    def expects_words(self) -> bool:
        """Tell whether the runtime that wrote the first line goes on in words."""
        return (
            bool(self._rust or self._go or self._ruby or self._sanitizer or self._raised or self._node or self._mono)
            or self._shows_source
            or self._aborts
            or self._asyncio
            or self._is_half_a_head
            or bool(self._tags)
        )

    @property
    def is_report(self) -> bool:
        """Tell whether lines with heads of their own go on from it that would mean something else alone."""
        return self._report or bool(self._sequel) or self._mono

    @property
    def ends_at_any_head(self) -> bool:
        """Tell whether a line with a head of its own can never belong to this record."""
        return not self._writer and not self.is_report and not self._tags

    @property
    def takes_plain_lines(self) -> bool:
        """Tell whether unindented lines without a head go on from the first line."""
        return self._takes_plain

    def accepts(self, buffer: bytes, start: int) -> Belongs:
        """Decide about the line at `start`, the one below the last that was accepted; `buffer` ends in a newline."""
        if self.is_complete:
            return Belongs.NO
        end = buffer.find(b"\n", start)
        line = buffer[start:end].removesuffix(b"\r")
        if self._sanitizer:
            return self._sanitizer.accepts(line, begins=self._begins(buffer, start))
        if self._is_half_a_head and line.startswith(patterns.SECOND_HEADS):
            self._is_half_a_head = False
            return Belongs.YES
        is_numbered = self._numbers_frames and is_numbered_frame(line)
        if is_numbered or (self._shows_source and patterns.LIBXML in line) or self._is_tagged(line):
            return Belongs.YES
        if self._begins(buffer, start):
            return self._accepts_headed(line, buffer, start)
        return self._accepts_headless(line, buffer, end + 1)

    def _is_tagged(self, line: bytes) -> bool:
        """Tell whether the line begins with the tags of the first one, and note what it says behind them."""
        is_tagged = bool(self._tags) and line.startswith(self._tags)
        if is_tagged:
            self._continues(line.removeprefix(self._tags).removeprefix(b" "))
        return is_tagged

    def _accepts_headless(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        if not line:
            return self._accepts_empty(buffer, below)
        if line.startswith(patterns.IN_CLEANUP):
            return Belongs.NO
        return Belongs.YES if self._continues(line) else self._accepts_unmarked(line, buffer, below)

    def _accepts_headed(self, line: bytes, buffer: bytes, start: int) -> Belongs:
        if self.ends_at_any_head or self._tags:
            return Belongs.NO
        if self._mono:
            return self._accepts_again(line)
        said = origin(line)
        if self._report:
            return self._accepts_kernel(said)
        if self._sequel:
            return self._accepts_sequel(said.message, *self._sequel)
        if said.writer != self._writer or said.message.startswith((patterns.IN_CLEANUP, *patterns.PADDED_HEADS)):
            return Belongs.NO
        goes_on = self._continues(said.message)
        within = self._inner.accepts(*self._relay.at(buffer, start)) if self._inner else Belongs.NO
        if not goes_on and self._names_its_cause(said.message):
            goes_on = True
            if self._inner:
                self._inner.note_given(said.message)
        return Belongs.YES if goes_on else within

    def _accepts_again(self, line: bytes) -> Belongs:
        """Decide about Mono's second account of the same exception."""
        self._mono, self._framed = False, False
        return Belongs.YES if line.startswith(patterns.MONO_AGAIN) else Belongs.NO

    def _names_its_cause(self, message: bytes) -> bool:
        """Tell whether a writer that has said what failed now says with which exception: once."""
        is_cause = self._statement and not self._framed and may_be_given(self._first, message)
        self._statement = self._statement and not is_cause
        return is_cause

    def _accepts_sequel(self, message: bytes, again: bytes, last: bytes) -> Belongs:
        if self._framed or not message.startswith((again, last)):
            return Belongs.NO
        self._framed = message.startswith(last)
        return Belongs.YES

    def _continues(self, message: bytes) -> bool:
        return self._is_in_brackets(message) or self._goes_on(message)

    def _is_in_brackets(self, message: bytes) -> bool:
        """Tell whether a bracket that SQLAlchemy opened in a line above is closed in this one or below."""
        is_within = bool(self._lines_in_brackets) and not self._begins(message, 0)
        if is_within:
            self._lines_in_brackets -= 1 if message[-1:] != b"]" else self._lines_in_brackets
        return is_within

    def _goes_on(self, message: bytes) -> bool:
        if message.startswith(patterns.TRACEBACKS):
            return self._starts_a_traceback(message)
        if is_indented(message):
            self._caused = False
            self._node = self._node and not message.startswith(_AT)
            if message[:1] == b"\t" or message.lstrip().startswith(PLACES):
                self._framed = not self._node
            self._framed = self._framed or (self._is_unclosed and message.endswith(b">"))
            self._outermost = message
            self._rescued = self._rescued or any(place in message for place in patterns.RESCUES)
            self._traced = self._traced or message.lstrip().startswith(b"at ")
            return True
        if message.startswith(patterns.CONTINUES):
            self._framed = self._framed or message.startswith((b"note: ", b"stack backtrace:", b"#"))
            self._chained = self._chained or message.startswith((b"During handling", b"The above exception"))
            self._go = self._go or message.startswith(b"goroutine ")
            self._php = self._php or message.startswith(b"Stack trace:")
            self._caused = message.startswith(b"Caused by:")
            is_open = message.startswith(patterns.IN_BRACKETS) and message[-1:] != b"]"
            self._lines_in_brackets = _LINES_OF_A_MESSAGE if is_open else 0
            self._tracing = self._tracing or message.startswith(b">>> '")
            return True
        if self._php and message.startswith(b"Next "):
            self._framed = False
            return True
        if self._goes_on_in_its_own_way(message):
            return True
        was_tracing, self._tracing = self._tracing, False
        self._raised = self._raised or was_tracing
        self._chained = self._chained and not was_tracing
        return was_tracing

    def _starts_a_traceback(self, message: bytes) -> bool:
        """Tell whether what Python raised here belongs to what is above: the first, or the next of a chain."""
        starts_here = self._chained or not self._framed
        is_group = not message.startswith(b"T")
        is_python = not is_group and b"call first" not in message  # as Mojo has it
        self._tracing = (self._tracing and not is_group) or (starts_here and is_python)
        if starts_here and is_group:  # no line ends it that is not indented
            self._chained, self._raised, self._ends_words = False, True, (_LAST_OF_A_GROUP,)
        return starts_here

    def _goes_on_in_its_own_way(self, message: bytes) -> bool:
        """Tell whether Python names what was raised without frames, UBSan shows memory, or Ruby a place it went by."""
        if self._chained and not self._tracing and opens_with_exception(message):
            self._chained = False
            return True
        if message[:1] == b"#" and self._origin.message.startswith(patterns.HOTSPOT):
            return True
        if message in patterns.SECTIONS or message in patterns.NATIVE:
            self._chained = self._chained or message == patterns.SECTIONS[0]
            self._numbers_frames = self._numbers_frames or message in patterns.NATIVE
            return True
        is_caught_here = self._spaced and self._tracing and message.startswith(_CAUGHT_HERE)
        if is_caught_here or (message.startswith(b"0x") and b": note: " in message):
            return True
        is_place = is_frame_of_glibc(message) or is_place_in_ruby(message)
        self._framed = self._framed or is_place
        return is_place or (self._tested and not self._tracing and message.startswith(patterns.SUMS_UP))

    def _accepts_unmarked(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        if warns_in_python(line) or line.endswith(patterns.TRACEBACK_OPENS) or self._is_of_others(line):
            return Belongs.NO
        if line.startswith(patterns.BREAKS):
            is_again = self._go and not self._framed and line == self._origin.message  # two goroutines fell at once
            return Belongs.YES if is_again else Belongs.NO
        if (self._ruby or self._shows_source) and not self._framed and below >= len(buffer):
            return Belongs.UNKNOWN  # a caret may come
        if self._is_expected(line, buffer, below) or self._is_noted(line):
            return Belongs.YES
        another = self._begins_another(line, buffer, below)
        if another is not Belongs.NO:
            return Belongs.UNKNOWN if another is Belongs.UNKNOWN else Belongs.NO
        again = self._panics_again(buffer, below - len(line) - 1) if self._rust else Belongs.NO
        return self._accepts_words(line, buffer, below) if again is Belongs.NO else again

    def _begins_another(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        """Decide whether a line without a head begins a record of its own, below a first that has one."""
        if not self._headed:
            return Belongs.NO
        if not self._ruby and (stands_alone(line) or self._is_followed_by_its_own(line, buffer, below)):
            may_be_framed = below >= len(buffer) and states_error(self._first) and died_in_perl(line)
            return Belongs.UNKNOWN if may_be_framed else Belongs.YES
        return Belongs.NO if self._first.endswith(b":") else tells_of_a_signal(line, buffer, below)

    def _is_followed_by_its_own(self, line: bytes, buffer: bytes, below: int) -> bool:
        """Tell whether the line right below the first states what is none of it: an error without frames below it."""
        is_given = self._is_traced_by_perl(buffer, below) and states_error(self._first)
        return not (self._plain_lines or is_given) and states_its_own(line, self._first)

    def _is_of_others(self, line: bytes) -> bool:
        """Tell whether the file has such a line also where nothing failed, or it is not what the first line names."""
        is_ordinary = bool(self._ordinary) and opening(line) in self._ordinary
        may_be_given = self._headed and not self._framed and opens_with_exception(line)
        return is_ordinary or (may_be_given and names_another_exception(self._first, line))

    def _is_expected(self, line: bytes, buffer: bytes, below: int) -> bool:
        """Tell whether the runtime prints such a line next: of the source, what was raised, another panic."""
        is_again = self._rust and RUST_AGAIN in line
        self._told = self._told and not is_again
        shows = bool(self._ruby or self._shows_source) and not self._framed
        return (
            is_again
            or (self._mono and not self._framed)
            or (shows and is_caret(buffer, below))
            or (self._symfony and is_block_of_symfony(line))
            or self._is_of_its_signal(line)
        )

    def _is_of_its_signal(self, line: bytes) -> bool:
        """Tell whether a handler tells of the signal by which the program was aborted: once."""
        is_told = self._aborts and any(sign in line for sign in patterns.ABORTED)
        self._aborts = self._aborts and not (is_told and line.startswith(patterns.OF_A_SIGNAL[1:]))
        return is_told

    def _is_noted(self, line: bytes) -> bool:
        """Tell whether the line goes on from what was raised: nobody begins a statement with such a word."""
        is_note = (self._raised or not self._framed) and line.startswith(patterns.NOTES)
        self._noted = self._noted or is_note
        return is_note or (self._asyncio and is_field(line))

    def _panics_again(self, buffer: bytes, start: int) -> Belongs:
        belongs = panics_again(buffer, start, self._origin.message, self._lines_ahead)
        self._told = self._told and belongs is not Belongs.YES
        return belongs

    def _accepts_words(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        if not self._framed and (belongs := self._accepts_given(line, buffer, below)) is not Belongs.NO:
            return belongs
        if self._raised or (self._ruby and not self._framed and not raised_in_ruby(line)):
            return self._accepts_more_words(line, buffer, below)
        if (self._plain_lines or (self._ruby and self._framed)) and raised_in_ruby(line):
            return self._accepts_cause(line, buffer, below)
        if self._go and not self._writer:
            return self._accepts_go(buffer, below)
        if self._headed and b" " not in line:
            belongs = above_place_in_go(buffer, below)
            if self._framed or (belongs is Belongs.YES and self._stand_alone):
                return belongs
        return self._accepts_more_of_a_message(line, buffer, below)

    def _accepts_given(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        """Decide about what was raised, right below the line of the program that says what failed."""
        if self._is_logged and not self._ruby and raised_in_ruby(line):
            self._note_ruby(line)
            return self._accepts_plain()
        is_named = names_a_class(line)
        if self.awaits_raised and (is_named or died_in_perl(line)) and below >= len(buffer):
            return Belongs.UNKNOWN
        is_whole = died_in_perl(line) and self._is_traced_by_perl(buffer, below)
        is_whole = is_whole or (is_named and is_place_in_ruby(buffer[below : buffer.find(b"\n", below)]))
        if not (self.awaits_raised and (is_whole or may_be_given(self._first, line))):
            return Belongs.NO
        is_whole = is_whole or (line.startswith(patterns.AGGREGATES) and line.endswith(b"{"))
        belongs = Belongs.YES if is_whole else self._accepts_up_to_frames(buffer, below)
        if belongs is Belongs.YES:
            self.note_given(line)
        return belongs

    def note_given(self, line: bytes) -> None:
        """Note what a program says was raised, below its own line."""
        self.awaits_raised, self._preluded, self._is_given = False, True, True
        self._node = self._node or b" [ERR_" in line
        if raised_in_ruby(line):
            self._note_ruby(line)

    def _note_ruby(self, line: bytes) -> None:
        """Note what Ruby says was raised, and where: its frames come below, and those of its causes."""
        self._ruby, self._ends_words = line, (FROM,)
        self._rescued = any(place in line for place in patterns.RESCUES)

    def _accepts_more_of_a_message(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        is_another = speaks_for_itself(line) or may_name_what_was_raised(line)
        if self._caused and not is_another:  # a cause may take several lines to say what it has to say
            return self._accepts_up_to_frames(buffer, below)
        belongs = self._accepts_plain()
        if belongs is Belongs.NO and not self._framed and self.may_wrap:
            belongs = self._accepts_wrapped(line, buffer, below)
        if belongs is Belongs.NO and self._rust and not self._framed:
            return self._accepts_more_words(line, buffer, below)
        return belongs

    def _accepts_more_words(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        """Decide about a line below what Python raised: a message of several lines, where the next has a head."""
        is_heading = self._headed or self._rust or (self._stand_alone and line.endswith(b":"))
        if (self._noted or not is_heading) and opens_lines(line, buffer, below):
            return Belongs.YES
        may_be_empty = self._is_logged or self._ends_words or self._rust
        for _ in range(_LINES_OF_A_MESSAGE):
            is_chained = not line and buffer.startswith(patterns.CHAINS, below)
            if speaks_for_itself(line) or not (line or is_chained or may_be_empty or below >= len(buffer)):
                return Belongs.NO
            if below >= len(buffer):
                return Belongs.UNKNOWN
            if is_chained or buffer.startswith(self._ends_words, below):
                return Belongs.YES
            if self._begins(buffer, below):
                is_over = self._heads_are_rare and (self._traceback or not self._wraps)
                is_over = is_over or self._stand_alone
                return Belongs.NO if is_over else Belongs.YES
            end = buffer.find(b"\n", below)
            line, below = buffer[below:end], end + 1
        return Belongs.NO

    def _accepts_wrapped(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        """Decide about what may be one more line of what an exception says: its frames then come below."""
        for seen in range(_LINES_OF_A_DIFFERENCE if self._node else _LINES_OF_A_MESSAGE):
            wraps = self._wraps or self._stand_alone
            is_another = seen and ((wraps and may_name_what_was_raised(line)) or self._is_of_others(line))
            fails = says_what_failed(line) or names_what_stopped_it(line)
            is_another = is_another or (seen and self._stand_alone and fails)
            if speaks_for_itself(line) or is_another:
                return Belongs.NO
            if below >= len(buffer):
                return Belongs.UNKNOWN
            is_frame = buffer.startswith((*_FRAMES, *_FRAMES_IN_A_MARGIN), below)
            if is_frame and names_another(line):
                return Belongs.NO
            if is_frame or (
                seen < (1 if self._stand_alone else _LINES_SAID_BY_PERL)
                and died_in_perl(line)
                and self._is_traced_by_perl(buffer, below)
            ):
                return Belongs.YES
            if self._begins(buffer, below) or (is_indented(buffer[below : below + 1]) and not self._node):
                return Belongs.NO
            end = buffer.find(b"\n", below)
            line, below = buffer[below:end], end + 1
        return Belongs.NO

    def _is_traced_by_perl(self, buffer: bytes, start: int) -> bool:
        """Tell whether the frames of Perl begin at `start`, and the first line has not told the place."""
        is_frame = buffer.startswith(b"\t", start) and b" called at " in buffer[start : buffer.find(b"\n", start)]
        return is_frame and not died_in_perl(self._origin.message)

    def _accepts_cause(self, line: bytes, buffer: bytes, below: int) -> Belongs:
        """Decide about what reads like another exception of Ruby: a cause was called from where its effect was raised.

        That was where the cause was rescued, so Ruby says in the effect's own frames, or in what ran on the way out.
        """
        if line == self._ruby:
            is_again, self._framed, self._is_said_again = self._is_said_again, False, False
            return Belongs.YES if is_again else Belongs.NO
        if not self._rescued and place_in_ruby(line) != place_in_ruby(self._ruby):  # it may be raised anew as it was
            return Belongs.NO
        for _ in range(_LINES_OF_A_MESSAGE):  # it may take several to say what it has to say
            if below >= len(buffer) or is_indented(buffer[below : below + 1]) or self._begins(buffer, below):
                break
            below = buffer.find(b"\n", below) + 1
        while is_indented(buffer[below : below + 1]):
            end = buffer.find(b"\n", below)
            frame = buffer[below:end]
            if frame == self._outermost:
                self._framed = False  # its own words and frames come
                return Belongs.YES
            below = end + 1
        return Belongs.NO if below < len(buffer) else Belongs.UNKNOWN

    def _accepts_empty(self, buffer: bytes, below: int) -> Belongs:
        at = below
        for _ in range(_EMPTY_LINES):
            looks_below = self._ruby or not self._framed
            resumes = buffer.startswith(patterns.RESUMES, at)
            is_open = looks_below and not resumes and buffer[at : at + 1] != b"\n"
            if at >= len(buffer) or (is_open and is_last(buffer, at)):
                return Belongs.UNKNOWN
            if buffer[at] != _NEWLINE:
                resumes = resumes or (self._chained and is_raised(buffer, at))
                resumes = resumes or (self._numbers_frames and is_numbered_frame(buffer[at : at + _FIRST_BYTES]))
                is_below = is_below_a_head if self._headed else is_shown
                resumes = resumes or (not self._framed and is_below(buffer, at))
                resumes = resumes or (self._php and buffer.startswith(b"Next ", at))
                shows = bool(self._ruby) or self._shows_source
                resumes = resumes or (shows and (is_indented(buffer[at : at + 1]) or is_shown(buffer, at)))
                resumes = resumes or (self._mono and buffer.startswith(patterns.MONO_AGAIN, at))
                resumes = resumes or (self._rust and RUST_AGAIN in buffer[at : buffer.find(b"\n", at)])
                resumes = resumes or (self._tested and buffer.startswith(patterns.SUMS_UP, at))
                resumes = resumes or self._goes_on_with_frames(buffer[at : buffer.find(b"\n", at)])
                if self._rust and not resumes and (again := self._panics_again(buffer, at)) is not Belongs.NO:
                    return again
                if self._node and not resumes:
                    return self._accepts_wrapped(b"", buffer, at)
                return Belongs.YES if resumes else self._accepts_behind_a_gap(buffer, at)
            at += 1
        return Belongs.NO

    def _goes_on_with_frames(self, line: bytes) -> bool:
        """Tell whether an empty line stands above the first frame, or above what Symfony shows of a cause."""
        is_frame = is_frame_of_ruby(line) and is_indented(line)
        is_shown = self._symfony and (is_indented(line) or is_block_of_symfony(line))
        return is_shown or (not self._framed and (is_frame or line.startswith(_FRAMES[:2])))

    def _accepts_behind_a_gap(self, buffer: bytes, at: int) -> Belongs:
        """Decide about an empty line in what an exception says, or between frames; the next that is none is at `at`."""
        if self._begins(buffer, at):
            return Belongs.NO
        if self._tracing:
            self._spaced = self._spaced or buffer.startswith((b'  File "', _CAUGHT_HERE), at)
            return Belongs.YES if self._spaced else Belongs.NO
        if self._raised or (self._ruby and not self._framed):
            end = buffer.find(b"\n", at)
            opens = not self._headed and opens_lines(buffer[at:end], buffer, end + 1)
            return Belongs.YES if opens else self._accepts_more_words(b"", buffer, at)
        return self._accepts_gap_in_a_message(buffer, at)

    def _accepts_gap_in_a_message(self, buffer: bytes, at: int) -> Belongs:
        belongs, end = Belongs.NO, buffer.find(b"\n", at)
        if self._is_logged and not self._framed and opens_with_exception(buffer[at:end]):
            return self._accepts_up_to_frames(buffer, end + 1)
        if self._is_logged and not self._framed:
            belongs = self._accepts_up_to_a_head(buffer, at)
        if belongs is Belongs.NO and (self._rust or not self._framed) and self._names_what_was_raised:
            belongs = self._accepts_up_to_frames(buffer, at)
        return self._accepts_more_words(b"", buffer, at) if belongs is Belongs.NO and self._rust else belongs

    def _accepts_up_to_a_head(self, buffer: bytes, at: int) -> Belongs:
        """Decide about an empty line of a message: only words may come before the next record."""
        for _ in range(_LINES_OF_A_DIFFERENCE):
            if at >= len(buffer):
                return Belongs.UNKNOWN
            if self._begins(buffer, at) or buffer.startswith(_FRAMES, at):
                return Belongs.YES
            end = buffer.find(b"\n", at)
            if buffer.startswith(patterns.BREAKS, at) or speaks_for_itself(buffer[at:end]):
                return Belongs.NO
            at = end + 1
        return Belongs.NO

    def _accepts_up_to_frames(self, buffer: bytes, at: int) -> Belongs:
        for _ in range(_LINES_OF_A_MESSAGE):
            if at >= len(buffer):
                return Belongs.UNKNOWN
            end = buffer.find(b"\n", at)
            line = buffer[at:end]
            if line.lstrip().startswith(b"at ") or line.startswith(_FRAMES):
                return Belongs.YES
            if self._begins(buffer, at) or line.startswith(patterns.BREAKS) or speaks_for_itself(line.lstrip()):
                return Belongs.NO
            at = end + 1
        return Belongs.NO

    def _accepts_go(self, buffer: bytes, below: int) -> Belongs:
        if below >= len(buffer):
            return Belongs.UNKNOWN
        if buffer[below] == _TAB:
            return Belongs.YES
        return Belongs.NO if self._framed else self._accepts_said_in_go(buffer, below)

    def _accepts_said_in_go(self, buffer: bytes, at: int) -> Belongs:
        """Decide about one more line of what a panic says: an empty line and the goroutines come below."""
        for _ in range(_LINES_OF_A_MESSAGE):
            if at >= len(buffer):
                return Belongs.UNKNOWN
            if buffer.startswith((b"\ngoroutine ", b"\n[signal "), at):
                return Belongs.YES
            if buffer[at] == _NEWLINE or self._begins(buffer, at) or buffer.startswith(patterns.BREAKS, at):
                return Belongs.NO
            at = buffer.find(b"\n", at) + 1
        return Belongs.NO

    def _accepts_plain(self) -> Belongs:
        if self._rust and not self._told:
            self._told = True
            return Belongs.YES
        if self._framed or self._plain_lines >= _LINES_OF_A_MESSAGE:
            return Belongs.NO
        self._plain_lines += 1
        return Belongs.YES

    def _accepts_kernel(self, said: Origin) -> Belongs:
        dumped = self._killing and said.message[:1].isdigit()  # `131 total pagecache pages`
        if said.writer != self._writer or not (dumped or said.message.startswith(patterns.KERNEL_CONTINUES)):
            return Belongs.NO
        if b"Killed process" in said.message:
            if not self._killing:
                return Belongs.NO
            self._killing = False
        return Belongs.YES


def _findings(first: bytes) -> "Findings":
    from aiops_agent.assembly.findings import Findings  # most logs hold no such report

    return Findings(first)
