"""Where in a text the words stand that an error is told by: one automaton, running ahead where there is much."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import ahocorasick_rs

if TYPE_CHECKING:
    from aiops_agent.assembly.workers import Found, Workers

Hit = tuple[int, int, int]
"""Number of the word, index of its first byte, index behind its last."""


class Search:
    """Finds any of some literals in bytes."""

    def __init__(self, literals: Iterable[bytes]) -> None:
        # LeftmostFirst is what switches the searcher's vector code on: eight times the speed of the default.
        automaton = ahocorasick_rs.BytesAhoCorasick(list(literals), matchkind=ahocorasick_rs.MatchKind.LeftmostFirst)
        self.now = automaton.find_matches_as_indexes
        """Return every hit in a text, in order."""

        self._workers: Workers | None = None

    def ahead(self, text: bytes) -> "Found":
        """Return at once; the hits are looked for meanwhile, on another core."""
        if self._workers is None:
            from aiops_agent.assembly.workers import Workers  # a small tick has no use for threads

            self._workers = Workers(self.now)
        return self._workers.begin(text)
