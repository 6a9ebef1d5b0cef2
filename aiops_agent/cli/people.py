"""`approvals`, `silence`, `halt`, `resume`: a person's decisions, without any chat."""

import argparse
import secrets
from datetime import datetime, timedelta

from aiops_agent.agent import Tick
from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import acting, reading, start, user
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry, Value
from aiops_agent.model.incident import Status, rfc3339
from aiops_agent.noticing import deliver_all
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.playbook.kinds import parse_duration
from aiops_agent.repair import act_on_granted, settle_interrupted, withdraw
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.state.halt import Halt
from aiops_agent.state.silences import Silence


def list_approvals(arguments: argparse.Namespace) -> int:
    """Print every question."""
    with reading(arguments.config) as (_, state):
        found = state.approvals.all()
    if arguments.json:
        print_json({"approvals": [approval.as_json() for approval in found]})
    else:
        print_table(
            ("ID", "STATE", "PLAYBOOK", "INCIDENT", "EXPIRES", "ANSWERED BY"),
            ((a.id, a.state, a.playbook, a.incident, rfc3339(a.expires), a.answered_by) for a in found),
            empty="nothing waits for an answer",
        )
    return 0


def approve(arguments: argparse.Namespace) -> int:
    """Agree, and run the playbook now."""
    with acting(arguments.config, delivers=True) as (session, agent):
        approval = _check_pending(agent.state.approvals.by_id(arguments.id), arguments.id, session.now)
        agent.journal.append(AuditEntry(session.now, user(), "approval.granted", approval.id, _asked(approval)))
        with agent.state.transaction():
            agent.state.approvals.answer(arguments.id, ApprovalState.APPROVED, user(), session.now)
        report = Tick()
        settle_interrupted(agent, report)  # under the lock nothing is at work but what a crash cut short
        act_on_granted(agent, report)
        deliver_all(agent, report, agent.clock.now())
    for failure in report.failures():
        raise failure
    failed = False
    for incident in report.touched.values():
        ending = f"{incident.playbook}: {incident.outcome or 'not run'}; the incident is {incident.status}"
        print(safe(f"{incident.id}: {ending}\n    {report.endings.get(incident.id, '')}".rstrip()))
        failed = failed or incident.status is not Status.RESOLVED
    return int(failed)


def deny(arguments: argparse.Namespace) -> int:
    """Refuse: the playbook is not run."""
    with acting(arguments.config) as (session, agent):
        approval = _check_pending(agent.state.approvals.by_id(arguments.id), arguments.id, session.now)
        agent.journal.append(AuditEntry(session.now, user(), "approval.denied", approval.id, _asked(approval)))
        with agent.state.transaction():
            agent.state.approvals.answer(arguments.id, ApprovalState.DENIED, user(), session.now)
            withdraw(agent, Tick(), approval)
    print(f"{arguments.id} is denied; {approval.playbook} is not run")
    return 0


def _asked(approval: Approval) -> dict[str, Value]:
    """Return what a person answers to, for the record."""
    return {"incident": approval.incident, "playbook": approval.playbook, "digest": approval.digest}


def _check_pending(approval: Approval | None, identity: str, now: datetime) -> Approval:
    """Return the question, or refuse the answer: before it is recorded, where it would look like one that counted."""
    if approval is None:
        raise UsageError(f"there is no approval {identity}", hint="`aiops-agent approvals list` names them")
    if approval.state is not ApprovalState.PENDING:
        raise UsageError(
            f"{identity} is {approval.state} already",
            hint=f"an answer counts once; to run it now: aiops-agent playbook run {approval.playbook}",
        )
    if approval.expires <= now:
        raise UsageError(
            f"{identity} has expired",
            hint=f"no answer was a no; to run it now all the same: aiops-agent playbook run {approval.playbook}",
        )
    return approval


def add_silence(arguments: argparse.Namespace) -> int:
    """Keep quiet about matching incidents for a while."""
    try:
        lasting = timedelta(seconds=parse_duration(arguments.lasting))
    except ValueError as error:
        raise UsageError(f"--for: {error}") from error
    if not (arguments.service or arguments.category or arguments.fingerprint):
        raise UsageError(
            "a silence needs --service, --category or --fingerprint", hint="to stop acting on everything: `halt`"
        )
    if arguments.category and arguments.category not in CATEGORIES:
        raise UsageError(f"{arguments.category} is not a category", hint=f"known: {', '.join(CATEGORIES)}")
    with acting(arguments.config) as (session, agent):
        silence = Silence(
            id=f"sil-{secrets.token_hex(4)}",
            service=arguments.service,
            category=arguments.category,
            fingerprint=arguments.fingerprint,
            starts=session.now,
            ends=session.now + lasting,
            comment=arguments.comment,
            created_by=user(),
        )
        detail = {name: str(value) for name, value in silence.as_json().items() if value is not None and name != "id"}
        agent.journal.append(AuditEntry(session.now, user(), "silence.added", silence.id, detail))
        with agent.state.transaction():
            agent.state.silences.add(silence)
    print(f"{silence.id} until {rfc3339(silence.ends)}")
    return 0


def list_silences(arguments: argparse.Namespace) -> int:
    """Print every silence."""
    with reading(arguments.config) as (session, state):
        found = state.silences.all()
    if arguments.json:
        print_json({"silences": [silence.as_json() for silence in found]})
    else:
        print_table(
            ("ID", "IN FORCE", "SERVICE", "CATEGORY", "FINGERPRINT", "ENDS", "BY", "COMMENT"),
            ((s.id, _in_force(s, session.now), *_matchers(s), rfc3339(s.ends), s.created_by, s.comment) for s in found),
            empty="no silences",
        )
    return 0


def _matchers(silence: Silence) -> tuple[str | None, ...]:
    return (silence.service, silence.category, silence.fingerprint)


def _in_force(silence: Silence, now: datetime) -> str:
    return "yes" if silence.starts <= now < silence.ends else "no"


def end_silence(arguments: argparse.Namespace) -> int:
    """End one now."""
    with acting(arguments.config) as (session, agent):
        with agent.state.transaction():
            ended = agent.state.silences.end(arguments.id, session.now)
        if not ended:
            raise UsageError(f"no silence {arguments.id} is in force", hint="`aiops-agent silence list` names them")
        agent.journal.append(AuditEntry(session.now, user(), "silence.ended", arguments.id, {}))
    print(f"{arguments.id} is ended")
    return 0


def halt(arguments: argparse.Namespace) -> int:
    """Stop all acting: first the switch, which needs no lock, then the record of it."""
    session = start(arguments.config, create=True)
    Halt(session.config.state_dir / "halt").set(user(), session.now)
    print("halted: nothing is acted on until `aiops-agent resume`")
    with acting(arguments.config) as (_, agent):
        agent.journal.append(AuditEntry(session.now, user(), "halt", "all", {}))
    return 0


def resume(arguments: argparse.Namespace) -> int:
    """Allow acting again: recorded first."""
    with acting(arguments.config) as (session, agent):
        agent.journal.append(AuditEntry(session.now, user(), "resume", "all", {}))
        was_set = agent.state.halt.clear()
    print("acting is allowed again" if was_set else "acting was not halted")
    return 0
