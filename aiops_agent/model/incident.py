"""One fault on one service, from the first record to the end of it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from aiops_agent.digest import blake2b
from aiops_agent.model.event import Batch, Fingerprint, Notice, Severity, Sighting
from aiops_agent.model.evidence import Evidence, Words
from aiops_agent.model.occurrences import Spell, seen
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.diagnosis import Diagnosis
    from aiops_agent.model.playbook import RunResult

TITLE_LENGTH = 160
"""Characters of a title: one line of a chat message."""


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


def outcome_of(result: "RunResult") -> Outcome | None:
    """Return what a result counts as; None: nothing was touched."""
    from aiops_agent.model.playbook import Failed, NotNeeded, Succeeded  # a tick that does nothing has no results

    match result:
        case Succeeded():
            return Outcome.SUCCEEDED
        case NotNeeded():
            return None
        case Failed(undone=True):
            return Outcome.UNDONE
        case Failed():
            return Outcome.FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One fault on one service."""

    id: str
    """`inc-` and 10 hex digits; shown to people, typed by them."""

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

    evidence: Evidence
    """What the log says of it. All else here is what the agent says, and is kept in the clear."""

    decided_by: str
    article: str | None
    playbook: str | None
    choice: str
    """Digest of what the playbook was chosen from: files, parameters, executor. Another one: choose anew."""

    decision: str
    reason: str
    outcome: Outcome | None
    last_told: datetime | None
    """When a report about it last went into the outbox."""

    recent: tuple[Spell, ...] = ()
    """When it was seen since it was last repaired, oldest first."""

    look_again: datetime | None = None
    """When to decide about it anew although it is not seen again; None: then there is no need to."""

    notice: str = ""
    """Which notice of the agent it is about; empty for what a log says."""

    sure_for: Risk = Risk.LOW
    """The highest risk of a playbook that the diagnosis is sure enough for, unless `abstained`."""
    heeded: int = 0
    """How often people had said what a fault is when it was diagnosed: after more of that it is diagnosed anew."""

    @property
    def title(self) -> str:
        """Return one line for people: what the first record says, redacted, at most 160 characters."""
        return self.evidence.words.title

    def without_evidence(self, why: str) -> Words:
        """Return what stands in the place of evidence that cannot be kept or opened: what the agent itself says."""
        title = _headline(self.notice, self.source) if self.notice else f"withheld: a record of {self.source}"
        return Words(title[:TITLE_LENGTH], f"Withheld:\n{why}", "withheld")

    @property
    def text(self) -> str:
        """Return the first record whole, redacted."""
        return self.evidence.words.text

    @property
    def grouped_by(self) -> str:
        """Return why the records counted into it are one fault."""
        return self.evidence.words.grouped_by

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
            "title": self.evidence.brief,
            "article": self.article,
            "playbook": self.playbook,
            "decision": self.decision,
            "reason": self.reason,
            "outcome": self.outcome.value if self.outcome else None,
        }


def rfc3339(time: datetime) -> str:
    """Return an aware UTC time as `2026-11-23T03:00:00Z`, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def opened(batch: Batch, sighting: Sighting, now: datetime) -> Incident:
    """Return the incident of a fault seen for the first time: not diagnosed, nothing counted yet."""
    return Incident(
        id=_identity(Kind.LOG, sighting.fingerprint, batch.service, now),
        kind=Kind.LOG,
        fingerprint=sighting.fingerprint,
        status=Status.OPEN,
        category="unknown",
        confidence=0.0,
        abstained=True,
        severity=sighting.severity,
        service=batch.service,
        source=batch.path,
        first_seen=now,
        last_seen=now,
        occurrences=0,
        evidence=Evidence(Words(sighting.headline, sighting.text, sighting.grouped_by)),
        decided_by="",
        article=None,
        playbook=None,
        choice="",
        decision="",
        reason="",
        outcome=None,
        last_told=None,
    )


def grown(incident: Incident, sighting: Sighting) -> Incident:
    """Return the incident with its record as it reads now that lines have come to it."""
    return replace(incident, evidence=Evidence(Words(sighting.headline, sighting.text, incident.grouped_by)))


def again(incident: Incident, sighting: Sighting, now: datetime) -> Incident:
    """Return the incident with what was just seen counted; after a repair its recent times begin anew."""
    return replace(
        incident,
        occurrences=incident.occurrences + sighting.count,
        recent=seen(() if incident.status is Status.RESOLVED else incident.recent, now, sighting.count),
        last_seen=now,
        severity=max(incident.severity, sighting.severity),
    )


def diagnosed(
    incident: Incident, diagnosis: "Diagnosis", playbook: str | None, choice: str, *, heeded: int = 0
) -> Incident:
    """Return the incident with what its record was found to mean."""
    prediction = diagnosis.prediction
    return replace(
        incident,
        category=prediction.category,
        confidence=prediction.confidence,
        abstained=prediction.abstained,
        decided_by=prediction.decided_by,
        sure_for=prediction.sure_for,
        article=diagnosis.article.id if diagnosis.article else None,
        playbook=playbook,
        choice=choice,
        heeded=heeded,
    )


def noticed(notice: Notice, now: datetime) -> Incident:
    """Return the incident of a notice about the agent itself or its input."""
    subject = f"{notice.kind}\0{notice.path}".encode(errors="surrogateescape")
    fingerprint = Fingerprint(blake2b(subject, digest_size=8).hexdigest())
    return Incident(
        id=_identity(Kind.AGENT, fingerprint, None, now),
        kind=Kind.AGENT,
        fingerprint=fingerprint,
        status=Status.OPEN,
        category="unknown",
        confidence=1.0,
        abstained=False,
        severity=Severity.WARNING,
        service=None,
        source=notice.path,
        first_seen=now,
        last_seen=now,
        occurrences=1,
        notice=notice.kind,
        evidence=Evidence(
            Words(
                title=_headline(notice.kind, notice.path),
                text=notice.detail,
                grouped_by=f"notice {notice.kind} of {notice.path}",
            )
        ),
        decided_by="the agent itself",
        article=None,
        playbook=None,
        choice="",
        decision="",
        reason="",
        outcome=None,
        last_told=None,
    )


def _headline(kind: str, path: str) -> str:
    return f"{kind.replace('_', ' ')}: {path}"[:TITLE_LENGTH]


def _identity(kind: Kind, fingerprint: str, service: str | None, now: datetime) -> str:
    subject = f"{kind}\0{fingerprint}\0{service}\0{now.isoformat()}".encode()
    return f"inc-{blake2b(subject, digest_size=5).hexdigest()}"
