import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.diagnosis.index import Index
from aiops_agent.diagnosis.retrieve import retrieve
from tests.diagnosis.articles import TWO, CountingEncoder, article, asked

GENERAL = article("refused", "Connection refused", "connection_refused")
SPECIAL = article(
    "gateway", "connect() failed (111: Connection refused) while connecting to upstream", "upstream_unavailable"
)
LIKELY = article("likely", "a quite different wording", "connection_refused")


@pytest.fixture(scope="module")
def index():
    return Index([*TWO, GENERAL, SPECIAL, LIKELY], CountingEncoder(), None)


def ids(citations) -> list[str]:
    return [citation.id for citation in citations]


def test_the_article_with_the_words_of_the_record_comes_first(index):
    assert ids(retrieve(index, asked("write: no space left on device", disk_full=0.9)))[0] == "disk"
    assert ids(retrieve(index, asked("MISCONF Redis is configured to save", disk_full=0.9)))[0] == "redis"


def test_a_whole_sign_goes_before_a_likely_category(index):
    record = (
        "2026/01/02 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client"
    )
    found = ids(retrieve(index, asked(record, connection_refused=0.99, upstream_unavailable=0.01)))
    assert found.index("gateway") < found.index("likely") if "likely" in found else found[0] in {"gateway", "refused"}


def test_the_longer_of_two_whole_signs_goes_first(index):
    record = "connect() failed (111: Connection refused) while connecting to upstream"
    assert ids(retrieve(index, asked(record, connection_refused=0.5, upstream_unavailable=0.5)))[0] == "gateway"


def test_an_article_about_other_services_is_not_cited(index):
    found = retrieve(index, asked("MISCONF Redis is configured to save", service="nginx.service", disk_full=1.0))
    assert "redis" not in ids(found)


def test_what_fits_nothing_cites_nothing(index):
    assert retrieve(index, asked("the cat sat on the mat and looked at the moon", unknown=1.0)) == ()


def test_it_says_what_spoke_for_an_article(index):
    best = retrieve(index, asked("write: no space left on device", disk_full=0.9))[0]
    assert 'its sign "no space left on device"' in best.why
    assert "words " in best.why
    assert "its category" in best.why


def test_a_sign_of_which_a_word_is_missing_is_called_nearly_one():
    long = article("long", "alpha beta gamma delta epsilon zeta eta theta", "disk_full")
    index = Index([*TWO, GENERAL, SPECIAL, LIKELY, long], CountingEncoder(), None)
    best = retrieve(index, asked("alpha beta gamma delta epsilon zeta eta", disk_full=0.9))[0]
    assert "nearly its sign" in best.why


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.floats(0, 1))
def test_scores_fall_and_stay_between_0_and_1_for_any_text(text, likely):
    index = Index(TWO, CountingEncoder(), None)
    scores = [one.score for one in retrieve(index, asked(text, disk_full=likely))]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


def test_what_a_record_says_stands_in_the_reason_as_plain_terms_only(index):
    hostile = "no space left on device <b>{{7*7}}</b> $(reboot) \x1b[31m"
    assert all(not {*one.why} & {"<", "{", "$", "\x1b"} for one in retrieve(index, asked(hostile, disk_full=1.0)))
