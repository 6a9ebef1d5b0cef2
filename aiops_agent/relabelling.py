"""A person says what a fault is, or takes that back: recorded before it holds; decided anew when it is next seen.

Nothing is run, asked or told by it. A question that is open about the fault is withdrawn: it was about something else.
"""

from collections.abc import Iterable
from datetime import datetime

from aiops_agent.agent import Agent
from aiops_agent.choosing import choice_of, chosen
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.diagnosis import Diagnosis
from aiops_agent.model.exemplar import Exemplar
from aiops_agent.model.incident import Incident, Kind, Status, diagnosed
from aiops_agent.noun import replace
from aiops_agent.state.exemplars import MOST


def relabel(agent: Agent, incident: Incident, category: str, by: str, now: datetime) -> Exemplar:
    """Make an incident's record an exemplar of a category; return it.

    Raises:
        UsageError: It is no fault of a log, a repair of it is under way, or as much was relabelled as is searched.
        AuditError: It cannot be recorded, or its record cannot be opened.
        ModelError: The model, which finds the article, does not load.
    """
    exemplars, fault = agent.state.exemplars, incident.fingerprint
    affected = _affected(agent, incident)
    if exemplars.count() >= MOST and not exemplars.holds(fault):
        raise UsageError(
            f"{MOST} faults have been relabelled on this host, and no more are searched",
            hint="take back what is no longer needed: `aiops-agent incidents relabelled`, `relabel ID --undo`",
        )
    text, title = incident.text, incident.title
    if agent.state.vault.failure:  # what stands there is not the record
        raise agent.state.vault.failure
    cited = agent.diagnostician.cite(text, incident.service, category)
    said = Exemplar(
        fingerprint=fault,
        category=category,
        incident=incident.id,
        by=by,
        said=now,
        title=title,
        article=cited[0].id if cited else None,
        edition=agent.library.edition,
    )
    detail = {"was": incident.category, "category": category, "fingerprint": fault}
    with agent.state.transaction():
        exemplars.keep(said, text)
        withdrawn = _withdrawn(agent, affected, by, now)
        for each in affected:
            _follow(agent, each, said.diagnosis(cited))
        agent.journal.append(AuditEntry(now, by, "incident.relabelled", incident.id, detail), *withdrawn)
    return said


def take_back(agent: Agent, incident: Incident, by: str, now: datetime) -> list[Incident]:
    """Take back what was said of an incident's fault; return the incidents of it as the model finds them.

    Raises:
        UsageError: Nothing was said of it, or a repair of it is under way.
        AuditError: It cannot be recorded.
        ModelError: The model does not load.
    """
    exemplars, fault = agent.state.exemplars, incident.fingerprint
    if not exemplars.holds(fault):
        raise UsageError(
            f"nobody has said what the fault of {incident.id} is",
            hint="`aiops-agent incidents relabelled` lists what was said; what is only like it follows that",
        )
    affected = _affected(agent, incident)
    detail = {"was": incident.category, "fingerprint": fault}
    with agent.state.transaction():
        exemplars.forget(fault)
        withdrawn = _withdrawn(agent, affected, by, now)
        found = agent.diagnostician.diagnose([each.text for each in affected], [each.service for each in affected])
        left = [_follow(agent, each, diagnosis) for each, diagnosis in zip(affected, found, strict=True)]
        agent.journal.append(AuditEntry(now, by, "incident.label_withdrawn", incident.id, detail), *withdrawn)
    return left


def _affected(agent: Agent, incident: Incident) -> list[Incident]:
    """Return the incidents of the same fault that are not over, and the one that is named."""
    if incident.kind is Kind.AGENT:
        raise UsageError(
            f"{incident.id} is a notice of the agent about itself or its input",
            hint="only faults in logs have a category",
        )
    known = agent.state.incidents.of(incident.fingerprint)
    affected = [each for each in known if each.status is not Status.CLOSED or each.id == incident.id]
    at_work = {action.incident for action in agent.state.actions.interrupted()}
    busy = next((each.id for each in affected if each.id in at_work), None)
    if busy:
        raise UsageError(f"a repair of {busy} is under way", hint="try again when `aiops-agent scan` has settled it")
    return affected


def _withdrawn(agent: Agent, affected: Iterable[Incident], by: str, now: datetime) -> list[AuditEntry]:
    """Withdraw every question about some incidents; return what is recorded of that."""
    questions = [each for incident in affected for each in agent.state.approvals.withdraw(incident.id, by, now)]
    return [AuditEntry(now, by, "approval.withdrawn", question.id, question.about) for question in questions]


def _follow(agent: Agent, incident: Incident, diagnosis: Diagnosis) -> Incident:
    """Save an incident with what it is now found to mean, and nothing decided about that; call inside a transaction."""
    choice = choice_of(agent, incident.service).against(agent, incident.fingerprint)
    playbook = chosen(agent, diagnosis, choice)
    found = diagnosed(incident, diagnosis, playbook, choice.digest, heeded=agent.state.exemplars.number())
    waits = incident.status in (Status.WAITING_APPROVAL, Status.RUNNING)
    found = replace(found, status=Status.OPEN if waits else incident.status, look_again=None)
    agent.state.incidents.save(found)
    return found
