import os
import subprocess
import sys
import threading
from datetime import UTC, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.audit.damage import DamagedLogError
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from tests.audit.logs import NOON, Log, entry, kind, open_descriptors, records

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=40)  # lone surrogates too
ANY_VALUE = ANY_TEXT | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.none()
ANY_ENTRY = st.builds(
    AuditEntry,
    time=st.datetimes(timezones=st.just(UTC)),
    actor=ANY_TEXT,
    action=ANY_TEXT,
    subject=ANY_TEXT,
    detail=st.dictionaries(ANY_TEXT, ANY_VALUE | st.booleans(), max_size=5),
)


def types(log: Log, segment: int = 1) -> list[int]:
    return [record[5] for record in records(log.segment(segment).read_bytes())]


@given(entries=st.lists(ANY_ENTRY, min_size=1, max_size=5))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_appended_is_shown_as_it_was_and_in_order(tmp_path_factory, entries):
    log = Log(tmp_path_factory.mktemp("log"))
    log.write(*entries)
    assert list(show(log.audit, log.keys)) == entries
    assert log.verify().intact


def test_nothing_is_created_and_nothing_heavy_imported_before_the_first_entry(tmp_path):
    program = f"""
import sys
from pathlib import Path
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
state = Path({str(tmp_path)!r})
journal = Journal(state / "audit", FileKeys(state / "keys"))
journal.anchor()
journal.close()
sys.exit("cryptography" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_sessions_of_one_day_share_a_segment(tmp_path):
    log = Log(tmp_path)
    for tick in range(10):
        log.write(entry(tick, NOON + timedelta(minutes=5 * tick)))
    assert [path.name for path in log.audit.iterdir()] == ["00000001.aia1"]
    assert log.verify().entries == 10


def test_a_day_later_the_next_segment_begins(tmp_path):
    log = Log(tmp_path)
    log.write_days(3)
    assert len(list(log.audit.iterdir())) == 3
    assert log.verify().intact


def test_an_open_session_moves_to_the_next_segment_after_a_day(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1), entry(2, NOON + timedelta(hours=25)), entry(3, NOON + timedelta(hours=26)))
    assert types(log, 2) == [1, 3, 3, 4, 5]
    assert log.verify().intact


def test_a_segment_of_64_mib_is_followed_by_the_next(tmp_path):
    log = Log(tmp_path)
    large = AuditEntry(NOON, "agent", "result", "act-1", {"detail": "x" * 1_040_000})
    log.write(*[large] * 66)
    assert log.segment(1).stat().st_size < 66 << 20
    assert log.segment(2).exists()
    assert log.verify().intact


def test_a_long_session_is_signed_every_256_records(tmp_path):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    for number in range(600):
        journal.append(entry(number))
    assert types(log).count(4) == 2
    journal.close()
    assert log.verify().intact


def test_the_log_is_signed_behind_an_intent_before_anything_is_done(tmp_path):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(1))
    journal.append(AuditEntry(NOON, "agent", "intent", "act-1", {}))
    journal.append(entry(2))
    assert types(log) == [1, 3, 3, 4, 3]
    journal.close()


@pytest.mark.parametrize(("seconds", "kinds"), [(59, [1, 3, 3]), (60, [1, 3, 3, 4]), (-1, [1, 3, 3, 4])])
def test_a_session_is_signed_after_a_minute_and_when_the_clock_was_set_back(tmp_path, seconds, kinds):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(1))
    journal.append(entry(2, NOON + timedelta(seconds=seconds)))
    assert types(log) == kinds
    journal.close()


def test_entries_that_are_appended_together_share_a_write_and_a_sync(tmp_path, monkeypatch):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(0))
    written, synced = [], []
    real_write, real_sync = os.write, os.fdatasync
    monkeypatch.setattr(os, "write", lambda *given: written.append(given) or real_write(*given))
    monkeypatch.setattr(os, "fdatasync", lambda *given: synced.append(given) or real_sync(*given))
    journal.append(*(entry(number) for number in range(1, 51)))
    assert (len(written), len(synced)) == (1, 1)
    journal.close()
    assert list(show(log.audit, log.keys)) == [entry(number) for number in range(51)]


def test_entries_that_are_appended_together_are_all_kept_or_none(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    journal = Journal(log.audit, log.keys)
    with pytest.raises(AuditError, match="cannot be recorded"):
        journal.append(entry(2), AuditEntry(NOON, "agent", "result", "act-1", {"detail": float("nan")}))
    journal.close()
    assert list(show(log.audit, log.keys)) == [entry(1)]
    assert log.verify().intact


def test_an_entry_is_durable_before_append_returns(tmp_path):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(1))
    assert list(show(log.audit, log.keys)) == [entry(1)]
    journal.close()


def test_after_close_the_next_entry_opens_the_log_again(tmp_path):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    for number in range(2):
        journal.append(entry(number))
        journal.close()
    assert types(log) == [1, 3, 5, 1, 3, 5]


def test_closing_without_an_entry_writes_nothing(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    before = log.segment(1).read_bytes()
    Journal(log.audit, log.keys).close()
    assert log.segment(1).read_bytes() == before


def test_a_second_writer_is_refused_and_told_who_writes(tmp_path):
    log = Log(tmp_path)
    first = Journal(log.audit, log.keys)
    first.append(entry(1))
    second = Journal(log.audit, log.keys)
    opened = open_descriptors()
    with pytest.raises(AuditError, match=f"pid {os.getpid()}"):
        second.append(entry(2))
    assert open_descriptors() == opened
    first.close()
    second.append(entry(2))
    second.close()
    assert list(show(log.audit, log.keys)) == [entry(1), entry(2)]


IN_ITSELF: dict[str, object] = {}
IN_ITSELF["again"] = IN_ITSELF


@pytest.mark.parametrize(
    "detail", [{"confidence": float("nan")}, {"text": "x" * (1 << 20)}, {"text": object()}, IN_ITSELF]
)
def test_what_cannot_be_recorded_is_refused_and_the_log_stays_usable(tmp_path, detail):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    with pytest.raises(AuditError, match="cannot be recorded"):
        journal.append(AuditEntry(NOON, "agent", "intent", "act-1", detail))
    assert journal.anchor().records == 0
    journal.append(entry(1))
    journal.close()
    assert log.verify().entries == 1
    assert log.verify().intact


def test_the_anchor_is_the_same_open_closed_and_read_again(tmp_path):
    log = Log(tmp_path)
    journal = Journal(log.audit, log.keys)
    assert journal.anchor().records == 0
    journal.append(entry(1))
    assert Journal(log.audit, log.keys).anchor() == journal.anchor()
    journal.close()
    assert Journal(log.audit, log.keys).anchor() == journal.anchor()
    assert (log.verify().records, log.verify().head) == (3, journal.anchor().head)


def test_the_anchor_needs_no_older_segment(tmp_path):
    log = Log(tmp_path)
    anchor = log.write_days(3)
    log.segment(1).write_bytes(b"")
    assert Journal(log.audit, log.keys).anchor() == anchor


def test_the_log_holds_no_word_of_an_entry_in_the_clear(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    assert not any(word in log.segment(1).read_bytes() for word in (b"decision", b"inc-", b"unsure", b"agent"))


def test_log_and_keys_are_for_their_owner_alone(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in log.key_folder.iterdir()} == {
        "wrapping.key": "0o600",
        "signing.key": "0o600",
        "genesis.pub": "0o600",
    }
    folders = [oct(path.stat().st_mode & 0o777) for path in (log.key_folder, log.audit, log.segment(1))]
    assert folders == ["0o700", "0o700", "0o600"]


def test_a_log_whose_keys_are_gone_gets_no_new_ones(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    for key in log.key_folder.iterdir():
        key.unlink()
    with pytest.raises(AuditError, match="without its key") as refusal:
        log.write(entry(2))
    assert refusal.value.exit_code == 3
    assert list(log.key_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["wrapping.key", "signing.key", "genesis.pub"])
def test_a_single_lost_key_is_named(tmp_path, name):
    log = Log(tmp_path)
    log.write(entry(1))
    (log.key_folder / name).unlink()
    with pytest.raises(AuditError, match=name):
        log.write(entry(2))


def test_keys_whose_log_is_gone_write_no_new_one(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    log.segment(1).unlink()
    with pytest.raises(DamagedLogError, match="knows of more"):
        log.write(entry(2))


def test_keys_made_before_a_crash_could_begin_the_log_are_used(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    genesis = log.keys.genesis
    log.write(entry(1))
    assert log.keys.genesis == genesis
    assert log.verify().intact


def test_a_key_file_open_to_others_is_refused_with_the_way_out(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    key = log.key_folder / "wrapping.key"
    key.chmod(0o640)
    with pytest.raises(AuditError) as refusal:
        log.write(entry(2))
    assert f"chmod 600 {key}" in refusal.value.hint


def test_a_key_folder_open_to_others_is_refused_with_the_way_out(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    log.key_folder.chmod(0o755)
    with pytest.raises(AuditError) as refusal:
        log.write(entry(2))
    assert f"chmod 700 {log.key_folder}" in refusal.value.hint
    assert f"chmod 700 {log.key_folder}" in log.verify().key_problem


def test_a_key_of_a_wrong_length_is_refused(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    (log.key_folder / "wrapping.key").write_bytes(b"short")
    with pytest.raises(AuditError, match="not a key of 32 bytes"):
        log.write(entry(2))


def test_a_damaged_last_segment_is_not_continued(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    content = bytearray(log.segment(1).read_bytes())
    content[300] ^= 1
    log.segment(1).write_bytes(content)
    with pytest.raises(DamagedLogError):
        log.write(entry(2))
    assert log.segment(1).read_bytes() == content


def test_a_log_whose_directory_is_a_file_is_refused(tmp_path):
    log = Log(tmp_path)
    log.audit.write_text("x")
    with pytest.raises(AuditError):
        log.write(entry(1))


def test_a_signing_key_announced_but_not_yet_adopted_is_adopted(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    current = (log.key_folder / "signing.key").read_bytes()
    log.write(entry(1))
    (log.key_folder / "signing.key").rename(log.key_folder / "signing.next")
    (log.key_folder / "signing.key").write_bytes(current)
    (log.key_folder / "signing.key").chmod(0o600)
    assert log.verify().intact
    log.write(entry(2))
    assert kind(log.verify()) == "intact"
    assert not (log.key_folder / "signing.next").exists()


def test_a_prepared_signing_key_that_the_log_does_not_announce_is_dropped(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    log.keys.prepare_successor(bytes(32))
    log.write(entry(2))
    assert log.verify().intact


def test_a_look_at_the_keys_tells_that_one_is_gone_and_asks_nothing_of_a_log_that_has_not_begun(tmp_path):
    log = Log(tmp_path)
    Journal(log.audit, log.keys).check()
    log.write(entry(1))
    Journal(log.audit, log.keys).check()
    (log.key_folder / "genesis.pub").unlink()
    with pytest.raises(AuditError, match=r"genesis\.pub"):
        Journal(log.audit, log.keys).check()


def test_who_has_patience_waits_until_another_writer_lets_go(tmp_path):
    log = Log(tmp_path)
    first = Journal(log.audit, log.keys)
    first.append(entry(0))
    second = Journal(log.audit, log.keys, patience=timedelta(seconds=30))
    waiting = threading.Thread(target=second.append, args=[entry(1)])
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive(), "the first is not done yet"
    first.close()
    waiting.join(30)
    second.close()
    assert len(list(show(log.audit, log.keys))) == 2
    assert log.verify().intact


def test_patience_has_an_end(tmp_path):
    log = Log(tmp_path)
    first = Journal(log.audit, log.keys)
    first.append(entry(0))
    with pytest.raises(AuditError, match="another process writes"):
        Journal(log.audit, log.keys, patience=timedelta(milliseconds=120)).append(entry(1))
    first.close()
