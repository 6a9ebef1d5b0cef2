"""A record in numbers: its words, hashed; and what the signs say of each category."""

import zlib
from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import re2
from numpy.typing import NDArray

from aiops_agent.diagnosis.condense import Condensed
from aiops_agent.diagnosis.signs import Found, Rank

BUCKETS = 1 << 16
CAUSE_CHARACTERS = 160
"""The end of the innermost part: in `a: b: c` the reason stands last."""

LONGEST_CODE = 5
"""Characters of an error code or SQLSTATE; a longer number is an id."""

WHOLE_WORD = 5
"""Characters; of a longer word its beginning and end are features too: prefixes and endings carry meaning."""

KNOWN = 1 << 13
"""Runs of text whose words are remembered: most of a record is words that were there before."""

LONGEST = 64
"""Characters of a run that is remembered."""

SIGN_COLUMNS = 8

_APART = {code: " " for code in range(128) if not chr(code).isalnum()}
_WORD = re2.compile(r"[A-Za-z]+|[0-9]+|[\p{Han}]+")
_CAMEL = re2.compile(r"[A-Z]+[a-z]*|[a-z]+")


def words(text: str) -> NDArray[np.int32]:
    """Return the hash buckets of the words, word pairs and word pieces of a text, each once."""
    buckets: set[int] = set()
    previous = "^"
    for run in text[:3000].translate(_APART).split():
        for word, own in _words_of(run) if len(run) <= LONGEST else _cut(run):
            buckets.update(own)
            if word:
                buckets.add(_bucket(f"{previous} {word}"))
                previous = word
    return np.array(sorted(buckets), dtype=np.int32)


def cause_of(record: Condensed) -> str:
    """Return the end of the innermost cause."""
    return record.cause[-CAUSE_CHARACTERS:]


@lru_cache(KNOWN)
def _words_of(run: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
    return tuple(_cut(run))


def _cut(run: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each word of a run of letters, digits and Han, as it counts in pairs, and the buckets of it alone.

    Han stand in no pair: they have no word.
    """
    is_word = run.isascii() and (run.isalpha() or run.isdigit())
    for found in (run,) if is_word else _found(_WORD, run):
        if found.isascii():
            word, others = _of_word(found)
            yield word, tuple(map(_bucket, (word, *others)))
        else:
            yield "", tuple(_bucket(found[at : at + 2]) for at in range(len(found)))


def _bucket(token: str) -> int:
    return zlib.crc32(token.encode()) % BUCKETS


def _found(pattern: "re2._Regexp", text: str) -> Iterator[str]:
    return (found.decode() for found in pattern.findall(text.encode()))  # of a str, re2 counts what is before a match


def _of_word(word: str) -> tuple[str, tuple[str, ...]]:
    """Return a word as it counts, and its pieces, its beginning and its end."""
    is_whole = word.isdigit() or word.islower() or word.isupper() or word.istitle()
    pieces = () if is_whole else tuple(piece.lower() for piece in _found(_CAMEL, word))
    word = word.lower() if len(word) <= LONGEST_CODE or not word.isdigit() else "9"
    ends = (f"#{word[:4]}", f"#{word[-4:]}") if len(word) > WHOLE_WORD else ()
    return word, (*(pieces if len(pieces) > 1 else ()), *ends)


def sign_columns(found: Sequence[Found], categories: Sequence[str]) -> NDArray[np.float32]:
    """Return what the signs say of each category, shape (categories, 8)."""
    columns = np.zeros((len(categories), SIGN_COLUMNS), dtype=np.float32)
    if not found:
        return columns
    row = {category: number for number, category in enumerate(categories)}
    order = list(dict.fromkeys(one.sign.category for one in found))
    first = found[0]
    columns[row[first.sign.category], 0 if first.sign.rank is Rank.DECISIVE else 1] = 1
    if len(order) == 1:
        columns[row[order[0]], 2] = 1
    else:
        columns[row[order[1]], 3] = 1
    for one in found:
        columns[row[one.sign.category], 4 if one.sign.rank is Rank.DECISIVE else 5] = 1
        columns[row[one.sign.category], 6] += 1 / len(found)
        if one.part == first.part and one.sign.rank == first.sign.rank:
            columns[row[one.sign.category], 7] = 1
    return columns
