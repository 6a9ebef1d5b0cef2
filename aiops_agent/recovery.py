"""What came to no good end: after a crash it is looked at, never repeated; later, whether it is well again by now."""

from datetime import datetime, timedelta

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.circumstances import aimed
from aiops_agent.errors import AuditError, ExecutorError, ForgedError
from aiops_agent.model.playbook import Failed, reworded
from aiops_agent.noun import replace
from aiops_agent.repair import conclude, recorder, without_secrets
from aiops_agent.state.actions import Action

LOOK_AGAIN_AFTER = timedelta(minutes=15)
"""Between two looks at a service whose repair did not succeed."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import RunResult
    from aiops_agent.playbook.bind import Bound


def settle_interrupted(agent: Agent, report: Tick) -> None:
    """Conclude every action that has an intent and no result.

    One that cannot be recorded, or whose undo journal cannot be opened without a key, waits for the next tick.
    """
    for action in agent.state.actions.interrupted():
        try:
            result = _settled_by_root(agent, action) or _settled(agent, report, action)
        except AuditError as error:
            report.heed(error)
        except ExecutorError:  # it is away, and may be at work on it: it is asked again by the next tick
            continue
        else:
            conclude(agent, report, action, reworded(result, without_secrets))


def _settled(agent: Agent, report: Tick, action: Action) -> "RunResult":
    from aiops_agent.playbook.recover import recover  # a tick after a tick that came to its end has no use for it

    try:
        return recover(
            _as_begun(agent, action),
            agent.executor,
            record=recorder(agent, report, action),
            journal=agent.state.undo.of(action.id),
        )
    except ForgedError as error:
        return Failed("interrupted", error.message, undone=False, left_behind=("look at the service yourself",))


def _settled_by_root(agent: Agent, action: Action) -> "RunResult | None":
    """Return what the root executor says of an action; None: it was not one for it."""
    playbook = agent.library.playbooks.get(action.playbook)
    if agent.root is None or playbook is None or not playbook.privileged:
        return None
    result = agent.root.outcome(action.id, agent.state.halt.is_set)
    return result or Failed(
        "before the first step", "interrupted before the root executor had heard of it", undone=True, left_behind=()
    )


def _as_begun(agent: Agent, action: Action) -> "Bound | None":
    """Return the playbook of an action, aimed; None when it is not the one any more that was run."""
    playbook = agent.library.playbooks.get(action.playbook)
    if playbook is None or playbook.digest != action.digest:
        return None
    bound = aimed(agent, playbook, action.target)
    return None if isinstance(bound, str) else bound


def note_recoveries(agent: Agent, report: Tick, now: datetime) -> None:
    """Look whether what a repair did not bring about has come about since: then its cooldown is over.

    It is well where the verification holds and the evidence does not. Looked at only where there is trouble, and not on
    every tick: the probes of a service that is down take their time.
    """
    for name, target, looked in agent.state.actions.unsuccessful():
        playbook = agent.library.playbooks.get(name)
        if playbook is None or timedelta(0) <= now - looked < LOOK_AGAIN_AFTER:
            continue
        from aiops_agent.playbook.run import dry_run, holds

        bound = aimed(agent, playbook, target)
        is_well = (
            not isinstance(bound, str)
            and holds(bound, agent.executor)
            and not dry_run(replace(bound, evidence=bound.own_evidence), agent.executor).steps
        )
        if is_well and not report.record(agent, entry(now, "recovered", target, playbook=name)):
            return
        with agent.state.transaction():
            if is_well:
                agent.state.actions.recovered(name, target, now)
            else:
                agent.state.actions.looked(name, target, now)
