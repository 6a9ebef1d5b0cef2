"""What the agent asks the root executor for, and what it hears back."""

from datetime import datetime

from aiops_agent.model.playbook import RunResult
from aiops_agent.noun import dataclass

TOKEN_DIGITS = 32
"""Hex digits of the id of a question that the executor puts: 16 random bytes. The agent's own are shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One playbook to be run on one service: everything else the executor knows for itself."""

    id: str
    """Chosen by who asks, unguessable: the same one is carried out once."""

    playbook: str
    digest: str
    """Of the file as the one who asks has read it: the executor runs no other."""

    service: str
    incident: str
    """Empty: a person wants it, for no incident."""

    @property
    def about(self) -> dict[str, str]:
        """Return what it would do, for the record."""
        return {
            "incident": self.incident,
            "playbook": self.playbook,
            "digest": self.digest,
            "target": self.service,
        }


@dataclass(frozen=True, slots=True)
class Refused:
    """The executor did not begin."""

    name: str
    """Which of its checks said no: `halted`, `digest_differs`, `not_approved`, ..."""

    why: str
    """For people."""


@dataclass(frozen=True, slots=True)
class Running:
    """It is at work on it."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """It has never taken such an order: nothing was done."""


Progress = RunResult | Refused | Running | Unknown
"""Where an order stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that the executor put, as people are told of it."""

    id: str
    playbook: str
    service: str
    incident: str
    expires: datetime
    needed: int
    """How many distinct people must agree."""

    agreed: tuple[str, ...] = ()
    """Who has."""


@dataclass(frozen=True, slots=True)
class Answered:
    """Where a question stands."""

    state: str
    """`pending`, `approved`, `denied`, `expired` or `used`."""

    agreed: tuple[str, ...]
    """Who said yes."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What an executor says of itself."""

    halted: bool
    services: tuple[str, ...]
    """The units it may act on."""
