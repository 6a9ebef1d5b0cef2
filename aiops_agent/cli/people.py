"""`approvals`, `silence`, `halt`, `resume`: a person's decisions, without any chat."""

import argparse
import os
import secrets
import sys
from datetime import datetime, timedelta
from pathlib import Path

from aiops_agent import remembered
from aiops_agent.agent import Agent, Tick
from aiops_agent.asking import withdraw
from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import acting, reading, start, user
from aiops_agent.errors import ExecutorError, UsageError
from aiops_agent.heeding import heed_answers
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.incident import Status, rfc3339
from aiops_agent.model.order import TOKEN_DIGITS, Asked
from aiops_agent.noticing import deliver_all
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.playbook.kinds import parse_duration
from aiops_agent.recovery import settle_interrupted
from aiops_agent.repair import act_on_granted
from aiops_agent.settings import Config
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.state.halt import Halt
from aiops_agent.state.silences import Silence
from aiops_agent.wiring.late import remote_of


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
    """Agree, and run the playbook now, if that is enough."""
    config = remembered.load(Path(arguments.config), None)
    asked = answered_at_root(config, arguments.id, yes=True)  # as who types this: root becomes the agent below
    if asked and (len(asked.agreed) < asked.needed or not may_act(config)):
        print(_agreed_at_root(asked))
        return 0
    with acting(arguments.config, delivers=True) as (session, agent):
        report = Tick()
        settle_interrupted(agent, report)  # under the lock nothing is at work but what a crash cut short
        if asked:
            heed_answers(agent, report, session.now)
        elif not _agree(agent, arguments.id, session.now):
            return 0
        act_on_granted(agent, report)
        deliver_all(agent, report, agent.clock.now())
    for failure in report.failures():
        raise failure
    failed = False
    for incident in report.touched.values():
        ending, detail = report.endings.get(incident.id, (incident.outcome or "not run", ""))
        ended = f"{incident.id}: {incident.playbook}: {ending}; the incident is {incident.status}"
        print(safe(f"{ended}\n    {detail}".rstrip()))
        failed = failed or incident.status is not Status.RESOLVED
    return int(failed)


def _agree(agent: Agent, identity: str, now: datetime) -> bool:
    """Count a yes; False when another person must say so too."""
    approval = _check_pending(agent.state.approvals.by_id(identity), identity, now)
    if user() in approval.agreed:
        raise UsageError(f"you have agreed to {identity} already", hint="this risk needs a second person")
    agent.journal.append(AuditEntry(now, user(), "approval.granted", approval.id, approval.about))
    with agent.state.transaction():
        agent.state.approvals.answer(identity, ApprovalState.APPROVED, user(), now)
    missing = approval.needed - len(approval.agreed) - 1
    if missing:
        print(f"{identity}: your yes counts; {missing} more must agree, each another person")
    return not missing


def answered_at_root(config: Config, identity: str, *, yes: bool) -> Asked | None:
    """Give an answer to the root executor, as who runs this; None: it is not one of its questions.

    Raises:
        ExecutorError: The answer does not count there, or the executor is away.
    """
    if len(identity) != TOKEN_DIGITS or config.executor is None:
        return None
    remote = remote_of(config)
    return remote.approve(identity) if yes else remote.deny(identity)


def may_act(config: Config) -> bool:
    """Tell whether who types this is root, or whom the agent runs as: others wait for its next tick."""
    return os.geteuid() == 0 or (config.state_dir.exists() and config.state_dir.stat().st_uid == os.geteuid())


def _agreed_at_root(asked: Asked) -> str:
    missing = asked.needed - len(asked.agreed)
    if missing > 0:
        return f"{asked.id}: your yes counts; {missing} more must agree, each another person"
    return f"{asked.id}: {asked.playbook} on {asked.service} is agreed to; the agent runs it with its next tick"


def deny(arguments: argparse.Namespace) -> int:
    """Refuse: the playbook is not run."""
    config = remembered.load(Path(arguments.config), None)
    asked = answered_at_root(config, arguments.id, yes=False)
    if asked:
        print(f"{asked.id} is denied; {asked.playbook} is not run")
        return 0
    with acting(arguments.config) as (session, agent):
        approval = _check_pending(agent.state.approvals.by_id(arguments.id), arguments.id, session.now)
        agent.journal.append(AuditEntry(session.now, user(), "approval.denied", approval.id, approval.about))
        with agent.state.transaction():
            agent.state.approvals.answer(arguments.id, ApprovalState.DENIED, user(), session.now)
            withdraw(agent, Tick(), approval)
    print(f"{arguments.id} is denied; {approval.playbook} is not run")
    return 0


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
    halt_root(session.config)
    with acting(arguments.config) as (_, agent):
        agent.journal.append(AuditEntry(session.now, user(), "halt", "all", {}))
    return 0


def halt_root(config: Config) -> None:
    """Stop the root executor too, if there is one."""
    if config.executor is None or not config.executor.exists():
        return
    try:
        remote_of(config).halt()
    except ExecutorError as error:
        print(f"aiops-agent: the root executor was not told: {safe(error.message)}", file=sys.stderr)
        print("  it gets no orders any more; to be sure: systemctl stop aiops-agent-executor", file=sys.stderr)
    else:
        print("the root executor is halted too, until `aiops-agent-executor resume`, as root")


def resume(arguments: argparse.Namespace) -> int:
    """Allow acting again: recorded first."""
    with acting(arguments.config) as (session, agent):
        agent.journal.append(AuditEntry(session.now, user(), "resume", "all", {}))
        was_set = agent.state.halt.clear()
    print("acting is allowed again" if was_set else "acting was not halted")
    if is_root_halted(session.config):
        print("the root executor is still halted: `aiops-agent-executor resume`, as root")
    return 0


def is_root_halted(config: Config) -> bool:
    """Tell whether there is a root executor that is halted."""
    if config.executor is None or not config.executor.exists():
        return False
    try:
        return remote_of(config).greet().halted
    except ExecutorError:  # `doctor` says what is wrong with it
        return False
