from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.features import BUCKETS, cause_of, sign_columns, words
from aiops_agent.diagnosis.signs import Rank, Sign, Signs

CATEGORIES = ("disk_full", "timeout", "unknown")
SIGNS = Signs([Sign("no space", "disk_full", Rank.DECISIVE), Sign("slow", "timeout", Rank.TYPICAL)])


@given(st.text(max_size=300))
def test_buckets_are_in_range_and_each_once(text):
    buckets = words(text).tolist()
    assert buckets == sorted(set(buckets))
    assert all(0 <= bucket < BUCKETS for bucket in buckets)


def test_long_numbers_are_alike_and_short_codes_are_not():
    assert words("id 8374652").tolist() == words("id 1111111").tolist()
    assert words("code 1045").tolist() != words("code 1062").tolist()


def test_the_cause_is_the_end_of_the_innermost_part():
    assert cause_of(condense("a failed\nCaused by: " + "x" * 300 + " reason")).endswith("reason")


def test_columns_tell_the_first_sign_from_the_second():
    columns = sign_columns(SIGNS.find(condense("slow: no space")), CATEGORIES)
    assert columns[0].tolist() == [1, 0, 0, 0, 1, 0, 0.5, 1]
    assert columns[1].tolist() == [0, 0, 0, 1, 0, 1, 0.5, 0]
    assert not columns[2].any()


def test_a_record_without_signs_has_empty_columns():
    assert not sign_columns([], CATEGORIES).any()
