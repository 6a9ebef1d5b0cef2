"""Text of any origin -> Markdown that shows it and does nothing else: no link, no mention, no hidden character."""

import string
import unicodedata

LONGEST_VALUE = 200
"""Characters of one value or one line of a record: two lines of a phone's screen become four at the worst."""

_HIDDEN = frozenset(("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"))
"""Unicode categories that move a cursor, turn the reading direction round, break a line or show nothing."""

_ANCHOR = "audit "
"""How an anchor of the audit log begins; a number follows."""

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by category that are drawn as nothing (Unicode's Default_Ignorable_Code_Point)."""


def visible(text: str) -> str:
    """Return text on one line, each hidden character, newlines and tabs too, shown as its escape in Python.

    What reads like an anchor of the audit log gets a space that does not break: it looks the same and is none. A line
    in some log must not pass for a witness of how long the audit log was.
    """
    first, *others = "".join(
        ascii(each)[1:-1] if unicodedata.category(each) in _HIDDEN or each in _BLANK_LETTERS else each for each in text
    ).split(_ANCHOR)
    return first + "".join(f"audit\u00a0{rest}" if rest[:1].isdecimal() else f"{_ANCHOR}{rest}" for rest in others)


def code(text: str, limit: int = LONGEST_VALUE) -> str:
    """Return a code span that reads as `text`: nothing inside one is markup, a link or a mention on any platform."""
    shown = _cut(visible(text), limit) or '""'
    fence = _fence(shown, "`")
    # CommonMark takes one space off both ends, but leaves a span of spaces alone.
    touches = shown[0] in "` " or shown[-1] in "` "
    pad = " " if touches and shown.strip(" ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def prose(text: str, limit: int = LONGEST_VALUE) -> str:
    """Return running text that reads as `text`: for titles people wrote, where a code span would look odd."""
    shown = _cut(visible(text).strip(), limit)
    return "".join(f"\\{each}" if each in string.punctuation else each for each in shown)


def block(text: str, most_lines: int) -> str:
    """Return a code block of `text`: of what is longer, the beginning, a line with an ellipsis, and more of the end.

    A trace says where it came from in its first lines and, in most languages, what happened in its last.
    """
    lines = text.split("\n")
    if len(lines) > most_lines:
        first = most_lines // 3
        lines = [*lines[:first], "…", *lines[first + 1 - most_lines :]]
    shown = "\n".join(_cut(visible(line.rstrip().expandtabs(4)), LONGEST_VALUE) for line in lines)
    fence = _fence(shown, "```")
    return f"{fence}\n{shown}\n{fence}"


def _cut(shown: str, limit: int) -> str:
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def _fence(shown: str, shortest: str) -> str:
    """Return a run of backticks longer than any inside."""
    fence = shortest
    while fence in shown:
        fence += "`"
    return fence
