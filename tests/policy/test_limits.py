"""What is counted from a history, case by case."""

from datetime import timedelta

import pytest

from aiops_agent.model.decision import NO_HISTORY, History, PastRun, Reason
from aiops_agent.model.incident import Outcome
from aiops_agent.model.playbook import Caps
from aiops_agent.noun import replace
from aiops_agent.policy.limits import (
    FAILURES,
    Circuit,
    Group,
    Limits,
    circuit,
    circuit_for,
    healthy_others,
    host_circuit,
    proofs,
    refusal,
    stage,
)
from tests.build import NOW, playbook
from tests.policy.histories import AT, ran

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
WIDE = Limits(runs_per_hour=9, host_runs_per_hour=9, repairs_per_day=9)
EAGER = playbook(cooldown=timedelta(0), caps=Caps(per_hour=9, per_day=9))


def refused(history=NO_HISTORY, repair=EAGER, limits=WIDE, **moment):
    return refusal(repair, history, replace(AT, **moment).moment, limits)


def failed(*ago: timedelta, target: str = "shop.service", name: str = "restart") -> History:
    return History(tuple(replace(run, target=target, playbook=name) for run in ran(*ago, Outcome.FAILED).runs))


def joined(*histories: History) -> History:
    runs = [run for history in histories for run in history.runs]
    return History(tuple(sorted(runs, key=lambda run: run.began, reverse=True)))


@pytest.mark.parametrize(
    ("repair", "limits", "ago"),
    [
        (playbook(cooldown=timedelta(0), caps=Caps(2, 9)), WIDE, [10, 50]),
        (playbook(cooldown=timedelta(0), caps=Caps(9, 3)), WIDE, [60, 700, 1439]),
        (EAGER, replace(WIDE, runs_per_hour=2), [10, 50]),
    ],
)
def test_a_cap_of_the_playbook_or_of_the_host_is_kept_in_every_window(repair, limits, ago):
    runs = [MINUTE * minutes for minutes in ago]
    assert refused(ran(*runs), repair, limits) is Reason.CAP_REACHED
    assert refused(ran(*runs[:-1]), repair, limits) is None
    assert refused(ran(*runs[:-1], runs[-1] + 25 * HOUR), repair, limits) is None


def test_the_budget_of_the_host_counts_every_playbook_on_every_target():
    six = [failed(MINUTE * (40 + n), target=f"{n}.service", name=f"p{n}") for n in range(6)]
    won = History(tuple(replace(run, outcome=Outcome.SUCCEEDED) for run in joined(*six).runs))
    assert refused(won, limits=Limits()) is Reason.BUDGET_SPENT
    assert refused(History(won.runs[:-1]), limits=Limits()) is None


def test_a_run_from_the_future_counts():
    """A clock that was set back must not give the caps anew."""
    assert refused(ran(-HOUR, -2 * HOUR, -3 * HOUR), limits=replace(WIDE, runs_per_hour=3)) is Reason.CAP_REACHED


def test_there_is_never_more_than_one_at_work_on_a_host():
    run = PastRun("other", "d", "cart.service", NOW - 9 * HOUR, None, None)
    assert refused(History((run,))) is Reason.AT_WORK


def test_a_fault_that_comes_back_after_two_repairs_in_a_day_has_another_cause():
    assert refused(ran(5 * HOUR, 10 * HOUR), limits=Limits()) is Reason.FIX_DOES_NOT_HOLD
    assert refused(ran(5 * HOUR), limits=Limits()) is None
    assert refused(ran(5 * HOUR, 25 * HOUR), limits=Limits()) is None


def test_two_failures_within_half_an_hour_open_the_circuit_of_that_playbook_there_only():
    twice = failed(5 * MINUTE, 30 * MINUTE)
    assert refused(twice) is Reason.CIRCUIT_OPEN
    assert refusal(EAGER, twice, replace(AT, service="cart.service").moment, WIDE) is None
    assert refusal(replace(EAGER, name="other"), twice, AT.moment, WIDE) is None
    assert refused(failed(5 * MINUTE, 36 * MINUTE)) is None
    assert refused(failed(5 * MINUTE)) is None


def test_four_failures_of_whatever_kind_open_that_of_the_host():
    four = joined(*(failed(MINUTE * n, target=f"{n}.service", name=f"p{n}") for n in range(5, 9)))
    assert refused(four) is Reason.CIRCUIT_OPEN
    assert host_circuit(History(four.runs[:3]), NOW, WIDE) is Circuit.CLOSED


def test_an_open_circuit_lets_one_attempt_be_asked_about_after_a_while():
    for ago, stands in ((59 * MINUTE, Circuit.OPEN), (61 * MINUTE, Circuit.HALF_OPEN), (900 * HOUR, Circuit.HALF_OPEN)):
        twice = failed(ago, ago + 5 * MINUTE)
        assert circuit(twice.runs, NOW, WIDE, failures=FAILURES) is stands
        assert circuit_for(EAGER, twice, AT.moment, WIDE) is stands
        assert (refused(twice) is Reason.CIRCUIT_OPEN) is (stands is Circuit.OPEN)


def test_an_attempt_that_fails_opens_it_again_and_one_that_succeeds_closes_it():
    twice = failed(5 * HOUR, 5 * HOUR + MINUTE)
    again = joined(failed(10 * MINUTE), twice)
    assert circuit(again.runs, NOW, WIDE, failures=FAILURES) is Circuit.OPEN
    repaired = joined(ran(10 * MINUTE), twice)
    assert circuit(repaired.runs, NOW, WIDE, failures=FAILURES) is Circuit.CLOSED


def test_what_a_person_has_cleared_leaves_the_circuit_as_it_is():
    cleared = tuple(replace(run, cleared=True) for run in failed(5 * MINUTE, 9 * MINUTE).runs)
    assert circuit(cleared, NOW, WIDE, failures=FAILURES) is Circuit.OPEN


def test_the_stages_of_trust():
    assert [stage(EAGER, ran(*[HOUR] * n), Limits()) for n in range(4)] == [
        "shadow",
        "proven 1 of 3",
        "proven 2 of 3",
        "auto",
    ]
    assert stage(EAGER, NO_HISTORY, Limits(unlock_after=0)) == "auto"


def test_successes_on_all_targets_of_the_host_count_and_those_of_other_files_do_not():
    elsewhere = History((replace(ran(HOUR).runs[0], target="cart.service"),))
    assert proofs(EAGER, elsewhere) == 1
    assert proofs(replace(EAGER, digest="e" * 64), elsewhere) == 0
    assert proofs(replace(EAGER, name="other"), elsewhere) == 0


def test_a_failure_anywhere_takes_all_of_it_away():
    proven = ran(5 * HOUR, 6 * HOUR, 7 * HOUR)
    assert stage(EAGER, joined(failed(HOUR, target="cart.service"), proven), Limits()) == "shadow"
    assert stage(EAGER, joined(failed(HOUR, name="other"), proven), Limits()) == "auto"
    assert stage(EAGER, joined(proven, failed(9 * HOUR)), Limits()) == "auto"


def test_the_first_reason_is_the_one_that_matters_most():
    worst = joined(failed(5 * MINUTE, 9 * MINUTE), ran(12 * MINUTE))
    assert refused(worst, halted=True, busy="apt", audit_available=False) is Reason.HALTED
    assert refused(worst, busy="apt", audit_available=False) is Reason.AUDIT_UNAVAILABLE
    assert refused(worst, busy="apt") is Reason.BUSY
    assert refused(worst) is Reason.CIRCUIT_OPEN


def test_a_member_that_is_named_twice_is_one_healthy_other_and_the_target_is_none():
    web = Group(name="web", services=("a.service", "b.service", "b.service", "c.service"), minimum=2)
    mail = Group(name="mail", services=("d.service", "b.service"), minimum=1)
    up = {"a.service", "b.service", "d.service"}
    assert healthy_others((web, mail), "a.service", up.__contains__) == {"web": 1}
    assert healthy_others((web, mail), "b.service", up.__contains__) == {"web": 1, "mail": 1}
