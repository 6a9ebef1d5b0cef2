"""Gives out what a log holds, in the clear."""

from collections.abc import Iterator
from pathlib import Path

from aiops_agent.audit.damage import DamagedLogError, Kind
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.record import Type, parse_opening
from aiops_agent.audit.seal import datetime_of, open_entry
from aiops_agent.audit.segments import list_segments
from aiops_agent.audit.walk import Proven, Walk
from aiops_agent.model.audit import AuditEntry


def show(directory: Path, keys: FileKeys) -> Iterator[AuditEntry]:
    """Yield every entry, oldest first, each proven before it is given out.

    A start after a crash is an entry too: `unclean_start`, about the segment that the crash left behind.

    Raises:
        AuditError: The keys are gone, or the log is damaged: nothing behind that place is given out.
    """
    segments = list_segments(directory)
    if not segments:
        return
    for proven in Walk(segments, keys):
        entry = _entry(proven)
        if entry:
            yield entry


def _entry(proven: Proven) -> AuditEntry | None:
    header = proven.header
    if header.type == Type.ENTRY and proven.cipher:
        entry = open_entry(proven.cipher, proven.log_id, header, proven.body)
        if entry is None:
            raise DamagedLogError(proven.segment, proven.offset, Kind.ALTERED, "holds no entry")
        return entry
    if header.type == Type.UNCLEAN_START and (tear := parse_opening(proven.body).tear):
        return AuditEntry(
            time=datetime_of(header.time_us),
            actor="agent",
            action="unclean_start",
            subject=f"segment {tear.segment}",
            detail={"offset": tear.offset, "torn_bytes": tear.length, "sha256": tear.digest.hex()},
        )
    return None
