"""Everything that must survive a restart, behind one door."""

import os
from datetime import datetime
from functools import cached_property
from pathlib import Path

from aiops_agent.errors import StateError
from aiops_agent.hints import Self
from aiops_agent.state.actions import Actions
from aiops_agent.state.approvals import Approvals
from aiops_agent.state.checkpoints import Checkpoints
from aiops_agent.state.database import Database, copied, opened
from aiops_agent.state.halt import Halt, Unhalted
from aiops_agent.state.incidents import Incidents
from aiops_agent.state.outbox import Outbox
from aiops_agent.state.pulse import Pulse
from aiops_agent.state.seen import Seen, lessons
from aiops_agent.state.signed import Signed
from aiops_agent.state.silences import Silences
from aiops_agent.state.vault import Vault
from aiops_agent.state.voices import Voices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.ports import Cipher
    from aiops_agent.state.exemplars import Exemplars
    from aiops_agent.state.undo import Undo


class State:
    """The tables of `state.db`, and the transaction that binds them."""

    def __init__(self, state_dir: Path, database: Database, cipher: "Cipher") -> None:
        self.database = database
        self.vault = Vault(database, cipher)
        self.transaction = self.database.transaction
        self.checkpoints = Checkpoints(self.database)
        self.incidents = Incidents(self.database, self.vault)
        self.actions = Actions(self.database)
        self.approvals = Approvals(self.database, self.vault)
        self.pulse = Pulse(self.database)
        self.seen = Seen(self.database)
        self.signed = Signed(self.database)
        self.silences = Silences(self.database)
        self.voices = Voices(self.database)
        self.halt: Halt = Halt(state_dir / "halt")
        self.outbox = Outbox(self.database, self.vault)

    @cached_property
    def exemplars(self) -> "Exemplars":
        """Return what people said faults are; a tick without a new fault does not ask."""
        from aiops_agent.state.exemplars import Exemplars

        return Exemplars(self.database, self.vault)

    @cached_property
    def undo(self) -> "Undo":
        """Return how what was done is taken back; a tick that repairs nothing does not ask."""
        from aiops_agent.state.undo import Undo

        return Undo(self.database, self.vault)

    @classmethod
    def open(cls, state_dir: Path, cipher: "Cipher") -> Self:
        """Open the state, created when missing; the caller holds the lock. Nothing is encrypted or opened yet.

        Raises:
            StateError: It cannot be opened, or is damaged.
        """
        return cls(state_dir, opened(state_dir / "state.db"), cipher)

    @classmethod
    def look_at(cls, state_dir: Path, cipher: "Cipher") -> Self:
        """Open the state to read it, without the lock.

        Raises:
            StateError: There is none, it cannot be opened, or is damaged.
        """
        path = state_dir / "state.db"
        if not path.exists():
            raise StateError(f"{state_dir} holds no state yet", hint="run `aiops-agent scan` first, or check state_dir")
        return cls(state_dir, opened(path, read_only=True), cipher)

    @classmethod
    def copied(cls, state_dir: Path, cipher: "Cipher") -> Self:
        """Return a copy in memory: what is done to it is forgotten. The original is only read."""
        return cls(state_dir, copied(state_dir / "state.db"), cipher)

    @classmethod
    def in_memory(cls, cipher: "Cipher") -> Self:
        """Return a state that holds nothing yet, of no host: it is in no folder, and is forgotten."""
        nowhere = Path(os.devnull, "state")
        state = cls(nowhere, copied(nowhere / "state.db"), cipher)
        state.halt = Unhalted(nowhere)
        return state

    def lessons(self) -> int:
        """Return how often people have said, or taken back, what a fault is."""
        return lessons(self.database)

    def next_due(self) -> datetime | None:
        """Return when something must be looked at even if no log grows; None: never."""
        times = (
            self.outbox.next_due(),
            self.incidents.next_due(),
            self.approvals.next_expiry(),
            self.voices.next_due(),
            self.pulse.next_due(),
            self.signed.next_due(),
        )
        return min((time for time in times if time), default=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()
