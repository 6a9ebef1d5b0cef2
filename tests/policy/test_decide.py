"""The policy, case by case, and its laws."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.model.decision import (
    NO_HISTORY,
    AskApproval,
    History,
    Mode,
    Reason,
    ReportOnly,
    Run,
    Suppress,
    name_of,
)
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.model.playbook import Caps, Risk, Template
from aiops_agent.policy.decide import Circumstances, PolicySettings, decide
from tests.build import NOW, incident, playbook

AT = Circumstances(
    now=NOW,
    silenced=False,
    settled=False,
    halted=False,
    audit_available=True,
    forged=False,
    privileged_executor=False,
    parameters_found=True,
    signed=True,
    last_refusal=None,
)
AUTO = PolicySettings(mode=Mode.AUTO)
BOLDNESS = {"suppress": 0, "report": 1, "ask": 2, "run": 3}


def decided(found=None, repair=None, history=NO_HISTORY, settings=AUTO, **circumstances):
    return decide(found or incident(), repair or playbook(), history, replace(AT, **circumstances), settings)


def ran(ago: timedelta, outcome: Outcome | None = Outcome.SUCCEEDED, hour: int = 1, day: int = 1) -> History:
    return History(runs_last_hour=hour, runs_last_day=day, last_run=NOW - ago, last_outcome=outcome)


def test_a_sure_diagnosis_with_a_low_risk_playbook_runs_in_mode_auto():
    assert decided() == Run(playbook())


def test_mode_approve_asks_for_the_same():
    decision = decided(settings=PolicySettings(mode=Mode.APPROVE))
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.MODE_APPROVE


def test_mode_observe_only_reports():
    assert decided(settings=PolicySettings(mode=Mode.OBSERVE)) == ReportOnly(Reason.OBSERVE_ONLY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"abstained": True}, Reason.UNSURE),
        ({"service": None}, Reason.NO_SERVICE),
        ({"category": "disk_full"}, Reason.NO_PLAYBOOK),
        ({"kind": Kind.AGENT}, Reason.NOTICE),
    ],
)
def test_what_the_case_lacks_is_the_reason_to_only_report(changes, reason):
    assert decided(incident(**changes)) == ReportOnly(reason)


def test_a_playbook_for_other_services_is_no_playbook():
    assert decided(repair=playbook(services=("nginx.service",))) == ReportOnly(Reason.NO_PLAYBOOK)


def test_without_any_playbook_it_reports():
    assert decide(incident(), None, NO_HISTORY, AT, AUTO) == ReportOnly(Reason.NO_PLAYBOOK)


@pytest.mark.parametrize(
    ("circumstances", "reason"),
    [
        ({"halted": True}, Reason.HALTED),
        ({"audit_available": False}, Reason.AUDIT_UNAVAILABLE),
        ({"forged": True}, Reason.STATE_FORGED),
        ({"parameters_found": False}, Reason.PARAMETERS_MISSING),
    ],
)
def test_what_the_moment_forbids_is_the_reason_to_only_report(circumstances, reason):
    assert decided(**circumstances) == ReportOnly(reason)


def test_a_privileged_playbook_without_a_privileged_executor_only_reports():
    root = Template("unit", {"restart": "$unit"}, changes=True, privileged=True)
    assert decided(repair=playbook(steps=(root,))) == ReportOnly(Reason.NO_EXECUTOR)


def test_what_is_not_signed_asks_in_mode_auto_and_says_so():
    decision = decided(signed=False)
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.UNSIGNED


def test_what_is_not_signed_is_never_done_as_root_whoever_would_agree():
    root = playbook(steps=(Template("unit", {"restart": "$unit"}, changes=True, privileged=True),))
    for settings in (AUTO, PolicySettings(mode=Mode.APPROVE)):
        told = decided(repair=root, settings=settings, signed=False, privileged_executor=True)
        assert told == ReportOnly(Reason.UNSIGNED)
    assert decided(repair=root, privileged_executor=True) == Run(root)


def test_a_run_within_the_cooldown_is_not_repeated():
    assert decided(history=ran(timedelta(minutes=14))) == ReportOnly(Reason.COOLDOWN)
    assert isinstance(decided(history=ran(timedelta(minutes=16))), Run)


@pytest.mark.parametrize("history", [ran(timedelta(minutes=30), hour=2, day=2), ran(timedelta(hours=5), hour=0, day=3)])
def test_a_cap_that_is_reached_ends_acting(history):
    assert decided(history=history) == ReportOnly(Reason.CAP_REACHED)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNDONE, None])
def test_what_did_not_help_last_time_is_not_tried_again_without_a_person(outcome):
    decision = decided(history=ran(timedelta(hours=2), outcome))
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.LAST_RUN_FAILED


def test_more_risk_than_low_needs_a_person_also_in_mode_auto():
    decision = decided(repair=playbook(risk=Risk.MEDIUM))
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.RISK_NEEDS_APPROVAL


def test_a_question_that_was_refused_is_not_asked_again_for_a_while():
    approve = PolicySettings(mode=Mode.APPROVE)
    assert decided(settings=approve, last_refusal=NOW - timedelta(hours=1)) == ReportOnly(Reason.DENIED)
    assert isinstance(decided(settings=approve, last_refusal=NOW - timedelta(hours=5)), AskApproval)


@pytest.mark.parametrize(
    ("changes", "circumstances", "reason"),
    [
        ({}, {"silenced": True}, Reason.SILENCED),
        ({"status": Status.ACKNOWLEDGED}, {}, Reason.ACKNOWLEDGED),
        ({"status": Status.WAITING_APPROVAL}, {}, Reason.AWAITING_APPROVAL),
        ({"status": Status.RESOLVED}, {"settled": True}, Reason.BEFORE_REPAIR),
        ({"kind": Kind.AGENT, "last_told": NOW - timedelta(days=9)}, {}, Reason.REPEAT_INTERVAL),
    ],
)
def test_it_stays_quiet(changes, circumstances, reason):
    assert decided(incident(**changes), **circumstances) == Suppress(reason)


def test_what_was_told_already_is_not_told_again_before_the_repeat_interval_ends():
    told = incident(abstained=True, reason="unsure", last_told=NOW - timedelta(hours=3))
    assert decided(told) == Suppress(Reason.REPEAT_INTERVAL)
    assert decided(replace(told, last_told=NOW - timedelta(hours=4))) == ReportOnly(Reason.UNSURE)


def test_a_new_reason_is_told_at_once():
    told = incident(reason="auto_allowed", last_told=NOW - timedelta(minutes=5))
    assert decided(told, history=ran(timedelta(minutes=5))) == ReportOnly(Reason.COOLDOWN)


circumstances = st.builds(
    Circumstances,
    now=st.just(NOW),
    silenced=st.booleans(),
    settled=st.booleans(),
    halted=st.booleans(),
    audit_available=st.booleans(),
    forged=st.booleans(),
    privileged_executor=st.booleans(),
    parameters_found=st.booleans(),
    last_refusal=st.none() | st.timedeltas(timedelta(0), timedelta(hours=9)).map(lambda ago: NOW - ago),
)
histories = st.builds(
    History,
    runs_last_hour=st.integers(0, 4),
    runs_last_day=st.integers(0, 5),
    last_run=st.none() | st.timedeltas(timedelta(0), timedelta(days=1)).map(lambda ago: NOW - ago),
    last_outcome=st.none() | st.sampled_from(Outcome),
)
incidents = st.builds(
    incident,
    status=st.sampled_from(Status),
    abstained=st.booleans(),
    service=st.none() | st.just("shop.service"),
    last_told=st.none() | st.just(NOW - timedelta(hours=1)),
    reason=st.sampled_from(["", "unsure", "cooldown", "repeat_interval"]),
)
settings = st.builds(PolicySettings, mode=st.sampled_from(Mode))


@given(incidents, histories, circumstances, settings, st.sampled_from(Risk), st.sampled_from(Risk))
def test_raising_the_risk_never_makes_a_decision_bolder(found, history, at, allowed, one, other):
    less, more = sorted((one, other))
    calm = decide(found, playbook(risk=more), history, at, allowed)
    bold = decide(found, playbook(risk=less), history, at, allowed)
    assert BOLDNESS[name_of(calm)] <= BOLDNESS[name_of(bold)]


@given(incidents, histories, circumstances, settings)
def test_nothing_runs_that_any_guard_forbids(found, history, at, allowed):
    if isinstance(decide(found, playbook(caps=Caps(1, 2)), history, at, allowed), Run):
        assert allowed.mode is Mode.AUTO
        assert not (at.halted or at.silenced or found.abstained or found.service is None)
        assert at.audit_available
        assert not at.forged
        assert at.parameters_found
        assert history.runs_last_hour < 1
        assert history.runs_last_day < 2
        assert found.status not in (Status.ACKNOWLEDGED, Status.WAITING_APPROVAL)
