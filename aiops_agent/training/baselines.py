"""What simpler ways would have answered: what the classifier is worth beside them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import re2
import yaml

from aiops_agent.diagnosis.classifier import UNKNOWN
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.head import Floats
from aiops_agent.training.family import Family
from aiops_agent.training.render import render_all

KEYWORDS = Path(__file__).with_name("keywords.yaml")
SEED = 23
NEIGHBOURS_A_CATEGORY = 40
"""Families of each category whose vectors are neighbours: all 4,500 would take a minute and are no better by much."""

Answers = list[str]


class Embeds(Protocol):
    """Whatever makes vectors of texts."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector for each text."""


def by_keywords(texts: Sequence[str], path: Path = KEYWORDS) -> Answers:
    """Return for each text the category whose pattern is found first, in the order of the file; none: `unknown`."""
    options = re2.Options()
    options.case_sensitive = False
    written = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    patterns = [(category, re2.compile(pattern, options)) for category, pattern in written.items()]
    return [next((name for name, found in patterns if found.search(_plain(text))), UNKNOWN) for text in texts]


def by_tfidf(texts: Sequence[str], families: Sequence[Family]) -> Answers:
    """Return the answers of a linear model on TF-IDF of words and word pairs, taught with the rendered families.

    Raises:
        ImportError: scikit-learn, of the extra `[train]`, is not installed.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    taught = render_all(families, copies=1, seed=SEED)
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LinearSVC(random_state=SEED)
    )
    model.fit([record.text for record in taught], [record.category for record in taught])
    return [str(answer) for answer in model.predict([_plain(text) for text in texts])]


def by_nearest(vectors: Floats, families: Sequence[Family], encoder: Embeds) -> Answers:
    """Return for each vector the category of the nearest rendered family, by cosine."""
    chosen = [family for category in sorted({f.category for f in families}) for family in _spread(families, category)]
    first = {record.family: record for record in reversed(render_all(chosen, copies=1, seed=SEED))}
    records = list(first.values())
    neighbours = encoder.embed([condense(record.text).brief for record in records])
    return [records[int(nearest)].category for nearest in (vectors @ neighbours.T).argmax(axis=1)]


def _spread(families: Sequence[Family], category: str) -> Sequence[Family]:
    """Return some families of a category, taken at even distances."""
    among = [family for family in families if family.category == category]
    step = max(1, len(among) // NEIGHBOURS_A_CATEGORY)
    return among[::step][:NEIGHBOURS_A_CATEGORY]


def _plain(text: str) -> str:
    """Return a text that any encoder takes: lone surrogates replaced."""
    return text.encode(errors="replace").decode()
