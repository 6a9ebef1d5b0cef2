"""What would take back the changes of runs that are not concluded: on disk before each change, gone with the result."""

import json

from aiops_agent.errors import ForgedError
from aiops_agent.state.database import Database
from aiops_agent.state.vault import Vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Journalled, Planned, StepState


class Undo:
    """The undo journals of all runs. The commands are sealed: an argument may be a secret."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def of(self, action: str) -> "RunJournal":
        """Return the journal of one run."""
        return RunJournal(self._database, self._vault, action)

    def forget(self, action: str) -> None:
        """Drop the journal of a run that is concluded; call inside the transaction that says so."""
        self._database.rows("DELETE FROM undo WHERE action=?", action)


class RunJournal:
    """The undo journal of one run: `ports.UndoJournal`. Each write is a transaction of its own."""

    def __init__(self, database: Database, vault: Vault, action: str) -> None:
        self._database = database
        self._vault = vault
        self._action = action

    def intend(self, number: int, planned: "Planned") -> None:
        """Put down a change that is about to be done.

        Raises:
            StateError: It is not on disk. The change must not be made.
            AuditError: It cannot be encrypted. The same.
        """
        from aiops_agent.model.plain import plain_plan  # most ticks change nothing
        from aiops_agent.model.playbook import StepState

        content = json.dumps(plain_plan(planned)).encode()
        with self._database.transaction():
            self._database.rows(
                "INSERT INTO undo (action, number, state, sealed) VALUES (?,?,?,?)",
                self._action,
                number,
                StepState.INTENDED.value,
                self._vault.seal(content, self._place(number)),
            )

    def settle(self, number: int, state: "StepState") -> None:
        """Put down how far a change has come.

        Raises:
            StateError: It is not on disk.
        """
        with self._database.transaction():
            self._database.rows(
                "UPDATE undo SET state=? WHERE action=? AND number=?", state.value, self._action, number
            )

    def entries(self) -> "list[Journalled]":
        """Return what was put down, in the order in which it was done.

        Raises:
            AuditError: The key is gone or another one than it was encrypted with.
            ForgedError: It was not written by this agent.
        """
        rows = self._database.rows(
            "SELECT number, state, sealed FROM undo WHERE action=? ORDER BY number", self._action
        )
        return [self._opened(*row) for row in rows]

    def _opened(self, number: object, state: object, sealed: object) -> "Journalled":
        from aiops_agent.model.plain import plan_of
        from aiops_agent.model.playbook import Journalled, StepState

        if not isinstance(number, int) or not isinstance(state, str) or state not in set(StepState):
            raise ForgedError(
                f"{self._database.path}: the undo journal of {self._action} was altered",
                hint="find out who can write that file; then look at the service yourself",
            )
        content = self._vault.open(sealed if isinstance(sealed, bytes) else b"", self._place(number))
        return Journalled(number, plan_of(json.loads(content)), StepState(state))

    def _place(self, number: int) -> str:
        return f"undo {self._action}/{number}"
