"""Commands as plain data: as they are kept on disk, and handed to another process."""

from collections.abc import Mapping
from datetime import timedelta

from aiops_agent.model.playbook import Command, Planned


def plain(command: Command) -> list[object]:
    """Return a command as JSON can hold it."""
    timeout = command.timeout.total_seconds()
    return [command.verb, dict(command.arguments), command.changes, command.privileged, timeout]


def command_of(said: object) -> Command:
    """Return what `plain` was given.

    Raises:
        ValueError: It is something else.
    """
    match said:
        case [str(verb), Mapping() as arguments, bool(changes), bool(privileged), int(seconds) | float(seconds)]:
            return Command(verb, dict(arguments), changes, privileged, timedelta(seconds=seconds))
        case _:
            raise ValueError("no command")


def plain_plan(planned: Planned) -> list[object]:
    """Return a change, and what takes it back, as JSON can hold them."""
    return [plain(planned.command), plain(planned.undo) if planned.undo else None]


def plan_of(said: object) -> Planned:
    """Return what `plain_plan` was given.

    Raises:
        ValueError: It is something else.
    """
    match said:
        case [command, undo]:
            return Planned(command_of(command), None if undo is None else command_of(undo))
        case _:
            raise ValueError("no plan")
