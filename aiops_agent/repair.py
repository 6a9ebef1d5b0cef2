"""Act: intent on disk first, then the playbook, then what came of it."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.asking import bound_to
from aiops_agent.circumstances import NO_RECORDS, aimed, busy, circumstances
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.incident import Incident, Outcome, Status, outcome_of
from aiops_agent.model.message import ReportKind
from aiops_agent.model.order import Order
from aiops_agent.model.playbook import Failed, NotNeeded, Succeeded, reworded
from aiops_agent.noun import replace
from aiops_agent.policy.decide import POSTPONED, hindrance, was_told_lately
from aiops_agent.recurring import listen
from aiops_agent.state.actions import Action
from aiops_agent.state.approvals import Approval
from aiops_agent.telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Command, Playbook, RunResult
    from aiops_agent.playbook.bind import Bound
    from aiops_agent.ports import Executor, RootExecutor


POSTPONING = ("not_busy", "untouched", "past_grace")
"""Probes that say that it is not the moment, and not that there is no fault."""


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
        at_work = busy(agent, report, playbook, approval.service) if playbook and not why else None
        with agent.state.transaction():  # of both: a crash after it must not leave the incident waiting for an answer
            agent.state.approvals.use(approval.id)
            if why or at_work:
                again = agent.clock.now() + POSTPONED if at_work else None
                refuse(agent, report, incident, approval.playbook, why or at_work or "", again=again)
            else:
                agent.state.actions.forgive(incident.fingerprint, approval.playbook, agent.clock.now())
                report.keep(agent, replace(incident, status=Status.RUNNING))
        if playbook and not why and not at_work and act(agent, report, incident, playbook):
            resolve_all(agent, report, playbook.name, approval.service)


def outdated(
    agent: Agent, report: Tick, approval: Approval, incident: Incident, playbook: "Playbook | None"
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
    if approval.bound != bound_to(agent, playbook, incident, approval.expires):
        return "the parameters, or the host, are others than those of the question"
    history = agent.state.actions.history(playbook.name)
    at = circumstances(agent, report, incident, playbook, now, NO_RECORDS)
    hindered = hindrance(playbook, history, at, agent.policy)
    return f"the policy does not allow it now: {hindered.replace('_', ' ')}" if hindered else None


def act(agent: Agent, report: Tick, incident: Incident, playbook: "Playbook") -> bool:
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
) -> "RunResult | None":
    """Run a playbook that is aimed at a service; None when the intent could not be recorded: nothing was done."""
    now = agent.clock.now()
    action = Action(agent.token(), incident, bound.playbook.name, bound.playbook.digest, bound.service, now)
    detail = {"incident": incident, "playbook": action.playbook, "digest": action.digest, "target": action.target}
    with agent.state.transaction():  # before the record: whatever has an intent there is then concluded after a kill
        agent.state.actions.intend(action)
    if not report.record(agent, AuditEntry(now, actor, "intent", action.id, detail)):
        with agent.state.transaction():
            agent.state.actions.withdraw(action.id)
        return None

    root = agent.root if bound.playbook.privileged else None
    result = by_root(agent, root, bound, action) if root else executed(agent, report, bound, action)
    result = reworded(result, without_secrets)
    conclude(agent, report, action, result)
    return result


def order_of(action: Action) -> Order:
    """Return what the root executor is asked for: it knows the rest for itself."""
    return Order(
        id=action.id,
        playbook=action.playbook,
        digest=action.digest,
        service=action.target,
        incident=action.incident or "",
    )


def by_root(agent: Agent, root: "RootExecutor", bound: "Bound", action: Action) -> "RunResult":
    """Have a playbook run by the root executor, and then listen to the log, which it does not read."""
    result = root.perform(order_of(action), agent.state.halt.is_set)
    quiet = tuple(probe for probe in bound.verify if probe.verb == "log_quiet")
    if not isinstance(result, Succeeded) or not quiet:
        return result
    from aiops_agent.playbook.run import InterruptedRunError, verified

    ear, within = listening(agent, bound, action), bound.playbook.verify_within
    try:
        heard = verified(quiet, within, ear, agent.clock, halted=agent.state.halt.is_set)
    except InterruptedRunError as stop:
        return Failed(stop.at, str(stop), undone=False, left_behind=(result.detail,))
    if not heard.ok:
        return Failed("log_quiet", heard.detail, undone=False, left_behind=(result.detail,))
    return Succeeded(f"{result.detail}; the fault was not logged again")


def listening(agent: Agent, bound: "Bound", action: Action) -> "Executor":
    """Return the executor of this process, with an ear for the faults that the run is to end."""
    from aiops_agent.playbook.hearing import Hearing

    wanted = faults(agent, bound, action.incident)
    return Hearing(agent.executor, agent.clock, lambda: listen(agent, bound.service, wanted))


def executed(agent: Agent, report: Tick, bound: "Bound", action: Action) -> "RunResult":
    """Run a playbook here, without root."""
    from aiops_agent.playbook.run import execute

    try:
        return execute(
            bound,
            listening(agent, bound, action),
            agent.clock,
            halted=agent.state.halt.is_set,
            record=recorder(agent, report, action),
            journal=agent.state.undo.of(action.id),
        )
    except AuditError as error:  # what had been done was taken back
        report.heed(error)
        return Failed("audit", error.message, undone=False, left_behind=("look at the service yourself",))


def faults(agent: Agent, bound: "Bound", incident: str | None) -> list[Fingerprint]:
    """Return which faults a run is to end: that of its incident, or those that wait for this playbook there."""
    about = agent.state.incidents.by_id(incident) if incident else None
    if about:
        return [about.fingerprint]
    of_it = (bound.playbook.name, bound.service)
    known = (each for each in agent.state.incidents.all() if (each.playbook, each.service) == of_it)
    return [each.fingerprint for each in known if each.status not in (Status.RESOLVED, Status.CLOSED)]


def recorder(agent: Agent, report: Tick, action: Action) -> "Callable[[Command], None]":
    """Return what makes a change of an action durable in the audit log; raises AuditError when it is not."""

    def record(change: "Command") -> None:
        arguments = without_secrets(" ".join(f"{name}={value}" for name, value in change.arguments.items()))
        try:
            agent.journal.append(entry(agent.clock.now(), "step", action.id, verb=change.verb, arguments=arguments))
        except AuditError as error:
            report.stop_recording(error)
            raise

    return record


def without_secrets(text: str) -> str:
    """Return `text` redacted: an address in a playbook or a configuration can hold a password.

    What that needs is loaded when something is done for the first time.
    """
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


def conclude(agent: Agent, report: Tick, action: Action, result: "RunResult") -> None:
    """Record what came of an action and tell it."""
    now = agent.clock.now()
    outcome = outcome_of(result)
    status = Status.RESOLVED if outcome is Outcome.SUCCEEDED else Status.OPEN
    word = outcome.value if outcome else "not needed"
    report.record(agent, entry(now, "result", action.id, incident=action.incident, outcome=word, detail=result.detail))
    with agent.state.transaction():
        incident = agent.state.incidents.by_id(action.incident) if action.incident else None
        if incident:
            again = isinstance(result, NotNeeded) and is_old_news(agent, incident, now)
            running = incident.status is Status.RUNNING  # else a person closed it, after a crash
            postponed = isinstance(result, NotNeeded) and result.probe in POSTPONING
            incident = replace(
                incident,
                status=status if running else incident.status,
                outcome=outcome or incident.outcome,
                look_again=now + POSTPONED if postponed else None,
            )
            report.endings[incident.id] = (word, result.detail)
            if not again:
                incident = tell(agent, incident, ReportKind.DONE, now, result=result, playbook=action.playbook)
            report.keep(agent, incident)
        agent.state.actions.finish(action.id, outcome, now)
        agent.state.undo.forget(action.id)
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


def refuse(
    agent: Agent, report: Tick, incident: Incident, playbook: str, why: str, *, again: datetime | None = None
) -> None:
    """Tell that nothing was done although it was agreed to or decided, and why; call inside a transaction.

    `again`: when it is decided anew although it is not seen again.
    """
    now = agent.clock.now()
    report.record(agent, entry(now, "refused", incident.id, playbook=playbook, detail=why))
    report.endings[incident.id] = ("not run", why)
    result = Failed("before the first step", why, undone=True, left_behind=())
    status = incident.status if incident.status is Status.CLOSED else Status.OPEN
    left = replace(incident, status=status, look_again=again)
    report.keep(agent, tell(agent, left, ReportKind.DONE, now, result=result, playbook=playbook))


def sizes(agent: Agent) -> Iterator[tuple[str, int]]:
    """Yield how long each known file is now: what stands in it was written before the repair was verified."""
    for key, checkpoint in agent.state.checkpoints.all().items():
        try:
            stat = Path(checkpoint.path).stat()
        except OSError:  # rotated away or gone: nothing to settle there
            continue
        if f"{stat.st_dev}:{stat.st_ino}" == key:
            yield key, stat.st_size
