"""Answers and truths -> figures: shares with their intervals, macro-F1, calibration."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
CERTAINTY = 1.959964
"""Standard errors of a 95 % interval, both sides."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, and where the true share lies."""

    times: int
    of: int
    share: float
    """0 of none."""

    low: float
    high: float
    """Wilson's 95 % interval; 0 and 1 of none."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """The answers of one band of confidence."""

    above: float
    answers: int
    confidence: float
    """Mean of the band."""

    right: float
    """Share of them that are right: the same as `confidence` when it is calibrated."""

    low: float
    high: float
    """Wilson's 95 % interval of `right`."""


def share(flags: NDArray[np.bool_]) -> Share:
    """Return how many of the flags are set, with the interval, rounded to four places."""
    times, of = int(flags.sum()), len(flags)
    low, high = wilson(times, of)
    return Share(times, of, round(times / of, 4) if of else 0.0, round(low, 4), round(high, 4))


def wilson(times: float, of: float) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score, which holds for few and for nearly all or none too.

    Counts need not be whole: what is not independent counts for less than one.
    """
    if of <= 0:
        return 0.0, 1.0
    part, weight = times / of, CERTAINTY**2 / of
    centre = (part + weight / 2) / (1 + weight)
    half = (part * (1 - part) * weight + weight**2 / 4) ** 0.5 / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def macro_f1(truths: Sequence[object], answers: Sequence[object]) -> float:
    """Return the mean over the categories of the harmonic mean of precision and recall."""
    pairs = Counter(zip(truths, answers, strict=True))
    said, true = Counter(answers), Counter(truths)
    return sum(2 * pairs[name, name] / (said[name] + true[name]) for name in true) / len(true)


def calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: how far confidence and share of right answers lie apart, on average."""
    return sum(band.answers / len(right) * abs(band.confidence - band.right) for band in reliability(confidence, right))


def reliability(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> tuple[Reliability, ...]:
    """Return the bands of confidence that have answers, the lowest first."""
    bands = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return tuple(
        _band(band / BINS, confidence[within], right[within]) for band in range(BINS) if (within := bands == band).any()
    )


def _band(above: float, confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> Reliability:
    found = share(right)
    return Reliability(above, found.of, round(float(confidence.mean()), 4), found.share, found.low, found.high)
