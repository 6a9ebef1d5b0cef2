"""What retention removes, what it leaves, and that the log says so itself."""

import os
from datetime import timedelta

import pytest

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from tests.audit.logs import NOON, Log, entry, kind, records

NOW = NOON + timedelta(days=9, hours=1)


def retired(log: Log, *, days: int) -> int:
    """Keep what is younger than so many days."""
    journal = Journal(log.audit, log.keys)
    journal.append(entry(99, NOW))
    gone = journal.retire(NOW - timedelta(days=days), NOW)
    journal.close()
    return gone


def names(log: Log) -> list[str]:
    return sorted(path.name for path in log.audit.iterdir())


def test_whole_oldest_segments_go_and_the_log_verifies(tmp_path):
    log = Log(tmp_path)
    log.write_days(10)
    whole = list(show(log.audit, log.keys))
    assert retired(log, days=4) == 5
    assert names(log) == [f"{number:08d}.aia1" for number in range(6, 11)]
    report = log.verify()
    assert (kind(report), report.dropped) == ("intact", 25)
    assert kind(log.verify_publicly()) == "intact"
    assert "the first 25, up to 2026-11-27, were removed" in report.coverage
    assert report.as_json()["dropped_until"] == "2026-11-27T12:00:00Z"
    left = list(show(log.audit, log.keys))
    assert left[:12] == whole[15:27]
    [told] = [each for each in left if each.action == "retention"]
    assert (told.subject, told.detail["records"]) == ("segments before 6", 25)
    assert told.detail["last"] == (NOON + timedelta(days=4)).isoformat()


def test_the_last_segment_always_stays(tmp_path):
    log = Log(tmp_path)
    log.write_days(3)
    assert retired(log, days=-30) == 3
    assert log.verify().intact
    assert retired(log, days=-30) == 0


def test_nothing_old_enough_writes_no_tombstone(tmp_path):
    log = Log(tmp_path)
    log.write_days(10)
    assert retired(log, days=30) == 0
    assert "retention" not in [each.action for each in show(log.audit, log.keys)]


def test_more_segments_removed_than_were_signed_for_are_found(tmp_path):
    log = Log(tmp_path)
    log.write_days(10)
    retired(log, days=4)
    log.segment(6).unlink()
    assert (kind(log.verify()), kind(log.verify_publicly())) == ("missing_segment", "missing_segment")


def test_first_segments_removed_without_a_tombstone_are_found(tmp_path):
    log = Log(tmp_path)
    log.write_days(10)
    log.segment(1).unlink()
    assert (kind(log.verify()), kind(log.verify_publicly())) == ("missing_segment", "missing_segment")
    with pytest.raises(AuditError, match="no tombstone"):
        list(show(log.audit, log.keys))


def test_a_tombstone_of_another_log_speaks_for_nothing(tmp_path):
    log, other = Log(tmp_path / "log"), Log(tmp_path / "other")
    for each in (log, other):
        each.write_days(10)
        retired(each, days=4)
    for path in other.audit.iterdir():
        path.replace(log.audit / path.name)
    assert kind(log.verify()) == "other_log"


@pytest.mark.parametrize("left", [1, 3, 4])
def test_a_kill_between_two_removals_leaves_a_log_that_verifies_and_the_next_run_removes_the_rest(tmp_path, left):
    """The tombstone is durable before the first file goes; what a kill left of them is still proven."""
    log = Log(tmp_path)
    log.write_days(10)
    kept = {path.name: path.read_bytes() for path in log.audit.iterdir()}
    retired(log, days=4)
    for number in range(6 - left, 6):
        log.segment(number).write_bytes(kept[log.segment(number).name])
    assert kind(log.verify()) == "intact"
    assert kind(log.verify_publicly()) == "intact"
    assert retired(log, days=4) == left
    assert kind(log.verify()) == "intact"
    assert names(log)[0] == "00000006.aia1"


def test_damage_in_what_is_to_go_is_kept_as_evidence(tmp_path):
    log = Log(tmp_path)
    log.write_days(10)
    content = bytearray(log.segment(2).read_bytes())
    content[-200] ^= 1
    log.segment(2).write_bytes(content)
    with pytest.raises(AuditError, match="damaged"):
        retired(log, days=4)
    assert len(names(log)) == 10


def test_a_crash_explained_in_what_is_to_go_goes_with_it(tmp_path):
    log = Log(tmp_path)
    log.write_days(2)
    with log.segment(2).open("ab") as file:
        file.write(b"AIA1torn")
    log.write(entry(50, NOON + timedelta(days=2)))
    log.write_days_from(3, 6)
    assert retired(log, days=1) == 5
    assert kind(log.verify()) == "intact"


def test_an_anchor_from_what_was_removed_is_counted_as_not_found(tmp_path):
    log = Log(tmp_path)
    early = log.write_days(2)
    late = log.write_days_from(2, 10)
    retired(log, days=4)
    report = log.verify(early, late)
    assert (kind(report), report.anchors) == ("intact", 1)


def test_the_files_are_gone_only_after_the_tombstone_is_on_disk(tmp_path, monkeypatch):
    log = Log(tmp_path)
    log.write_days(10)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(99, NOW))
    monkeypatch.setattr(os, "fdatasync", _fails)
    with pytest.raises(AuditError, match="cannot be written"):
        journal.retire(NOW - timedelta(days=4), NOW)
    monkeypatch.undo()
    journal.close()
    assert len(names(log)) == 10
    log.write(entry(100, NOW))
    assert kind(log.verify()) == "intact"


def _fails(_: int) -> None:
    raise OSError(5, "Input/output error")


def test_the_tombstone_is_signed_at_once(tmp_path):
    log = Log(tmp_path)
    log.write_days(10)
    retired(log, days=4)
    kinds = [record[5] for record in records(log.segment(10).read_bytes())]
    at = kinds.index(6)
    assert kinds[at : at + 2] == [6, 4]


@pytest.mark.parametrize("cut", [0, 40, 100])
def test_a_tombstone_that_a_crash_left_unsigned_removes_nothing_and_the_next_run_signs_anew(tmp_path, monkeypatch, cut):
    """Of the checkpoint behind it, so many bytes reached the disk."""
    log = Log(tmp_path)
    log.write_days(10)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(99, NOW))
    write = os.write

    def torn(descriptor: int, content: bytes) -> int:
        [tombstone, checkpoint] = records(content)
        return write(descriptor, tombstone + checkpoint[:cut])

    monkeypatch.setattr(os, "write", torn)
    with pytest.raises(AuditError, match="cannot be written"):
        journal.retire(NOW - timedelta(days=4), NOW)
    monkeypatch.undo()
    journal.close()
    assert kind(log.verify()) in {"torn", "unclosed"}
    assert len(names(log)) == 10
    assert retired(log, days=4) == 5
    report = log.verify()
    assert (kind(report), report.tears, report.dropped) == ("intact", 1, 25)
    assert kind(log.verify_publicly()) == "intact"


def test_what_an_earlier_wrapping_key_opens_is_removed_too(tmp_path):
    """The record that hands that key over lies in a segment that stays."""
    log = Log(tmp_path)
    log.write_days(8)
    log.keys.rotate()
    log.write_days_from(8, 10)
    assert retired(log, days=4) == 5
    assert kind(log.verify()) == "intact"


@pytest.mark.parametrize("torn", [b"", b"AIA1", bytes(700), "header"])
def test_a_segment_in_which_a_crash_left_nothing_whole_goes_with_what_is_older(tmp_path, torn):
    log = Log(tmp_path)
    log.write_days(3)
    log.segment(4).write_bytes(log.segment(3).read_bytes()[:60] if torn == "header" else torn)
    log.write_days_from(4, 10)
    for days in (6, 5, 4):
        retired(log, days=days)
        assert kind(log.verify()) == "intact"
    assert names(log)[0] == "00000006.aia1"
