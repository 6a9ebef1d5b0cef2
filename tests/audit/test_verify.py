import os
import shutil
from datetime import timedelta

import pytest

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.show import show
from aiops_agent.audit.verify import verify
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor
from tests.audit.logs import NOON, Log, entry, kind, open_descriptors


def test_no_log_yet_is_intact_and_empty(tmp_path):
    log = Log(tmp_path)
    report = log.verify()
    assert (report.intact, report.records, report.segments) == (True, 0, 0)
    log.audit.mkdir()
    assert log.verify() == report
    assert list(show(log.audit, log.keys)) == []
    assert not log.key_folder.exists()


def test_what_no_anchor_covers_is_counted_and_said(tmp_path):
    log = Log(tmp_path)
    first = log.write(entry(1))
    log.write(entry(2), entry(3))
    assert log.verify().uncovered == 7
    assert log.verify(first).uncovered == 4
    assert "last 4 of 7 records" in log.verify(first).coverage
    assert log.verify(Journal(log.audit, log.keys).anchor()).uncovered == 0


def test_an_anchor_as_short_as_a_report_shows_it_is_enough(tmp_path):
    log = Log(tmp_path)
    anchor = log.write(entry(1))
    assert log.verify(Anchor(anchor.records, anchor.head[:12])).uncovered == 0
    assert kind(log.verify(Anchor(anchor.records, anchor.head[:11]))) == "anchor_mismatch"


def test_a_log_that_its_writer_still_has_open_is_intact(tmp_path):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(1))
    assert log.verify().intact
    journal.close()


def test_verification_writes_nothing(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    with log.segment(1).open("ab") as file:
        file.write(b"AIA1")
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")}
    log.verify()
    assert before == {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in tmp_path.rglob("*")}


@pytest.mark.parametrize("lost", ["wrapping.key", "genesis.pub"])
def test_a_log_without_its_keys_is_verified_publicly_and_says_which_is_gone(tmp_path, lost):
    """M37."""
    log = Log(tmp_path)
    log.write(entry(1))
    (log.key_folder / lost).unlink()
    report = log.verify()
    assert (report.intact, report.records) == (True, 3)
    assert lost in report.key_problem
    assert "without the keys" in report.coverage
    with pytest.raises(AuditError, match=lost):
        list(show(log.audit, log.keys))


def test_a_log_whose_key_folder_is_gone_is_verified_publicly(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    shutil.rmtree(log.key_folder)
    assert "key" in log.verify().key_problem
    assert log.verify().intact


def test_a_damaged_log_is_found_without_its_keys(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    (log.key_folder / "wrapping.key").unlink()
    content = bytearray(log.segment(1).read_bytes())
    content[300] ^= 1
    log.segment(1).write_bytes(content)
    assert kind(log.verify()) == "bad_signature"


def test_the_json_names_the_first_bad_place(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    assert log.verify().as_json()["first_bad"] is None
    log.segment(1).write_bytes(b"not ours")
    assert log.verify().as_json() == {
        "intact": False,
        "records": 0,
        "entries": 0,
        "segments": 1,
        "head": "00" * 32,
        "first_bad": {
            "segment": "00000001.aia1",
            "offset": 0,
            "kind": "foreign",
            "detail": "does not begin like a record of an audit log",
        },
        "checkpoints": 0,
        "dropped": 0,
        "dropped_until": None,
        "explained_tears": 0,
        "anchors": 0,
        "uncovered": 0,
        "coverage": "no record is proven",
        "oddities": [],
        "key_problem": None,
    }


def test_a_file_where_the_directory_belongs_is_named(tmp_path):
    log = Log(tmp_path)
    log.audit.write_text("x")
    assert kind(log.verify()) == "foreign"


@pytest.mark.parametrize("name", ["notes.txt", "00000002.aia1~", "2.aia1", "00000002", "0000000\u0662.aia1"])
def test_a_file_that_is_no_segment_is_named(tmp_path, name):
    log = Log(tmp_path)
    log.write(entry(1))
    (log.audit / name).write_text("x")
    bad = log.verify().first_bad
    assert bad
    assert (bad.kind.value, bad.segment) == ("foreign", name)


def test_a_directory_in_place_of_a_segment_is_named(tmp_path):
    log = Log(tmp_path)
    log.segment(1).mkdir(parents=True)
    assert kind(log.verify_publicly()) == "not_a_file"


def test_a_pipe_in_place_of_a_segment_is_named_and_not_waited_for(tmp_path):
    log = Log(tmp_path)
    log.audit.mkdir()
    os.mkfifo(log.segment(1))
    assert kind(log.verify_publicly()) == "not_a_file"


def test_linked_segments_are_named(tmp_path):
    """M40."""
    log = Log(tmp_path)
    log.write(entry(1))
    (tmp_path / "second name").hardlink_to(log.segment(1))
    assert kind(log.verify()) == "linked"
    log.segment(1).unlink()
    log.segment(1).symlink_to(tmp_path / "second name")
    assert kind(log.verify()) == "linked"


def test_what_may_not_be_read_is_named(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    log.audit.chmod(0)
    user = os.geteuid()
    try:
        os.seteuid(65534 if user == 0 else user)  # root reads everything
        found = kind(log.verify_publicly())
    finally:
        os.seteuid(user)
        log.audit.chmod(0o700)
    assert found == "unreadable"


def test_crashes_that_a_start_explained_are_counted(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    with log.segment(1).open("ab") as file:
        file.write(b"AIA1")
    assert log.verify().tears == 0
    log.write(entry(2))
    assert log.verify().tears == 1


def test_a_record_of_the_future_is_odd_and_told_with_its_place(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    before = log.segment(1).stat().st_size
    log.write(entry(2, NOON + timedelta(hours=3)))
    report = verify(log.audit, log.keys, now=NOON + timedelta(hours=2))
    assert report.intact
    first = next(iter(report.as_json()["oddities"]))
    assert (first["kind"], first["segment"], first["offset"]) == ("ahead_of_clock", log.segment(1).name, before)
    assert "still to come" in first["detail"]
    assert verify(log.audit, log.keys, now=NOON + timedelta(hours=2, minutes=56)).oddities == ()


@pytest.mark.parametrize("make", [os.link, os.symlink, lambda _, path: os.mkfifo(path)])
def test_what_is_no_file_of_its_own_is_named_and_left_closed(tmp_path, make):
    log = Log(tmp_path)
    log.write(entry(1))
    moved = tmp_path / "moved"
    log.segment(1).rename(moved)
    make(moved, log.segment(1))
    opened = open_descriptors()
    report = log.verify()
    assert kind(report) in {"linked", "not_a_file"}
    assert (report.first_bad.segment, report.first_bad.offset) == (log.segment(1).name, 0)
    assert open_descriptors() == opened
