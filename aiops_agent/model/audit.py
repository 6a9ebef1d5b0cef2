"""What is recorded: who did what to what, when."""

from collections.abc import Mapping
from datetime import datetime

from aiops_agent.noun import dataclass

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One decision or action. Holds no unredacted text."""

    time: datetime
    actor: str
    """`agent`, or `user:NAME` for a command a person typed."""

    action: str
    """`decision`, `intent`, `result`, `approval.granted`, `approval.denied`, `halt`, `resume`, `silence.added`, ..."""

    subject: str
    """Id of the incident, action or object it is about."""

    detail: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where an audit log stood: keep it elsewhere and a cut or rolled-back log shows."""

    records: int
    head: str
    """SHA-256 of the chain, hex."""

    def __str__(self) -> str:
        return f"audit {self.records}·{self.head[:12]}"
