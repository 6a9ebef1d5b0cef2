"""One order at a time, intended on disk before it is done, concluded after, looked at again after a kill."""

import threading
import time
from contextlib import contextmanager

import pytest

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from aiops_agent.errors import AuditError
from aiops_agent.executor import asking
from aiops_agent.executor.work import MOST_REMEMBERED, Work
from aiops_agent.model.decision import Mode
from aiops_agent.model.order import Refused, Running, Unknown
from aiops_agent.model.playbook import CommandResult, Failed, NotNeeded, Succeeded
from aiops_agent.state.actions import Action
from tests.executor.desk import ANN, Units, desk_in, order_for, question_words
from tests.fakes import NO, YES, ScriptedExecutor


def restarted() -> ScriptedExecutor:
    """A service that has failed, and is active once it was restarted."""
    return ScriptedExecutor()


class Slow(ScriptedExecutor):
    """Takes until it is let go, or stopped, for a change."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def run(self, command, stopped):
        if command.changes and not self.go_on.is_set():
            self.begun.set()
            while not self.go_on.wait(0.02):
                if stopped():
                    return CommandResult(ok=False, detail="was stopped", half_done=True)
        return super().run(command, stopped)


@contextmanager
def working(folder, hands=None, **changes):
    with desk_in(folder, **{"mode": Mode.AUTO, **changes}) as desk:
        work = Work(desk, hands or restarted(), Units())
        try:
            yield work, desk
        finally:
            work.end()


def ended(work, identity="order-1"):
    for _ in range(500):
        found = work.progress(identity)
        if not isinstance(found, Running):
            return found
        time.sleep(0.02)
    raise AssertionError("it does not end")


def recorded(desk):
    desk.rest()
    folder = desk.settings.state_dir
    return [
        (entry.action, entry.subject, dict(entry.detail)) for entry in show(folder / "audit", FileKeys(folder / "keys"))
    ]


def test_an_order_is_carried_out_and_every_step_of_it_is_in_the_record(tmp_path):
    with working(tmp_path) as (work, desk):
        assert isinstance(work.take(order_for(desk)), Running)
        assert isinstance(ended(work), Succeeded)
        assert [action for action, _, _ in recorded(desk)] == ["intent", "step", "result"]
        assert desk.actions.interrupted() == []


def test_the_same_order_is_carried_out_once(tmp_path):
    with working(tmp_path) as (work, desk):
        work.take(order_for(desk))
        first = ended(work)
        assert work.take(order_for(desk)) == first
        assert [action for action, _, _ in recorded(desk)].count("intent") == 1


def test_a_second_order_is_told_that_it_is_busy(tmp_path):
    with working(tmp_path, Slow()) as (work, desk):
        work.take(order_for(desk))
        assert work._hands.begun.wait(10)
        assert work.take(order_for(desk, id="order-2", service="other.service")).name == "busy"
        assert isinstance(work.take(order_for(desk)), Running), "the same one is heard twice"
        work._hands.go_on.set()
        assert isinstance(ended(work), Succeeded)


def test_what_is_refused_is_remembered_with_its_reason_and_recorded(tmp_path):
    with working(tmp_path) as (work, desk):
        work.take(order_for(desk, digest="0" * 64))
        assert ended(work).name == "digest_differs"
        [(action, subject, detail)] = recorded(desk)
        assert (action, subject, detail["why"]) == ("refused", "order-1", "digest_differs")


@pytest.mark.slow
def test_no_more_refusals_are_remembered_than_are_of_use(tmp_path):
    with working(tmp_path) as (work, desk):
        for number in range(MOST_REMEMBERED + 5):
            work.take(order_for(desk, id=f"order-{number}", digest="0" * 64))
            ended(work, f"order-{number}")
        assert isinstance(work.progress("order-0"), Unknown)
        assert isinstance(work.progress("order-50"), Refused)
        assert len(recorded(desk)) == 60, "nor recorded, within an hour"


def test_a08_nothing_is_done_and_nothing_counted_when_the_service_is_well(tmp_path):
    with working(tmp_path, ScriptedExecutor({"unit_state": NO})) as (work, desk):
        work.take(order_for(desk))
        assert isinstance(ended(work), NotNeeded)
        assert desk.actions.history("restart-shop").runs == ()


@pytest.mark.parametrize("how", ["cancel", "halt"])
def test_a_halt_stops_a_step_in_the_middle_within_a_second(tmp_path, how):
    with working(tmp_path, Slow()) as (work, desk):
        work.take(order_for(desk))
        assert work._hands.begun.wait(10)
        began = time.monotonic()
        if how == "cancel":
            assert work.cancel("order-1")
        else:
            desk.halt.set("ann", desk.clock.now())
        found = ended(work)
        assert time.monotonic() - began < 1
        assert isinstance(found, Failed)
        assert found.at == "unit"


def test_what_is_not_being_done_cannot_be_cancelled(tmp_path):
    with working(tmp_path, Slow()) as (work, desk):
        assert not work.cancel("order-1")
        work.take(order_for(desk))
        assert not work.cancel("order-2")
        work._hands.go_on.set()


def test_an_agreement_is_used_up_by_the_order_it_was_given_for(tmp_path):
    with working(tmp_path, mode=Mode.APPROVE) as (work, desk):
        question = asking.ask(desk, question_words(order_for(desk)), Units(), desk.clock.now())
        asking.decide(desk, question.id, ANN, yes=True, now=desk.clock.now())
        work.take(order_for(desk))
        assert isinstance(ended(work), Succeeded)
        assert desk.questions.by_id(question.id).state == "used"
        desk.clock.sleep(1000)  # past the cooldown
        work.take(order_for(desk, id="order-2"))
        assert ended(work, "order-2").name == "not_approved"


def test_nothing_is_done_without_a_record_of_the_intent(tmp_path):
    hands = restarted()
    with working(tmp_path, hands) as (work, desk):

        def broken(*_: object, **__: object) -> None:
            raise AuditError("the disk is full")

        desk.record = broken
        work.take(order_for(desk))
        assert ended(work).name == "audit_unavailable"
        assert hands.asked == ["not_busy", "untouched", "unit_state"], "it was looked at, and nothing was changed"
        assert desk.actions.interrupted() == []
        assert not desk.orders.known("order-1")


def test_a_repair_that_does_not_hold_has_failed_and_counts(tmp_path):
    with working(tmp_path, ScriptedExecutor({"unit_state": [YES, YES, NO]})) as (work, desk):
        work.take(order_for(desk))
        found = ended(work)
        assert isinstance(found, Failed)
        assert found.at == "verify"
        assert desk.actions.history("restart-shop").runs[0].outcome == "failed"


def interrupted(desk):
    order = order_for(desk)
    with desk.transaction():
        desk.actions.intend(Action(order.id, None, order.playbook, order.digest, order.service, desk.clock.now()))
        desk.orders.take(order.id, order.incident, None)


@pytest.mark.parametrize(("seen", "outcome"), [(YES, Succeeded), (NO, Failed)])
def test_what_a_kill_cut_short_is_looked_at_and_never_repeated(tmp_path, seen, outcome):
    hands = ScriptedExecutor({"unit_state": seen})
    with working(tmp_path, hands) as (work, desk):
        interrupted(desk)
        work.settle_interrupted()
        assert isinstance(work.progress("order-1"), outcome)
        assert "unit" not in hands.asked
        assert desk.actions.interrupted() == []
        assert recorded(desk)[-1][0] == "result"
        assert work.take(order_for(desk)) == work.progress("order-1"), "and it is not begun anew"


def test_what_was_cut_short_is_not_judged_by_a_playbook_that_was_edited_since(tmp_path):
    with working(tmp_path) as (work, desk):
        interrupted(desk)
        path = desk.settings.playbooks[0] / "restart-shop.yaml"
        path.write_text(path.read_text().replace("version: 1", "version: 2"))
        work.settle_interrupted()
        assert isinstance(work.progress("order-1"), Failed)


def test_what_is_told_of_a_run_holds_no_secret(tmp_path):
    leaky = CommandResult(ok=False, detail="connect to postgres://shop:hunter2hunter2@db/shop failed")
    with working(tmp_path, ScriptedExecutor({"unit": leaky})) as (work, desk):
        work.take(order_for(desk))
        assert "hunter2" not in str(ended(work))
        assert "hunter2" not in str(recorded(desk))


def test_a_fault_of_the_program_ends_it_and_leaves_the_order_to_be_looked_at(tmp_path, recwarn):
    class Broken(ScriptedExecutor):
        def run(self, command, stopped):
            if command.changes:
                raise KeyError(command.verb)
            return super().run(command, stopped)

    threading.excepthook, usual = (lambda _: None), threading.excepthook
    try:
        with working(tmp_path, Broken()) as (work, desk):
            work.take(order_for(desk))
            work._thread.join()
            assert isinstance(work.fault, KeyError)
            assert [action.id for action in desk.actions.interrupted()] == ["order-1"]
    finally:
        threading.excepthook = usual
