"""The root executor as the agent, and a person at a shell, speak to it: over its socket, if it is root's."""

import socket
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from aiops_agent.errors import ExecutorError
from aiops_agent.host import SOCKET
from aiops_agent.model.order import Answered, Asked, Greeting, Order, Progress, Refused, Running, Unknown
from aiops_agent.model.playbook import Failed, RunResult
from aiops_agent.playbook import wire
from aiops_agent.ports import Clock

SILENCE = 20.0
"""Seconds to wait for one answer: the executor looks into systemd before some of them."""

BETWEEN_LOOKS = 0.2
"""Seconds between two questions how far it is; so a halt reaches it in time to stop a step within a second."""

LOST = 90.0
"""Seconds that an executor may be away in the middle of an order: one that was killed is started again, and looks."""

ROOT = 0

_HINT = "systemctl status aiops-agent-executor; docs/executor.md says how it is set up"


class Remote:
    """Speaks to the executor that listens at a path; each message over a connection of its own."""

    def __init__(self, path: Path = Path(SOCKET), *, owner: int = ROOT) -> None:
        """Connect to nobody yet.

        Args:
            path: Of the socket.
            owner: Whose it must be.
        """
        self.path = path
        self._owner = owner

    def greet(self) -> Greeting:
        """Return what the executor says of itself.

        Raises:
            ExecutorError: There is none, or it is not root's.
        """
        said = self._say(wire.request("hello"))
        services = said.get("services")
        return Greeting(said.get("halted") is True, tuple(map(str, services)) if isinstance(services, list) else ())

    def answers(self) -> bool:
        """Tell whether there is an executor that takes orders."""
        try:
            self.greet()
        except ExecutorError:
            return False
        return True

    def perform(self, order: Order, halted: Callable[[], bool], clock: Clock) -> RunResult:
        """Have an order carried out, and return what came of it. What goes wrong is a result, never an exception."""
        try:
            progress = _progress(self._say(wire.order_request(order)))
        except ExecutorError as error:
            if error.refusal:
                return _not_begun(error.message)
            progress = Running()  # it may have been heard all the same
        return self.attend(order.id, progress, halted, clock)

    def attend(self, identity: str, progress: Progress, halted: Callable[[], bool], clock: Clock) -> RunResult:
        """Wait for the end of an order, and have it stopped when all acting is halted."""
        lost_since: datetime | None = None
        while isinstance(progress, Running):
            clock.sleep(BETWEEN_LOOKS)
            try:
                if halted():
                    self._say(wire.request("cancel", id=identity))
                progress = self.progress(identity)
                lost_since = None
            except ExecutorError as error:
                lost_since = lost_since or clock.now()
                if (clock.now() - lost_since).total_seconds() > LOST:
                    return _lost(error.message)
        match progress:
            case Refused(_, why):
                return _not_begun(why)
            case Unknown():
                return _not_begun("the executor has not taken the order")
            case _:
                return progress

    def progress(self, identity: str) -> Progress:
        """Return where an order stands.

        Raises:
            ExecutorError: The executor cannot be asked.
        """
        return _progress(self._say(wire.request("status", id=identity)))

    def ask(self, order: Order) -> Asked:
        """Have people asked about what an order would do; its own id does not matter.

        Raises:
            ExecutorError: It is not asked; `refusal` says why.
        """
        words = {name: getattr(order, name) for name in wire.REQUESTS["ask"]}
        return _asked(self._say(wire.request("ask", **words)))

    def answered(self, identity: str) -> Answered | None:
        """Return what people said to a question; None: it is not known.

        Raises:
            ExecutorError: The executor cannot be asked.
        """
        said = self._say(wire.request("status", id=identity))
        agreed = said.get("agreed")
        names = tuple(map(str, agreed)) if isinstance(agreed, list) else ()
        return Answered(str(said["question"]), names) if "question" in said else None

    def outcome(self, identity: str, halted: Callable[[], bool], clock: Clock) -> RunResult | None:
        """Return what came of an order, waiting if it is being carried out; None: no such order was ever begun.

        Raises:
            ExecutorError: The executor cannot be asked.
        """
        progress = self.progress(identity)
        return None if isinstance(progress, Unknown) else self.attend(identity, progress, halted, clock)

    def approve(self, identity: str) -> Asked:
        """Say yes to a question, as who runs this; `needed` and `agreed` tell whether that is enough.

        Raises:
            ExecutorError: It does not count.
        """
        return _asked(self._say(wire.request("approve", id=identity)))

    def deny(self, identity: str) -> Asked:
        """Say no to a question, as who runs this.

        Raises:
            ExecutorError: It does not count.
        """
        return _asked(self._say(wire.request("deny", id=identity)))

    def waiting(self) -> list[Asked]:
        """Return what waits for an answer.

        Raises:
            ExecutorError: The executor cannot be asked, or does not tell who runs this.
        """
        questions = self._say(wire.request("list")).get("questions")
        return [_asked(each) for each in questions if isinstance(each, dict)] if isinstance(questions, list) else []

    def halt(self) -> None:
        """Stop all acting.

        Raises:
            ExecutorError: It was not told so.
        """
        self._say(wire.request("halt"))

    def _say(self, message: bytes) -> dict[str, object]:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC) as line:
                line.settimeout(SILENCE)
                line.connect(str(self.path))
                self._refuse_squatter(line)
                with suppress(BrokenPipeError):  # it has said no already, and why is there to be read
                    line.send(message)
                heard = _last_words(line)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise ExecutorError(f"the root executor does not answer at {self.path}: {why}", hint=_HINT) from error
        try:
            said = wire.read_answer(heard)
        except wire.MalformedError as error:
            raise ExecutorError(
                f"the root executor at {self.path} gave an answer that is {error}", hint=_HINT
            ) from error
        if "refused" in said:
            raise ExecutorError(str(said.get("why", "")), refusal=str(said["refused"]), hint=_HINT)
        return said

    def _refuse_squatter(self, line: socket.socket) -> None:
        uid = wire.peer_of(line).uid
        if uid != self._owner:
            raise ExecutorError(
                f"who listens at {self.path} is uid {uid}, and not root: nothing is said to it",
                hint="find out who put it there; the folder must be root's alone",
            )


def _last_words(line: socket.socket) -> bytes:
    """Return the answer; one that was given unasked lies behind the news that we were cut off."""
    try:
        return line.recv(wire.LONGEST + 1)
    except ConnectionResetError:
        return line.recv(wire.LONGEST + 1)


def _progress(said: dict[str, object]) -> Progress:
    try:
        return wire.heard(said)
    except wire.MalformedError as error:
        raise ExecutorError(f"the root executor gave {error}", hint=_HINT) from error


def _asked(said: dict[str, object]) -> Asked:
    agreed = said.get("agreed")
    try:
        expires = datetime.strptime(str(said.get("expires")), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        needed = int(str(said.get("needed")))
    except ValueError as error:
        raise ExecutorError("the root executor gave a question without an end", hint=_HINT) from error
    return Asked(
        id=str(said.get("id", "")),
        playbook=str(said.get("playbook", "")),
        service=str(said.get("service", "")),
        incident=str(said.get("incident", "")),
        expires=expires,
        needed=needed,
        agreed=tuple(map(str, agreed)) if isinstance(agreed, list) else (),
    )


def _not_begun(why: str) -> Failed:
    return Failed("before the first step", why, undone=True, left_behind=())


def _lost(why: str) -> Failed:
    left = ("the executor may still be at work, or have stopped in the middle: look at the service yourself",)
    return Failed("executor", why, undone=False, left_behind=left)
