"""Labelled records -> how good the shipped classifier is on them, beside simpler ways.

Needs nothing but the run-time dependencies; what a baseline needs beyond them is named where it is missing.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aiops_agent.assembly.redact import redact
from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.classifier import UNKNOWN, Opinions
from aiops_agent.diagnosis.diagnose import load_classifier
from aiops_agent.diagnosis.encoder import Encoder, load_encoder
from aiops_agent.model.diagnosis import Prediction
from aiops_agent.model.risk import Risk
from aiops_agent.training.baselines import by_keywords, by_nearest, by_tfidf
from aiops_agent.training.family import load_families
from aiops_agent.training.figures import Reliability, Share, calibration_error, macro_f1, reliability, share
from aiops_agent.training.labelled import SLICES, Labelled, read_labelled


@dataclass(frozen=True, slots=True)
class Confusion:
    """A pair of categories that were mixed up."""

    is_: str
    taken_for: str
    times: int


@dataclass(frozen=True, slots=True)
class Way:
    """One way of answering, alone."""

    name: str
    accuracy: Share | None
    """None: it could not be tried, for want of what `needs` says."""

    macro_f1: float | None
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of the records of which one field says the same."""

    field: str
    value: str
    accuracy: Share
    coverage: Share
    where_sure: Share


@dataclass(frozen=True, slots=True)
class Bearing:
    """The answers that are sure enough for a playbook of a risk."""

    risk: str
    coverage: Share
    right: Share


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

    threshold: float | None
    coverage: float
    """Share of the records on which it does not abstain."""

    accuracy_where_sure: float
    confusions: tuple[Confusion, ...]
    reliability: tuple[Reliability, ...]
    intervals: Mapping[str, Share]
    """Accuracy, coverage and accuracy where sure with their intervals."""

    ways: tuple[Way, ...]
    """Rules and model together, each alone, and the baselines."""

    slices: tuple[Slice, ...]
    sure_for: tuple[Bearing, ...]

    def as_json(self) -> Mapping[str, object]:
        """Return the report of `model eval --json`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Judged:
    """Records with what was answered and whether it is right."""

    records: Sequence[Labelled]
    predictions: Sequence[Prediction]
    right: NDArray[np.bool_]
    sure: NDArray[np.bool_]

    def among(self, chosen: NDArray[np.bool_]) -> tuple[Share, Share, Share]:
        """Return accuracy, coverage and accuracy where sure of the chosen records."""
        return share(self.right[chosen]), share(self.sure[chosen]), share(self.right[chosen & self.sure])


def evaluate(path: Path, models: Path = MODELS, *, baselines: bool = True) -> Evaluation:
    """Return how good the answers on a file of labelled records are; the baselines take half a minute.

    Raises:
        UsageError: A line is not `{"id", "text", "category"}`, with or without `also_ok`; it is named.
    """
    records = read_labelled(path)
    encoder = load_encoder(models)
    classifier = load_classifier(encoder, models)
    names = classifier.head.categories
    opinions = classifier.opinions([redact(record.text) for record in records])
    answers = [names[int(opinion.probabilities.argmax())] for opinion in opinions]
    confidence = np.array([opinion.probabilities.max() for opinion in opinions])
    predictions = [classifier.predict(opinion) for opinion in opinions]
    sure = np.array([not prediction.abstained for prediction in predictions], dtype=np.bool_)
    judged = _Judged(records, predictions, _right(records, answers), sure)
    accuracy, coverage, where_sure = judged.among(np.ones(len(records), dtype=np.bool_))
    both = _way("signs and model", records, answers)
    signs = _way("signs only", records, [one.signs[0].sign.category if one.signs else UNKNOWN for one in opinions])
    model = _way("model only", records, [names[int(one.by_model.argmax())] for one in opinions])
    return Evaluation(
        records=len(records),
        accuracy=accuracy.share,
        accuracy_signs_only=signs.accuracy.share if signs.accuracy else 0.0,
        accuracy_model_only=model.accuracy.share if model.accuracy else 0.0,
        macro_f1=both.macro_f1 or 0.0,
        calibration_error=round(calibration_error(confidence, judged.right), 4),
        threshold=round(classifier.head.threshold, 4) if classifier.head.threshold <= 1 else None,
        coverage=coverage.share,
        accuracy_where_sure=where_sure.share,
        confusions=_confusions(records, answers, judged.right),
        reliability=reliability(confidence, judged.right),
        intervals={"accuracy": accuracy, "coverage": coverage, "accuracy_where_sure": where_sure},
        ways=(both, signs, model, *(_baselines(records, opinions, encoder) if baselines else ())),
        slices=_slices(judged),
        sure_for=tuple(_bearing(judged, risk) for risk in Risk),
    )


def _baselines(records: Sequence[Labelled], opinions: Sequence[Opinions], encoder: Encoder) -> list[Way]:
    texts, families = [redact(record.text) for record in records], load_families()
    vectors = np.stack([opinion.vector for opinion in opinions])
    ways: dict[str, Callable[[], list[str]]] = {
        "31 keyword patterns": lambda: by_keywords(texts),
        "TF-IDF and linear": lambda: by_tfidf(texts, families),
        "nearest family": lambda: by_nearest(vectors, families, encoder),
    }
    return [_tried(name, records, answer) for name, answer in ways.items()]


def _tried(name: str, records: Sequence[Labelled], answer: Callable[[], list[str]]) -> Way:
    try:
        answers = answer()
    except ImportError:
        return Way(name, None, None, needs=".[train]")
    return _way(name, records, answers)


def _way(name: str, records: Sequence[Labelled], answers: Sequence[str]) -> Way:
    right = _right(records, answers)
    credited = [
        record.category if fits else answer for record, answer, fits in zip(records, answers, right, strict=True)
    ]
    return Way(name, share(right), round(macro_f1([record.category for record in records], credited), 4))


def _slices(judged: _Judged) -> tuple[Slice, ...]:
    return tuple(
        Slice(field, value, *judged.among(np.array([said == value for said in values])))
        for field in SLICES
        for values in [[record.slices.get(field, "") for record in judged.records]]
        for value in sorted({said for said in values if said})
    )


def _bearing(judged: _Judged, risk: Risk) -> Bearing:
    borne = np.array([not one.abstained and one.sure_for >= risk for one in judged.predictions], dtype=np.bool_)
    return Bearing(risk.name.lower(), share(borne), share(judged.right[borne]))


def _right(records: Sequence[Labelled], answers: Sequence[str]) -> NDArray[np.bool_]:
    return np.array([record.fits(answer) for record, answer in zip(records, answers, strict=True)], dtype=np.bool_)


def _confusions(records: Sequence[Labelled], answers: Sequence[str], right: NDArray[np.bool_]) -> tuple[Confusion, ...]:
    wrong = Counter(
        (record.category, answer) for record, answer, fits in zip(records, answers, right, strict=True) if not fits
    )
    return tuple(Confusion(is_, taken_for, times) for (is_, taken_for), times in wrong.most_common())
