"""The words that need root: how each is planned and done. For the process that has root; the embedded one refuses them.

Every program here is named by us, with a list of words; what a playbook says is one of them at most, behind `--`.
Only `run` takes a list of the playbook's own, of a signed one.
"""

import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

from aiops_agent.model.playbook import Command, CommandResult, Planned, Scalar
from aiops_agent.noun import replace
from aiops_agent.playbook import files, vocabulary
from aiops_agent.playbook.doing import Doing, at_once
from aiops_agent.playbook.presence import started
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError
from aiops_agent.playbook.spawn import spawn
from aiops_agent.playbook.systemd import main_process, properties
from aiops_agent.ports import Clock, Stopped

_OF_UNIT = ("ActiveState", "InvocationID")
_OPPOSITE = {"start": "stop", "stop": "start"}
_RUNS = ("active", "activating", "reloading")

_TESTERS: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "apachectl": (("apachectl", "configtest"), (1,)),
    "haproxy": (("haproxy", "-c", "-q", "-f", "/etc/haproxy/haproxy.cfg"), (1,)),
    "named-checkconf": (("named-checkconf",), (1,)),
    "nginx": (("nginx", "-t", "-q"), (1,)),
    "php-fpm": (("php-fpm", "-t"), (70, 78)),
    "postfix": (("postfix", "check"), (1,)),
    "sshd": (("sshd", "-t"), (1, 255)),
    "visudo": (("visudo", "-c", "-q"), (1,)),
}
"""What tests a configuration, and how it ends when that is not valid; any other end proves nothing."""


def words(clock: Clock, *, path: str) -> Mapping[str, Doing]:
    """Return how each word is done.

    Args:
        clock: What names of copies are made by.
        path: Where programs are looked for: folders that root alone can write to.
    """
    return {
        "unit": Doing(
            lambda command, stopped: _unit(command, stopped, path), lambda command: _plan_unit(command, path)
        ),
        "signal_unit": at_once(
            lambda command: _signal_unit(command, path), lambda command: _plan_signal_unit(command, path)
        ),
        "config_test": Doing(lambda command, stopped: _config_test(command, stopped, path)),
        "run": Doing(lambda command, stopped: _run(command, stopped, path)),
        "move_aside": at_once(files.move_aside, lambda command: files.plan_move_aside(command, clock.now())),
        "restore_file": at_once(files.restore_file, lambda command: files.plan_restore_file(command, clock.now())),
        "put_back": at_once(files.put_back),
    }


def _asked_of(command: Command) -> tuple[str, str]:
    """Return what is asked of which unit."""
    word = next(iter(vocabulary.VERBS["unit"].one_of & set(command.arguments)))
    return word, str(command.arguments[word])


def _plan_unit(command: Command, path: str) -> Planned:
    """Decide which life of the unit is meant, and what takes a start or a stop back that changes something."""
    word, unit = _asked_of(command)
    found = properties(unit, *_OF_UNIT, seconds=command.timeout.total_seconds(), path=path)
    changes = word in _OPPOSITE and (found.get("ActiveState") in _RUNS) is (word == "stop")
    undo = vocabulary.command("unit", {_OPPOSITE[word]: unit}, timeout=command.timeout) if changes else None
    decided: dict[str, Scalar] = {"invocation": found.get("InvocationID", "")}
    return Planned(replace(command, arguments={**command.arguments, **decided}), undo)


def _unit(command: Command, stopped: Stopped, path: str) -> CommandResult:
    """Ask systemd, unless the unit has begun another life since it was planned: then it is done, or not wanted."""
    word, unit = _asked_of(command)
    seconds = command.timeout.total_seconds()
    if "invocation" in command.arguments:
        found = properties(unit, *_OF_UNIT, seconds=seconds, path=path, stopped=stopped)
        if found.get("InvocationID", "") != command.arguments["invocation"]:
            raise RefusedError(f"{unit} was started anew since it was looked at; it is left as it is")
    argv = ["systemctl", "--no-pager", "--no-ask-password", word, "--", unit]
    ended = spawn(argv, path=path, seconds=seconds, stopped=stopped)
    if ended.status != 0:
        raise HalfDoneError(f"systemctl {word} {unit} ended with status {ended.status}: {ended.errors.strip()}")
    return CommandResult(ok=True, detail=f"{word} {unit}: done")


def _plan_signal_unit(command: Command, path: str) -> Planned:
    unit = str(command.arguments["unit"])
    number = main_process(unit, seconds=command.timeout.total_seconds(), path=path)
    if number is None:
        raise RefusedError(f"{unit} has no main process now")
    decided: dict[str, Scalar] = {"pid": number, "ticks": started(number)}
    return Planned(replace(command, arguments={**command.arguments, **decided}), undo=None)


def _signal_unit(command: Command, path: str) -> CommandResult:
    """Send the signal to the process that was planned, if it still is the unit's."""
    unit, name, number = str(command.arguments["unit"]), str(command.arguments["name"]), int(command.arguments["pid"])
    if main_process(unit, seconds=command.timeout.total_seconds(), path=path) != number:
        raise RefusedError(f"{unit} has another main process than a moment ago")
    try:
        descriptor = os.pidfd_open(number)
        try:
            if started(number) != command.arguments["ticks"]:
                raise RefusedError(f"process {number} is another one than a moment ago")
            signal.pidfd_send_signal(descriptor, signal.Signals[f"SIG{name}"])
        finally:
            os.close(descriptor)
    except (ProcessLookupError, FileNotFoundError) as error:
        raise RefusedError(f"process {number} of {unit} is gone") from error
    return CommandResult(ok=True, detail=f"sent {name} to process {number} of {unit}")


def _config_test(command: Command, stopped: Stopped, path: str) -> CommandResult:
    program = str(command.arguments["program"])
    argv, invalid = _TESTERS[program]
    if program == "php-fpm":
        argv = (_only_php_fpm(path), *argv[1:])
    ended = spawn(list(argv), path=path, seconds=command.timeout.total_seconds(), stopped=stopped)
    if ended.status not in {0, *invalid}:
        raise RefusedError(f"{' '.join(argv)} ended with status {ended.status}: {ended.errors.strip()}")
    state = "valid" if ended.status == 0 else "invalid"
    return CommandResult(ok=state == command.arguments["is"], detail=f"{' '.join(argv)} says {state}")


def _only_php_fpm(path: str) -> str:
    """Return the one php-fpm of this host, whose name has a version on some."""
    if found := shutil.which("php-fpm", path=path):
        return found
    several = sorted(place for folder in path.split(":") for place in Path(folder).glob("php-fpm[0-9]*"))
    if len({place.resolve() for place in several}) != 1:
        raise RefusedError(f"there are {len(several) or 'no'} php-fpm here, and which one is meant cannot be told")
    return str(several[0])


def _run(command: Command, stopped: Stopped, path: str) -> CommandResult:
    argv = [str(value) for name, value in command.arguments.items() if name.startswith("argv.")]
    ended = spawn(argv, path=path, seconds=command.timeout.total_seconds(), stopped=stopped)
    if ended.status != 0:
        raise HalfDoneError(f"{argv[0]} ended with status {ended.status}: {ended.errors.strip()}")
    return CommandResult(ok=True, detail=f"ran {' '.join(argv)}")
