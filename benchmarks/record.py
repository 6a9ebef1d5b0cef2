"""Speed of the audit log: writes one of a million records, without waiting for the disk, and verifies it."""

import hashlib
import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import FileIO
from pathlib import Path

from aiops_agent.audit import session
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.verify import verify
from aiops_agent.model.audit import AuditEntry

RECORDS = 1_000_000
BATCH = 1_000
COUNTED = 100
"""Batches that tell the speed of appending."""

GROUP = 50
GROUPED = 20_000
BEGAN = datetime(2026, 11, 22, tzinfo=UTC)
TEXT = "ERROR worker: the payment service at shop.service did not answer within 30 s and was given up; " * 5
"""With what is around it, 715 bytes of a record on disk."""


class NoWait:
    """The system without the wait for the disk."""

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)

    def fdatasync(self, descriptor: int) -> None:
        pass


def entries(count: int) -> Iterator[AuditEntry]:
    for number in range(count):
        at = BEGAN + timedelta(milliseconds=number)
        detail = {"reason": "unsure", "confidence": number % 8 / 8, "service": "shop.service", "text": TEXT}
        yield AuditEntry(at, "agent", "decision", f"inc-{number:08x}", detail)


def append_singly(folder: Path, count: int) -> tuple[float, float]:
    """Return entries a second, and how many are written bare, of the medians of the first hundred batches.

    Other work falls on some of them. Later ones tell of the disk: the system holds a writer up that is hundreds of
    megabytes ahead of it.
    """
    journal = Journal(folder / "audit", FileKeys(folder / "keys"))
    session.os = NoWait()
    seconds, bare = [], []
    with (folder / "bare").open("wb", buffering=0) as file:
        for batch in in_groups(count, BATCH):
            started = time.perf_counter()
            for entry in batch:
                journal.append(entry)
            seconds.append(time.perf_counter() - started)
            if len(bare) < COUNTED:
                bare.append(seconds_bare(file, batch))
    journal.close()
    session.os = os
    return BATCH / statistics.median(seconds[:COUNTED]), BATCH / statistics.median(bare)


def seconds_bare(file: FileIO, batch: list[AuditEntry]) -> float:
    """Return what it takes to write entries that nobody could verify: text, a hash, one write each."""
    started = time.perf_counter()
    for entry in batch:
        text = json.dumps([entry.actor, entry.action, entry.subject, entry.detail]).encode()
        file.write(text + hashlib.sha256(text).digest())
    return time.perf_counter() - started


def append_in_groups(folder: Path, count: int) -> float:
    """Return entries a second, each group of them synced; of the median of all groups."""
    journal = Journal(folder / "audit", FileKeys(folder / "keys"))
    seconds = []
    for batch in in_groups(count, GROUP):
        started = time.perf_counter()
        journal.append(*batch)
        seconds.append(time.perf_counter() - started)
    journal.close()
    return GROUP / statistics.median(seconds)


def in_groups(count: int, size: int) -> Iterator[list[AuditEntry]]:
    stream = entries(count)
    for _ in range(count // size):
        yield [next(stream) for _ in range(size)]


def seconds_to_verify(folder: Path, keys: FileKeys | None) -> float:
    started = time.perf_counter()
    report = verify(folder / "audit", keys)
    seconds = time.perf_counter() - started
    assert report.intact, report.first_bad
    assert report.entries == RECORDS
    return seconds


def main() -> None:
    """Print the figures of a log in the folder that is named, and remove it."""
    folder = Path(sys.argv[1])
    (folder / "one").mkdir()
    append, bare = append_singly(folder / "one", RECORDS)
    figures = {"append": append, "bare": bare, "group": append_in_groups(folder / "many", GROUPED)}
    figures["bytes"] = sum(path.stat().st_size for path in (folder / "one/audit").iterdir()) / RECORDS
    figures["full"] = seconds_to_verify(folder / "one", FileKeys(folder / "one/keys"))
    figures["public"] = seconds_to_verify(folder / "one", None)
    print(json.dumps(figures))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
