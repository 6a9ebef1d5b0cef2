"""The journal of systemd: read from the entry where the last tick ended, through rotation, vacuum and restarts."""

import os
from collections.abc import Iterator, Mapping, Sequence

from aiops_agent.hints import Literal
from aiops_agent.model.event import Batch, Cursor, Notice, Position
from aiops_agent.noun import replace
from aiops_agent.sources.dealing import Dealing, Wanted
from aiops_agent.sources.entry import path_of
from aiops_agent.sources.journalctl import Journal, JournalError
from aiops_agent.sources.quiet import stamp
from aiops_agent.sources.stretch import Stretches
from aiops_agent.sources.trail import Trail

_TOLD = "!"
"""In place of a unit: it was told that the journal cannot be read."""


class JournaldSource:
    """The entries of some units, or of all and of the kernel."""

    def __init__(
        self,
        key: str,
        units: Sequence[str],
        *,
        service: str | None,
        start: Literal["end", "beginning"],
        assembly: Stretches,
        journal: Journal | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            key: What the source is remembered by.
            units: Whose entries count; none: all but the agent's own.
            service: What a playbook may act on, if it is another unit than the one that wrote.
            start: Where to begin on the first tick of this source.
            assembly: Makes error records of lines.
            journal: Another one than this system's.
        """
        self._key = key
        self._wanted = Wanted(frozenset(units), service)
        self._from_beginning = start == "beginning"
        self._assembly = assembly
        self._journal = journal or Journal()
        self._stamps: list[str] = []

    def covers(self, path: str) -> bool:  # noqa: ARG002 - as the port has it
        """Tell that no file is read."""
        return False

    def directories(self) -> list[str]:
        """Return the stamps of the journal's folders and of its growing files, from before the last reading."""
        return self._stamps

    def read(self, known: Mapping[str, Position]) -> Iterator[Batch]:
        """Yield what is new since the cursors in `known`; each unit's cursor moves with its records."""
        self._stamps = list(_stamps(self._journal.folders))
        mine = {at.unit: at for at in known.values() if isinstance(at, Cursor) and at.journal == self._key}
        told = mine.pop(_TOLD, None)
        try:
            yield from self._read(mine)
        except JournalError as error:
            if not told:
                unread = Cursor(self._key, _TOLD, "", 0, "")
                yield self._batch(unread, Notice("unreadable", path_of(""), str(error)))

    def _read(self, mine: dict[str, Cursor]) -> Iterator[Batch]:
        nowhere = Cursor(self._key, Cursor.WHOLE, "", 0, "")
        whole = mine.pop(Cursor.WHOLE, None)
        if whole is None and not self._from_beginning:
            newest = self._journal.newest()
            yield self._batch(
                replace(nowhere, cursor=newest.cursor, realtime=newest.realtime, boot=newest.boot)
                if newest
                else nowhere
            )
            return
        whole = whole or nowhere
        open_records = [at.resume for at in mine.values() if at.resume]
        trail = Trail(self._journal, whole.cursor, whole.realtime, open_records)
        dealing = Dealing(trail, whole, mine, self._assembly, self._wanted)
        failed: JournalError | None = None
        try:
            for entry in trail.entries():
                dealing.take(entry)
                if dealing.is_full():
                    yield from dealing.batches(ended=False)
        except JournalError as error:  # what came before it counts
            failed = error
        yield from dealing.batches(ended=True)
        if failed:
            raise failed

    def _batch(self, cursor: Cursor, *notices: Notice) -> Batch:
        return Batch(path_of(""), None, cursor, (), notices, read_bytes=0, lost_bytes=0)


def _stamps(folders: Sequence[str]) -> Iterator[str]:
    """Yield stamps of the folders, of those of machines in them, and of the files there that grow.

    journald changes the time of a file whenever it has written to it, although it writes through memory.
    """
    for folder in folders:
        yield stamp(folder)
        yield from _of_files(folder)
        for machine in filter(str.isalnum, _names(folder)):
            yield stamp(f"{folder}/{machine}")
            yield from _of_files(f"{folder}/{machine}")


def _of_files(folder: str) -> Iterator[str]:
    """Yield the stamps of journals that are not archived: names of those hold an `@`."""
    names = _names(folder)
    return (stamp(f"{folder}/{name}") for name in names if name.endswith(".journal") and "@" not in name)


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []
