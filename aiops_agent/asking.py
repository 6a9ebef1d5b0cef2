"""Ask people to agree to a repair, and take silence for a no."""

from datetime import datetime

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.model.incident import Incident, Status
from aiops_agent.noun import replace
from aiops_agent.policy.decide import people_needed
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.telling import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.order import Asked
    from aiops_agent.model.playbook import Playbook


def ask(
    agent: Agent,
    incident: Incident,
    playbook: "Playbook",
    now: datetime,
    *,
    expires: datetime,
    asked: "Asked | None" = None,
) -> Incident:
    """Ask people to agree to a playbook; call inside a transaction. `asked`: the root executor asks them."""
    from aiops_agent.model.message import ReportKind  # most ticks tell nothing

    service = incident.service or ""
    expires = asked.expires if asked else expires
    request = Approval(
        asked.id if asked else agent.token(),
        incident.id,
        playbook.name,
        playbook.digest,
        ApprovalState.PENDING,
        requested=now,
        expires=expires,
        service=service,
        bound=bound_to(agent, playbook, incident, expires),
        needed=asked.needed if asked else people_needed(playbook),
        agreed=asked.agreed if asked else (),
        by_root=asked is not None,
    )
    agent.state.incidents.save(incident)  # the request refers to it
    agent.state.approvals.ask(request)
    return tell(agent, replace(incident, status=Status.WAITING_APPROVAL), ReportKind.QUESTION, now, approval=request)


def bound_to(agent: Agent, playbook: "Playbook", incident: Incident, expires: datetime) -> str:
    """Return the digest of all that a person agrees to."""
    from aiops_agent.state.questions import Agreed  # a tick that asks nobody has no use for a digest

    service = incident.service or ""
    agreed = Agreed(
        digest=playbook.digest,
        parameters=agent.parameters_of(service),
        host=agent.host,
        incident=incident.id,
        service=service,
        expires=expires,
    )
    return agreed.digested().hex()


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
