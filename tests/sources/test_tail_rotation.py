"""The tail matrix, rotation: T01 to T11, each with the exact number of records; none is lost or counted twice."""

import bz2
import gzip
import lzma
import os
import resource
import shutil

import pytest

from aiops_agent.sources import opened, reading, rotation
from tests.sources.reader import Reader, append, error, pack


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def rotate(log, turns=3):
    """Do what logrotate's `create` does: everything moves on by one, and a new file takes the place of the log."""
    for turn in range(turns, 0, -1):
        for ending in ("", ".gz"):
            if os.path.exists(f"{log}.{turn}{ending}"):
                os.rename(f"{log}.{turn}{ending}", f"{log}.{turn + 1}{ending}")
    os.rename(log, f"{log}.1")
    log.touch()


def read_once(log, *texts):
    for text in texts:
        append(log, text)
    reader = Reader(log)
    reader.tick()
    return reader


@pytest.mark.parametrize("length", [1, 7, 40, 71, 100])
def test_t01_small_writes_that_cut_lines_anywhere_give_each_record_once(log, length):
    text = "".join(error(number) for number in range(20))
    log.touch()
    reader = Reader(log)
    for start in range(0, len(text), length):
        append(log, text[start : start + length])
        reader.tick()
        assert reader.count() == text[: start + length].count("\n")
    assert reader.count() == 20
    assert sum(batch.read_bytes for batch in reader.batches) == len(text)


@pytest.mark.slow
def test_t02_a_burst_of_a_million_lines_is_counted_in_bounded_memory(log):
    calm = "2026-11-22 10:00:00,123 INFO  [main] shop.Orders - order taken\n"
    with log.open("w") as file:
        for number in range(1_000):
            file.write(calm * 999 + error(number))
    reader = Reader(log)
    reader.tick()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    reader = Reader(log)
    reader.tick()
    assert reader.count() == 1_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 8 << 10, "kilobytes more than the first reading of the same 60 MB took"


def test_t03_renamed_and_created_with_the_writer_switching_at_once(log):
    reader = read_once(log, error("a"))
    append(log, error("b"))
    rotate(log)
    append(log, error("c"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (3, 0, [])


def test_t04_a_writer_that_keeps_its_file_open_after_the_rename_is_read_to_its_end(log):
    with log.open("a") as writer:
        writer.write(error("a"))
        writer.flush()
        reader = read_once(log)
        rotate(log)
        append(log, error("new"))
        reader.tick()
        for number in range(3):  # three seconds, a tick in each
            writer.write(error(f"late {number}"))
            writer.flush()
            reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (5, 0, [])


@pytest.mark.parametrize("name", ["app-old.log", "app.2026-11-22.log", "saved"])
def test_t04_a_writer_whose_file_was_given_any_other_name_is_read_to_its_end(log, name):
    with log.open("a") as writer:
        writer.write(error("a"))
        writer.flush()
        reader = read_once(log)
        os.rename(log, log.with_name(name))
        log.write_text(error("new"))
        for number in range(3):
            writer.write(error(f"late {number}"))
            writer.flush()
            reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (5, 0, [])


def test_t05_three_rotations_between_two_ticks_give_all_three_generations(log):
    reader = read_once(log, error("a"))
    for word in "bcd":
        append(log, error(word))
        rotate(log)
    append(log, error("e"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (5, 0, [])


def test_t05_what_is_rotated_while_a_tick_reads_is_read_by_that_tick_the_older_before_the_newer(log):
    """Else a new file that was given the inode of a packed one would take the place of what was known of it."""
    reader = read_once(log, error("a"))
    append(log, error("a2"))
    rotate(log)
    append(log, error("b"))
    rotate(log)
    append(log, error("c"))
    batches = reader.source().read(reader.known)
    seen = [next(batches)]
    pack(f"{log}.1")
    append(log, error("c2"))
    rotate(log)
    append(log, error("d"))
    seen += batches
    assert [batch.path.removeprefix(str(log)) for batch in seen] == [".2", ".2.gz", ".1", ""]
    assert [sum(s.count for s in batch.sightings) for batch in seen] == [1, 1, 2, 1]
    reader.batches += seen
    reader.known.update((batch.checkpoint.key, batch.checkpoint) for batch in seen)
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (6, 0, [])


def test_t06_a_file_renamed_and_deleted_while_it_is_read_is_read_to_its_end(log, monkeypatch):
    """What was deleted before a tick could open it is gone for a program that runs once in a while.

    From the moment it is open, nothing that is done to its name matters.
    """
    monkeypatch.setattr(reading, "BATCH_BYTES", 1)
    append(log, "".join(error(number) for number in range(20_000)))
    reader = Reader(log)
    batches = reader.source().read({})
    first = next(batches)
    rotate(log)
    os.unlink(f"{log}.1")
    append(log, error("new"))
    rest = list(batches)
    assert len(rest) >= 2
    reader.batches = [first, *rest]
    reader.known = {batch.checkpoint.key: batch.checkpoint for batch in reader.batches}
    assert reader.count() == 20_000
    reader.tick()
    assert reader.count() == 20_001


def test_t07_rotated_while_nobody_looked(log):
    reader = read_once(log, error("a"))
    append(log, error("b"))
    rotate(log)
    append(log, error("c"))
    after_a_restart = Reader(log)
    after_a_restart.known, after_a_restart.batches = reader.known, reader.batches
    after_a_restart.tick()
    after_a_restart.tick()
    assert (after_a_restart.count(), after_a_restart.lost()) == (3, 0)


def test_t08_rotated_twice_while_nobody_looked(log):
    reader = read_once(log, error("a"))
    for word in "bc":
        append(log, error(word))
        rotate(log)
    append(log, error("d"))
    assert [batch.path.removeprefix(str(log)) for batch in reader.tick()] == [".2", ".1", ""]
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (4, 0, [])


@pytest.mark.parametrize(
    ("ending", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_t09_rotated_and_packed_while_nobody_looked_is_unpacked_from_where_it_was_left(log, ending, compress):
    reader = read_once(log, error("a"))
    append(log, error("b"))
    rotate(log)
    pack(f"{log}.1", compress, ending)
    append(log, error("c"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (3, 0, [])


def test_t09_two_packed_generations_nobody_ever_saw_are_read_whole(log):
    reader = read_once(log, error("a"))
    for word in "bcd":
        append(log, error(word))
        if os.path.exists(f"{log}.1"):
            pack(f"{log}.1")
        rotate(log)
    append(log, error("e"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (5, 0, [])


def test_t09_while_it_is_being_packed_the_plain_file_is_read_and_nobody_is_told(log):
    reader = read_once(log, error("a"))
    append(log, error("b"))
    rotate(log)
    whole = gzip.compress((error("a") + error("b")).encode())
    log.with_name("app.log.1.gz").write_bytes(whole[:-20])
    reader.tick()
    log.with_name("app.log.1.gz").write_bytes(whole)
    os.unlink(f"{log}.1")
    append(log, error("c"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (3, 0, [])


def test_t10_copied_and_truncated_with_a_quiet_writer(log):
    reader = read_once(log, error("a"))
    append(log, error("b"))
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    append(log, error("c"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (3, 0, [])


def test_t11_what_was_seen_between_copy_and_truncation_and_not_counted_is_reported_to_the_byte(log):
    reader = read_once(log, error("a"))
    append(log, error("b"))
    shutil.copy(log, f"{log}.1")
    append(log, error("c") + "half a line")
    reader.tick()
    os.truncate(log, 0)
    append(log, error("d"))
    reader.tick()
    reader.tick()
    assert reader.count() == 4
    assert (reader.lost(), reader.notices()) == (len("half a line"), ["truncated"])


def test_t11_what_is_written_between_copy_and_truncation_unseen_is_all_that_is_lost(log):
    """Nobody but the writer ever saw these bytes: the loss is bounded by them, and no reader can put a figure to it."""
    reader = read_once(log, error("a"))
    append(log, error("b"))
    shutil.copy(log, f"{log}.1")
    append(log, error("unseen"))
    os.truncate(log, 0)
    append(log, error("d"))
    reader.tick()
    reader.tick()
    assert reader.count() == 3


def test_t11_a_tick_in_the_middle_of_the_copying_repeats_nothing(log):
    reader = read_once(log, "".join(error(number) for number in range(10)))
    append(log, error("b"))
    whole = log.read_bytes()
    copy = log.with_name("app.log.1")
    for done in (100, 500, len(whole)):
        copy.write_bytes(whole[:done])
        reader.tick()
    assert reader.count() == 11
    append(log, error("c"))
    copy.write_bytes(log.read_bytes())
    os.truncate(log, 0)
    append(log, error("d"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (13, 0, [])


def test_t05_a_generation_that_came_and_went_while_a_tick_was_reading_is_read_by_the_next(log):
    reader = read_once(log, error("a"))
    rotate(log)
    append(log, error("b"))
    batches = reader.source().read(dict(reader.known))
    append(f"{log}.1", error("late a"))
    os.utime(f"{log}.1", ns=(0, os.stat(log).st_mtime_ns + 1))  # as the clock may have it, or may not
    fresh = [next(batches)]
    rotate(log)
    append(log, error("c"))
    fresh += batches
    reader.batches += fresh
    reader.known |= {batch.checkpoint.key: batch.checkpoint for batch in fresh}
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (4, 0, [])


@pytest.mark.parametrize("name", ["app.log.1", "app.log.2.gz", "app.log-20261120", "app.log-20261120.gz"])
def test_a_generation_that_was_there_before_anything_was_read_is_left(log, name):
    older = log.with_name(name)
    older.write_bytes(gzip.compress(error("old").encode()) if name.endswith("gz") else error("old").encode())
    os.utime(older, ns=(0, 1))
    reader = read_once(log, error("a"))
    append(log, error("b"))
    reader.tick()
    rotate(log)
    append(log, error("c"))
    reader.tick()
    assert reader.count() == 3


def test_among_hundreds_of_generations_that_are_left_each_is_looked_at_a_few_times(log, monkeypatch):
    for number in range(1, 301):
        log.with_name(f"app.log.{number}").write_text(error("old"))
        os.utime(log.with_name(f"app.log.{number}"), ns=(0, number))
    reader = read_once(log, error("a"))
    looked, stat = [], rotation._stat
    monkeypatch.setattr(rotation, "_stat", lambda path: looked.append(path) or stat(path))
    append(log, error("b"))
    reader.tick()
    assert reader.count() == 2
    assert len(looked) < 10 * 300


@pytest.mark.parametrize("batches", [1, 2])
def test_t10_copied_and_truncated_while_it_is_read(log, monkeypatch, batches):
    monkeypatch.setattr(reading, "BATCH_BYTES", 1)
    append(log, "".join(error(number) for number in range(12_000)))
    reader = Reader(log)
    begun = reader.source().read({})
    for _ in range(batches):
        batch = next(begun)
        reader.batches.append(batch)
        reader.known[batch.checkpoint.key] = batch.checkpoint
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)
    append(log, error("new"))
    for batch in begun:
        reader.batches.append(batch)
        reader.known[batch.checkpoint.key] = batch.checkpoint
    reader.tick()
    reader.tick()
    assert reader.count() == 12_001
    assert reader.lost() == 0


def test_t10_copied_and_truncated_after_the_folder_was_listed_and_before_the_log_is_opened(log):
    reader = read_once(log, error("a"))
    rotate(log)
    append(log, error("b"))
    reader.tick()
    append(f"{log}.1", error("late a"))
    append(log, error("c"))
    reading = reader.source().read(dict(reader.known))
    fresh = [next(reading)]
    shutil.copy(log, f"{log}.0")
    os.truncate(log, 0)
    append(log, error("d"))
    fresh += reading
    reader.batches += fresh
    reader.known |= {batch.checkpoint.key: batch.checkpoint for batch in fresh}
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (5, 0, [])


def copy_and_truncate(log):
    """Do what logrotate's `copytruncate` does, when there is one generation already."""
    if os.path.exists(f"{log}.1"):
        os.rename(f"{log}.1", f"{log}.2")
    shutil.copy(log, f"{log}.1")
    os.truncate(log, 0)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 1)
    monkeypatch.setattr(opened, "CHUNK", 97)


def test_t10_copied_and_truncated_once_before_a_tick_and_once_more_while_it_reads(log, small_batches):
    """What the first copy was of stood in the log before; what was read of the log since is in the second copy."""
    reader = read_once(log, error("a"))
    copy_and_truncate(log)
    append(log, error("b") + error("c") + error("d"))
    reader.tick(after=3, meanwhile=lambda: copy_and_truncate(log))
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (4, 0, [])


def test_t10_an_unfinished_line_whose_copy_moved_on_while_a_tick_read_it_is_not_told_as_lost(log, small_batches):
    reader = read_once(log, error("a").rstrip())
    copy_and_truncate(log)
    append(log, "\tat shop.Late.f(Late.java:3)\n")
    reader.tick(after=1, meanwhile=lambda: copy_and_truncate(log))
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (1, 0, [])
