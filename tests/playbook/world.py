"""Real files, processes and servers for the executor to look at."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

from aiops_agent.model.playbook import Command, CommandResult, Planned, Scalar
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.verb import root_of
from aiops_agent.ports import never
from tests.fakes import SteppingClock

Tree = dict[str, tuple[bytes, int, int, int]]


def parsed(verb: str, arguments: Mapping[str, object]) -> dict[str, Scalar]:
    """Return arguments as a playbook's are taken, defaults filled in."""
    word = vocabulary.VERBS[verb]
    return {**word.defaults, **{name: word.kind(name).parse(value) for name, value in arguments.items()}}


def ask(verb: str, *, within: timedelta | None = None, **arguments: Scalar) -> CommandResult:
    """Have the embedded executor do one thing; `from_` and `is_` stand for words that Python keeps."""
    planned = plan(verb, within=within, **arguments)
    return planned if isinstance(planned, CommandResult) else do(planned.command)


def plan(verb: str, *, within: timedelta | None = None, **arguments: Scalar) -> Planned | CommandResult:
    said = {name.rstrip("_"): value for name, value in arguments.items()}
    roots = {name: said.pop(name) for name in list(said) if name.endswith("_root")}
    given = {**parsed(verb, said), **roots}
    for name, is_folder in vocabulary.VERBS[verb].rooted.items():  # its own folder, unless the test is about it
        given.setdefault(root_of(name), given[name] if is_folder else str(given[name]).rpartition("/")[0])
    command = vocabulary.command(verb, given)
    return EmbeddedExecutor(SteppingClock()).plan(replace(command, timeout=within) if within else command)


def planned(verb: str, **arguments: Scalar) -> Planned:
    """Plan what can be done."""
    decided = plan(verb, **arguments)
    assert isinstance(decided, Planned), decided.detail
    return decided


def do(command: Command | None) -> CommandResult:
    assert command is not None, "it cannot be taken back"
    return EmbeddedExecutor(SteppingClock()).run(command, never)


def tree(folder: Path) -> Tree:
    """Everything about the files of a folder that an undo has to bring back: content, mode, inode, time."""
    found = {}
    for path in sorted(folder.iterdir()):
        status = path.stat()
        found[path.name] = (path.read_bytes(), status.st_mode, status.st_ino, status.st_mtime_ns)
    return found


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def dead_pid() -> int:
    """The number of a process that is over."""
    with subprocess.Popen(["true"]) as process:
        process.wait()
    return process.pid


@contextmanager
def living(*program: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is ended; it has said that it is ready."""
    argv = list(program) or ["sh", "-c", "echo ready; read line"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def date(path: Path, seconds: float) -> None:
    """Say that a file was written so many seconds before (negative) or after the SteppingClock began."""
    moment = SteppingClock().now().timestamp() + seconds
    os.utime(path, (moment, moment))


@contextmanager
def listening(reply: Callable[[socket.socket], None], port: int = 0) -> Iterator[int]:
    """A port of this host, each connection handed to `reply`."""
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    reply(connection)

        thread = Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def answer(head: bytes) -> Callable[[socket.socket], None]:
    """Reply to a request with these bytes."""

    def reply(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)

    return reply
