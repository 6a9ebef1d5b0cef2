"""Did it help? Whether a fault came back after its repair, and which playbooks did not help against it."""

from datetime import datetime

from aiops_agent.agent import Agent
from aiops_agent.model.event import Fingerprint
from aiops_agent.policy.limits import is_self_effect


def note_return(agent: Agent, fault: Fingerprint, service: str | None, now: datetime, written: datetime | None) -> None:
    """Note that a fault was logged again, where it had been verified that a repair had ended it.

    Call inside a transaction, and not for records older than that repair. What the repair itself caused is no return.
    """
    if not service:  # nothing was ever repaired there
        return
    from aiops_agent.policy.attempts import RETURNS_WITHIN

    repair = agent.state.actions.last_repair(fault, service, since=now - RETURNS_WITHIN)
    if repair and not is_self_effect(agent.state.actions.history(), service, written, agent.policy.limits):
        agent.state.actions.returned(repair, now)


def unhelpful_against(agent: Agent, fault: Fingerprint) -> frozenset[str]:
    """Return the names of the playbooks that were tried in vain against a fault."""
    from aiops_agent.policy.attempts import unhelpful  # a fault of no service has none

    return unhelpful(agent.state.actions.attempts(fault))
