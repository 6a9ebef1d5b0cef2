"""The journey, one page: read, assemble, diagnose, decide, act, tell, record.

A batch of log lines is absorbed in one transaction: the file's offset, the incidents its records belong to, what was
decided about them and the reports that follow are committed together or not at all. Acting comes after, each action
with its intent on disk first (`repair`); delivering comes last and may fail without harm (`telling`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from aiops_agent.agent import Agent, CutShort, Tick, endless, entry
from aiops_agent.digest import blake2b
from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.heartbeat import beat
from aiops_agent.listening import close, hear, judge
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.decision import NO_HISTORY, AskApproval, Decision, ReportOnly, Run, Suppress, name_of
from aiops_agent.model.diagnosis import Diagnosis, Prediction
from aiops_agent.model.event import Batch, Notice, Position, Severity, Sighting
from aiops_agent.model.evidence import Evidence, Words
from aiops_agent.model.incident import Incident, Kind, Status, diagnosed, grown, noticed, opened
from aiops_agent.model.message import ReportKind
from aiops_agent.noun import replace
from aiops_agent.policy.decide import decide
from aiops_agent.repair import act, act_on_granted, ask, circumstances, expire, resolve, settle_interrupted
from aiops_agent.telling import deliver, tell

UNAVAILABLE = "audit_unavailable"
"""The kind of the notice that nothing can be recorded or encrypted, and so nothing is acted on."""

REFUSED_FILE = "refused_file"
"""The kind of a notice about a playbook or an article that has faults."""


def tick(
    agent: Agent, now: datetime, *, rehearse: bool = False, limit: Callable[[], CutShort | None] = endless
) -> Tick:
    """Read what is new and take it through the journey; `rehearse` decides without acting or delivering.

    `limit` is asked between two batches whether to read on. A tick whose time is over still acts on what it found; one
    that is told to end begins nothing more. The next goes on where it ended.
    """
    report = Tick(limit)
    are_sound = approvals_are_sound(agent, report)
    if not rehearse:
        report.check_record(agent)
        settle_interrupted(agent, report)
    read = absorb_sources(agent, report, now)
    absorb_faults(agent, report, now)
    absorb_silence(agent, report, read, now)
    if not rehearse and not report.is_stopped():
        beat(agent, report, now)
        if are_sound:
            expire(agent, report, now)
        act_on_decided(agent, report, now)
        if are_sound:
            act_on_granted(agent, report)
        deliver_all(agent, report, now)
    report.open_what_is_shown(agent)
    return report


def approvals_are_sound(agent: Agent, report: Tick) -> bool:
    """Tell whether what people are asked and have agreed to is as this agent wrote it; else nothing is acted on."""
    try:
        agent.state.approvals.check()
    except (AuditError, ForgedError) as error:
        report.heed(error)
        return False
    return True


def deliver_all(agent: Agent, report: Tick, now: datetime) -> None:
    """Tell why nothing is acted on, if so, and deliver what is due; a letter that cannot be opened is told as well."""
    told = report.failures()
    absorb_failures(agent, report, told, now)
    deliver(agent, report)
    late = [failure for failure in report.failures() if failure not in told]
    if late:
        absorb_failures(agent, report, late, now)
        deliver(agent, report)
    close_available(agent, report, now)


def absorb_sources(agent: Agent, report: Tick, now: datetime) -> set[str]:
    """Commit what every source has, batch by batch; return the keys of those that were read to their end."""
    known = agent.state.checkpoints.known()
    read: set[str] = set()
    for key in agent.sources:
        unreadable: list[OSError] = []
        for batch in batches(agent, key, known, unreadable):
            absorb(agent, key, batch, report, now)
            known[batch.checkpoint.key] = batch.checkpoint
            if report.is_over():
                return read
        if unreadable:
            absorb_unreadable(agent, key, report, unreadable[0], now)
        else:
            remember(agent, key)
            read.add(key)
    return read


def batches(agent: Agent, source: str, known: Mapping[str, Position], unreadable: list[OSError]) -> Iterator[Batch]:
    """Yield what a source has; a fault of its disk ends it and is put into `unreadable`: the others are still read."""
    try:
        yield from agent.sources[source].read(known)
    except OSError as error:
        unreadable.append(error)


def absorb_unreadable(agent: Agent, source: str, report: Tick, error: OSError, now: datetime) -> None:
    """Tell that a source could not be read on, once."""
    report.cut_short = CutShort.UNREADABLE
    name = str(error.filename or source.strip("\0").replace("\0", ", "))
    with report.transaction(agent):
        notice = heard(agent, Notice("unreadable", name, str(error.strerror or error)), now)
        settle(agent, report, notice, settled=False, now=now)


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
                settle(agent, report, heard(agent, change.notice, now), settled=False, now=now)


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
            settle(agent, report, counted_again(agent, fresh, now), settled=False, now=now)


def close_available(agent: Agent, report: Tick, now: datetime) -> None:
    """Close the notice that nothing could be recorded or encrypted, when it can be again."""
    told = noticed(Notice(UNAVAILABLE, "audit log", ""), now)
    known = agent.state.incidents.live(Kind.AGENT, told.fingerprint, None)
    if known and not report.audit_error:
        with report.transaction(agent):
            report.close(agent, known, "the audit log can be written again", now)


def remember(agent: Agent, source: str) -> None:
    """Note that a source was read once: from now on a file that appears there is read from its beginning."""
    if source not in agent.state.seen:
        with agent.state.transaction():
            agent.state.seen.add(source)


def absorb(agent: Agent, source: str, batch: Batch, report: Tick, now: datetime) -> None:
    """Commit one batch: its offset, its incidents, what was decided about them, the reports that follow."""
    with report.transaction(agent):
        settled = agent.state.checkpoints.is_settled(batch.checkpoint, batch.service)
        admitted, left_out = admit(agent, batch, report)
        for incident in counted(agent, admitted, now):
            settle(agent, report, incident, settled=settled, now=now)
        for notice, records in report.crowd(batch.path).notices(batch.path, left_out):
            settle(agent, report, heard(agent, notice, now, times=records), settled=False, now=now)
        for notice in batch.notices:
            settle(agent, report, heard(agent, notice, now), settled=False, now=now)
        agent.state.checkpoints.save(batch.checkpoint)
        hear(agent, report, source, batch, now)
    report.add(batch)


def admit(agent: Agent, batch: Batch, report: Tick) -> tuple[Batch, int]:
    """Return the batch with no more new faults than a file may bring, and how many error records the others are."""
    known = [agent.state.incidents.live(Kind.LOG, s.fingerprint, batch.service) is not None for s in batch.sightings]
    return report.crowd(batch.path).admit(batch, known)


def act_on_decided(agent: Agent, report: Tick, now: datetime) -> None:
    """Run what was decided, also by a tick that a crash cut short before it acted: then decided again, as of now."""
    repaired: set[tuple[str, str | None]] = set()
    for incident in agent.state.incidents.to_run():
        if report.is_stopped():
            return
        if (str(incident.playbook), incident.service) in repaired:
            resolve(agent, report, incident)
            continue
        decision = decided(agent, report, incident, settled=False, now=now)
        if isinstance(decision, Run):
            if act(agent, report, incident, decision.playbook):
                repaired.add((decision.playbook.name, incident.service))
        else:
            with report.transaction(agent):
                settle(agent, report, replace(incident, status=Status.OPEN), settled=False, now=now)


def counted(agent: Agent, batch: Batch, now: datetime) -> Iterator[Incident]:
    """Yield the incident of each sighting, counted.

    What is new or has grown is diagnosed, and everything after an edit of the articles; the playbook is chosen anew
    when there is another choice, so that one that was written meanwhile, or a parameter that was missing, is used.
    """
    edited = agent.library.edition not in agent.state.seen
    choice = choice_for(agent, batch.service)
    seen = ((s, agent.state.incidents.live(Kind.LOG, s.fingerprint, batch.service)) for s in batch.sightings)
    pairs = [(s, incident) for s, incident in seen if s.count or incident]  # what only grew opens none anew
    asked = [s for s, incident in pairs if incident is None or s.count == 0 or (edited and not pending(incident))]
    answers = agent.diagnostician.diagnose([s.text for s in asked], [batch.service] * len(asked)) if asked else []
    fresh = {s.fingerprint: diagnosis for s, diagnosis in zip(asked, answers, strict=True)}
    for sighting, known in pairs:
        incident = seen_again(known, sighting) if known else opened(batch, sighting, now)
        if diagnosis := fresh.get(sighting.fingerprint):
            incident = diagnosed(incident, diagnosis, chosen(agent, diagnosis, batch.service), choice)
        elif not pending(incident) and incident.choice != choice:  # to look at no playbook is a tenth of a second saved
            playbook = chosen(agent, found_before(agent, incident), batch.service)
            incident = replace(incident, playbook=playbook, choice=choice)
        yield replace(
            incident,
            occurrences=incident.occurrences + sighting.count,
            last_seen=now,
            severity=max(incident.severity, sighting.severity),
        )


def seen_again(known: Incident, sighting: Sighting) -> Incident:
    """Return an incident whose fault was seen again; its evidence is opened only if lines have come to its record."""
    if not sighting.count:
        return grown(known, sighting)
    if not known.evidence.sealed:  # it could not be kept then
        return replace(known, evidence=Evidence(Words(sighting.headline, sighting.text, sighting.grouped_by)))
    return replace(known, evidence=known.evidence.seen_again(sighting.headline))


def pending(incident: Incident) -> bool:
    """Tell whether its playbook is being asked about or run: not the moment to choose another."""
    return incident.status in (Status.WAITING_APPROVAL, Status.RUNNING)


def chosen(agent: Agent, diagnosis: Diagnosis, service: str | None) -> str | None:
    """Return the name of the playbook for a diagnosis, if there is one."""
    from aiops_agent.playbook.choose import choose  # a tick without a new fault has no use for the vocabulary

    parameters, privileged = agent.parameters_of(service), agent.executor.privileged
    playbook = choose(agent.library.playbooks, diagnosis, service, parameters, privileged=privileged)
    return playbook.name if playbook else None


def choice_for(agent: Agent, service: str | None) -> str:
    """Return a digest of all that `chosen` depends on beside the diagnosis; reads no playbook."""
    among = (agent.library.edition, sorted(agent.parameters_of(service).items()), agent.executor.privileged)
    return blake2b(repr(among).encode(errors="surrogateescape"), digest_size=16).hexdigest()


def found_before(agent: Agent, incident: Incident) -> Diagnosis:
    """Return what an incident was found to mean, its article as it reads now."""
    article = agent.library.article(incident.article) if incident.article else None
    prediction = Prediction(incident.category, incident.confidence, incident.abstained, (), incident.decided_by)
    return Diagnosis(prediction, (article,) if article else ())


def heard(agent: Agent, notice: Notice, now: datetime, *, times: int = 1) -> Incident:
    """Return the incident of a notice about the agent's own input, counted."""
    return counted_again(agent, replace(noticed(notice, now), occurrences=times), now)


def counted_again(agent: Agent, fresh: Incident, now: datetime) -> Incident:
    """Return a notice together with those of it before."""
    known = agent.state.incidents.live(Kind.AGENT, fresh.fingerprint, None)
    if known is None:
        return fresh
    return replace(known, evidence=fresh.evidence, last_seen=now, occurrences=known.occurrences + fresh.occurrences)


def absorb_faults(agent: Agent, report: Tick, now: datetime) -> None:
    """Tell which playbooks and articles are refused, and close what was mended: looked at after an edit of a file."""
    edition = agent.library.edition
    if edition not in agent.state.seen:
        faults = agent.library.faults
        with report.transaction(agent):
            agent.state.seen.add(edition)
            paths = sorted({fault.file for fault in faults})
            close_mended(agent, report, paths, now)
            for path in paths:
                detail = "\n".join(str(fault) for fault in faults if fault.file == path)
                settle(agent, report, heard(agent, Notice(REFUSED_FILE, path, detail), now), settled=False, now=now)


def close_mended(agent: Agent, report: Tick, refused: Sequence[str], now: datetime) -> None:
    """Close the notices about files that are mended, so that a new fault is told; call inside a transaction."""
    for incident in agent.state.incidents.all():
        notice = noticed(Notice(REFUSED_FILE, incident.source, ""), now)
        told = incident.fingerprint == notice.fingerprint and incident.status is not Status.CLOSED
        if told and incident.source not in refused:
            report.close(agent, incident, "the file is mended", now)


def settle(agent: Agent, report: Tick, incident: Incident, *, settled: bool, now: datetime) -> None:
    """Decide about an incident, record the decision, save it, queue what is to be told."""
    incident = report.sealed(agent, incident)
    decision = decided(agent, report, incident, settled=settled, now=now)
    if isinstance(decision, Run | AskApproval) and not report.can_keep_approvals(agent):
        decision = decided(agent, report, incident, settled=settled, now=now)  # now without a key
    changed = (incident.decision, incident.reason) != (name_of(decision), decision.reason.value)
    if changed or not isinstance(decision, Suppress):  # an unchanged silence is not recorded 288 times a day
        made = decision_entry(incident, decision, now)
        if not isinstance(decision, Run | AskApproval):
            report.note(agent, made)
        elif not report.record(agent, made):
            decision = decided(agent, report, incident, settled=settled, now=now)  # now without a record
    incident = replace(incident, decision=name_of(decision), reason=decision.reason.value)
    match decision:
        case Suppress():
            pass
        case ReportOnly():
            status = Status.OPEN if incident.status is Status.RESOLVED else incident.status
            kind = ReportKind.NOTICE if incident.kind is Kind.AGENT else ReportKind.FOUND
            is_alone = report.crowd(incident.source).is_told_alone(incident)
            incident = replace(incident, status=status, last_told=now)
            if is_alone:
                report.record(agent)  # what was noted: the report says where the record stands with it
                incident = tell(agent, incident, kind, now)
        case AskApproval(playbook=playbook, expires_in=lifetime):
            incident = ask(agent, incident, playbook, now, expires=now + lifetime)
        case Run():
            incident = replace(incident, status=Status.RUNNING)
    report.keep(agent, incident)


def decided(agent: Agent, report: Tick, incident: Incident, *, settled: bool, now: datetime) -> Decision:
    """Ask the policy about an incident as it stands."""
    named = incident.playbook if incident.service else None  # the policy asks for none where none can be used
    playbook = agent.library.playbooks.get(named) if named else None
    at = circumstances(agent, report, incident, playbook, now, settled=settled)
    history = agent.state.actions.history(playbook.name, incident.service or "", now) if playbook else NO_HISTORY
    return decide(incident, playbook, history, at, agent.policy)


def decision_entry(incident: Incident, decision: Decision, now: datetime) -> AuditEntry:
    """Return what is recorded of a decision."""
    return entry(
        now,
        "decision",
        incident.id,
        decision=name_of(decision),
        reason=decision.reason.value,
        category=incident.category,
        confidence=f"{incident.confidence:.4f}",
        occurrences=incident.occurrences,
    )
