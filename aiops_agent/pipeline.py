"""The journey, one page: read, assemble, diagnose, decide, act, tell, record.

A batch of log lines is absorbed in one transaction: the file's offset, the incidents its records belong to, what was
decided about them and the reports that follow are committed together or not at all. Acting comes after, each action
with its intent on disk first (`repair`); delivering comes last and may fail without harm (`telling`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from aiops_agent.agent import Agent, CutShort, Tick, endless
from aiops_agent.asking import expire
from aiops_agent.choosing import choice_of, chosen, found_before, pending
from aiops_agent.circumstances import NO_RECORDS, Grounds
from aiops_agent.deciding import decided, heard, settle
from aiops_agent.heartbeat import beat
from aiops_agent.heeding import heed_answers
from aiops_agent.helping import note_return
from aiops_agent.listening import hear
from aiops_agent.model.decision import Run
from aiops_agent.model.event import Batch, Fingerprint, Position, Sighting
from aiops_agent.model.evidence import Evidence, Words
from aiops_agent.model.incident import Incident, Kind, Status, again, diagnosed, grown, opened
from aiops_agent.noticing import (
    absorb_due,
    absorb_faults,
    absorb_silence,
    absorb_unreadable,
    approvals_are_sound,
    deliver_all,
)
from aiops_agent.noun import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.diagnosis import Diagnosis


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
        look_back(agent, report, now)
    read = absorb_sources(agent, report, now)
    absorb_faults(agent, report, now)
    absorb_silence(agent, report, read, now)
    if not rehearse and not report.is_stopped():
        beat(agent, report, now)
        if are_sound:
            heed_answers(agent, report, now)
            expire(agent, report, now)
        absorb_due(agent, report, now)
        act_on_decided(agent, report, now)
        if are_sound and agent.state.approvals.granted():
            from aiops_agent.repair import act_on_granted  # mostly nobody has just agreed to anything

            act_on_granted(agent, report)
        deliver_all(agent, report, now)
    report.open_what_is_shown(agent)
    return report


def look_back(agent: Agent, report: Tick, now: datetime) -> None:
    """Conclude what a crash cut short, and look whether what a repair did not mend is well by now."""
    if agent.state.actions.interrupted():
        from aiops_agent.recovery import settle_interrupted  # most ticks find neither

        settle_interrupted(agent, report)
    if agent.state.actions.unsuccessful():
        from aiops_agent.recovery import note_recoveries

        note_recoveries(agent, report, now)


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


def remember(agent: Agent, source: str) -> None:
    """Note that a source was read once: from now on a file that appears there is read from its beginning."""
    if source not in agent.state.seen:
        with agent.state.transaction():
            agent.state.seen.add(source)


def absorb(agent: Agent, source: str, batch: Batch, report: Tick, now: datetime) -> None:
    """Commit one batch: its offset, its incidents, what was decided about them, the reports that follow."""
    with report.transaction(agent):
        settled = agent.state.checkpoints.is_settled(batch.checkpoint, batch.service)
        grounds = Grounds(settled, batch.checkpoint.written)
        admitted, left_out = admit(agent, batch, report)
        for incident in counted(agent, admitted, now, grounds):
            settle(agent, report, incident, now, grounds)
        for notice, records in report.crowd(batch.path).notices(batch.path, left_out):
            settle(agent, report, heard(agent, notice, now, times=records), now)
        for notice in batch.notices:
            settle(agent, report, heard(agent, notice, now), now)
        agent.state.checkpoints.save(batch.checkpoint)
        hear(agent, report, source, batch, now)
    report.add(batch)


def admit(agent: Agent, batch: Batch, report: Tick) -> tuple[Batch, int]:
    """Return the batch with no more new faults than a file may bring, and how many error records the others are."""
    known = [agent.state.incidents.is_known(Kind.LOG, s.fingerprint, batch.service) for s in batch.sightings]
    return report.crowd(batch.path).admit(batch, known)


def meant(agent: Agent, asked: Sequence[Sighting], service: str | None) -> "Mapping[Fingerprint, Diagnosis]":
    """Return what each of these faults means."""
    if not asked:
        return {}
    from aiops_agent.recalling import diagnoses  # most ticks bring nothing that has to be diagnosed

    return diagnoses(agent, asked, service)


def counted(agent: Agent, batch: Batch, now: datetime, grounds: Grounds = NO_RECORDS) -> Iterator[Incident]:
    """Yield the incident of each sighting, counted.

    What is new or has grown is diagnosed, and everything after an edit of the articles or after people have said what a
    fault is; the playbook is chosen anew when there is another choice, so that one that was written meanwhile, or a
    parameter that was missing, is used, and one that did not help is not.
    """
    edited, lessons = agent.library.edition not in agent.state.seen, agent.state.lessons()
    every = choice_of(agent, batch.service)
    seen = ((s, agent.state.incidents.live(Kind.LOG, s.fingerprint, batch.service)) for s in batch.sightings)
    pairs = [(s, incident) for s, incident in seen if s.count or incident]  # what only grew opens none anew

    def is_asked(sighting: Sighting, incident: Incident | None) -> bool:
        if incident is None or not sighting.count:
            return True
        return (edited or incident.heeded != lessons) and not pending(incident)

    fresh = meant(agent, [s for s, incident in pairs if is_asked(s, incident)], batch.service)
    for sighting, known in pairs:
        if sighting.count and not grounds.settled:
            note_return(agent, sighting.fingerprint, batch.service, now, grounds.written)
        choice = every.against(agent, sighting.fingerprint)
        incident = seen_again(known, sighting) if known else opened(batch, sighting, now)
        if diagnosis := fresh.get(sighting.fingerprint):
            playbook = chosen(agent, diagnosis, choice)
            incident = diagnosed(incident, diagnosis, playbook, choice.digest, heeded=lessons)
        elif not pending(incident) and incident.choice != choice.digest:  # to look at none is a tenth of a second saved
            playbook = chosen(agent, found_before(agent, incident), choice)
            incident = replace(incident, playbook=playbook, choice=choice.digest)
        yield again(incident, sighting, now)


def seen_again(known: Incident, sighting: Sighting) -> Incident:
    """Return an incident whose fault was seen again; its evidence is opened only if lines have come to its record."""
    if not sighting.count:
        return grown(known, sighting)
    if not known.evidence.sealed:  # it could not be kept then
        return replace(known, evidence=Evidence(Words(sighting.headline, sighting.text, sighting.grouped_by)))
    return replace(known, evidence=known.evidence.seen_again(sighting.headline))


def act_on_decided(agent: Agent, report: Tick, now: datetime) -> None:
    """Run what was decided, also by a tick that a crash cut short before it acted: then decided again, as of now."""
    repaired: set[tuple[str, str | None]] = set()
    for incident in agent.state.incidents.to_run():
        if report.is_stopped():
            return
        from aiops_agent.repair import act, resolve  # most ticks repair nothing

        if (str(incident.playbook), incident.service) in repaired:
            resolve(agent, report, incident)
            continue
        decision = decided(agent, report, incident, now)
        if isinstance(decision, Run):
            if act(agent, report, incident, decision.playbook):
                repaired.add((decision.playbook.name, incident.service))
        else:
            with report.transaction(agent):
                settle(agent, report, replace(incident, status=Status.OPEN), now)
