"""How a word is done: what is decided before, what does it, and what is said when it goes wrong."""

from collections.abc import Callable
from http.client import HTTPException

import psutil

from aiops_agent.hints import TypeVar
from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noun import dataclass
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError
from aiops_agent.playbook.spawn import CutOffError
from aiops_agent.playbook.waiting import unless_stopped
from aiops_agent.ports import Stopped

_LONGEST_DETAIL = 2000

_Done = TypeVar("_Done")


def as_written(command: Command) -> Planned:
    """Plan what has nothing to decide and cannot be taken back."""
    return Planned(command, undo=None)


@dataclass(frozen=True, slots=True)
class Doing:
    """How one word of the vocabulary is done."""

    do: Callable[[Command, Stopped], CommandResult]
    """Raises RefusedError or OSError when it changed nothing, HalfDoneError or CutOffError when it may have."""

    plan: Callable[[Command], Planned] = as_written
    """Changes nothing, and decides all that `do` would: of two calls of `do` with it one does nothing or refuses."""


def at_once(do: Callable[[Command], CommandResult], plan: Callable[[Command], Planned] = as_written) -> Doing:
    """Say how a word is done that waits for nothing."""
    return Doing(lambda command, _: do(command), plan)


def waiting(look: Callable[[Command], CommandResult]) -> Doing:
    """Say how a word is done that waits for others, and only looks."""
    return Doing(lambda command, stopped: unless_stopped(lambda: look(command), stopped))


def told(command: Command, do: Callable[[], _Done]) -> "_Done | CommandResult":
    """Return what was done, or in words what went wrong."""
    try:
        return do()
    except (HalfDoneError, CutOffError) as error:
        return CommandResult(ok=False, detail=str(error), half_done=command.changes)
    except RefusedError as error:
        return CommandResult(ok=False, detail=str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return CommandResult(ok=False, detail=f"{place}{error.strerror or type(error).__name__}")
    except (psutil.Error, HTTPException, UnicodeError) as error:
        return CommandResult(ok=False, detail=f"{command.verb}: {type(error).__name__}")


def short(detail: str) -> str:
    """Return at most 2,000 characters, cut between two words: of half a secret it could not be told that it is one."""
    if len(detail) <= _LONGEST_DETAIL:
        return detail
    words = detail[: _LONGEST_DETAIL + 1]
    while words and not words[-1].isspace():
        words = words[:-1]
    return words.rstrip()
