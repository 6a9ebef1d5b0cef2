"""`outbox`: what waits to be delivered."""

import argparse

from aiops_agent.agent import Agent, Tick
from aiops_agent.cli.output import print_json, print_table
from aiops_agent.cli.session import acting, reading
from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.model.incident import rfc3339
from aiops_agent.state.outbox import Letter
from aiops_agent.state.state import State
from aiops_agent.telling import deliver


def list_waiting(arguments: argparse.Namespace) -> int:
    """Print what is not delivered yet."""
    with reading(arguments.config) as (_, state):
        _print(state, arguments)
    return 0


def flush(arguments: argparse.Namespace) -> int:
    """Try what is due."""
    with acting(arguments.config, delivers=True) as (_, agent):
        return _tried(agent, arguments)


def retry(arguments: argparse.Namespace) -> int:
    """Try everything, what was refused too."""
    with acting(arguments.config, delivers=True) as (session, agent):
        with agent.state.transaction():
            agent.state.outbox.retry(session.now)
        return _tried(agent, arguments)


def _tried(agent: Agent, arguments: argparse.Namespace) -> int:
    report = Tick()
    delivered = deliver(agent, report)
    if arguments.json:
        print_json({"delivered": delivered, "waiting": _as_json(agent.state)})
    else:
        print(f"{delivered} delivered")
        _print(agent.state, arguments)
    for failure in report.failures():
        raise failure
    return 0


def _as_json(state: State) -> list[dict[str, object]]:
    return [letter.as_json(_title(state, letter)) for letter in state.outbox.all()]


def _title(state: State, letter: Letter) -> str:
    """Return the title of what waits; where it cannot be had, why."""
    try:
        message = state.outbox.message(letter)
    except (AuditError, ForgedError) as error:
        return f"[withheld: {state.vault.note(error).splitlines()[0]}]"
    return message.title if message else "[withheld: it could not be encrypted; it is written when it is delivered]"


def _print(state: State, arguments: argparse.Namespace) -> None:
    if arguments.json:
        print_json({"outbox": _as_json(state)})
        return
    letters = state.outbox.all()
    print_table(
        ("ID", "TO", "STATE", "TRIES", "NEXT TRY", "INCIDENT"),
        ((x.id, x.destination, x.state, x.attempts, rfc3339(x.next_at), x.incident) for x in letters),
        empty="everything is delivered",
        below=[f"{_title(state, letter)}: {letter.error or 'not tried yet'}" for letter in letters],
    )
