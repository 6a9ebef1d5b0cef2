"""What happens between a question and its answer, between two ticks, between two writes."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from aiops_agent.agent import Tick
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Outcome, Status
from aiops_agent.pipeline import tick
from aiops_agent.repair import act_on_granted
from aiops_agent.state.actions import Action
from aiops_agent.state.approvals import ApprovalState
from tests.build import NOW
from tests.journeys.host import SERVICE, Host


class KilledError(BaseException):
    """The process ends here."""


class DyingJournal:
    """A journal whose process is killed before it has written a certain entry."""

    def __init__(self, real, action: str) -> None:
        self._real = real
        self._action = action

    def append(self, *entries) -> None:
        if any(entry.action == self._action for entry in entries):
            raise KilledError
        self._real.append(*entries)

    def __getattr__(self, name: str):
        return getattr(self._real, name)


@contextmanager
def killed_before(agent, action: str):
    object.__setattr__(agent, "journal", DyingJournal(agent.journal, action))
    with pytest.raises(KilledError):
        yield


@contextmanager
def killed_at_transaction(agent, number: int):
    real, numbers = agent.state.transaction, count(1)

    def transaction():
        if next(numbers) == number:
            raise KilledError
        return real()

    agent.state.transaction = transaction
    with pytest.raises(KilledError):
        yield


def asked(folder, **how) -> Host:
    """Return a host whose agent has asked about a repair."""
    host = Host(folder, mode=Mode.APPROVE, **how)
    host.fails()
    host.tick()
    return host


def agree(host: Host) -> None:
    with host.agent() as agent, agent.state.transaction():
        [question] = [a for a in agent.state.approvals.all() if a.state is ApprovalState.PENDING]
        assert agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)


def change(host: Host, status: Status) -> None:
    with host.agent() as agent, agent.state.transaction():
        [incident] = agent.state.incidents.all()
        agent.state.incidents.save(replace(incident, status=status))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_crash_before_any_write_of_an_approved_run_leaves_nothing_waiting_for_ever(tmp_path, number):
    host = asked(tmp_path)
    agree(host)
    with host.agent() as agent, killed_at_transaction(agent, number):
        act_on_granted(agent, Tick())
    host.tick()
    [incident] = host.incidents()
    with host.agent() as agent:
        is_asked = any(a.state is ApprovalState.PENDING for a in agent.state.approvals.all())
    assert (incident.status is Status.WAITING_APPROVAL) == is_asked
    assert incident.status is not Status.RUNNING
    assert host.recorded().count("step") <= 1


def test_an_incident_that_was_closed_after_the_question_is_neither_acted_on_nor_opened_again(tmp_path):
    host = asked(tmp_path)
    agree(host)
    change(host, Status.CLOSED)
    host.tick()
    assert host.lock.exists()
    assert [incident.status for incident in host.incidents()] == [Status.CLOSED]
    assert "refused" in host.recorded()


def test_mode_observe_outranks_an_approval_given_before(tmp_path):
    host = asked(tmp_path)
    agree(host)
    host.mode = Mode.OBSERVE
    host.tick()
    assert host.lock.exists()
    assert "observe only" in host.phone.messages[-1].text
    assert host.incidents()[0].status is Status.OPEN


def test_an_approval_that_was_not_used_in_time_is_not_used_later(tmp_path):
    host = asked(tmp_path)
    agree(host)
    host.tick(after=timedelta(days=7))
    assert host.lock.exists()
    assert "refused" in host.recorded()


def test_two_faults_of_one_service_are_one_question_one_repair_and_both_resolved(tmp_path):
    host = asked(tmp_path)
    host.writes("2026-11-23 03:00:00,001 ERROR shop: cannot start: quite another way of saying so")
    host.tick()
    with host.agent() as agent, agent.state.transaction():
        [question] = agent.state.approvals.all()
        agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
    host.tick()
    assert host.recorded().count("intent") == 1
    assert [incident.status for incident in host.incidents()] == [Status.RESOLVED] * 2


def test_an_approval_does_not_outrun_the_cooldown(tmp_path):
    host = asked(tmp_path)
    with host.agent() as agent, agent.state.transaction():
        [question] = agent.state.approvals.all()
        agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
        agent.state.actions.intend(Action("by-hand", None, "remove-lock", "d", SERVICE, host.clock.time))
        agent.state.actions.finish("by-hand", Outcome.SUCCEEDED, host.clock.time)
    host.tick()
    assert host.recorded().count("intent") == 0
    assert host.recorded().count("refused") == 1


def test_an_incident_closed_after_a_crash_stays_closed_and_the_action_still_ends(tmp_path):
    host = Host(tmp_path)
    host.fails()
    host.clock.time += timedelta(minutes=5)
    with host.agent() as agent, killed_before(agent, "result"):
        tick(agent, host.clock.time)
    change(host, Status.CLOSED)
    host.tick()
    [incident] = host.incidents()
    assert (incident.status, incident.outcome) == (Status.CLOSED, Outcome.SUCCEEDED)
    with host.agent() as agent:
        assert agent.state.actions.interrupted() == []


def test_a_line_whose_evidence_never_holds_is_probed_each_time_and_told_once(tmp_path):
    host = Host(tmp_path)
    for _ in range(5):
        host.writes("ERROR shop: cannot start: a line that anybody can write")
        host.tick()
    assert host.recorded().count("intent") == 5
    assert len(host.phone.messages) == 1
    host.writes("ERROR shop: cannot start: a line that anybody can write")
    host.tick(after=timedelta(hours=5))
    assert len(host.phone.messages) == 2


def test_a_person_who_agreed_is_told_also_when_the_evidence_does_not_hold_again(tmp_path):
    host = Host(tmp_path)
    host.writes("ERROR shop: cannot start: a line that anybody can write")
    host.tick()
    host.mode = Mode.APPROVE
    host.writes("ERROR shop: cannot start: a line that anybody can write")
    host.tick()
    agree(host)
    host.tick()
    assert [message.fields["kind"] for message in host.phone.messages] == ["done", "question", "done"]


def test_a_clock_set_back_by_years_does_not_silence_what_was_told_in_the_future(tmp_path):
    host = Host(tmp_path)
    host.clock.time = NOW + timedelta(days=9000)
    host.writes("ERROR something nobody knows")
    host.tick()
    host.clock.time = NOW
    for _ in range(2):
        host.writes("ERROR something nobody knows")
        host.tick()
    assert len(host.phone.messages) == 2


def test_letters_to_a_chat_that_is_configured_no_more_are_set_aside_until_it_is_again(tmp_path):
    host = Host(tmp_path)
    host.phone.reachable = False
    host.writes("ERROR something nobody knows")
    host.tick()
    host.phone.name = "pager"
    host.tick()
    with host.agent() as agent:
        assert agent.state.outbox.next_due() is None
        [letter] = agent.state.outbox.all()
        assert (letter.state, "'phone'" in letter.error) == ("dead", True)
        with agent.state.transaction():
            agent.state.outbox.retry(host.clock.time)
    host.phone.name, host.phone.reachable = "phone", True
    host.tick()
    assert len(host.phone.messages) == 1


def test_what_was_delivered_does_not_stay_in_the_state(tmp_path):
    host = Host(tmp_path)
    host.writes("ERROR something nobody knows", "ERROR another matter altogether here")
    host.tick()
    assert len(host.phone.messages) == 2
    with host.agent() as agent:
        assert agent.state.database.value("SELECT count(*) FROM outbox") == 0
