"""What one tick works with, and what it found and did."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum

from aiops_agent.crowd import Crowd
from aiops_agent.errors import AuditError, Fault, ForgedError
from aiops_agent.hints import Protocol
from aiops_agent.model.event import Batch
from aiops_agent.model.incident import Incident, Status
from aiops_agent.noun import dataclass, field, replace
from aiops_agent.policy.decide import PolicySettings
from aiops_agent.state.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.audit import AuditEntry, Value
    from aiops_agent.model.diagnosis import Citation
    from aiops_agent.model.playbook import Playbook, Scalar
    from aiops_agent.model.signature import Signature
    from aiops_agent.model.voice import Expectation
    from aiops_agent.playbook.catalogue import Catalogue
    from aiops_agent.ports import Chat, Clock, Composer, Diagnostician, Executor, Journal, LogSource, RootExecutor
    from aiops_agent.signing.register import Register


class Library(Protocol):
    """What people wrote: playbooks and articles, read from their files when they are first asked for."""

    @property
    def playbooks(self) -> "Catalogue":
        """Return every playbook that can be used."""

    def article(self, identity: str) -> "Citation | None":
        """Return an article by id, for reports about incidents that were diagnosed earlier."""

    @property
    def register(self) -> "Register":
        """Return what is signed here, verified when it is first asked for."""

    def signature(self, playbook: "Playbook", now: datetime) -> "Signature":
        """Return how a playbook stands to its signature."""

    @property
    def stamps(self) -> Sequence[str]:
        """Return what `stat` says of every file: an edit makes the next tick a full one."""

    @property
    def edition(self) -> str:
        """Return a word that is another one after any edit of their files; reads none of them."""

    @property
    def faults(self) -> Sequence[Fault]:
        """Return why files were refused: the others work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Everything one tick works with."""

    host: str
    sources: "Mapping[str, LogSource]"
    """By what they are remembered by from tick to tick."""

    parameters: "Mapping[str, Mapping[str, Scalar]]"
    """By service: what its sources' configuration offers to playbooks."""

    state: State
    diagnostician: "Diagnostician"
    library: Library

    policy: PolicySettings
    executor: "Executor"
    journal: "Journal"
    composer: "Composer"
    chats: "Sequence[Chat]"
    clock: "Clock"
    token: Callable[[], str]
    """A fresh unguessable id for an approval or an action."""

    root: "RootExecutor | None" = None
    """What does what needs root; None: nothing does."""

    keep: timedelta | None = None
    """How long the record holds what was done; None: for ever."""

    expected: "Mapping[str, Expectation]" = field(default_factory=dict)
    """By the key of the source: those whose silence is to be told."""

    roots: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By service: below which folders its sources' configuration lets playbooks change files."""

    def roots_of(self, service: str | None) -> Sequence[str]:
        """Return below which folders files may be changed for this service; none: the configuration does not say."""
        return self.roots.get(service or "", ())

    def parameters_of(self, service: str | None) -> "Mapping[str, Scalar]":
        """Return what the configuration offers to playbooks that act on this service."""
        return self.parameters.get(service or "", {})

    def has_root_for(self, service: str | None) -> bool:
        """Tell whether something is there that would do as root what helps this service."""
        return self.executor.privileged or (self.root is not None and self.root.takes(service or ""))


class CutShort(StrEnum):
    """Why a tick ended before everything was read; what is left is read by the next one."""

    TIME = "time"
    """It had taken as long as a tick may."""

    STOPPED = "stopped"
    """It was told to end."""

    UNREADABLE = "unreadable"
    """A source could not be read on: what else it holds is tried again."""


def endless() -> CutShort | None:
    """Let a tick read until there is nothing more."""
    return None


TOGETHER = 50
"""Audit entries that share a write and an fsync."""


@dataclass(slots=True)
class Tick:
    """What one tick found and did."""

    limit: Callable[[], CutShort | None] = endless
    """Asked between two batches: why the tick is to end there, or None."""

    cut_short: CutShort | None = None
    files: set[str] = field(default_factory=set)
    """Paths that gave something."""

    bytes: int = 0
    errors: int = 0
    lost_bytes: int = 0
    touched: dict[str, Incident] = field(default_factory=dict)
    """By id, as they stand at the end."""

    crowds: dict[str, Crowd] = field(default_factory=dict)
    """By path: how many new faults it brought."""

    endings: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By incident: what came of its repair this time, in a word (`succeeded`, `not needed`, `not run`) and in full."""

    not_needed: set[tuple[str, str]] = field(default_factory=set)
    """Playbooks and services whose evidence was looked at by this tick and did not hold: once is enough."""

    at_work: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """By playbook and service: who was found to be at work whom it would disturb, or None."""

    noted: "list[AuditEntry]" = field(default_factory=list)
    """What is recorded with the next entry, before its transaction ends."""

    audit_error: AuditError | None = None
    """Set when the audit log could not be written or the state not encrypted: from then on nothing is acted on."""

    is_recorded: bool = True
    """False when the audit log could not be written."""

    forged: ForgedError | None = None
    """Set when the state held what this agent did not write: from then on nothing is acted on."""

    def add(self, batch: Batch) -> None:
        """Count what a batch that is now committed brought."""
        self.files.add(batch.path)
        self.bytes += batch.read_bytes
        self.errors += sum(sighting.count for sighting in batch.sightings)
        self.lost_bytes += batch.lost_bytes

    def crowd(self, path: str) -> Crowd:
        """Return what a file brought so far."""
        return self.crowds.setdefault(path, Crowd())

    def keep(self, agent: Agent, incident: Incident) -> None:
        """Save an incident; call inside a transaction."""
        incident = self.sealed(agent, incident)
        agent.state.incidents.save(incident)
        self.touched[incident.id] = incident

    def sealed(self, agent: Agent, incident: Incident) -> Incident:
        """Return it as the state keeps it: if its evidence cannot be encrypted, nothing is acted on from then on."""
        incident = agent.state.incidents.sealed(incident)
        self.heed(agent.state.vault.failure)
        return incident

    def can_keep_approvals(self, agent: Agent) -> bool:
        """Tell whether what is asked and granted can be encrypted; if not, nothing is acted on from then on."""
        works = agent.state.vault.works()
        self.heed(agent.state.vault.failure)
        return works

    def heed(self, failure: AuditError | ForgedError | None) -> None:
        """Act on nothing any more if there is a failure."""
        if isinstance(failure, ForgedError):
            self.forged = self.forged or failure
        elif failure:
            self.audit_error = self.audit_error or failure

    def open_what_is_shown(self, agent: Agent) -> None:
        """Have the title of everything touched at hand when the state is closed."""
        for incident in self.touched.values():
            str(incident.evidence.brief)
        self.heed(agent.state.vault.failure)

    def failures(self) -> list[AuditError | ForgedError]:
        """Return why nothing is acted on."""
        return [failure for failure in (self.audit_error, self.forged) if failure]

    def check_record(self, agent: Agent) -> None:
        """Look whether anything can be recorded and encrypted: if not, nothing is acted on."""
        try:
            agent.journal.check()
        except AuditError as error:
            self.stop_recording(error)
        agent.state.vault.check()
        self.heed(agent.state.vault.failure)

    def stop_recording(self, error: AuditError) -> None:
        """Record nothing any more, and act on nothing: what the audit log holds by now is not known."""
        self.is_recorded = False
        self.heed(error)

    def record(self, agent: Agent, *entries: "AuditEntry") -> bool:
        """Make entries durable; False when they could not be, and from then on nothing is acted on.

        What was noted before comes first, and in the same write.
        """
        noted, self.noted = self.noted, []
        if self.is_recorded and (noted or entries):
            try:
                agent.journal.append(*noted, *entries)
            except AuditError as error:
                self.stop_recording(error)
        return self.is_recorded

    @contextmanager
    def transaction(self, agent: Agent) -> Iterator[None]:
        """Commit everything inside durably, in the state and, before that, in the record; or nothing in the state."""
        with agent.state.transaction():
            yield
            self.record(agent)

    def note(self, agent: Agent, entry: "AuditEntry") -> None:
        """Make an entry durable with the next that is recorded; call inside a `transaction` of this tick.

        For what nothing is done about: five hundred new faults in one batch are a dozen writes instead of five hundred.
        """
        self.noted.append(entry)
        if len(self.noted) >= TOGETHER:
            self.record(agent)

    def close(self, agent: Agent, incident: Incident, why: str, now: datetime) -> None:
        """Close an incident that is over by itself; call inside a transaction."""
        self.record(agent, entry(now, "incident.closed", incident.id, detail=why))
        self.keep(agent, replace(incident, status=Status.CLOSED))

    def is_over(self) -> bool:
        """Tell whether it is to read no more."""
        self.cut_short = self.limit() or self.cut_short
        return self.cut_short in (CutShort.TIME, CutShort.STOPPED)

    def is_stopped(self) -> bool:
        """Tell whether it was told to end: then it begins nothing more."""
        if self.limit() is CutShort.STOPPED:
            self.cut_short = CutShort.STOPPED
        return self.cut_short is CutShort.STOPPED


def entry(now: datetime, action: str, subject: str, **detail: "Value") -> "AuditEntry":
    """Return an audit entry whose actor is the agent."""
    from aiops_agent.model.audit import AuditEntry  # a tick without a new fault records nothing

    return AuditEntry(now, "agent", action, subject, detail)
