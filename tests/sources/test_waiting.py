"""An unfinished line waits for its end, but not for ever: its writer may have been cut off in the middle of it."""

import os
from datetime import UTC, datetime

import pytest

from aiops_agent.sources import quiet
from aiops_agent.sources.quiet import LONGEST_WAIT
from tests.sources.reader import Reader, error

CHANGED = 1_795_000_000.0


@pytest.fixture
def log(tmp_path):
    return tmp_path / "app.log"


def written(log, text):
    log.write_text(text)
    os.utime(log, (CHANGED, CHANGED))


def test_an_unfinished_line_counts_once_its_file_was_left_alone_long_enough(log):
    written(log, error("a") + error("b").rstrip("\n"))
    reader = Reader(log, now=CHANGED + LONGEST_WAIT - 1)
    reader.tick()
    assert reader.count() == 1
    reader.now = CHANGED + LONGEST_WAIT
    reader.tick()
    assert reader.count() == 2
    assert reader.tick() == []


def test_its_end_and_what_follows_are_no_second_record(log):
    written(log, error("b").rstrip("\n"))
    reader = Reader(log, now=CHANGED + LONGEST_WAIT)
    reader.tick()
    written(log, error("b") + "\tat shop.Orders.ship(Orders.java:7)\n" + error("c"))
    reader.tick()
    assert reader.count() == 2


def test_a_line_whose_error_comes_with_its_end_counts_then(log):
    begun = "2026-11-22 10:00:00,123 order 7: "
    written(log, begun)
    reader = Reader(log, now=CHANGED + LONGEST_WAIT)
    reader.tick()
    assert reader.count() == 0
    written(log, begun + "java.lang.IllegalStateException: no stock\n\tat shop.A.b(A.java:1)\n")
    reader.tick()
    assert reader.count() == 1


@pytest.mark.parametrize(("text", "due"), [(error("a").rstrip("\n"), True), (error("a"), False)])
def test_the_quiet_tick_ends_when_the_waiting_does(tmp_path, log, text, due):
    written(log, text)
    reader = Reader(log, now=CHANGED + 1)
    reader.tick()
    config = tmp_path / "config.yaml"
    config.write_text(f"state_dir: {tmp_path}\n")
    os.utime(config, (1, 1))
    soon = os.stat(config).st_ctime + 10  # its time of change cannot be set back: the tick is later
    changed = soon - 5
    os.utime(log, (changed, changed))
    reader.now = soon
    reader.tick()
    files = list(reader.known.values())
    quiet.save(config, tmp_path, [], files, None, now=datetime.fromtimestamp(soon, UTC))
    assert quiet.check(str(config), changed + LONGEST_WAIT - 1) is not None
    assert (quiet.check(str(config), changed + LONGEST_WAIT + 1) is None) is due
