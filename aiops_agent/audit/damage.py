"""What can be wrong with an audit log, by name, and where."""

import errno
from enum import StrEnum

from aiops_agent.errors import AuditError
from aiops_agent.noun import dataclass

EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What this process or machine has no more of; nothing is wrong with the disk or the log."""

RAISE_LIMIT = "nothing is acted on until it can: raise the limit on open files (LimitNOFILE=) or memory of this process"


def way_out(error: OSError, otherwise: str) -> str:
    """Return the hint for what the system refused: it may be no fault of the disk."""
    return RAISE_LIMIT if error.errno in EXHAUSTED else otherwise


class Kind(StrEnum):
    """The words of `first_bad.kind`."""

    FOREIGN = "foreign"
    """Not a segment of an audit log: its name or its first bytes say so."""

    NEWER_VERSION = "newer_version"
    NOT_A_FILE = "not_a_file"
    LINKED = "linked"
    """A symbolic link, or a file that has a second name somewhere."""

    UNREADABLE = "unreadable"
    MISSING_SEGMENT = "missing_segment"
    MALFORMED = "malformed"
    """A field holds what no writer puts there."""

    OUT_OF_ORDER = "out_of_order"
    """A record was taken out, put in, repeated or moved."""

    ALTERED = "altered"
    """The bytes do not fit the MAC, the chain or the cipher."""

    BAD_SIGNATURE = "bad_signature"
    OTHER_LOG = "other_log"
    WRONG_KEY = "wrong_key"
    TORN = "torn"
    """Bytes that are no whole record, and no start of the agent has explained them."""

    UNCLOSED = "unclosed"
    """The last writer did not end its session, is gone, and no start of the agent has explained it."""

    CUT = "cut"
    """The end is gone: the signing key or an anchor knows of more."""

    ANCHOR_MISMATCH = "anchor_mismatch"
    """An anchor saw another history."""


@dataclass(frozen=True, slots=True)
class Damage:
    """The first place where a log is not what its writer left."""

    segment: str
    """Name of the file."""

    offset: int
    """Bytes from its start to the record."""

    kind: Kind
    detail: str

    def __str__(self) -> str:
        return f"{self.segment} at byte {self.offset}: {self.kind.value}: {self.detail}"


class DamagedLogError(AuditError):
    """The log is not what its writer left; `damage` says where."""

    def __init__(self, segment: str, offset: int, kind: Kind, detail: str) -> None:
        self.damage = Damage(segment, offset, kind, detail)
        super().__init__(
            f"the audit log is damaged: {self.damage}",
            hint="run `aiops-agent audit verify`; keep the audit and keys folders as evidence and move both away "
            "to begin a new log",
        )
