import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.training.figures import calibration_error, macro_f1, reliability, share, wilson


def test_macro_f1_weighs_categories_alike():
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx((6 / 7 + 0) / 2)
    assert macro_f1(["a", "b"], ["a", "b"]) == 1


def test_calibration_error_is_the_distance_of_confidence_from_truth():
    sure, right = np.full(10, 0.95), np.array([True] * 5 + [False] * 5)
    assert calibration_error(sure, right) == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("times", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (370, 373, 0.9766, 0.9973)],
)
def test_the_interval_is_wilsons(times, of, low, high):
    """Expected: computed by hand from Wilson (1927), formula 4, with z = 1.96."""
    assert wilson(times, of) == (pytest.approx(low, abs=2e-4), pytest.approx(high, abs=2e-4))


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_share_lies_in_its_interval_and_more_of_the_same_makes_it_narrower(times, more):
    of = times + more
    low, high = wilson(times, of)
    assert 0 <= low <= times / of <= high <= 1
    narrow_low, narrow_high = wilson(times * 10, of * 10)
    assert narrow_high - narrow_low < high - low


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0, 1)
    assert share(np.array([], dtype=np.bool_)).share == 0


def test_a_band_without_answers_is_left_out():
    bands = reliability(np.array([0.05, 0.95, 0.97, 1.0]), np.array([False, True, True, False]))
    assert [(band.above, band.answers) for band in bands] == [(0.0, 1), (0.9, 3)]
    assert bands[1].right == pytest.approx(0.6667)
    assert bands[1].low < bands[1].right < bands[1].high
