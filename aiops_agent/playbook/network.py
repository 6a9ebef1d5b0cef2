"""Probes over the network: does an address answer, is a port open."""

import http.client
import socket
import ssl
from contextlib import suppress
from threading import Timer
from urllib.parse import urlsplit

from aiops_agent.model.playbook import Command, CommandResult

_NO_ANSWER = (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, TimeoutError, ssl.SSLEOFError)
"""What it looks like when nothing answers. A name that does not resolve or a wrong certificate does not tell."""


def http_answers(command: Command) -> CommandResult:
    """Ask for an address and compare the status of the answer."""
    url, wanted = str(command.arguments["url"]), command.arguments["status"]
    try:
        status = _status(url, command.timeout.total_seconds())
    except _NO_ANSWER as error:
        return CommandResult(ok=False, detail=f"{url} does not answer: {_say(error)}")
    return CommandResult(ok=status == wanted, detail=f"{url} answers {status}")


def http_down(command: Command) -> CommandResult:
    """Ask for an address and expect that nothing answers."""
    url = str(command.arguments["url"])
    try:
        status = _status(url, command.timeout.total_seconds())
    except _NO_ANSWER as error:
        return CommandResult(ok=True, detail=f"{url} does not answer: {_say(error)}")
    return CommandResult(ok=False, detail=f"{url} answers {status}")


def port(command: Command) -> CommandResult:
    """Connect to a port."""
    host, number = str(command.arguments["host"]), int(command.arguments["port"])
    try:
        socket.create_connection((host, number), timeout=command.timeout.total_seconds()).close()
        found = "open"
    except ConnectionRefusedError:
        found = "closed"
    return CommandResult(ok=found == command.arguments["is"], detail=f"port {number} of {host} is {found}")


def _status(url: str, seconds: float) -> int:
    """Return the status of one GET; the whole answer's head has to come within the time, drop by drop or at once.

    Raises:
        OSError: Nothing answers, the name does not resolve, or the certificate is not trusted.
    """
    parts = urlsplit(url)
    host = str(parts.hostname)
    connection = (
        http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=seconds)
    )
    try:
        connection.connect()
        ending = Timer(seconds, _break_off, [connection.sock])
        ending.start()
        try:
            connection.request("GET", f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}")
            return connection.getresponse().status
        finally:
            ending.cancel()
    finally:
        connection.close()


def _break_off(connected: socket.socket) -> None:
    """Wake up whoever waits for the next drop of an answer."""
    with suppress(OSError):  # the other end was quicker
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


def _say(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "silent until the time was over"
    return "refused" if isinstance(error, ConnectionRefusedError) else "broken off"
