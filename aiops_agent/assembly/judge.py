"""Does a line report an error by itself, could it with a trace below it, or does it only mention one?"""

from enum import Enum

from aiops_agent.assembly import patterns
from aiops_agent.assembly.decode import decode, logfmt_level
from aiops_agent.assembly.heads import KNOWN, Heads
from aiops_agent.assembly.lines import DIGITS, Origin, is_head, is_indented, level_behind_time, origin
from aiops_agent.assembly.relayed import is_relay
from aiops_agent.hints import NamedTuple
from aiops_agent.model.event import Severity


class Says(Enum):
    """What a line claims."""

    ERROR = "error"
    MENTION = "mention"
    """Names an exception: an error if frames follow."""

    NOTHING = "nothing"


class Verdict(NamedTuple):
    """What a line claims, and how bad it would be."""

    says: Says
    severity: Severity


_NOTHING = Verdict(Says.NOTHING, Severity.WARNING)
_MENTION = Verdict(Says.MENTION, Severity.ERROR)
_FIRST_BYTES = 240
_FIRST_WORDS = 9
"""How far into a line a level word is looked for."""

_LONGEST_NAME = 200
_LINES_TO_A_SIGNAL = 2
"""When it came and what was being run stand above it."""

_SINGLE_LETTERS = frozenset(b"EFWIDVN")
_LETTERS = frozenset((b"E", b"F", b"W", b"I", b"C", b"D"))


def judge(line: bytes, heads: Heads = KNOWN) -> Verdict:
    """Return what `line` claims, in a file whose records begin with `heads`.

    Depends on no digit in it, so that one answer serves all lines of one form.
    """
    if line[:1] == b"{":
        record = decode(line)
        if record is not None:
            return Verdict(Says.ERROR, record.severity) if record.severity else _NOTHING
    if patterns.RELAYED in line:
        return judge(line.partition(patterns.RELAYED)[2].removeprefix(b"NOTICE: PHP message: "))
    said = origin(line)
    if fault := _fault(patterns.FAULTS, line):
        stated = _stated_level(line, said, heads)
        return Verdict(Says.ERROR, max(fault, stated or fault))
    if is_relay(said.writer) and is_head(said.message, 0):
        return judge(said.message)
    return _judge_opening(line, said, heads)


def _judge_opening(line: bytes, said: Origin, heads: Heads) -> Verdict:
    """Return what a line claims by how its message begins, or else by its level."""
    told = _behind_tag(said.message) if is_relay(said.writer) or not heads.begins(line, 0) else said.message
    if told.startswith(patterns.OF_A_SIGNAL) and (is_relay(said.writer) or not heads.begins(line, 0)):
        return Verdict(Says.ERROR, Severity.CRITICAL) if names_a_fatal_signal(told) else _NOTHING
    opening = next((severity for sign, severity in patterns.OPENINGS if told.startswith(sign)), None)
    is_of_text = told.startswith(patterns.PHP_NOTICES) or _is_warned_of_by_perl(told)
    if is_of_text or (opening and _says_there_is_none(told)):
        return _NOTHING
    if opening:
        return Verdict(Says.ERROR, opening)
    return _judge_stated(line, said, heads)


def _judge_stated(line: bytes, said: Origin, heads: Heads) -> Verdict:
    headed = heads.begins(line, 0)
    stated = _stated_level(line, said, heads)
    if stated is None:
        fault = _fault(patterns.UNLEVELLED_FAULTS, line)
        return (
            Verdict(Says.ERROR, fault)
            if fault
            else _judge_message(said.message, headed=headed and not is_relay(said.writer))
        )
    if stated >= Severity.ERROR:
        return Verdict(Says.ERROR, stated)
    if patterns.MONOLOG_EXCEPTION in line and _level_word(line) in patterns.WARNING_WORDS:
        return Verdict(Says.ERROR, Severity.ERROR)
    return _MENTION if names_exception(line) else _NOTHING


def _behind_tag(message: bytes) -> bytes:
    """Return what follows `[importer] `: the name of a part of the program, and no level."""
    tag, closed, rest = message.partition(b"] ")
    is_tag = message[:1] == b"[" and bool(closed) and tag[1:].translate(None, _NAME_BYTES + b"-") == b""
    return rest if is_tag and tag[1:].upper() not in patterns.LEVELS else message


def _says_there_is_none(message: bytes) -> bool:
    """Tell whether the text is `error: null`, `critical: 0` or the like."""
    key, _, value = message.partition(b": ")
    return key.lower() in patterns.COUNTED and value.strip(b" .," + DIGITS).lower() in patterns.NO_ERROR


def _fault(faults: tuple[tuple[bytes, Severity], ...], line: bytes) -> Severity | None:
    if is_indented(line):
        return None
    for mark in patterns.QUOTES:
        line = line.partition(mark)[0]
    return next((severity for sign, severity in faults if sign in line), None)


def _judge_message(message: bytes, *, headed: bool) -> Verdict:
    if message.startswith(patterns.IN_CLEANUP) and died_in_perl(message):
        return Verdict(Says.ERROR, Severity.ERROR)
    if is_indented(message) and not headed and message.rstrip().endswith(patterns.REFUSALS):
        return Verdict(Says.ERROR, Severity.ERROR)
    if is_indented(message):
        is_place = is_frame_of_java(message) or is_frame_of_ruby(message) or died_in_perl(message)
        return _MENTION if is_place or _is_raised_in_a_margin(message) else _NOTHING
    if (
        opens_with_exception(message)
        or raised_in_ruby(message)
        or message.startswith(patterns.STATEMENTS)
        or message.endswith(patterns.REASONS)
        or _has_no_memory_in_rust(message)
        or is_frame_of_glibc(message)
        or is_assertion_of_glib(message)
        or message == patterns.NATIVE_TRACE
        or (b"panicked at" in message and message.startswith(b"thread '"))
        or died_in_perl(message)
        or failed_in_php(message)
        or (not headed and message.endswith(patterns.TRACEBACK_OPENS))
        or _is_told_by_a_framework(message)
        or (not headed and _is_said_of_a_fault(message))
    ):
        return Verdict(Says.ERROR, Severity.ERROR)
    may_be = (
        names_exception(message)
        or may_be_raised_in_ruby(message)
        or _raised_at_a_place_in_perl(message)
        or message.startswith(patterns.NODE_ENDS)
        or message == patterns.PHP_TRACE
    )
    return _MENTION if may_be else _NOTHING


def may_be_raised_in_ruby(message: bytes) -> bool:
    """Tell whether the text reads as the frameworks of Ruby name what was raised, above its frames."""
    return _named_by_rails(message) or _named_by_sinatra(message) or may_name_what_was_raised(message)


def may_name_what_was_raised(message: bytes) -> bool:
    """Tell whether the text is `ChargeFailed: order 4711`: a class that does not call itself an error."""
    name, colon, _ = message.partition(b": ")
    bare = name.rpartition(b".")[2].rpartition(b"$")[2]
    return bool(colon) and bare[:1].isupper() and not bare.isupper() and name.translate(None, _NAME_BYTES) == b""


def _is_raised_in_a_margin(message: bytes) -> bool:
    """Tell whether the text is "  TypeError: order is undefined": in an object, or where koa indents all of it."""
    named = message[2:].partition(b": ")[2] if message[2:3].islower() else message[2:]
    return message.startswith(b"  ") and named[:1].isupper() and opens_with_exception(named)


def states_error(head: bytes) -> bool:
    """Tell whether the level that a line with a head states is that of an error."""
    level = _marked_level(origin(head).message) or _level_word(head) or _lowered_level(head)
    return patterns.LEVELS.get(level, Severity.WARNING) >= Severity.ERROR


def died_in_perl(message: bytes) -> bool:
    """Tell whether the text is "order 4711 has no amount at charge.pl line 9."."""
    return message.endswith(b".") and any(place in message for place in patterns.PLACES_IN_PERL)


def _is_warned_of_by_perl(message: bytes) -> bool:
    """Tell whether the text is "Useless use of sqrt in void context at charge.pl line 9.": Perl compiled it so."""
    is_known = any(message.startswith(begins) and holds in message for begins, holds in patterns.COMPILED_IN_PERL)
    return is_known and died_in_perl(message)


def _raised_at_a_place_in_perl(message: bytes) -> bool:
    """Tell whether the text is "no amount at charge.pl line 9": frames come below, or else it is no statement."""
    place, _, number = message.rpartition(b" line ")
    return number.isdigit() and place.endswith((b".pl", b".pm")) and b" at " in place


def failed_in_php(message: bytes) -> bool:
    """Tell whether the text is "PHP Warning:  fopen(/srv/lock): Failed to open stream: ... in /srv/a.php on line 9".

    A function of PHP's own could not do what it was asked for; other warnings are of the program's text.
    """
    if not message.startswith(patterns.PHP_WARNINGS) or b" on line " not in message:
        return False
    name, called, said = message.partition(b":")[2].lstrip().partition(b"(")
    return bool(called) and name.replace(b"_", b"").replace(b"::", b"").isalnum() and b"): " in said


def is_block_of_symfony(message: bytes) -> bool:
    """Tell whether the text is "In Charge.php line 9:", below which its console frames what was raised."""
    return message.startswith(b"In ") and message.endswith(b":") and b".php line " in message


def raised_in_php(message: bytes) -> bool:
    """Tell whether the text ends as "OutOfStock: none of 17 in /srv/shop/charge.php:9" does."""
    place, _, number = message.rpartition(b":")
    return number.isdigit() and place.endswith(patterns.PHP)


def _named_by_rails(message: bytes) -> bool:
    """Tell whether the text is "Stock::NotEnough (3 pieces are missing):"."""
    name, opened, _ = message.partition(b" (")
    is_name = name[:1].isupper() and name.translate(None, _NAME_BYTES) in (b"", b"::", b"::::")
    return bool(opened) and is_name and message.endswith(b"):")


def _is_told_by_a_framework(message: bytes) -> bool:
    """Tell whether Symfony, hapi or Sinatra says here that something was raised."""
    return (
        is_block_of_symfony(message)
        or _is_told_by_hapi(message)
        or (message.startswith(b"- ") and opens_with_exception(message[2:].partition(b" - ")[0]))
    )


def _is_told_by_hapi(message: bytes) -> bool:
    """Tell whether the text is "Debug: handler, error ", below which hapi shows what was raised."""
    return message.startswith(b"Debug: ") and message.rstrip().endswith(b", error")


def _named_by_sinatra(message: bytes) -> bool:
    """Tell whether the text is "- Stock::NotEnough - 3 pieces are missing:"."""
    name, dash, _ = message.removeprefix(b"- ").partition(b" - ")
    is_name = name[:1].isupper() and name.translate(None, _NAME_BYTES + b":") == b""
    return message.startswith(b"- ") and bool(dash) and is_name and message.endswith(b":")


def says_what_failed(message: bytes) -> bool:
    """Tell whether the text is "sweep: stat failed: Errno::ENOENT", and not "2 checks failed: 0 and 7"."""
    what, failed, why = message.partition(b" failed: ")
    if not failed and message.startswith(b"failed: "):
        failed, why = b"failed: ", message[8:]
    if not failed:
        failed, why = _says_what_was_not_done(message)
    if not failed and what.startswith(patterns.WHILE):
        _, failed, why = what.partition(b": ")
    is_reason = why[:1].isalpha() or why[:1] in (b'"', b"'", b"#") or (why[:3].isdigit() and why[3:5] == b": ")
    is_reason = is_reason and why.lower() not in patterns.NO_ERROR
    return bool(failed) and is_reason and not any(word in why for word in patterns.AGAIN)


def names_what_stopped_it(message: bytes) -> bool:
    """Tell whether the text is "could not book slip 17: SlipLost: no slip of S17": a line of a failure of its own."""
    _, colon, raised = message.partition(b": ")
    return message.startswith(patterns.STATEMENTS) and bool(colon) and may_name_what_was_raised(raised)


def _says_what_was_not_done(message: bytes) -> tuple[bytes, bytes]:
    """Return the verb and the reason of "order 17 was not stored: no space" or "ward 3 cannot be supplied: no tap"."""
    _, was_not, rest = message.partition(b" was not ")
    if not was_not:
        rest = message.partition(b" cannot be ")[2]
    done, _, why = rest.partition(b": ")
    is_verb = done in patterns.DONE if was_not else done.isalpha() and done.islower()
    return (done, why) if is_verb else (b"", b"")


def is_assertion_of_glib(message: bytes) -> bool:
    """Tell whether the text is "Player:ERROR:player.c:49:main: assertion failed (4 == 5)"."""
    domain, error, rest = message.partition(b":ERROR:")
    place = rest.split(b":", 2)
    return bool(error) and b" " not in domain and len(place) > 1 and place[1].isdigit()


def is_frame_of_java(message: bytes) -> bool:
    """Tell whether the text is "at org.sample.Depot.main(Depot.java:159)" behind a tab."""
    return message.startswith(b"\tat ") and message.endswith(b")")


def is_frame_of_ruby(message: bytes) -> bool:
    """Tell whether the text is "  /srv/app/stock.rb:24:in `reserve'"."""
    return b".rb:" in message and (b":in `" in message or b":in '" in message) and message.endswith(b"'")


def is_frame_of_glibc(message: bytes) -> bool:
    """Tell whether the text is "./shop(main+0x2f3)[0x5574f8825ea9]": only who has caught a signal shows such."""
    return message.endswith(b"]") and (b")[0x" in message or b") [0x" in message)


def names_a_fatal_signal(message: bytes) -> bool:
    """Tell whether the text is "*** SIGSEGV (@0x4) received by PID 17 (TID 0x7f) from PID 4; stack trace: ***"."""
    return any(signal in message for signal in patterns.FATAL_SIGNALS)


def signal_told_below(first: str, lines: list[str]) -> str:
    """Return the line that names the signal below "*** Aborted at 17958 (unix time) ..."; empty where none does."""
    told = (line for line in lines[:_LINES_TO_A_SIGNAL] if names_a_fatal_signal(line.encode("utf-8", "replace")))
    return next(told, "") if patterns.OF_A_SIGNAL[0].decode() in first else ""


def is_fatal_of_glog(head: bytes) -> bool:
    """Tell whether glog writes a line so, "F20261126 23:55:04.772500 21514 meter.cc:123] ", and then aborts."""
    return head[:1] == b"F" and head[1:5].isdigit()


def _has_no_memory_in_rust(message: bytes) -> bool:
    """Tell whether the text is "memory allocation of 4096 bytes failed"."""
    return message.startswith(patterns.NO_MEMORY_IN_RUST) and message.endswith(b" bytes failed")


def _said_by_a_shell(message: bytes) -> bool:
    """Tell whether the text is "/srv/shop/charge.sh: line 3: order: command not found"; it may `eval` that line."""
    script, _, rest = message.partition(b": line ")
    script = script.removesuffix(b": eval").removesuffix(b": -c")
    number, colon, _ = rest.partition(b": ")
    return (bool(colon) and not number.strip(DIGITS) and b" " not in script) or _said_by_dash(message)


def _said_by_dash(message: bytes) -> bool:
    """Tell whether the text is "/srv/shop/charge.sh: 3: order: not found"."""
    script, _, rest = message.partition(b": ")
    number, colon, _ = rest.partition(b": ")
    return bool(colon) and number.isdigit() and script.endswith(b"sh") and b" " not in script


def _is_said_of_a_fault(message: bytes) -> bool:
    """Tell whether a line that has no head is one with which programs say what failed."""
    return (
        _said_by_a_shell(message)
        or _said_by_a_tool(message)
        or _failed_at_a_place(message)
        or says_what_failed(message)
        or _names_a_place_of_a_file(message)
        or _says_who_raised(message)
        or (message.startswith(patterns.WAITED) and not any(word in message for word in patterns.AGAIN))
    )


def _says_who_raised(message: bytes) -> bool:
    """Tell whether the text is "visit 8720: AggregateError: All promises were rejected"."""
    _, colon, raised = message.partition(b": ")
    return bool(colon) and b"Error: " in raised and opens_with_exception(raised)


def _names_a_place_of_a_file(message: bytes) -> bool:
    """Tell whether the text is "./tankd:tank.conf:12: unknown key 'heatt'", as `error_at_line` of C has it."""
    program, _, rest = message.partition(b":")
    place, colon, said = rest.partition(b": ")
    file, _, number = place.rpartition(b":")
    is_place = number.isdigit() and b"." in file and b" " not in program + file and not program.isdigit()
    return bool(colon and said and program) and is_place and b":" not in file


def _failed_at_a_place(message: bytes) -> bool:
    """Tell whether the text is "printshop.cc:208: CHECK failed: sheets > 0 (-390 vs. 0)"."""
    place, colon, said = message.partition(b": ")
    file, _, number = place.rpartition(b":")
    is_place = number.isdigit() and b"." in file and b" " not in file
    return bool(colon) and is_place and said.startswith(patterns.SAID_AT_PLACES)


def _said_by_a_tool(message: bytes) -> bool:
    """Tell whether the text is "cp: cannot stat 'x': No such file or directory" or "shop: error: no configuration"."""
    program, _, said = message.partition(b": ")
    return b" " not in program and said.startswith((*patterns.SAID_BY_TOOLS, *patterns.OPTIONS))


def opens_with_exception(message: bytes) -> bool:
    """Tell whether the text is `some.pkg.SomeError: ...` or such a name alone."""
    name = message.split(b":", 1)[0].rstrip()
    if message.startswith(b"::", len(name)):  # of Perl, Ruby or C++: `Shop::Error: `
        name = message.split(b": ", 1)[0].split(b" ", 1)[0].replace(b"::", b".")
    if name.endswith(b"]"):  # Node adds its code: `TypeError [ERR_INVALID_ARG_TYPE]: `
        name = name.partition(b" [ERR_")[0]
    ends = (b"Error", b"Exception", b"Error)", b"Exception)") + ((b"error",) if b"." in name else ())
    if len(name) > _LONGEST_NAME or not name.endswith(ends):
        return False
    name = name.split(b" (", 1)[0] if name.endswith(b")") else name
    return name.translate(None, _NAME_BYTES) == b"" and (len(name) > len(b"Error") or message[5:7] in (b": ", b""))


_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$\\"


def raised_in_ruby(message: bytes) -> bool:
    """Tell whether the text is "charge.rb:9:in `charge': order 4711 has no amount (ChargeFailed)"."""
    place, _, rest = message.partition(b":in ")
    _, opened, name = rest.rpartition(b" (")
    is_name = name == b"fatal)" or (name[:1].isupper() and name[-1:] == b")")
    return rest[:1] in (b"`", b"'") and bool(opened) and is_name and b" " not in place


def _is_uncaught(raised: bytes) -> bool:
    """Tell whether a line looks as what nobody caught: a logger that was given it at a warning would put it else."""
    in_perl = died_in_perl(raised) or _raised_at_a_place_in_perl(raised)
    return raised_in_ruby(raised) or in_perl or raised.startswith(b"Error: ")


def stands_alone(line: bytes) -> bool:
    """Tell whether a line without a head tells of a fall as only a runtime or a tool does, never a logger's trace."""
    return (
        (b"panicked at" in line and line.startswith(b"thread '"))
        or line.startswith((*patterns.ABORTS, *patterns.OF_A_SIGNAL))
        or line.endswith((patterns.NO_MEMORY, patterns.DEADLY_SIGNAL))
        or _has_no_memory_in_rust(line)
        or any(sign in line for sign in (b": Assertion `", b": Assertion '", b": runtime error: "))
        or is_block_of_symfony(line)
        or _is_told_by_hapi(line)
        or _said_by_a_shell(line)
        or _failed_at_a_place(line)
        or (_said_by_a_tool(line) and not opens_with_exception(line))
        or (line.endswith(patterns.REASONS) and b"::" not in line and not names_exception(line))
    )


def names_exception(text: bytes) -> bool:
    """Tell whether a word of the text ends in Exception or Error."""
    for word in (b"Exception", b"Error", b"Traceback"):
        at = text.find(word)
        while at >= 0:
            after = text[at + len(word) : at + len(word) + 1]
            if not after.isalnum() and after not in (b"_", b"-", b"/"):
                return True
            at = text.find(word, at + 1)
    return False


def may_carry_exception(head: bytes, raised: bytes, *, is_uncaught: bool = False) -> bool:
    """Tell whether what is raised in the line below this one, which has a head, can be what the line reports.

    `is_uncaught`: it begins with the module, as what nobody caught does that stands below whatever was said last.
    """
    level = logfmt_level(head).upper().encode() or _marked_level(origin(head).message)
    level = level or _level_word(head) or _lowered_level(head)
    if any(mark in head for mark in patterns.QUOTES):
        return False
    severity = patterns.LEVELS.get(level)
    if severity is Severity.WARNING and _is_uncaught(raised):
        return False
    if severity in (None, Severity.WARNING) and is_uncaught:
        return False
    return level not in patterns.CALM_WORDS or (names_exception(head) and not names_another_exception(head, raised))


def names_another_exception(head: bytes, raised: bytes) -> bool:
    """Tell whether a calm line names other exceptions, and not the one that was raised below it."""
    if _level_word(head) not in patterns.CALM_WORDS:
        return False
    name = raised.partition(b":")[0].rpartition(b".")[2]
    words = head.replace(b".", b" ").replace(b":", b" ").replace(b",", b" ").split()
    named = [word for word in words if word.endswith((b"Error", b"Exception")) and word[:-5].isalpha()]
    return opens_with_exception(raised) and bool(named) and not any(name in (word, b"") for word in named)


def _stated_level(line: bytes, said: Origin, heads: Heads) -> Severity | None:
    """Return the level the line states, WARNING for any that is no error; None when it states none."""
    if b"=" in line and (value := logfmt_level(line)):
        return patterns.VALUES.get(value, Severity.WARNING)
    if not heads.begins(line, 0):
        return None
    inner = _level_word(said.message) if said.writer and is_head(said.message, 0) else b""
    first = (level_behind_time(line) if heads.levels_are_small else b"") or _marked_level(said.message)
    return patterns.LEVELS.get(first or _level_word(line) or inner or (b"" if said.writer else _lowered_level(line)))


def _marked_level(message: bytes) -> bytes:
    """Return the level, raised, that stands marked before the message: `<error> `, `(warn) `, `level: error`."""
    word, _, rest = message.partition(b" ")
    if word in _LETTERS and rest[:1] == b"[" and rest[1:2].isdigit():  # of semantic_logger: `E [4120:puma 3] Shop -- `
        return word
    second = rest.partition(b" ")[0]
    if word[-1:] == b":" and word[:-1].lower() in patterns.LEVEL_NAMES:
        level = second.strip(b",;")
    elif word[:1] in patterns.LEVEL_MARKS and word.rstrip(b":")[-1:] in patterns.LEVEL_MARKS:
        level = word.strip(patterns.LEVEL_MARKS + b":")
    else:
        level = word if second in patterns.LEVEL_ENDS and word.islower() else b""
    return level.upper() if len(level) > 1 and level.upper() in patterns.LEVELS else b""


def _level_word(line: bytes) -> bytes:
    """Return the word by which the head of a line states its level, as it stands in `LEVELS`; empty when none does."""
    letter = line[:2].removeprefix(b"[")[:1]
    if letter in _LETTERS and line.removeprefix(b"[")[1:6].removeprefix(b" ")[:4].isdigit():
        return letter
    return next((level for word in _first_words(line) if (level := _named_level(word)) in patterns.LEVELS), b"")


def _lowered_level(line: bytes) -> bytes:
    """Return the level of a line with a head that puts it as `error:`."""
    if not is_head(line, 0):
        return b""
    words = (word[:-1].upper() for word in _first_words(line) if word[-1:] == b":" and word.islower())
    return next((word for word in words if len(word) > 1 and word in patterns.LEVELS), b"")


def _first_words(line: bytes) -> list[bytes]:
    opening = line[:_FIRST_BYTES].replace(b"|", b" ").replace(b"][", b"] [")
    while b" ]" in opening:  # structlog pads levels within their brackets
        opening = opening.replace(b" ]", b"]")
    return opening.split(maxsplit=_FIRST_WORDS)[:_FIRST_WORDS]


def _named_level(word: bytes) -> bytes:
    bare = word.strip(b"[]()<>{}:,;-!*#|")
    if word[:1] == b"[" and word[-1:] in (b"]", b":"):
        return bare.rsplit(b":", 1)[-1].rsplit(b".", 1)[-1].upper()
    if b"[" in bare:  # logrus: `ERRO[0012]`
        bare = bare.partition(b"[")[0]
    if word[1:2] == b"/" and word[0] in _SINGLE_LETTERS and bare != b"I/O":
        return word[:1]
    name = bare.replace(b"/", b":").split(b":", 1)[0]
    if word[-1:] == b":":  # Monolog names the channel before it: `shop.ERROR:`
        name = name.rpartition(b".")[2]
    return name if len(name) > 1 else b""
