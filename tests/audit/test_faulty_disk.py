"""Every call that touches the disk fails once, with every error a disk has: nothing acknowledged is lost."""

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from tests.audit.faulty_disk import ERRORS, Call, FaultyDisk
from tests.audit.logs import NOON, Log, entry, kind, open_descriptors

DAY = timedelta(days=1)
EXHAUSTED = (errno.EMFILE, errno.ENFILE)


def intent(number: int, at: datetime) -> AuditEntry:
    return AuditEntry(at, "agent", "intent", f"act-{number}", {"argv": "systemctl restart shop.service"})


@dataclass
class Life:
    """A log from its first entry to its retention, and what was said on the way."""

    log: Log
    acknowledged: list[AuditEntry] = field(default_factory=list)
    refused: list[AuditError] = field(default_factory=list)

    def live(self) -> None:
        self.tick(NOON, [entry(1)])
        self.tick(NOON + timedelta(minutes=5), [entry(2), entry(3)], [intent(4, NOON)], [entry(5)])
        self.tick(NOON + timedelta(hours=23), [entry(6, NOON + 0.96 * DAY)], [entry(7, NOON + 1.1 * DAY)])
        self.rotate()
        self.tick(NOON + 5 * DAY, [entry(8, NOON + 5 * DAY)])
        self.tick(NOON + 9 * DAY, [entry(9, NOON + 9 * DAY)], retire_before=NOON + 4 * DAY)
        self.tick(NOON + 10 * DAY, [entry(10, NOON + 10 * DAY)])

    def tick(self, at: datetime, *groups: list[AuditEntry], retire_before: datetime | None = None) -> None:
        journal = Journal(self.log.audit, self.log.keys)
        for group in groups:
            if self.told(lambda group=group: journal.append(*group)):
                self.acknowledged += group
        if retire_before:
            self.told(lambda: journal.retire(retire_before, at))
        self.told(journal.close)

    def rotate(self) -> None:
        if self.log.keys.exist():
            self.told(self.log.keys.rotate)

    def told(self, work: Callable[[], object]) -> bool:
        """Do something; what cannot be done says so in the house's way."""
        try:
            work()
        except AuditError as error:
            self.refused.append(error)
            return False
        return True

    @property
    def kept(self) -> list[AuditEntry]:
        """What was acknowledged and is too young for retention."""
        return [each for each in self.acknowledged if each.time >= NOON + 4 * DAY]


def clean_calls(folder: Path) -> list[Call]:
    disk = FaultyDisk()
    with disk.mounted():
        life = Life(Log(folder))
        life.live()
    assert not life.refused
    assert kind(life.log.verify()) == "intact"
    return disk.calls


def assert_nothing_is_lost(disk: FaultyDisk, folder: Path) -> Life:
    before = open_descriptors()
    life = Life(Log(folder))
    with disk.mounted():
        life.live()
        if disk.has_failed:
            disk.drop_caches()
    assert open_descriptors() == before
    assert all(error.exit_code == 3 and error.hint for error in life.refused)
    assert all("damaged" not in error.message or "unreadable" in error.message for error in life.refused)
    where = disk.calls[disk.failing] if disk.has_failed else None
    life.log.write(entry(99, NOON + 10 * DAY))
    report = life.log.verify()
    assert report.intact, (where, report.first_bad, report.key_problem)
    assert report.key_problem == "", where
    assert life.log.verify_publicly().intact, where
    shown = list(show(life.log.audit, life.log.keys))
    assert [each for each in life.kept if each not in shown] == [], where
    return life


def each_call(tmp_path: Path, *kinds: str, under: str = "") -> list[tuple[int, Path]]:
    """Return the number of each call of a clean life, and a folder to live it once more in."""
    calls = clean_calls(tmp_path / "clean")
    wanted = [number for number, call in enumerate(calls) if (not kinds or call.kind in kinds) and under in call.path]
    return [(number, tmp_path / str(number)) for number in wanted]


@pytest.mark.slow
@pytest.mark.parametrize("error", ERRORS, ids=lambda number: errno.errorcode[number])
def test_whatever_call_fails_nothing_acknowledged_is_lost_and_the_next_start_explains_it(tmp_path, error):
    refused = 0
    for number, folder in each_call(tmp_path):
        life = assert_nothing_is_lost(FaultyDisk(number, error), folder)
        refused += bool(life.refused)
        if error in EXHAUSTED:
            assert all("LimitNOFILE" in each.hint or "opened again" in each.hint for each in life.refused)
    assert refused > 50


@pytest.mark.slow
def test_wherever_the_disk_fills_nothing_acknowledged_is_lost(tmp_path):
    refused = 0
    for number, folder in each_call(tmp_path):
        life = assert_nothing_is_lost(FaultyDisk(number, errno.ENOSPC, is_full_after=True), folder)
        refused += bool(life.refused)
    assert refused > 100


@pytest.mark.slow
def test_m38_a_write_that_ends_in_the_middle_is_a_torn_tail_that_the_next_start_explains(tmp_path):
    explained = 0
    calls = each_call(tmp_path, "write", under=".aia1")
    for number, folder in calls:
        life = assert_nothing_is_lost(FaultyDisk(number, errno.ENOSPC, is_short=True), folder)
        explained += life.log.verify().tears
    assert explained >= 10, "retention took the others"


@pytest.mark.slow
def test_m39_what_a_failed_sync_dropped_is_not_believed_though_the_next_sync_succeeds(tmp_path):
    calls = each_call(tmp_path, "sync", under=".aia1")
    for number, folder in calls:
        life = assert_nothing_is_lost(FaultyDisk(number, errno.EIO), folder)
        assert len(life.refused) >= 1
    assert len(calls) >= 12


def test_where_the_disk_fills_during_a_repair_its_end_is_recorded_and_the_next_is_not_begun(tmp_path):
    disk = FaultyDisk()
    log = Log(tmp_path)
    with disk.mounted():
        journal = Journal(log.audit, log.keys)
        journal.append(intent(1, NOON))
        disk.failing, disk.error, disk.is_full_after = len(disk.calls), errno.ENOSPC, True
        journal.append(entry(2))
        with pytest.raises(AuditError, match="nothing is begun") as refusal:
            journal.append(intent(3, NOON))
        assert "free some space" in refusal.value.hint
        journal.close()
    actions = [each.action for each in show(log.audit, log.keys)]
    assert actions == ["intent", "unclean_start", "disk_full", "decision"]
    assert log.verify().intact


def test_where_only_the_end_of_a_session_finds_no_room_it_ends_with_what_the_reserve_gives(tmp_path):
    disk = FaultyDisk()
    log = Log(tmp_path)
    with disk.mounted():
        journal = Journal(log.audit, log.keys)
        journal.append(entry(1))
        disk.failing, disk.error, disk.is_full_after = len(disk.calls), errno.ENOSPC, True
        journal.close()
    assert [each.action for each in show(log.audit, log.keys)] == ["decision", "unclean_start", "disk_full"]
    assert log.verify().intact
    assert not (tmp_path / "audit.reserve").exists()


def test_a_segment_whose_end_was_not_synced_is_not_written_to_again(tmp_path):
    disk = FaultyDisk(keeps_cache=True)
    log = Log(tmp_path)
    with disk.mounted():
        journal = Journal(log.audit, log.keys)
        journal.append(entry(1))
        journal.close()
        [*_, last] = [number for number, call in enumerate(disk.calls) if call.kind == "sync" and ".aia1" in call.path]
    again = FaultyDisk(failing=last, keeps_cache=True)
    other = Log(tmp_path / "other")
    other.audit.parent.mkdir()
    with again.mounted():
        journal = Journal(other.audit, other.keys)
        journal.append(entry(1))
        with pytest.raises(AuditError, match="cannot be written"):
            journal.close()
    other.write(entry(2))
    assert other.segment(2).exists()
    assert (other.verify().intact, other.verify().tears) == (True, 1)


@pytest.mark.slow
def test_too_many_open_files_are_not_taken_for_damage(tmp_path):
    calls = each_call(tmp_path, "open", "list")
    refused = []
    for number, folder in calls:
        life = Life(Log(folder))
        with FaultyDisk(number, errno.EMFILE).mounted():
            life.live()
        refused += life.refused
    assert len(refused) > 30
    assert all("damaged" not in error.message for error in refused)
    assert all("LimitNOFILE" in error.hint or "opened again" in error.hint for error in refused)


def test_what_a_full_disk_gave_of_the_reserve_is_given_back(tmp_path):
    number, folder = each_call(tmp_path, "allocate")[0]
    log = Log(folder)
    with FaultyDisk(number, errno.ENOSPC).mounted():
        journal = Journal(log.audit, log.keys)
        journal.append(entry(1))
        assert not (folder / "audit.reserve").exists()
        with pytest.raises(AuditError, match="nothing is begun"):
            journal.append(intent(2, NOON))
        journal.close()
    assert log.verify().intact


@pytest.mark.slow
def test_a_segment_that_cannot_be_read_is_named_and_read_another_time(tmp_path):
    calls = each_call(tmp_path, "read", under=".aia1")
    for number, folder in calls:
        life = assert_nothing_is_lost(FaultyDisk(number, errno.EIO), folder)
        assert any("unreadable: Input/output error" in error.message for error in life.refused)
    assert len(calls) > 5
