"""Records -> categories with calibrated confidence: signs, words and meaning, joined."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.artefact import REINSTALL
from aiops_agent.diagnosis.condense import Condensed, condense
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.diagnosis.features import sign_columns
from aiops_agent.diagnosis.head import Head
from aiops_agent.diagnosis.signs import Found, Rank, Signs
from aiops_agent.errors import ModelError
from aiops_agent.model.diagnosis import Alternative, Prediction
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass

ALTERNATIVES = 3

UNKNOWN = "unknown"
"""To be sure that it is none of the others is nothing to act on either."""
AT_ONCE = 256
"""Records worked on together: bounds the memory of a long list."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What each way of looking at one record says."""

    record: Condensed
    """What it states: what all of them looked at."""

    probabilities: NDArray[np.float32]
    """Of everything joined, calibrated, in the order of the head's categories."""

    by_model: NDArray[np.float32]
    """Of meaning and words, without the signs."""

    signs: tuple[Found, ...]
    """The most telling first."""

    vector: NDArray[np.float32]


class Classifier:
    """The loaded classifier."""

    def __init__(self, encoder: Encoder, signs: Signs, head: Head) -> None:
        if (encoder.categories or head.categories) != head.categories or bool(encoder.categories) == bool(
            len(head.dense)
        ):
            raise ModelError("the head was made for another encoder", hint=REINSTALL)
        self._encoder = encoder
        self._signs = signs
        self.head = head

    def opinions(self, texts: Sequence[str]) -> list[Opinions]:
        """Return what is thought of each record, in order."""
        return [
            opinion
            for start in range(0, len(texts), AT_ONCE)
            for opinion in self._batch(texts[start : start + AT_ONCE])
        ]

    def _batch(self, texts: Sequence[str]) -> list[Opinions]:
        records = [condense(text) for text in texts]
        reading = self._encoder.read([record.brief for record in records])
        found = [self._signs.find(record) for record in records]
        by_vector, by_words = self.head.of_meaning(reading), self.head.of_words(records)
        by_signs = np.stack([sign_columns(signs, self.head.categories) for signs in found])
        # once with the signs, once without, together: a call costs more than what it computes
        twice = self.head.join(
            np.concatenate([by_vector, by_vector]),
            np.concatenate([by_words, by_words]),
            np.concatenate([by_signs, np.zeros_like(by_signs)]),
        )
        probabilities, by_model = twice[: len(records)], twice[len(records) :]
        return [
            Opinions(records[row], probabilities[row], by_model[row], tuple(found[row]), reading.vectors[row])
            for row in range(len(records))
        ]

    def signs(self, text: str) -> tuple[Found, ...]:
        """Return the signs of one record, the most telling first."""
        return tuple(self._signs.find(condense(text)))

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Return one prediction for each record, in order."""
        return [self.predict(opinion) for opinion in self.opinions(texts)]

    def predict(self, opinion: Opinions) -> Prediction:
        """Return the answer the opinions lead to."""
        best = [int(number) for number in np.argsort(-opinion.probabilities, kind="stable")[: ALTERNATIVES + 1]]
        category, *others = (
            Alternative(self.head.categories[number], round(float(opinion.probabilities[number]), 4)) for number in best
        )
        states = opinion.signs[0].sign if opinion.signs else None
        stated = states is not None and states.rank is Rank.DECISIVE and states.category == category.category
        sure = float(opinion.probabilities[best[0]])  # not as it is shown: rounded up it would pass a higher threshold
        sure_for = None if category.category == UNKNOWN else self.head.sure_for(sure, stated=stated)
        telling = next((one.sign for one in opinion.signs if one.sign.category == category.category), None)
        return Prediction(
            category=category.category,
            confidence=category.confidence,
            abstained=sure_for is None,
            alternatives=tuple(others),
            decided_by=f"sign: {telling.text}" if telling else "model",
            sure_for=sure_for or Risk.LOW,
        )
