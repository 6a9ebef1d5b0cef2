"""The audit log, opened for writing when the first entry comes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aiops_agent.audit.damage import way_out
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import NO_CHAIN
from aiops_agent.audit.reserve import FULL, SIZE, Reserve
from aiops_agent.audit.segments import list_segments
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor, AuditEntry

if TYPE_CHECKING:
    from aiops_agent.audit.seal import Position
    from aiops_agent.audit.session import Session


RESERVE = "audit.reserve"
"""Beside the folder of the log, which holds segments and nothing else."""

_BEGINNING = "intent"


class Journal:
    """Appends to the log in `directory`; creates and locks nothing before the first entry.

    Keep it open no longer than one tick or command: until `close`, no other process can append. After
    `close` the next entry opens it again.
    """

    def __init__(self, directory: Path, keys: KeyProvider, patience: timedelta = timedelta(0)) -> None:
        """Take the folder of the log and its keys; `patience`: how long to wait for another writer to let go of it."""
        self._patience = patience
        self._directory = directory
        self._keys = keys
        self._reserve = Reserve(directory.parent / RESERVE)
        self._session: Session | None = None
        self._failure = ""
        self._is_full = False
        self._ended: Anchor | None = None
        """Where the log stood when this journal was closed: to read a day's segment again takes 40 ms."""

        self._last: datetime | None = None
        """Time of the last entry that was taken."""

    def append(self, *entries: AuditEntry) -> None:
        """Make `entries` durable before returning: one write and one sync for all of them.

        On a full disk the reserve takes what ends something, and nothing that begins: no `intent`.

        Raises:
            AuditError: They are not on disk, and after a failed write nothing more is taken until `close`:
                what the disk holds then is known only to who reads it anew.
        """
        if self._failure:
            raise self._refusal()
        at = entries[0].time
        try:
            session = self._session_at(at)
            if self._is_full and _begins(entries):
                raise self._no_space()
            session.append(*entries)
        except OSError as error:
            refusal = self._broken(error)
            if error.errno not in FULL or not self._reserve.release():
                raise refusal from error
            self._say_last_words(entries, at)
        self._last = at

    def _session_at(self, at: datetime) -> "Session":
        if self._session is None or self._session.is_full(at):
            from aiops_agent.audit.session import Session

            session, self._session = self._session, None
            if session:
                session.close()
            if self._keys.exist():
                self._keys.check()  # a key of another log, or an older one, is named as such and not as damage
            self._session = Session(self._directory, self._keys, at, self._patience)
            self._is_full = not self._reserve.keep()
        return self._session

    def _say_last_words(self, entries: Sequence[AuditEntry], at: datetime) -> None:
        """Record in the space of the reserve that the disk is full, and what ends something that has begun."""
        from aiops_agent.audit.session import Session

        self._failure = ""
        self._is_full = True
        is_refused = _begins(entries)
        kept = () if is_refused else entries
        try:
            self._session = Session(self._directory, self._keys, at)
            self._session.append(AuditEntry(at, "agent", "disk_full", "audit log", {"refused": is_refused}), *kept)
        except OSError as error:
            raise self._broken(error) from error
        if is_refused:
            raise self._no_space()

    def check(self) -> None:
        """Look whether the keys of a log are there; reads no record. A log that has not begun needs none yet.

        Raises:
            AuditError: They are gone or cannot be used, or something that is no segment lies in the folder of the log.
        """
        if list_segments(self._directory) or self._keys.exist():
            self._keys.check()

    def retire(self, before: datetime, at: datetime) -> int:
        """Remove whole oldest segments with nothing but records from before that time; return how many.

        Raises:
            AuditError: They are damaged, and kept; or the disk refused.
        """
        from aiops_agent.audit.retention import retire

        if self._failure:
            raise self._refusal()
        try:
            return retire(self._directory, self._keys, self._session_at(at), before, at)
        except OSError as error:
            raise self._broken(error) from error

    def anchor(self) -> Anchor:
        """Return where the log stands. Reads the last segment at the most.

        Raises:
            AuditError: That segment is damaged.
        """
        if self._session:
            return _anchor_at(self._session.position)
        if self._ended:
            return self._ended
        segments = list_segments(self._directory)
        if not segments:
            return Anchor(0, NO_CHAIN.hex())
        from aiops_agent.audit.walk import walk_tail

        return _anchor_at(walk_tail(segments, None).position)

    def close(self) -> None:
        """Sign what was written and let others write. Without an entry since the last time, touches nothing.

        Raises:
            AuditError: The end could not be written. All entries are still durable; the next start explains it.
        """
        self._failure = ""
        session, self._session = self._session, None
        if session is None:
            return
        self._ended = None
        try:
            session.close()
            self._ended = _anchor_at(session.position)
        except OSError as error:
            if error.errno not in FULL or self._last is None or not self._reserve.release():
                raise self._cannot_write(error) from error
            self._say_last_words((), self._last)
            self.close()

    def _broken(self, error: OSError) -> AuditError:
        session, self._session = self._session, None
        if session:
            session.abandon()
        refusal = self._cannot_write(error)
        self._failure = refusal.message
        return refusal

    def _cannot_write(self, error: OSError) -> AuditError:
        check = "nothing is acted on until it can: check the disk's space and health, and who owns the directory"
        return AuditError(
            f"the audit log in {self._directory} cannot be written: {error.strerror}",
            hint=way_out(error, check),
        )

    def _no_space(self) -> AuditError:
        return AuditError(
            f"the disk of the audit log in {self._directory} is full: what ends is still recorded, nothing is begun",
            hint=f"free some space there, at least the {SIZE >> 10} KiB of the reserve",
        )

    def _refusal(self) -> AuditError:
        return AuditError(self._failure, hint="nothing is acted on until the log is opened again and can be written")


def _anchor_at(position: "Position") -> Anchor:
    return Anchor(position.records, position.chain.hex())


def _begins(entries: Sequence[AuditEntry]) -> bool:
    return any(entry.action == _BEGINNING for entry in entries)
