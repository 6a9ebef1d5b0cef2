"""The embedded executor: does one command in this process, as its own user, and refuses what needs root."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from http.client import HTTPException

import psutil

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook import compress, files, network, processes, settings
from aiops_agent.playbook.files import RefusedError
from aiops_agent.ports import Clock

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_LONGEST_DETAIL = 2000
_LONGEST_OUTPUT = 64 * 1024


class EmbeddedExecutor:
    """Takes every word of the vocabulary but the privileged ones."""

    privileged = False

    def __init__(self, clock: Clock, *, path: str = SYSTEM_PATH) -> None:
        self._path = path
        self._verbs: Mapping[str, Callable[[Command], CommandResult]] = {
            "unit_state": self._unit_state,
            "file_exists": files.file_exists,
            "file_absent": files.file_absent,
            "file_unused": processes.file_unused,
            "older_than": lambda command: files.older_than(command, clock.now()),
            "process_of": processes.process_of,
            "http": network.http_answers,
            "http_down": network.http_down,
            "port": network.port,
            "disk_use": files.disk_use,
            "config": settings.config,
            "move_aside": lambda command: files.move_aside(command, clock.now()),
            "compress": lambda command: compress.compress(command, clock),
            "restore_file": lambda command: files.restore_file(command, clock.now()),
            "signal": processes.send_signal,
            "put_back": files.put_back,
        }

    def run(self, command: Command) -> CommandResult:
        """Do it and say what came of it; what goes wrong is a result, never an exception."""
        if command.privileged:
            return CommandResult(ok=False, detail=f"{command.verb} needs root; this executor has none of it")
        verb = self._verbs.get(command.verb)
        if verb is None:
            return CommandResult(ok=False, detail=f"{command.verb} is not a word of the vocabulary")
        try:
            result = verb(command)
        except RefusedError as error:
            result = CommandResult(ok=False, detail=str(error))
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            result = CommandResult(ok=False, detail=f"{place}{error.strerror or type(error).__name__}")
        except (psutil.Error, HTTPException, UnicodeError) as error:
            result = CommandResult(ok=False, detail=f"{command.verb}: {type(error).__name__}")
        return CommandResult(result.ok, result.detail[:_LONGEST_DETAIL], result.undo)

    def _unit_state(self, command: Command) -> CommandResult:
        unit = str(command.arguments["unit"])
        argv = ["systemctl", "--no-pager", "--no-ask-password", "show", "--property=LoadState,ActiveState", "--", unit]
        properties = dict(line.split("=", 1) for line in self._spawn(argv, command).splitlines() if "=" in line)
        if properties.get("LoadState") != "loaded":
            raise RefusedError(
                f"{unit} is not a loaded unit here ({properties.get('LoadState', 'systemd says nothing')})"
            )
        found = properties.get("ActiveState", "unknown")
        return CommandResult(ok=found == command.arguments["is"], detail=f"{unit} is {found}")

    def _spawn(self, argv: list[str], command: Command) -> str:
        """Run a program without a shell and return what it printed; it dies with its children when the time is over."""
        with subprocess.Popen(  # noqa: S603 - a list of our own words and of arguments the vocabulary has checked
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": self._path, "LANG": "C.UTF-8"},
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=command.timeout.total_seconds())
            except subprocess.TimeoutExpired as error:
                os.killpg(process.pid, signal.SIGKILL)
                raise RefusedError(f"{argv[0]} did not end within {command.timeout.total_seconds():.0f} s") from error
        if process.returncode != 0:
            raise RefusedError(f"{argv[0]} ended with status {process.returncode}")
        return output[:_LONGEST_OUTPUT].decode("utf-8", "replace")
