"""Which article helps: words and codes (BM25) and meaning (vectors), fused, with the category as a prior."""

import fnmatch
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import re2
from numpy.typing import NDArray

from aiops_agent.diagnosis.articles import Article
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.diagnosis.vectors import vectors_of
from aiops_agent.model.diagnosis import Citation
from aiops_agent.noun import dataclass

FITS = 0.36
"""Below this fused score no article is shown. On rendered families 95 % of what is shown then is about the right
category, and 95 % of the records that have an article get one."""

LEXICAL, DENSE, PRIOR = 0.3, 0.25, 0.45
"""Shares of the fused score. Words alone put a fitting article first for 63 % of the families' records, vectors alone
for 67 %, both for 75 %, with the category for 98 %."""

SHOWN = 5
SIGN_WEIGHT = 3
SATURATION = 1.2
LENGTH_EFFECT = 0.4
_TOKEN = re2.compile(r"[A-Za-z_]+(?:[.:'-][A-Za-z_]+)*|[0-9]+|[\p{Han}]+")
_PIECE = re2.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Query:
    """A record to find help for."""

    text: str
    vector: NDArray[np.float32]
    """Unit vector of the text."""

    probabilities: Mapping[str, float]
    """Likely categories; empty when the text is a person's question."""

    service: str | None


class Index:
    """Articles ready to be searched."""

    def __init__(
        self, articles: Sequence[Article], encoder: Encoder, cache: Path | None, *, shipped: Path | None = None
    ) -> None:
        """Index the articles; their vectors are those of the file `shipped`, and kept in the folder `cache`."""
        self._articles = articles
        self._counts = [_weights(article) for article in articles]
        self._lengths = [sum(counts.values()) for counts in self._counts]
        self._mean_length = max(1.0, sum(self._lengths) / max(1, len(articles)))
        self._spread = Counter(token for counts in self._counts for token in counts)
        pieces = [(row, piece) for row, article in enumerate(articles) for piece in pieces_of(article)]
        self._rows = np.array([row for row, _ in pieces], dtype=np.int64)
        self._vectors = vectors_of([piece for _, piece in pieces], encoder, shipped=shipped, cache=cache)

    def search(self, query: Query) -> tuple[Citation, ...]:
        """Return the articles that fit, best first; empty when none does."""
        if not self._articles:
            return ()
        lexical = self._lexical(query.text)
        dense = self._dense(query.vector)
        scored = sorted(
            (
                (_fused(lexical[row], dense[row], article, query), row)
                for row, article in enumerate(self._articles)
                if _is_about(article, query.service)
            ),
            reverse=True,
        )
        return tuple(
            Citation(article.id, article.title, round(score, 4), article.playbook)
            for score, row in scored[:SHOWN]
            if score >= FITS
            for article in (self._articles[row],)
        )

    def _lexical(self, text: str) -> list[float]:
        """Return BM25 of each article as a share of what a perfect match would have, 0 to 1."""
        asked = set(tokens(text))
        rare = {token: self._rarity(token) for token in asked}
        best = sum(sorted(rare.values(), reverse=True)[:12]) or 1.0
        scores = []
        for counts, length in zip(self._counts, self._lengths, strict=True):
            damping = SATURATION * (1 - LENGTH_EFFECT + LENGTH_EFFECT * length / self._mean_length)
            score = sum(
                rare[token] * counts[token] * (SATURATION + 1) / (counts[token] + damping)
                for token in asked
                if token in counts
            )
            scores.append(min(1.0, score / best / (SATURATION + 1)))
        return scores

    def _rarity(self, token: str) -> float:
        spread = self._spread[token]
        return math.log(1 + (len(self._articles) - spread + 0.5) / (spread + 0.5)) if spread else 0.0

    def _dense(self, vector: NDArray[np.float32]) -> list[float]:
        """Return the best cosine among the pieces of each article, at least 0."""
        best = np.zeros(len(self._articles), dtype=np.float32)
        np.maximum.at(best, self._rows, self._vectors @ vector)
        return [float(score) for score in best]


def tokens(text: str) -> Iterator[str]:
    """Yield words, codes and parts of identifiers in lower case; Chinese as pairs of characters."""
    for found in _TOKEN.findall(text[:4000].encode()):  # of a str, re2 counts the characters anew for each match
        token = found.decode()
        if not token.isascii():
            yield from (token[at : at + 2] for at in range(max(1, len(token) - 1)))
            continue
        yield token.lower()
        pieces = [] if token.isalnum() else _PIECE.findall(token)
        if len(pieces) > 1:
            yield from (piece.lower() for piece in pieces)


def _weights(article: Article) -> Counter[str]:
    counts = Counter(tokens(article.body))
    for sign in (article.title, article.title_zh, *article.signs):
        for token in tokens(sign):
            counts[token] += SIGN_WEIGHT
    return counts


def pieces_of(article: Article) -> Iterator[str]:
    """Yield what an article is found by: its title, each sign, and how it begins."""
    yield article.title
    yield from article.signs
    yield f"{article.title}. {article.body[:600]}"


def _fused(lexical: float, dense: float, article: Article, query: Query) -> float:
    by_text = LEXICAL * lexical + DENSE * dense
    if not query.probabilities:
        return by_text / (LEXICAL + DENSE)
    return by_text + PRIOR * sum(query.probabilities.get(category, 0.0) for category in article.categories)


def _is_about(article: Article, service: str | None) -> bool:
    return service is None or any(fnmatch.fnmatchcase(service, pattern) for pattern in article.services)
