"""The socket: one answer for each message, nothing for strangers, and no message that it does not survive."""

import contextlib
import dataclasses
import json
import os
import socket
import threading
import time
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.errors import ExecutorError, StateError
from aiops_agent.executor.server import MOST_CONNECTIONS, Caller, Role, Server, listening
from aiops_agent.model.order import Running, Unknown
from aiops_agent.playbook import wire
from aiops_agent.playbook.remote import Remote
from aiops_agent.state.approvals import ApprovalState
from aiops_agent.state.questions import MOST_OPEN, Question
from tests.executor.desk import AGENT, ANN, BOB, Idle, Units, desk_in, order_for

THE_AGENT, THE_ANN, THE_BOB = Caller(Role.AGENT, AGENT), Caller(Role.APPROVER, ANN), Caller(Role.APPROVER, BOB)


class Hall:
    """A server in a thread; `who` is whoever speaks next."""

    def __init__(self, desk, worker) -> None:
        self.desk = desk
        self.worker = worker
        self.who: Caller | None = THE_AGENT
        self.path = desk.settings.socket
        self.listener = listening(self.path)
        self.server = Server(self.listener, desk, worker, Units(), lambda _: self.who)
        self.is_stopping = False
        self.thread = threading.Thread(target=self.server.serve, args=[lambda: self.is_stopping])

    @property
    def remote(self) -> Remote:
        return Remote(self.path, owner=os.geteuid())

    def as_(self, who: Caller | None) -> Remote:
        self.who = who
        return self.remote

    def line(self) -> socket.socket:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.settimeout(10)
        line.connect(str(self.path))
        return line


@contextmanager
def hall_in(folder):
    with desk_in(folder) as desk:
        hall = Hall(desk, Idle())
        hall.thread.start()
        try:
            yield hall
        finally:
            hall.is_stopping = True
            hall.thread.join(10)
            hall.listener.close()
            assert not hall.thread.is_alive()


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    with hall_in(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


def test_it_greets_who_may_speak(hall):
    greeting = hall.as_(THE_AGENT).greet()
    assert (greeting.halted, greeting.services) == (False, ("other.service", "shop.service"))


def test_an_order_reaches_the_worker(hall):
    order = order_for(hall.desk, id="order-7")
    assert isinstance(hall.as_(THE_AGENT).progress("order-7"), Unknown)
    hall.remote._say(wire.order_request(order))
    assert hall.worker.taken == [order]
    assert isinstance(hall.remote.progress("order-7"), Running)


@pytest.mark.parametrize("verb", sorted(wire.REQUESTS))
@pytest.mark.parametrize("role", Role)
def test_a_verb_is_answered_only_to_those_it_is_for(hall, verb, role):
    hall.who = Caller(role, {Role.AGENT: AGENT, Role.APPROVER: ANN, Role.ROOT: 0}[role])
    words = dict.fromkeys(wire.REQUESTS[verb], "x")
    answer = wire.read_answer(hall.server.reply(hall.who, wire.request(verb, **words)))
    assert (answer.get("refused") == "not_allowed") is (verb not in role.value)
    (hall.desk.settings.state_dir / "halt").unlink(missing_ok=True)


def test_a_question_is_asked_by_the_agent_and_answered_by_a_person(hall):
    asked = hall.as_(THE_AGENT).ask(order_for(hall.desk, incident="inc-9"))
    assert hall.remote.answered(asked.id).state == "pending"
    [waiting] = hall.as_(THE_ANN).waiting()
    assert (waiting.id, waiting.playbook, waiting.agreed) == (asked.id, "restart-shop", ())
    assert hall.remote.approve(asked.id).agreed == ("daemon",)
    assert hall.as_(THE_AGENT).answered(asked.id).state == "approved"
    with pytest.raises(ExecutorError, match="an answer counts once") as caught:
        hall.as_(THE_BOB).deny(asked.id)
    assert caught.value.refusal == "not_open"


def test_an_answer_leaves_a_sign_for_the_agents_quiet_tick(hall):
    sign = hall.path.parent / "answered"
    asked = hall.as_(THE_AGENT).ask(order_for(hall.desk, incident="inc-10"))
    sign.unlink(missing_ok=True)
    hall.as_(THE_BOB).deny(asked.id)
    assert sign.exists()


def test_anyone_with_a_say_can_halt_and_it_stops_what_is_being_done(hall):
    hall.as_(THE_BOB).halt()
    assert hall.desk.is_halted()
    assert hall.worker.cancelled[-1] is None
    assert hall.remote.greet().halted
    (hall.desk.settings.state_dir / "halt").unlink()


def test_of_a_stranger_nothing_is_read(hall):
    before = len(hall.worker.taken)
    with pytest.raises(ExecutorError, match="has no say here") as caught:
        hall.as_(None)._say(wire.order_request(order_for(hall.desk)))
    assert caught.value.refusal == "stranger"
    assert len(hall.worker.taken) == before


def test_one_user_cannot_hold_all_connections(hall):
    hall.who = THE_ANN
    with contextlib.ExitStack() as open_lines:
        lines = [open_lines.enter_context(hall.line()) for _ in range(3 * MOST_CONNECTIONS)]
        lines[-1].send(wire.request("hello"))
        assert b"halted" in lines[-1].recv(wire.LONGEST)
        hall.who = THE_AGENT
        assert hall.remote.greet()
        assert lines[0].recv(1) == b"", "the one that was silent longest was closed"


def test_who_does_not_take_the_answers_is_not_waited_for(hall):
    hall.who = THE_AGENT
    with hall.line() as deaf:
        deaf.setblocking(False)
        with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            for _ in range(5000):
                deaf.send(wire.request("hello"))
        began = time.monotonic()
        assert hall.remote.greet()
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("message", [b"x" * (wire.LONGEST + 1), b"{" * 1000, b"\x00", b'{"verb": "hello"}' * 2])
def test_what_is_no_request_is_said_to_be_none_and_the_line_stays(hall, message):
    hall.who = THE_AGENT
    with hall.line() as line:
        line.send(message)
        assert json.loads(line.recv(wire.LONGEST))["refused"] == "malformed"
        line.send(wire.request("hello"))
        assert b"halted" in line.recv(wire.LONGEST)


WORDS = st.sampled_from([b'"verb"', b'"id"', b'"hello"', b'"run"', b'"status"', b"{", b"}", b":", b",", b'"', b"\xff"])
MESSAGES = st.one_of(
    st.binary(min_size=1, max_size=2000),
    st.lists(WORDS, min_size=1, max_size=12).map(b"".join),
    st.builds(
        lambda verb, words: json.dumps({"verb": verb, **words}).encode(),
        st.sampled_from([*wire.REQUESTS, "shell"]),
        st.dictionaries(
            st.sampled_from(["id", "playbook", "digest", "service", "incident", "more"]),
            st.text(max_size=30) | st.integers() | st.lists(st.integers(), max_size=2) | st.sampled_from(["a", "b-1"]),
        ),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MESSAGES, min_size=1, max_size=5), st.sampled_from([THE_AGENT, THE_ANN]))
def test_whatever_is_sent_is_answered_or_the_line_is_closed(hall, messages, who):
    hall.who = who
    with hall.line() as line:
        for message in messages:
            line.send(message)
            answer = line.recv(wire.LONGEST + 1)
            assert 0 < len(answer) <= wire.LONGEST
            assert isinstance(json.loads(answer), dict)
    assert hall.thread.is_alive()
    (hall.desk.settings.state_dir / "halt").unlink(missing_ok=True)


def test_a_socket_is_not_made_where_others_could_put_theirs(tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(StateError, match="can be written by others"):
        listening(tmp_path / "open" / "executor.sock")


def test_a_socket_that_a_killed_executor_left_is_replaced(tmp_path):
    path = tmp_path / "executor.sock"
    listening(path).close()
    assert path.exists()
    listening(path).close()


def test_a_line_that_is_closed_for_another_in_the_very_look_that_it_spoke_in_ends_nothing(tmp_path):
    with hall_in(tmp_path) as hall, contextlib.ExitStack() as open_lines:
        hall.who = THE_BOB
        *others, last = [open_lines.enter_context(hall.line()) for _ in range(MOST_CONNECTIONS)]
        last.send(wire.request("hello"))
        assert last.recv(wire.LONGEST), "all of them have been met"
        with hall.desk.alone:
            last.send(wire.request("list"))  # it waits for the desk: what comes meanwhile is seen in one look
            time.sleep(0.3)
            open_lines.enter_context(hall.line())
            for line in others:
                line.send(wire.request("hello"))
        assert b"questions" in last.recv(wire.LONGEST)
        with contextlib.suppress(ConnectionResetError):  # as a line is closed that has said what nobody has read
            assert others[0].recv(1) == b"", "it was silent longest, and made room"
        assert all(b"halted" in line.recv(wire.LONGEST) for line in others[1:])
        assert hall.thread.is_alive()


def test_however_much_an_agent_asks_the_list_of_it_can_be_read(tmp_path):
    long = "s" * 200 + ".service"
    with hall_in(tmp_path) as hall:
        question = dataclasses.replace(
            question_of(hall), playbook="p" * 60, service=long, incident="i" * wire.LONGEST_WORD
        )
        with hall.desk.transaction():
            for number in range(MOST_OPEN):
                hall.desk.questions.ask(dataclasses.replace(question, id=f"{number:032x}"))
        assert hall.as_(THE_ANN).waiting()


def question_of(hall) -> Question:
    asked = hall.as_(THE_AGENT).ask(order_for(hall.desk, incident="inc-11"))
    hall.as_(THE_BOB).deny(asked.id)
    return dataclasses.replace(hall.desk.questions.by_id(asked.id), state=ApprovalState.PENDING)
