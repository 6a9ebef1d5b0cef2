"""What articles are found by, in one SQLite file: what an edit did not touch is not made anew.

SQLite's own full-text search is not used: its BM25 took 40 to 120 ms over 10,000 articles, since it reads where in a
text each word stands. Here each term has the articles that have it, and what it counts for there.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import apsw
import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.articles import Article
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.diagnosis.kept import Kept
from aiops_agent.diagnosis.terms import terms
from aiops_agent.diagnosis.vectors import vectors_of
from aiops_agent.noun import dataclass

Floats = NDArray[np.float32]

READY = 512
"""Articles that are kept ready in memory, some 30 KB each."""

READY_TERMS = 1 << 12
"""Terms whose articles are: those of a record that are looked up are in few."""

BEGINNING = 600
"""Characters of a body: signs, and the first words about the cause."""

IN_TITLE, IN_SIGN, IN_BODY = 3, 3, 1
"""How often a term counts for each time it stands there."""

SATURATION, LENGTH_EFFECT, USUAL_LENGTH = 1.2, 0.4, 900
"""BM25: how soon more of the same counts no more, what a long article has against it, and which length has nothing."""

AT_ONCE = 256
"""Articles whose terms are put into the file together."""

ADDITIONS = 64
"""Changes after which the terms are written anew: each adds to what must be read of a term."""

FEW = 256
"""Articles of a term that are looked at one by one, to know how rare it is."""

GONE = 0.1
"""Share of articles that were edited or taken away after which the same is done: their terms still count for how rare
a term is."""

_HALF = "<f2"
_ROW = "<u4"
_SCHEMA = """
CREATE TABLE article (
    row INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL UNIQUE, mean BLOB NOT NULL, vectors BLOB NOT NULL
) STRICT;
CREATE TABLE posting (term TEXT NOT NULL, rows BLOB NOT NULL, impacts BLOB NOT NULL) STRICT;
CREATE INDEX posting_by_term ON posting (term);
CREATE TABLE term (term TEXT PRIMARY KEY, spread INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE sign (
    article INTEGER NOT NULL, number INTEGER NOT NULL, rarest TEXT NOT NULL, terms TEXT NOT NULL, weight REAL NOT NULL
) STRICT;
CREATE INDEX sign_by_article ON sign (article);
CREATE INDEX sign_by_rarest ON sign (rarest);
CREATE TABLE addition (number INTEGER PRIMARY KEY) STRICT;
CREATE TABLE gone (row INTEGER PRIMARY KEY) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Posting:
    """The articles that have a term."""

    places: NDArray[np.int64]
    """Of the articles in `Index.articles`, ascending."""

    impacts: Floats
    """What the term counts for there: 0 to SATURATION + 1."""

    def __contains__(self, place: int) -> bool:
        """Tell whether the article at a place has it."""
        at = int(self.places.searchsorted(place))
        return at < len(self.places) and bool(self.places[at] == place)


@dataclass(frozen=True, slots=True)
class Wording:
    """A sign of an article, as it is looked for in a record."""

    text: str
    terms: frozenset[str]
    weight: float
    """What it tells that a record has all of them: the sum of their rarities, as of when the article was put in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An article, ready to be compared with a record."""

    article: Article
    name: Mapping[str, float]
    """The terms of its id, which says what software it is about, with what each tells."""

    wordings: tuple[Wording, ...]
    """The weightiest first."""

    with_term: Mapping[str, Sequence[int]]
    """Which of them have a term, by number, ascending."""

    vectors: Floats
    """One row of unit length for each of `pieces_of`."""


class Index:
    """The articles, ready to be searched."""

    def __init__(
        self, articles: Sequence[Article], encoder: Encoder, folder: Path | None, *, shipped: Path | None = None
    ) -> None:
        """Take what the folder keeps of these articles, and make the rest.

        Args:
            articles: Each id once.
            encoder: Computes the vectors that are neither shipped nor kept.
            folder: Keeps the index from one process to the next; None: it is made in memory.
            shipped: A file of vectors that is only read.
        """
        kept = Kept(folder, _SCHEMA)
        made_by = _made_by(encoder)
        wanted = {_key(article, made_by): article for article in articles}
        self._connection = kept.opened(
            lambda connection: _is_of(connection, wanted),
            lambda connection: _bring_up_to_date(connection, wanted, encoder, shipped),
        )
        self.refused = kept.refused
        """Which file was not what it said, and was made anew; None when all was well."""

        rows = list(self._connection.execute("SELECT row, key, mean FROM article ORDER BY row"))
        self.articles = tuple(wanted[key] for _, key, _ in rows)
        self._width = encoder.width
        self._spread: dict[str, int] = dict(self._connection.execute("SELECT term, spread FROM term"))
        self._rarest = {term for (term,) in self._connection.execute("SELECT DISTINCT rarest FROM sign")}
        self._some_are_gone = bool(self._connection.execute("SELECT 1 FROM gone LIMIT 1").fetchone())
        self.means = _vectors(b"".join(mean for *_, mean in rows), self._width)
        """Of each article as a whole: shape (len(articles), encoder.width), of unit length."""

        self._rows = np.array([row for row, *_ in rows], dtype=np.int64)
        ((last,),) = self._connection.execute(
            "SELECT max(row) FROM (SELECT row FROM article UNION SELECT row FROM gone)"
        )
        self._place = np.full((last or 0) + 1, -1, dtype=np.int64)
        self._place[self._rows] = np.arange(len(rows))
        self.entry = lru_cache(READY)(self._entry)
        self.posting = lru_cache(READY_TERMS)(self._posting)
        self.signs_with = lru_cache(READY_TERMS)(self._signs_with)
        self._categories, self._about = _by_category(self.articles)

    def by_category(self, probabilities: Mapping[str, float]) -> Floats:
        """Return how likely each article is about the right category: shape (len(articles),)."""
        likely = np.zeros(len(self.articles), dtype=np.float32)
        of_each = np.array([probabilities.get(category, 0.0) for category in self._categories], dtype=np.float32)
        numbers, places = self._about
        np.add.at(likely, places, of_each[numbers])
        return likely

    def rarity(self, term: str) -> float:
        """Return what it tells that a text has this term; 0 when no article has it."""
        spread = self._spread.get(term, 0)
        if self._some_are_gone and 0 < spread <= FEW:  # they are still counted: of many less than a tenth
            spread = len(self.posting(term).places)
        return _rarity_of(spread, len(self.articles))

    def _posting(self, term: str) -> Posting:
        """Return the articles that have a term."""
        parts = list(
            self._connection.execute("SELECT rows, impacts FROM posting WHERE term = ? ORDER BY rowid", (term,))
        )
        rows = np.frombuffer(b"".join(part for part, _ in parts), dtype=_ROW)
        impacts = np.frombuffer(b"".join(part for _, part in parts), dtype=_HALF).astype(np.float32)
        places = self._place[rows]
        there = places >= 0  # others were edited since, or taken away
        return Posting(places[there], impacts[there])

    def whole_signs(self, asked: Mapping[str, float]) -> Iterator[tuple[int, float]]:
        """Yield the place of each article of which every term of a sign is asked for, and the weight of the sign."""
        for term in filter(self._rarest.__contains__, asked):
            for place, parts, weight in self.signs_with(term):
                if all(part in asked for part in parts):
                    yield place, weight

    def _signs_with(self, term: str) -> tuple[tuple[int, tuple[str, ...], float], ...]:
        """Return the signs whose rarest term this is: place of the article, all terms, weight."""
        found = self._connection.execute("SELECT article, terms, weight FROM sign WHERE rarest = ?", (term,))
        return tuple((int(self._place[row]), tuple(written.split()), weight) for row, written, weight in found)

    def _entry(self, place: int) -> Entry:
        article, row = self.articles[place], int(self._rows[place])
        ((vectors,),) = self._connection.execute("SELECT vectors FROM article WHERE row = ?", (row,))
        wordings = tuple(
            Wording(article.signs[number], frozenset(written.split()), weight)
            for number, written, weight in self._connection.execute(
                "SELECT number, terms, weight FROM sign WHERE article = ? ORDER BY weight DESC, number", (row,)
            )
        )
        with_term: dict[str, list[int]] = {}
        for number, wording in enumerate(wordings):
            for term in wording.terms:
                with_term.setdefault(term, []).append(number)
        name = {term: self.rarity(term) for term in terms(article.id)}
        return Entry(article, name, wordings, with_term, _vectors(vectors, self._width))


@lru_cache(1 << 12)
def _rarity_of(spread: int, articles: int) -> float:
    """Return the inverse document frequency of a term; 0 when no article has it."""
    spread = min(spread, articles)
    return math.log(1 + (articles - spread + 0.5) / (spread + 0.5)) if spread else 0.0


def pieces_of(article: Article) -> Iterator[str]:
    """Yield what an article is compared by: its title, each sign, and how it begins."""
    yield article.title
    yield from article.signs
    yield f"{article.title}. {article.body[:BEGINNING]}"


def _made_by(encoder: Encoder) -> str:
    """Return what is another one for another encoder, and for other code that makes terms of a text."""
    code = hashlib.sha256()
    for name in ("condense.py", "index.py", "terms.py"):
        code.update(Path(__file__).with_name(name).read_bytes())
    return f"{encoder.identity} {code.hexdigest()}"


def _key(article: Article, made_by: str) -> bytes:
    """Return what is another one after any edit."""
    made_of = [made_by, article.id, article.title, article.title_zh, *article.signs, article.body]
    return hashlib.sha256("\0".join(made_of).encode()).digest()[:16]


def _is_of(connection: apsw.Connection, wanted: Mapping[bytes, Article]) -> bool:
    return {key for (key,) in connection.execute("SELECT key FROM article")} == wanted.keys()


def _bring_up_to_date(
    connection: apsw.Connection, wanted: Mapping[bytes, Article], encoder: Encoder, shipped: Path | None
) -> None:
    """Take out what is not wanted, put in what is missing; write all terms anew when that was done often."""
    there = dict(connection.execute("SELECT key, row FROM article"))
    for row in (row for key, row in there.items() if key not in wanted):
        connection.execute("DELETE FROM article WHERE row = ?", (row,))
        connection.execute("DELETE FROM sign WHERE article = ?", (row,))
        connection.execute("INSERT INTO gone VALUES (?)", (row,))
    missing = {key: article for key, article in wanted.items() if key not in there}
    _put_articles(connection, missing, encoder, shipped)
    connection.execute("INSERT INTO addition DEFAULT VALUES")
    ((additions, gone),) = connection.execute("SELECT (SELECT count(*) FROM addition), (SELECT count(*) FROM gone)")
    if anew := additions > ADDITIONS or gone > GONE * len(wanted):
        connection.execute("DELETE FROM addition; DELETE FROM gone")
        connection.execute("DELETE FROM posting; DELETE FROM term; DELETE FROM sign")
    rows = connection.execute("SELECT row, key FROM article ORDER BY row")
    _put_terms(connection, {row: wanted[key] for row, key in rows if anew or key in missing})


def _put_articles(
    connection: apsw.Connection, missing: Mapping[bytes, Article], encoder: Encoder, shipped: Path | None
) -> None:
    pieces = [[*pieces_of(article)] for article in missing.values()]
    vectors = vectors_of([piece for one in pieces for piece in one], encoder, shipped)
    ends = np.cumsum([len(one) for one in pieces])
    for key, own in zip(missing, np.split(vectors, ends[:-1]) if pieces else (), strict=True):
        mean = own.mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-6)
        connection.execute(
            "INSERT INTO article (key, mean, vectors) VALUES (?, ?, ?)",
            (key, mean.astype(_HALF).tobytes(), own.astype(_HALF).tobytes()),
        )


def _put_terms(connection: apsw.Connection, articles: Mapping[int, Article]) -> None:
    rows = [*articles]
    for start in range(0, len(rows), AT_ONCE):
        postings: dict[str, list[tuple[int, float]]] = {}
        for row in rows[start : start + AT_ONCE]:
            for term, impact in _impacts(articles[row]):
                postings.setdefault(term, []).append((row, impact))
        connection.executemany(
            "INSERT INTO posting (term, rows, impacts) VALUES (?, ?, ?)",
            (
                (
                    term,
                    np.array([row for row, _ in found], dtype=_ROW).tobytes(),
                    np.array([impact for _, impact in found], dtype=_HALF).tobytes(),
                )
                for term, found in postings.items()
            ),
        )
        connection.executemany(
            "INSERT INTO term VALUES (?, ?) ON CONFLICT (term) DO UPDATE SET spread = spread + excluded.spread",
            ((term, len(found)) for term, found in postings.items()),
        )
    ((count,),) = connection.execute("SELECT count(*) FROM article")

    @lru_cache(1 << 16)
    def weight(term: str) -> float:
        spread = connection.execute("SELECT spread FROM term WHERE term = ?", (term,)).fetchone()
        return _rarity_of(spread[0] if spread else 0, count)

    connection.executemany(
        "INSERT INTO sign (article, number, rarest, terms, weight) VALUES (?, ?, ?, ?, ?)",
        (
            (row, number, max(found, key=weight), " ".join(found), sum(map(weight, found)))
            for row, article in articles.items()
            for number, sign in enumerate(article.signs)
            if (found := sorted({*terms(condense(sign).text)}))
        ),
    )


def _by_category(articles: Sequence[Article]) -> tuple[Sequence[str], NDArray[np.int64]]:
    """Return the categories; and, in two rows, which of them each article is about, as numbers of both."""
    numbers: dict[str, int] = {}
    about = {
        (numbers.setdefault(category, len(numbers)), place)
        for place, article in enumerate(articles)
        for category in article.categories
    }
    return tuple(numbers), np.array(sorted(about), dtype=np.int64).reshape(-1, 2).T


def _impacts(article: Article) -> Iterator[tuple[str, float]]:
    """Yield each term of an article, and what it counts for there."""
    counts: Counter[str] = Counter()
    for text, times in (
        (f"{article.title}\n{article.title_zh}\n{article.id}", IN_TITLE),
        ("\n".join(article.signs), IN_SIGN),
        (article.body, IN_BODY),
    ):
        for term, count in Counter(terms(text, most=len(text))).items():
            counts[term] += times * count
    length = counts.total() / USUAL_LENGTH
    damping = SATURATION * (1 - LENGTH_EFFECT + LENGTH_EFFECT * length)
    for term, count in counts.items():
        yield term, count * (SATURATION + 1) / (count + damping)


def _vectors(stored: bytes, width: int) -> Floats:
    return np.frombuffer(stored, dtype=_HALF).astype(np.float32).reshape(-1, width)
