"""A new wrapping key: nothing is written anew, everything opens, wherever a kill falls."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from tests.audit.logs import Log, entry, kind, records

STATE_KEY = bytes(range(32))
STATE_CONTEXT = b"AIA1 state key"
KILLED, ENDED = 77, 78
OWN = ("keys.py", "key_files.py", "session.py", "wrapping.py")


def rotate(log: Log, number: int) -> None:
    log.keys.rotate()
    log.write(entry(number))


def contents(log: Log) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(log.audit.iterdir())}


def subjects(log: Log) -> list[str]:
    return [each.subject for each in show(log.audit, log.keys) if each.action == "decision"]


def keep_state_key(log: Log) -> None:
    keys = log.keys
    path = log.key_folder / "state.key"
    path.write_bytes(keys.key_id + keys.wrap(STATE_KEY, STATE_CONTEXT))
    path.chmod(0o600)


def state_key(log: Log) -> bytes | None:
    content = (log.key_folder / "state.key").read_bytes()
    return log.keys.unwrap(content[:8], content[8:], STATE_CONTEXT)


@pytest.fixture
def log(tmp_path):
    made = Log(tmp_path)
    made.write(entry(1), entry(2))
    keep_state_key(made)
    return made


def test_the_new_key_opens_what_the_old_one_closed_and_no_old_byte_changes(log):
    before = contents(log)
    rotate(log, 3)
    after = contents(log)
    assert all(after[name].startswith(content) for name, content in before.items())
    assert subjects(log) == [entry(number).subject for number in (1, 2, 3)]
    assert log.verify().intact
    assert log.verify().is_keyed


def test_the_record_of_the_new_key_is_the_first_of_its_session_and_the_old_key_is_gone_behind_it(log):
    rotate(log, 3)
    assert [record[5] for record in records(log.segment(1).read_bytes())][-4:] == [1, 7, 3, 5]
    assert sorted(path.name for path in log.key_folder.iterdir()) == [
        "genesis.pub",
        "signing.key",
        "state.key",
        "wrapping.key",
    ]


def test_the_key_of_the_state_survives_though_nothing_asked_for_it_meanwhile(log):
    for number in range(3, 6):
        rotate(log, number)
    assert state_key(log) == STATE_KEY
    assert (log.key_folder / "state.key").read_bytes()[:8] == log.keys.key_id


def test_a_state_key_that_opens_with_nothing_is_left_as_it_is(log):
    path = log.key_folder / "state.key"
    damaged = path.read_bytes()[:-1] + b"\0"
    path.write_bytes(damaged)
    rotate(log, 3)
    assert path.read_bytes() == damaged
    assert log.verify().intact


def test_after_many_rotations_every_record_opens(tmp_path):
    log = Log(tmp_path)
    log.write(entry(0))
    for number in range(1, 20):
        rotate(log, number)
    assert subjects(log) == [entry(number).subject for number in range(20)]
    assert log.verify().intact


def test_rotations_across_segments_open_too(tmp_path):
    log = Log(tmp_path)
    log.write_days(2)
    log.keys.rotate()
    log.write_days_from(2, 4)
    log.keys.rotate()
    log.write_days_from(4, 5)
    assert len(subjects(log)) == 15
    assert log.verify().intact


def test_a_rotation_that_no_record_followed_is_not_begun_again(log):
    first = log.keys.rotate()
    assert log.keys.rotate() == first
    log.write(entry(3))
    assert log.keys.rotate()[0] == first[1]


def test_a_rotation_cut_short_before_the_new_key_is_in_place_owes_the_log_nothing(log):
    old = log.key_folder / "wrapping.old"
    old.write_bytes((log.key_folder / "wrapping.key").read_bytes())
    old.chmod(0o600)
    log.write(entry(3))
    assert 7 not in [record[5] for record in records(log.segment(1).read_bytes())]
    rotate(log, 4)
    assert not old.exists()
    assert subjects(log) == [entry(number).subject for number in (1, 2, 3, 4)]


def test_a_rotation_is_refused_where_the_next_record_would_be(log):
    (log.key_folder / "signing.key").unlink()
    before = (log.key_folder / "wrapping.key").read_bytes()
    with pytest.raises(AuditError, match=r"signing\.key"):
        log.keys.rotate()
    assert (log.key_folder / "wrapping.key").read_bytes() == before


def test_a_writer_that_was_there_before_goes_on_with_the_new_key(log):
    journal = Journal(log.audit, log.keys)
    journal.append(entry(3))
    journal.close()
    _, new = log.keys.rotate()
    journal.append(entry(4))
    journal.close()
    opened = [record for record in records(log.segment(1).read_bytes()) if record[5] == 1]
    assert opened[-1][34 + 80 : 34 + 88] == new
    assert log.verify().intact
    assert log.keys.owed_rekey() is None


def test_an_old_key_put_there_behind_the_back_of_a_session_is_not_forgotten(log):
    """The log has no record of it: to forget it would close all that came before for ever."""
    keys = log.keys
    assert keys.owed_rekey() is None
    log.keys.rotate()
    keys.forget_old()
    assert (log.key_folder / "wrapping.old").exists()
    log.write(entry(3))
    assert subjects(log) == [entry(number).subject for number in (1, 2, 3)]


def test_the_old_key_alone_verifies_publicly_only(log, tmp_path):
    old = (log.key_folder / "wrapping.key").read_bytes()
    rotate(log, 3)
    (log.key_folder / "wrapping.key").write_bytes(old)
    assert kind(log.verify()) == "wrong_key"
    assert log.verify_publicly().intact


def test_a_disk_that_refuses_leaves_the_key_as_it_was(log):
    before = (log.key_folder / "wrapping.key").read_bytes()
    (log.key_folder / "wrapping.next.new").mkdir()
    with pytest.raises(AuditError, match="no new wrapping key could be written") as refusal:
        log.keys.rotate()
    assert refusal.value.hint.startswith("the one before it goes on")
    assert (log.key_folder / "wrapping.key").read_bytes() == before
    (log.key_folder / "wrapping.next.new").rmdir()
    rotate(log, 3)
    assert log.verify().intact


def killed_before(line: int, work: Callable[[], object]) -> bool:
    """Do the work in a process that ends before the line of ours of that number, as they run; False: it got through.

    As SIGKILL would: what the kernel has been given stays, all else is gone.
    """
    pid = os.fork()
    if pid == 0:
        seen = 0

        def trace(frame, event, _):
            nonlocal seen
            if Path(frame.f_code.co_filename).name not in OWN:
                return None
            if event == "line":
                seen += 1
                if seen == line:
                    os._exit(KILLED)
            return trace

        sys.settrace(trace)
        work()
        os._exit(ENDED)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (KILLED, ENDED)
    return code == KILLED


@pytest.mark.slow
def test_a_kill_before_any_line_of_a_rotation_leaves_a_log_that_opens_and_the_next_rotation_works(tmp_path):
    kills = 0
    while True:
        log = Log(tmp_path / str(kills))
        log.write(entry(1))
        keep_state_key(log)
        before = contents(log)
        was_killed = killed_before(kills + 1, lambda log=log: rotate(log, 2))
        acknowledged = () if was_killed else (2,)
        assert set(subjects(log)) >= {entry(number).subject for number in (1, *acknowledged)}, kills
        log.write(entry(3))  # explains what the kill left
        rotate(log, 4)
        assert log.verify().intact, (kills, log.verify().first_bad)
        assert log.verify().is_keyed
        assert [each for each in subjects(log) if each != entry(2).subject] == [
            entry(number).subject for number in (1, 3, 4)
        ], kills
        assert state_key(log) == STATE_KEY, kills
        assert all(contents(log)[name].startswith(content) for name, content in before.items()), kills
        assert not (log.key_folder / "wrapping.old").exists(), kills
        if not was_killed:
            break
        kills += 1
    assert kills > 200


@pytest.mark.parametrize("step", range(1, 60, 2))
def test_a_kill_between_the_files_of_a_rotation_leaves_a_pair_that_works(tmp_path, step):
    log = Log(tmp_path)
    log.write(entry(1))
    killed_before(step, log.keys.rotate)
    assert subjects(log) == [entry(1).subject]
    old, new = log.keys.rotate()
    assert old != new
    log.write(entry(2))
    assert subjects(log) == [entry(1).subject, entry(2).subject]
    assert log.verify().intact
    assert FileKeys(log.key_folder).key_id == new
