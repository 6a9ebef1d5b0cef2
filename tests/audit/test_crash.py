"""What a crash, a power cut and a full disk leave behind, and what the next start makes of it."""

import errno
import hashlib
import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from tests.audit.logs import Log, entry, kind, records


def in_child(work: Callable[[int], None]) -> tuple[int, int]:
    """Run `work` in a child process; return its pid and a pipe that `work` writes to."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            work(writer)
        finally:
            os._exit(0)
    os.close(writer)
    return pid, reader


def crash(log: Log, *numbers: int) -> None:
    """Append in a process that ends without closing."""

    def work(_: int) -> None:
        journal = Journal(log.audit, log.keys)
        for number in numbers:
            journal.append(entry(number))
        os.kill(os.getpid(), signal.SIGKILL)

    pid, reader = in_child(work)
    os.close(reader)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def subjects(log: Log) -> list[str]:
    return [each.subject for each in show(log.audit, log.keys) if each.action != "unclean_start"]


@pytest.mark.slow
def test_twenty_kills_lose_no_acknowledged_entry_and_each_is_explained(tmp_path):
    log = Log(tmp_path)
    chance = random.Random(4)
    acknowledged: list[str] = []
    for kill in range(20):

        def work(writer: int, kill: int = kill) -> None:
            journal = Journal(log.audit, log.keys)
            for number in range(100_000):
                journal.append(entry(kill << 20 | number))
                os.write(writer, number.to_bytes(4, "big"))

        pid, reader = in_child(work)
        wanted = chance.randrange(1, 300)
        with os.fdopen(reader, "rb") as pipe:
            heard = pipe.read(4 * wanted)
            os.kill(pid, signal.SIGKILL)
            heard += pipe.read()
        os.waitpid(pid, 0)
        acknowledged += [entry(kill << 20 | number).subject for number in range(len(heard) // 4)]
    assert kind(log.verify()) in {"unclosed", "torn"}
    log.write(entry(1 << 28))
    report = log.verify()
    assert kind(report) == "intact"
    assert report.tears == 20
    assert not set(acknowledged) - set(subjects(log))


def test_a_crash_between_two_records_is_explained_by_the_next_start(tmp_path):
    log = Log(tmp_path)
    crash(log, 1, 2)
    assert kind(log.verify()) == "unclosed"
    log.write(entry(3))
    first, *_ = [each for each in show(log.audit, log.keys) if each.action == "unclean_start"]
    assert first.detail["torn_bytes"] == 0
    assert subjects(log) == [entry(number).subject for number in (1, 2, 3)]
    assert log.verify().intact


@pytest.mark.slow
def test_wherever_a_write_tore_the_bytes_are_kept_and_explained(tmp_path):
    crashed = Log(tmp_path / "crashed")
    crashed.write(entry(1))
    closed = crashed.segment(1).stat().st_size
    crash(crashed, 2, 3)
    whole = crashed.segment(1).read_bytes()
    for length in range(closed + 1, len(whole), 3):
        log = copy(crashed, tmp_path / str(length))
        log.segment(1).write_bytes(whole[:length])
        assert kind(log.verify()) in {"torn", "unclosed"}
        log.write(entry(4))
        report = log.verify()
        assert (kind(report), report.tears) == ("intact", 1)
        assert log.segment(1).read_bytes() == whole[:length]
        start = next(each for each in show(log.audit, log.keys) if each.action == "unclean_start")
        torn = whole[int(start.detail["offset"] or 0) : length]
        assert (start.detail["torn_bytes"], start.detail["sha256"]) == (len(torn), hashlib.sha256(torn).hexdigest())


def copy(log: Log, to: Path) -> Log:
    other = Log(to)
    for folder, target in ((log.audit, other.audit), (log.key_folder, other.key_folder)):
        target.mkdir(parents=True, mode=0o700)
        for path in folder.iterdir():
            (target / path.name).write_bytes(path.read_bytes())
            (target / path.name).chmod(0o600)
    return other


@pytest.mark.parametrize("zeros", [1, 20, 34, 66, 5000])
def test_zeros_that_a_power_cut_left_are_explained(tmp_path, zeros):
    log = Log(tmp_path)
    crash(log, 1)
    with log.segment(1).open("ab") as file:
        file.write(bytes(zeros))
    assert kind(log.verify()) == "torn"
    log.write(entry(2))
    assert kind(log.verify()) == "intact"


@pytest.mark.slow
def test_from_whatever_byte_on_a_power_cut_left_zeros_the_next_start_explains_it(tmp_path):
    crashed = Log(tmp_path / "crashed")
    crash(crashed, 1, 2)
    whole = crashed.segment(1).read_bytes()
    last = len(records(whole)[-1])
    for kept in range(last - 7):
        log = copy(crashed, tmp_path / str(kept))
        log.segment(1).write_bytes(whole[: len(whole) - last + kept] + bytes(last - kept))
        assert (kept, kind(log.verify())) == (kept, "torn")
        log.write(entry(3))
        assert (kept, kind(log.verify()), log.verify().tears) == (kept, "intact", 1)
        assert subjects(log) == [entry(1).subject, entry(3).subject]


def test_a_record_whose_end_a_power_cut_zeroed_is_explained(tmp_path):
    log = Log(tmp_path)
    crash(log, 1)
    content = log.segment(1).read_bytes()
    log.segment(1).write_bytes(content[:-40] + bytes(40))
    assert kind(log.verify()) == "torn"
    log.write(entry(2))
    assert kind(log.verify()) == "intact"


def test_segments_that_hold_nothing_whole_are_explained_together(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    whole = log.segment(1).read_bytes()
    log.segment(2).write_bytes(b"")
    log.segment(3).write_bytes(whole[:50])
    assert kind(log.verify()) == "torn"
    assert Journal(log.audit, log.keys).anchor().records == 3
    log.write(entry(2))
    assert log.segment(4).exists()
    assert (kind(log.verify()), log.verify().tears) == ("intact", 1)


def test_a_crash_at_the_very_first_write_is_explained(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    log.audit.mkdir()
    log.segment(1).write_bytes(b"AIA1")
    log.write(entry(1))
    assert (kind(log.verify()), log.verify().tears) == ("intact", 1)
    first = next(show(log.audit, log.keys))
    assert (first.subject, first.detail["offset"], first.detail["torn_bytes"]) == ("segment 1", 0, 4)


def test_the_bytes_that_a_crash_left_cannot_be_changed_later(tmp_path):
    log = Log(tmp_path)
    crash(log, 1)
    with log.segment(1).open("ab") as file:
        file.write(b"AIA1torn")
    log.write(entry(2))
    for changed in (b"AIA1tore", b"AIA1tor", b"", b"AIA1torn\0"):
        whole = log.segment(1).read_bytes()
        log.segment(1).write_bytes(whole.removesuffix(b"AIA1torn") + changed)
        assert not log.verify().intact
        log.segment(1).write_bytes(whole)


def test_a_full_disk_acknowledges_nothing_it_did_not_keep(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    size = log.segment(1).stat().st_size

    def work(writer: int) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 900, resource.RLIM_INFINITY))
        journal = Journal(log.audit, log.keys)
        try:
            for number in range(2, 100):
                journal.append(entry(number))
                os.write(writer, b"+")
        except AuditError as error:
            os.write(writer, b"!" + str(error.exit_code).encode())
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        try:
            journal.append(entry(100))
        except AuditError:
            os.write(writer, b"!")

    pid, reader = in_child(work)
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    kept = said.count(b"+")
    assert said == b"+" * kept + b"!3!"
    assert kept > 0
    assert kind(log.verify()) == "torn"
    log.write(entry(200))
    told = [each.subject for each in show(log.audit, log.keys) if each.action == "decision"]
    assert told == [entry(number).subject for number in (*range(1, kept + 2), 200)]
    assert "disk_full" in [each.action for each in show(log.audit, log.keys)]
    assert log.verify().intact


def test_after_a_failed_write_closing_lets_the_journal_try_again(tmp_path):
    log = Log(tmp_path)
    log.audit.mkdir()
    journal = Journal(log.audit, log.keys)
    with pytest.raises(AuditError, match=os.strerror(errno.EMFILE)), no_descriptor_left():
        journal.append(entry(1))
    with pytest.raises(AuditError, match="cannot be written"):
        journal.append(entry(1))
    journal.close()
    journal.append(entry(1))
    journal.close()
    assert subjects(log) == [entry(1).subject]


def test_a_torn_record_is_not_mistaken_for_the_last_one_it_replaced(tmp_path):
    log = Log(tmp_path)
    crash(log, 1, 2)
    last = records(log.segment(1).read_bytes())[-1]
    whole = log.segment(1).read_bytes()
    log.segment(1).write_bytes(whole.removesuffix(last) + last[:-1] + bytes([last[-1] ^ 1]))
    with pytest.raises(AuditError, match="altered"):
        log.write(entry(3))
