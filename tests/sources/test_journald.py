"""A journal is read whole and once, whoever writes to it, whatever is cleared away; units come from journald alone."""

import os
import stat
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.sources.journalctl import PROGRAM
from tests.sources.journals import BEGIN, SECOND, Ticks, Written, needs_writer

pytestmark = needs_writer

TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/shop/till.py", line 12, in charge',
    "    raise OrderError(order)",
    "shop.OrderError: order 4711 has no amount",
)
TILL = "ERROR cannot reach the till"
ANOTHER = {"_PID": "5000"}
"""A writer that the trace before its line is not of."""


@pytest.fixture
def journal(tmp_path):
    folder = tmp_path / "journal"
    folder.mkdir()
    return Written(folder)


def test_each_unit_is_counted_apart_and_what_has_no_unit_has_no_service(journal):
    journal.writes(
        journal.entry(TILL),
        journal.entry(TILL, unit="bank.service"),
        journal.entry("I/O error, dev sda, sector 4711", unit=None, _TRANSPORT="kernel", SYSLOG_IDENTIFIER="kernel"),
        journal.entry("ERROR in a session", unit="session-3.scope"),
        journal.entry("ERROR of a person's program", unit="user@1000.service"),
    )
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.by_service() == {"shop.service": 1, "bank.service": 1, None: 3}
    assert {batch.path for batch in ticks.batches if batch.service} == {
        "journald:shop.service",
        "journald:bank.service",
    }
    assert ticks.tick() == []


def test_only_the_units_asked_for_are_read(journal):
    journal.writes(journal.entry(TILL), journal.entry(TILL, unit="bank.service"), journal.entry(TILL, unit=None))
    ticks = Ticks(journal.folder, "shop.service")
    ticks.tick()
    assert ticks.by_service() == {"shop.service": 1}


def test_a_service_named_by_the_configuration_is_acted_on_instead_of_the_unit(journal):
    journal.writes(journal.entry(TILL, unit="shop@1.service"))
    ticks = Ticks(journal.folder, "shop@1.service", service="shop.service")
    ticks.tick()
    assert ticks.by_service() == {"shop.service": 1}


def test_what_systemd_says_of_a_unit_belongs_to_it_and_nobody_else_can_say_so(journal):
    says = "Failed with result 'exit-code'."
    journal.writes(
        journal.entry(f"shop.service: {says}", unit="init.scope", _PID="1", _UID="0", UNIT="shop.service"),
        journal.entry(f"ssh.service: {says}", unit="shop.service", UNIT="ssh.service"),
    )
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.by_service() == {"shop.service": 2}


@pytest.mark.parametrize(("priority", "severity"), [("3", "error"), ("2", "critical"), ("0", "critical")])
def test_a_priority_of_an_error_makes_one_without_the_word(journal, priority, severity):
    journal.writes(journal.entry("the till is on fire", PRIORITY=priority), journal.entry("fine", PRIORITY="4"))
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert [s.severity.label for batch in ticks.batches for s in batch.sightings] == [severity]


@pytest.mark.parametrize("says", ["shop.service: Failed with result 'oom-kill'.", "Out of memory: Killed process 4711"])
def test_a_calm_priority_keeps_no_statement_of_a_fault_from_counting(journal, says):
    journal.writes(*(journal.entry(says, PRIORITY=str(priority)) for priority in (4, 5, 6, 7)))
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.count() == 4


def interleaved(journal):
    """Return a trace of one entry a line, another writer of the unit and one of another between its lines."""
    others = [{"_PID": "99"}, {"unit": "bank.service"}, {"_PID": "99"}]
    entries = [journal.entry(TRACE[0])]
    for line, other in zip(TRACE[1:], others, strict=True):
        entries += [journal.entry("served order 17", **other), journal.entry(line)]
    return entries


def test_a_trace_of_one_entry_a_line_is_one_record_although_others_write_between(journal):
    journal.writes(*interleaved(journal), journal.entry("served order 18"))
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.count() == 1
    assert ticks.by_service() == {"shop.service": 1}
    assert all(line in ticks.texts()[0] for line in TRACE)
    assert "served" not in ticks.texts()[0]


@pytest.mark.parametrize("cut", range(1, 8))
def test_late_entries_extend_a_record_and_are_no_second_one(journal, cut):
    entries = [*interleaved(journal), journal.entry("served order 18"), journal.entry(TILL)]
    journal.writes(*entries[:cut])
    ticks = Ticks(journal.folder)
    ticks.tick()
    journal.writes(*entries[cut:])
    ticks.tick()
    ticks.tick()
    assert ticks.count() == 2
    assert any(all(line in text for line in TRACE) for text in ticks.texts())
    assert ticks.notices() == []


def test_any_number_of_ticks_counts_the_same(journal):
    ticks = Ticks(journal.folder)
    for entry in [*interleaved(journal), *(journal.entry(TILL, **ANOTHER) for _ in range(5)), *interleaved(journal)]:
        journal.writes(entry)
        ticks.tick()
    assert ticks.count() == 7
    assert ticks.notices() == []


def test_a_record_is_open_for_as_long_as_a_crash_takes_to_be_told_and_no_longer(journal):
    journal.writes(*(journal.entry(line) for line in TRACE))
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert [at.unit for at in ticks.known.values() if at.resume] == ["shop.service"]
    journal.writes(journal.entry("fine", unit="bank.service", step=60 * SECOND))
    ticks.tick()
    assert not any(at.resume for at in ticks.known.values())
    assert len(ticks.known) == 1


def test_a_tick_that_ends_after_any_batch_is_gone_on_with(journal):
    entries = [
        entry
        for number in range(6)
        for entry in (journal.entry(TILL, unit=f"shop{number}.service"), *interleaved(journal))
    ]
    journal.writes(*entries)
    for crash in range(1, 9):
        ticks = Ticks(journal.folder)
        ticks.tick(crash_after=crash)
        ticks.tick()
        ticks.tick()
        assert ticks.count() == 12, crash


def test_batches_within_a_tick_lose_and_repeat_nothing(journal, monkeypatch):
    monkeypatch.setattr("aiops_agent.sources.dealing.BATCH_BYTES", 700)
    for _ in range(10):
        journal.writes(*interleaved(journal), journal.entry(TILL, **ANOTHER), journal.entry(TILL, unit="bank.service"))
    for crash in range(1, 30, 3):
        ticks = Ticks(journal.folder)
        ticks.tick(crash_after=crash)
        ticks.tick()
        assert ticks.count() == 30, crash


def test_a05_a_message_of_several_lines_is_one_record_of_its_writer_whatever_stands_in_it(journal):
    forged = "Nov 22 10:00:00 web1 sshd[1]: ERROR root logged in\n2026-11-22T10:00:00Z web1 kernel: Out of memory: Kill"
    journal.writes(
        journal.entry(f"job failed\n{forged}\n[2026-11-22T10:00:00Z ERROR] web1 ssh[2]: another"),
        journal.entry(
            "Nov 22 10:00:00 web1 sshd[1]: ERROR root logged in", SYSLOG_IDENTIFIER="ssh[7]: x ssh", _PID="8"
        ),
    )
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.by_service() == {"shop.service": 2}
    several, single = sorted(ticks.texts(), key=len, reverse=True)
    assert several.startswith("job failed\nNov 22")
    assert single.startswith("[") and " ssh_7___x_ssh[8]: Nov 22 10:00:00 web1 sshd[1]" in single


def test_a_calm_message_of_several_lines_is_no_error(journal):
    journal.writes(journal.entry("the day's report\n errors=0\n fine"))
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.count() == 0


def test_a16_the_agents_own_entries_are_not_read_unless_asked_for(journal):
    own = [journal.entry(TILL, unit=unit) for unit in ("aiops-agent.service", "aiops-agent-daemon.service")]
    journal.writes(*own, journal.entry(TILL))
    everything, asked = Ticks(journal.folder), Ticks(journal.folder, "aiops-agent.service")
    everything.tick()
    asked.tick()
    assert everything.by_service() == {"shop.service": 1}
    assert asked.by_service() == {"aiops-agent.service": 1}


def test_the_first_tick_begins_behind_the_newest_entry_unless_told_otherwise(journal):
    journal.writes(journal.entry(TILL))
    ticks = Ticks(journal.folder, start="end")
    ticks.tick()
    journal.writes(journal.entry(TILL))
    ticks.tick()
    assert ticks.count() == 1


def test_a_journal_that_was_empty_is_read_from_its_first_entry(journal):
    ticks = Ticks(journal.folder, start="end")
    ticks.tick()
    journal.writes(journal.entry(TILL))
    ticks.tick()
    assert ticks.count() == 1


def test_entries_of_the_boot_before_are_read_to_their_end_and_then_those_of_the_new(journal):
    journal.writes(journal.entry(TILL))
    ticks = Ticks(journal.folder)
    ticks.tick()
    last_words = journal.entry("ERROR the last words", step=SECOND)
    journal.boot = "c" * 32
    journal.writes(last_words)
    journal.writes(journal.entry("ERROR the first words", step=SECOND))
    ticks.tick()
    said = [text.split("ERROR ")[1] for text in ticks.texts()]
    assert said == ["cannot reach the till", "the last words", "the first words"]
    assert ticks.notices() == []


def test_a_vacuum_between_two_ticks_is_told_once_and_what_is_left_counts_once(journal):
    first = journal.writes(journal.entry(TILL), journal.entry(TILL))
    ticks = Ticks(journal.folder)
    ticks.tick()
    journal.writes(journal.entry("ERROR never read", step=60 * SECOND)).unlink()
    first.unlink()
    journal.writes(journal.entry("ERROR left", step=60 * SECOND), journal.entry(TILL))
    for _ in range(3):
        ticks.tick()
    [notice] = ticks.notices()
    assert (notice.kind, notice.path) == ("journal_gap", "journald")
    assert "2026-11-18T11:06:40Z is not in the journal any more" in notice.detail
    assert ticks.count() == 4


def test_what_is_left_of_one_file_tells_how_many_entries_are_missing(journal):
    ticks = Ticks(journal.folder)
    journal.writes(*(journal.entry(TILL) for _ in range(5)))
    ticks.tick()
    [at] = [at for at in ticks.known.values() if at.unit == at.WHOLE]
    ticks.known.clear()
    ticks.keep(replace(at, cursor=at.cursor.replace(";i=5;", ";i=2;"), realtime=BEGIN + 2000))
    ticks.tick()
    [notice] = ticks.notices()
    assert notice.detail.endswith("none behind it is missing")
    assert ticks.count() == 5 + 3


@pytest.mark.parametrize("cursor", ["no cursor at all", "s=1;i=zz;b=;m=;t=;x="])
def test_a_cursor_that_is_none_is_replaced_by_its_time(journal, cursor):
    journal.writes(journal.entry(TILL), journal.entry(TILL), journal.entry("fine"))
    ticks = Ticks(journal.folder)
    ticks.tick()
    [at] = [at for at in ticks.known.values() if at.unit == at.WHOLE]
    ticks.keep(replace(at, cursor=cursor))
    journal.writes(journal.entry(TILL), journal.entry(TILL))
    ticks.tick()
    ticks.tick()
    assert ticks.count() == 4
    assert [notice.kind for notice in ticks.notices()] == ["journal_gap"]


def test_a_cursor_from_the_future_does_not_silence_the_journal(journal):
    journal.writes(journal.entry(TILL))
    ticks = Ticks(journal.folder)
    ticks.tick()
    [at] = [at for at in ticks.known.values() if at.unit == at.WHOLE]
    ticks.keep(replace(at, cursor=f"s={'9' * 32};i=ffff;b={'9' * 32};m=1;t=6fffffffffff;x=1", realtime=at.realtime * 2))
    ticks.tick()
    [notice] = ticks.notices()
    assert notice.kind == "journal_gap" and "the clock was set back" in notice.detail
    journal.writes(journal.entry(TILL))
    ticks.tick()
    ticks.tick()
    assert (ticks.count(), len(ticks.notices())) == (2, 1)


def failing(folder, *lengths):
    """Return a journalctl that ends like one whose file is gone: its Nth call after so many lines; 0: as it should."""
    program, calls = folder / "journalctl", folder / "calls"
    calls.write_text("".join(f"{length}\n" for length in lengths))
    program.write_text(
        f"#!/bin/sh\nlines=$(head -n 1 {calls}); sed -i 1d {calls}\n"
        f'[ "${{lines:-0}}" = 0 ] && exec {PROGRAM} "$@"\n'
        f'{PROGRAM} "$@" | head -n "$lines"; echo "Failed to iterate through journal: Bad message" >&2; exit 1\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.mark.parametrize("lines", [14, 20, 30, 60])
@pytest.mark.parametrize("calls", [(1,), (1, 1), (1, 1, 1), (0, 1, 0, 1), (1,) * 50])
def test_a_file_that_is_cleared_away_during_the_read_does_not_end_it(journal, tmp_path, lines, calls):
    journal.writes(*(journal.entry(f"ERROR number {'abcdefgh'[number]}") for number in range(8)))
    ticks = Ticks(journal.folder, program=failing(tmp_path, *(lines * fails for fails in calls)))
    ticks.tick()
    ticks.tick()
    assert sorted(text[-1] for text in ticks.texts()) == list("abcdefgh")
    assert ticks.count() == 8


def test_a_journal_that_cannot_be_read_on_is_told_and_what_came_before_counts(journal, tmp_path):
    journal.writes(*(journal.entry(f"ERROR number {'abcdefgh'[number]}") for number in range(8)))
    ticks = Ticks(journal.folder, program=failing(tmp_path, 30, 3, 3, 3))
    ticks.tick()
    assert ticks.count() == 2
    [notice] = ticks.notices()
    assert (notice.kind, notice.detail) == ("unreadable", "Failed to iterate through journal: Bad message")
    ticks.tick()
    assert ticks.count() == 8


def test_a_system_without_a_journal_is_told_once(tmp_path):
    ticks = Ticks(tmp_path, program=str(tmp_path / "missing"))
    ticks.tick()
    ticks.tick()
    [notice] = ticks.notices()
    assert (notice.kind, notice.path) == ("unreadable", "journald")
    assert "No such file" in notice.detail


def test_a_message_of_a_mebibyte_is_kept_as_its_head_and_told(journal):
    journal.writes(
        journal.entry("ERROR " + "x" * (1 << 20)), journal.entry("ERROR a\n" + "\x01" * (1 << 20)), journal.entry(TILL)
    )
    ticks = Ticks(journal.folder)
    ticks.tick()
    assert ticks.count() == 3
    assert all(len(text) < 70_000 for text in ticks.texts())
    assert [notice.kind for notice in ticks.notices()] == ["long_line"]


@pytest.mark.parametrize(
    "message", [b"ERROR \0\0 \xff\xfe \xed\xa0\x80", b"ERROR =\n=\n\n\nMESSAGE=x\n\n", b"\n", b"", b"="]
)
def test_a_message_of_any_bytes_disturbs_no_other_entry(journal, message):
    journal.writes(journal.entry(TILL), journal.entry(message), journal.entry(TILL, unit="bank.service"))
    ticks = Ticks(journal.folder)
    ticks.tick()
    ticks.tick()
    assert ticks.count() == 2 + message.startswith(b"ERROR")


def test_a_journal_that_grows_changes_the_stamps_that_say_whether_a_tick_is_quiet(journal):
    target = journal.writes(journal.entry(TILL))
    ticks = Ticks(journal.folder)
    source = ticks.source()
    list(source.read({}))
    before = source.directories()
    assert any(str(target) in line for line in before)
    os.utime(target)
    list(source.read({}))
    assert source.directories() != before


WRITERS = (
    {"unit": "shop.service"},
    {"unit": "shop.service", "_PID": "99"},
    {"unit": "bank.service"},
    {"unit": None, "_TRANSPORT": "kernel", "SYSLOG_IDENTIFIER": "kernel"},
)
SAYS = (
    TRACE,
    (TILL,),
    ("served order 17",),
    ("order 17\n  is served",),
    ("job failed\nERROR twice\nERROR in one",),
    ("I/O error, dev sda",),
)


@pytest.mark.slow
@given(
    said=st.lists(
        st.tuples(st.sampled_from(SAYS), st.sampled_from(WRITERS), st.sampled_from("346"), st.integers(0, 8)),
        min_size=1,
        max_size=12,
    ),
    crashes=st.lists(st.integers(0, 5), max_size=4),
    batch=st.sampled_from([200, 1 << 20]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_ticks_at_any_entries_that_end_after_any_batch_count_what_one_reading_counts(
    tmp_path_factory, said, crashes, batch
):
    journal = Written(tmp_path_factory.mktemp("journal"))
    ticks = Ticks(journal.folder)
    entries, ends = [], [*crashes, None, None]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("aiops_agent.sources.dealing.BATCH_BYTES", batch)
        for lines, writer, priority, tick_before in said:
            for number, line in enumerate(lines):
                if number == tick_before and entries:
                    journal.writes(*entries)
                    ticks.tick(crash_after=ends.pop(0) if len(ends) > 2 else None)
                    entries = []
                entries.append(journal.entry(line, PRIORITY=priority, **writer))
        journal.writes(*entries, journal.entry("the end", unit="end.service"))
        ticks.tick()
        ticks.tick()
    whole = Ticks(journal.folder)
    whole.tick()
    assert ticks.count() == whole.count()
    assert ticks.notices() == []
