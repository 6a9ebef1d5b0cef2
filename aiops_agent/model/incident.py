"""One fault on one service, from the first record to the end of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aiops_agent.model.event import Fingerprint, Severity


class Kind(StrEnum):
    """Who says so."""

    LOG = "log"
    AGENT = "agent"
    """A notice about the agent itself or its input."""


class Status(StrEnum):
    """Where an incident stands; the words of ITIL and the JSON contract."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    WAITING_APPROVAL = "waiting_approval"
    RUNNING = "running"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How the last run of a playbook for it ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One fault on one service."""

    id: str
    """`inc-` and 8 hex digits; shown to people, typed by them."""

    kind: Kind
    fingerprint: Fingerprint
    status: Status
    category: str
    confidence: float
    abstained: bool
    severity: Severity
    service: str | None
    source: str
    """Path of the file (later: journal unit, container) it was first read from."""

    first_seen: datetime
    last_seen: datetime
    occurrences: int
    """Error records counted into it, exactly."""

    title: str
    """One line for people: the heart of the first record, redacted, at most 160 characters."""

    text: str
    """The first record whole, redacted."""

    grouped_by: str
    decided_by: str
    article: str | None
    playbook: str | None
    decision: str
    reason: str
    outcome: Outcome | None
    last_told: datetime | None
    """When a report about it last went into the outbox."""

    def as_json(self) -> Mapping[str, object]:
        """Return the INCIDENT object of the contract; times RFC 3339 UTC."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "fingerprint": self.fingerprint,
            "status": self.status.value,
            "category": self.category,
            "confidence": round(self.confidence, 4),
            "abstained": self.abstained,
            "severity": self.severity.label,
            "service": self.service,
            "source": self.source,
            "first_seen": rfc3339(self.first_seen),
            "last_seen": rfc3339(self.last_seen),
            "occurrences": self.occurrences,
            "title": self.title,
            "article": self.article,
            "playbook": self.playbook,
            "decision": self.decision,
            "reason": self.reason,
            "outcome": self.outcome.value if self.outcome else None,
        }


def rfc3339(time: datetime) -> str:
    """Return an aware UTC time as `2026-11-23T03:00:00Z`, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
