"""What an error record means: its category, how sure we are, and the article that helps."""

from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True)
class Alternative:
    """One category and how likely it is."""

    category: str
    confidence: float
    """Calibrated, 0 to 1: of the answers given at 0.9, nine in ten are right."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """The classifier's answer for one record."""

    category: str
    """The best guess, also when `abstained`. One of the 31 of the taxonomy."""

    confidence: float
    abstained: bool
    """Not sure enough to act on: see the model card for the error bound behind the threshold."""

    alternatives: tuple[Alternative, ...]
    """The next likely categories, best first, without the answer itself."""

    decided_by: str
    """For people: "sign: errno ENOSPC", "model", or who said so and when."""

    sure_for: Risk = Risk.LOW
    """The highest risk of a playbook it is sure enough for, unless `abstained`; above it a person looks first."""


@dataclass(frozen=True, slots=True)
class Citation:
    """An article of the knowledge base, and how well it fits."""

    id: str
    title: str
    score: float
    """Fused lexical and dense rank score, 0 to 1; comparable within one query only."""

    playbook: str | None
    """The repair the article names, if any."""

    title_zh: str = ""
    """Its Chinese title; empty when it has none."""

    why: str = ""
    """What spoke for it, for people: `its sign "..."; words a, b; meaning 0.82`. Words are of the record."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Prediction and citations for one record."""

    prediction: Prediction
    citations: tuple[Citation, ...]
    """Best first; empty when no article fits."""

    @property
    def article(self) -> Citation | None:
        """Return the article to show, or None when none fits."""
        return self.citations[0] if self.citations else None
