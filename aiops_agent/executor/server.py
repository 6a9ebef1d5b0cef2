"""The socket: who may say what, and one answer for each message. Of a stranger nothing is read."""

import selectors
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from functools import partial
from pathlib import Path

from aiops_agent.errors import AuditError, StateError
from aiops_agent.executor import asking, persons
from aiops_agent.executor.configured import written_by_others
from aiops_agent.executor.desk import Desk
from aiops_agent.executor.work import Work
from aiops_agent.host import name_of
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.order import Order, Refused, Unknown
from aiops_agent.noun import dataclass
from aiops_agent.playbook import wire
from aiops_agent.ports import Inventory
from aiops_agent.state.questions import Question

MOST_CONNECTIONS = 8
"""Of one user: the agent needs one, and a person one for each command."""

LONGEST_SILENCE = 60.0
"""Seconds a connection may be open and say nothing."""

_LOOK_UP = 0.5
"""Seconds between two looks whether to end."""


class Role(Enum):
    """What somebody may say."""

    AGENT = frozenset({"hello", "run", "status", "cancel", "halt", "ask", "list"})
    APPROVER = frozenset({"hello", "status", "cancel", "halt", "approve", "deny", "list"})
    ROOT = frozenset({"hello", "status", "cancel", "halt", "list"})
    """Who can do everything on this host, and yet answers no question: that is for those who are named."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end, and so what may be said there."""

    role: Role
    uid: int
    """Of the person, or of the agent."""

    @property
    def name(self) -> str:
        """Return the actor of what is recorded."""
        return "agent" if self.role is Role.AGENT else f"user:{name_of(self.uid)}"


def caller(peer: wire.Peer, desk: Desk, proc: Path = persons.PROC) -> Caller | None:
    """Return who a process speaks for; None: a stranger."""
    if peer.uid == desk.settings.agent:  # first: whoever's login has begun it, what the agent is cannot be a person
        return Caller(Role.AGENT, peer.uid)
    person = persons.person_behind(peer, proc)
    if person is not None and person != desk.settings.agent and desk.settings.approvers.include(person):
        return Caller(Role.APPROVER, person)
    if peer.uid == 0:
        return Caller(Role.ROOT, 0 if person is None else person)
    return None


def listening(path: Path) -> socket.socket:
    """Return a socket at that place; the caller has made sure that no other executor is at work.

    Raises:
        StateError: Others could put another one in its place, or it cannot be made.
    """
    others = next(written_by_others(path.parent), "")
    if others:
        raise StateError(f"{path}: {others}", hint="the folder of the socket must be root's alone")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
    try:
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(0o666)  # the kernel says who connects; a mode could name one group
        listener.listen()
    except OSError as error:
        listener.close()
        raise StateError(f"{path}: {error.strerror or error}", hint="is the folder there, and root's?") from error
    return listener


Said = Mapping[str, object] | Question | Refused
"""What a verb is answered with."""


@dataclass(slots=True)
class _Line:
    """An open connection."""

    connection: socket.socket
    caller: Caller
    heard: float
    """When something was last said, by the clock that only goes forward."""


class Server:
    """Answers one message after the other; what takes long is the worker's."""

    def __init__(
        self,
        listener: socket.socket,
        desk: Desk,
        work: Work,
        inventory: Inventory,
        identify: Callable[[socket.socket], Caller | None] | None = None,
    ) -> None:
        """Take a socket that is listened at.

        Args:
            listener: Where callers connect.
            desk: State and record.
            work: What carries out orders.
            inventory: What there is on this host.
            identify: Says who connected; None: as the kernel does.
        """
        self._listener = listener
        self._desk = desk
        self._work = work
        self._inventory = inventory
        self._identify = identify or (lambda connection: caller(wire.peer_of(connection), desk))
        self._lines: dict[int, _Line] = {}
        self._waiting = selectors.DefaultSelector()
        self._verbs: Mapping[str, Callable[[Caller, dict[str, str]], Said]] = {
            "hello": self._hello,
            "run": self._run,
            "status": self._status,
            "cancel": self._cancel,
            "halt": self._halt,
            "ask": self._ask,
            "approve": partial(self._decide, yes=True),
            "deny": partial(self._decide, yes=False),
            "list": self._list,
        }

    def serve(self, is_stopping: Callable[[], bool]) -> None:
        """Answer until told to end."""
        self._waiting.register(self._listener, selectors.EVENT_READ)
        try:
            while not is_stopping():
                ready = self._waiting.select(_LOOK_UP)
                for key, _ in ready:
                    if key.fileobj is self._listener:
                        self._accept()
                    elif key.fd in self._lines:  # else it made room for one that was met in this look
                        self._hear(self._lines[key.fd])
                if not ready:
                    self._tidy()
        finally:
            for line in list(self._lines.values()):
                self._close(line)
            self._waiting.close()

    def _tidy(self) -> None:
        """Do what is to be done when nobody says anything."""
        for line in list(self._lines.values()):
            if time.monotonic() - line.heard > LONGEST_SILENCE:
                self._close(line)
        with suppress(AuditError, StateError):  # tried again with the next message, which is then refused
            asking.expire(self._desk, self._desk.clock.now())
            self._desk.rest()

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # gone before it was met, or no descriptor is free: those who are here are heard first
            return
        connection.settimeout(0)
        found = self._identify(connection)
        if found is None:
            peer = wire.peer_of(connection)
            self._desk.complain("stranger", "executor", uid=peer.uid, pid=peer.pid)
            _send(connection, wire.refusal("stranger", f"uid {peer.uid} has no say here; see docs/executor.md"))
            connection.close()
            return
        mine = [line for line in self._lines.values() if line.caller == found]
        if len(mine) >= MOST_CONNECTIONS:
            self._close(min(mine, key=lambda line: line.heard))
        self._lines[connection.fileno()] = _Line(connection, found, time.monotonic())
        self._waiting.register(connection, selectors.EVENT_READ)

    def _hear(self, line: _Line) -> None:
        try:
            message = line.connection.recv(wire.LONGEST + 1)
        except BlockingIOError:
            return
        except OSError:
            message = b""
        line.heard = time.monotonic()
        if not message or not _send(line.connection, self.reply(line.caller, message)):
            self._close(line)

    def _close(self, line: _Line) -> None:
        self._waiting.unregister(line.connection)
        del self._lines[line.connection.fileno()]
        line.connection.close()

    def reply(self, caller: Caller, message: bytes) -> bytes:
        """Return the answer to one message."""
        try:
            words = wire.read_request(message)
        except wire.MalformedError as error:
            self._desk.complain("malformed", "executor", caller.name, why=str(error))
            return wire.refusal("malformed", str(error))
        verb = words["verb"]
        if verb not in caller.role.value:
            self._desk.complain("not_allowed", verb, caller.name)
            return wire.refusal("not_allowed", f"{verb} is not for you ({caller.name})")
        try:
            said = self._verbs[verb](caller, words)
        except (AuditError, StateError) as error:
            name = "audit_unavailable" if isinstance(error, AuditError) else "state_unavailable"
            said = Refused(name, f"{error.message} ({error.hint})")
        match said:
            case Refused(name, why):
                return wire.refusal(name, why)
            case Question():
                return wire.answer(**_said_of(said))
            case _:
                return wire.answer(**said)

    def _hello(self, _: Caller, __: dict[str, str]) -> Said:
        return {"halted": self._desk.is_halted(), "services": sorted(self._desk.settings.services)[:100]}

    def _run(self, caller: Caller, words: dict[str, str]) -> Said:
        order = Order(**{name: words[name] for name in wire.REQUESTS["run"]})
        progress = self._work.take(order)
        if isinstance(progress, Refused):
            self._desk.complain("refused", order.id, caller.name, playbook=order.playbook, why=progress.name)
            return progress
        return wire.told(progress)

    def _status(self, _: Caller, words: dict[str, str]) -> Said:
        progress = self._work.progress(words["id"])
        question = self._desk.questions.by_id(words["id"]) if isinstance(progress, Unknown) else None
        return question or wire.told(progress)

    def _cancel(self, caller: Caller, words: dict[str, str]) -> Said:
        stopped = self._work.cancel(words["id"])
        if stopped:
            self._desk.record("cancel", words["id"], caller.name)
        return {"stopped": stopped}

    def _halt(self, caller: Caller, _: dict[str, str]) -> Said:
        was_halted = self._desk.is_halted()
        self._desk.halt.set(caller.name, self._desk.clock.now())  # first the switch, which needs no record
        self._work.cancel(None)
        if not was_halted:
            self._desk.record("halt", "all", caller.name)
        return {"halted": True}

    def _ask(self, _: Caller, words: dict[str, str]) -> Said:
        return asking.ask(self._desk, words, self._inventory, self._desk.clock.now())

    def _decide(self, caller: Caller, words: dict[str, str], *, yes: bool) -> Said:
        now = self._desk.clock.now()
        asking.expire(self._desk, now)
        return asking.decide(self._desk, words["id"], caller.uid, yes=yes, now=now)

    def _list(self, _: Caller, __: dict[str, str]) -> Said:
        asking.expire(self._desk, self._desk.clock.now())
        waiting = self._desk.questions.waiting()[: wire.MOST_LISTED]
        return {"questions": [_said_of(question) for question in waiting]}


def _said_of(question: Question) -> dict[str, object]:
    return {
        "question": question.state.value,
        "id": question.id,
        "playbook": question.playbook,
        "service": question.service,
        "incident": question.incident,
        "expires": rfc3339(question.expires),
        "needed": question.needed,
        "agreed": [name_of(uid) for uid in question.agreed],
    }


def _send(connection: socket.socket, message: bytes) -> bool:
    """Send an answer; False: there is nobody who takes it. Nobody is waited for."""
    try:
        connection.send(message)
    except OSError:
        return False
    return True
