"""Act: intent on disk first, then the playbook, then what came of it; after a crash look, never repeat."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from pathlib import Path

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.incident import Incident, Outcome, Status
from aiops_agent.model.message import ReportKind
from aiops_agent.model.playbook import Command, Failed, NotNeeded, Playbook, RunResult, Succeeded
from aiops_agent.noun import replace
from aiops_agent.policy.decide import Circumstances, hindrance, was_told_lately
from aiops_agent.policy.limits import SYSTEMIC_WITHIN
from aiops_agent.state.actions import Action
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.playbook.bind import Bound


LOOK_AGAIN_AFTER = timedelta(minutes=15)
"""Between two looks at a service whose repair did not succeed."""


def ask(agent: Agent, incident: Incident, playbook: Playbook, now: datetime, *, expires: datetime) -> Incident:
    """Ask people to agree to a playbook; call inside a transaction."""
    state = ApprovalState.PENDING
    request = Approval(
        agent.token(),
        incident.id,
        playbook.name,
        playbook.digest,
        state,
        requested=now,
        expires=expires,
        service=incident.service or "",
    )
    agent.state.incidents.save(incident)  # the request refers to it
    agent.state.approvals.ask(request)
    return tell(agent, replace(incident, status=Status.WAITING_APPROVAL), ReportKind.QUESTION, now, approval=request)


def expire(agent: Agent, report: Tick, now: datetime) -> None:
    """Take silence for a no."""
    with agent.state.transaction():
        for approval in agent.state.approvals.expire(now):
            report.record(agent, entry(now, "approval.expired", approval.id, incident=approval.incident))
            withdraw(agent, report, approval)


def withdraw(agent: Agent, report: Tick, approval: Approval) -> None:
    """Leave the incident open after a no; call inside a transaction."""
    incident = agent.state.incidents.by_id(approval.incident)
    if incident and incident.status is Status.WAITING_APPROVAL:
        report.keep(agent, replace(incident, status=Status.OPEN))


def act_on_granted(agent: Agent, report: Tick) -> None:
    """Run what people agreed to: once, and only if it is still the playbook and the moment they were asked about."""
    for approval in agent.state.approvals.granted():
        if report.is_stopped():
            return
        incident = agent.state.incidents.by_id(approval.incident)
        playbook = agent.library.playbooks.get(approval.playbook)
        if incident is None:
            continue
        why = outdated(agent, report, approval, incident, playbook)
        with agent.state.transaction():  # of both: a crash after it must not leave the incident waiting for an answer
            agent.state.approvals.use(approval.id)
            if why:
                refuse(agent, report, incident, approval.playbook, why)
            else:
                report.keep(agent, replace(incident, status=Status.RUNNING))
        if playbook and not why and act(agent, report, incident, playbook):
            resolve_all(agent, report, playbook.name, approval.service)


def outdated(
    agent: Agent, report: Tick, approval: Approval, incident: Incident, playbook: Playbook | None
) -> str | None:
    """Say why what was agreed to must not be done any more, or None when it may."""
    now = agent.clock.now()
    if incident.status is Status.CLOSED:
        return "the incident was closed after the question"
    if approval.service != (incident.service or ""):
        return "the incident is about another service than the question was"
    if approval.expires <= now:
        return "the time for it was over before it could be run"
    if playbook is None or playbook.digest != approval.digest:
        return "the playbook was changed after the question"
    history = agent.state.actions.history(playbook.name)
    at = circumstances(agent, report, incident, playbook, now, settled=False)
    hindered = hindrance(playbook, history, at, agent.policy)
    return f"the policy does not allow it now: {hindered.replace('_', ' ')}" if hindered else None


def aimed(agent: Agent, playbook: Playbook, service: str) -> "Bound | str":
    """Return the playbook aimed at a service, or in words what keeps it from being."""
    from aiops_agent.playbook.bind import Bound, bind  # a tick that decides about no playbook needs no vocabulary

    bound = bind(playbook, service, agent.parameters_of(service))
    return bound if isinstance(bound, Bound) else str(bound)


def circumstances(  # noqa: PLR0913 - what is known of the incident and its records
    agent: Agent,
    report: Tick,
    incident: Incident,
    playbook: Playbook | None,
    now: datetime,
    *,
    settled: bool,
    written: datetime | None = None,
) -> Circumstances:
    """Gather what the policy asks for beside the incident."""
    service = incident.service or ""
    bound = aimed(agent, playbook, service) if playbook else None
    failing = agent.state.incidents.failing(now - SYSTEMIC_WITHIN) if playbook else frozenset[str]()
    return Circumstances(
        now=now,
        service=service,
        silenced=any(silence.matches(incident) for silence in agent.state.silences.in_force(now)),
        settled=settled,
        written=written,
        halted=agent.state.halt.is_set(),
        audit_available=report.audit_error is None,
        forged=report.forged is not None,
        privileged_executor=agent.executor.privileged,
        parameters_found=bound is not None and not isinstance(bound, str),
        signed=playbook is not None and is_signed(playbook),
        busy=None,
        healthy=healthy(agent, service, failing) if playbook else {},
        failing=failing | {service},
        asked=playbook is not None and agent.state.incidents.is_asked_about(playbook.name, service, beside=incident.id),
        not_needed=playbook is not None and (playbook.name, service) in report.not_needed,
        last_refusal=agent.state.approvals.last_refusal(incident.id),
    )


def is_signed(_: Playbook) -> bool:
    """Tell whether a playbook is signed. The one place where signing comes in: without it all that is read counts."""
    return True


def healthy(agent: Agent, service: str, failing: AbstractSet[str]) -> Mapping[str, int]:
    """Return, by group that a service is of, how many others in it are active and have no new faults."""
    groups = [group for group in agent.policy.limits.groups if service in group.services]
    return {
        group.name: sum(
            other != service and other not in failing and is_active(agent, other) for other in group.services
        )
        for group in groups
    }


def is_active(agent: Agent, unit: str) -> bool:
    """Ask the executor's own probe."""
    from aiops_agent.playbook.vocabulary import command

    return agent.executor.run(command("unit_state", {"unit": unit, "is": "active"})).ok


def act(agent: Agent, report: Tick, incident: Incident, playbook: Playbook) -> bool:
    """Run a playbook for a running incident: intent on disk first, then the act, then its result; True: repaired."""
    service = incident.service or ""
    bound = aimed(agent, playbook, service)
    result = None if isinstance(bound, str) else perform(agent, report, bound, incident=incident.id)
    if result is None:
        why = bound if isinstance(bound, str) else "the audit log cannot be written"
        with agent.state.transaction():
            refuse(agent, report, incident, playbook.name, why)
    return isinstance(result, Succeeded)


def perform(
    agent: Agent, report: Tick, bound: "Bound", *, incident: str | None, actor: str = "agent"
) -> RunResult | None:
    """Run a playbook that is aimed at a service; None when the intent could not be recorded: nothing was done."""
    from aiops_agent.playbook.run import execute

    now = agent.clock.now()
    action = Action(agent.token(), incident, bound.playbook.name, bound.playbook.digest, bound.service, now)
    detail = {"incident": incident, "playbook": action.playbook, "digest": action.digest, "target": action.target}
    with agent.state.transaction():  # before the record: whatever has an intent there is then concluded after a kill
        agent.state.actions.intend(action)
    if not report.record(agent, AuditEntry(now, actor, "intent", action.id, detail)):
        with agent.state.transaction():
            agent.state.actions.withdraw(action.id)
        return None

    def recorded(change: Command) -> None:
        arguments = without_secrets(" ".join(f"{name}={value}" for name, value in change.arguments.items()))
        agent.journal.append(entry(agent.clock.now(), "step", action.id, verb=change.verb, arguments=arguments))

    try:
        result = execute(bound, agent.executor, agent.clock, halted=agent.state.halt.is_set, record=recorded)
    except AuditError as error:  # what had been done was taken back
        report.stop_recording(error)
        result = Failed("audit", error.message, undone=False, left_behind=("look at the service yourself",))
    result = told_without_secrets(result)
    conclude(agent, report, action, result)
    return result


def told_without_secrets(result: RunResult) -> RunResult:
    """Return a result whose words may be kept: an address in a playbook or a configuration can hold a password."""
    detail = without_secrets(result.detail)
    if isinstance(result, Failed):
        return replace(result, detail=detail, left_behind=tuple(without_secrets(left) for left in result.left_behind))
    return replace(result, detail=detail)


def without_secrets(text: str) -> str:
    """Return `text` redacted; what that needs is loaded when something is done for the first time."""
    from aiops_agent.assembly.redact import redact

    return redact(text)


def resolve(agent: Agent, report: Tick, incident: Incident) -> None:
    """End an incident that waited for the run which has just repaired its service: one fault shows in several ways."""
    report.record(agent, entry(agent.clock.now(), "resolved", incident.id, playbook=incident.playbook))
    with agent.state.transaction():
        report.keep(agent, replace(incident, status=Status.RESOLVED, outcome=Outcome.SUCCEEDED))


def resolve_all(agent: Agent, report: Tick, playbook: str, service: str) -> None:
    """End every incident of a service that waited for the playbook which has just repaired it."""
    for incident in agent.state.incidents.unsolved(playbook, service):
        resolve(agent, report, incident)


def settle_interrupted(agent: Agent, report: Tick) -> None:
    """Look at what a crash cut short: never repeated, probed instead, and told."""
    for action in agent.state.actions.interrupted():
        from aiops_agent.playbook.run import holds

        playbook = agent.library.playbooks.get(action.playbook)
        bound = aimed(agent, playbook, action.target) if playbook else None
        if bound is not None and not isinstance(bound, str) and holds(bound, agent.executor):
            result: RunResult = Succeeded("interrupted by a crash, and found repaired when looked at again")
        else:
            why = "interrupted by a crash; how far it came is not known, so it is not repeated"
            result = Failed("interrupted", why, undone=False, left_behind=("look at the service yourself",))
        conclude(agent, report, action, result)


def note_recoveries(agent: Agent, report: Tick, now: datetime) -> None:
    """Look whether what a repair did not bring about has come about since: then its cooldown is over.

    It is well where the verification holds and the evidence does not. Looked at only where there is trouble, and not on
    every tick: the probes of a service that is down take their time.
    """
    for name, target, looked in agent.state.actions.unsuccessful():
        if timedelta(0) <= now - looked < LOOK_AGAIN_AFTER:
            continue
        playbook = agent.library.playbooks.get(name)
        if playbook is None:
            continue
        from aiops_agent.playbook.run import dry_run, holds

        bound = aimed(agent, playbook, target)
        is_well = (
            not isinstance(bound, str) and holds(bound, agent.executor) and not dry_run(bound, agent.executor).steps
        )
        if is_well and not report.record(agent, entry(now, "recovered", target, playbook=name)):
            return
        with agent.state.transaction():
            if is_well:
                agent.state.actions.recovered(name, target, now)
            else:
                agent.state.actions.looked(name, target, now)


def conclude(agent: Agent, report: Tick, action: Action, result: RunResult) -> None:
    """Record what came of an action and tell it."""
    now = agent.clock.now()
    status, outcome = ending(result)
    word = outcome.value if outcome else "not needed"
    report.record(agent, entry(now, "result", action.id, incident=action.incident, outcome=word, detail=result.detail))
    with agent.state.transaction():
        incident = agent.state.incidents.by_id(action.incident) if action.incident else None
        if incident:
            again = isinstance(result, NotNeeded) and is_old_news(agent, incident, now)
            running = incident.status is Status.RUNNING  # else a person closed it, after a crash
            incident = replace(
                incident, status=status if running else incident.status, outcome=outcome or incident.outcome
            )
            report.endings[incident.id] = result.detail
            if not again:
                incident = tell(agent, incident, ReportKind.DONE, now, result=result, playbook=action.playbook)
            report.keep(agent, incident)
        agent.state.actions.finish(action.id, outcome, now)
        if isinstance(result, NotNeeded):
            report.not_needed.add((action.playbook, action.target))
        if isinstance(result, Succeeded):
            agent.state.checkpoints.settle(action.target, sizes(agent))
            agent.state.checkpoints.settle_journals(action.target, now)


def is_old_news(agent: Agent, incident: Incident, now: datetime) -> bool:
    """Tell whether it was told lately that the evidence does not hold, and nobody has been asked about it since."""
    return (
        incident.decision == "run"
        and agent.state.actions.last_touched_nothing(incident.id)
        and was_told_lately(incident, now, agent.policy)
    )


def refuse(agent: Agent, report: Tick, incident: Incident, playbook: str, why: str) -> None:
    """Tell that nothing was done although it was agreed to or decided, and why; call inside a transaction."""
    now = agent.clock.now()
    report.record(agent, entry(now, "refused", incident.id, playbook=playbook, detail=why))
    report.endings[incident.id] = why
    result = Failed("before the first step", why, undone=True, left_behind=())
    status = incident.status if incident.status is Status.CLOSED else Status.OPEN
    left = replace(incident, status=status)
    report.keep(agent, tell(agent, left, ReportKind.DONE, now, result=result, playbook=playbook))


def ending(result: RunResult) -> tuple[Status, Outcome | None]:
    """Return where a result leaves the incident."""
    match result:
        case Succeeded():
            return Status.RESOLVED, Outcome.SUCCEEDED
        case NotNeeded():
            return Status.OPEN, None
        case Failed(undone=True):
            return Status.OPEN, Outcome.UNDONE
        case Failed():
            return Status.OPEN, Outcome.FAILED


def sizes(agent: Agent) -> Iterator[tuple[str, int]]:
    """Yield how long each known file is now: what stands in it was written before the repair was verified."""
    for key, checkpoint in agent.state.checkpoints.all().items():
        try:
            stat = Path(checkpoint.path).stat()
        except OSError:  # rotated away or gone: nothing to settle there
            continue
        if f"{stat.st_dev}:{stat.st_ino}" == key:
            yield key, stat.st_size
