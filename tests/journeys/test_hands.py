"""While a person is at work on a service nothing is done about it: from the log line to the phone, and afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.agent import Tick
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Outcome, Status
from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.doing import Doing
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from tests.fakes import YES
from tests.journeys.host import SERVICE, Host

MINUTE = timedelta(minutes=1)


class Watched(Host):
    """A host whose systemd says whether somebody has just had it act on the service."""

    def __init__(self, folder: Path, **how) -> None:
        super().__init__(folder, **how)
        self.repair.write_text(self.repair.read_text().replace("busy: false\n", ""))
        self.sign()
        self.somebody = False
        self.looked: list[Command] = []
        self.words = {"untouched": Doing(self._untouched), "not_busy": Doing(lambda *_: YES)}

    def _untouched(self, command: Command, _) -> CommandResult:
        self.looked.append(command)
        return CommandResult(ok=not self.somebody, detail="somebody had systemd stop it 3 minutes ago")


@pytest.fixture
def host(tmp_path):
    return Watched(tmp_path)


def only(found: Tick):
    [incident] = found.touched.values()
    return incident


def agree(host: Host) -> None:
    with host.agent() as agent:
        [question] = agent.state.approvals.pending()
        with agent.state.transaction():
            agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
        act_on_granted(agent, Tick())


def test_nothing_is_done_while_a_person_is_at_it_and_it_is_done_afterwards_without_another_line(host):
    host.somebody = True
    host.fails()
    incident = only(host.tick())
    assert (incident.decision, incident.reason, incident.status) == ("report", "busy", Status.OPEN)
    assert incident.look_again == host.clock.time + 5 * MINUTE
    assert host.lock.exists()
    assert "intent" not in host.recorded()
    assert only(host.tick()).decision == "suppress", "told once"
    assert len(host.phone.messages) == 1
    [told] = [line for line in host.phone.messages[0].text.splitlines() if "What was done" in line]
    assert "Somebody may be at work" in told
    assert "(somebody had systemd stop it 3 minutes ago)" in told
    assert host.record()[0].detail["at_work"] == "somebody had systemd stop it 3 minutes ago"
    host.somebody = False
    assert only(host.tick()).outcome is Outcome.SUCCEEDED
    assert not host.lock.exists()


def test_nobody_is_asked_while_a_person_is_at_it(tmp_path):
    host = Watched(tmp_path, mode=Mode.APPROVE)
    host.somebody = True
    host.fails()
    assert only(host.tick()).reason == "busy"
    host.somebody = False
    incident = only(host.tick())
    assert (incident.decision, incident.reason) == ("ask", "mode_approve")


def test_what_the_person_has_mended_is_not_asked_about_any_more(tmp_path):
    host = Watched(tmp_path, mode=Mode.APPROVE)
    host.somebody = True
    host.fails()
    host.tick()
    host.lock.unlink()
    host.somebody = False
    incident = only(host.tick())
    assert (incident.decision, incident.reason, incident.look_again) == ("report", "no_evidence", None)
    host.fails()
    assert only(host.tick()).decision == "ask", "it is seen again: then it is asked about on the word of the log"


def test_what_was_agreed_to_is_not_done_under_a_persons_hands_and_is_asked_anew(tmp_path):
    host = Watched(tmp_path, mode=Mode.APPROVE)
    host.fails()
    assert only(host.tick()).decision == "ask"
    host.somebody = True
    agree(host)
    assert host.lock.exists()
    assert host.recorded()[-1] == "refused"
    host.tick(MINUTE)
    assert "somebody had systemd stop it 3 minutes ago" in host.phone.messages[-1].text
    host.somebody = False
    assert only(host.tick()).decision == "ask"


def test_who_writes_that_nobody_is_waited_for_waits_for_nobody(host):
    host.repair.write_text(host.repair.read_text() + "busy: false\n")
    host.sign()
    host.somebody = True
    host.fails()
    assert only(host.tick()).outcome is Outcome.SUCCEEDED
    assert host.looked == []


def test_where_nothing_would_be_done_nobody_is_looked_for(tmp_path):
    host = Watched(tmp_path, mode=Mode.OBSERVE)
    host.fails()
    assert only(host.tick()).reason == "observe_only"
    assert host.looked == []


@pytest.mark.slow
def test_five_hundred_faults_at_once_are_one_look(host):
    host.somebody = True
    host.lock.write_text("1\n")
    words = (f"{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}{chr(97 + n // 676)}" for n in range(500))
    host.writes(*[f"2026-11-23 03:00:00,001 ERROR shop: cannot start: the {word} part of it is gone" for word in words])
    found = host.tick()
    assert {incident.reason for incident in found.touched.values() if incident.service} == {"busy"}
    assert sum(1 for incident in found.touched.values() if incident.service) > 100
    assert len(host.looked) == 1


def test_the_agents_own_runs_are_told_apart_by_their_time(host):
    host.fails()
    began = host.clock.time + 5 * MINUTE
    host.tick()
    host.fails()
    host.tick(20 * MINUTE)
    [*_, look] = host.looked
    assert look.arguments["unit"] == SERVICE
    began_then, ended_then = map(float, str(look.arguments["ours.0"]).split())
    assert began_then == began.timestamp() <= ended_then


def test_a_service_that_is_not_well_has_not_recovered_because_somebody_is_at_it(tmp_path):
    host = Watched(tmp_path, probe="file_exists")
    host.fails()
    host.tick()
    host.somebody = True
    host.fails()
    host.tick(60 * MINUTE)
    assert "recovered" not in host.recorded()
