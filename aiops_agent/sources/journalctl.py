"""Entries of the system's journal, as the program of systemd that reads it gives them: one process for each reading."""

import glob
import os
import subprocess
import tempfile
from collections.abc import Iterator

from aiops_agent.hints import IO
from aiops_agent.noun import dataclass

PROGRAM = "/usr/bin/journalctl"
LONGEST = 65_536
"""Bytes of a field that are kept; a client may send far more."""

_FIELDS = (
    *("MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "_COMM", "_PID", "_UID", "_HOSTNAME", "_TRANSPORT"),
    *("_SYSTEMD_UNIT", "UNIT", "COREDUMP_UNIT"),
)
_SURROUNDINGS = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "SYSTEMD_COLORS": "0"}


class JournalError(Exception):
    """The journal cannot be read, or not from there; its text is what journalctl said."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What was logged at once, and by whom."""

    cursor: str
    realtime: int
    """Microseconds since 1970 UTC."""

    boot: str
    fields: dict[bytes, bytes]
    """Names that begin with an underscore are what journald found out by itself: no client can set them."""

    length: int
    """Of the message, in bytes, also of what was not kept."""

    def text(self, name: bytes) -> str:
        """Return a field as text; empty when the entry has none."""
        return self.fields.get(name, b"").decode("utf-8", "replace")


class Journal:
    """The journal of this system, or the one in a folder."""

    def __init__(self, directory: str | None = None, program: str = PROGRAM) -> None:
        self.folders = (directory,) if directory else ("/run/log/journal", "/var/log/journal")
        """Where its files lie, or the folders of machines that hold them."""

        self._command: tuple[str, ...] = (
            program,
            "--output=export",
            f"--output-fields={','.join(_FIELDS)}",
            "--quiet",
            "--no-pager",
        )
        if directory:
            self._command += (f"--directory={directory}",)

    def archives(self) -> set[str]:
        """Return the paths of its files that are no longer written to; what vanishes from them was cleared away."""
        return {
            path
            for folder in self.folders
            for path in glob.iglob(f"{glob.escape(folder)}/**/*@*.journal", recursive=True)
        }

    def beginning(self) -> Iterator[Entry]:
        """Yield every entry, oldest first.

        Raises:
            JournalError: It cannot be read, or not to its end.
        """
        return self._entries()

    def at(self, cursor: str) -> Iterator[Entry]:
        """Yield the entry of this cursor, if it is still there, and all behind it.

        Raises:
            JournalError: As in `beginning`; or the cursor is none.
        """
        return self._entries(f"--cursor={cursor}")

    def since(self, realtime: int) -> Iterator[Entry]:
        """Yield the entries from this time on, in microseconds since 1970 UTC.

        Raises:
            JournalError: As in `beginning`.
        """
        seconds, rest = divmod(max(0, realtime), 1_000_000)
        return self._entries(f"--since=@{seconds}.{rest:06}")

    def newest(self) -> Entry | None:
        """Return the last entry; None when there is none.

        Raises:
            JournalError: As in `beginning`.
        """
        return next(self._entries("--lines=1"), None)

    def _entries(self, *where: str) -> Iterator[Entry]:
        with tempfile.TemporaryFile() as said:
            try:
                process = subprocess.Popen(  # noqa: S603 - the words come from here, times and cursors are one word each
                    (*self._command, *where),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    env=_SURROUNDINGS,
                    bufsize=1 << 18,
                )
            except OSError as error:
                raise JournalError(f"{self._command[0]}: {os.strerror(error.errno or 0)}") from error
            try:
                if process.stdout is not None:
                    yield from parse(process.stdout)
                    if process.wait():
                        raise JournalError(_last_words(said) or f"journalctl ended with {process.returncode}")
            finally:
                process.kill()
                process.wait()
                if process.stdout is not None:
                    process.stdout.close()


def parse(stream: IO[bytes]) -> Iterator[Entry]:
    """Yield the entries of a stream in systemd's export format; an entry that is cut off at its end is left out."""
    fields: dict[bytes, bytes] = {}
    length = 0
    while line := stream.readline(LONGEST):
        if line == b"\n":
            if b"__CURSOR" in fields:
                yield _entry(fields, length)
            fields, length = {}, 0
            continue
        name, mark, value = line.partition(b"=")
        if mark:
            size = len(value)
            while line[-1:] != b"\n" and (line := stream.readline(LONGEST)):
                size += len(line)
            value, size = value.removesuffix(b"\n"), size - 1
        else:  # binary, or of several lines: length, value, newline
            name = line[:-1]
            size = int.from_bytes(stream.read(8), "little")
            value = stream.read(min(size, LONGEST))
            _skip(stream, size - len(value) + 1)
        if name not in fields:  # a client may name a field twice
            fields[name] = value
            length = size if name == b"MESSAGE" else length


def _entry(fields: dict[bytes, bytes], length: int) -> Entry:
    return Entry(
        cursor=fields[b"__CURSOR"].decode("ascii", "replace"),
        realtime=int(fields.get(b"__REALTIME_TIMESTAMP", b"0")),
        boot=fields.get(b"_BOOT_ID", b"").decode("ascii", "replace"),
        fields=fields,
        length=length,
    )


def _skip(stream: IO[bytes], size: int) -> None:
    while size > 0 and (skipped := stream.read(min(size, 1 << 20))):
        size -= len(skipped)


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read(LONGEST).decode("utf-8", "replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
