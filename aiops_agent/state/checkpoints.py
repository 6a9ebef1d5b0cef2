"""How far each file has been read."""

from collections.abc import Iterable

from aiops_agent.model.event import Checkpoint
from aiops_agent.noun import astuple, fields
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
        before = self._database.value("SELECT offset FROM files WHERE key=?", checkpoint.key)
        if isinstance(before, int) and checkpoint.offset < before:  # written anew: what was settled is gone
            self._database.rows("DELETE FROM settled WHERE file=?", checkpoint.key)
        self._database.rows(
            f"INSERT INTO files (key, {_LIST}) VALUES (?, {_MARKS}) ON CONFLICT (key) DO UPDATE SET {_UPDATES}",
            checkpoint.key,
            *astuple(checkpoint),
        )

    def settle(self, service: str, sizes: Iterable[tuple[str, int]]) -> None:
        """Note that a repair of the service was verified when these files (`DEVICE:INODE`) had these sizes.

        Records before that were written before the repair took hold: they count, and do not raise the incident again.
        """
        for file, size in sizes:
            self._database.rows("REPLACE INTO settled (file, service, size) VALUES (?,?,?)", file, service, size)

    def is_settled(self, checkpoint: Checkpoint, service: str | None) -> bool:
        """Tell whether all up to this checkpoint was there when a repair of the service was verified."""
        size = self._database.value(
            "SELECT size FROM settled WHERE file=? AND service=?", checkpoint.key, service or ""
        )
        return isinstance(size, int) and 0 < checkpoint.offset <= size
