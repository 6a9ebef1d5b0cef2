"""A log line goes in; what was decided, done, told and recorded comes out."""

import json
from datetime import timedelta

import pytest

from aiops_agent.agent import Tick
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.pipeline import tick
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from tests.journeys.host import Host


def only(found: Tick):
    [incident] = found.touched.values()
    return incident


def test_a_fault_is_found_repaired_verified_told_and_recorded(tmp_path):
    host = Host(tmp_path)
    host.fails(times=3)
    found = host.tick()
    incident = only(found)
    assert (found.errors, incident.occurrences, incident.category) == (3, 3, "service_failure")
    assert (incident.decision, incident.outcome, incident.status) == ("run", Outcome.SUCCEEDED, Status.RESOLVED)
    assert not host.lock.exists()
    assert len(host.phone.messages) == 1
    assert host.recorded() == ["decision", "intent", "step", "result"]


def test_the_json_of_an_incident_has_the_keys_of_the_contract(tmp_path):
    host = Host(tmp_path)
    host.fails()
    found = json.loads(json.dumps(only(host.tick()).as_json()))
    assert list(found) == [
        "id", "kind", "fingerprint", "status", "category", "confidence", "abstained", "severity", "service", "source",
        "first_seen", "last_seen", "occurrences", "title", "article", "playbook", "decision", "reason", "outcome",
    ]  # fmt: skip
    assert len(found["fingerprint"]) == 16
    assert found["first_seen"].endswith("Z")


def test_nothing_is_read_twice_and_nothing_told_twice(tmp_path):
    host = Host(tmp_path)
    host.writes("ERROR something nobody knows")
    host.tick()
    again = host.tick()
    assert (again.errors, again.touched, again.bytes) == (0, {}, 0)
    host.writes("ERROR something nobody knows")
    third = only(host.tick())
    assert (third.occurrences, third.decision, third.reason) == (2, "suppress", "repeat_interval")
    assert len(host.phone.messages) == 1


def test_a_known_fault_is_not_diagnosed_again(tmp_path):
    host = Host(tmp_path)
    for _ in range(3):
        host.writes("ERROR something nobody knows")
        host.tick()
    assert len(host.diagnostician.asked) == 1


def test_mode_observe_touches_nothing(tmp_path):
    host = Host(tmp_path, mode=Mode.OBSERVE)
    host.fails()
    incident = only(host.tick())
    assert (incident.decision, incident.reason) == ("report", "observe_only")
    assert host.lock.exists()


def test_mode_approve_asks_and_runs_when_a_person_agrees(tmp_path):
    host = Host(tmp_path, mode=Mode.APPROVE)
    host.fails()
    incident = only(host.tick())
    assert (incident.decision, incident.status) == ("ask", Status.WAITING_APPROVAL)
    assert host.lock.exists()
    with host.agent() as agent:
        [question] = agent.state.approvals.all()
        assert question.id in host.phone.messages[0].text
        with agent.state.transaction():
            assert agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
        act_on_granted(agent, Tick())
    assert not host.lock.exists()
    assert host.incidents()[0].outcome is Outcome.SUCCEEDED


def test_an_approval_does_not_run_a_playbook_that_was_edited_since(tmp_path):
    host = Host(tmp_path, mode=Mode.APPROVE)
    host.fails()
    host.tick()
    with host.agent() as agent, agent.state.transaction():
        agent.state.approvals.answer(
            agent.state.approvals.all()[0].id, ApprovalState.APPROVED, "user:ada", host.clock.time
        )
    host.repair.write_text(host.repair.read_text() + "# edited\n")
    host.tick()
    assert host.lock.exists()
    assert "refused" in host.recorded()


def test_no_answer_is_a_no_and_is_not_asked_again_at_once(tmp_path):
    host = Host(tmp_path, mode=Mode.APPROVE)
    host.fails()
    host.tick()
    host.tick(after=timedelta(hours=2))
    assert host.incidents()[0].status is Status.OPEN
    host.fails()
    assert only(host.tick()).reason == "denied"
    assert host.lock.exists()


def test_what_does_not_verify_is_undone_and_told(tmp_path):
    host = Host(tmp_path, probe="file_exists")
    host.fails()
    incident = only(host.tick())
    assert (incident.outcome, incident.status) == (Outcome.UNDONE, Status.OPEN)
    assert host.lock.exists()
    assert len(host.phone.messages) == 1


def test_what_did_not_help_is_asked_about_before_it_is_tried_again(tmp_path):
    host = Host(tmp_path, probe="file_exists")
    host.fails()
    host.tick()
    host.fails()
    assert only(host.tick(after=timedelta(hours=1))).decision == "ask"


def test_without_evidence_nothing_is_touched(tmp_path):
    host = Host(tmp_path)
    host.writes("ERROR shop: cannot start: a line that anybody can write")
    incident = only(host.tick())
    assert (incident.decision, incident.outcome, incident.status) == ("run", None, Status.OPEN)
    assert "step" not in host.recorded()


def test_lines_written_before_the_repair_was_verified_do_not_raise_the_incident_again(tmp_path):
    host = Host(tmp_path)
    host.fails()
    with host.agent() as agent:
        real = agent.executor.run

        class Busy:
            privileged = False
            plan = agent.executor.plan

            def run(self, command, stopped):
                if command.changes:
                    host.writes("2026-11-23 03:00:00,001 ERROR shop: cannot start: lock file is there")
                return real(command, stopped)

        object.__setattr__(agent, "executor", Busy())
        tick(agent, host.clock.time)
    late = only(host.tick())
    assert (late.occurrences, late.decision, late.reason) == (2, "suppress", "before_repair")
    assert late.status is Status.RESOLVED


def test_the_fault_that_returns_within_the_cooldown_is_told_and_not_acted_on(tmp_path):
    host = Host(tmp_path)
    host.fails()
    host.tick()
    host.fails()
    again = only(host.tick())
    assert (again.decision, again.reason, again.status) == ("report", "cooldown", Status.OPEN)
    assert host.lock.exists()


def test_ten_thousand_lines_of_one_fault_cause_one_action(tmp_path):
    host = Host(tmp_path)
    host.fails(times=10_000)
    assert only(host.tick()).occurrences == 10_000
    assert host.recorded().count("intent") == 1


def test_halt_is_obeyed_and_reporting_goes_on(tmp_path):
    host = Host(tmp_path)
    host.fails()
    (host.state_dir / "halt").touch()
    incident = only(host.tick())
    assert (incident.decision, incident.reason) == ("report", "halted")
    assert host.lock.exists()
    assert len(host.phone.messages) == 1


def test_a_phone_out_of_reach_gets_every_report_later(tmp_path):
    host = Host(tmp_path)
    host.phone.reachable = False
    host.writes("ERROR one thing nobody knows", "ERROR another matter altogether here")
    host.tick()
    assert host.phone.messages == []
    host.phone.reachable = True
    host.tick()
    assert len(host.phone.messages) == 2


def test_a_secret_reaches_neither_state_nor_report_nor_record(tmp_path):
    host = Host(tmp_path)
    secret = "hunter2-Zx81q"
    host.writes(f"ERROR cannot log in with password={secret} at https://ada:{secret}@db.example/")
    host.tick()
    kept = [path.read_bytes() for path in host.state_dir.rglob("*") if path.is_file()]
    assert all(secret.encode() not in content for content in kept)
    assert secret not in host.phone.messages[0].text


def test_a_broken_playbook_is_told_by_name_once_and_the_others_work(tmp_path):
    host = Host(tmp_path)
    (host.playbooks / "broken.yaml").write_text("name: broken\nsteps: [{format: {disk: sda}}]\n")
    host.fails()
    found = host.tick()
    told = {incident.kind: incident for incident in found.touched.values()}
    assert told[Kind.LOG].outcome is Outcome.SUCCEEDED
    assert "broken.yaml" in told[Kind.AGENT].title
    before = len(host.phone.messages)
    host.tick()
    host.fails()
    host.tick()
    assert [title for title in host.phone.titles[before:] if "broken" in title] == []


def test_an_edited_playbook_takes_effect_on_the_next_tick(tmp_path):
    host = Host(tmp_path)
    host.repair.write_text(host.repair.read_text().replace("[service_failure]", "[disk_full]"))
    host.fails()
    assert only(host.tick()).reason == "no_playbook"
    host.repair.write_text(host.repair.read_text().replace("[disk_full]", "[service_failure]"))
    host.writes("ERROR shop: cannot start: yet another way of saying it")
    assert "run" in {incident.decision for incident in host.tick().touched.values()}


def test_a_playbook_written_for_a_fault_that_is_known_already_is_used_when_it_is_seen_again(tmp_path):
    host = Host(tmp_path, mode=Mode.APPROVE)
    repair = host.repair.read_text()
    host.repair.unlink()
    host.fails()
    assert only(host.tick()).reason == "no_playbook"
    host.repair.write_text(repair)
    host.fails()
    assert only(host.tick()).decision == "ask"
    host.repair.write_text(repair.replace("[service_failure]", "[disk_full]"))
    host.fails()
    assert only(host.tick()).playbook == "remove-lock", "it is being asked about"


def test_a_broken_playbook_that_was_mended_is_told_when_it_breaks_again(tmp_path):
    host = Host(tmp_path)
    repair = host.repair.read_text()
    host.repair.write_text(repair.replace("steps:", "stepps:"))
    first = only(host.tick())
    host.repair.write_text(repair)
    assert only(host.tick()).status is Status.CLOSED
    host.repair.write_text(repair.replace("evidence:", "evidense:"))
    second = only(host.tick())
    assert (first.id == second.id, len(host.phone.messages)) == (False, 2)


def test_a_rehearsal_decides_and_leaves_everything_as_it_was(tmp_path):
    host = Host(tmp_path)
    host.fails()
    with host.agent() as agent:
        found = tick(agent, host.clock.time, rehearse=True)
        assert only(found).decision == "run"
    assert host.lock.exists()
    assert host.phone.messages == []


def test_without_a_record_nothing_is_done_and_it_says_so(tmp_path):
    host = Host(tmp_path)
    host.writes("ERROR first, so that a log exists")
    host.tick()
    for key in (host.state_dir / "keys").iterdir():
        key.unlink()
    host.fails()
    found = host.tick()
    assert found.audit_error is not None
    assert host.lock.exists()
    told = {i.kind: (i.decision, i.reason) for i in found.touched.values()}
    assert told == {Kind.LOG: ("report", "audit_unavailable"), Kind.AGENT: ("report", "notice")}
    assert [title for title in host.phone.titles if "audit unavailable" in title]
    before = len(host.phone.titles)
    host.fails()
    host.tick()
    assert len(host.phone.titles) == before, "told once"


@pytest.mark.parametrize(
    "hostile", ["{{ 7*7 }}", "$(touch /tmp/x)", "`id`", "@channel <!here> [x](http://x)", "\x1b]0;x\x07", "%s%n"]
)
def test_hostile_text_is_only_text(tmp_path, hostile):
    host = Host(tmp_path)
    host.writes(f"ERROR order failed for {hostile} again")
    incident = only(host.tick())
    assert "for 49 again" not in host.phone.messages[0].text
    assert "\x1b" not in host.phone.messages[0].text
    assert incident.occurrences == 1
