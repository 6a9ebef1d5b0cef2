"""Labelled records -> how good the shipped classifier is on them. Needs nothing but the run-time dependencies."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.diagnose import load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.errors import UsageError

BINS = 10
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One record and what it means."""

    id: str
    text: str
    category: str
    also_ok: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reliability:
    """The answers of one band of confidence."""

    above: float
    answers: int
    confidence: float
    """Mean of the band."""

    right: float
    """Share of them that are right: the same as `confidence` when it is calibrated."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """A pair of categories that were mixed up."""

    is_: str
    taken_for: str
    times: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good the answers are. An answer among `also_ok` is right; macro-F1 counts it as the category itself."""

    records: int
    accuracy: float
    accuracy_signs_only: float
    """By the fixed signs alone; a record without one counts as `unknown`."""

    accuracy_model_only: float
    """By encoder and words, without the signs."""

    macro_f1: float
    calibration_error: float
    """Expected calibration error over ten bands."""

    threshold: float
    coverage: float
    """Share of the records on which it does not abstain."""

    accuracy_where_sure: float
    confusions: tuple[Confusion, ...]
    reliability: tuple[Reliability, ...]

    def as_json(self) -> Mapping[str, object]:
        """Return the report of `model eval --json`."""
        return asdict(self)


def evaluate(path: Path, models: Path = MODELS) -> Evaluation:
    """Return how good the answers on a file of labelled records are.

    Raises:
        UsageError: A line is not `{"id", "text", "category"}`, with or without `also_ok`; it is named.
    """
    records = read_labelled(path)
    classifier = load_classifier(load_encoder(models), models)
    names = classifier.head.categories
    opinions = classifier.opinions([record.text for record in records])
    answers = [names[int(opinion.probabilities.argmax())] for opinion in opinions]
    confidence = np.array([opinion.probabilities.max() for opinion in opinions])
    right = _right(records, answers)
    sure = np.array([not classifier.predict(opinion).abstained for opinion in opinions], dtype=np.bool_)
    credited = [
        record.category if fits else answer for record, answer, fits in zip(records, answers, right, strict=True)
    ]
    return Evaluation(
        records=len(records),
        accuracy=_share(right),
        accuracy_signs_only=_share(
            _right(records, [opinion.signs[0].sign.category if opinion.signs else UNKNOWN for opinion in opinions])
        ),
        accuracy_model_only=_share(_right(records, [names[int(opinion.by_model.argmax())] for opinion in opinions])),
        macro_f1=round(macro_f1([record.category for record in records], credited), 4),
        calibration_error=round(calibration_error(confidence, right), 4),
        threshold=round(classifier.head.threshold, 4),
        coverage=_share(sure),
        accuracy_where_sure=_share(right[sure]),
        confusions=_confusions(records, answers, right),
        reliability=_reliability(confidence, right),
    )


def read_labelled(path: Path) -> list[Labelled]:
    """Return the labelled records of a JSON Lines file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            records.append(
                Labelled(str(entry["id"]), entry["text"], entry["category"], tuple(entry.get("also_ok") or ()))
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{path}:{number}: not a labelled record: {error}",
                hint='each line is {"id": ..., "text": ..., "category": ..., "also_ok": [...]}',
            ) from error
    if not records:
        raise UsageError(f"{path} holds no labelled records")
    return records


def macro_f1(truths: Sequence[object], answers: Sequence[object]) -> float:
    """Return the mean over the categories of the harmonic mean of precision and recall."""
    pairs = Counter(zip(truths, answers, strict=True))
    said, true = Counter(answers), Counter(truths)
    return sum(2 * pairs[name, name] / (said[name] + true[name]) for name in true) / len(true)


def calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: how far confidence and share of right answers lie apart, on average."""
    return sum(
        band.answers / len(right) * abs(band.confidence - band.right) for band in _reliability(confidence, right)
    )


def _reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> tuple[Reliability, ...]:
    bands = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        Reliability(band / BINS, int(within.sum()), round(float(confidence[within].mean()), 4), _share(right[within]))
        for band in range(BINS)
        if (within := bands == band).any()
    )


def _right(records: Sequence[Labelled], answers: Sequence[str]) -> NDArray[np.bool_]:
    return np.array(
        [answer == record.category or answer in record.also_ok for record, answer in zip(records, answers, strict=True)]
    )


def _share(flags: NDArray[np.bool_]) -> float:
    return round(float(flags.mean()), 4) if len(flags) else 0.0


def _confusions(records: Sequence[Labelled], answers: Sequence[str], right: NDArray[np.bool_]) -> tuple[Confusion, ...]:
    wrong = Counter(
        (record.category, answer) for record, answer, fits in zip(records, answers, right, strict=True) if not fits
    )
    return tuple(Confusion(is_, taken_for, times) for (is_, taken_for), times in wrong.most_common())
