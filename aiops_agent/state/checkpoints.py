"""How far each file has been read."""

from collections.abc import Iterable

from aiops_agent.model.event import Checkpoint
from aiops_agent.state.database import Database

COLUMNS = "path, device, inode, offset, record_start, prefix_length, prefix_digest, window_digest, size, mtime_ns"


class Checkpoints:
    """Checkpoints by `DEVICE:INODE`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Checkpoint]:
        """Return every file ever read and not forgotten."""
        rows = self._database.rows(f"SELECT key, {COLUMNS} FROM files")  # noqa: S608 - our own column list
        return {str(row[0]): Checkpoint(*row[1:]) for row in rows}  # type: ignore[arg-type]

    def save(self, checkpoint: Checkpoint) -> None:
        """Move the file's offset; call inside the transaction of what its lines caused."""
        c = checkpoint
        self._database.rows(
            f"INSERT INTO files (key, {COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?) "  # noqa: S608 - our own column list
            "ON CONFLICT (key) DO UPDATE SET path=excluded.path, offset=excluded.offset, record_start=excluded.record_start, "
            "prefix_length=excluded.prefix_length, prefix_digest=excluded.prefix_digest, "
            "window_digest=excluded.window_digest, size=excluded.size, mtime_ns=excluded.mtime_ns, "
            "settled=CASE WHEN excluded.offset < files.offset THEN 0 ELSE files.settled END",
            f"{c.device}:{c.inode}", c.path, c.device, c.inode, c.offset, c.record_start, c.prefix_length,
            c.prefix_digest, c.window_digest, c.size, c.mtime_ns,
        )  # fmt: skip

    def settle(self, sizes: Iterable[tuple[str, int]]) -> None:
        """Note that a repair was verified when these files (`DEVICE:INODE`) had these sizes.

        Records before that were written before the repair took hold: they count, and do not raise the incident again.
        """
        for key, size in sizes:
            self._database.rows("UPDATE files SET settled=? WHERE key=?", size, key)

    def is_settled(self, checkpoint: Checkpoint) -> bool:
        """Tell whether everything up to this checkpoint was there when a repair was verified."""
        settled = self._database.value(
            "SELECT settled FROM files WHERE key=?", f"{checkpoint.device}:{checkpoint.inode}"
        )
        return isinstance(settled, int) and 0 < checkpoint.offset <= settled

    def knows_source(self, key: str) -> bool:
        """Tell whether this source was read by an earlier tick: only then is a file that appears read from its beginning."""
        return self._database.value("SELECT 1 FROM sources WHERE key=?", key) is not None

    def remember_source(self, key: str) -> None:
        """Note that this source has been read once."""
        self._database.rows("INSERT OR IGNORE INTO sources (key) VALUES (?)", key)
