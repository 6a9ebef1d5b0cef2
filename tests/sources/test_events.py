"""File events wake; what they do not tell of, the next look at the files does."""

import fcntl
import os
import resource
import shutil
import subprocess
import sys
import termios
import threading
import time
from array import array
from pathlib import Path

import pytest

from aiops_agent.sources.events import FileEvents

CHECKOUT = Path(__file__).resolve().parents[2]
EVENT_BYTES = 16


@pytest.fixture
def signals():
    ends = os.pipe2(os.O_NONBLOCK)
    yield ends
    for end in ends:
        os.close(end)


@pytest.fixture
def events(signals):
    with FileEvents(signals[0]) as watching:
        yield watching


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "app.log"
    path.write_text("first\n")
    return path


def append(path):
    with path.open("a") as file:
        file.write("more\n")


def create_beside(path):
    (path.parent / "new.log").write_text("")


def rename_away(path):
    path.rename(path.with_name("app.log.1"))


HAPPENINGS = {"an append": append, "a new file": create_beside, "a rename": rename_away, "a removal": Path.unlink}


@pytest.mark.parametrize("happening", HAPPENINGS.values(), ids=HAPPENINGS.keys())
def test_what_happens_to_a_log_or_its_folder_wakes(events, log, happening):
    events.follow([str(log.parent), str(log)])
    happening(log)
    assert events.wait(0, 5)
    assert events.trouble is None


def test_nothing_happening_lets_it_sleep_to_the_end(events, log):
    events.follow([str(log.parent), str(log)])
    began = time.monotonic()
    assert not events.wait(0, 0.05)
    assert time.monotonic() - began >= 0.05


def test_a_file_in_the_folder_that_is_not_followed_wakes_nobody_when_it_grows(events, log):
    other = log.with_name("other.txt")
    other.write_text("")
    events.follow([str(log.parent), str(log)])
    append(other)
    assert not events.wait(0, 0.05)


def test_what_happens_before_the_sleep_ends_it(events, log):
    events.follow([str(log)])
    append(log)
    assert events.wait(0, 5)
    assert not events.wait(0, 0.01), "it is said once"


def test_the_least_time_is_slept_whatever_happens(events, log):
    events.follow([str(log)])
    append(log)
    began = time.monotonic()
    assert events.wait(0.05, 5)
    assert 0.05 <= time.monotonic() - began < 4


def test_a_file_made_anew_under_the_same_name_is_followed(events, log):
    events.follow([str(log)])
    rename_away(log)
    log.write_text("")
    events.follow([str(log)])
    events.wait(0, 0.01)
    append(log)
    assert events.wait(0, 5)


def test_a_file_made_anew_is_followed_although_it_got_the_inode_of_the_old_one(events, log):
    events.follow([str(log)])
    inode = log.stat().st_ino
    log.unlink()
    log.write_text("")
    if log.stat().st_ino != inode:
        pytest.skip("this file system gives no inode away twice")
    events.follow([str(log)])
    events.wait(0, 0.01)
    append(log)
    assert events.wait(0, 5)


def test_a_file_that_is_no_longer_followed_wakes_nobody(events, log):
    events.follow([str(log)])
    events.follow([])
    events.wait(0, 0.01)
    append(log)
    assert not events.wait(0, 0.05)


def test_a_file_that_is_not_there_is_no_trouble(events, log):
    events.follow([str(log.with_name("absent.log"))])
    assert events.trouble is None


def test_a_signal_ends_the_sleep_even_the_least_of_it_and_only_once(events, signals):
    later = threading.Timer(0.02, os.write, (signals[1], b"\x0f"))
    later.start()
    began = time.monotonic()
    assert not events.wait(10, 20)
    assert time.monotonic() - began < 5
    later.join()
    began = time.monotonic()
    assert not events.wait(0, 0.02)
    assert time.monotonic() - began >= 0.015


def overflow(paths, queue: int) -> None:
    """Append by turns: two equal events in a row would be merged into one."""
    descriptors = [os.open(path, os.O_WRONLY | os.O_APPEND) for path in paths]
    for number in range(queue + 100):
        os.write(descriptors[number % 2], b"x\n")
    for descriptor in descriptors:
        os.close(descriptor)


def test_t42_a_queue_that_ran_over_wakes_and_the_next_event_wakes_again(events, log):
    other = log.with_name("other.log")
    other.write_text("")
    events.follow([str(log), str(other)])
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    overflow([log, other], queue)
    waiting = array("i", [0])
    fcntl.ioctl(events._descriptor, termios.FIONREAD, waiting)
    assert waiting[0] == (queue + 1) * EVENT_BYTES, "as many as fit, and that it ran over"
    assert events.wait(0, 5)
    assert not events.wait(0, 0.02), "everything that waited is gone"
    append(log)
    assert events.wait(0, 5)


def test_t43_without_descriptors_left_it_is_a_plain_sleep_and_says_so(signals, log):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        events = FileEvents(signals[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert "Too many open files" in events.trouble
    events.follow([str(log)])
    append(log)
    began = time.monotonic()
    assert not events.wait(0, 0.05)
    assert time.monotonic() - began >= 0.05
    events.close()


WATCHES_RUN_OUT = """
import os, sys
from aiops_agent.sources.events import FileEvents
events = FileEvents(os.pipe()[0])
events.follow(sys.argv[1:])
print(events.trouble)
for path in sys.argv[1:]:
    with open(path, "a") as file:
        file.write("x")
    print(events.wait(0, 0.05))
"""


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a user namespace")
def test_t43_with_no_watches_left_the_rest_wakes_nobody_and_it_says_so(tmp_path):
    logs = [tmp_path / f"{number}.log" for number in range(3)]
    for log in logs:
        log.write_text("")
    within = 'echo 2 > /proc/sys/user/max_inotify_watches && exec "$0" -c "$@"'
    argv = ["unshare", "-Ur", "sh", "-c", within, sys.executable, WATCHES_RUN_OUT, *map(str, logs)]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}
    )
    if done.returncode and "max_inotify_watches" in done.stderr + done.stdout:
        pytest.skip("this kernel does not count watches by namespace")
    trouble, *woken = done.stdout.splitlines()
    assert "raise fs.inotify" in trouble, done.stderr
    assert woken == ["True", "True", "False"]
