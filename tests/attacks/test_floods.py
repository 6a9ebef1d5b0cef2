"""Floods of lines, of scans and of forged faults: actions within the caps, told once, every record counted.

A09 and A10 of the attack corpus, and floods that peers fell to: Icinga once started a handler 60,000 times in
three minutes. Everything is real but the diagnosis, the phone and the clock.
"""

import random
from datetime import timedelta

import pytest

from aiops_agent.agent import Tick
from aiops_agent.crowd import MOST_NEW, MOST_TOLD
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.pipeline import tick
from aiops_agent.policy.limits import Limits
from aiops_agent.repair import act_on_granted
from aiops_agent.state.approvals import ApprovalState
from tests.journeys.host import Host

HEAD = "2026-11-23 03:00:00,001 ERROR shop: cannot start: "
LETTERS = "bcdfghjklmnpqrstvwxyz"


def forged(number: int, seed: int = 1) -> list[str]:
    """Return lines that each name another fault, and that each are for the playbook."""
    choose = random.Random(seed)
    return [f"{HEAD}{''.join(choose.choices(LETTERS, k=12))} lost its way" for _ in range(number)]


def hasty(host: Host) -> Host:
    """Take away what the playbook itself would hold back: what is left are the limits of the host."""
    text = host.repair.read_text().replace("cooldown: 15m", "cooldown: 1s")
    host.repair.write_text(text.replace("caps: {per_hour: 2, per_day: 3}", "caps: {per_hour: 60, per_day: 99}"))
    host.sign()
    return host


def runs(host: Host) -> list:
    """Return when each run began, the first of them first."""
    with host.agent() as agent:
        return [run.began for run in reversed(agent.state.actions.history().runs)]


def most_within(time: timedelta, moments: list) -> int:
    return max((sum(moment <= other < moment + time for other in moments) for moment in moments), default=0)


def occurrences(host: Host) -> int:
    found = [i for i in host.incidents() if i.kind is Kind.LOG or i.notice == "cardinality"]
    return sum(incident.occurrences for incident in found)


@pytest.mark.slow
def test_a_hundred_thousand_matching_lines_in_one_scan_are_one_action_told_once(tmp_path):
    host = hasty(Host(tmp_path))
    host.fails(times=100_000)
    found = host.tick()
    assert found.errors == 100_000
    [incident] = found.touched.values()
    assert (incident.occurrences, incident.outcome) == (100_000, Outcome.SUCCEEDED)
    assert len(runs(host)) == 1
    assert len(host.phone.messages) == 1


@pytest.mark.slow
@pytest.mark.parametrize("probe", ["file_absent", "file_exists"])
def test_ten_thousand_scans_that_each_find_the_fault_again_stay_within_the_caps(tmp_path, probe):
    """One every ten seconds, for more than a day, of a fault that is put back at once: the repair holds or it fails."""
    host = hasty(Host(tmp_path, probe=probe))
    with host.agent() as agent:
        for _ in range(10_000):
            host.fails()
            host.clock.time += timedelta(seconds=10)
            tick(agent, host.clock.time)
    assert occurrences(host) == 10_000
    moments = runs(host)
    hours = 10_000 * 10 / 3600
    if probe == "file_absent":
        assert most_within(timedelta(days=1), moments) == Limits().repairs_per_day
    else:
        assert len(moments) == 1, "what did not help is not tried again without a person"
    assert most_within(timedelta(hours=1), moments) <= Limits().runs_per_hour
    told = len(host.phone.messages)
    assert told <= 3 * len(moments) + hours / 4 * 2 + 2, "the repeat interval is four hours, a question is open for one"


@pytest.mark.slow
@pytest.mark.parametrize("probe", ["file_absent", "file_exists"])
def test_a09_sixty_thousand_forged_incidents_are_no_more_actions_than_one(tmp_path, probe):
    """Thirty scans of two thousand new faults each, of one service, for its playbook, and the evidence holds."""
    host = hasty(Host(tmp_path, probe=probe))
    errors = 0
    with host.agent() as agent:
        for seed in range(30):
            host.lock.write_text("1\n")
            host.writes(*forged(2_000, seed))
            host.clock.time += timedelta(seconds=10)
            errors += tick(agent, host.clock.time).errors
    assert errors == 60_000
    assert occurrences(host) == 60_000
    moments = runs(host)
    assert most_within(timedelta(hours=1), moments) <= Limits().runs_per_hour
    assert len(moments) <= Limits().repairs_per_day
    assert len(host.phone.messages) <= 30 * (MOST_TOLD + 3) + 2
    titles = [title for title in host.phone.titles if "cardinality" in title or "circuit" in title]
    assert len(titles) == len(set(titles)), "told once"
    assert len([i for i in host.incidents() if i.kind is Kind.LOG]) == 30 * MOST_NEW


@pytest.mark.slow
def test_a09_ten_thousand_forged_incidents_without_evidence_touch_nothing(tmp_path):
    host = hasty(Host(tmp_path))
    host.writes(*forged(10_000))
    found = host.tick()
    assert found.errors == 10_000
    recorded = host.recorded()
    assert "step" not in recorded
    assert recorded.count("intent") == 1, "looked at once"
    assert runs(host) == []
    assert len(host.phone.messages) <= MOST_TOLD + 3


@pytest.mark.slow
@pytest.mark.parametrize("evidence", [True, False])
def test_a10_one_forged_line_each_ten_minutes_for_two_days_gets_no_more_than_the_caps(tmp_path, evidence):
    host = hasty(Host(tmp_path))
    with host.agent() as agent:
        for line in forged(288):
            if evidence:
                host.lock.write_text("1\n")
            host.writes(line)
            host.clock.time += timedelta(minutes=10)
            tick(agent, host.clock.time)
    moments = runs(host)
    assert most_within(timedelta(days=1), moments) == (Limits().repairs_per_day if evidence else 0)
    if evidence:
        assert 4 <= len(moments) <= 5
        assert [m for m in host.phone.messages if "does not hold" in m.text]
    else:
        assert "step" not in host.recorded()


@pytest.mark.parametrize("unlock_after", [0, 3])
def test_a09_a_flood_of_forged_faults_is_one_question_and_as_many_reports_as_people_read(tmp_path, unlock_after):
    host = hasty(Host(tmp_path, mode=Mode.AUTO if unlock_after else Mode.APPROVE))
    host.limits = Limits(unlock_after=unlock_after)
    host.lock.write_text("1\n")
    host.writes(*forged(MOST_TOLD + 20))
    host.tick()
    with host.agent() as agent:
        [question] = agent.state.approvals.all()
        assert len(host.phone.messages) == MOST_TOLD + 2, "the question, those told alone, and the digest of the rest"
        with agent.state.transaction():
            agent.state.approvals.answer(question.id, ApprovalState.APPROVED, "user:ada", host.clock.time)
        act_on_granted(agent, Tick())
    statuses = {incident.status for incident in host.incidents() if incident.kind is Kind.LOG}
    assert statuses == {Status.RESOLVED}, "one answer was enough for all"
