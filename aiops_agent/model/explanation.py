"""Why a record was found to mean what it means: for people."""

from aiops_agent.model.diagnosis import Alternative, Diagnosis
from aiops_agent.model.exemplar import Exemplar
from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True)
class Telling:
    """Words of the record that state a category by themselves."""

    words: str
    """As they stand there."""

    sign: str
    """As `signs.yaml` has it."""

    category: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A fault that a person has named, and how near the record is to it."""

    exemplar: Exemplar
    cosine: float
    """Of the encoder's vectors: 1 is the same text."""

    counts: bool
    """It is near enough, and states nothing else: the record is taken for the same."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A diagnosis, and what each way of looking at the record said."""

    diagnosis: Diagnosis
    signs: tuple[Telling, ...] = ()
    """The most telling first."""

    by_model: Alternative | None = None
    """What meaning and words alone say, without the signs; None: they were not asked."""

    neighbours: tuple[Neighbour, ...] = ()
    """The nearest first."""
