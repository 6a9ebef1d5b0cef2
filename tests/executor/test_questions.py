"""A question is answered once, used once, and only for what was asked."""

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.executor import asking
from aiops_agent.executor.checks import agreed_to, aimed
from aiops_agent.executor.persons import Approvers
from aiops_agent.model.order import Refused
from aiops_agent.state.approvals import ApprovalState
from aiops_agent.state.questions import Question
from tests.executor.desk import (
    AGENT,
    ANN,
    BOB,
    EVE,
    RESTART,
    SERVICE,
    UNDONE,
    Units,
    desk_in,
    order_for,
    question_words,
    sign_anew,
)

CRITICAL = RESTART.replace("risk: low", "risk: critical").replace("undo: []", UNDONE)


@pytest.fixture
def desk(tmp_path):
    with desk_in(tmp_path) as desk:
        yield desk


def asked(desk, order=None) -> Question:
    found = asking.ask(desk, question_words(order or order_for(desk)), Units(), desk.clock.now())
    assert isinstance(found, Question), found
    return found


def answered(desk, question, uid, *, yes=True, later=timedelta()):
    return asking.decide(desk, question.id, uid, yes=yes, now=desk.clock.now() + later)


def agreed(desk, order, *, later=timedelta()):
    bound = aimed(desk, order.playbook, order.digest, order.service, Units())
    return agreed_to(desk, bound, order, desk.clock.now() + later)


def test_a_token_is_of_sixteen_random_bytes(desk):
    tokens = {asked(desk, order_for(desk, incident=f"inc-{n}")).id for n in range(4)}
    assert len(tokens) == 4
    assert {len(bytes.fromhex(token)) for token in tokens} == {16}


def test_the_same_question_is_asked_once(desk):
    assert asked(desk) == asked(desk)


def test_one_person_is_enough_below_critical(desk):
    question = asked(desk)
    assert isinstance(agreed(desk, order_for(desk)), Refused)
    assert answered(desk, question, ANN).state is ApprovalState.APPROVED
    assert agreed(desk, order_for(desk)).id == question.id


def test_two_people_are_needed_at_critical_and_the_same_one_twice_is_one(tmp_path):
    with desk_in(tmp_path, CRITICAL) as desk:
        question = asked(desk)
        assert answered(desk, question, ANN).state is ApprovalState.PENDING
        assert answered(desk, question, ANN).name == "same_person"
        assert isinstance(agreed(desk, order_for(desk)), Refused)
        assert answered(desk, question, BOB).state is ApprovalState.APPROVED
        assert agreed(desk, order_for(desk)).agreed == (ANN, BOB)


def test_a_no_ends_it_also_after_a_yes(tmp_path):
    with desk_in(tmp_path, CRITICAL) as desk:
        question = asked(desk)
        answered(desk, question, ANN)
        assert answered(desk, question, BOB, yes=False).state is ApprovalState.DENIED
        assert answered(desk, question, BOB).name == "not_open"
        assert isinstance(agreed(desk, order_for(desk)), Refused)


def test_e16_the_first_durable_answer_wins(desk):
    question = asked(desk)
    answered(desk, question, ANN)
    assert answered(desk, question, BOB, yes=False).name == "not_open"
    assert agreed(desk, order_for(desk)).id == question.id


@pytest.mark.parametrize("uid", [AGENT, EVE, 0, 2**31])
def test_e08_who_is_not_named_cannot_answer_and_it_is_recorded(desk, uid):
    question = asked(desk)
    assert answered(desk, question, uid).name == "not_an_approver"
    assert desk.questions.by_id(question.id).state is ApprovalState.PENDING


def test_the_agent_can_never_answer_even_if_somebody_names_it(tmp_path):
    with desk_in(tmp_path, agent=ANN) as desk:
        assert answered(desk, asked(desk), ANN).name == "not_an_approver"


def test_e15_silence_is_a_no(desk):
    question = asked(desk)
    assert answered(desk, question, ANN, later=timedelta(hours=1)).name == "not_open"
    asking.expire(desk, desk.clock.now() + timedelta(hours=1))
    assert desk.questions.by_id(question.id).state is ApprovalState.EXPIRED


def test_a_yes_that_was_not_used_in_time_is_over(desk):
    answered(desk, asked(desk), ANN)
    assert isinstance(agreed(desk, order_for(desk), later=timedelta(hours=1)), Refused)


def test_a_clock_that_is_set_back_revives_nothing(desk):
    question = asked(desk)
    asking.expire(desk, desk.clock.now() - timedelta(days=3))
    assert desk.questions.by_id(question.id).state is ApprovalState.EXPIRED


@pytest.mark.parametrize("other", [{"incident": "inc-2"}, {"service": "other.service"}])
def test_e13_what_was_agreed_to_for_one_thing_is_not_for_another(desk, other):
    answered(desk, asked(desk), ANN)
    assert isinstance(agreed(desk, order_for(desk, **other)), Refused)


def test_e13_an_edited_playbook_needs_another_answer(desk):
    answered(desk, asked(desk), ANN)
    path = desk.settings.playbooks[0] / "restart-shop.yaml"
    path.write_text(path.read_text().replace("version: 1", "version: 2"))
    sign_anew(desk)
    assert isinstance(agreed(desk, order_for(desk)), Refused)


def test_e14_edited_parameters_need_another_answer(desk):
    answered(desk, asked(desk), ANN)
    desk.settings = replace(desk.settings, services={SERVICE: {"port": 81}})
    assert isinstance(agreed(desk, order_for(desk)), Refused)


def test_another_host_needs_another_answer(desk):
    answered(desk, asked(desk), ANN)
    desk.host = "host2"
    assert isinstance(agreed(desk, order_for(desk)), Refused)


def test_e18_who_is_no_approver_any_more_when_it_is_run_has_not_agreed(desk):
    answered(desk, asked(desk), ANN)
    desk.settings = replace(desk.settings, approvers=Approvers(("bin",), ()))
    assert isinstance(agreed(desk, order_for(desk)), Refused)


def test_what_was_used_is_used_up(desk):
    question = asked(desk)
    answered(desk, question, ANN)
    with desk.transaction():
        assert desk.questions.use(question.id, desk.clock.now())
        assert not desk.questions.use(question.id, desk.clock.now())
    assert isinstance(agreed(desk, order_for(desk)), Refused)


def test_an_agent_gone_wrong_cannot_bury_people_in_questions(desk):
    plain = asked(desk)
    with desk.transaction():
        for number in range(99):
            desk.questions.ask(replace(plain, id=f"{number:032x}"))
    more = asking.ask(desk, question_words(order_for(desk, incident="inc-100")), Units(), desk.clock.now())
    assert more.name == "too_many_questions"


RACER = """\
import sys, time
from datetime import timedelta
from pathlib import Path
from aiops_agent.state.database import opened
from aiops_agent.state.questions import Questions
from tests.build import NOW

database = opened(Path(sys.argv[1]))
questions = Questions(database)
print("ready", flush=True)
sys.stdin.readline()
for line in Path(sys.argv[2]).read_text().split():
    with database.transaction():
        if questions.use(line, NOW):
            print(line)
"""


@pytest.mark.slow
def test_e17_four_processes_race_over_300_approvals_and_each_is_used_once(tmp_path):
    tokens = tmp_path / "tokens"
    with desk_in(tmp_path) as desk:
        plain = asked(desk)
        names = [f"{number:032x}" for number in range(300)]
        with desk.transaction():
            for name in names:
                desk.questions.ask(replace(plain, id=name, state=ApprovalState.APPROVED))
    tokens.write_text("\n".join(names))
    argv = [sys.executable, "-c", RACER, str(tmp_path / "state" / "state.db"), str(tokens)]
    root = Path(__file__).parent.parent.parent
    racers = [
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [line for racer in racers for line in racer.communicate()[0].split()]
    assert [racer.returncode for racer in racers] == [0, 0, 0, 0]
    assert sorted(won) == names
