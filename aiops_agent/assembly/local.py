"""What the operators of this host added to the patterns: words that are a fault here, and words that are none."""

from collections.abc import Sequence
from functools import cached_property

from aiops_agent.assembly.judge import Says, Verdict
from aiops_agent.assembly.lines import DIGITS
from aiops_agent.model.event import LocalPattern, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re2

LEAST_LITERAL = 4
"""Bytes: the shortest word decides how many bytes the searcher compares at once."""

_IGNORED = Verdict(Says.NOTHING, Severity.WARNING)


def check_literal(text: str) -> None:
    """Refuse what cannot be searched for quickly, or would leave no trace in the form of a line without its digits.

    Raises:
        ValueError: What would be right.
    """
    if len(text.encode().translate(None, DIGITS)) < LEAST_LITERAL:
        raise ValueError(f"{text!r} must hold at least four bytes that are no digits: it is searched for as it stands")
    if "\n" in text:
        raise ValueError(f"{text!r} must stand on one line")


def check_pattern(text: str) -> None:
    """Refuse what is not RE2.

    Raises:
        ValueError: Why it is not.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options=options)
    except re2.error as error:
        why = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise ValueError(f"{text!r} is not RE2 ({why}): it has no look-around and no back-references") from error


class _Rule:
    def __init__(self, pattern: LocalPattern) -> None:
        self.literal = pattern.contains.encode()
        self.skeleton = self.literal.translate(None, DIGITS)
        """The literal without its digits: it stands in the form of every line that holds the literal."""

        self.severity = pattern.severity
        self.said = (pattern.category, pattern.contains) if pattern.category else None
        self._matches = pattern.matches

    @cached_property
    def _pattern(self) -> "re2._Regexp":
        import re2  # most hosts add no pattern

        return re2.compile(self._matches)

    def holds(self, text: bytes) -> bool:
        """Tell whether the text has the literal, and in one line with it what the pattern asks for."""
        if self.literal not in text:
            return False
        if not self._matches:
            return True
        lines = [line for line in text.split(b"\n") if self.literal in line]
        return any(self._pattern.search(line.decode("utf-8", "replace")) for line in lines)


class Local:
    """The added patterns; `ignore` wins over every fault, built in or added."""

    def __init__(self, faults: Sequence[LocalPattern] = (), ignore: Sequence[LocalPattern] = ()) -> None:
        """Take patterns that were checked: literals of four bytes that are no digits, RE2 that compiles."""
        self._faults = [_Rule(pattern) for pattern in faults]
        self._ignore = [_Rule(pattern) for pattern in ignore]
        self.literals = list(dict.fromkeys(rule.literal for rule in self._faults))
        """What is to be searched for beside the built-in words; what is ignored need not be found."""

    def judged(self, line: bytes) -> Verdict | None:
        """Return what was added says of a line; None when it says nothing about it."""
        if self.ignores(line):
            return _IGNORED
        rule = next((rule for rule in self._faults if rule.holds(line)), None)
        return Verdict(Says.ERROR, rule.severity) if rule else None

    def stated(self, record: bytes) -> tuple[str, str] | None:
        """Return what the record's fault was said to be, and by which words it is known; None: nobody has said."""
        return next((rule.said for rule in self._faults if rule.said and rule.holds(record)), None)

    def ignores(self, record: bytes) -> bool:
        """Tell whether a line of the record is one that means nothing here."""
        return any(rule.holds(record) for rule in self._ignore)

    def concerns(self, template: bytes) -> bool:
        """Tell whether texts with this form, digits apart, could hold what was added: then each is looked at."""
        return any(rule.skeleton in template for rule in (*self._faults, *self._ignore))


NOTHING_ADDED = Local()
