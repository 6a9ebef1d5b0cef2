"""The embedded executor: does one command in this process, as its own user, and refuses what needs root."""

from collections.abc import Callable, Mapping
from http.client import HTTPException

import psutil

from aiops_agent.hints import TypeVar
from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noun import dataclass
from aiops_agent.playbook import compress, files, network, processes, settings
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError
from aiops_agent.playbook.spawn import CutOffError, spawn
from aiops_agent.playbook.waiting import unless_stopped
from aiops_agent.ports import Clock, Stopped

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
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


class EmbeddedExecutor:
    """Takes every word of the vocabulary but the privileged ones."""

    privileged = False

    def __init__(self, clock: Clock, *, path: str = SYSTEM_PATH) -> None:
        self._path = path
        self._clock = clock
        self._words: Mapping[str, Doing] = {
            "unit_state": Doing(self._unit_state),
            "file_exists": _at_once(files.file_exists),
            "file_absent": _at_once(files.file_absent),
            "file_unused": _at_once(processes.file_unused),
            "older_than": _at_once(lambda command: files.older_than(command, clock.now())),
            "process_of": _at_once(processes.process_of),
            "http": _waiting(network.http_answers),
            "http_down": _waiting(network.http_down),
            "port": _waiting(network.port),
            "disk_use": _at_once(files.disk_use),
            "config": _at_once(settings.config),
            "move_aside": _at_once(files.move_aside, lambda command: files.plan_move_aside(command, clock.now())),
            "compress": Doing(self._compress),
            "restore_file": _at_once(files.restore_file, lambda command: files.plan_restore_file(command, clock.now())),
            "signal": _at_once(processes.send_signal, processes.plan_signal),
            "put_back": _at_once(files.put_back),
        }

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing it would decide, and what takes it back; changes nothing."""
        return told(command, lambda: self._word(command).plan(command))

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it; what goes wrong is a result, never an exception."""
        result = told(command, lambda: self._word(command).do(command, stopped))
        return CommandResult(result.ok, result.detail[:_LONGEST_DETAIL], result.half_done)

    def _word(self, command: Command) -> Doing:
        if command.privileged:
            raise RefusedError(f"{command.verb} needs root; this executor has none of it")
        if command.verb not in self._words:
            raise RefusedError(f"{command.verb} is not a word of the vocabulary")
        return self._words[command.verb]

    def _compress(self, command: Command, stopped: Stopped) -> CommandResult:
        deadline = self._clock.now() + command.timeout
        return compress.compress(command, lambda: self._clock.now() >= deadline, stopped)

    def _unit_state(self, command: Command, stopped: Stopped) -> CommandResult:
        unit = str(command.arguments["unit"])
        argv = ["systemctl", "--no-pager", "--no-ask-password", "show", "--property=LoadState,ActiveState", "--", unit]
        ended = spawn(argv, path=self._path, seconds=command.timeout.total_seconds(), stopped=stopped)
        if ended.status != 0:
            raise RefusedError(f"systemctl ended with status {ended.status}: {ended.errors.strip()}")
        properties = dict(line.split("=", 1) for line in ended.output.splitlines() if "=" in line)
        if properties.get("LoadState") != "loaded":
            raise RefusedError(
                f"{unit} is not a loaded unit here ({properties.get('LoadState', 'systemd says nothing')})"
            )
        found = properties.get("ActiveState", "unknown")
        return CommandResult(ok=found == command.arguments["is"], detail=f"{unit} is {found}")


def _at_once(do: Callable[[Command], CommandResult], plan: Callable[[Command], Planned] = as_written) -> Doing:
    """Say how a word is done that waits for nothing."""
    return Doing(lambda command, _: do(command), plan)


def _waiting(look: Callable[[Command], CommandResult]) -> Doing:
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
