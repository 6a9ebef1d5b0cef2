"""The seams: what the journey needs from the world, one narrow protocol for each foreign thing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from aiops_agent.hints import Protocol
from aiops_agent.model.audit import Anchor, AuditEntry
from aiops_agent.model.diagnosis import Citation, Diagnosis
from aiops_agent.model.event import Batch, Position
from aiops_agent.model.message import Message, Report
from aiops_agent.model.order import Answered, Asked, Order
from aiops_agent.model.playbook import Command, CommandResult, Journalled, Planned, RunResult, StepState

Stopped = Callable[[], bool]
"""Asked at least five times a second by what waits or takes long; True: end now, and take your children with you."""


def never() -> bool:
    """Let what is asked for come to its end: a `Stopped`."""
    return False


class LogSource(Protocol):
    """Something lines come from."""

    def read(self, known: Mapping[str, Position]) -> Iterator[Batch]:
        """Yield what is new since the places in `known`, each under its own key, in batches that fit in memory.

        A source that does not exist yet yields nothing. What cannot be read gives a batch with a notice.
        """

    def covers(self, path: str) -> bool:
        """Tell whether a file that is known by this path is this source's to read."""

    def directories(self) -> Sequence[str]:
        """Return `sources.quiet` stamps of what the last `read` listed: as long as they hold, no file has appeared."""


class Diagnostician(Protocol):
    """Says what a record means."""

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> list[Diagnosis]:
        """Return one diagnosis for each redacted text, in order."""

    def cite(self, text: str, service: str | None, category: str) -> tuple[Citation, ...]:
        """Return the articles for a redacted text that is known to be of a category, best first."""


class Executor(Protocol):
    """Does one command of a playbook."""

    privileged: bool
    """Whether it takes commands that need root."""

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing a change would decide, and what takes it back; changes nothing.

        A result, which is not ok: it cannot be done.
        """

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it. A time-out or a refusal is a result that is not ok, never an exception.

        Args:
            command: A probe, the command of a `Planned`, or its undo.
            stopped: Ends it in the middle, which is a result that is not ok.
        """


class RootExecutor(Protocol):
    """The root executor, as the agent speaks to it. It checks everything itself, and believes the agent nothing."""

    def takes(self, service: str) -> bool:
        """Tell whether there is one that may act on a service."""

    def ask(self, order: Order) -> Asked:
        """Have people asked about what an order would do; asked again, it is the same question.

        Raises:
            ExecutorError: It is not asked, and why.
        """

    def answered(self, identity: str) -> Answered | None:
        """Return what people said to a question; None: it is not known.

        Raises:
            ExecutorError: The executor cannot be asked.
        """

    def perform(self, order: Order, stopped: Stopped) -> RunResult:
        """Have an order carried out, and wait for its end. What goes wrong is a result, never an exception."""

    def outcome(self, identity: str, stopped: Stopped) -> RunResult | None:
        """Return what came of an order, waiting if it is being carried out; None: no such order was ever begun.

        Raises:
            ExecutorError: The executor cannot be asked.
        """


class UndoJournal(Protocol):
    """What a run puts down before each change, so that no kill can lose what takes it back.

    Every write is durable when it returns, and raises StateError or AuditError when it is not.
    """

    def intend(self, number: int, planned: Planned) -> None:
        """Put down a change that is about to be done."""

    def settle(self, number: int, state: StepState) -> None:
        """Put down how far a change has come."""

    def entries(self) -> Sequence[Journalled]:
        """Return what was put down, in the order of the numbers."""


class Chat(Protocol):
    """One destination for reports."""

    name: str
    """As configured: `slack`, `telegram:ops`."""

    locale: str
    """`en` or `zh`."""

    def send(self, message: Message) -> None:
        """Deliver it.

        Raises:
            ChatError: It was not delivered; `retryable` says whether trying later can help.
        """


class Composer(Protocol):
    """Puts a report into words."""

    def compose(self, report: Report, locale: str) -> Message:
        """Return the report in that language."""


class Journal(Protocol):
    """The audit log, opened for writing."""

    def append(self, *entries: AuditEntry) -> None:
        """Make `entries` durable (one fsync for all) before returning.

        Raises:
            AuditError: They are not on disk. What they speak of must not be done.
        """

    def check(self) -> None:
        """Look whether the next entry can be recorded at all, as far as that is known without one.

        Raises:
            AuditError: It cannot: a key is gone. Nothing may be acted on.
        """

    def retire(self, before: datetime, at: datetime) -> int:
        """Remove what is older than that, in whole segments, and record it; return how many.

        Raises:
            AuditError: It is damaged, and stays.
        """

    def anchor(self) -> Anchor:
        """Return where the log stands."""


class Cipher(Protocol):
    """Encrypts what the state keeps of logs and of people's answers."""

    def exists(self) -> bool:
        """Tell whether there is a key; opens nothing.

        Raises:
            AuditError: The folder of the keys cannot be entered.
        """

    def create(self) -> None:
        """Make the key of a state that has encrypted nothing yet; keeps one that is there.

        Raises:
            AuditError: The keys of the audit log, which protect it, cannot be used.
        """

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return `plain` encrypted so that it opens in the same `context` only: a place in the state.

        Raises:
            AuditError: The key is gone or cannot be used.
        """

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what was sealed; None when it was not, with this key in this context.

        Raises:
            AuditError: The key is gone or cannot be used.
        """


class Inventory(Protocol):
    """What there is on this host, as of this moment."""

    def missing(self, unit: str) -> str | None:
        """Return why there is no such unit to act on; None: it is loaded."""


class Clock(Protocol):
    """Time for what has to wait: probes that are repeated until a deadline."""

    def now(self) -> datetime:
        """Return the aware UTC time."""

    def sleep(self, seconds: float) -> None:
        """Wait."""
