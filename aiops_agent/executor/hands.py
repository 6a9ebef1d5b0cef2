"""The executor's hands: systemd is asked here, all else is done in a sandbox that allows that one command only."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from aiops_agent.errors import StateError
from aiops_agent.executor import hand
from aiops_agent.executor.sandbox import NOBODY, Confinement, under_bubblewrap, under_systemd
from aiops_agent.model.plain import plain
from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noun import replace
from aiops_agent.playbook import privileged
from aiops_agent.playbook.doing import told
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.files import folder_of
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError
from aiops_agent.playbook.spawn import CutOffError, Ended, spawn
from aiops_agent.playbook.systemd import SYSTEM_PATH, systemctl
from aiops_agent.playbook.verb import root_of
from aiops_agent.ports import Clock, Stopped, never

OF_SYSTEMD = frozenset({"unit_state", "untouched", "past_grace"})
"""Probes that ask systemd and touch nothing else."""

OVER_THE_NETWORK = frozenset({"http", "http_down", "port"})
"""Probes that ask others, as nobody: the executor itself has no network."""

_PLACES = ("directory", "path", "pid_file")
"""Arguments that name what is changed, by their own name or by the folder they are in."""


def _there(*folders: str) -> tuple[str, ...]:
    return tuple(folder for folder in folders if Path(folder).is_dir())


_LOOKING = ("CAP_DAC_READ_SEARCH", "CAP_SYS_PTRACE")
_CHANGING = ("CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_KILL", "CAP_SYS_PTRACE")

OF_NO_FOLDER = {
    # A tester opens what its program would: logs to write to, and addresses, where it forgives that they are in use.
    "config_test": Confinement(
        writable=_there("/run", "/var/log", "/var/lib"),
        capabilities=(*_CHANGING, "CAP_NET_BIND_SERVICE"),
        network=True,
    ),
    "signal_unit": Confinement(capabilities=("CAP_KILL",)),
    # Signed by a person who knows what it does; without a network, and without the programs and homes of this host.
    "run": Confinement(writable=_there("/etc", "/run", "/srv", "/var"), capabilities=_CHANGING),
}
"""What is allowed to words that name no folder."""

_STEP = "aiops-agent-step-"
_SPARE = 5.0
"""Seconds beyond the time of a command for the sandbox to be made."""

_ROOT = Path(__file__).resolve().parent.parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from aiops_agent.executor.hand import main; main()"
_HAND = [sys.executable, "-I", "-c", _START, str(_ROOT)]


class RootHands:
    """Does every word of the vocabulary as root, or as whoever has less and is enough: `ports.Executor`."""

    privileged = True

    def __init__(self, clock: Clock, *, booted: bool, token: Callable[[], str], path: str = SYSTEM_PATH) -> None:
        """Take what it needs.

        Args:
            clock: For what is done here.
            booted: Whether systemd makes the sandboxes; else bubblewrap does.
            token: Gives a name that no other sandbox has.
            path: Where programs are looked for.
        """
        self._booted = booted
        self._token = token
        self._path = path
        self._unit = privileged.words(clock, path=path)["unit"]
        self._here = EmbeddedExecutor(clock, path=path)

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing it would decide; changes nothing."""
        if command.verb == "unit":
            return told(command, lambda: self._unit.plan(command))
        return told(command, lambda: self._sent("plan", command, never))

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it; what goes wrong is a result, never an exception."""
        if command.verb == "unit":
            return told(command, lambda: self._unit.do(command, stopped))
        if command.verb in OF_SYSTEMD:
            return self._here.run(command, stopped)
        answer = told(command, lambda: self._sent("run", command, stopped))
        if isinstance(answer, CommandResult):
            return answer
        return CommandResult(ok=False, detail=f"{command.verb}: it answered with a plan", half_done=command.changes)

    def end_left_behind(self) -> None:
        """End the steps of an executor that was killed: they are systemd's, and would go on while theirs is taken back.

        Raises:
            StateError: One may still be at work.
        """
        if not self._booted:  # they have died with it
            return
        try:
            systemctl("stop", "--", f"{_STEP}*.service", seconds=_SPARE, path=self._path)
        except (RefusedError, OSError) as error:
            why = f"steps of an executor that was killed may still be at work: {error}"
            raise StateError(why, hint=f"systemctl status '{_STEP}*'") from error

    def _sent(self, call: str, command: Command, stopped: Stopped) -> Planned | CommandResult:
        """Have a command planned or run in a sandbox of its own.

        What does it as a service's user that user can take over, and have it answer anything: so that is never believed
        to be a plan, and whatever it is, it is a result.
        """
        confinement = looking(command) if call == "plan" else confined(command)
        ours = replace(command, privileged=False)  # in there it has what it needs, and `confined` says what that is
        ended = self._spawned(confinement, json.dumps([call, plain(ours)]).encode(), stopped)
        answer = None
        with suppress(ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
            answer = hand.heard(json.loads(ended.output))
        if answer is None or ended.status != 0 or (isinstance(answer, Planned) and not _is_for(ours, answer)):
            why = f"{command.verb} ended without an answer ({ended.status}): {ended.errors.strip()[-500:]}"
            raise (HalfDoneError if call == "run" else RefusedError)(why)
        if isinstance(answer, Planned) and command.privileged:
            undo = replace(answer.undo, privileged=True) if answer.undo else None
            return Planned(replace(answer.command, privileged=True), undo)
        return answer

    def _spawned(self, confinement: Confinement, given: bytes, stopped: Stopped) -> Ended:
        unit = f"{_STEP}{self._token()}.service"
        argv = under_systemd(_HAND, confinement, unit) if self._booted else under_bubblewrap(_HAND, confinement)
        try:
            return spawn(argv, path=self._path, seconds=confinement.seconds + _SPARE, stopped=stopped, given=given)
        except CutOffError:
            if self._booted:  # who waited for it is gone; it itself is systemd's, and is ended there
                spawn(["systemctl", "--no-ask-password", "stop", "--", unit], path=self._path, seconds=5, stopped=never)
            raise


def looking(command: Command) -> Confinement:
    """Return what a command may do that changes nothing, as probes and plans: as root, so that it is nobody else's."""
    return Confinement(capabilities=_LOOKING, seconds=command.timeout.total_seconds())


def confined(command: Command) -> Confinement:
    """Return what a command may do: look at everything and change nothing, or change below the root of what it names.

    A change in a folder is made as the folder's owner: what a service could do to its own files it could do anyway, and
    no link that it puts there leads to more. Only where the playbook says `as: root` it is root's.

    Raises:
        RefusedError: It names nothing that it changes, or a link is on the way there.
        OSError: What it names is not there.
    """
    seconds = command.timeout.total_seconds()
    if command.verb in OVER_THE_NETWORK:
        return Confinement(user=NOBODY, group=NOBODY, network=True, seconds=seconds)
    if command.verb in OF_NO_FOLDER:
        return replace(OF_NO_FOLDER[command.verb], seconds=seconds)
    if not command.changes:
        return looking(command)
    named = next((name for name in _PLACES if name in command.arguments), None)
    if named is None:
        raise RefusedError(f"{command.verb} is nothing that this executor does in a sandbox")
    place = Path(str(command.arguments[named]))
    folder = place if named == "directory" else place.parent
    # The whole root: what is mounted anew in the sandbox is another mount than what is around it, and refused there.
    writable = (str(command.arguments.get(root_of(named), folder)),)
    with folder_of(f"{str(folder).rstrip('/')}/.") as (opened, _):  # a link would lead to an owner who can be changed
        owner = os.fstat(opened)
    if command.privileged or owner.st_uid == 0:
        return Confinement(writable=writable, capabilities=_CHANGING, seconds=seconds)
    return Confinement(user=owner.st_uid, group=owner.st_gid, writable=writable, seconds=seconds)


def _is_for(command: Command, planned: Planned) -> bool:
    """Tell whether a plan is for a command: the same with more decided, taken back at the same place."""
    decided, undo = planned.command, planned.undo
    same = replace(decided, arguments=command.arguments) == command
    kept = command.arguments.items() <= decided.arguments.items()
    back = undo is None or (undo.verb == "put_back" and undo.arguments.get("path") == command.arguments.get("path"))
    return same and kept and back
