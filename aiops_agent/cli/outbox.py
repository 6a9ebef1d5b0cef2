"""`outbox`: what waits to be delivered."""

import argparse

from aiops_agent.cli.output import print_json, print_table
from aiops_agent.cli.session import acting, reading
from aiops_agent.model.incident import rfc3339
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
        delivered = deliver(agent)
        return _tried(agent.state, delivered, arguments)


def retry(arguments: argparse.Namespace) -> int:
    """Try everything, what was refused too."""
    with acting(arguments.config, delivers=True) as (session, agent):
        with agent.state.transaction():
            agent.state.outbox.retry(session.now)
        return _tried(agent.state, deliver(agent), arguments)


def _tried(state: State, delivered: int, arguments: argparse.Namespace) -> int:
    if arguments.json:
        print_json({"delivered": delivered, "waiting": [letter.as_json() for letter in state.outbox.all()]})
    else:
        print(f"{delivered} delivered")
        _print(state, arguments)
    return 0


def _print(state: State, arguments: argparse.Namespace) -> None:
    letters = state.outbox.all()
    if arguments.json:
        print_json({"outbox": [letter.as_json() for letter in letters]})
        return
    print_table(
        ("ID", "TO", "STATE", "TRIES", "NEXT TRY", "INCIDENT"),
        ((x.id, x.destination, x.state, x.attempts, rfc3339(x.next_at), x.incident) for x in letters),
        empty="everything is delivered",
        below=[f"{letter.message.title}: {letter.error or 'not tried yet'}" for letter in letters],
    )
