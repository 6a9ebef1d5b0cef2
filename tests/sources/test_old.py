"""Old logs in slices of their time: the same records as in one piece, each in its slice."""

import gzip
import os
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.times import Stamps
from aiops_agent.sources.moments import Moments
from aiops_agent.sources.old import OldLog, generations
from aiops_agent.sources.opened import opened
from tests.sources.reader import Reader

START = datetime(2026, 11, 20, tzinfo=UTC)
CHANGED = START + timedelta(days=1)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def readers(changed, is_ahead):
    return Stamps(changed, lambda time: time.replace(tzinfo=UTC), is_ahead=is_ahead)


def written(path, text, changed=CHANGED):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (changed.timestamp(), changed.timestamp()))
    return str(path)


def old(*paths, **wanted):
    return OldLog(paths, None, Assembly(), readers, **wanted)


def at(time):
    return f"{time:%Y-%m-%d %H:%M:%S},000"


def trace(time, word):
    head = f"{at(time)} ERROR shop: order failed\nTraceback (most recent call last):\n"
    return f'{head}  File "shop.py", line 1, in {word}\nValueError: {word}\n'


def in_slices(log, every=MINUTE):
    """The records of a log by the end of the slice they were found in."""
    found = {}
    while time := log.next():
        tick = START + ((time - START) // every + 1) * every
        for batch in log.read(tick):
            for sighting in batch.sightings:
                found.setdefault(tick, Counter())[sighting.fingerprint] += sighting.count
    return found


LINES = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.sampled_from(["fine", "fine", "fine", "trace a", "trace b", "warn", "no time", "long"]),
    ),
    max_size=60,
)


def line(time, kind):
    match kind.split():
        case ["trace", word]:
            return trace(time, word)
        case ["warn"]:
            return f"{at(time)} ERROR shop: disk full\n"
        case ["no", "time"]:
            return "    and so on\n"
        case ["long"]:
            return f"{at(time)} INFO shop: {'x' * 5_000}\n" * 5
        case _:
            return f"{at(time)} INFO shop: fine\n"


@given(LINES)
@settings(max_examples=25, deadline=None)
def test_slices_hold_the_records_of_the_whole_each_in_its_time(tmp_path_factory, steps):
    folder = tmp_path_factory.mktemp("old")
    time, text, expected = START, "", Counter()
    for ahead, kind in steps:
        time += ahead * SECOND
        text += line(time, kind)
        if kind.startswith(("trace", "warn")):
            expected[START + ((time - START) // MINUTE + 1) * MINUTE] += 1
    path = written(folder / "shop.log", text)
    found = in_slices(old(path))
    assert {tick: sum(counts.values()) for tick, counts in found.items()} == expected
    reader = Reader(path)
    reader.tick()
    whole = Counter()
    for batch in reader.batches:
        for sighting in batch.sightings:
            whole[sighting.fingerprint] += sighting.count
    assert sum(found.values(), Counter()) == whole


def test_every_byte_is_accounted_for_once(tmp_path):
    text = "".join(line(START + number * MINUTE, "warn" if number % 40 == 0 else "fine") for number in range(1_000))
    log = old(written(tmp_path / "shop.log", text, START + timedelta(days=9)))
    found = in_slices(log)
    assert log.bytes == len(text)
    assert sum(sum(counts.values()) for counts in found.values()) == 25
    assert (log.begins, log.ends) == (START, START + 999 * MINUTE)


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 61, 4_000, 9_999, 20_000])
def test_the_place_of_a_time_is_the_first_line_of_it(tmp_path, seconds):
    lines = [line(START + number * SECOND, "trace a" if number % 3 else "fine") for number in range(10_000)]
    path = written(tmp_path / "shop.log", "".join(lines))
    with opened(path) as file:
        place = Moments(file, readers(CHANGED, False)).place_of(START + seconds * SECOND, 0)
    assert place == len("".join(lines[:seconds]))


def test_a_record_that_ends_the_log_is_found_although_no_line_behind_its_head_has_a_time(tmp_path):
    text = line(START, "fine") * 13 + trace(START, "a") * 3 + trace(START + MINUTE, "a")
    found = in_slices(old(written(tmp_path / "shop.log", text)))
    assert {tick: sum(counts.values()) for tick, counts in found.items()} == {START + MINUTE: 3, START + 2 * MINUTE: 1}


def test_a_time_is_found_behind_lines_that_have_none(tmp_path):
    text = line(START, "fine") + "  no time\n" * 20_000 + line(START + MINUTE, "warn")
    assert in_slices(old(written(tmp_path / "shop.log", text))) == {
        START + 2 * MINUTE: Counter(dict.fromkeys(in_slices(old(str(tmp_path / "shop.log")))[START + 2 * MINUTE], 1))
    }


def test_what_is_packed_is_read_like_the_rest(tmp_path):
    packed = written(tmp_path / "shop.log.2.gz", gzip.compress(trace(START, "a").encode()))
    plain = written(tmp_path / "shop.log.1", trace(START + MINUTE, "a"))
    log = old(packed, plain)
    assert list(in_slices(log)) == [START + MINUTE, START + 2 * MINUTE]
    assert log.files == [packed, plain]


def test_generations_are_ordered_by_their_names(tmp_path):
    names = ["a.log", "a.log.1", "a.log.2.gz", "a.log.10", "b.log-20261122", "b.log-20261120.gz", "b.log"]
    paths = [written(tmp_path / name, "x\n", CHANGED - number * MINUTE) for number, name in enumerate(names)]
    written(tmp_path / "a.log.10.gz", "packed while it is still there")
    found = generations([*paths, str(tmp_path / "a.log.10.gz"), paths[0]])
    assert [(os.path.basename(live), [os.path.basename(path) for path in of]) for live, of in found] == [
        ("a.log", ["a.log.10", "a.log.2.gz", "a.log.1", "a.log"]),
        ("b.log", ["b.log-20261120.gz", "b.log-20261122", "b.log"]),
    ]


def test_what_cannot_be_read_is_left_out_with_the_reason(tmp_path):
    good = written(tmp_path / "good.log.1", trace(START, "a"))
    bomb = written(tmp_path / "good.log.2.gz", b"no gzip at all")
    binary = written(tmp_path / "good.log.3", b"\0\1\2" * 100)
    log = old(str(tmp_path / "gone.log"), binary, bomb, good)
    assert len(in_slices(log)) == 1
    assert [path for path, _ in log.left_out] == [str(tmp_path / "gone.log"), binary, bomb]
    assert log.files == [good]


def test_a_log_that_says_it_is_from_the_future_as_a_whole_is_believed(tmp_path):
    path = written(tmp_path / "shop.log", trace(START + timedelta(days=90), "a"), CHANGED)
    assert list(in_slices(old(path))) == [START + timedelta(days=90) + MINUTE]


@pytest.mark.parametrize("seconds", [-86_400, 0, 10**12])
def test_a_file_whose_time_of_change_is_none_is_read(tmp_path, seconds):
    path = written(tmp_path / "shop.log", trace(START, "a") + "Feb 29 03:00:00 web-1 shop: fine\n")
    os.utime(path, (seconds, seconds))
    assert sum(sum(counts.values()) for counts in in_slices(old(path)).values()) == 1


def test_a_last_line_without_a_newline_counts(tmp_path):
    path = written(tmp_path / "shop.log", f"{at(START)} ERROR shop: disk full")
    assert sum(in_slices(old(path))[START + MINUTE].values()) == 1


def test_utf_16_is_read(tmp_path):
    path = written(
        tmp_path / "shop.log", ("\ufeff" + trace(START, "a") + line(START + MINUTE, "warn")).encode("utf-16-le")
    )
    log = old(path)
    assert list(in_slices(log)) == [START + MINUTE, START + 2 * MINUTE]


def test_a_hole_in_a_file_is_passed_over(tmp_path):
    path = tmp_path / "shop.log"
    with path.open("wb") as file:
        file.write(trace(START, "a").encode())
        file.seek(50_000_000)
        file.write(f"\n{trace(START + MINUTE, 'b')}".encode())
    os.utime(path, (CHANGED.timestamp(),) * 2)
    assert sum(sum(counts.values()) for counts in in_slices(old(str(path))).values()) == 2
