"""Journals made for the tests by systemd's own programs: entries as text in, files that journalctl reads out."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.sources.journalctl import PROGRAM, Journal
from aiops_agent.sources.journald import JournaldSource

WRITER = Path("/lib/systemd/systemd-journal-remote")
needs_writer = pytest.mark.skipif(
    "CI" not in os.environ and not (WRITER.exists() and shutil.which("journalctl")), reason="no systemd-journal-remote"
)
SECOND = 1_000_000
BEGIN = 1_795_000_000 * SECOND


@dataclass
class Written:
    """A journal in a folder, written one entry after the other; each call makes one more file of it."""

    folder: Path
    boot: str = "b" * 32
    time: int = BEGIN
    _files: count = field(default_factory=lambda: count(1))
    _monotonic: count = field(default_factory=lambda: count(1000, 1000))

    def entry(self, message, *, unit="shop.service", step=1000, **fields):
        """Return an entry in export format; later than the one before by `step` microseconds."""
        self.time += step
        known = {
            "_HOSTNAME": "web1",
            "SYSLOG_IDENTIFIER": "shop",
            "_PID": "4711",
            "_UID": "1000",
            "_TRANSPORT": "stdout",
            "PRIORITY": "6",
            **({"_SYSTEMD_UNIT": unit} if unit else {}),
            **fields,
        }
        head = (
            f"__REALTIME_TIMESTAMP={self.time}\n__MONOTONIC_TIMESTAMP={next(self._monotonic)}\n_BOOT_ID={self.boot}\n"
        )
        text = "".join(f"{name}={value}\n" for name, value in known.items() if value is not None)
        raw = message if isinstance(message, bytes) else message.encode()
        said = b"MESSAGE\n" + len(raw).to_bytes(8, "little") + raw + b"\n"
        return head.encode() + text.encode() + said + b"\n"

    def writes(self, *entries):
        """Make a file of the entries."""
        target = self.folder / f"part{next(self._files):03}.journal"
        done = subprocess.run(
            [WRITER, "-o", target, "-"], input=b"".join(entries), capture_output=True, timeout=60, check=False
        )
        assert target.exists(), done.stderr
        return target


class Ticks:
    """Ticks over one source with what earlier ticks committed."""

    def __init__(self, folder, *units, start="beginning", service=None, program=PROGRAM):
        self.units = units
        self.start = start
        self.service = service
        self.journal = Journal(str(folder), program)
        self.known = {}
        self.batches = []
        self.assembly = Assembly()

    def source(self):
        return JournaldSource(
            "journal",
            self.units,
            service=self.service,
            start=self.start,
            assembly=self.assembly,
            journal=self.journal,
        )

    def tick(self, *, crash_after=None):
        fresh = []
        for batch in self.source().read(dict(self.known)):
            if crash_after is not None and len(fresh) >= crash_after:
                break
            self.keep(batch.checkpoint)
            fresh.append(batch)
        self.batches += fresh
        return fresh

    def keep(self, cursor):
        if cursor.unit == cursor.WHOLE:  # as the state does
            self.known = {key: at for key, at in self.known.items() if at.resume}
        self.known[cursor.key] = cursor

    def count(self):
        return sum(sighting.count for batch in self.batches for sighting in batch.sightings)

    def texts(self):
        return [sighting.text for batch in self.batches for sighting in batch.sightings]

    def notices(self):
        return [notice for batch in self.batches for notice in batch.notices]

    def by_service(self):
        counts = {}
        for batch in self.batches:
            for sighting in batch.sightings:
                counts[batch.service] = counts.get(batch.service, 0) + sighting.count
        return counts
