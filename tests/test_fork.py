"""Processes that answer lines: in order, whatever becomes of one of them, and none outlives who asks."""

import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from aiops_agent import fork
from aiops_agent.fork import dealt, hands

MEGABYTE = 1 << 20

ORPHANS = """
import os, signal
from contextlib import contextmanager
from aiops_agent.fork import hands
os.sched_getaffinity = lambda _: {0, 1}
@contextmanager
def begin():
    yield lambda request: request
with hands(begin, 2) as found:
    print(*(hand._process for hand in found), flush=True)
    signal.pause()
"""


@pytest.fixture
def two_cores(monkeypatch):
    """Two cores, and a process that may fork, although that of the tests has threads of its own."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(fork, "would_gain", lambda: True)


def answering(answer):
    @contextmanager
    def begin():
        yield answer

    return begin


@pytest.mark.usefixtures("two_cores")
def test_answers_come_in_the_order_of_the_questions_whichever_is_ready_first(tmp_path):
    """An even question is answered when the odd one behind it is at work: alone, a hand would wait for ever."""
    os.mkfifo(met := tmp_path / "met")

    def answer(request):
        if int(request) % 2:
            met.write_bytes(request)
        else:
            assert int(met.read_bytes()) == int(request) + 1
        return b"%d of %d" % (int(request), os.getpid())

    with hands(answering(answer), 4) as found:
        said = [line.decode().split(" of ") for line in dealt((b"%d" % number for number in range(20)), found)]
    assert [int(number) for number, _ in said] == list(range(20))
    assert len({process for _, process in said} - {str(os.getpid())}) == 2


@pytest.mark.usefixtures("two_cores")
def test_a_question_and_its_answer_may_be_larger_than_any_pipe():
    with hands(answering(lambda request: request * 3), 2) as found:
        answers = [*dealt([b"a" * MEGABYTE, b"b" * MEGABYTE, b"c" * MEGABYTE], found)]
    assert [(answer[:1], len(answer)) for answer in answers] == [
        (letter, 3 * MEGABYTE) for letter in (b"a", b"b", b"c")
    ]


@pytest.mark.usefixtures("two_cores")
@pytest.mark.parametrize("ends", [lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: 1 // 0, lambda: os._exit(0)])
def test_what_a_hand_was_at_when_it_ended_is_told_and_the_other_goes_on(ends):
    def answer(request):
        return request if request != b"2" else ends()

    with hands(answering(answer), 2) as found:
        said = [*dealt([b"%d" % number for number in range(7)], found)]
    assert said == [b"0", b"1", None, b"3", None, b"5", None]  # the second hand had the odd ones


@pytest.mark.usefixtures("two_cores")
def test_a_hand_that_cannot_begin_answers_nothing():
    @contextmanager
    def begin():
        raise OSError("no model")
        yield

    with hands(begin, 2) as found:
        assert [*dealt([b"a", b"b", b"c"], found)] == [None, None, None]


@pytest.mark.usefixtures("two_cores")
def test_what_a_hand_says_beside_goes_nowhere_least_of_all_into_a_file_that_it_opens(tmp_path):
    def answer(request):
        with (tmp_path / "kept").open("wb") as file:
            for standard in (0, 1, 2):
                os.write(standard, b"beside") if standard else os.read(standard, 1)
            file.write(request)
        return request

    with hands(answering(answer), 1) as found:
        assert [*dealt([b"whole"], found)] == [b"whole"]
    assert (tmp_path / "kept").read_bytes() == b"whole"


@pytest.mark.usefixtures("two_cores")
def test_where_no_process_can_be_had_those_that_there_are_do_the_work(monkeypatch):
    forked, fork_one = [], os.fork

    def scarce():
        if forked:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        process = fork_one()
        forked.append(process)
        return process

    monkeypatch.setattr(os, "fork", scarce)
    with hands(answering(lambda request: request), 2) as found:
        assert len(found) == 1
        assert [*dealt([b"a", b"b"], found)] == [b"a", b"b"]


def test_nobody_is_left_when_the_one_who_asks_is_killed():
    with subprocess.Popen([sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE) as asking:
        left = asking.stdout.readline().split()
        asking.kill()
    assert len(left) == 2
    for process in map(int, left):
        with suppress(ProcessLookupError):  # it has ended, and is forgotten
            ended = select.poll()
            ended.register(os.pidfd_open(process), select.POLLIN)
            assert ended.poll(10_000), f"{process} lives on"


def test_a_process_with_threads_or_one_core_works_alone(monkeypatch):
    threads = [*Path("/proc/self/task").iterdir()]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    assert fork.would_gain() == (len(threads) == 1)
    monkeypatch.setattr(os, "listdir", lambda _: ["1", "2"])
    assert not fork.would_gain()
    with hands(answering(bytes), 2) as found:
        assert not found
    monkeypatch.setattr(os, "listdir", lambda _: ["1"])
    assert fork.would_gain()
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert not fork.would_gain()
