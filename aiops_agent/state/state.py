"""Everything that must survive a restart, behind one door."""

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from aiops_agent.errors import StateError
from aiops_agent.state.actions import Actions
from aiops_agent.state.approvals import Approvals
from aiops_agent.state.checkpoints import Checkpoints
from aiops_agent.state.database import Database
from aiops_agent.state.incidents import Incidents
from aiops_agent.state.outbox import Outbox
from aiops_agent.state.halt import Halt
from aiops_agent.state.silences import Silences


class State:
    """The tables of `state.db`, and the transaction that binds them."""

    def __init__(self, state_dir: Path, *, read_only: bool = False) -> None:
        """Open it; created when missing unless `read_only`.

        Raises:
            StateError: It cannot be opened, or is damaged.
        """
        if read_only and not (state_dir / "state.db").exists():
            raise StateError(f"{state_dir} holds no state yet", hint="run `aiops-agent scan` first, or check state_dir")
        self._open(Database(state_dir / "state.db", read_only=read_only), state_dir)

    def _open(self, database: Database, state_dir: Path) -> None:
        self.database = database
        self.transaction = self.database.transaction
        self.checkpoints = Checkpoints(self.database)
        self.incidents = Incidents(self.database)
        self.actions = Actions(self.database)
        self.approvals = Approvals(self.database)
        self.silences = Silences(self.database)
        self.halt = Halt(state_dir / "halt")
        self.outbox = Outbox(self.database)

    @classmethod
    def copied(cls, state_dir: Path) -> Self:
        """Return a copy in memory: what is done to it is forgotten. The original is only read."""
        state = cls.__new__(cls)
        state._open(Database.copied(state_dir / "state.db"), state_dir)
        return state

    def next_due(self) -> datetime | None:
        """Return when something must be looked at even if no log grows; None: never."""
        times = [time for time in (self.outbox.next_due(), self.approvals.next_expiry()) if time]
        return min(times) if times else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()
