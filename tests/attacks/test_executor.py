"""C09, C10, C15, A08: what somebody tries who is on the host, or has the agent. The executor is a real process."""

import os
import socket
import time

import pytest

from aiops_agent.errors import ExecutorError
from aiops_agent.model.order import Unknown
from aiops_agent.model.playbook import Failed, Succeeded
from aiops_agent.playbook import wire
from aiops_agent.playbook.remote import Remote
from tests.attacks.executor_process import AGENT, Process, executor
from tests.executor.desk import ANN, EVE, SERVICE
from tests.public import public_folder

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users"), pytest.mark.slow]


@pytest.fixture
def tmp_path():
    """A folder that other users can reach, as they can reach /run."""
    with public_folder() as folder:
        yield folder


def test_c09_a_socket_that_another_user_has_squatted_is_not_spoken_to(tmp_path):
    path = tmp_path / "executor.sock"
    tmp_path.chmod(0o777)
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(EVE)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as squatter:
                squatter.bind(str(path))
                squatter.listen()
                os.write(ready[1], b"1")
                line, _ = squatter.accept()
                heard = line.recv(wire.LONGEST)
                os.write(done[1], heard or b"-")
                line.send(wire.answer(halted=False, services=[SERVICE]))
        finally:
            os._exit(0)
    os.close(ready[1])
    os.close(done[1])
    assert os.read(ready[0], 1), "the squatter listens"
    with pytest.raises(ExecutorError, match=f"is uid {EVE}, and not root"):
        Remote(path).greet()
    assert os.read(done[0], 100) == b"-", "nothing was said to it"
    os.waitpid(child, 0)


def test_c10_another_user_is_denied_before_anything_is_read_and_it_is_flagged(tmp_path):
    with executor(tmp_path) as process:
        for message in (wire.order_request(process.order()), wire.request("approve", id="a"), b"\x00" * 100):
            assert process.says_as(EVE, message)["refused"] == "stranger"
        flagged = [entry for entry in process.record() if entry["action"] == "stranger"]
        assert {entry["detail"]["uid"] for entry in flagged} == {EVE}
        assert process.restarts == 0
        assert process.says_as(AGENT, wire.request("hello"))["halted"] is False, "the next good message is answered"
        process.kept_to_itself()


def test_c15_a_pending_or_approved_action_that_the_agent_makes_up_is_nothing(tmp_path):
    """The agent's state is replaced, the agent itself taken over: the executor has its own questions and answers."""
    with executor(tmp_path) as process:
        asked = process.says_as(
            AGENT, wire.request("ask", **{n: getattr(process.order(), n) for n in wire.REQUESTS["ask"]})
        )
        assert asked["question"] == "pending"
        assert process.says_as(AGENT, wire.request("approve", id=asked["id"]))["refused"] == "not_allowed"
        process.says_as(AGENT, wire.order_request(process.order()))
        assert process.ended().name == "not_approved"
        forged = process.order(id="order-2", incident="inc-forged")
        process.says_as(AGENT, wire.order_request(forged))
        assert process.ended("order-2").name == "not_approved"
        assert process.restarts == 0
        assert process.says_as(ANN, wire.request("approve", id=asked["id"]))["question"] == "approved"
        process.says_as(AGENT, wire.order_request(process.order(id="order-3")))
        assert isinstance(process.ended("order-3"), Succeeded)
        process.says(active="failed")
        time.sleep(1.1)
        process.says_as(AGENT, wire.order_request(process.order(id="order-4")))
        assert process.ended("order-4").name == "not_approved", "a yes is for one run"
        assert process.restarts == 1


def test_a08_a_forged_line_about_a_service_that_is_well_moves_nothing(tmp_path):
    with executor(tmp_path, "auto") as process:
        process.says(active="active")
        process.examines_what_is_good("order-1")
        assert process.restarts == 0
        process.kept_to_itself()


def test_an_agent_that_was_taken_over_cannot_take_the_last_of_a_group_away(tmp_path):
    """Whatever it says of the others: the executor asks systemd, at that moment."""
    group = {"name": "shops", "services": [SERVICE, "other.service", "third.service"], "minimum": 1}
    with executor(tmp_path, "auto", groups=[group]) as process:
        process.says(**{"active-other.service": "failed", "active-third.service": "inactive"})
        assert process.refusal(wire.order_request(process.order())) == "group_minimum"
        assert process.restarts == 0
        process.says(**{"active-third.service": "active"})
        assert isinstance(process.runs(id="order-2"), Succeeded)
        process.kept_to_itself()


KILLS = 30


def test_killed_at_any_moment_it_repeats_nothing_and_knows_what_it_began(tmp_path):
    """kill -9 at points spread over a run: at most one restart, an end after the next start, a sound record."""
    process = Process(tmp_path)
    process.configure("auto")
    process.says(slow="0.2")
    begun = 0
    try:
        for number in range(KILLS):
            process.says(active="failed")
            process.start()
            before, order = process.restarts, process.order(id=f"order-{number}")
            process.says_as(AGENT, wire.order_request(order))
            time.sleep(number * 0.9 / KILLS)
            process.kill()
            process.start()
            found = process.ended(order.id)
            assert process.restarts - before <= 1
            if isinstance(found, Succeeded | Failed):
                begun += 1
                process.says_as(AGENT, wire.order_request(order))
                assert process.ended(order.id) == found, "what was begun is never begun again"
                assert process.restarts - before <= 1
            else:
                assert isinstance(found, Unknown), "nothing is known of what was not begun"
                assert process.restarts == before
            process.end()
            process.verify()
            process.forget()
    finally:
        process.kill()
    assert begun > KILLS // 4, "most kills fell before the first step"
