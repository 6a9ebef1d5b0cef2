"""How far each file has been read."""

from collections.abc import Iterable
from dataclasses import astuple, fields

from aiops_agent.model.event import Checkpoint
from aiops_agent.state.database import Database

COLUMNS = tuple(field.name for field in fields(Checkpoint))
_LIST = ", ".join(COLUMNS)
_MARKS = ", ".join("?" for _ in COLUMNS)
_UPDATES = ", ".join(f"{column}=excluded.{column}" for column in COLUMNS)


class Checkpoints:
    """Checkpoints by `DEVICE:INODE`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Checkpoint]:
        """Return every file ever read and not forgotten."""
        rows = self._database.rows(f"SELECT key, {_LIST} FROM files")
        return {str(row[0]): Checkpoint(*row[1:]) for row in rows}  # type: ignore[arg-type]

    def save(self, checkpoint: Checkpoint) -> None:
        """Move the file's offset; call inside the transaction of what its lines caused."""
        self._database.rows(
            f"INSERT INTO files (key, {_LIST}) VALUES (?, {_MARKS}) ON CONFLICT (key) DO UPDATE SET {_UPDATES}, "
            "settled=CASE WHEN excluded.offset < files.offset THEN 0 ELSE files.settled END",
            checkpoint.key,
            *astuple(checkpoint),
        )

    def settle(self, sizes: Iterable[tuple[str, int]]) -> None:
        """Note that a repair was verified when these files (`DEVICE:INODE`) had these sizes.

        Records before that were written before the repair took hold: they count, and do not raise the incident again.
        """
        for key, size in sizes:
            self._database.rows("UPDATE files SET settled=? WHERE key=?", size, key)

    def is_settled(self, checkpoint: Checkpoint) -> bool:
        """Tell whether everything up to this checkpoint was there when a repair was verified."""
        settled = self._database.value("SELECT settled FROM files WHERE key=?", checkpoint.key)
        return isinstance(settled, int) and 0 < checkpoint.offset <= settled
