"""Speed of diagnosing: one new error with everything loaded, and a search among 10,000 articles."""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import Article, load_articles
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
from aiops_agent.diagnosis.encoder import Encoder, load_encoder
from aiops_agent.diagnosis.index import Index
from aiops_agent.diagnosis.retrieve import Query, retrieve
from aiops_agent.diagnosis.vectors import SHIPPED
from aiops_agent.noun import replace
from aiops_agent.training.family import load_families
from aiops_agent.training.render import render_all
from aiops_agent.wiring.library import shipped

SEED = 20261127
"""Another one than the training's: the records are dressed in a way that the model has not seen."""

ARTICLES = 10_000
LINES = 24
"""Of the body of one."""

ASKED = 400
"""The first half warms: an agent at work has met most words and articles before."""


class Elsewhere:
    """An encoder for articles of which only the number matters: vectors by chance, of unit length."""

    identity = "by chance"
    width = 384

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.random.default_rng(SEED).standard_normal((len(texts), self.width)).astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def records(count: int) -> list[str]:
    """Return as many different error records."""
    made = {record.text: None for record in render_all(load_families(), copies=2, seed=SEED)}
    texts = [*made]
    Random(SEED).shuffle(texts)
    assert len(texts) >= count
    return texts[:count]


def many(articles: Sequence[Article], count: int) -> list[Article]:
    """Return articles of the shipped ones' words: signs with other numbers in them, bodies of lines by chance."""
    random = Random(SEED)
    lines = [line for article in articles for line in article.body.splitlines() if line.strip()]
    return [
        replace(
            article,
            id=f"{article.id}-{number}",
            title=f"{article.title} {number}",
            signs=tuple(f"{sign} {random.randrange(count)}" for sign in article.signs),
            body="\n".join(random.choices(lines, k=LINES)),
        )
        for number in range(count)
        for article in (articles[number % len(articles)],)
    ]


def milliseconds(texts: Sequence[str], work: Callable[[str], object]) -> float:
    """Return the median of what each text of the second half takes; the first half warms."""
    taken = []
    for text in texts:
        started = time.perf_counter()
        work(text)
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken[len(taken) // 2 :])


def main() -> None:
    encoder = load_encoder(MODELS)
    classifier = load_classifier(encoder)
    home = shipped("knowledge_base")
    shelf = load_articles([home])
    known = LocalDiagnostician(classifier, encoder, shelf, None, shipped=home / SHIPPED)
    texts = records(ASKED)
    one = milliseconds(texts, lambda text: known.diagnose([text], [None]))
    among = Index(many(shelf.articles, ARTICLES), Elsewhere(), None)
    queries = {text: query(text, encoder, classifier.head.categories) for text in texts}
    search = milliseconds([*texts, *texts], lambda text: retrieve(among, queries[text]))
    print(json.dumps({"one": one, "articles": search}))


def query(text: str, encoder: Encoder, categories: Sequence[str]) -> Query:
    stated = condense(text)
    likely = dict.fromkeys(categories, 1 / len(categories))
    return Query(text, stated.text, encoder.embed([stated.brief])[0], likely, None)


if __name__ == "__main__":
    if sys.argv[1:] == ["records"]:
        for number, text in enumerate(records(10_000)):
            print(json.dumps({"id": str(number), "text": text}))
    else:
        main()
