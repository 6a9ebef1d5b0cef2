"""A program is given a limited time and a limited voice, and takes its children with it."""

import os
import resource
import threading
import time
from contextlib import contextmanager

import pytest

from aiops_agent.playbook.spawn import LONGEST_OUTPUT, CutOffError, spawn
from aiops_agent.ports import never

PATH = "/usr/bin:/bin"


def sh(script, *, seconds=10.0, stopped=never):
    return spawn(["sh", "-c", script], path=PATH, seconds=seconds, stopped=stopped)


@contextmanager
def held_open(folder):
    """Give a pipe to write into, and what tells within a second whether anybody still has it open."""
    pipe = folder / "alive"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    def is_closed() -> bool:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            try:
                if os.read(reader, 1) == b"":
                    return True
            except BlockingIOError:
                time.sleep(0.01)
        return False

    yield pipe, is_closed
    os.close(reader)


def test_what_it_prints_and_how_it_ends_is_returned():
    ended = sh("echo out; echo err >&2; exit 3")
    assert (ended.status, ended.output, ended.errors) == (3, "out\n", "err\n")


def test_one_that_ended_is_not_waited_for():
    began = time.monotonic()
    for _ in range(20):
        sh("exit 0")
    assert time.monotonic() - began < 20 * 0.1, "each of them in less than one look whether to go on"


def test_of_a_flood_the_first_64_kib_are_kept_and_memory_is_not_taken_for_the_rest():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = sh("head -c 100000000 /dev/zero | tr '\\0' x; head -c 50000000 /dev/zero >&2")
    assert len(ended.output) == len(ended.errors) == LONGEST_OUTPUT == 64 * 1024
    assert ended.status == 0, "what is not kept is read all the same, so that it comes to its end"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 * 1024


def test_one_that_floods_for_ever_is_ended_when_its_time_is_over():
    with pytest.raises(CutOffError, match="did not end within 0 s"):
        sh("yes", seconds=0.3)


@pytest.mark.parametrize("script", ["sleep 1000 & wait", "trap '' TERM; sleep 1000 & wait; sleep 1000"])
def test_one_that_hangs_is_ended_with_its_children_even_if_it_does_not_want_to_end(tmp_path, script):
    with held_open(tmp_path) as (pipe, is_closed):
        with pytest.raises(CutOffError):
            sh(f"exec 9>{pipe}; {script}", seconds=0.3)
        assert is_closed()


def test_one_that_is_asked_to_end_may_tidy_up(tmp_path):
    with pytest.raises(CutOffError):
        sh(f"trap 'echo tidy >{tmp_path}/left; exit' TERM; sleep 1000 & wait", seconds=0.3)
    assert (tmp_path / "left").read_text() == "tidy\n"


def test_a_child_that_is_left_behind_ends_with_it_and_is_not_waited_for(tmp_path):
    with held_open(tmp_path) as (pipe, is_closed):
        began = time.monotonic()
        ended = sh(f"echo before; (exec 9>{pipe}; cat /dev/zero & cat /dev/zero & cat /dev/zero) & sleep 0.1")
        assert time.monotonic() - began < 2
        assert ended.output.startswith("before\n")
        assert is_closed()


def test_one_that_closed_its_output_and_goes_on_is_stopped(tmp_path):
    said = threading.Event()
    threading.Timer(0.2, said.set).start()
    began = time.monotonic()
    with pytest.raises(CutOffError, match="was stopped"):
        sh("exec >&- 2>&-; sleep 1000", stopped=said.is_set)
    assert time.monotonic() - began < 1


def test_nothing_of_ours_is_given_to_it():
    os.environ["AIOPS_LEAK"] = "secret"
    try:
        ended = sh("env; umask; pwd; ls /proc/self/fd | wc -l")
    finally:
        del os.environ["AIOPS_LEAK"]
    assert "AIOPS_LEAK" not in ended.output
    assert "0077\n/\n4\n" in ended.output, "its three streams, and the folder that ls reads"


def test_a_program_that_is_not_there_was_not_begun():
    with pytest.raises(FileNotFoundError):
        spawn(["absent"], path="/absent", seconds=1, stopped=never)
