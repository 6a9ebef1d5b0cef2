"""A SQLite file that is only a copy: it carries its digest in its name, and is replaced whole."""

import hashlib
import os
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw

_NAME = "articles-"
_DIGITS = 32
"""Hex digits of the SHA-256 that stand in the name."""

HALF_MADE = 3600.0
"""Seconds after which nobody is at work on a partial file any more: of 10,000 articles it takes a minute."""


class Kept:
    """Where an index lies from one process to the next."""

    def __init__(self, folder: Path | None, schema: str) -> None:
        """Open nothing yet; without a folder it is kept in memory only."""
        self._folder = folder
        self._schema = schema
        self._version = zlib.crc32(schema.encode()) & 0x7FFF_FFFF
        self.refused: str | None = None
        """The file whose content was not what its name says."""

    def opened(
        self, is_wanted: Callable[[apsw.Connection], bool], change: Callable[[apsw.Connection], None]
    ) -> apsw.Connection:
        """Return the file open for reading, as it lies there or as it became by `change`.

        A folder that cannot be written is no error: what is made then is lost with the process.
        """
        if self._folder is None:
            return self._made(":memory:", change)
        try:
            found = self._newest(self._folder)
            if found:
                connection = _open(found)
                if is_wanted(connection):
                    return connection
                connection.close()
            return _open(self._replace(self._folder, found, change))
        except OSError:
            return self._made(":memory:", change)

    def _newest(self, folder: Path) -> Path | None:
        """Return the newest file that is what it says and of this schema; the others are removed."""
        for path in sorted(folder.glob(f"{_NAME}*.db"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
            if path.stem != f"{_NAME}{_digest(path)}":
                self.refused = str(path)
            elif self._is_of_schema(path):
                return path
            path.unlink()
        return None

    def _is_of_schema(self, path: Path) -> bool:
        try:
            connection = _open(path)
        except OSError:
            return False
        ((version,),) = connection.execute("PRAGMA user_version")
        connection.close()
        return bool(version == self._version)

    def _replace(self, folder: Path, found: Path | None, change: Callable[[apsw.Connection], None]) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f"{_NAME}{os.getpid()}.partial"
        try:
            partial.write_bytes(found.read_bytes() if found else b"")
            self._made(str(partial), change).close()
            whole = folder / f"{_NAME}{_digest(partial)}.db"
            partial.replace(whole)
        except apsw.Error as error:  # a full disk
            raise OSError(str(error)) from error
        finally:
            partial.unlink(missing_ok=True)
        _tidy(folder, whole)
        return whole

    def _made(self, name: str, change: Callable[[apsw.Connection], None]) -> apsw.Connection:
        """Return the database of a name after a change, its tables made first where it is new."""
        connection = apsw.Connection(name)
        connection.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")  # nobody reads one that is half made
        with connection:
            if not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
                connection.execute(f"{self._schema}; PRAGMA user_version = {self._version}")
            change(connection)
        return connection


def _open(path: Path) -> apsw.Connection:
    """Return the file open for reading.

    Raises:
        OSError: It is no database, or another process has replaced it meanwhile.
    """
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    try:
        connection = apsw.Connection(f"{path.resolve().as_uri()}?immutable=1", flags=flags)
        connection.execute("SELECT count(*) FROM sqlite_schema")  # SQLite opens when it first reads
    except apsw.Error as error:
        raise OSError(str(error)) from error
    return connection


def _tidy(folder: Path, whole: Path) -> None:
    """Remove what `whole` replaces, and what a process that was killed left half made."""
    half_made_before = whole.stat().st_mtime - HALF_MADE
    for other in folder.glob(f"{_NAME}*"):
        with suppress(OSError):
            if other != whole and (other.suffix == ".db" or other.stat().st_mtime < half_made_before):
                other.unlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]
