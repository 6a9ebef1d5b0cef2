"""Where in a text the words stand that an error is told by: automata."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import itemgetter

import ahocorasick_rs

Hit = tuple[int, int, int]
"""Number of the word, index of its first byte, index behind its last."""

MOST_WORDS = 64
"""Words of one automaton: with one more the library's vector code does not take them, and it is six times slower."""


class Search:
    """Finds any of some literals in bytes."""

    def __init__(self, *groups: Iterable[bytes]) -> None:
        """Take literals; those of a group are searched for together, `MOST_WORDS` at a time."""
        finders = []
        for group in groups:
            words = list(dict.fromkeys(group))
            finders += [_finder(words[first : first + MOST_WORDS]) for first in range(0, len(words), MOST_WORDS)]
        self.find: Callable[[bytes], Sequence[Hit]] = finders[0] if len(finders) == 1 else _merged(finders)
        """Return every hit in a text, in order."""


def _finder(words: Sequence[bytes]) -> Callable[[bytes], Sequence[Hit]]:
    # LeftmostFirst is what switches the searcher's vector code on: eight times the speed of the default.
    automaton = ahocorasick_rs.BytesAhoCorasick(list(words), matchkind=ahocorasick_rs.MatchKind.LeftmostFirst)
    find: Callable[[bytes], Sequence[Hit]] = automaton.find_matches_as_indexes
    return find


def _merged(finders: Sequence[Callable[[bytes], Sequence[Hit]]]) -> Callable[[bytes], Sequence[Hit]]:
    def find(text: bytes) -> Sequence[Hit]:
        found = [hits for finder in finders if (hits := finder(text))]
        return found[0] if len(found) == 1 else sorted(chain.from_iterable(found), key=itemgetter(1))

    return find
