"""What states a category by itself: errno texts, SQLSTATEs, exception classes, vendor codes, found by fixed rules."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from pathlib import Path

import re2
import yaml

from aiops_agent.diagnosis.condense import Condensed
from aiops_agent.noun import dataclass

SIGNS = Path(__file__).with_name("signs.yaml")

MEMORY = 1 << 20
"""Bytes that matching one sign may remember of texts seen."""

READY = 800
"""Signs that are kept ready to be matched, some 25 KB each: a host meets few of the thousands again and again."""

TIMEOUT = "timeout"
"""The category that most often is what another fault led to."""

_APART = bytes(code if chr(code).isascii() and (chr(code).isalnum() or code == ord("_")) else 32 for code in range(256))
_BEFORE_CODE = (
    r"(?:(?m:^)|(?:err\w*|code|state|sqlcode|status|http\S{0,8}|returned|response|got|winerror)\W{1,4}|[\[(])"
)


class Rank(IntEnum):
    """How much a sign says by itself."""

    TYPICAL = 1
    DECISIVE = 2


@dataclass(frozen=True, slots=True)
class Sign:
    """One wording that states a category."""

    text: str
    """As written in the file, for people."""

    category: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class Found:
    """A sign in a record."""

    sign: Sign
    part: int
    """Index of the part of the record; the highest is the innermost cause."""

    start: int
    end: int


class Signs:
    """All signs, ready to be searched for: 0.1 s once, then 0.2 ms a record.

    Four in five are phrases, and a text that has one has each of its words: they are looked up by their rarest word,
    and found as they stand: to compile one as an expression takes 0.05 ms. Of the others a filter says which may be
    there; those are matched one by one. One automaton of all of them took five times as long, and all of them in the
    filter 20 MB.
    """

    def __init__(self, signs: Iterable[Sign]) -> None:
        self._signs = tuple(signs)
        options = re2.Options()
        options.case_sensitive = False
        options.log_errors = False
        options.max_mem = MEMORY
        self._words = [_words_of(sign.text) for sign in self._signs]
        self._by_word = _by_rarest(self._words)
        self._in_a_row = [
            _in_a_row(sign.text) if words else "" for sign, words in zip(self._signs, self._words, strict=True)
        ]
        self._others = [number for number, words in enumerate(self._words) if not words]
        self._filter = re2.Filter()
        for number in self._others:
            self._filter.Add(_pattern(self._signs[number].text), options)
        self._filter.Compile()
        self._ready = lru_cache(READY)(lambda number: re2.compile(_pattern(self._signs[number].text), options))

    def find(self, record: Condensed) -> list[Found]:
        """Return the signs of the record, the most telling first.

        A deeper cause comes before what it led to, a decisive sign before a typical one, and of equals the later.
        A sign inside a longer one is not counted, nor is a timeout where a pool is used up: it waited for a place.
        """
        found = [one for index, part in enumerate(record.parts) for one in _longest(self._in_part(index, part))]
        if any(one.sign.category == "pool_exhausted" and one.sign.rank is Rank.DECISIVE for one in found):
            found = [one for one in found if one.sign.category != TIMEOUT]
        return sorted(found, key=lambda one: (one.part, one.sign.rank, one.start), reverse=True)

    def _in_part(self, index: int, text: str) -> Iterator[Found]:
        lower = text.lower()
        spaced = " ".join(lower.split())
        for number in sorted(self._perhaps(lower, spaced)):
            phrase = self._in_a_row[number]
            if phrase and lower.count(phrase) == spaced.count(phrase) and len(lower) == len(text):
                spans = _standing(lower, phrase)
            else:
                spans = (match.span() for match in self._ready(number).finditer(text))
            for start, end in spans:
                yield Found(self._signs[number], index, start, end)

    def _perhaps(self, lower: str, spaced: str) -> Iterator[int]:
        """Yield the signs that may stand in a text of lower case, and all that do."""
        words = _words(lower)
        for word in words:
            yield from (
                number
                for number in self._by_word.get(word, ())
                if words.issuperset(self._words[number]) and self._in_a_row[number] in spaced
            )
        yield from (self._others[number] for number in self._filter.Match(lower, potential=True) or ())


def load_signs(path: Path = SIGNS) -> Signs:
    """Return the shipped signs."""
    written = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Signs(
        Sign(line.strip(), category, Rank[rank.upper()])
        for category, ranks in written.items()
        for rank, lines in ranks.items()
        for line in lines.splitlines()
    )


def _words(lower: str) -> set[bytes]:
    """Return the words of a text as the boundaries of RE2 part them: ASCII letters, digits and `_`."""
    return {*lower.encode("ascii", "replace").translate(_APART).split()}


def _words_of(text: str) -> tuple[bytes, ...]:
    """Return the words that any text with this sign has whole; none of a code, a pattern, or what `*` leaves open."""
    if not text.isascii() or text.startswith(("#", "/")):
        return ()
    return tuple(_words(" ".join(word for word in text.lower().split() if "*" not in word)))


def _in_a_row(text: str) -> str:
    """Return what a text with this phrase has where its white space is single blanks; nothing if `*` leaves it open."""
    return "" if "*" in text else " ".join(text.lower().split())


def _standing(text: str, phrase: str) -> Iterator[tuple[int, int]]:
    """Yield where a phrase stands by itself in a text of lower case: what RE2 finds between word boundaries."""
    at = text.find(phrase)
    while at >= 0:
        end = at + len(phrase)
        if _part_words(text[at - 1 : at], phrase[0]) and _part_words(phrase[-1], text[end : end + 1]):
            yield at, end
            at = text.find(phrase, end)
        else:
            at = text.find(phrase, at + 1)


def _part_words(before: str, after: str) -> bool:
    """Tell whether a word that ends with one character does not go on with the next."""
    return not (_is_of_word(before) and _is_of_word(after))


def _is_of_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _by_rarest(words: Sequence[tuple[bytes, ...]]) -> dict[bytes, list[int]]:
    """Return the numbers of the signs by that word of each that the fewest signs have."""
    spread = Counter(word for each in words for word in each)
    found: dict[bytes, list[int]] = {}
    for number, each in enumerate(words):
        if each:
            found.setdefault(min(each, key=lambda word: (spread[word], word)), []).append(number)
    return found


def _pattern(text: str) -> str:
    """Return the RE2 pattern of a line: `/.../` as it stands, `#...` a code, else a phrase between word boundaries."""
    if text.startswith("#"):
        return rf"{_BEFORE_CODE}{text[1:]}\b"
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        return text[1:-1]
    body = r"\s+".join(r".{0,60}?" if word == "*" else re2.escape(word).replace(r"\*", r"\w*") for word in text.split())
    return _boundary(text[0]) + body + _boundary(text[-1])


def _boundary(character: str) -> str:
    return r"\b" if _is_of_word(character) else ""


def _longest(found: Iterable[Found]) -> list[Found]:
    """Drop every sign that lies inside another one.

    Of two in the same place what is no timeout is kept, since that says what was waited for; else the more decisive.
    """
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end, one.sign.category == TIMEOUT, -one.sign.rank)):
        if not kept or one.end > kept[-1].end:
            kept.append(one)
    return kept
