"""The tail matrix, which file is which: T12 to T29. Whatever was done to names, links and inodes, each record once."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from aiops_agent.sources.opened import RefusedError, opened
from aiops_agent.sources.paths import allowed_target
from tests.sources.reader import Reader, append, error

BANNER = "2026-11-22 10:00:00,123 INFO  [main] shop.Orders - begins\n"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def read_once(log, *texts):
    for text in texts:
        append(log, text)
    reader = Reader(log)
    reader.tick()
    return reader


def test_t12_truncated_while_nobody_looked_and_grown_again_to_less(log):
    reader = read_once(log, error("a") + error("b") + error("c"))
    log.write_text(error("d"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (4, 0, ["truncated"])


@pytest.mark.parametrize("more", [0, 1, 50])
def test_t13_truncated_while_nobody_looked_and_grown_again_to_as_much_or_more(log, more):
    reader = read_once(log, error("a"))
    log.write_text(error("b") + error("c") * more)
    reader.tick()
    reader.tick()
    assert reader.count() == 2 + more


def test_t14_truncated_and_written_anew_with_the_same_first_kilobytes(log):
    reader = read_once(log, BANNER * 40 + error("a") * 3)
    log.write_text(BANNER * 40 + error("b") + BANNER * 40)
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost()) == (4, 0)


def test_t15_truncated_in_the_middle_is_read_again_and_says_how_much_may_count_twice(log):
    """What is left looks like what was written anew with the same beginning: losing is worse than repeating."""
    reader = read_once(log, error("aa") * 30 + "half a line")
    os.truncate(log, len(error("aa")) * 20)
    append(log, error("new"))
    reader.tick()
    reader.tick()
    assert reader.count() == 30 + 1 + 20, "nothing lost; repeated is what is left, and no more"
    assert (reader.lost(), reader.notices()) == (len("half a line"), ["truncated"])
    [notice] = [notice for batch in reader.batches for notice in batch.notices]
    assert f"up to {log.stat().st_size} bytes may count twice" in notice.detail


@pytest.mark.parametrize("name", ["app.log", "app.log.1", "other.log"])
def test_t16_t17_a_new_file_that_was_given_the_inode_of_a_deleted_one_is_read_whole(tmp_path, log, name):
    append(log, error("a") * 2)
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    [at] = reader.known.values()
    log.unlink()
    log.with_name(name).write_text(error("b") * 4)
    given = os.stat(log.with_name(name)).st_ino
    if given != at.inode:  # not every file system gives it away at once: what was known is as if it had
        moved = replace(at, inode=given)
        reader.known = {moved.key: moved}
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost()) == (6, 0)


@pytest.mark.parametrize("turns", [1, 3])
def test_t17_a_log_that_was_given_the_inode_of_its_oldest_generation_is_not_called_truncated(tmp_path, log, turns):
    """All of that one was read while it was the log, and nothing of it under the name it was deleted by."""
    reader = read_once(log, error("a") * 9)
    for turn in range(turns):
        for number in range(turn, 0, -1):
            os.rename(f"{log}.{number}", f"{log}.{number + 1}")
        os.rename(log, f"{log}.1")
        append(log, error("b"))
        reader.tick()
    oldest = f"{log}.{turns}"
    given = os.stat(oldest).st_ino
    os.rename(log, tmp_path / "app.log.0")
    os.truncate(oldest, 0)
    os.rename(oldest, log)  # the same inode on every file system, and nothing in it
    append(log, error("c"))
    reader.tick()
    assert os.stat(log).st_ino == given
    assert (reader.count(), reader.lost(), reader.notices()) == (9 + turns + 1, 0, [])


def test_t19_a_hard_link_beside_the_log_and_one_under_a_second_pattern_are_read_once(tmp_path):
    log = tmp_path / "a" / "app.log"
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    append(log, error("a"))
    os.link(log, f"{log}.1")
    os.link(log, tmp_path / "b" / "app.log")
    reader = Reader(tmp_path / "a" / "*.log", tmp_path / "b" / "*.log")
    reader.tick()
    append(log, error("b"))
    reader.tick()
    append(log, "2026-11-22 10:00:00,123 ERROR [main] shop.Orders - unfinished")
    reader.tick()
    append(log, " no more\n")
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (3, 0, [])


def test_t20_a_link_switched_to_a_new_file_leaves_the_old_one_to_be_drained(tmp_path):
    link = tmp_path / "current.log"
    append(tmp_path / "run-1.txt", error("a"))
    link.symlink_to("run-1.txt")
    reader = Reader(link)
    reader.tick()
    append(tmp_path / "run-1.txt", error("b"))
    append(tmp_path / "run-2.txt", error("c"))
    (tmp_path / "next").symlink_to("run-2.txt")
    os.rename(tmp_path / "next", link)
    reader.tick()
    append(tmp_path / "run-1.txt", error("late"))
    append(tmp_path / "run-2.txt", error("d"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (5, 0, [])


def test_t21_a_link_that_leads_nowhere_is_read_once_it_leads_somewhere(tmp_path):
    (tmp_path / "app.log").symlink_to("later.txt")
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    assert (reader.count(), reader.notices()) == (0, [])
    append(tmp_path / "later.txt", error("a"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.notices()) == (1, [])


SWAPPER = """
import os, sys
place, go, link, aside = sys.argv[1:]
swaps = 0
print("ready", flush=True)
while os.path.exists(go):
    os.rename(place, aside); os.rename(link, place); os.rename(place, link); os.rename(aside, place)
    swaps += 2
print(swaps)
"""


@pytest.mark.parametrize("swapped", ["app.log", pytest.param(".", marks=pytest.mark.slow)])
def test_t23_a_link_swapped_in_ten_thousand_times_never_leads_outside(tmp_path, swapped):
    logs, outside = tmp_path / "root" / "logs", tmp_path / "outside"
    for folder in (logs, outside):
        folder.mkdir(parents=True)
    append(logs / "app.log", "inside\n")
    append(outside / "app.log", "secret\n")
    place = (logs / swapped).resolve()
    link = tmp_path / "root" / "link"
    link.symlink_to(outside if swapped == "." else outside / "app.log")
    go = tmp_path / "go"
    go.touch()
    argv = [sys.executable, "-c", SWAPPER, str(place), str(go), str(link), str(tmp_path / "root" / "aside")]
    read, refused = [], 0
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as swapper:
        swapper.stdout.readline()
        try:
            while len(read) + refused < 10_000:
                try:
                    target = allowed_target(str(logs / "app.log"), (f"{tmp_path}/root/*/*.log",))
                    with opened(target) as file:
                        read.append(b"".join(file.pieces(0)))
                except (RefusedError, FileNotFoundError):
                    refused += 1
        finally:
            go.unlink()
        swaps = int(swapper.stdout.read())
    assert set(read) == {b"inside\n"}
    assert refused > 100
    assert swaps > 10_000


def test_t26_a_file_in_a_folder_that_did_not_exist_is_read_from_its_beginning(tmp_path):
    reader = Reader(tmp_path / "*" / "app.log", start="end", seen_before=False)
    reader.tick()
    (tmp_path / "new").mkdir()
    append(tmp_path / "new" / "app.log", error("a") * 2)
    reader.tick()
    reader.tick()
    assert reader.count() == 2


@pytest.mark.slow
def test_t27_ten_thousand_files_are_read_with_a_handful_of_descriptors(tmp_path):
    for number in range(10_000):
        (tmp_path / f"{number}.log").write_text(error(number))
    reader = Reader(tmp_path / "*.log")
    before, most = len(os.listdir("/proc/self/fd")), 0
    for batch in reader.source().read({}):
        reader.known[batch.checkpoint.key] = batch.checkpoint
        reader.batches.append(batch)
        most = max(most, len(os.listdir("/proc/self/fd")))
    assert reader.count() == 10_000
    assert most - before < 8
    append(tmp_path / "77.log", error("again"))
    assert [batch.path for batch in reader.tick()] == [str(tmp_path / "77.log")]
    assert reader.count() == 10_001


@pytest.mark.parametrize("text", ["ERROR: bad\n", "ERROR: worse than what came before it\n"])
def test_t28_a_file_of_one_short_line_is_read_and_read_on(log, text):
    reader = read_once(log, text)
    append(log, text)
    reader.tick()
    assert reader.count() == 2


def test_t29_two_logs_that_share_their_first_kilobytes_stay_apart_through_rotation(tmp_path):
    for name in ("a.log", "b.log"):
        append(tmp_path / name, BANNER * 80 + error(name))
    reader = Reader(tmp_path / "*.log")
    reader.tick()
    for name in ("a.log", "b.log"):
        os.rename(tmp_path / name, tmp_path / f"{name}.1")
        append(tmp_path / name, BANNER * 80 + error(f"new {name}"))
    reader.tick()
    reader.tick()
    assert (reader.count(), reader.lost(), reader.notices()) == (4, 0, [])
