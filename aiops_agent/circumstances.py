"""What holds at the moment of a decision: gathered for the policy, which itself looks at nothing."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from aiops_agent.agent import Agent, Tick
from aiops_agent.helping import unhelpful_against
from aiops_agent.model.incident import Incident
from aiops_agent.model.signature import Signature
from aiops_agent.noun import dataclass
from aiops_agent.policy.decide import Circumstances
from aiops_agent.policy.limits import SYSTEMIC_WITHIN, healthy_others

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Playbook
    from aiops_agent.playbook.bind import Bound


@dataclass(frozen=True, slots=True)
class Grounds:
    """What an incident is decided about for, just now: what is known of its new records."""

    settled: bool = False
    """As in `Circumstances`."""

    written: datetime | None = None
    """The same."""

    time_passed: bool = False
    """There are none: it is due to be looked at again, and the fault may be over by now."""


NO_RECORDS = Grounds()


def circumstances(
    agent: Agent, report: Tick, incident: Incident, playbook: "Playbook | None", now: datetime, grounds: Grounds
) -> Circumstances:
    """Gather what the policy asks for beside the incident, but for `busy`: see below."""
    service = incident.service or ""
    failing = agent.state.incidents.failing(now - SYSTEMIC_WITHIN) if playbook else frozenset[str]()
    return Circumstances(
        now=now,
        service=service,
        silenced=any(silence.matches(incident) for silence in agent.state.silences.in_force(now)),
        settled=grounds.settled,
        written=grounds.written,
        halted=agent.state.halt.is_set(),
        audit_available=report.audit_error is None,
        forged=report.forged is not None,
        privileged_executor=agent.has_root_for(service),
        parameters_found=playbook is not None and is_usable(agent, playbook, service),
        signed=playbook is not None and agent.library.signature(playbook, now) is Signature.SIGNED,
        busy=None,
        healthy=healthy(agent, service, failing) if playbook else {},
        failing=failing | {service},
        asked=playbook is not None and agent.state.incidents.is_asked_about(playbook.name, service, beside=incident.id),
        not_needed=playbook is not None and (playbook.name, service) in report.not_needed,
        last_refusal=last_refusal(agent, incident),
        last_try=agent.state.actions.last_try(incident.id, playbook.name) if playbook else None,
        unhelpful=playbook is not None and playbook.name in unhelpful_against(agent, incident.fingerprint),
    )


def last_refusal(agent: Agent, incident: Incident) -> datetime | None:
    """Return when a question about an incident was last refused, as it is understood now.

    What was refused before a person said what it is was the repair of something else.
    """
    refused = agent.state.approvals.last_refusal(incident.id)
    named = agent.state.exemplars.of(incident.fingerprint) if refused else None
    return None if refused and named and refused <= named.said else refused


def aimed(agent: Agent, playbook: "Playbook", service: str) -> "Bound | str":
    """Return the playbook aimed at a service, or in words what keeps it from being."""
    from aiops_agent.playbook.bind import Bound, bind  # a tick that decides about no playbook needs no vocabulary

    parameters, roots = agent.parameters_of(service), agent.roots_of(service)
    bound = bind(playbook, service, parameters, roots=roots, ours=_ours(agent))
    return bound if isinstance(bound, Bound) else str(bound)


def busy(agent: Agent, report: Tick, playbook: "Playbook", service: str) -> str | None:
    """Return who is at work on the host or the service, as far as can be seen: looked at once in a tick.

    It takes as long as all the rest of a decision, and is asked for only when something is about to be done or asked.
    """
    key = (playbook.name, service)
    if key not in report.at_work:
        from aiops_agent.playbook.bind import at_work  # as above

        seen = (agent.executor.run(look, agent.state.halt.is_set) for look in at_work(playbook, service, _ours(agent)))
        report.at_work[key] = next((result.detail for result in seen if not result.ok), None)
    return report.at_work[key]


def is_evident(agent: Agent, playbook: "Playbook", service: str) -> bool:
    """Tell whether the evidence of a playbook holds now, as far as it can be seen without root."""
    bound = aimed(agent, playbook, service)
    return not isinstance(bound, str) and all(
        agent.executor.run(probe, agent.state.halt.is_set).ok for probe in bound.own_evidence if not probe.privileged
    )


def _ours(agent: Agent) -> list[tuple[datetime, datetime]]:
    """Return when a hand on a unit may have been this agent's own."""
    from aiops_agent.playbook.bind import HAND  # as above

    now = agent.clock.now()
    return agent.state.actions.history().at_work(now - 2 * HAND, now)


def is_usable(agent: Agent, playbook: "Playbook", service: str) -> bool:
    """Tell whether the configuration gives all that a playbook needs; the host is looked at when it is acted on."""
    from aiops_agent.playbook.bind import fits  # as above

    return fits(playbook, service, agent.parameters_of(service), roots=agent.roots_of(service)) is None


def healthy(agent: Agent, service: str, failing: AbstractSet[str]) -> Mapping[str, int]:
    """Return, by group that a service is of, how many others in it are active and have no new faults."""

    def is_healthy(other: str) -> bool:
        return other not in failing and is_active(agent, other)

    return healthy_others(agent.policy.limits.groups, service, is_healthy)


def is_active(agent: Agent, unit: str) -> bool:
    """Ask the executor's own probe."""
    from aiops_agent.playbook.vocabulary import command

    return agent.executor.run(command("unit_state", {"unit": unit, "is": "active"}), agent.state.halt.is_set).ok
