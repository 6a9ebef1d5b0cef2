"""How far each file and journal has been read."""

from collections.abc import Iterable
from datetime import datetime

from aiops_agent.model.event import Checkpoint, Cursor, Position
from aiops_agent.noun import astuple, fields
from aiops_agent.state.database import Database, stamp

COLUMNS = tuple(field.name for field in fields(Checkpoint))
_LIST = ", ".join(COLUMNS)
_MARKS = ", ".join("?" for _ in COLUMNS)
_UPDATES = ", ".join(f"{column}=excluded.{column}" for column in COLUMNS)
_CURSOR = ", ".join(field.name for field in fields(Cursor))
_JOURNAL = "journal"
"""Stands for every journal where files are named."""


class Checkpoints:
    """Checkpoints of files by `DEVICE:INODE`, cursors of journals by source and unit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Checkpoint]:
        """Return every file ever read and not forgotten."""
        rows = self._database.rows(f"SELECT key, {_LIST} FROM files")
        return {str(row[0]): Checkpoint(*row[1:]) for row in rows}  # type: ignore[arg-type]

    def known(self) -> dict[str, Position]:
        """Return how far everything has been read: files and journals."""
        cursors = (Cursor(*row) for row in self._database.rows(f"SELECT {_CURSOR} FROM cursors"))  # type: ignore[arg-type]
        return {**self.all(), **{cursor.key: cursor for cursor in cursors}}

    def save(self, position: Position) -> None:
        """Move the offset or cursor; call inside the transaction of what was read up to it."""
        match position:
            case Checkpoint():
                self._save_file(position)
            case Cursor():
                self._save_cursor(position)

    def _save_cursor(self, cursor: Cursor) -> None:
        if cursor.unit == Cursor.WHOLE:  # it has come past what units without an open record were read up to
            self._database.rows("DELETE FROM cursors WHERE journal=? AND resume=''", cursor.journal)
        marks = ", ".join("?" for _ in fields(Cursor))
        self._database.rows(f"REPLACE INTO cursors ({_CURSOR}) VALUES ({marks})", *astuple(cursor))

    def _save_file(self, checkpoint: Checkpoint) -> None:
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

    def settle_journals(self, service: str, now: datetime) -> None:
        """Note that a repair of the service was verified at this time: the same for what a journal holds by now."""
        self.settle(service, [(_JOURNAL, stamp(now))])

    def is_settled(self, position: Position, service: str | None) -> bool:
        """Tell whether all up to this place was there when a repair of the service was verified."""
        if isinstance(position, Checkpoint):
            file, place = position.key, position.offset
        else:
            file, place = _JOURNAL, position.realtime
        size = self._database.value("SELECT size FROM settled WHERE file=? AND service=?", file, service or "")
        return isinstance(size, int) and 0 < place <= size
