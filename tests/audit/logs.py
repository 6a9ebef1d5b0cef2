"""Builders of small logs, and the attacks on them."""

import gc
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.verify import VerifyReport, verify
from aiops_agent.model.audit import Anchor, AuditEntry

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(number: int, at: datetime = NOON) -> AuditEntry:
    return AuditEntry(at, "agent", "decision", f"inc-{number:08x}", {"reason": "unsure", "confidence": number / 8})


class Log:
    """A log and its keys in a folder."""

    def __init__(self, folder: Path) -> None:
        self.audit = folder / "audit"
        self.key_folder = folder / "keys"

    @property
    def keys(self) -> FileKeys:
        return FileKeys(self.key_folder)

    def write(self, *entries: AuditEntry) -> Anchor:
        """Write one closed session."""
        journal = Journal(self.audit, self.keys)
        for each in entries:
            journal.append(each)
        journal.close()
        return journal.anchor()

    def write_days(self, days: int, entries: int = 3) -> Anchor:
        """Write one segment a day."""
        return self.write_days_from(0, days, entries)

    def write_days_from(self, first: int, end: int, entries: int = 3) -> Anchor:
        """Write one segment a day, from the day numbered `first` to the one before `end`."""
        anchor = Anchor(0, "")
        for day in range(first, end):
            at = NOON + timedelta(days=day)
            anchor = self.write(*(entry(day * entries + each, at) for each in range(entries)))
        return anchor

    def verify(self, *anchors: Anchor) -> VerifyReport:
        return verify(self.audit, self.keys, anchors)

    def verify_publicly(self, *anchors: Anchor) -> VerifyReport:
        return verify(self.audit, None, anchors)

    def segment(self, number: int) -> Path:
        return self.audit / f"{number:08d}.aia1"


def kind(report: VerifyReport) -> str:
    return report.first_bad.kind.value if report.first_bad else "intact"


def open_descriptors() -> int:
    """Return how many files this process has open, those apart that nobody holds any more."""
    gc.collect()  # what a test before this one left behind must not be closed while another counts
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def records(content: bytes) -> list[bytes]:
    """Cut a segment into its records, knowing only the specification."""
    return list(_cut(content))


def _cut(content: bytes) -> Iterator[bytes]:
    while content:
        (length,) = struct.unpack_from(">I", content, 6)
        end = 34 + length + 32
        yield content[:end]
        content = content[end:]
