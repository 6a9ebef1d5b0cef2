"""Four processes at once at the same questions: each is answered once, and each approval runs once."""

import json
import os
import random
import time
from collections import Counter
from datetime import timedelta

import pytest

from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.state.state import State
from tests.build import NOW, cipher, incident

QUESTIONS = 300
PROCESSES = 4
YES, NO = ApprovalState.APPROVED, ApprovalState.DENIED


def asked(folder):
    with State.open(folder, cipher(folder)) as state, state.transaction():
        state.incidents.save(incident())
        for name in range(QUESTIONS):
            until = NOW + timedelta(hours=1)
            state.approvals.ask(Approval(f"a{name}", "inc-00000001", "restart", "d", ApprovalState.PENDING, NOW, until))


def racing(folder, work):
    """Have so many processes work at once, each with its number, and return what each of them won."""
    begin, go = os.pipe()
    here, arrived = os.pipe()
    pipes = []
    for number in range(PROCESSES):
        reading, writing = os.pipe()
        if os.fork() == 0:
            won, waits = [], True
            try:
                os.close(go)
                with State.open(folder, cipher(folder)) as state:
                    os.write(arrived, b"1")
                    waits = False
                    os.read(begin, 1)  # until the last of them is there
                    won = work(state, number)
            finally:
                if waits:  # what went wrong is told by what it did not win
                    os.write(arrived, b"1")
                os.write(writing, json.dumps(won).encode())
                os._exit(0)
        os.close(writing)
        pipes.append(reading)
    for _ in range(PROCESSES):
        os.read(here, 1)
    for end in (begin, go, here, arrived):
        os.close(end)
    won = []
    for reading in pipes:
        with os.fdopen(reading) as pipe:
            won.append(json.loads(pipe.read()))
        os.wait()
    return won


def in_any_order(number):
    names = [f"a{name}" for name in range(QUESTIONS)]
    random.Random(number).shuffle(names)
    return names


@pytest.mark.slow
def test_four_processes_race_over_300_approvals_and_each_is_used_exactly_once(tmp_path):
    asked(tmp_path)
    with State.open(tmp_path, cipher(tmp_path)) as state, state.transaction():
        assert all(state.approvals.answer(f"a{name}", YES, "user:ada", NOW) for name in range(QUESTIONS))

    def work(state, number):
        won = []
        for name in in_any_order(number):
            with state.transaction():
                if state.approvals.use(name):
                    won.append(name)
            time.sleep(0.001)  # who has just had the database would have it again before the others wake
        return won

    won = racing(tmp_path, work)
    assert Counter(name for each in won for name in each) == Counter(in_any_order(0))
    assert sum(bool(each) for each in won) > 1, "else nobody raced"


@pytest.mark.slow
def test_four_persons_answer_300_questions_at_once_and_the_first_answer_stays(tmp_path):
    asked(tmp_path)

    def work(state, number):
        won = []
        for name in in_any_order(number):
            with state.transaction():
                if state.approvals.answer(name, YES if number % 2 else NO, f"user:{number}", NOW):
                    won.append(name)
            time.sleep(0.001)
        return won

    won = racing(tmp_path, work)
    assert Counter(name for each in won for name in each) == Counter(in_any_order(0))
    with State.open(tmp_path, cipher(tmp_path)) as state:
        for number, names in enumerate(won):
            for name in names:
                approval = state.approvals.by_id(name)
                assert (approval.state, approval.answered_by) == (YES if number % 2 else NO, f"user:{number}")
    assert sum(bool(each) for each in won) > 1
