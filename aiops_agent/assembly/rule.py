"""One kind of secret: the words that betray it, and the pattern that finds where it begins and ends."""

from collections.abc import Callable

import re2

from aiops_agent.hints import NamedTuple


class Rule(NamedTuple):
    """A row of a table; all of it is compared with bytes."""

    kind: str
    """What stands in the place of the secret: `[redacted:KIND]`."""

    keywords: tuple[str, ...]
    """Lower case; the pattern is run on a text only that holds one of them."""

    pattern: str
    """RE2. A group is what stands before the secret, and stays."""

    replace: Callable[["re2._Match"], bytes] | None = None
    """Returns what the whole match becomes, where that is not group and kind."""

    also: tuple[str, ...] = ("",)
    """Lower case; one of these must be in the text too: what stands between a key and its value."""


def sign(kind: str) -> bytes:
    """Return what stands in the place of a secret."""
    return b"[redacted:%b]" % kind.encode()


BEFORE = r"(^|[^0-9A-Za-z_-]|\\[nrt]|%[0-9A-Fa-f]{2})"
"""What stands before a token whose first letters alone would be found in the middle of words: the escapes of JSON and
of addresses end in a letter."""
