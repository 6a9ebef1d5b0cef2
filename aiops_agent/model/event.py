"""What was read: how far in files and journals, and error records counted by fingerprint."""

from datetime import UTC, datetime, timedelta
from enum import IntEnum

from aiops_agent.hints import NewType
from aiops_agent.noun import dataclass

Fingerprint = NewType("Fingerprint", str)
"""16 hex digits: equal for the same fault on any host, at any time."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Severity(IntEnum):
    """How bad the record says it is, on the OpenTelemetry log data model's scale of 1 to 24."""

    WARNING = 13
    ERROR = 17
    CRITICAL = 21

    @property
    def label(self) -> str:
        """Return the word used in JSON: `warning`, `error` or `critical`."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far one file (one generation of it, not one path) has been read."""

    path: str
    """Where it was last seen."""

    device: int
    inode: int

    offset: int
    """Bytes that are counted: always up to just behind a newline, or to the end of a rotated file."""

    record_start: int
    """Where the last counted error record began: reading resumes here so that late lines extend it.
    Equal to `offset` when the last thing read was no error record."""

    prefix_length: int
    prefix_digest: bytes
    """Of the first `prefix_length` (at most 1,024) bytes: tells a file from another one that got its inode."""

    window_digest: bytes
    """Of the up to 256 bytes before `offset`: tells a file from itself truncated and written anew."""

    size: int
    mtime_ns: int
    """As `stat` gave them when the file was last read; `mtime_ns` is 0 while there is more of it to read."""

    record_end: int = 0
    """Where the record at `record_start` ended when it was counted: late lines keep its fingerprint. 0: `offset`."""

    @property
    def key(self) -> str:
        """Return `DEVICE:INODE`."""
        return f"{self.device}:{self.inode}"

    @property
    def written(self) -> datetime | None:
        """Return when the last of what was read was written, as the file system says; None: there is more to read."""
        return _EPOCH + timedelta(microseconds=self.mtime_ns // 1000) if self.mtime_ns else None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far the entries of one unit have been read by one source; those of all units, where `unit` is `WHOLE`."""

    journal: str
    """The source's key: two sources read the same journal apart from each other."""

    unit: str
    """`postgresql.service`; empty for entries without a unit; `WHOLE` for the place the source has come to."""

    cursor: str
    """journald's word for the last entry that is counted; empty: none yet."""

    realtime: int
    """Microseconds since 1970 UTC when that entry was written, by the clock of then."""

    boot: str
    """Id of the boot it was written in."""

    resume: str = ""
    """The entry with which the last counted record began, so that late entries extend it; empty when none may."""

    counted: int = 0
    """Bytes counted from `resume` on, as the source renders entries."""

    record_end: int = 0
    """Where the record at `resume` ended when it was first counted, in such bytes. 0: `counted`."""

    WHOLE = "*"

    @property
    def key(self) -> str:
        """Return what it is remembered by."""
        return f"{self.journal}\n{self.unit}"

    @property
    def written(self) -> datetime | None:
        """Return when the last entry that was read was written, as the journal says."""
        return _EPOCH + timedelta(microseconds=self.realtime) if self.realtime else None


Position = Checkpoint | Cursor


@dataclass(frozen=True, slots=True)
class Sighting:
    """All error records of one fingerprint that one batch of reading found."""

    fingerprint: Fingerprint
    severity: Severity

    count: int
    """Records counted; 0 when lines that arrived later only extended a record counted before."""

    text: str
    """The first of them whole, lines joined by newlines, secrets replaced: safe to store, classify and send."""

    headline: str
    """What `text` says in one line of at most 160 characters, for people; redacted like it."""

    grouped_by: str
    """Why these are one: "exception chain X < Y, frames a, b" or "message shape ..."."""


@dataclass(frozen=True, slots=True)
class LocalPattern:
    """A pattern that the operators of a host added: what is a fault there, or none."""

    contains: str
    """Stands in the line as it is; what is searched for."""

    matches: str = ""
    """RE2, looked for in lines that contain it. Empty: containing it is enough."""

    severity: Severity = Severity.ERROR
    category: str = ""
    """What the fault is, for whoever has said so; empty: the diagnosis tells."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about the input that a person should hear of once: a refused link, an unreadable file, a cut line."""

    kind: str
    """`unreadable`, `refused`, `long_line`, `binary`, `encoding`, `truncated`, `journal_gap`."""

    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """What one stretch of one file, or of one unit's entries, gave: committed together or not at all."""

    path: str
    """Of the file; `journald:UNIT` for a journal."""

    service: str | None
    """The unit a playbook may act on: from the configuration of the source or, for a journal, what journald itself says
    of the writer; never from the text. None: report only."""

    checkpoint: Position
    sightings: tuple[Sighting, ...]
    notices: tuple[Notice, ...]

    read_bytes: int
    """New bytes, not those read again to extend a record."""

    lost_bytes: int
    """Bytes that were there to be read and are known to be gone (truncated before we came)."""
