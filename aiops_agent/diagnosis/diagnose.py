"""Redacted records -> diagnoses: what it is, and the article that helps."""

from collections.abc import Sequence
from pathlib import Path

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import Shelf
from aiops_agent.diagnosis.classifier import Classifier, Opinions
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.diagnosis.head import load_head
from aiops_agent.diagnosis.index import Index
from aiops_agent.diagnosis.retrieve import Query, retrieve
from aiops_agent.diagnosis.signs import load_signs
from aiops_agent.model.diagnosis import Citation, Diagnosis


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

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> list[Diagnosis]:
        """Return one diagnosis for each redacted text, in order."""
        opinions = self._classifier.opinions(texts)
        return [
            Diagnosis(self._classifier.predict(opinion), self._cite(text, opinion, service))
            for text, opinion, service in zip(texts, opinions, services, strict=True)
        ]

    def search(self, question: str) -> tuple[Citation, ...]:
        """Return the articles that fit a person's words, best first."""
        asked = condense(question).text
        return retrieve(self._index, Query(question, asked, self._encoder.embed([asked])[0], {}, None))

    def _cite(self, text: str, opinion: Opinions, service: str | None) -> tuple[Citation, ...]:
        probabilities = dict(zip(self._classifier.head.categories, opinion.probabilities.tolist(), strict=True))
        return retrieve(self._index, Query(text, condense(text).text, opinion.vector, probabilities, service))


def load_classifier(encoder: Encoder, models: Path = MODELS) -> Classifier:
    """Return the shipped classifier on a loaded encoder."""
    return Classifier(encoder, load_signs(), load_head(models))
