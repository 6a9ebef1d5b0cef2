import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.model.risk import Risk
from aiops_agent.training.figures import wilson
from aiops_agent.training.thresholds import BOUNDS, NEVER, Answers, bears, choose_thresholds, highest_error


def answers(seed: int, number: int = 6000, *, alone: float = 1.0, stated: float = 1.0, systems: int = 600) -> Answers:
    """Return answers that are right as often as their confidence says, to the power of `alone` or `stated`."""
    random = np.random.default_rng(seed)
    confidence = random.beta(6, 0.4, number).astype(np.float32)
    has_sign = random.random(number) < 0.6
    right = random.random(number) < confidence ** np.where(has_sign, stated, alone)
    return Answers(confidence, right, has_sign, random.integers(0, systems, number))


def test_the_higher_the_risk_the_smaller_the_error_that_is_borne():
    assert list(BOUNDS) == list(Risk)
    assert sorted(BOUNDS.values(), reverse=True) == list(BOUNDS.values())


@pytest.mark.slow
@given(st.integers(0, 2**32), st.floats(0.2, 8), st.floats(0.2, 8))
@settings(max_examples=25, deadline=None)
def test_no_threshold_lets_more_errors_pass_than_its_bound(seed, alone, stated):
    found = answers(seed, alone=alone, stated=stated)
    thresholds = choose_thresholds(found)
    assert (thresholds[1:] >= thresholds[:-1]).all(), "a higher risk never needs less"
    assert (
        highest_error(*_judged(found, bears(thresholds, found, Risk.LOW))) <= BOUNDS[Risk.LOW]
        or np.isinf(thresholds[0]).all()
    )
    for risk in (Risk.MEDIUM, Risk.HIGH, Risk.CRITICAL):
        for has_sign in (False, True):
            borne = bears(thresholds, found, risk) & (found.stated == has_sign)
            # never: the threshold is infinite; else the interval itself lies below the bound
            assert not borne.any() or highest_error(*_judged(found, borne)) <= BOUNDS[risk]


def _judged(found: Answers, chosen):
    return found.right[chosen], found.systems[chosen]


def test_answers_of_equal_confidence_pass_together_and_are_judged_together():
    confidence = np.array([0.99] * 3_000, dtype=np.float32)
    right = np.arange(3_000) < 2_900
    answers = Answers(confidence, right, np.ones(3_000, dtype=np.bool_), np.arange(3_000))
    assert choose_thresholds(answers)[Risk.CRITICAL - 1, 1] == NEVER


def test_where_the_answers_do_not_show_the_bound_it_is_never_enough():
    few = answers(3, number=300)
    assert np.isinf(choose_thresholds(few)[Risk.CRITICAL - 1]).all(), "300 answers cannot show one error in 200"
    sure = answers(4, stated=0.2)
    lucky = np.arange(6000) % 100 > 0
    uneven = Answers(sure.confidence, sure.right & (sure.stated | lucky), sure.stated | lucky, sure.systems)
    thresholds = choose_thresholds(uneven)
    assert np.isinf(thresholds[1:, 0]).all(), "without a sign none is right"
    assert np.isfinite(thresholds[:2, 1]).all()


def test_nothing_answered_shows_nothing():
    none = answers(1).where(np.zeros(6000, dtype=np.bool_))
    assert np.isinf(choose_thresholds(none)).all()


def test_answers_of_one_software_count_for_fewer_than_they_are():
    random = np.random.default_rng(7)
    apart = random.random(4000) > 0.02
    assert highest_error(apart, np.arange(4000)) == pytest.approx(wilson(int((~apart).sum()), 4000)[1])
    by_system = np.repeat(random.random(40) > 0.05, 100)  # a system is right throughout or wrong throughout
    together = highest_error(by_system, np.repeat(np.arange(40), 100))
    assert together > 2 * highest_error(by_system, np.arange(4000))
    assert together == pytest.approx(wilson(int((~by_system).sum()) / 100, 40)[1], abs=1e-6)


def test_of_none_any_error_is_possible():
    assert highest_error(np.array([], dtype=np.bool_), np.array([], dtype=np.int64)) == 1
