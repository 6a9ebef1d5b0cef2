"""What holds the agent back, from the log line to the phone."""

import os
from datetime import timedelta

import pytest

from aiops_agent.agent import Tick
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.noun import replace
from aiops_agent.pipeline import tick
from aiops_agent.policy.limits import Group, Limits, stage
from aiops_agent.policy.windows import Window
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from tests.build import incident
from tests.fakes import NO, YES, ScriptedExecutor
from tests.journeys.host import SERVICE, Host

HOUR = timedelta(hours=1)
QUICK = (("cooldown: 15m", "cooldown: 1m"), ("per_hour: 2, per_day: 3", "per_hour: 9, per_day: 99"))


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def hasty(host: Host) -> Host:
    """Let its playbook run as often as the host allows."""
    text = host.repair.read_text()
    for before, after in QUICK:
        text = text.replace(before, after)
    edit(host, text)
    return host


def edit(host: Host, text: str) -> None:
    """Write its playbook anew, and sign it."""
    host.repair.write_text(text)
    host.sign()


def fault(found: Tick):
    return next(incident for incident in found.touched.values() if incident.kind is Kind.LOG)


def notices(host: Host, kind: str = "circuit_open"):
    return [incident for incident in host.incidents() if incident.notice == kind]


def agree(host: Host) -> None:
    """Have a person say yes to all that is asked."""
    with host.agent() as agent:
        for question in agent.state.approvals.all():
            with agent.state.transaction():
                agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
        act_on_granted(agent, Tick())


def standing(host: Host) -> str:
    with host.agent() as agent:
        playbook = agent.library.playbooks.get("remove-lock")
        return stage(playbook, agent.state.actions.history("remove-lock"), host.limits)


def test_a_playbook_earns_auto_by_verified_successes_that_people_agreed_to(host):
    host.limits = Limits()
    reasons, stages = [], []
    for _ in range(4):
        host.fails()
        found = fault(host.tick(after=timedelta(days=1)))
        reasons.append((found.decision, found.reason))
        stages.append(standing(host))
        agree(host)
    assert reasons == [("ask", "shadow"), ("ask", "unproven"), ("ask", "unproven"), ("run", "auto_allowed")]
    assert stages == ["shadow", "proven 1 of 3", "proven 2 of 3", "auto"]
    assert not host.lock.exists()


def test_an_edit_takes_auto_away_again(host):
    host.limits = Limits(unlock_after=1)
    host.fails()
    host.tick()
    agree(host)
    assert standing(host) == "auto"
    edit(host, host.repair.read_text() + "# a word more\n")
    assert standing(host) == "shadow"
    host.fails()
    assert fault(host.tick(after=timedelta(days=1))).reason == "shadow"


def test_a_circuit_opens_after_two_failures_is_told_once_and_closed_by_a_success(tmp_path):
    host = hasty(Host(tmp_path, mode=Mode.APPROVE, probe="file_exists"))
    for _ in range(2):
        host.fails()
        host.tick()
        agree(host)
    host.fails()
    found = fault(host.tick())
    assert (found.decision, found.reason) == ("report", "circuit_open")
    [notice] = notices(host)
    assert "remove-lock on shop.service" in notice.title
    told = [title for title in host.phone.titles if "circuit open" in title]
    assert len(told) == 1
    host.fails()
    host.tick()
    assert [title for title in host.phone.titles if "circuit open" in title] == told, "told once"
    host.fails()
    found = fault(host.tick(after=5 * HOUR))
    assert (found.decision, found.status) == ("ask", Status.WAITING_APPROVAL)
    edit(host, host.repair.read_text().replace("{file_exists: {path: $lock}}]}", "{file_absent: {path: $lock}}]}"))
    host.tick(after=2 * HOUR)
    host.fails()
    found = fault(host.tick(after=5 * HOUR))
    assert found.decision == "ask", found.reason
    agree(host)
    host.tick()
    [notice] = notices(host)
    assert notice.status is Status.CLOSED


def test_half_open_is_asked_about_also_in_mode_auto(tmp_path):
    host = hasty(Host(tmp_path, mode=Mode.APPROVE, probe="file_exists"))
    for _ in range(2):
        host.fails()
        host.tick()
        agree(host)
    host.mode = Mode.AUTO
    host.fails()
    found = fault(host.tick(after=2 * HOUR))
    assert (found.decision, found.reason) == ("ask", "half_open")


def test_a_fix_that_does_not_hold_is_given_up_and_told(host):
    hasty(host)
    said = []
    for _ in range(4):
        host.fails()
        found = fault(host.tick(after=2 * HOUR))
        said.append((found.decision, found.reason, found.outcome))
    assert said[:3] == [
        ("run", "auto_allowed", Outcome.SUCCEEDED),
        ("run", "auto_allowed", Outcome.SUCCEEDED),
        ("report", "fix_does_not_hold", Outcome.SUCCEEDED),
    ]
    assert host.lock.exists()
    assert [message for message in host.phone.messages if "does not hold" in message.text]
    assert host.recorded().count("intent") == 2


def test_what_failed_is_tried_by_itself_again_after_the_service_was_found_well(host):
    good = host.repair.read_text()
    edit(host, good.replace("[{file_absent: {path: $lock}}]", "[{file_exists: {path: $lock}}]"))
    host.fails()
    host.tick()
    edit(host, good)
    host.fails()
    assert fault(host.tick(after=HOUR)).reason == "last_run_failed"
    host.tick(after=2 * HOUR)  # nobody answers
    host.lock.unlink()  # somebody repairs it by hand
    host.writes("nothing to see here")
    host.tick(after=HOUR)
    assert "recovered" in host.recorded()
    host.fails()
    found = fault(host.tick(after=5 * HOUR))
    assert (found.decision, found.outcome) == ("run", Outcome.SUCCEEDED)


def test_while_the_fault_is_there_nothing_has_recovered_whatever_the_verification_says(tmp_path):
    host = Host(tmp_path, probe="file_exists")
    host.fails()
    host.tick()
    host.fails()
    assert fault(host.tick(after=HOUR)).reason == "last_run_failed"
    assert "recovered" not in host.recorded()


def test_in_a_freeze_nothing_is_done_and_the_report_says_why(host):
    host.windows = (Window(),)
    host.fails()
    found = fault(host.tick())
    assert (found.decision, found.reason) == ("report", "maintenance")
    assert "policy.windows" in host.phone.messages[0].text
    assert host.lock.exists()


def test_what_a_person_agreed_to_before_a_freeze_is_not_run_in_it(tmp_path):
    host = Host(tmp_path, mode=Mode.APPROVE)
    host.fails()
    host.tick()
    host.windows = (Window(),)
    agree(host)
    assert host.lock.exists()
    assert "refused" in host.recorded()


def test_what_the_service_says_right_after_its_repair_is_counted_and_not_acted_on(host):
    hasty(host)
    host.fails()
    host.tick()
    host.fails()
    just_after = (host.clock.time + timedelta(seconds=30)).timestamp()
    os.utime(host.log, (just_after, just_after))
    found = fault(host.tick(after=timedelta(seconds=40)))
    assert (found.occurrences, found.decision, found.reason) == (2, "suppress", "self_effect")
    assert (found.status, host.lock.exists()) == (Status.RESOLVED, True)
    host.fails()
    later = (host.clock.time + timedelta(minutes=5)).timestamp()
    os.utime(host.log, (later, later))
    found = fault(host.tick())
    assert (found.occurrences, found.decision, found.outcome) == (3, "run", Outcome.SUCCEEDED)


SIGNALS = ("steps: [{move_aside: {path: $lock}}]", "steps: [{signal: {pid_file: $lock, name: HUP}}]")


@pytest.mark.parametrize(("seen", "decision"), [(NO, "report"), (YES, "ask")])
def test_a_member_of_a_group_is_left_alone_while_too_few_others_are_healthy(tmp_path, seen, decision):
    host = Host(tmp_path, risk="medium")
    edit(host, host.repair.read_text().replace(*SIGNALS))
    host.limits = replace(host.limits, groups=(Group(name="web", services=(SERVICE, "b.service"), minimum=1),))
    host.fails()
    with host.agent() as agent:
        executor = ScriptedExecutor({"unit_state": seen})
        object.__setattr__(agent, "executor", executor)
        found = fault(tick(agent, host.clock.time))
    assert found.decision == decision
    assert (found.reason == "group_minimum") is (decision == "report")
    assert {command.arguments["unit"] for command in executor.commands if command.verb == "unit_state"} == {"b.service"}


@pytest.mark.parametrize(("others", "reason"), [(2, "auto_allowed"), (3, "systemic")])
def test_many_services_at_once_are_asked_about_before_the_first_is_repaired(host, others, reason):
    host.fails()
    with host.agent() as agent:
        with agent.state.transaction():
            for n in range(others):
                new = incident(
                    id=f"inc-{n}", service=f"{n}.service", first_seen=host.clock.time, last_seen=host.clock.time
                )
                agent.state.incidents.save(new)
        assert fault(tick(agent, host.clock.time)).reason == reason
    assert host.lock.exists() is (reason == "systemic")


def test_a_person_who_acknowledges_what_failed_ends_its_cooldown(tmp_path):
    host = Host(tmp_path, probe="file_exists")
    host.fails()
    failed = fault(host.tick())
    with host.agent() as agent:
        assert [run.cleared for run in agent.state.actions.history().runs] == [False]
        with agent.state.transaction():
            agent.state.actions.clear(failed.id, host.clock.time)
    host.fails()
    assert fault(host.tick(after=HOUR)).decision == "run"
