"""Hear what people answered at the root executor: it has counted their answers, and acts on them alone."""

from datetime import datetime

from aiops_agent.agent import Agent, Tick, entry
from aiops_agent.asking import withdraw
from aiops_agent.errors import ExecutorError
from aiops_agent.state.approvals import Approval, ApprovalState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.audit import AuditEntry
    from aiops_agent.ports import RootExecutor

_ANSWERS = {
    "approved": ApprovalState.APPROVED,
    "denied": ApprovalState.DENIED,
    "expired": ApprovalState.EXPIRED,
    "used": ApprovalState.EXPIRED,  # by an order of ours before a crash: what came of it is settled apart
}


def heed_answers(agent: Agent, report: Tick, now: datetime) -> None:
    """Take over what was answered since the last tick."""
    if agent.root is None:
        return
    for approval in agent.state.approvals.asked_by_root():
        try:
            heed(agent, report, agent.root, approval, now)
        except ExecutorError:  # it is away; the question ends by itself when its time is over
            return


def heed(agent: Agent, report: Tick, root: "RootExecutor", approval: Approval, now: datetime) -> None:
    """Take over what was answered to one question."""
    answered = root.answered(approval.id)
    state = _ANSWERS.get(answered.state) if answered else ApprovalState.EXPIRED
    if state is None:  # it still waits, or for a second person
        return
    agreed = answered.agreed if answered else ()
    with report.transaction(agent):
        report.record(agent, *answers(approval, state, agreed, now))
        agent.state.approvals.heard(approval.id, state, agreed, now)
        if state is not ApprovalState.APPROVED:
            withdraw(agent, report, approval)


def answers(approval: Approval, state: ApprovalState, agreed: tuple[str, ...], now: datetime) -> "list[AuditEntry]":
    """Return what is recorded of an answer: the root executor's own record has who gave it."""
    from aiops_agent.model.audit import AuditEntry  # most ticks hear no answer

    if state is ApprovalState.APPROVED:
        return [
            AuditEntry(now, f"user:{name}", "approval.granted", approval.id, {**approval.about, "at": "executor"})
            for name in agreed
        ]
    word = "denied" if state is ApprovalState.DENIED else "expired"
    return [entry(now, f"approval.{word}", approval.id, **approval.about, at="executor")]
