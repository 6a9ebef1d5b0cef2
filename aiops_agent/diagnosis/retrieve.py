"""Which article helps: a whole sign first, then words, names and meaning, beside the category; none when none fits."""

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import numpy as np

from aiops_agent.diagnosis.articles import Article
from aiops_agent.diagnosis.index import SATURATION, Entry, Floats, Index, Wording
from aiops_agent.diagnosis.terms import terms
from aiops_agent.model.diagnosis import Citation
from aiops_agent.noun import dataclass

SIGN, WORDS, NAME, MEANING, CATEGORY = 0.35, 0.2, 0.1, 0.2, 0.15
"""Shares of the score: the best sign, BM25, what the article is named for, the cosine, the category's probability."""

FITS = 0.22
"""Below this score no article is shown for a record."""

ANSWERS = 0.3
"""The same of a person's question, which has no category; its score is of what is left."""

SHOWN = 5
CANDIDATES = 12
"""Articles that are looked at closely: those that the first look, over all, puts first. With 10 or all of them as many
answers of the gold list are right, with 8 one fewer of 436."""

SPECIAL = 0.85
"""What the category counts for an article that is about one kind of software: of two that it alone speaks for, the
general one is right."""

TELLING = 16
"""Terms of a record that are looked up: the rarest. The others are in so many articles that they say little."""

PERFECT = 12
"""Terms that an article would have to have for a full score by words."""

WEIGHTY = 6.0
"""A sign of this weight, two or three rare words, counts half: longer ones more, `timeout` alone little."""

NAMED = 5.0
"""The same of names."""

SIGN_SAYS, NEAR, LIKELY, SHARED_SHOWN = 0.2, 0.6, 0.5, 3
"""From where on a reason is worth telling, and how many words."""

_WORDS_OF_ANY_TEXT = """
a an and are as at be been by for from has have if in is it its of on or that the their them then there these they this
to was were will with you your
"""
COMMON = frozenset(_WORDS_OF_ANY_TEXT.split())
"""Terms that tell a person nothing. They count like any other: without that, an article was shown more often where none
fits."""

STRICT = 3
"""A sign of which a tenth is missing counts a quarter less."""


@dataclass(frozen=True, slots=True)
class Query:
    """A record to find help for, or a person's question."""

    text: str
    """As it was written: the programs that its heads and frames name say what it is about."""

    stated: str
    """Without heads and frames."""

    vector: Floats
    """Unit vector of what is stated."""

    probabilities: Mapping[str, float]
    """Likely categories; empty when the text is a person's question."""

    service: str | None


@dataclass(frozen=True, slots=True)
class Match:
    """How an article and a record fit, each way of looking from 0 to 1."""

    place: int
    """Of the article in the index."""

    entry: Entry
    wording: Wording | None
    """The sign that fits best; None when no word of any is met."""

    sign: float
    words: float
    name: float
    meaning: float
    category: float

    @property
    def score(self) -> float:
        """Return all of it as one number, 0 to 1."""
        return (
            SIGN * self.sign + WORDS * self.words + NAME * self.name + MEANING * self.meaning + CATEGORY * self.category
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of a query."""

    stated: Mapping[str, float]
    """Those that any article has, with what each tells, the most telling first."""

    anywhere: set[str]
    """All, those of heads and frames too."""


def retrieve(index: Index, query: Query) -> tuple[Citation, ...]:
    """Return the articles that fit, best first; empty when none does."""
    asked = _asked(index, query)
    found = sorted(matches(index, query, asked), key=lambda match: match.score, reverse=True)
    fits = FITS if query.probabilities else ANSWERS * (1 - CATEGORY)
    return tuple(_citation(index, match, asked) for match in found[:SHOWN] if match.score >= fits)


def matches(index: Index, query: Query, asked: Asked) -> list[Match]:
    """Return how the likeliest articles fit, in no order."""
    words = _by_words(index, asked)
    category = index.by_category(query.probabilities)
    near = np.maximum(index.means @ query.vector, 0)
    signs = np.zeros(len(index.articles), dtype=np.float32)
    for place, weight in index.whole_signs(asked.stated):
        signs[place] = max(signs[place], _counting(weight, WEIGHTY))
    rough = SIGN * signs + WORDS * words + MEANING * near + CATEGORY * category
    best = np.argpartition(-rough, CANDIDATES)[:CANDIDATES] if len(rough) > CANDIDATES else range(len(rough))
    entries = {place: index.entry(place) for place in map(int, best) if _is_about(index.articles[place], query.service)}
    return [
        _match(place, entry, asked, words=float(words[place]), meaning=meaning, category=float(category[place]))
        for (place, entry), meaning in zip(entries.items(), _nearest([*entries.values()], query.vector), strict=True)
    ]


def _nearest(entries: Sequence[Entry], vector: Floats) -> list[float]:
    """Return the cosine of what is nearest of each; 0 where nothing is near."""
    if not entries:
        return []
    cosines = np.concatenate([entry.vectors for entry in entries]) @ vector
    begins = np.cumsum([0, *(len(entry.vectors) for entry in entries[:-1])])
    nearest: list[float] = np.maximum(np.maximum.reduceat(cosines, begins), 0).tolist()
    return nearest


def _asked(index: Index, query: Query) -> Asked:
    stated = {*terms(query.stated)}
    telling = sorted((-rarity, term) for term in stated if (rarity := index.rarity(term)))
    return Asked({term: -rarity for rarity, term in telling}, stated.union(terms(query.text)))


def _by_words(index: Index, asked: Asked) -> Floats:
    """Return BM25 of each article as a share of what a perfect match would have."""
    if not asked.stated:
        return np.zeros(len(index.articles), dtype=np.float32)
    telling = [*asked.stated.items()][:TELLING]
    postings = [index.posting(term) for term, _ in telling]
    places = np.concatenate([posting.places for posting in postings])
    impacts = np.concatenate([posting.impacts for posting in postings])
    rarities = np.repeat([rarity for _, rarity in telling], [len(posting.places) for posting in postings])
    scores = np.bincount(places, impacts * rarities, len(index.articles))
    perfect = sum(rarity for _, rarity in telling[:PERFECT]) * (SATURATION + 1)
    shares: Floats = np.minimum(scores / perfect, 1.0).astype(np.float32)
    return shares


def _match(place: int, entry: Entry, asked: Asked, *, words: float, meaning: float, category: float) -> Match:
    wording, sign = _best_sign(entry, asked)
    named = sum(rarity for term, rarity in entry.name.items() if term in asked.anywhere)
    return Match(
        place,
        entry,
        wording,
        sign,
        words,
        name=_counting(named, NAMED),
        meaning=meaning,
        category=category if entry.article.is_general else category * SPECIAL,
    )


def _best_sign(entry: Entry, asked: Asked) -> tuple[Wording | None, float]:
    """Return the sign that is met best, the weightier of equals, and how well, 0 to 1."""
    met: dict[int, float] = {}
    for term in entry.with_term.keys() & asked.stated.keys():
        for number in entry.with_term[term]:
            met[number] = met.get(number, 0.0) + asked.stated[term]
    best, most = None, 0.0
    for number in sorted(met):
        wording = entry.wordings[number]
        whole = _counting(wording.weight, WEIGHTY)
        if whole <= most:  # nor can a lighter one be stronger
            break
        strength = min(1.0, met[number] / wording.weight) ** STRICT * whole
        if strength > most:
            best, most = wording, strength
    return best, most


def _counting(weight: float, half: float) -> float:
    """Return a weight as a share that grows slower and slower: 0.5 at `half`."""
    return weight / (weight + half)


def _is_about(article: Article, service: str | None) -> bool:
    return service is None or any(fnmatch.fnmatchcase(service, pattern) for pattern in article.services)


def _citation(index: Index, match: Match, asked: Asked) -> Citation:
    article = match.entry.article
    why = "; ".join(_why(index, match, asked))
    return Citation(article.id, article.title, round(match.score, 4), article.playbook, article.title_zh, why)


def _why(index: Index, match: Match, asked: Asked) -> Iterator[str]:
    """Yield what spoke for an article, in words for people."""
    if match.wording and match.sign >= SIGN_SAYS:
        whole = all(term in asked.stated for term in match.wording.terms)
        yield f'{"its sign" if whole else "nearly its sign"} "{match.wording.text}"'
    told = (term for term in [*asked.stated][:TELLING] if term not in COMMON)
    shared = (term for term in told if match.place in index.posting(term))
    if shown := [*islice(shared, SHARED_SHOWN)]:
        yield f"words {', '.join(shown)}"
    if match.meaning >= NEAR:
        yield f"meaning {match.meaning:.2f}"
    if match.category >= LIKELY:
        yield "its category"
