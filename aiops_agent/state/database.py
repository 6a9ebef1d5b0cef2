"""The state database: one writer at a time, one transaction for what belongs together."""

import errno
import fcntl
import os
from _thread import RLock
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import apsw

from aiops_agent.errors import StateError

# Each entry brings the schema from version N to N+1; entries are never edited once released.
# What comes from a log, goes to people, or was said or agreed to by them is encrypted (`vault`): `evidence`, `sealed`,
# `record`, `vector` and `error`. The rest names files, units, times, counts, digests and people's own words about a
# silence, and is searched by.
MIGRATIONS = (
    """
    CREATE TABLE files (
        key TEXT PRIMARY KEY, path TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
        offset INTEGER NOT NULL, record_start INTEGER NOT NULL, record_end INTEGER NOT NULL,
        prefix_length INTEGER NOT NULL,
        prefix_digest BLOB NOT NULL, window_digest BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE cursors (
        journal TEXT NOT NULL, unit TEXT NOT NULL, cursor TEXT NOT NULL, realtime INTEGER NOT NULL, boot TEXT NOT NULL,
        resume TEXT NOT NULL, counted INTEGER NOT NULL, record_end INTEGER NOT NULL, PRIMARY KEY (journal, unit)
    ) STRICT;
    CREATE TABLE settled (
        file TEXT NOT NULL, service TEXT NOT NULL, size INTEGER NOT NULL, PRIMARY KEY (file, service)
    ) STRICT;
    CREATE TABLE seen (word TEXT PRIMARY KEY) STRICT;
    CREATE TABLE pulse (at INTEGER NOT NULL) STRICT;
    CREATE TABLE incidents (
        id TEXT PRIMARY KEY, kind TEXT NOT NULL, fingerprint TEXT NOT NULL, status TEXT NOT NULL,
        category TEXT NOT NULL, confidence REAL NOT NULL, abstained INTEGER NOT NULL, severity INTEGER NOT NULL,
        service TEXT, source TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
        occurrences INTEGER NOT NULL, evidence BLOB NOT NULL, decided_by TEXT NOT NULL, article TEXT, playbook TEXT,
        choice TEXT NOT NULL, decision TEXT NOT NULL, reason TEXT NOT NULL, outcome TEXT, last_told INTEGER,
        notice TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX one_live_incident ON incidents (kind, fingerprint, ifnull(service, ''))
        WHERE status != 'closed';
    CREATE TABLE actions (
        id TEXT PRIMARY KEY, incident TEXT REFERENCES incidents (id), playbook TEXT NOT NULL,
        digest TEXT NOT NULL, target TEXT NOT NULL, intended INTEGER NOT NULL, finished INTEGER, outcome TEXT
    ) STRICT;
    CREATE INDEX actions_by_target ON actions (playbook, target, intended);
    CREATE TABLE approvals (
        id TEXT PRIMARY KEY, incident TEXT NOT NULL REFERENCES incidents (id), state TEXT NOT NULL,
        requested INTEGER NOT NULL, expires INTEGER NOT NULL, answered INTEGER, sealed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE silences (
        id TEXT PRIMARY KEY, service TEXT, category TEXT, fingerprint TEXT, starts INTEGER NOT NULL,
        ends INTEGER NOT NULL, comment TEXT NOT NULL, created_by TEXT NOT NULL
    ) STRICT;
    CREATE TABLE outbox (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, destination TEXT NOT NULL, incident TEXT NOT NULL,
        sealed BLOB NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL,
        created INTEGER NOT NULL, error BLOB NOT NULL DEFAULT x''
    ) STRICT;
    CREATE INDEX outbox_waiting ON outbox (next_at) WHERE state = 'waiting';
    CREATE TABLE vault (proof BLOB NOT NULL) STRICT;
    CREATE TABLE voices (
        source TEXT PRIMARY KEY, name TEXT NOT NULL,
        first INTEGER NOT NULL, spoke INTEGER NOT NULL, since INTEGER NOT NULL,
        turns INTEGER NOT NULL, longest INTEGER NOT NULL, was_away INTEGER NOT NULL, told INTEGER NOT NULL, due INTEGER
    ) STRICT;
    """,
    """
    CREATE TABLE undo (
        action TEXT NOT NULL REFERENCES actions (id), number INTEGER NOT NULL, state TEXT NOT NULL,
        sealed BLOB NOT NULL, PRIMARY KEY (action, number)
    ) STRICT;
    """,
    """
    ALTER TABLE incidents ADD COLUMN recent TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE incidents ADD COLUMN look_again INTEGER;
    """,
    # When a failure was found to be over, and when that was last looked at; what the limits of a host count by.
    """
    ALTER TABLE actions ADD COLUMN cleared INTEGER;
    ALTER TABLE actions ADD COLUMN looked INTEGER;
    CREATE INDEX actions_by_time ON actions (intended);
    CREATE INDEX actions_that_failed ON actions (playbook, target) WHERE outcome IN ('failed', 'undone');
    CREATE INDEX incidents_by_last_seen ON incidents (last_seen);
    CREATE INDEX incidents_asked_about ON incidents (playbook, service) WHERE status = 'waiting_approval';
    """,
    """
    CREATE TABLE signed (word TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT;
    """,
    # What the root executor keeps in a database of its own, beside its `actions`; empty in the agent's.
    """
    CREATE TABLE questions (
        id TEXT PRIMARY KEY, bound BLOB NOT NULL, playbook TEXT NOT NULL, digest TEXT NOT NULL, service TEXT NOT NULL,
        incident TEXT NOT NULL, risk INTEGER NOT NULL, needed INTEGER NOT NULL, asked INTEGER NOT NULL,
        expires INTEGER NOT NULL, state TEXT NOT NULL
    ) STRICT;
    CREATE TABLE answers (
        question TEXT NOT NULL REFERENCES questions (id), uid INTEGER NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY (question, uid)
    ) STRICT;
    CREATE TABLE orders (
        id TEXT PRIMARY KEY, incident TEXT NOT NULL, question TEXT, result TEXT
    ) STRICT;
    """,
    # What was diagnosed before is sure enough for a low risk only: a person looks before anything of a higher one.
    """
    ALTER TABLE incidents ADD COLUMN sure_for INTEGER NOT NULL DEFAULT 1;
    """,
    # What people said a fault is: who and what (`sealed`), the record, and its vector by an encoder. `lessons` counts
    # how often that changed. Of a run, which fault it was for, when that came back all the same, and when a person had
    # the playbook tried again.
    """
    CREATE TABLE exemplars (
        fingerprint TEXT PRIMARY KEY, number INTEGER NOT NULL, sealed BLOB NOT NULL, record BLOB NOT NULL,
        article TEXT, edition TEXT NOT NULL, encoder TEXT NOT NULL DEFAULT '', vector BLOB NOT NULL DEFAULT x''
    ) STRICT;
    CREATE TABLE lessons (number INTEGER NOT NULL) STRICT;
    ALTER TABLE incidents ADD COLUMN heeded INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX incidents_by_fingerprint ON incidents (fingerprint);
    ALTER TABLE actions ADD COLUMN fingerprint TEXT;
    ALTER TABLE actions ADD COLUMN returned INTEGER;
    ALTER TABLE actions ADD COLUMN forgiven INTEGER;
    UPDATE actions SET fingerprint=(SELECT fingerprint FROM incidents WHERE incidents.id=actions.incident);
    CREATE INDEX actions_by_fingerprint ON actions (fingerprint, playbook, intended);
    """,
)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Database:
    """A connection whose writes are durable when `transaction` returns; of two threads that use it one waits."""

    def __init__(self, path: Path, connection: apsw.Connection, *, read_only: bool = False) -> None:
        """Take an open connection, and bring its schema up to date unless `read_only`.

        Raises:
            StateError: It is damaged, or was written by a newer version.
        """
        self.path = path
        self.alone = RLock()
        """Held for each statement and each transaction; by a caller, around what must not change in between."""

        self._connection = connection
        try:
            connection.set_busy_timeout(5000)
            if not read_only:
                # FULL: a committed offset must not come back after a power cut; SQLite says that NORMAL may lose it.
                connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0")
            self._check()
            self._migrate(read_only=read_only)
        except apsw.Error as error:
            raise damaged(path, error) from error

    def _check(self) -> None:
        # A third of a millisecond for 500 incidents. Caps, approvals and cooldowns are in it: half of them is no ground
        # to act on.
        fault = str(self.value("PRAGMA quick_check(1)"))
        if fault != "ok":
            raise apsw.CorruptError(fault)

    def _migrate(self, *, read_only: bool) -> None:
        version = int(str(self.value("PRAGMA user_version")))
        if version > len(MIGRATIONS):
            raise StateError(f"{self.path} was written by a newer aiops-agent", hint="install that version again")
        if version == len(MIGRATIONS):
            return
        if read_only:
            raise StateError(
                f"{self.path} is of an older version", hint="run `aiops-agent scan` once to bring it up to date"
            )
        with self.transaction():
            for script in MIGRATIONS[version:]:
                self._connection.execute(script)
            self._connection.execute(f"PRAGMA user_version={len(MIGRATIONS)}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside, durably, or nothing of it.

        Raises:
            StateError: It could not be written: the disk is full or failing.
        """
        with self.alone:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except apsw.Error as error:
                raise damaged(self.path, error) from error
            try:
                yield
                self._connection.execute("COMMIT")
            except apsw.Error as error:
                self._roll_back()
                raise damaged(self.path, error) from error
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # SQLite rolls back by itself on some errors (a full disk): a second ROLLBACK would hide the first error.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def rows(self, sql: str, *bindings: object) -> list[tuple[object, ...]]:
        """Return all rows of a statement."""
        with self.alone:
            try:
                return list(self._connection.execute(sql, bindings))
            except (apsw.Error, UnicodeDecodeError) as error:
                raise damaged(self.path, error) from error

    def value(self, sql: str, *bindings: object) -> object:
        """Return the first column of the first row, or None."""
        rows = self.rows(sql, *bindings)
        return rows[0][0] if rows else None

    def changed(self, sql: str, *bindings: object) -> int:
        """Execute a statement and return how many rows it changed."""
        with self.alone:
            self.rows(sql, *bindings)
            return self._connection.changes()

    def close(self) -> None:
        """Close; the write-ahead log is folded into the file."""
        self._connection.close()


def opened(path: Path, *, read_only: bool = False) -> Database:
    """Open the database at `path`, and create it unless `read_only`.

    Raises:
        StateError: It cannot be opened, is damaged, or was written by a newer version.
    """
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    try:
        connection = apsw.Connection(str(path), flags=flags)
        if not read_only:
            path.chmod(0o600)
    except (apsw.Error, OSError) as error:
        raise damaged(path, error) from error
    return Database(path, connection, read_only=read_only)


def copied(path: Path) -> Database:
    """Return a copy in memory of what `path` holds; an empty database when it does not exist. Writes nothing there."""
    try:
        memory = apsw.Connection(":memory:")
        if path.exists():
            # A reader of a database with a write-ahead log makes files beside it, unless told it is immutable.
            unwritten = Path(f"{path}-wal").exists()
            uri = f"file:{quote(str(path))}?mode=ro" + ("" if unwritten else "&immutable=1")
            original = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
            with memory.backup("main", original, "main") as backup:
                backup.step()
            original.close()
    except apsw.Error as error:
        raise damaged(path, error) from error
    return Database(path, memory)


def damaged(path: Path, error: Exception) -> StateError:
    """Translate the word of SQLite or of the system for it."""
    why = error.strerror if isinstance(error, OSError) else str(error)
    passing = False
    match error:
        case apsw.FullError() | apsw.IOError() | OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EIO):
            hint = "free space on that file system; nothing was acted on, and reading goes on where it stood"
            passing = True
        case apsw.BusyError() | OSError(errno=errno.EMFILE | errno.ENFILE | errno.EINTR | errno.EAGAIN):
            hint = "it passes by itself; when it does not, look for what else uses the database or holds files open"
            passing = True
        case apsw.NotADBError() | apsw.CorruptError() | ValueError():
            hint = "move the file aside and scan again; the audit log is apart from it"
        case apsw.CantOpenError() | apsw.PermissionsError() | apsw.ReadOnlyError() | PermissionError():
            hint = "run as the owner of state_dir, or as root"
        case _:
            hint = "run `aiops-agent scan` again; when it persists, move the file aside"
    return StateError(f"{path}: {why}", passing=passing, hint=hint)


@contextmanager
def exclusive(state_dir: Path, *, wait: timedelta = timedelta(0), name: str = "lock") -> Iterator[bool]:
    """Hold the one lock that every writing process takes; yields False when another holds it beyond `wait`.

    `name`: another lock in the same folder, such as the one that a daemon holds for as long as it runs.

    Raises:
        StateError: The lock file cannot be made or opened.
    """
    path = state_dir / name
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise damaged(path, error) from error
    try:
        yield _locked(descriptor, wait)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, wait: timedelta) -> bool:
    import time

    deadline = time.monotonic() + wait.total_seconds()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def stamp(time: datetime) -> int:
    """Return an aware time as microseconds since 1970 UTC: how the database keeps it."""
    return (time - _EPOCH) // _MICROSECOND


def unstamp(microseconds: object) -> datetime:
    """Return what `stamp` was given."""
    return _EPOCH + int(str(microseconds)) * _MICROSECOND
