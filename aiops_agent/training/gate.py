"""Two folders of models side by side: does the smaller one find what the larger one finds?

    python -m aiops_agent.training.gate STUDENT BASELINE --articles FOLDER... [--gold FILE] [--half judged]

Retrieval is asked twice: by the vectors alone, and as the agent does it. Categories are compared by the `figures.json`
of both folders: both heads are fitted and judged on the systems that no encoder of ours ever saw.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aiops_agent.diagnosis.articles import Article, load_articles
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
from aiops_agent.diagnosis.encoder import Encoder, load_encoder
from aiops_agent.diagnosis.index import pieces_of
from aiops_agent.training.apart import is_apart

FIRST = 5
TOLERATED = 0.01
"""How much worse the smaller one may be: one point."""

COMPARED = ("held_apart_macro_f1", "held_apart_accuracy", "held_apart_macro_f1_vector_only")
CAUSE = 600
"""Characters of the section on the cause that stand for an article's body."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A text, and the ids of the articles that help with it."""

    text: str
    articles: frozenset[str]


def main() -> None:
    """Print the figures of both folders as JSON; exit 1 when the first is more than a point below the second."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("student", type=Path)
    parser.add_argument("baseline", type=Path)
    parser.add_argument("--articles", type=Path, nargs="+", required=True)
    parser.add_argument("--gold", type=Path, help='JSON lines: {"text", "articles", "half"}')
    parser.add_argument("--half", default="judged")
    arguments = parser.parse_args()
    shelf = load_articles(arguments.articles).articles
    gold = read_gold(arguments.gold, arguments.half, {article.id for article in shelf}) if arguments.gold else []
    found = {}
    for folder in (arguments.student, arguments.baseline):
        figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
        encoder = load_encoder(folder)
        found[str(folder)] = {name: figures[name] for name in COMPARED} | {
            "recall_signs_apart": recall(encoder, signs_of(shelf, apart=True), [(a, [body_of(a)]) for a in shelf]),
            "recall_signs_all": recall(encoder, signs_of(shelf, apart=False), [(a, [body_of(a)]) for a in shelf]),
        }
        if gold:
            pieces = [(article, list(pieces_of(article))) for article in shelf]
            found[str(folder)]["recall_gold_vectors"] = recall(encoder, gold, pieces)
            found[str(folder)]["recall_gold_as_the_agent"] = recall_of_agent(folder, encoder, arguments.articles, gold)
    student, baseline = found.values()
    missed = [name for name in student if student[name] < baseline[name] - TOLERATED]
    print(json.dumps({**found, "gold_records": len(gold), "missed": missed}, indent=1))
    raise SystemExit(bool(missed))


def read_gold(path: Path, half: str, known: set[str]) -> list[Wanted]:
    """Return the records of one half of which at least one article is here."""
    entries = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    wanted = (Wanted(entry["text"], frozenset(entry["articles"]) & known) for entry in entries if entry["half"] == half)
    return [one for one in wanted if one.articles]


def signs_of(shelf: Sequence[Article], *, apart: bool) -> list[Wanted]:
    """Return the signs of articles, as questions; `apart`: of those that the student was not shown."""
    return [
        Wanted(sign, frozenset({article.id}))
        for article in shelf
        if is_apart(article.id) or not apart
        for sign in article.signs
    ]


def body_of(article: Article) -> str:
    """Return title and cause: what an article says without its signs."""
    _, _, cause = article.body.partition("## Cause")
    return f"{article.title}. {cause[:CAUSE]}"


def recall(encoder: Encoder, wanted: Sequence[Wanted], shelf: Sequence[tuple[Article, Sequence[str]]]) -> float:
    """Return how often an article that helps is among the first five, by the best cosine of its pieces."""
    rows = [number for number, (_, pieces) in enumerate(shelf) for _ in pieces]
    vectors = encoder.embed([piece for _, pieces in shelf for piece in pieces])
    asked = encoder.embed([condense(one.text).brief for one in wanted])
    right = 0
    for one, similar in zip(wanted, asked @ vectors.T, strict=True):
        best = np.full(len(shelf), -1, dtype=np.float32)
        np.maximum.at(best, rows, similar)
        right += any(shelf[number][0].id in one.articles for number in np.argsort(-best)[:FIRST])
    return round(right / max(1, len(wanted)), 4)


def recall_of_agent(folder: Path, encoder: Encoder, articles: Sequence[Path], gold: Sequence[Wanted]) -> float:
    """Return how often an article that helps is among those that the agent names."""
    agent = LocalDiagnostician(load_classifier(encoder, folder), encoder, load_articles(articles), None)
    answers = list(_cited(agent, [one.text for one in gold]))
    right = sum(bool(one.articles & cited) for one, cited in zip(gold, answers, strict=True))
    return round(right / max(1, len(gold)), 4)


def _cited(agent: LocalDiagnostician, texts: Sequence[str]) -> Iterator[frozenset[str]]:
    for diagnosis in agent.diagnose(texts, [None] * len(texts)):
        yield frozenset(citation.id for citation in diagnosis.citations[:FIRST])


if __name__ == "__main__":
    main()
