"""A text -> the terms it is found by: words, codes, identifiers whole and in parts, Chinese in pairs of characters."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import re2

MAX_CHARACTERS = 4000
"""Of a record or a question: what an error says stands at its beginning."""

KNOWN = 1 << 13
"""Words whose parts are remembered: most of a text is words that were there before."""

LONGEST = 64
"""Characters of a word: a longer one is no word, and no article has it."""

_JOINS = "._:-"
_JOINED = str.maketrans(_JOINS, " " * len(_JOINS))
_APART = {code: " " for code in range(128) if not chr(code).isalnum() and chr(code) not in _JOINS}
_SCRIPT = re2.compile(r"[\x00-\x7f]+|[\p{Han}]+")
_PIECE = re2.compile(r"[A-Z]+[a-z]+|[A-Z]{2,}|[a-z]+|[0-9]+|[A-Z]")


def terms(text: str, most: int = MAX_CHARACTERS) -> Iterator[str]:
    """Yield the terms of the first `most` characters, in their order: lower case with digits and `_.:-`, or two Han."""
    plain = text[:most].encode(errors="replace").decode()  # of lone surrogates re2 makes nothing
    for word in plain.translate(_APART).split():  # several times as fast as a pattern for words
        if len(word) <= LONGEST:
            yield from _parts(word)
        elif not word.isascii():
            yield from _mixed(word)


@lru_cache(KNOWN)
def _parts(word: str) -> tuple[str, ...]:
    """Return a word and its pieces; one of several scripts taken apart."""
    if not word.isascii():
        return tuple(_mixed(word))
    whole = word.strip(_JOINS)
    pieces = [piece for run in whole.translate(_JOINED).split() for piece in _pieces(run)]
    parts = [piece.lower() for piece in pieces if len(piece) > 1] if len(pieces) > 1 else []
    return (whole.lower(), *parts) if whole else ()


def _pieces(run: str) -> Sequence[str]:
    """Return the words and numbers of a run of ASCII letters and digits: of most it is one, and needs no pattern."""
    if run.isdigit() or (run.isalpha() and (run.islower() or run.isupper() or run.istitle())):
        return (run,)
    return [piece.decode() for piece in _PIECE.findall(run.encode())]


def _mixed(word: str) -> Iterator[str]:
    for run in _SCRIPT.findall(word):
        if run.isascii():
            yield from _parts(run) if len(run) <= LONGEST else ()
        else:
            yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
