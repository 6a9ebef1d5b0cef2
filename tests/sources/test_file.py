"""A log is read whole and once: appended to, rotated, truncated, packed, in whatever order and between restarts."""

import gzip
import os
import shutil

import pytest

from aiops_agent.sources import opened, reading
from tests.sources.reader import Reader, error


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def test_a_file_is_read_once_and_then_what_is_appended(log):
    log.write_text(error("a"))
    reader = Reader(log)
    reader.tick()
    assert reader.tick() == []
    with log.open("a") as file:
        file.write(error("b") + error("c"))
    (batch,) = reader.tick()
    assert reader.count() == 3
    assert batch.read_bytes == len(error("b") + error("c"))
    assert batch.service == "shop.service"


def test_a_file_there_at_first_is_read_from_its_end(log):
    log.write_text(error("a") + "2026-11-22 10:00:01,000 ERROR half")
    reader = Reader(log, start="end", seen_before=False)
    reader.tick()
    with log.open("a") as file:
        file.write(" whole\n")
    reader.tick()
    assert reader.count() == 1


def test_a_file_that_appears_later_is_read_whole(tmp_path):
    reader = Reader(tmp_path / "*.log", start="end", seen_before=False)
    reader.tick()
    (tmp_path / "new.log").write_text(error("a"))
    reader.tick()
    assert reader.count() == 1


def test_a_missing_file_gives_nothing(tmp_path):
    assert Reader(tmp_path / "none.log").tick() == []


def test_t31_an_unfinished_line_counts_when_its_newline_comes(log):
    log.write_text(error("a")[:-5])
    reader = Reader(log)
    reader.tick()
    assert reader.count() == 0
    log.write_text(error("a"))
    reader.tick()
    assert reader.count() == 1


def test_t30_an_unfinished_line_counts_once_its_file_is_rotated_away(log):
    log.write_text(error("a")[:-1])
    reader = Reader(log)
    reader.tick()
    log.rename(f"{log}.1")
    log.write_text("")
    reader.tick()
    reader.tick()
    assert reader.count() == 1


def test_generations_never_seen_are_read_whole_and_older_ones_left_alone(log):
    old = log.with_name("app.log.9")
    old.write_text(error("old"))
    os.utime(old, (1, 1))
    log.write_text(error("a"))
    reader = Reader(log)
    reader.tick()
    log.rename(f"{log}.2")
    log.with_name("app.log.1").write_text(error("b"))
    log.write_text(error("c"))
    assert [batch.path.rpartition("/")[2] for batch in reader.tick()][-1] == "app.log"
    reader.tick()
    assert reader.count() == 3


def test_a_packed_generation_is_read_from_where_the_plain_one_was_left(log):
    log.write_text(error("a"))
    reader = Reader(log)
    reader.tick()
    whole = error("a") + error("b")
    log.with_name("app.log.1.gz").write_bytes(gzip.compress(whole.encode()))
    log.unlink()
    log.write_text(error("c"))
    reader.tick()
    reader.tick()
    assert reader.count() == 3


def test_a_copy_finishes_a_truncated_file(log):
    log.write_text(error("a"))
    reader = Reader(log)
    reader.tick()
    with log.open("a") as file:
        file.write(error("b"))
    shutil.copy(log, f"{log}.1")
    log.write_text(error("c"))
    reader.tick()
    reader.tick()
    assert reader.count() == 3
    assert reader.notices() == []


def test_t13_a_file_truncated_and_grown_beyond_its_offset_is_read_anew(log):
    log.write_text(error("a"))
    reader = Reader(log)
    reader.tick()
    log.write_text(error("bbbb") + error("cccc"))
    reader.tick()
    assert reader.count() == 3


def test_what_truncation_took_is_stated(log):
    log.write_text(error("a") + "unfinished")
    reader = Reader(log)
    reader.tick()
    log.write_text("")
    (batch,) = reader.tick()
    assert batch.lost_bytes == len("unfinished")
    assert reader.notices() == ["truncated"]


def test_t29_another_file_with_the_same_first_kilobytes_is_kept_apart(tmp_path):
    banner = "2026-11-22 10:00:00,123 INFO  banner\n" * 100
    (tmp_path / "a.log").write_text(banner + error("a"))
    (tmp_path / "b.log").write_text(banner + error("b"))
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    assert reader.count() == 2


def test_t19_a_hard_link_is_read_once(tmp_path):
    (tmp_path / "a.log").write_text(error("a"))
    os.link(tmp_path / "a.log", tmp_path / "b.log")
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    assert reader.count() == 1


def test_t22_a_link_out_of_the_folder_is_refused_once(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(error("a"))
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "app.log").symlink_to(secret)
    reader = Reader(folder / "*.log")
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.notices()) == (0, ["refused"])


def test_t22_a_folder_that_is_a_link_out_of_what_the_pattern_fixes_is_refused(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "app.log").write_text(error("a"))
    (tmp_path / "srv").mkdir()
    (tmp_path / "srv" / "shop").symlink_to(elsewhere)
    reader = Reader(tmp_path / "srv" / "*" / "*.log")
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.notices()) == (0, ["refused"])


def test_a_link_within_the_folder_is_followed(tmp_path):
    (tmp_path / "app-1.txt").write_text(error("a"))
    (tmp_path / "app.log").symlink_to("app-1.txt")
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    assert reader.count() == 1


def test_t24_what_is_no_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "fifo.log")
    (tmp_path / "folder.log").mkdir()
    (tmp_path / "dangling.log").symlink_to("nowhere")
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    reader.tick()
    assert reader.notices() == ["refused", "refused"]


def test_a_damaged_packed_file_does_not_stop_the_others(log):
    log.write_text(error("a"))
    reader = Reader(log)
    reader.tick()
    log.with_name("app.log.1.gz").write_bytes(gzip.compress(error("b").encode())[:-9])
    log.unlink()
    log.write_text(error("c"))
    reader.tick()
    assert (reader.count(), reader.notices()) == (2, ["unreadable"])


def test_every_folder_a_pattern_leads_through_is_searched(tmp_path):
    for name in ("a", "b/c"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "app.log").write_text(error(name))
    reader = Reader(tmp_path / "**" / "*.log")
    reader.tick()
    assert reader.count() == 2


def test_a_cut_between_batches_loses_and_repeats_nothing(log, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 1)
    monkeypatch.setattr(opened, "CHUNK", 65_536)
    record = error("{}") + "java.io.IOException: x\n\tat shop.A.f(A.java:3)\n" * 3
    log.write_text("".join(record.format(n) for n in range(1_500)))
    reader = Reader(log)
    while reader.tick(crash_after=1):
        pass
    whole = Reader(log)
    whole.tick()
    assert reader.count() == whole.count() > 0
    assert len(reader.batches) > 2


def test_a_cut_among_the_lines_of_writers_that_share_a_file_repeats_nothing(log, monkeypatch):
    monkeypatch.setattr(reading, "BATCH_BYTES", 1)
    monkeypatch.setattr(opened, "CHUNK", 4_096)
    trace = ["Traceback (most recent call last):", '  File "a.py", line 1, in run', "ValueError: no till", "done"]
    one, other = ([f"Nov 22 10:01:02 web01 {name}: {line}\n" for line in trace] for name in ("shop[7]", "mail[8]"))
    braid = "".join([one[0], other[0], *one[1:], *other[1:]])
    log.write_text("".join(f"{braid}Nov 22 10:01:03 web01 cron[9]: {'-' * (turn % 50)}\n" for turn in range(400)))
    reader = Reader(log)
    while reader.tick(crash_after=1):
        pass
    assert reader.count() == 800
    assert len(reader.batches) > 10


def test_how_records_begin_is_learnt_from_the_beginning_of_the_file_also_when_reading_on(log):
    def line(number, said):
        return f"20261122-1001{number:02}.001|{said}\n"

    log.write_text("".join(line(number, "INFO|shop|order shipped") for number in range(20)))
    reader = Reader(log)
    reader.tick()
    with log.open("a") as file:
        file.write(line(20, "ERROR|shop|order failed") + "java.io.IOException: x\n\tat shop.A.f(A.java:3)\n")
        file.write(line(21, "ERROR|shop|order failed") + line(22, "INFO|shop|order shipped"))
    reader.tick()
    texts = [sighting.text for batch in reader.batches for sighting in batch.sightings]
    assert reader.count() == 2
    assert not any("order shipped" in text for text in texts)
