"""The audit log, opened for writing when the first entry comes."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import NO_CHAIN
from aiops_agent.audit.segments import list_segments
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor, AuditEntry

if TYPE_CHECKING:
    from aiops_agent.audit.session import Session


class Journal:
    """Appends to the log in `directory`; creates and locks nothing before the first entry.

    Keep it open no longer than one tick or command: until `close`, no other process can append. After
    `close` the next entry opens it again.
    """

    def __init__(self, directory: Path, keys: KeyProvider) -> None:
        self._directory = directory
        self._keys = keys
        self._session: Session | None = None
        self._failure = ""

    def append(self, *entries: AuditEntry) -> None:
        """Make `entries` durable before returning: one write and one sync for all of them.

        Raises:
            AuditError: They are not on disk, and after a failed write nothing more is taken until `close`:
                what the disk holds then is known only to who reads it anew.
        """
        if self._failure:
            raise self._refusal()
        try:
            self._session_at(entries[0].time).append(*entries)
        except OSError as error:
            raise self._broken(error) from error

    def _session_at(self, at: datetime) -> "Session":
        if self._session is None or self._session.is_full(at):
            from aiops_agent.audit.session import Session

            session, self._session = self._session, None
            if session:
                session.close()
            self._session = Session(self._directory, self._keys, at)
        return self._session

    def anchor(self) -> Anchor:
        """Return where the log stands. Reads the last segment at the most.

        Raises:
            AuditError: That segment is damaged.
        """
        if self._session:
            position = self._session.position
            return Anchor(position.records, position.chain.hex())
        segments = list_segments(self._directory)
        if not segments:
            return Anchor(0, NO_CHAIN.hex())
        from aiops_agent.audit.walk import walk_tail

        position = walk_tail(segments, None).position
        return Anchor(position.records, position.chain.hex())

    def close(self) -> None:
        """Sign what was written and let others write. Without an entry since the last time, touches nothing.

        Raises:
            AuditError: The end could not be written. All entries are still durable; the next start explains it.
        """
        self._failure = ""
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.close()
        except OSError as error:
            raise self._cannot_write(error) from error

    def _broken(self, error: OSError) -> AuditError:
        session, self._session = self._session, None
        if session:
            session.abandon()
        refusal = self._cannot_write(error)
        self._failure = refusal.message
        return refusal

    def _cannot_write(self, error: OSError) -> AuditError:
        return AuditError(
            f"the audit log in {self._directory} cannot be written: {error.strerror}",
            hint="nothing is acted on until it can: check the disk's space and health, and who owns the directory",
        )

    def _refusal(self) -> AuditError:
        return AuditError(self._failure, hint="nothing is acted on until the log is opened again and can be written")
