"""The embedded executor: does one command in this process, as its own user, and refuses what needs root."""

from collections.abc import Mapping
from types import MappingProxyType

from aiops_agent.model.connection import Connection
from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noun import replace
from aiops_agent.playbook.doing import Doing, short, told
from aiops_agent.playbook.ordinary import words
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.systemd import SYSTEM_PATH
from aiops_agent.ports import Clock, Stopped


class EmbeddedExecutor:
    """Takes every word of the vocabulary but the privileged ones."""

    privileged = False

    def __init__(
        self,
        clock: Clock,
        *,
        path: str = SYSTEM_PATH,
        connections: Mapping[str, Connection] = MappingProxyType({}),
        more: Mapping[str, Doing] = MappingProxyType({}),
    ) -> None:
        """Take what it works with; `more`: words beside the ordinary ones, for a process that may do them."""
        self._words = {**words(clock, path=path, connections=connections), **more}

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing it would decide, and what takes it back; changes nothing."""
        return told(command, lambda: self._word(command).plan(command))

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it; what goes wrong is a result, never an exception."""
        result = told(command, lambda: self._word(command).do(command, stopped))
        return replace(result, detail=short(result.detail))

    def _word(self, command: Command) -> Doing:
        if command.privileged:
            raise RefusedError(f"{command.verb} needs root; this executor has none of it")
        if command.verb not in self._words:
            raise RefusedError(f"{command.verb} is not a word of the vocabulary")
        return self._words[command.verb]
