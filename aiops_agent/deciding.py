"""Decide about one incident: ask the policy, record what it said, save it, queue what is to be told."""

from datetime import datetime
from functools import partial

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.asking import ask
from aiops_agent.circumstances import NO_RECORDS, Grounds, busy, circumstances, is_evident
from aiops_agent.errors import ExecutorError
from aiops_agent.model.decision import NO_HISTORY, AskApproval, Decision, Reason, ReportOnly, Run, Suppress, name_of
from aiops_agent.model.event import Notice
from aiops_agent.model.incident import Incident, Kind, Status, noticed
from aiops_agent.noun import replace
from aiops_agent.policy.decide import decide, was_told_lately
from aiops_agent.telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.audit import AuditEntry
    from aiops_agent.model.order import Asked


def settle(agent: Agent, report: Tick, incident: Incident, now: datetime, grounds: Grounds = NO_RECORDS) -> None:
    """Decide about an incident, record the decision, save it, queue what is to be told; call inside a transaction."""
    incident = report.sealed(agent, incident)
    decision, asked = decided_and_recorded(agent, report, incident, now, grounds)
    later = decision.again if isinstance(decision, Suppress | ReportOnly) else None
    incident = replace(incident, decision=name_of(decision), reason=decision.reason.value, look_again=later)
    match decision:
        case Suppress():
            pass
        case ReportOnly():
            incident = reported(agent, report, incident, decision, now)
        case AskApproval(playbook=playbook, expires_in=lifetime):
            incident = ask(agent, incident, playbook, now, expires=now + lifetime, asked=asked)
        case Run():
            incident = replace(incident, status=Status.RUNNING)
    report.keep(agent, incident)


def decided_and_recorded(
    agent: Agent, report: Tick, incident: Incident, now: datetime, grounds: Grounds
) -> "tuple[Decision, Asked | None]":
    """Return a decision and, if the root executor asks people, its question; to act or ask is on record by then.

    Where it cannot be recorded, or what people are asked not be encrypted, the policy decides again, knowing that.
    """
    again = partial(decided, agent, report, incident, now, grounds)
    decision = again()
    if isinstance(decision, Run | AskApproval) and not report.can_keep_approvals(agent):
        decision = again()  # now without a key
    decision, asked = put_to_root(agent, report, incident, decision, now)
    changed = (incident.decision, incident.reason) != (name_of(decision), decision.reason.value)
    if changed or not isinstance(decision, Suppress):  # an unchanged silence is not recorded 288 times a day
        made = decision_entry(incident, decision, now, at_work=at_work_at(report, incident, decision))
        if not isinstance(decision, Run | AskApproval):
            report.note(agent, made)
        elif not report.record(agent, made):
            decision = again()  # now without a record
    return decision, asked


def reported(agent: Agent, report: Tick, incident: Incident, decision: Decision, now: datetime) -> Incident:
    """Return an incident as told, by a report of its own or, one of many, by the notice that stands for them."""
    status = Status.OPEN if incident.status is Status.RESOLVED else incident.status
    is_alone = report.crowd(incident.source).is_told_alone(incident)
    incident = replace(incident, status=status, last_told=now)
    if not is_alone:
        return incident
    from aiops_agent.model.message import ReportKind  # most ticks tell nothing

    kind = ReportKind.NOTICE if incident.kind is Kind.AGENT else ReportKind.FOUND
    report.record(agent)  # what was noted: the report says where the record stands with it
    return tell(agent, incident, kind, now, at_work=at_work_at(report, incident, decision))


def put_to_root(
    agent: Agent, report: Tick, incident: Incident, decision: Decision, now: datetime
) -> "tuple[Decision, Asked | None]":
    """Have the root executor ask people about what needs root: it counts their answers itself.

    Return what is decided then, and its question; what it does not take is told, and why is recorded.
    """
    if agent.root is None or not isinstance(decision, AskApproval) or not decision.playbook.privileged:
        return decision, None
    from aiops_agent.model.order import Order  # most ticks do nothing as root

    playbook, service = decision.playbook, incident.service or ""
    order = Order(
        id=agent.token(), playbook=playbook.name, digest=playbook.digest, service=service, incident=incident.id
    )
    try:
        return decision, agent.root.ask(order)
    except ExecutorError as error:
        why = f"{error.refusal}: {error.message}" if error.refusal else error.message
        report.note(agent, entry(now, "refused", incident.id, playbook=playbook.name, detail=why))
        return refused_by_root(agent, incident, now), None


def refused_by_root(agent: Agent, incident: Incident, now: datetime) -> Decision:
    """Return the decision about what the root executor does not take: told once in a while."""
    reasons = (Reason.EXECUTOR_REFUSES, Reason.REPEAT_INTERVAL)
    is_told = incident.reason in reasons and was_told_lately(incident, now, agent.policy)
    return Suppress(Reason.REPEAT_INTERVAL) if is_told else ReportOnly(Reason.EXECUTOR_REFUSES)


def decided(agent: Agent, report: Tick, incident: Incident, now: datetime, grounds: Grounds = NO_RECORDS) -> Decision:
    """Ask the policy about an incident as it stands.

    Who is at work is looked at only when something would be done or asked. Of a fault that was seen just now people are
    asked on the word of the log; where time has passed it may be over, and is looked at too.
    """
    named = incident.playbook if incident.service else None  # the policy asks for none where none can be used
    playbook = agent.library.playbooks.get(named) if named else None
    at = circumstances(agent, report, incident, playbook, now, grounds)
    history = agent.state.actions.history(named) if incident.service else NO_HISTORY
    decision = decide(incident, playbook, history, at, agent.policy)
    if not isinstance(decision, Run | AskApproval):
        return decision
    at = replace(at, busy=busy(agent, report, decision.playbook, at.service))
    if grounds.time_passed and not at.busy and isinstance(decision, AskApproval):
        at = replace(at, not_needed=not is_evident(agent, decision.playbook, at.service))
    return decide(incident, playbook, history, at, agent.policy)


def at_work_at(report: Tick, incident: Incident, decision: Decision) -> str | None:
    """Return in words who is at work, where that is why nothing is done."""
    found = report.at_work.get((str(incident.playbook), incident.service or ""))
    return found if decision.reason is Reason.BUSY else None


def decision_entry(
    incident: Incident, decision: Decision, now: datetime, *, at_work: str | None = None
) -> "AuditEntry":
    """Return what is recorded of a decision."""
    seen = {"at_work": at_work} if at_work else {}
    return entry(
        now,
        "decision",
        incident.id,
        decision=name_of(decision),
        reason=decision.reason.value,
        category=incident.category,
        confidence=f"{incident.confidence:.4f}",
        occurrences=incident.occurrences,
        **seen,
    )


def heard(agent: Agent, notice: Notice, now: datetime, *, times: int = 1) -> Incident:
    """Return the incident of a notice about the agent's own input, counted."""
    return counted_again(agent, replace(noticed(notice, now), occurrences=times), now)


def counted_again(agent: Agent, fresh: Incident, now: datetime) -> Incident:
    """Return a notice together with those of it before."""
    known = agent.state.incidents.live(Kind.AGENT, fresh.fingerprint, None)
    if known is None:
        return fresh
    return replace(known, evidence=fresh.evidence, last_seen=now, occurrences=known.occurrences + fresh.occurrences)
