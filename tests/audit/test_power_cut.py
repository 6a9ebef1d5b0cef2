"""Power fails at any call: of what was not synced any part may be on the disk, and the next start makes sense of it.

The calls of a real log, from its first entry through a rotation to its retention, are recorded below `os`. Before each
of them a cut is played: of every write that was not synced each sector of 512 bytes is there or is not, and the names
in a folder are as after some number of the changes to it (file systems with a journal keep those in order).
"""

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from tests.audit.faulty_disk import FaultyDisk
from tests.audit.logs import NOON, Log, entry
from tests.audit.test_faulty_disk import DAY, Life

SECTOR = 512


@dataclass(slots=True)
class RecordingDisk(FaultyDisk):
    """Keeps what was done to files, which are numbered as they are made, and to the names in folders."""

    life: Life | None = None
    events: list[tuple] = field(default_factory=list)
    """Each begins with how many entries were acknowledged before it."""

    _numbers: dict[str, int] = field(default_factory=dict)
    _made: int = 0

    def _note(self, *event) -> None:
        self.events.append((len(self.life.acknowledged), *event))

    def open(self, path, flags, mode=0o777):
        is_new = flags & os.O_CREAT and not os.path.lexists(path)
        descriptor = FaultyDisk.open(self, path, flags, mode)
        if is_new:
            self._made += 1
            self._numbers[str(path)] = self._made
            self._note("name", str(path), self._made)
        elif flags & os.O_TRUNC:
            self._note("truncate", self._numbers[str(path)])
        return descriptor

    def write(self, descriptor, content):
        start = os.fstat(descriptor).st_size
        self._note("write", self._numbers[self._paths[descriptor]], start, bytes(content))
        return FaultyDisk.write(self, descriptor, content)

    def fsync(self, descriptor):
        FaultyDisk.fsync(self, descriptor)
        path = self._paths[descriptor]
        self._note("sync", self._numbers.get(path, path), path)

    fdatasync = fsync

    def mkdir(self, path, mode=0o777):
        FaultyDisk.mkdir(self, path, mode)
        self._note("name", str(path), 0)

    def replace(self, source, target):
        FaultyDisk.replace(self, source, target)
        self._numbers[str(target)] = self._numbers.pop(str(source))
        self._note("rename", str(source), str(target))

    def unlink(self, path):
        FaultyDisk.unlink(self, path)
        self._note("remove", str(path))


@dataclass
class Platter:
    """What lies on the disk, and what may or may not."""

    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytearray] = field(default_factory=dict)
    changes: dict[str, list[tuple]] = field(default_factory=dict)
    """To the names in each folder."""

    writes: dict[int, list[tuple]] = field(default_factory=dict)
    """To each file."""

    def play(self, event: tuple) -> None:
        match event:
            case ("sync", int(number), _):
                change(self.contents.setdefault(number, bytearray()), self.writes.pop(number, []))
            case ("sync", folder, _):
                rename(self.names, self.changes.pop(folder, []))
            case ("write" | "truncate", number, *_):
                self.writes.setdefault(number, []).append(event)
            case (_, path, *_):
                self.changes.setdefault(os.path.dirname(path), []).append(event)  # noqa: PTH120

    def cut(self, chance: random.Random, share: float) -> dict[str, bytes | None]:
        """Return what a cut now leaves, None for a folder; `share` is how much reaches the disk without a sync."""
        names = dict(self.names)
        for waiting in self.changes.values():
            reached = sum(chance.random() < share for _ in waiting)
            rename(names, waiting[:reached])
        return {path: self._left(number, chance, share) if number else None for path, number in names.items()}

    def _left(self, number: int, chance: random.Random, share: float) -> bytes:
        content = bytearray(self.contents.get(number, b""))
        pieces = [piece for event in self.writes.get(number, []) for piece in sectors(event)]
        change(content, [piece for piece in pieces if chance.random() < share])
        return bytes(content)


def sectors(event: tuple) -> list[tuple]:
    if event[0] == "truncate":
        return [event]
    _, number, start, data = event
    ends = [*range((start // SECTOR + 1) * SECTOR, start + len(data), SECTOR), start + len(data)]
    begins = [start, *ends[:-1]]
    return [
        ("write", number, begin, data[begin - start : end - start]) for begin, end in zip(begins, ends, strict=True)
    ]


def change(content: bytearray, events: list[tuple]) -> None:
    for kind, _, *rest in events:
        if kind == "truncate":
            content.clear()
        else:
            start, data = rest
            content.extend(bytes(max(0, start - len(content))))
            content[start : start + len(data)] = data


def rename(names: dict[str, int], events: list[tuple]) -> None:
    for event in events:
        match event:
            case ("name", path, number):
                names[path] = number
            case ("rename", source, target):
                names[target] = names.pop(source)
            case ("remove", path):
                del names[path]


def lay_out(left: dict[str, bytes | None], origin: Path, folder: Path) -> Log:
    """Write what a cut left; a name in a folder whose own name is gone is gone too."""
    folder.mkdir()
    for path in sorted(left):
        content, target = left[path], folder / Path(path).relative_to(origin)
        if content is None:
            target.mkdir(mode=0o700)
        elif target.parent.exists():
            target.write_bytes(content)
            target.chmod(0o600)
    return Log(folder)


def recorded(folder: Path) -> tuple[Life, list[tuple]]:
    folder.mkdir()
    disk = RecordingDisk()
    disk.life = Life(Log(folder))
    with disk.mounted():
        disk.life.live()
    assert not disk.life.refused
    return disk.life, [*disk.events, (len(disk.life.acknowledged), "end", str(folder / "end"))]


def cuts(tmp_path: Path, life: Life, events: list[tuple], share: float) -> Iterator[tuple[Log, list[AuditEntry]]]:
    """Yield the log that a cut at each of the events leaves, and what had been acknowledged."""
    chance = random.Random(20261126)
    platter = Platter()
    for number, (acknowledged, *event) in enumerate(events):
        left = platter.cut(chance, share)
        yield lay_out(left, tmp_path / "whole", tmp_path / f"cut{number}"), life.acknowledged[:acknowledged]
        platter.play(tuple(event))


@pytest.mark.slow
@pytest.mark.parametrize(("share", "least"), [(0.0, 50), (0.3, 60), (0.7, 60), (1.0, 60)])
def test_after_a_power_cut_at_any_call_the_next_start_works_and_what_was_acknowledged_is_there(tmp_path, share, least):
    life, events = recorded(tmp_path / "whole")
    assert len(events) > 120
    explained = 0
    for log, acknowledged in cuts(tmp_path, life, events, share):
        genesis = log.keys.genesis if log.keys.exist() else None
        assert log.verify().key_problem == ""
        log.write(entry(99, NOON + 10 * DAY))
        report = log.verify()
        assert (report.first_bad, report.key_problem) == (None, "")
        assert log.verify_publicly().intact
        assert genesis in (None, log.keys.genesis)
        explained += report.tears
        shown = list(show(log.audit, log.keys))
        wanted = [each for each in acknowledged if not report.dropped or each in life.kept]
        assert [each for each in wanted if each not in shown] == []
    assert explained >= least


@pytest.mark.slow
@pytest.mark.parametrize("unsynced", [".aia1", "keys"])
def test_the_same_cuts_show_what_is_lost_where_a_sync_is_left_out(tmp_path, unsynced):
    life, events = recorded(tmp_path / "whole")
    careless = [event for event in events if event[1] != "sync" or unsynced not in event[3]]
    lost = 0
    for log, acknowledged in cuts(tmp_path, life, careless, 0.3):
        try:
            log.write(entry(99, NOON + 10 * DAY))
            shown = list(show(log.audit, log.keys))
        except AuditError:
            lost += 1
        else:
            lost += any(each not in shown for each in acknowledged if each in life.kept)
    assert lost > 10
