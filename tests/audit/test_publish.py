import socket

import pytest

from aiops_agent.audit.anchors import Sighting, read_anchors
from aiops_agent.audit.publish import keep, log_named, tell_journal
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor
from tests.audit.logs import NOON, Log, entry

ANCHOR = Anchor(231, "9f3a1c2b77e0" + "ab" * 26)
LOG = "0123456789abcdef" * 2


@pytest.fixture
def journal(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "journal"))
        listening.setblocking(False)
        yield listening


def test_the_journal_is_told_in_its_own_protocol(tmp_path, journal):
    assert tell_journal(str(tmp_path / "journal"), ANCHOR, LOG)
    assert journal.recv(4096).decode().splitlines() == [
        "MESSAGE=audit 231·9f3a1c2b77e0",
        "PRIORITY=6",
        "SYSLOG_IDENTIFIER=aiops-agent",
        f"AIOPS_AUDIT_LOG={LOG}",
        "AIOPS_AUDIT_RECORDS=231",
        f"AIOPS_AUDIT_HEAD={ANCHOR.head}",
    ]


def test_a_host_without_a_journal_is_no_error(tmp_path):
    assert not tell_journal(str(tmp_path / "none"), ANCHOR, LOG)


def test_a_journal_that_takes_nothing_is_not_waited_for(tmp_path, journal):
    told = [tell_journal(str(tmp_path / "journal"), ANCHOR, LOG) for _ in range(10_000)]
    assert told[0]
    assert not told[-1]


def test_the_file_grows_by_a_line_that_is_read_as_the_anchor(tmp_path):
    path = tmp_path / "anchors"
    keep(path, ANCHOR, LOG, NOON)
    keep(path, Anchor(240, ANCHOR.head), LOG, NOON)
    assert path.read_text().splitlines()[0] == f"2026-11-23T12:00:00Z audit 231·{ANCHOR.head} log {LOG}"
    assert read_anchors(str(path)) == [Sighting(ANCHOR, LOG), Sighting(Anchor(240, ANCHOR.head), LOG)]


def test_a_line_that_a_crash_cut_short_does_not_run_into_the_next(tmp_path):
    path = tmp_path / "anchors"
    keep(path, ANCHOR, LOG, NOON)
    whole = path.read_bytes()
    for cut in range(1, len(whole)):
        path.write_bytes(whole[:cut])
        keep(path, Anchor(240, "c" * 64), LOG, NOON)
        kept = read_anchors(str(path))
        assert kept[-1] == Sighting(Anchor(240, "c" * 64), LOG)
        assert all(ANCHOR.head.startswith(sighting.anchor.head) for sighting in kept[:-1])


@pytest.mark.parametrize("name", ["missing/anchors", "link", "folder", "pipe"])
def test_a_file_that_cannot_be_written_is_named_with_the_way_out(tmp_path, name):
    import os

    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(AuditError, match=name) as refusal:
        keep(tmp_path / name, ANCHOR, LOG, NOON)
    assert "audit.anchors.file" in refusal.value.hint
    assert not (tmp_path / "elsewhere").exists()


def test_a_full_disk_is_no_kept_anchor():
    from pathlib import Path

    with pytest.raises(AuditError, match="/dev/full"):
        keep(Path("/dev/full"), ANCHOR, LOG, NOON)


def test_a_log_is_named_by_its_first_record(tmp_path):
    log = Log(tmp_path)
    assert log_named(log.audit) is None
    log.write(entry(1))
    assert log_named(log.audit) == log.keys.log_id.hex()
    log.segment(1).write_bytes(b"not ours" * 100)
    assert log_named(log.audit) is None
