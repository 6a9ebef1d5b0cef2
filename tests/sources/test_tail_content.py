"""The tail matrix, what is in the file: T30 to T36, and packed files that are bombs or damaged."""

import bz2
import gzip
import lzma
import os
import time
import zlib

import pytest

from aiops_agent.sources import packed
from tests.sources.reader import Reader, append, error, pack

GIGABYTE = 1 << 30


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def test_t30_a_last_line_without_newline_is_delivered_once_when_its_file_is_packed(log):
    append(log, error("a") + error("b")[:-1])
    reader = Reader(log)
    reader.tick()
    os.rename(log, f"{log}.1")
    append(log, error("c"))
    reader.tick()
    pack(f"{log}.1")
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (3, 0, [])


@pytest.mark.parametrize("cut", range(0, 70, 7))
def test_t31_a_line_whose_rest_arrives_after_a_restart_is_one_whole_line(log, cut):
    append(log, error("a")[:cut])
    before = Reader(log)
    before.tick()
    append(log, error("a")[cut:])
    after = Reader(log)
    after.known = before.known
    after.tick()
    after.tick()
    [sighting] = [sighting for batch in after.batches for sighting in batch.sightings if sighting.count]
    assert (sighting.count, sighting.text) == (1, error("a").strip())
    assert before.count() == 0


@pytest.mark.slow
def test_t33_a_gigabyte_of_nuls_is_passed_within_two_seconds_and_costs_nothing_afterwards(log):
    append(log, error("a"))
    nuls = bytes(1 << 22)
    with log.open("ab") as file:
        for _ in range(GIGABYTE >> 22):
            file.write(nuls)
    append(log, "\n" + error("b"))
    reader = Reader(log)
    began = time.process_time()
    reader.tick()
    assert time.process_time() - began < 2
    assert (reader.count(), reader.notices()) == (2, ["binary"])
    assert reader.tick() == []


@pytest.mark.parametrize("size", [GIGABYTE, 1 << 40])
def test_t34_a_hole_is_skipped_not_read_whatever_its_size(log, size):
    append(log, error("a"))
    os.truncate(log, size)
    append(log, error("b") + error("c"))
    reader = Reader(log)
    began = time.process_time()
    reader.tick()
    assert time.process_time() - began < 1
    assert (reader.count(), reader.notices()) == (3, ["binary"])
    append(log, error("d"))
    reader.tick()
    assert reader.count() == 4


def test_t34_a_writer_that_goes_on_at_its_old_place_after_the_truncation_leaves_a_hole_that_is_skipped(log):
    with log.open("w") as writer:  # not for appending: the kernel does not move it back to the new end
        writer.write(error("a") * 200)
        writer.flush()
        reader = Reader(log)
        reader.tick()
        log.with_name("app.log.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        writer.write(error("b"))
        writer.flush()
        reader.tick()
        writer.write(error("c"))
        writer.flush()
        reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (202, 0, ["binary", "binary"])


RAW = b"2026-11-22 10:00:00,123 ERROR [main] shop.Orders - order caf\xe9 \xff\xfe failed"
TEXT = "2026-11-22 10:00:00,123 ERROR [main] shop.Orders - order failed"


@pytest.mark.parametrize(
    ("content", "count", "notices"),
    [
        (RAW + b"\n" + RAW + b"\n", 2, []),
        (("\ufeff" + f"{TEXT}\n" * 2).encode(), 2, []),
        (f"{TEXT}\r\n{TEXT}\r\n".encode(), 2, []),
        (f"{TEXT} at 10 %\rat 20 %\rat 30 %\n{TEXT}\n".encode(), 2, []),
        (f"{TEXT}\u2028\u2029\x0b\x0c\x85 of it\n{TEXT}\n".encode(), 2, []),
        (("\ufeff" + f"{TEXT}\r\n" * 2).encode("utf-16-le"), 2, ["encoding"]),
        (("\ufeff" + f"{TEXT}: 磁盘已满 \U0001f4a5\n" * 2).encode("utf-16-be"), 2, ["encoding"]),
    ],
    ids=["not-utf-8", "mark", "crlf", "lone-cr", "unicode-line-ends", "utf-16-le", "utf-16-be"],
)
def test_t35_lines_are_kept_whatever_their_encoding_and_places_are_exact_wherever_it_is_cut(
    log, content, count, notices
):
    whole = Reader(log)
    append(log, content)
    whole.tick()
    assert (whole.count(), whole.notices()) == (count, notices)
    log.unlink()
    log.touch()
    pieces = Reader(log)
    for start in range(0, len(content), 29):
        append(log, content[start : start + 29])
        pieces.tick()
    assert (pieces.count(), pieces.notices(), pieces.lost()) == (count, notices, 0)
    assert {s.fingerprint for batch in pieces.batches for s in batch.sightings} == {
        s.fingerprint for batch in whole.batches for s in batch.sightings
    }


@pytest.mark.parametrize("rest", ["\tat shop.B.g(B.java:4)\n", "\tat shop.B.g(B.java:4)\n\tat shop.C.h(C.java:5)\n"])
def test_t36_a_trace_whose_frames_go_on_behind_the_rotation_is_one_event(log, rest):
    head = error("a") + "java.io.IOException: broken pipe\n\tat shop.A.f(A.java:3)\n"
    append(log, head)
    reader = Reader(log)
    reader.tick()
    os.rename(log, f"{log}.1")
    append(log, rest + error("b"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost()) == (2, 0)


def known_log(log):
    append(log, error("a"))
    reader = Reader(log)
    reader.tick()
    return reader


def rotated_away(log, content, ending):
    os.rename(log, f"{log}.1")
    append(log, error("c"))
    log.with_name(f"app.log.1{ending}").write_bytes(content)
    os.unlink(f"{log}.1")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ending", "compress"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)]
)
def test_f05_a_bomb_is_refused_once_within_bounds_and_the_next_lines_are_read(log, ending, compress):
    reader = known_log(log)
    rotated_away(log, compress(bytes(300 << 20)), ending)
    began = time.process_time()
    reader.tick()
    assert time.process_time() - began < 10
    append(log, error("d"))
    began = time.process_time()
    reader.tick()
    assert time.process_time() - began < 0.5, "it is not unpacked again"
    assert (reader.count(), reader.notices()) == (3, ["refused"])


@pytest.mark.parametrize(
    ("ending", "content"),
    [
        (".gz", gzip.compress(error("b").encode() * 50)[:-9]),
        (".gz", b"no gzip at all"),
        (".gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + zlib.compress(b"x")),
        (".bz2", bz2.compress(error("b").encode() * 50)[:-9]),
        (".xz", lzma.compress(error("b").encode() * 50)[:-9]),
        (".xz", b"\xfd7zXZ\x00 no more"),
        (".zst", b"\x28\xb5\x2f\xfd"),
    ],
)
def test_f05_a_damaged_packed_file_is_told_once_and_looked_at_again_when_it_is_changed(log, ending, content):
    reader = known_log(log)
    rotated_away(log, content, ending)
    reader.tick()
    append(log, error("d"))
    reader.tick()
    assert (reader.count(), reader.notices()) == (3, ["unreadable"])
    if ending == ".gz":
        log.with_name("app.log.1.gz").write_bytes(gzip.compress((error("a") + error("b")).encode()))
        reader.tick()
        reader.tick()
        assert (reader.count(), reader.notices()) == (4, ["unreadable"])


def test_f05_a_file_packed_twice_is_no_text_and_said_so_once(log):
    reader = known_log(log)
    rotated_away(log, gzip.compress(gzip.compress(os.urandom(1 << 16))), ".gz")
    reader.tick()
    append(log, error("d"))
    reader.tick()
    assert (reader.count(), reader.notices()) == (3, ["binary"])


def test_f05_a_log_read_in_part_before_it_was_packed_may_unpack_to_more(log, monkeypatch):
    monkeypatch.setattr(packed, "HARMLESS", 1 << 12)
    monkeypatch.setattr(packed, "MOST_RATIO", 2)
    reader = known_log(log)
    rotated_away(log, gzip.compress((error("a") + error("b") * 1_000).encode()), ".gz")
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.notices()) == (1_002, [])


def test_t36_a_trace_whose_cause_stands_behind_the_rotation_is_one_event(log):
    append(log, error("a") + "java.io.IOException: broken pipe\n\tat shop.A.f(A.java:3)\n")
    reader = Reader(log)
    os.rename(log, f"{log}.1")
    append(
        log, "Caused by: java.net.SocketException: reset by peer\n\tat shop.B.g(B.java:4)\n\t... 3 more\n" + error("b")
    )
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost()) == (2, 0)
