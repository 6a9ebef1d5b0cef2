"""What the executor works with: its settings, its own state and its own record, one thread at a time."""

import os
from contextlib import suppress
from datetime import datetime, timedelta

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.rest import StateCipher
from aiops_agent.errors import AuditError
from aiops_agent.executor.configured import Settings
from aiops_agent.hints import Self
from aiops_agent.host import ANSWERED
from aiops_agent.model.audit import AuditEntry, Value
from aiops_agent.ports import Clock
from aiops_agent.state.actions import Actions
from aiops_agent.state.database import Database, opened
from aiops_agent.state.halt import Halt
from aiops_agent.state.questions import Orders, Questions
from aiops_agent.state.signed import Signed
from aiops_agent.state.undo import Undo
from aiops_agent.state.vault import Vault

SELF = "executor"
"""The actor of what nobody else did."""

MOST_COMPLAINTS = 60
"""Refusals that are recorded in an hour; the others are counted. Else who is refused could fill the disk."""


class Desk:
    """State, record and settings."""

    def __init__(self, settings: Settings, clock: Clock, host: str, *, patience: timedelta = timedelta(0)) -> None:
        """Open the state and the record in `settings.state_dir`.

        Args:
            settings: What root allows.
            clock: What everything is dated by.
            host: Its name: agreements are for one host.
            patience: How long to wait for another process to let go of the record.
        """
        folder = settings.state_dir
        self.settings = settings
        self.clock = clock
        self.host = host
        keys = FileKeys(folder / "keys")
        self.database: Database = opened(folder / "state.db")
        self.transaction = self.database.transaction
        self.alone = self.database.alone
        """Keeps the other thread out of state and record."""

        self.actions = Actions(self.database)
        self.questions = Questions(self.database)
        self.orders = Orders(self.database)
        self.undo = Undo(self.database, Vault(self.database, StateCipher(keys, folder)))
        self.signed = Signed(self.database)
        self.halt = Halt(folder / "halt")
        self._journal = Journal(folder / "audit", keys, patience)
        self._complaints: list[datetime] = []
        self._unrecorded = 0

    def is_halted(self) -> bool:
        """Tell whether all acting is stopped, as of this moment. A switch that cannot be read is one that stops."""
        try:
            return any(each.name == "halt" for each in self.settings.state_dir.iterdir())
        except OSError:
            return True

    def record(self, action: str, subject: str, actor: str = SELF, **detail: Value) -> None:
        """Make an entry durable.

        Raises:
            AuditError: It is not on disk. What it speaks of must not be done.
        """
        with self.alone:
            self._journal.append(AuditEntry(self.clock.now(), actor, action, subject, detail))

    def complain(self, action: str, subject: str, actor: str = SELF, **detail: Value) -> None:
        """Record what was refused, if not too much was within the hour; then it is counted, and told with the next."""
        now = self.clock.now()
        self._complaints = [at for at in self._complaints if timedelta(0) <= now - at < timedelta(hours=1)]
        if len(self._complaints) >= MOST_COMPLAINTS:
            self._unrecorded += 1
            return
        if self._unrecorded:
            detail["unrecorded_before"] = self._unrecorded
        try:
            self.record(action, subject, actor, **detail)
        except AuditError:  # it is refused all the same, and nothing was done
            self._unrecorded += 1
            return
        self._complaints.append(now)
        self._unrecorded = 0

    def tell_agent(self) -> None:
        """Leave a sign of an answer that a person gave."""
        place = self.settings.socket.parent / ANSWERED
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(OSError):  # without the sign the agent sees the answer with its next whole tick
            descriptor = os.open(place, flags, 0o644)
            with os.fdopen(descriptor, "w", encoding="ascii") as sign:
                sign.write(f"{self.clock.now().timestamp()}\n")

    def rest(self) -> None:
        """Sign what was recorded and let others write: between two things to do.

        Raises:
            AuditError: The end could not be written; the next start explains it.
        """
        with self.alone:
            self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.rest()
        finally:
            self.database.close()
