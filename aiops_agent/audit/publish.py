"""Leaves anchors outside of the log: in the journal of systemd, and in a file that an operator named."""

import errno
import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from aiops_agent.audit.record import HEADER_LENGTH, LOG_ID_LENGTH, MAGIC
from aiops_agent.audit.segments import list_segments, open_segment
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor
from aiops_agent.model.incident import rfc3339

IDENTIFIER = "aiops-agent"
"""What `journalctl -t` finds the anchors by."""

_INFORMATIONAL = 6
_TAIL = 4096
"""Bytes that hold the last line of any file of anchors."""


def tell_journal(address: str, anchor: Anchor, log: str) -> bool:
    """Send one entry in the native protocol; False when nobody took it: no journal here, or it is busy just now.

    The protocol is one datagram (systemd's "Native Journal Protocol"); a binding to libsystemd would bring a compiler.
    """
    fields: dict[str, object] = {
        "MESSAGE": str(anchor),
        "PRIORITY": _INFORMATIONAL,
        "SYSLOG_IDENTIFIER": IDENTIFIER,
        "AIOPS_AUDIT_LOG": log,
        "AIOPS_AUDIT_RECORDS": anchor.records,
        "AIOPS_AUDIT_HEAD": anchor.head,
    }
    entry = "".join(f"{name}={value}\n" for name, value in fields.items()).encode()
    kind = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as line:
        line.sendto(entry, address)
        return True
    return False


def keep(path: Path, anchor: Anchor, log: str, now: datetime) -> None:
    """Append one line to the file of anchors, durably.

    Raises:
        AuditError: It could not be written.
    """
    line = f"{rfc3339(now)} audit {anchor.records}·{anchor.head} log {log}\n".encode()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o640)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a crash cut the last line short
                line = b"\n" + line
            if os.write(descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise AuditError(
            f"the anchor of the audit log cannot be kept in {path}: {error.strerror}",
            hint="make it a file that the owner of state_dir may write, or take `audit.anchors.file` out",
        ) from error


def last_kept(path: Path) -> datetime | None:
    """Return the time of the last line in a file of anchors; None where that has none."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
        lines = file.read().splitlines()
    with suppress(ValueError, IndexError):
        at = datetime.fromisoformat(lines[-1].split(b" ", 1)[0].decode())
        return at if at.tzinfo else None
    return None


def log_named(directory: Path) -> str | None:
    """Return the id of the log in `directory` as its first record has it, unproven; None when there is no such record.

    Raises:
        DamagedLogError: What lies there is no log, or cannot be read.
    """
    segments = list_segments(directory)
    if not segments:
        return None
    before = HEADER_LENGTH + 64  # the chain so far and the announced key
    with open_segment(segments[0]) as file:
        start = file.read(before + LOG_ID_LENGTH)
    if not start.startswith(MAGIC) or len(start) < before + LOG_ID_LENGTH:
        return None
    return start[before:].hex()
