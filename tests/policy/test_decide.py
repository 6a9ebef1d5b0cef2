"""The policy, case by case; its laws are in `test_laws`, its limits in `test_limits`."""

from datetime import UTC, timedelta

import pytest

from aiops_agent.model.decision import (
    NO_HISTORY,
    AskApproval,
    History,
    Mode,
    PastRun,
    Reason,
    ReportOnly,
    Run,
    Suppress,
)
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.model.playbook import Template
from aiops_agent.model.risk import Risk
from aiops_agent.noun import replace
from aiops_agent.policy.decide import PolicySettings, Rule, decide, hindrance
from aiops_agent.policy.limits import Group, Limits
from aiops_agent.policy.windows import Window
from tests.build import NOW, incident, playbook
from tests.policy.histories import AT, ran

TRUSTED = Limits(unlock_after=0)
AUTO = PolicySettings(mode=Mode.AUTO, limits=TRUSTED)
MINUTE = timedelta(minutes=1)


def decided(found=None, repair=None, history=NO_HISTORY, settings=AUTO, **circumstances):
    return decide(found or incident(), repair or playbook(), history, replace(AT, **circumstances), settings)


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
        ({"not_needed": True}, Reason.NO_EVIDENCE),
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
    assert decided(history=ran(14 * MINUTE)) == ReportOnly(Reason.COOLDOWN)
    assert isinstance(decided(history=ran(16 * MINUTE)), Run)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNDONE])
def test_a_cooldown_does_not_end_by_time_after_what_did_not_help(outcome):
    for ago in (2 * MINUTE * 60, timedelta(days=90)):
        decision = decided(history=ran(ago, outcome))
        assert isinstance(decision, AskApproval)
        assert decision.reason is Reason.LAST_RUN_FAILED


def test_a_cooldown_ends_when_a_person_or_a_probe_says_so_or_the_next_run_succeeds():
    [failed] = ran(timedelta(hours=2), Outcome.FAILED).runs
    assert isinstance(decided(history=History((replace(failed, cleared=True),))), Run)
    assert isinstance(decided(history=History((*ran(timedelta(hours=1)).runs, failed))), Run)


def test_half_open_is_asked_about_although_a_person_has_cleared_the_failures():
    runs = ran(timedelta(hours=2), timedelta(hours=2, minutes=5), Outcome.FAILED).runs
    decision = decided(history=History(tuple(replace(run, cleared=True) for run in runs)))
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.HALF_OPEN


def test_it_says_shadow_then_unproven_before_a_playbook_may_run_by_itself():
    settings = PolicySettings(mode=Mode.AUTO)
    said = []
    for successes in range(4):
        history = ran(*(timedelta(hours=5 * n, days=2) for n in range(1, successes + 1)))
        decision = decided(settings=settings, history=history)
        said.append(getattr(decision, "reason", None))
    assert said == [Reason.SHADOW, Reason.UNPROVEN, Reason.UNPROVEN, Reason.AUTO_ALLOWED]


def test_what_is_not_signed_is_asked_about():
    decision = decided(signed=False)
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.UNSIGNED


def test_while_a_person_or_a_package_manager_is_at_it_nobody_can_have_it_run():
    busy = {"busy": "apt is at work"}
    assert decided(**busy) == ReportOnly(Reason.BUSY, NOW + timedelta(minutes=5)), "and then it is decided anew"
    assert hindrance(playbook(), NO_HISTORY, replace(AT, **busy), AUTO) is Reason.BUSY


def test_many_services_that_fail_at_once_are_asked_about():
    three, four = (frozenset(f"{n}.service" for n in range(count)) for count in (3, 4))
    assert isinstance(decided(failing=three), Run)
    decision = decided(failing=four)
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.SYSTEMIC


def test_services_that_were_repaired_a_moment_ago_failed_too():
    runs = [PastRun("other", "d", f"{n}.service", NOW - 4 * MINUTE, NOW - 3 * MINUTE, Outcome.SUCCEEDED) for n in "abc"]
    assert decided(history=History(tuple(runs))).reason is Reason.SYSTEMIC
    long_ago = History(tuple(replace(run, began=NOW - 6 * MINUTE, ended=NOW - 3 * MINUTE) for run in runs))
    assert isinstance(decided(history=long_ago), Run)


def test_a_member_of_a_group_is_not_taken_away_below_the_minimum():
    pair = Group(name="web", services=("shop.service", "b.service", "c.service"), minimum=2)
    settings = PolicySettings(mode=Mode.AUTO, limits=Limits(unlock_after=0, groups=(pair,)))
    restart = playbook(steps=(Template("unit", {"restart": "$unit"}, changes=True, privileged=False),))
    for healthy, decision in (({}, "report"), ({"web": 1}, "report"), ({"web": 2}, "run")):
        found = decided(repair=restart, settings=settings, healthy=healthy)
        assert isinstance(found, Run) == (decision == "run")
        assert found.reason is (Reason.AUTO_ALLOWED if decision == "run" else Reason.GROUP_MINIMUM)
    assert isinstance(decided(settings=settings, healthy={}), Run), "what ends no process takes nothing away"
    assert isinstance(decided(incident(service="z.service"), restart, settings=settings, service="z.service"), Run)


@pytest.mark.parametrize("verb", [{"stop": "$unit"}, {"restart": "$unit"}, {"start": "$unit", "stop": "$unit"}])
def test_an_undo_that_stops_a_member_counts_too(verb):
    pair = Group(name="web", services=("shop.service", "b.service"), minimum=1)
    settings = PolicySettings(mode=Mode.AUTO, limits=Limits(unlock_after=0, groups=(pair,)))
    steps = (Template("unit", verb, changes=True, privileged=False),)
    assert decided(repair=playbook(undo=steps), settings=settings) == ReportOnly(Reason.GROUP_MINIMUM)


def test_a_step_nobody_has_called_gentle_is_not():
    pair = Group(name="web", services=("shop.service", "b.service"), minimum=1)
    settings = PolicySettings(mode=Mode.AUTO, limits=Limits(unlock_after=0, groups=(pair,)))
    new = (Template("something_new", {}, changes=True, privileged=False),)
    assert decided(repair=playbook(steps=new), settings=settings) == ReportOnly(Reason.GROUP_MINIMUM)


@pytest.mark.parametrize(
    ("rules", "decision"),
    [
        ((Rule(playbooks=("restart",), mode=Mode.AUTO),), "run"),
        ((Rule(playbooks=("rest*",), services=("shop*",), mode=Mode.AUTO),), "run"),
        ((Rule(playbooks=("restart",), services=("cart*",), mode=Mode.AUTO),), "ask"),
        ((Rule(playbooks=("other",), mode=Mode.AUTO),), "ask"),
        ((Rule(playbooks=("*",), mode=Mode.AUTO), Rule(services=("shop*",), mode=Mode.OBSERVE)), "report"),
        ((Rule(services=("shop*",), mode=Mode.APPROVE), Rule(services=("*",), mode=Mode.AUTO)), "ask"),
        ((Rule(services=("shop*",), mode=Mode.OBSERVE),), "report"),
    ],
)
def test_of_the_rules_that_match_the_most_cautious_counts(rules, decision):
    settings = PolicySettings(mode=Mode.APPROVE, rules=rules, limits=TRUSTED)
    assert {Run: "run", AskApproval: "ask", ReportOnly: "report"}[type(decided(settings=settings))] == decision


def test_a_window_makes_it_hold_back_and_no_window_makes_it_bolder():
    for mode, what, decision, reason in (
        (Mode.AUTO, Mode.OBSERVE, ReportOnly, Reason.MAINTENANCE),
        (Mode.AUTO, Mode.APPROVE, AskApproval, Reason.MAINTENANCE),
        (Mode.APPROVE, Mode.APPROVE, AskApproval, Reason.MODE_APPROVE),
        (Mode.APPROVE, Mode.OBSERVE, ReportOnly, Reason.MAINTENANCE),
        (Mode.OBSERVE, Mode.APPROVE, ReportOnly, Reason.OBSERVE_ONLY),
    ):
        settings = PolicySettings(mode=mode, windows=(Window(what=what, zone=UTC),), limits=TRUSTED)
        found = decided(settings=settings)
        assert (type(found), found.reason) == (decision, reason)


def test_what_a_person_agreed_to_is_not_run_in_a_freeze():
    settings = PolicySettings(mode=Mode.APPROVE, windows=(Window(services=("shop*",)),))
    assert hindrance(playbook(), NO_HISTORY, AT, settings) is Reason.MAINTENANCE
    other = replace(AT, service="cart.service")
    assert hindrance(playbook(), NO_HISTORY, other, settings) is None


@pytest.mark.parametrize(
    ("seconds_after_its_end", "is_effect"), [(-61, False), (-59, True), (0, True), (60, True), (61, False)]
)
def test_what_a_service_says_during_a_repair_of_it_and_right_after_is_an_effect_of_it(seconds_after_its_end, is_effect):
    ended = NOW - timedelta(hours=1)
    run = PastRun("restart", "d" * 64, "shop.service", ended - MINUTE, ended, Outcome.SUCCEEDED)
    written = ended + timedelta(seconds=seconds_after_its_end)
    found = decided(history=History((run,)), written=written)
    assert (found == Suppress(Reason.SELF_EFFECT)) is is_effect
    elsewhere = History((replace(run, target="cart.service"),))
    assert decided(history=elsewhere, written=written) != Suppress(Reason.SELF_EFFECT)
    assert decided(history=History((run,)), written=None) != Suppress(Reason.SELF_EFFECT)


def test_what_was_written_while_a_repair_is_still_at_work_is_an_effect_of_it():
    run = PastRun("restart", "d" * 64, "shop.service", NOW - 3 * MINUTE, None, None)
    assert decided(history=History((run,)), written=NOW) == Suppress(Reason.SELF_EFFECT)


def test_records_older_than_a_verified_repair_are_no_evidence_to_act_on():
    assert decided(settled=True) == ReportOnly(Reason.BEFORE_REPAIR)


def test_more_risk_than_low_needs_a_person_also_in_mode_auto():
    decision = decided(repair=playbook(risk=Risk.MEDIUM))
    assert isinstance(decision, AskApproval)
    assert decision.reason is Reason.RISK_NEEDS_APPROVAL


def test_a_playbook_of_a_higher_risk_needs_a_surer_diagnosis_and_the_question_says_so():
    for risk, sure_for, reason in (
        (Risk.MEDIUM, Risk.LOW, Reason.UNSURE_FOR_RISK),
        (Risk.MEDIUM, Risk.MEDIUM, Reason.RISK_NEEDS_APPROVAL),
        (Risk.CRITICAL, Risk.HIGH, Reason.UNSURE_FOR_RISK),
        (Risk.CRITICAL, Risk.CRITICAL, Reason.RISK_NEEDS_APPROVAL),
    ):
        decision = decided(incident(sure_for=sure_for), playbook(risk=risk))
        assert isinstance(decision, AskApproval)
        assert decision.reason is reason
    asked = decided(incident(sure_for=Risk.LOW), playbook(risk=Risk.HIGH), settings=PolicySettings(mode=Mode.APPROVE))
    assert asked.reason is Reason.UNSURE_FOR_RISK, "who is asked is told that, not only that the mode asks"
    assert isinstance(decided(incident(sure_for=Risk.LOW)), Run)


def test_a_question_that_was_refused_is_not_asked_again_for_a_while():
    approve = PolicySettings(mode=Mode.APPROVE)
    assert decided(settings=approve, last_refusal=NOW - timedelta(hours=1)) == ReportOnly(Reason.DENIED)
    assert isinstance(decided(settings=approve, last_refusal=NOW - timedelta(hours=5)), AskApproval)


def test_while_the_same_repair_is_asked_about_for_another_fault_nobody_is_asked_twice():
    approve = PolicySettings(mode=Mode.APPROVE)
    assert decided(settings=approve, asked=True) == ReportOnly(Reason.AWAITING_APPROVAL)


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
    assert decided(told, history=ran(5 * MINUTE)) == ReportOnly(Reason.COOLDOWN)
