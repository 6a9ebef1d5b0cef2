from collections import deque
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.model.decision import Reason
from aiops_agent.model.occurrences import MOST, Spell, going_on_since, seen, within
from aiops_agent.model.playbook import Throttle
from aiops_agent.policy.throttle import Hold, hold
from tests.build import NOW

MINUTE = timedelta(minutes=1)
TIMES = st.lists(st.tuples(st.integers(0, 3600), st.integers(1, 50)), min_size=1, max_size=60)
"""(seconds since the one before, records)"""


def at(minutes: float):
    return NOW + minutes * MINUTE


def spells(*minutes: float):
    found: tuple[Spell, ...] = ()
    for minute in minutes:
        found = seen(found, at(minute), 1)
    return found


def reason(throttle: Throttle, *minutes: float, now: float | None = None, last_try: float | None = None):
    tried = None if last_try is None else at(last_try)
    held = hold(throttle, spells(*minutes), tried, at(minutes[-1] if now is None else now))
    return held.reason if held else None


def test_without_a_throttle_the_first_occurrence_is_acted_on():
    assert reason(Throttle(), 0) is None


def test_once_within_waits_after_any_try_also_one_that_touched_nothing():
    rule = Throttle(once_within=10 * MINUTE)
    assert reason(rule, 0) is None
    assert hold(rule, spells(0), at(-9), at(0)) == Hold(Reason.ONCE_WITHIN, at(1))
    assert reason(rule, 0, last_try=-10) is None


def test_a_try_in_the_future_of_a_clock_that_was_set_back_lets_nothing_pass():
    assert reason(Throttle(once_within=10 * MINUTE), 0, last_try=600) is Reason.ONCE_WITHIN


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((0,), Reason.ONCE_AFTER),
        ((0, 4), Reason.ONCE_AFTER),
        ((0, 5), None),
        ((0, 6), Reason.ONCE_AFTER),  # a pause longer than the time itself: it was over
        ((0, 3, 6), None),
        ((0, 60, 62), Reason.ONCE_AFTER),
        ((0, 60, 62, 65), None),
    ],
)
def test_once_after_waits_until_the_fault_has_gone_on_for_long_enough(minutes, expected):
    assert reason(Throttle(once_after=5 * MINUTE), *minutes) is expected


def test_accumulate_within_counts_records_and_forgets_old_ones():
    rule = Throttle(accumulate=(3, 10 * MINUTE))
    assert reason(rule, 0, 1) is Reason.ACCUMULATE_WITHIN
    assert reason(rule, 0, 1, 2) is None
    assert reason(rule, 0, 9, 11) is Reason.ACCUMULATE_WITHIN
    assert hold(rule, seen((), at(0), 3), None, at(0)) is None


def test_error_without_recovery_waits_and_says_when_to_look_again():
    rule = Throttle(error_without_recovery=2 * MINUTE)
    assert hold(rule, spells(0), None, at(0)) == Hold(Reason.ERROR_WITHOUT_RECOVERY, at(2))
    assert reason(rule, 0, now=2) is None
    assert reason(rule, 0, 1, now=2) is None
    assert reason(rule, 0, 60) is Reason.ERROR_WITHOUT_RECOVERY, "what was over by itself begins anew"


def test_every_rule_that_is_set_has_to_let_it_pass():
    both = Throttle(once_after=5 * MINUTE, accumulate=(10, 10 * MINUTE))
    assert reason(both, 0, 5) is Reason.ACCUMULATE_WITHIN


def history(times):
    moment, exact, kept = NOW, deque(), ()
    for pause, count in times:
        moment += timedelta(seconds=pause)
        exact.append((moment, count))
        kept = seen(kept, moment, count)
    return moment, exact, kept


@given(TIMES)
def test_the_spells_are_few_and_lose_no_record(times):
    _, exact, kept = history(times)
    assert len(kept) <= MOST
    assert sum(spell.count for spell in kept) == sum(count for _, count in exact)
    assert all(earlier.last <= later.first for earlier, later in pairwise(kept))


@given(TIMES, st.integers(1, 7200))
def test_what_is_counted_within_a_time_is_never_more_than_there_was(times, seconds):
    now, exact, kept = history(times)
    span = timedelta(seconds=seconds)
    there_was = sum(count for moment, count in exact if now - moment <= span)
    assert within(kept, now, span) <= there_was
    if len(exact) <= MOST:
        assert within(kept, now, span) == there_was


@given(TIMES, st.integers(1, 7200))
def test_it_is_never_told_to_go_on_for_longer_than_it_does(times, seconds):
    _, exact, kept = history(times)
    pause = timedelta(seconds=seconds)
    begun = exact[-1][0]
    for earlier, later in zip(reversed(list(exact)[:-1]), reversed(list(exact)[1:]), strict=True):
        if later[0] - earlier[0] > pause:
            break
        begun = earlier[0]
    since = going_on_since(kept, pause)
    assert since is not None
    assert since >= begun
    if len(exact) <= MOST:
        assert since == begun


SPANS = st.none() | st.integers(1, 7200).map(lambda seconds: timedelta(seconds=seconds))
RULES = st.builds(
    Throttle,
    once_within=SPANS,
    once_after=SPANS,
    accumulate=st.none() | st.tuples(st.integers(2, 50), st.integers(1, 7200).map(lambda s: timedelta(seconds=s))),
    error_without_recovery=SPANS,
)


@given(RULES, RULES, TIMES, st.none() | st.integers(0, 7200))
def test_another_rule_never_makes_it_bolder(one, other, times, tried):
    now, _, kept = history(times)
    last_try = None if tried is None else now - timedelta(seconds=tried)
    both = Throttle(
        one.once_within or other.once_within,
        one.once_after or other.once_after,
        one.accumulate or other.accumulate,
        one.error_without_recovery or other.error_without_recovery,
    )
    if hold(both, kept, last_try, now) is None:
        assert hold(one, kept, last_try, now) is None


def test_a_clock_that_is_set_back_makes_nothing_older():
    assert seen(spells(10), at(3), 2) == (Spell(at(10), at(10), 1), Spell(at(10), at(10), 2))


def test_a_long_pause_inside_a_spell_is_not_forgotten():
    apart = [20 * number for number in range(MOST)]
    found = spells(*apart, apart[-1] + 3, apart[-1] + 4)
    assert len(found) == MOST
    assert found[-1] == Spell(at(apart[-1]), at(apart[-1] + 4), 3, 3 * MINUTE)
    assert going_on_since(found, 3 * MINUTE) == at(apart[-1])
    assert going_on_since(found, 2 * MINUTE) == at(apart[-1] + 4)
