"""Old logs through today's rules: what would have been done, tick by tick as their time passed, and why not more.

The journey is the real one (`pipeline`), over a state in memory, by the clock of the logs. Nothing is known of the host
as it was: evidence is taken to have held, and a repair to have ended as the caller says. Nothing is done or written.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from aiops_agent.agent import Agent, Tick
from aiops_agent.asking import expire, withdraw
from aiops_agent.crowd import Crowd
from aiops_agent.hints import Protocol
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.event import Batch
from aiops_agent.model.evidence import Evidence, Words
from aiops_agent.model.incident import Incident
from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noticing import absorb_due, absorb_faults
from aiops_agent.noun import dataclass, field, replace
from aiops_agent.pipeline import absorb, act_on_decided
from aiops_agent.ports import Stopped
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from aiops_agent.wiring.rehearsing import Unrecorded

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ACTING = frozenset(("intent", "step", "result", "approval.expired"))
"""What is recorded of acting; the decisions are taken from the incidents."""


class OldLog(Protocol):
    """One log and its generations, read in the order of time."""

    def next(self) -> datetime | None:
        """Move on to what is next to be looked at, and return the time there; None: there is no more."""

    def read(self, until: datetime) -> Iterator[Batch]:
        """Yield what is there and was written before that."""


class Answer(StrEnum):
    """What a person says to every question."""

    NONE = "none"
    """Nothing: it expires."""

    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What old logs do not say, and the caller does."""

    succeeds: bool
    """Whether every repair would have worked; else its steps are done and the verification fails."""

    answer: Answer
    root: bool
    """Whether there would have been something that does as root what needs it."""

    trusted: bool = False
    """Whether every playbook counts as signed and as one that has earned `auto`, which `wiring.build.past` sees to."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that was not the same as the last one about the incident."""

    time: datetime
    incident: Incident
    """As it stood then; of its record only the title."""


@dataclass(slots=True)
class Run:
    """A playbook that would have been run."""

    time: datetime
    incident: str
    playbook: str
    service: str
    steps: list[str] = field(default_factory=list)
    """What would have been changed, in order; what would have been taken back as well."""

    outcome: str = ""


@dataclass(slots=True)
class Found:
    """What a replay came to."""

    records: int = 0
    ticks: int = 0
    decisions: list[Decided] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    expired: int = 0
    """Questions that nobody answered."""

    made: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each decision was made for each reason, unchanged ones too."""


class PastClock:
    """The clock of the logs: it stands still during a tick, but for what has to be waited for."""

    def __init__(self) -> None:
        """Begin with time itself."""
        self._now = _EPOCH

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self._now += timedelta(seconds=seconds)

    def move(self, to: datetime) -> datetime:
        """Go to a tick, which is late when the one before took longer, and return its time."""
        self._now = max(self._now, to)
        return self._now


class Minutes(Unrecorded):
    """The audit log of a replay: what would have been recorded of acting, until it is asked for."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._entries: list[AuditEntry] = []
        self.has_stepped = False
        """Of the last run a step was recorded, and it has not ended."""

    def append(self, *entries: AuditEntry) -> None:
        """Keep what is about acting."""
        for entry in entries:
            if entry.action in _ACTING:
                self._entries.append(entry)
                self.has_stepped = entry.action == "step"

    def take(self) -> list[AuditEntry]:
        """Return what was kept since the last time."""
        entries, self._entries = self._entries, []
        return entries


@dataclass(slots=True)
class _AssumedExecutor:
    """Does nothing, and says of everything what was assumed."""

    minutes: Minutes
    succeeds: bool
    privileged: bool

    def plan(self, command: Command) -> Planned:
        """Decide nothing: there is nothing here to look at."""
        return Planned(command, undo=None)

    def run(self, command: Command, stopped: Stopped) -> CommandResult:  # noqa: ARG002 - it takes no time
        """Say that it was done or holds; where repairs fail, what is probed after a step does not."""
        if command.changes:
            return CommandResult(ok=True, detail=f"{command.verb}: assumed to be done")
        holds = self.succeeds or not self.minutes.has_stepped
        return CommandResult(ok=holds, detail=f"{command.verb}: assumed {'' if holds else 'not '}to hold")


def replay(  # noqa: PLR0913 - all that a replay is made of
    agent: Agent,
    clock: PastClock,
    minutes: Minutes,
    logs: Sequence[OldLog],
    assumed: Assumed,
    *,
    every: timedelta,
    until: datetime | None = None,
) -> Found:
    """Take old logs through the journey, in ticks as a timer would have made them.

    Args:
        agent: What knows today's rules and nothing else yet; its clock and its journal are the next two.
        clock: Moved on as the logs go on.
        minutes: What the agent records into.
        logs: Whose times are merged.
        assumed: What they do not say.
        every: How long it is from one tick to the next.
        until: What was written then or later is left out.
    """
    executor = _AssumedExecutor(minutes, assumed.succeeds, privileged=assumed.root)
    past = _Past(replace(agent, executor=executor, root=None), clock, minutes, assumed.answer)
    while times := [time for log in logs if (time := log.next()) and not (until and time >= until)]:
        tick = _EPOCH + ((min(times) - _EPOCH) // every + 1) * every
        past.let_expire(tick, every)
        past.tick(tick, (batch for log in logs for batch in log.read(min(tick, until or tick))))
    return past.found


class _Past:
    """The ticks of a replay."""

    def __init__(self, agent: Agent, clock: PastClock, minutes: Minutes, answer: Answer) -> None:
        self._agent = agent
        self._clock = clock
        self._minutes = minutes
        self._answer = answer
        self._last: dict[str, tuple[str, str]] = {}
        """By incident: what was decided last, and why."""

        self._runs: dict[str, Run] = {}
        self.found = Found()

    def let_expire(self, before: datetime, every: timedelta) -> None:
        """Make the ticks at which something is due although no log grew, as far as they come before the next one.

        A question expires that nobody answered; what was to wait for a while is decided anew.
        """
        state = self._agent.state
        while True:
            times = (state.approvals.next_expiry(), state.incidents.next_due())
            due = min((time for time in times if time), default=None)
            if due is None or due + every > before:
                return
            now, report = self._clock.move(due), Tick()
            expire(self._agent, report, now)
            absorb_due(self._agent, report, now)
            act_on_decided(self._agent, report, now)
            self._note_decisions(report, now, changed_only=True)
            self._note_acting()

    def tick(self, at: datetime, batches: Iterator[Batch]) -> None:
        """Make one tick of what the logs have."""
        now = self._clock.move(at)
        found, agent = self.found, self._agent
        found.ticks += 1
        report = Tick()
        absorb_faults(agent, report, now)
        self._note_decisions(report, now)
        crowds: dict[str, Crowd] = {}
        is_quiet = True
        for batch in batches:
            if not batch.sightings and not batch.notices:  # where the log is read on from is not the state's to know
                continue
            is_quiet = False
            report = Tick(crowds=crowds)
            absorb(agent, batch.path, batch, report, now)
            found.records += report.errors
            self._note_decisions(report, now)
        if is_quiet:
            return
        report = Tick()
        act_on_decided(agent, report, now)
        self._note_decisions(report, now, changed_only=True)
        self._note_acting()
        self._answer_all(now)

    def _answer_all(self, now: datetime) -> None:
        agent, report = self._agent, Tick()
        if self._answer is Answer.NONE:
            return
        agreed = self._answer is Answer.APPROVE
        state = ApprovalState.APPROVED if agreed else ApprovalState.DENIED
        for approval in agent.state.approvals.pending():
            with agent.state.transaction():
                agent.state.approvals.answer(approval.id, state, "user:replay", now)
                if not agreed:
                    withdraw(agent, report, approval)
        act_on_granted(agent, report)
        self._note_acting()

    def _note_decisions(self, report: Tick, now: datetime, *, changed_only: bool = False) -> None:
        for incident in report.touched.values():
            made = incident.decision, incident.reason
            is_changed = made != self._last.get(incident.id)
            if changed_only and not is_changed:
                continue
            self.found.made[made] += 1
            if is_changed or incident.decision != "suppress":
                said = Evidence(Words(incident.title, "", ""))  # whole records of a year would fill the memory
                self.found.decisions.append(Decided(now, replace(incident, evidence=said)))
            self._last[incident.id] = made

    def _note_acting(self) -> None:
        for entry in self._minutes.take():
            detail = entry.detail
            match entry.action:
                case "intent":
                    incident, playbook, target = (str(detail[name]) for name in ("incident", "playbook", "target"))
                    self._runs[entry.subject] = run = Run(entry.time, incident, playbook, target)
                    self.found.runs.append(run)
                case "step":
                    self._runs[entry.subject].steps.append(f"{detail['verb']} {detail['arguments']}")
                case "result":
                    self._runs[entry.subject].outcome = str(detail["outcome"])
                case _:
                    self.found.expired += 1
