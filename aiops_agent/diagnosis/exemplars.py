"""What people said of other faults: a record that is near one of them is taken for the same."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import re2
from numpy.typing import NDArray

from aiops_agent.diagnosis.classifier import ALTERNATIVES
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.hints import Protocol
from aiops_agent.model.diagnosis import Alternative, Prediction
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.exemplar import UNKNOWN, Exemplar

NEAR = 0.84
"""The least cosine at which a record is taken for the same fault, if both state the same by their most telling sign and
deny as much.

Measured on the 27,382 records of the rendered families (`python -m aiops_agent.training.nearness`). With 10,000
exemplars in memory, none of them of the record's own family, 4.9 % are caught, and 0.10 % wrongly: as another category.
Without these conditions 0.43 % would be. Of the pairs of two categories two in a million are at 0.8."""

CONFIDENCE = ((0.94, 0.99), (NEAR, 0.97))
"""From which cosine on how sure it is; the first that holds counts. Where the memory holds the same fault among 300 to
10,000 others, 99.7 % of what is caught is right or more, below 0.94 and above. Where it never does, 98.1 % of what is
caught from 10,000, 98.0 % from 0.94 on: so a little less is said."""

AKIN = 0.6
"""The least cosine of a neighbour that is worth showing to a person."""

_DENIAL = re2.compile(
    r"(?i)\b(?:no|not|none|never|without|zero|0|success(?:ful|fully)?|succeeded|recovered)\b|n't\b|[无未没不]|成功|恢复"
)
"""What turns a message into its opposite: the vectors of "7 differences" and "no differences" are near."""

LOOKED_AT = 3
"""Of the nearest: the first may state something else."""

AT_ONCE = 64
"""Records searched for together: bounds the memory of a long list."""

_HALF = "<f2"
"""How vectors are kept: a cosine is off by less than a thousandth."""


class Recollection:
    """The vectors of what people have named, ready to be searched: 10,000 take about a millisecond."""

    def __init__(self, fingerprints: Sequence[Fingerprint], vectors: NDArray[np.float32]) -> None:
        """Take one vector of unit length for each fingerprint: shape (len(fingerprints), 384)."""
        self._fingerprints = fingerprints
        self._vectors = vectors

    def __len__(self) -> int:
        return len(self._fingerprints)

    def nearest(self, vectors: NDArray[np.float32], most: int = LOOKED_AT) -> list[list[tuple[Fingerprint, float]]]:
        """Return, for each row, the nearest with their cosines, at most so many, the nearest first."""
        if not self._fingerprints:
            return [[] for _ in vectors]
        most = min(most, len(self._fingerprints))
        return [
            self._best(row, most) for start in range(0, len(vectors), AT_ONCE) for row in self._cosines(vectors, start)
        ]

    def _cosines(self, vectors: NDArray[np.float32], start: int) -> NDArray[np.float32]:
        cosines: NDArray[np.float32] = vectors[start : start + AT_ONCE] @ self._vectors.T
        return cosines

    def _best(self, cosines: NDArray[np.float32], most: int) -> list[tuple[Fingerprint, float]]:
        best = np.argpartition(-cosines, most - 1)[:most]
        return [(self._fingerprints[row], float(cosines[row])) for row in best[np.argsort(-cosines[best])]]


NOTHING_NAMED = Recollection((), np.zeros((0, 0), dtype=np.float32))


class Memory(Protocol):
    """What the people of this host have named."""

    def recollection(self, encoder: Encoder) -> Recollection:
        """Return all of it, by this encoder's vectors."""

    def exemplar(self, fingerprint: Fingerprint) -> Exemplar | None:
        """Return what was said of a fault; None: it cannot be opened."""

    def record(self, fingerprint: Fingerprint) -> str | None:
        """Return the record that it was said of, redacted; None: it cannot be opened."""


def recollected(
    kept: Mapping[Fingerprint, bytes | None], record: Callable[[Fingerprint], str | None], encoder: Encoder
) -> tuple[Recollection, Mapping[Fingerprint, bytes]]:
    """Return what can be searched, and the vectors that had to be computed for it, to be kept.

    Args:
        kept: For each fault its vector by this encoder, as it was kept; None: it is not known.
        record: Returns the record of a fault; None: it cannot be opened, and is left out.
        encoder: Computes what is not known.
    """
    vectors = {name: vector for name, vector in kept.items() if vector and len(vector) == 2 * encoder.width}
    missing = {name: text for name in kept if name not in vectors and (text := record(name)) is not None}
    rows = encoder.embed([condense(text).brief for text in missing.values()])
    computed = {name: row.astype(_HALF).tobytes() for name, row in zip(missing, rows, strict=True)}
    vectors.update(computed)
    joined = np.frombuffer(b"".join(vectors.values()), dtype=_HALF).reshape(-1, encoder.width)
    return Recollection(list(vectors), joined.astype(np.float32)), computed


def denials(text: str) -> int:
    """Return how many words of a text deny something, or tell that it went well."""
    return len(_DENIAL.findall(text))


def confidence_at(cosine: float) -> float:
    """Return how likely a record so near an exemplar is the same, calibrated; 0 where it is not near."""
    return next((confidence for bound, confidence in CONFIDENCE if cosine >= bound), 0.0)


def taken_for(exemplar: Exemplar, cosine: float, model: Prediction) -> Prediction:
    """Return the answer for a record that is near an exemplar.

    `model`: what would be said without it; what is left of the probability is shared as that shares it.
    """
    confidence = confidence_at(cosine)
    others = [Alternative(model.category, model.confidence), *model.alternatives]
    others = [other for other in others if other.category != exemplar.category]
    whole = sum(other.confidence for other in others) or 1.0
    return Prediction(
        category=exemplar.category,
        confidence=confidence,
        abstained=exemplar.category == UNKNOWN,
        alternatives=tuple(
            Alternative(other.category, round(other.confidence / whole * (1 - confidence), 4))
            for other in others[:ALTERNATIVES]
        ),
        decided_by=f"like what was {exemplar.says} (cosine {cosine:.2f})",
    )
