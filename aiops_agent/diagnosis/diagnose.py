"""Redacted records -> diagnoses: what it is, and the article that helps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import Shelf
from aiops_agent.diagnosis.classifier import Classifier, Opinions
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.diagnosis.exemplars import AKIN, NEAR, NOTHING_NAMED, Memory, denials, taken_for
from aiops_agent.diagnosis.head import load_head
from aiops_agent.diagnosis.index import Index
from aiops_agent.diagnosis.retrieve import Query, retrieve
from aiops_agent.diagnosis.signs import Found, load_signs
from aiops_agent.model.diagnosis import Alternative, Citation, Diagnosis
from aiops_agent.model.explanation import Explanation, Neighbour, Telling


class LocalDiagnostician:
    """The diagnostician that needs nothing but this host."""

    def __init__(
        self,
        classifier: Classifier,
        encoder: Encoder,
        shelf: Shelf,
        cache: Path | None,
        *,
        shipped: Path | None = None,
    ) -> None:
        self.shelf = shelf
        self._classifier = classifier
        self._encoder = encoder
        self._index = Index(shelf.articles, encoder, cache, shipped=shipped)
        self.refused = self._index.refused
        """Which file of the cache was damaged, and was made anew."""

    def diagnose(
        self, texts: Sequence[str], services: Sequence[str | None], memory: Memory | None = None
    ) -> list[Diagnosis]:
        """Return one diagnosis for each redacted text, in order; what is near something in `memory` is taken for it."""
        opinions = self._classifier.opinions(texts)
        neighbours = self._neighbours(opinions, memory, least=NEAR)
        return [
            self._diagnosis(text, service, opinion, near)
            for text, service, opinion, near in zip(texts, services, opinions, neighbours, strict=True)
        ]

    def explain(self, text: str, service: str | None, memory: Memory | None = None) -> Explanation:
        """Return the diagnosis of one redacted text, and what each way of looking at it said."""
        [opinion] = opinions = self._classifier.opinions([text])
        [near] = self._neighbours(opinions, memory, least=AKIN)
        best = int(opinion.by_model.argmax())
        parts = opinion.record.parts
        return Explanation(
            diagnosis=self._diagnosis(text, service, opinion, near),
            signs=tuple(
                Telling(parts[one.part][one.start : one.end], one.sign.text, one.sign.category) for one in opinion.signs
            ),
            by_model=Alternative(self._classifier.head.categories[best], round(float(opinion.by_model[best]), 4)),
            neighbours=tuple(near),
        )

    def cite(self, text: str, service: str | None, category: str) -> tuple[Citation, ...]:
        """Return the articles for a redacted text that is known to be of a category, best first."""
        record = condense(text)
        [vector] = self._encoder.embed([record.brief])
        return retrieve(self._index, Query(text, record.text, vector, {category: 1.0}, service))

    def search(self, question: str) -> tuple[Citation, ...]:
        """Return the articles that fit a person's words, best first."""
        asked = condense(question).text
        return retrieve(self._index, Query(question, asked, self._encoder.embed([asked])[0], {}, None))

    def _diagnosis(
        self, text: str, service: str | None, opinion: Opinions, neighbours: Sequence[Neighbour]
    ) -> Diagnosis:
        prediction = self._classifier.predict(opinion)
        probabilities = dict(zip(self._classifier.head.categories, opinion.probabilities.tolist(), strict=True))
        same = next((near for near in neighbours if near.counts), None)
        if same:
            prediction = taken_for(same.exemplar, same.cosine, prediction)
            likely = (Alternative(prediction.category, prediction.confidence), *prediction.alternatives)
            probabilities = {each.category: each.confidence for each in likely}
        query = Query(text, opinion.record.text, opinion.vector, probabilities, service)
        return Diagnosis(prediction, retrieve(self._index, query))

    def _neighbours(
        self, opinions: Sequence[Opinions], memory: Memory | None, *, least: float
    ) -> list[list[Neighbour]]:
        """Return, for each record, what people have named that is nearest to it."""
        named = memory.recollection(self._encoder) if memory else NOTHING_NAMED
        if memory is None or not len(named):
            return [[] for _ in opinions]
        nearest = named.nearest(np.stack([opinion.vector for opinion in opinions])) if opinions else []
        return [
            [
                Neighbour(
                    exemplar,
                    cosine,
                    counts=cosine >= NEAR and self._states_the_same(opinion, memory.record(name)),
                )
                for name, cosine in found
                if cosine >= least and (exemplar := memory.exemplar(name))
            ]
            for opinion, found in zip(opinions, nearest, strict=True)
        ]

    def _states_the_same(self, opinion: Opinions, record: str | None) -> bool:
        """Tell whether both deny as much, and the most telling signs of both are of one category or both have none."""
        return (
            record is not None
            and stated_by(opinion.signs) == stated_by(self._classifier.signs(record))
            and denials(opinion.record.text) == denials(condense(record).text)
        )


def stated_by(signs: Sequence[Found]) -> str | None:
    """Return the category of the most telling sign; None: there is none."""
    return signs[0].sign.category if signs else None


def load_classifier(encoder: Encoder, models: Path = MODELS) -> Classifier:
    """Return the shipped classifier on a loaded encoder."""
    return Classifier(encoder, load_signs(), load_head(models))
