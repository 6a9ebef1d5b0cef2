"""Tell people: a report for every destination into the outbox, and from there to the platforms."""

from datetime import datetime

from aiops_agent.agent import Agent, Tick
from aiops_agent.errors import AuditError, ChatError, ForgedError
from aiops_agent.model.incident import Incident, Kind
from aiops_agent.noun import replace
from aiops_agent.state.approvals import Approval
from aiops_agent.state.outbox import Letter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.message import Message, ReportKind
    from aiops_agent.model.playbook import RunResult
    from aiops_agent.model.signature import Signature
    from aiops_agent.ports import Chat


def tell(  # noqa: PLR0913 - what a report may carry
    agent: Agent,
    incident: Incident,
    kind: "ReportKind",
    now: datetime,
    *,
    approval: Approval | None = None,
    result: "RunResult | None" = None,
    playbook: str | None = None,
    at_work: str | None = None,
) -> Incident:
    """Queue a report for every destination, in the transaction of what it tells; return the incident as told."""
    from aiops_agent.model.message import Report  # most ticks tell nothing

    report = Report(
        kind=kind,
        incident=incident,
        at=now,
        host=agent.host,
        citation=agent.library.article(incident.article) if incident.article else None,
        playbook=playbook or incident.playbook,
        approval=approval.id if approval else None,
        expires=approval.expires if approval else None,
        signature=signature_of(agent, playbook or incident.playbook, now) if approval else None,
        result=result,
        at_work=at_work,
        anchor=anchor(agent),
    )
    for chat in agent.chats:
        agent.state.outbox.put(chat.name, incident.id, agent.composer.compose(report, chat.locale), now)
    return replace(incident, last_told=now)


def signature_of(agent: Agent, name: str | None, now: datetime) -> "Signature | None":
    """Return how a playbook stands to its signature, for whoever is asked about it; None where none are used."""
    playbook = agent.library.playbooks.get(name) if name else None
    return agent.library.signature(playbook, now) if playbook and agent.library.register.is_used else None


def anchor(agent: Agent) -> str:
    """Return where the audit log stands: a copy elsewhere of it shows a log that was cut."""
    try:
        return str(agent.journal.anchor())
    except AuditError:
        return "audit log unavailable"


def deliver(agent: Agent, report: Tick) -> int:
    """Try every letter that is due; what fails waits for its next turn. Return how many were delivered."""
    now = agent.clock.now()
    chats = {chat.name: chat for chat in agent.chats}
    unreachable: set[str] = set()
    delivered = 0
    for letter in agent.state.outbox.due(now):
        chat = chats.get(letter.destination)
        if letter.destination in unreachable:
            continue
        if chat is None:  # else it would be due on every tick, and no tick would be quiet
            with agent.state.transaction():
                agent.state.outbox.refused(letter, f"no destination is called {letter.destination!r} any more")
            continue
        message = content(agent, report, letter, chat)
        if message is None:
            continue
        try:
            chat.send(message)
        except ChatError as error:
            with agent.state.transaction():
                if error.retryable:
                    unreachable.add(letter.destination)
                    agent.state.outbox.failed(letter, str(error), now, retry_after=error.retry_after)
                else:
                    agent.state.outbox.refused(letter, f"{error.message}: {error.hint}")
        else:
            delivered += 1
            with agent.state.transaction():
                agent.state.outbox.sent(letter)
    if delivered:
        with agent.state.transaction():
            agent.state.outbox.forget_sent()
    return delivered


def content(agent: Agent, report: Tick, letter: Letter, chat: "Chat") -> "Message | None":
    """Return what a letter says; None when that cannot be had: noted on it, and in the report of the tick."""
    try:
        return agent.state.outbox.message(letter) or anew(agent, letter, chat)
    except ForgedError as error:
        report.heed(error)
        with agent.state.transaction():
            agent.state.outbox.refused(letter, error.message)
    except AuditError as error:
        report.heed(error)
        with agent.state.transaction():
            agent.state.outbox.failed(letter, error.message, agent.clock.now(), retry_after=None)
    return None


def anew(agent: Agent, letter: Letter, chat: "Chat") -> "Message":
    """Return a report of an incident as it stands, for a letter that could not be kept.

    Raises:
        ForgedError: There is no such incident.
    """
    from aiops_agent.model.message import Report, ReportKind  # most ticks tell nothing

    incident = agent.state.incidents.by_id(letter.incident)
    if incident is None:
        raise ForgedError(f"a letter about {letter.incident} waits, and there is no such incident")
    report = Report(
        kind=ReportKind.NOTICE if incident.kind is Kind.AGENT else ReportKind.FOUND,
        incident=incident,
        at=letter.created,
        host=agent.host,
        citation=agent.library.article(incident.article) if incident.article else None,
        playbook=incident.playbook,
        anchor=anchor(agent),
    )
    return agent.composer.compose(report, chat.locale)
