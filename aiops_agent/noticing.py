"""Notice what is wrong with the agent itself or its input: a disk, a silence, a refused file, a record that is gone."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from aiops_agent.agent import Agent, CutShort, Tick, entry
from aiops_agent.circumstances import Grounds
from aiops_agent.deciding import counted_again, heard, settle
from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.listening import close, judge
from aiops_agent.model.event import Notice, Severity
from aiops_agent.model.incident import Kind, Status, noticed
from aiops_agent.noun import replace
from aiops_agent.policy.limits import FAILURES, Circuit, circuit, host_circuit
from aiops_agent.telling import deliver

UNAVAILABLE = "audit_unavailable"
"""The kind of the notice that nothing can be recorded or encrypted, and so nothing is acted on."""

REFUSED_FILE = "refused_file"
"""The kind of a notice about a playbook, an article, a manifest or a trusted key that has faults."""


def approvals_are_sound(agent: Agent, report: Tick) -> bool:
    """Tell whether what people are asked and have agreed to is as this agent wrote it; else nothing is acted on."""
    try:
        agent.state.approvals.check()
    except (AuditError, ForgedError) as error:
        report.heed(error)
        return False
    return True


def absorb_unreadable(agent: Agent, source: str, report: Tick, error: OSError, now: datetime) -> None:
    """Tell that a source could not be read on, once."""
    report.cut_short = CutShort.UNREADABLE
    name = str(error.filename or source.strip("\0").replace("\0", ", "))
    with report.transaction(agent):
        notice = heard(agent, Notice("unreadable", name, str(error.strerror or error)), now)
        settle(agent, report, notice, now)


def absorb_silence(agent: Agent, report: Tick, read: AbstractSet[str], now: datetime) -> None:
    """Tell which sources have stopped talking, each once."""
    for change in judge(agent, read, now):
        with report.transaction(agent):
            if not change.expected:
                agent.state.voices.forget(change.voice.source)
                close(agent, report, change.voice.name, "nobody expects it to speak any more", now)
                continue
            agent.state.voices.save(change.voice, change.due)
            if change.notice:
                settle(agent, report, heard(agent, change.notice, now), now)


def absorb_due(agent: Agent, report: Tick, now: datetime) -> None:
    """Decide anew about what waited: whether it recovers by itself, for others to end their work."""
    for incident in agent.state.incidents.due(now):
        with report.transaction(agent):
            settle(agent, report, replace(incident, look_again=None), now, Grounds(time_passed=True))


def absorb_failures(agent: Agent, report: Tick, failures: Sequence[AuditError | ForgedError], now: datetime) -> None:
    """Tell loudly that nothing is acted on, and why: no audit log, no encryption, a state that others wrote."""
    for failure in failures:
        detail = f"{failure.message}\n{failure.hint}".strip()
        forged = isinstance(failure, ForgedError)
        notice = Notice("state_forged", "state", detail) if forged else Notice(UNAVAILABLE, "audit log", detail)
        fresh = replace(noticed(notice, now), severity=Severity.CRITICAL)
        with report.transaction(agent):
            if forged:
                report.record(agent, entry(now, notice.kind, notice.path, detail=detail))
            settle(agent, report, counted_again(agent, fresh, now), now)


def close_available(agent: Agent, report: Tick, now: datetime) -> None:
    """Close the notice that nothing could be recorded or encrypted, when it can be again."""
    told = noticed(Notice(UNAVAILABLE, "audit log", ""), now)
    known = agent.state.incidents.live(Kind.AGENT, told.fingerprint, None)
    if known and not report.audit_error:
        with report.transaction(agent):
            report.close(agent, known, "the audit log can be written again", now)


def absorb_circuits(agent: Agent, report: Tick, now: datetime) -> None:
    """Tell which circuits have opened, each once, and close the notices of those that a verified success has closed."""
    limits = agent.policy.limits
    failed = agent.state.actions.failed_ever()
    for playbook, target in failed:
        runs = agent.state.actions.history(playbook).of(playbook, target)
        absorb_circuit(agent, report, f"{playbook} on {target}", circuit(runs, now, limits, failures=FAILURES), now)
    if failed:
        absorb_circuit(agent, report, "this host", host_circuit(agent.state.actions.history(), now, limits), now)


def absorb_circuit(agent: Agent, report: Tick, what: str, stands: Circuit, now: datetime) -> None:
    """Tell of one circuit, or close what was told of it."""
    wait = int(agent.policy.limits.half_open_after.total_seconds() // 60)
    detail = f"{what} did not succeed several times in half an hour, and is not run again by itself.\n"
    detail += f"After {wait} minutes a person is asked about one attempt; a verified success ends this."
    fresh = replace(noticed(Notice("circuit_open", what, detail), now), severity=Severity.ERROR)
    known = agent.state.incidents.live(Kind.AGENT, fresh.fingerprint, None)
    if stands is Circuit.CLOSED and known:
        with report.transaction(agent):
            report.close(agent, known, "a verified success has closed the circuit", now)
    elif stands is Circuit.OPEN and known is None:
        with report.transaction(agent):
            settle(agent, report, counted_again(agent, fresh, now), now)


def deliver_all(agent: Agent, report: Tick, now: datetime) -> None:
    """Tell why nothing is acted on, if so, and deliver what is due; a letter that cannot be opened is told as well."""
    absorb_circuits(agent, report, now)
    told = report.failures()
    absorb_failures(agent, report, told, now)
    deliver(agent, report)
    late = [failure for failure in report.failures() if failure not in told]
    if late:
        absorb_failures(agent, report, late, now)
        deliver(agent, report)
    close_available(agent, report, now)


def absorb_faults(agent: Agent, report: Tick, now: datetime) -> None:
    """Tell which playbooks and articles are refused, what has expired, and close what was mended.

    Looked at after an edit of a file, and when a signature expires.
    """
    edition = agent.library.edition
    expiry = agent.state.signed.next_due()
    if edition not in agent.state.seen or (expiry and expiry <= now):
        register = agent.library.register
        faults = [*agent.library.faults, *register.faults_at(now)]
        with report.transaction(agent):
            agent.state.seen.add(edition)
            agent.state.signed.keep(register.raised(), register.next_expiry(now))
            paths = sorted({fault.file for fault in faults})
            close_mended(agent, report, paths, now)
            for path in paths:
                detail = "\n".join(str(fault) for fault in faults if fault.file == path)
                settle(agent, report, heard(agent, Notice(REFUSED_FILE, path, detail), now), now)


def close_mended(agent: Agent, report: Tick, refused: Sequence[str], now: datetime) -> None:
    """Close the notices about files that are mended, so that a new fault is told; call inside a transaction."""
    for incident in agent.state.incidents.all():
        notice = noticed(Notice(REFUSED_FILE, incident.source, ""), now)
        told = incident.fingerprint == notice.fingerprint and incident.status is not Status.CLOSED
        if told and incident.source not in refused:
            report.close(agent, incident, "the file is mended", now)
