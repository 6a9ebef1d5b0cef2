"""Answers on held-apart software -> how sure an answer must be for a playbook of each risk."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aiops_agent.model.risk import Risk
from aiops_agent.training.figures import wilson

BOUNDS: Mapping[Risk, float] = {Risk.LOW: 0.04, Risk.MEDIUM: 0.02, Risk.HIGH: 0.01, Risk.CRITICAL: 0.005}
"""Share of wrong answers that is borne at the most, all software taken together."""

CANDIDATES = 400
"""Places at which a threshold may lie: where answers end when they stand in order of confidence, evenly spread."""

NEVER = np.inf


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered about software that was not trained on; only answers that name something to act on."""

    confidence: NDArray[np.float32]
    right: NDArray[np.bool_]
    stated: NDArray[np.bool_]
    """A decisive sign says the same as the answer."""

    systems: NDArray[np.int64]
    """Which software each is about, by number."""

    def where(self, chosen: NDArray[np.bool_]) -> "Answers":
        """Return the chosen ones."""
        return Answers(self.confidence[chosen], self.right[chosen], self.stated[chosen], self.systems[chosen])


def choose_thresholds(answers: Answers) -> NDArray[np.float64]:
    """Return the lowest confidence that is enough, shape (4, 2): by risk; by the model alone, with a decisive sign.

    For a low risk one threshold holds for both together. Above it the error of each is bounded by itself: what most
    answers get right with a sign says nothing of those without. Infinite where the answers do not show the bound.
    """
    rows = [[_lowest(answers, BOUNDS[Risk.LOW], least=0.0)] * 2]
    parts = [answers.where(answers.stated == stated) for stated in (False, True)]
    for risk in list(Risk)[1:]:  # each from the one before on: to raise a threshold that holds may make it hold no more
        rows.append([_lowest(part, BOUNDS[risk], least=least) for part, least in zip(parts, rows[-1], strict=True)])
    return np.array(rows)


def bears(thresholds: NDArray[np.float64], answers: Answers, risk: Risk) -> NDArray[np.bool_]:
    """Tell for each answer whether it is sure enough for a playbook of a risk."""
    enough: NDArray[np.bool_] = answers.confidence >= thresholds[risk - 1][answers.stated.astype(int)]
    return enough


def highest_error(right: NDArray[np.bool_], systems: NDArray[np.int64]) -> float:
    """Return the upper end of Wilson's 95 % interval of the share of wrong answers; 1 of none.

    Answers about one piece of software are right or wrong together, so they count for fewer than they are: divided by
    the design effect of the clusters (Kish), the variance among software over that of as many independent answers.
    """
    of, wrong = len(right), ~right
    share = wrong.mean() if of else 1.0
    among = np.bincount(systems, weights=wrong - share)
    alone = share * (1 - share) / max(1, of)
    effect = max(1.0, float((among**2).sum()) / of**2 / alone) if alone > 0 else 1.0
    return wilson(float(wrong.sum()) / effect, of / effect)[1]


def _lowest(answers: Answers, bound: float, *, least: float) -> float:
    order = np.argsort(-answers.confidence, kind="stable")
    falling = -answers.confidence[order]
    places = np.linspace(0, len(order) - 1, min(CANDIDATES, len(order))).astype(int)
    ends = sorted(set(np.searchsorted(falling, falling[places], side="right").tolist()))  # equal ones pass together
    borne = [
        float(answers.confidence[order[end - 1]])
        for end in ends
        if answers.confidence[order[end - 1]] >= least
        and highest_error(answers.right[order[:end]], answers.systems[order[:end]]) <= bound
    ]
    return min(borne, default=NEVER)
