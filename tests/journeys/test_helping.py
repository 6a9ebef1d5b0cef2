"""What did not help against a fault is not done again by itself, for that fault."""

import os
from datetime import timedelta

import pytest

from aiops_agent.agent import Tick
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.noun import replace
from aiops_agent.pipeline import tick
from aiops_agent.policy.limits import Limits
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from tests.journeys.host import Host

HOUR = timedelta(hours=1)
OTHER = "2026-11-23 03:00:00,001 ERROR shop: cannot start: the gadget is gone"


@pytest.fixture
def host(tmp_path):
    """A host whose limits let a repair run as often as this needs."""
    host = Host(tmp_path)
    host.limits = Limits(unlock_after=0, repairs_per_day=99)
    host.repair.write_text(host.repair.read_text().replace("per_hour: 2, per_day: 3", "per_hour: 9, per_day: 99"))
    host.sign()
    return host


def fault(host: Host):
    return next(each for each in host.incidents() if each.kind is Kind.LOG)


def runs(host: Host) -> list[str]:
    return [str(entry.detail["playbook"]) for entry in host.record() if entry.action == "intent"]


def comes_back(host: Host, after: timedelta = HOUR) -> None:
    host.clock.time += after
    host.fails()
    host.tick()


def agree(host: Host) -> None:
    with host.agent() as agent:
        [question] = agent.state.approvals.pending()
        with agent.state.transaction():
            agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
        act_on_granted(agent, Tick())


def test_a_fault_that_comes_back_twice_is_asked_about_and_the_reason_is_that(host):
    host.fails()
    host.tick()
    comes_back(host)
    assert len(runs(host)) == 2, "once may be chance"
    comes_back(host)
    assert len(runs(host)) == 2
    assert (fault(host).decision, fault(host).reason) == ("ask", "did_not_help")
    assert "did not help" in host.phone.messages[-1].text


def test_it_runs_by_itself_again_after_a_person_has_agreed_and_it_helped(host):
    host.fails()
    host.tick()
    comes_back(host)
    comes_back(host)
    agree(host)
    assert (len(runs(host)), fault(host).outcome) == (3, Outcome.SUCCEEDED)
    comes_back(host)
    assert len(runs(host)) == 4, "since then it has come back once"
    comes_back(host)
    assert fault(host).reason == "did_not_help"


def test_what_comes_back_every_night_is_helped_every_night(host):
    host.fails()
    host.tick()
    for _ in range(4):
        comes_back(host, after=timedelta(hours=23))
    assert len(runs(host)) == 5


def has_returned(host: Host) -> list[bool]:
    with host.agent() as agent:
        return [attempt.returned is not None for attempt in agent.state.actions.attempts(fault(host).fingerprint)]


def test_what_the_repair_itself_caused_is_no_return(host):
    host.fails()
    host.tick()
    for seconds, returned in ((30, False), (300, True)):
        host.fails()
        written = (host.clock.time + timedelta(seconds=seconds)).timestamp()
        os.utime(host.log, (written, written))
        host.tick(after=timedelta(seconds=seconds + 10))
        assert has_returned(host) == [returned]


def test_lines_from_before_the_repair_are_no_return(host):
    host.fails()
    with host.agent() as agent:
        real = agent.executor.run

        class Talkative:
            privileged = False
            plan = agent.executor.plan

            def run(self, command, stopped):
                if command.changes:
                    host.writes("2026-11-23 03:00:00,001 ERROR shop: cannot start: lock file is there")
                return real(command, stopped)

        tick(replace(agent, executor=Talkative()), host.clock.time)
    host.tick()
    assert (fault(host).occurrences, has_returned(host)) == (2, [False])


def test_another_fault_of_the_service_is_not_meant(host):
    host.fails()
    host.tick()
    comes_back(host)
    comes_back(host)
    with host.agent() as agent, agent.state.transaction():
        agent.state.approvals.withdraw(fault(host).id, "user:ada", host.clock.time)
        [asked] = [each for each in agent.state.incidents.all() if each.kind is Kind.LOG]
        agent.state.incidents.save(replace(asked, status=Status.CLOSED))
    host.clock.time += HOUR
    host.lock.write_text("1\n")
    host.writes(OTHER)
    host.tick()
    assert len(runs(host)) == 3


def test_a_closed_incident_does_not_make_it_forgotten(host):
    for _ in range(3):
        with host.agent() as agent, agent.state.transaction():
            for each in agent.state.incidents.all():
                agent.state.incidents.save(replace(each, status=Status.CLOSED))
        comes_back(host)
    assert len(runs(host)) == 2
    assert host.incidents()[0].reason == "did_not_help"


def test_the_next_playbook_that_fits_is_chosen_before_people_are_asked(host):
    other = host.playbooks / "remove-lock-too.yaml"
    other.write_text(host.repair.read_text().replace("name: remove-lock", "name: remove-lock-too"))
    host.sign()
    host.fails()
    host.tick()
    comes_back(host)
    comes_back(host)
    assert runs(host) == ["remove-lock", "remove-lock", "remove-lock-too"]


def test_failures_count_although_the_service_was_found_well_in_between(tmp_path):
    host = Host(tmp_path, probe="file_exists")
    host.limits = Limits(unlock_after=0)
    host.fails()
    host.tick()
    for _ in range(2):
        with host.agent() as agent, agent.state.transaction():
            agent.state.actions.recovered("remove-lock", "shop.service", host.clock.time)
        comes_back(host, after=timedelta(hours=3))
    outcomes = [entry.detail["outcome"] for entry in host.record() if entry.action == "result"]
    assert "succeeded" not in outcomes
    assert (len(outcomes), fault(host).reason) == (2, "did_not_help")
