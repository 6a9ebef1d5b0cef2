"""Once a day: say in the record that the agent is alive, and let go what the record holds for too long.

A day without a record is then a day on which the agent did not run, or was kept from it; `audit verify` says so.
"""

from datetime import datetime

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.errors import AuditError
from aiops_agent.state.pulse import EVERY


def beat(agent: Agent, report: Tick, now: datetime) -> None:
    """Record a heartbeat if the last one is a day old. The first tick of all has nothing behind it to vouch for."""
    last = agent.state.pulse.last()
    if last is not None:
        if last <= now < last + EVERY:
            return
        if not report.record(agent, entry(now, "heartbeat", agent.host)):
            return
        retire(agent, report, now)
    with agent.state.transaction():
        agent.state.pulse.beat(now)


def retire(agent: Agent, report: Tick, now: datetime) -> None:
    """Let old segments of the record go; where they are damaged they stay, and nothing is acted on any more."""
    if agent.keep is not None:
        try:
            agent.journal.retire(now - agent.keep, now)
        except AuditError as error:
            report.stop_recording(error)
