"""Questions and answers: what the agent may ask, and what a person's yes or no counts for."""

import secrets
from datetime import datetime

from aiops_agent.executor.checks import aimed, bound_to
from aiops_agent.executor.desk import SELF, Desk
from aiops_agent.host import name_of
from aiops_agent.model.order import TOKEN_DIGITS, Refused
from aiops_agent.policy.decide import people_needed
from aiops_agent.ports import Inventory
from aiops_agent.state.approvals import ApprovalState
from aiops_agent.state.questions import MOST_OPEN, Question


def ask(desk: Desk, words: dict[str, str], inventory: Inventory, now: datetime) -> Question | Refused:
    """Put a question, or return the one that is open about the same."""
    bound = aimed(desk, words["playbook"], words["digest"], words["service"], inventory)
    if isinstance(bound, Refused):
        return bound
    playbook, incident = bound.playbook, words["incident"]
    with desk.alone:
        for known in desk.questions.about(playbook=playbook.name, service=bound.service, incident=incident):
            if known.bound == bound_to(desk, bound, incident, known.expires):
                return known
        if len(desk.questions.waiting()) >= MOST_OPEN:
            return Refused("too_many_questions", f"{MOST_OPEN} questions wait for an answer already")
        expires = now + desk.settings.approval_expires
        question = Question(
            id=secrets.token_hex(TOKEN_DIGITS // 2),
            bound=bound_to(desk, bound, incident, expires),
            playbook=playbook.name,
            digest=playbook.digest,
            service=bound.service,
            incident=incident,
            risk=playbook.risk,
            needed=people_needed(playbook),
            asked=now,
            expires=expires,
        )
        desk.record("asked", question.id, **question.about)
        with desk.transaction():
            desk.questions.ask(question)
    return question


def decide(desk: Desk, identity: str, uid: int, *, yes: bool, now: datetime) -> Question | Refused:
    """Take a person's answer: recorded, then counted. The first no ends it, enough yeses grant it."""
    name = name_of(uid)
    with desk.alone:
        question = desk.questions.by_id(identity)
        refused = _why_not(desk, question, uid, yes=yes)
        if refused or question is None:
            refused = refused or Refused("unknown_question", "there is no such question")
            desk.complain("answer.refused", identity, f"user:{name}", uid=uid, why=refused.name)
            return refused
        action = "approval.granted" if yes else "approval.denied"
        desk.record(action, identity, f"user:{name}", uid=uid, needed=question.needed, **question.about)
        with desk.transaction():  # may count nothing: the record may have taken until the time was over
            counted = desk.questions.agree(identity, uid, now) if yes else desk.questions.deny(identity, now)
            answered = desk.questions.by_id(identity)
    desk.tell_agent()
    if not counted or answered is None:
        return Refused("not_open", "its time was over before the answer could be kept")
    return answered


def expire(desk: Desk, now: datetime) -> None:
    """Take silence for a no."""
    with desk.alone:
        with desk.transaction():
            over = desk.questions.expire(now)
        for question in over:
            desk.complain("approval.expired", question.id, SELF, **question.about)
    if over:
        desk.tell_agent()


def _why_not(desk: Desk, question: Question | None, uid: int, *, yes: bool) -> Refused | None:
    if uid == desk.settings.agent or not desk.settings.approvers.include(uid):
        return Refused("not_an_approver", f"{name_of(uid)} is not among the approvers of this host")
    if question is None:
        return None
    if question.state is not ApprovalState.PENDING:
        return Refused("not_open", f"it is {question.state} already: an answer counts once")
    if yes and uid in question.agreed:
        return Refused("same_person", "you have agreed already: this risk needs another person too")
    return None
