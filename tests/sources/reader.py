"""Ticks over one source, on real files, with what earlier ticks committed: what the tests of this room share."""

import gzip
import os

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.model.event import Checkpoint
from aiops_agent.sources.file import FileSource


def error(word):
    return f"2026-11-22 10:00:00,123 ERROR [main] shop.Orders - order {word} failed\n"


class Reader:
    """Ticks over one source with what earlier ticks committed."""

    def __init__(self, *patterns, start="beginning", seen_before=True, now=0.0):
        self.now = now
        self.patterns = [str(pattern) for pattern in patterns]
        self.start = start
        self.seen_before = seen_before
        self.known: dict[str, Checkpoint] = {}
        self.batches = []
        self.assembly = Assembly()

    def source(self):
        return FileSource(
            self.patterns,
            service="shop.service",
            start=self.start,
            seen_before=self.seen_before,
            assembly=self.assembly,
            now=self.now,
        )

    def tick(self, *, crash_after=None, after=0, meanwhile=None):
        """Read, committing each batch.

        `crash_after`: only so many of them; `meanwhile`: what happens once there are `after` of them.
        """
        fresh = []
        for batch in self.source().read(self.known):
            if crash_after is not None and len(fresh) >= crash_after:
                break
            self.known[batch.checkpoint.key] = batch.checkpoint
            fresh.append(batch)
            if meanwhile and len(fresh) == after:
                meanwhile()
        self.batches += fresh
        self.seen_before = True
        return fresh

    def count(self):
        return sum(sighting.count for batch in self.batches for sighting in batch.sightings)

    def notices(self):
        return [notice.kind for batch in self.batches for notice in batch.notices]

    def lost(self):
        return sum(batch.lost_bytes for batch in self.batches)


def append(path, text):
    with open(path, "ab") as file:
        file.write(text if isinstance(text, bytes) else text.encode())


def pack(path, compress=gzip.compress, ending=".gz"):
    """Compress as logrotate does: the time of the last change is kept, the plain file goes."""
    found = os.stat(path)
    with open(path, "rb") as plain, open(f"{path}{ending}", "wb") as packed:
        packed.write(compress(plain.read()))
    os.utime(f"{path}{ending}", ns=(found.st_atime_ns, found.st_mtime_ns))
    os.unlink(path)
