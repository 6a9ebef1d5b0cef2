"""Ask a database one thing: over a connection of the configuration, read-only, for a limited time."""

import os
import shutil
import sqlite3
import time
from collections.abc import Mapping
from urllib.parse import quote

from aiops_agent.model.connection import Connection
from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.files import folder_of, status_of
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.spawn import printed, spawn
from aiops_agent.ports import Stopped

_STEPS = 1000
"""Instructions of SQLite between two looks whether the time is over: well below a millisecond."""

_SHOWN = 100
_FIELD = "\x1f"


def sql(command: Command, stopped: Stopped, *, connections: Mapping[str, Connection], path: str) -> CommandResult:
    """Ask, and compare the first column of the only row."""
    given = command.arguments
    connection = connections.get(str(given["connection"]))
    if connection is None:
        known = ", ".join(sorted(connections)) or "none"
        raise RefusedError(
            f"the configuration has no connection {given['connection']} (`connections:`); known: {known}"
        )
    seconds = command.timeout.total_seconds()
    rows = _rows(connection, str(given["query"]), seconds, stopped, path)
    if len(rows) != 1:
        raise RefusedError(f"{given['connection']} gives {len(rows) or 'no'} rows, and one is asked for")
    return CommandResult(ok=_fits(rows[0], given), detail=f"{given['connection']} says {rows[0][:_SHOWN]!r}")


def _rows(connection: Connection, query: str, seconds: float, stopped: Stopped, path: str) -> list[str]:
    """Return the first column of what it gives."""
    match connection.type:
        case "sqlite":
            return _sqlite(connection, query, seconds, stopped)
        case "postgresql":
            return _postgresql(connection, query, seconds, stopped, path)
        case "mysql":
            return _mysql(connection, query, seconds, stopped, path)


def _fits(value: str, given: Mapping[str, object]) -> bool:
    if "is" in given:
        return value == given["is"]
    try:
        number = float(value)
    except ValueError as error:
        raise RefusedError(f"{value[:_SHOWN]!r} is no number to compare with") from error
    return number > float(str(given["above"])) if "above" in given else number < float(str(given["below"]))


def _sqlite(connection: Connection, query: str, seconds: float, stopped: Stopped) -> list[str]:
    with folder_of(connection.database) as (folder, name):
        status_of(folder, name, connection.database)
    deadline = time.monotonic() + seconds
    database = sqlite3.connect(f"file:{quote(connection.database)}?mode=ro", uri=True, timeout=0.5)
    try:
        database.set_progress_handler(lambda: stopped() or time.monotonic() >= deadline, _STEPS)
        return ["" if row[0] is None else str(row[0]) for row in database.execute(query).fetchmany(2)]
    except sqlite3.Error as error:
        raise RefusedError(f"{connection.database}: {error}") from error
    finally:
        database.close()


def _postgresql(connection: Connection, query: str, seconds: float, stopped: Stopped, path: str) -> list[str]:
    argv = [
        "psql", "--no-psqlrc", "--no-password", "--quiet", "--tuples-only", "--no-align", "--record-separator-zero",
        f"--field-separator={_FIELD}", "--set=ON_ERROR_STOP=1",
        *_where(connection), f"--username={connection.user}", f"--dbname={connection.database}", f"--command={query}",
    ]  # fmt: skip
    # The server ends the statement by itself, and refuses to write: a killed client would leave it at work.
    options = f"-c statement_timeout={seconds * 1000:.0f} -c default_transaction_read_only=on"
    environment = {"PGOPTIONS": options, "PGCONNECT_TIMEOUT": f"{seconds:.0f}", "PGPASSWORD": connection.password}
    said = _asked(argv, seconds, stopped, path, environment)
    return [row.split(_FIELD)[0] for row in said.split("\0")[:-1]]


def _mysql(connection: Connection, query: str, seconds: float, stopped: Stopped, path: str) -> list[str]:
    # Each server takes the limit that it knows: MySQL in milliseconds, MariaDB in seconds (its own kind of comment).
    limits = (
        f"/*!50708 SET SESSION max_execution_time={seconds * 1000:.0f} */; "
        f"/*M!100101 SET SESSION max_statement_time={seconds:.0f} */; "
    )
    secret = os.memfd_create("aiops-agent", 0)  # what is on a command line, everybody sees
    try:
        os.fchmod(secret, 0o600)
        os.write(secret, f"[client]\npassword={_quoted(connection.password)}\n".encode())
        os.lseek(secret, 0, os.SEEK_SET)
        argv = [
            "mysql" if shutil.which("mysql", path=path) else "mariadb", f"--defaults-file=/proc/self/fd/{secret}",
            "--batch", "--skip-column-names", "--comments", f"--connect-timeout={seconds:.0f}",
            *_where(connection), f"--user={connection.user}", f"--database={connection.database}",
            f"--execute={limits}START TRANSACTION READ ONLY; {query}",
        ]  # fmt: skip
        said = _asked(argv, seconds, stopped, path, {}, (secret,))
    finally:
        os.close(secret)
    return [row.split("\t")[0] for row in said.splitlines()]


def _quoted(password: str) -> str:
    """Return a password as an option file takes it."""
    return '"' + password.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _where(connection: Connection) -> list[str]:
    is_socket = connection.type == "mysql" and connection.host.startswith("/")
    host = f"--socket={connection.host}" if is_socket else f"--host={connection.host}"
    return [host, *([f"--port={connection.port}"] if connection.port else [])]


def _asked(
    argv: list[str],
    seconds: float,
    stopped: Stopped,
    path: str,
    environment: Mapping[str, str],
    descriptors: tuple[int, ...] = (),
) -> str:
    return printed(
        argv[0],
        lambda: spawn(
            argv, path=path, seconds=seconds + 1, stopped=stopped, environment=environment, descriptors=descriptors
        ),
    )
