"""What a person said an error is: from then on the same error, and those near it, are that."""

from datetime import datetime

from aiops_agent.model.diagnosis import Citation, Diagnosis, Prediction
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass

UNKNOWN = "unknown"
"""None of the other categories: to be sure of that is nothing to act on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemplar:
    """One fault, as a person named it."""

    fingerprint: Fingerprint
    category: str
    incident: str
    """Whose record it is."""

    by: str
    """Who said so: `user:ann`."""

    said: datetime
    title: str
    """What the record says in a line, redacted."""

    article: str | None
    """Id of the article that was found for it."""

    edition: str
    """Of the articles it was found among: among others it is looked for again."""

    @property
    def says(self) -> str:
        """Return in words who named it, when, and of which incident."""
        return f"relabelled by {self.by.removeprefix('user:')} on {self.said:%Y-%m-%d}, incident {self.incident}"

    def diagnosis(self, citations: tuple[Citation, ...]) -> Diagnosis:
        """Return what this very fault is found to be: what a person said of it is certain.

        Of what is said to be none of the known kinds nothing is certain that could be acted on.
        """
        unknown = self.category == UNKNOWN
        return Diagnosis(Prediction(self.category, 1.0, unknown, (), self.says, Risk.CRITICAL), citations)
