"""Removes the oldest segments of a log, after the log itself has signed for it."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aiops_agent.audit.damage import DamagedLogError, Kind
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import Tombstone, parse_opening
from aiops_agent.audit.seal import time_us
from aiops_agent.audit.segments import list_segments, segment_number
from aiops_agent.audit.session import Session
from aiops_agent.audit.walk import Walk


def retire(directory: Path, keys: KeyProvider, session: Session, before: datetime, at: datetime) -> int:
    """Remove whole segments that hold only records from before that time; return how many.

    What is to go is proven once more first: damage is evidence, and evidence is kept. A kill at any point leaves a log
    that verifies: the tombstone is signed and durable before the first file goes, and it speaks for those that stayed.

    Raises:
        DamagedLogError: What is to go, or what follows it, is damaged: nothing was removed.
        OSError: The disk refused; what is left is removed another time.
    """
    segments = list_segments(directory)
    gone = _old(segments, time_us(before))
    if not gone:
        return 0
    session.bury(_proven(segments, gone, keys), at)
    for path in segments[:gone]:
        path.unlink()
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return gone


def _old(segments: Sequence[Path], before_us: int) -> int:
    """Return how many may go: as far as the one after each began before that time. The last one always stays."""
    gone = 0
    for number, following in enumerate(segments[1:], start=1):
        began = _began_us(following)
        if began is None:  # a crash left nothing whole there: it goes with the next that does hold something
            continue
        if began >= before_us:
            break
        gone = number
    return gone


def _began_us(path: Path) -> int | None:
    """Return the time of the first record; None where a crash left none."""
    first = next(iter(Walk([path], None)), None)
    return first.time_us if first else None


def _proven(segments: Sequence[Path], kept: int, keys: KeyProvider) -> Tombstone:
    """Return what to say of all before the segment at `kept`: each record is proven, and that this one follows."""
    last_us = 0
    walk = Walk(segments[: kept + 1], keys, later=segments[kept + 1 :])
    for raw in walk:
        if raw.number == segment_number(segments[kept]):
            _, session, sequence = raw.place
            return Tombstone(raw.number, sequence, session - 1, parse_opening(raw.body).chain, last_us)
        last_us = raw.time_us
    raise DamagedLogError(walk.left.segment, walk.left.end, Kind.TORN, "is followed by no whole record")
