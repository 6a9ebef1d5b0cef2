import pytest
import re2
import yaml
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.diagnosis.condense import Condensed, condense
from aiops_agent.diagnosis.signs import SIGNS, Rank, Sign, Signs, _pattern, load_signs

TWO = Signs(
    [
        Sign("permission denied", "permission_denied", Rank.DECISIVE),
        Sign("permission denied (publickey", "authentication_failure", Rank.DECISIVE),
        Sign("timeout", "timeout", Rank.TYPICAL),
        Sign("was slow", "timeout", Rank.TYPICAL),
        Sign("/lock timeout/", "database_lock", Rank.TYPICAL),
        Sign("lock Timeout*", "timeout", Rank.DECISIVE),
        Sign("/pool .{0,9}full/", "pool_exhausted", Rank.DECISIVE),
        Sign("fork * failed", "pool_exhausted", Rank.DECISIVE),
        Sign("Timeout*", "timeout", Rank.DECISIVE),
        Sign("#1205", "database_lock", Rank.DECISIVE),
        Sign("磁盘已满", "disk_full", Rank.DECISIVE),
    ]
)


def categories(text: str, signs: Signs = TWO) -> list[str]:
    return [found.sign.category for found in signs.find(condense(text))]


def test_of_two_overlapping_signs_the_longer_counts():
    assert categories("git@host: Permission denied (publickey).") == ["authentication_failure"]
    assert categories("open: permission denied") == ["permission_denied"]


def test_a_deeper_cause_comes_before_what_it_led_to():
    text = "x.AException: permission denied\nCaused by: y.BException: timeout"
    assert categories(text) == ["timeout", "permission_denied"]


def test_in_one_part_a_decisive_sign_comes_before_a_typical_one():
    assert categories("permission denied after it was slow") == ["permission_denied", "timeout"]


def test_of_two_signs_in_one_place_what_was_waited_for_counts_and_else_the_more_decisive():
    assert categories("lock timeout") == ["database_lock"]
    [found] = TWO.find(condense("a timeout"))
    assert found.sign.rank is Rank.DECISIVE


def test_of_equal_signs_the_later_comes_first():
    assert categories("pool is full: permission denied") == ["permission_denied", "pool_exhausted"]


def test_a_timeout_is_not_counted_where_a_pool_is_used_up():
    assert categories("x.AException: pool is full\nCaused by: y.TimeoutException: waited") == ["pool_exhausted"]


def test_a_sign_keeps_to_word_boundaries_and_a_star_does_not():
    assert categories("mytimeout") == []
    assert categories("java.util.TimeoutException") == ["timeout"]
    assert categories("fork of pid 3 failed") == ["pool_exhausted"]


def test_a_number_counts_as_a_code_and_not_as_an_amount():
    assert categories("ERROR 1205 (HY000): wait") == ["database_lock"]
    assert categories("failed [1205]") == ["database_lock"]
    assert categories("took 1205 ms on port 1205") == []


def test_a_chinese_sign_needs_no_spaces_around_it():
    assert categories("写入失败磁盘已满请清理") == ["disk_full"]


def test_a_record_without_signs_has_none():
    assert TWO.find(condense("all is well")) == []


def test_no_shipped_sign_is_written_twice():
    shipped = yaml.safe_load(SIGNS.read_text(encoding="utf-8"))
    lines = [
        line.strip().lower() for ranks in shipped.values() for text in ranks.values() for line in text.splitlines()
    ]
    assert sorted(lines) == sorted(set(lines))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("write /x: no space left on device", "disk_full"),
        ("accept4: too many open files", "fd_exhaustion"),
        ("connect ECONNREFUSED 10.0.0.1:80", "connection_refused"),
        ("read: connection reset by peer", "connection_reset"),
        ("getaddrinfo ENOTFOUND db", "dns_failure"),
        ("FATAL: sorry, too many clients already", "pool_exhausted"),
        ("ERROR 1213 (40001): Deadlock found when trying to get lock", "database_lock"),
        ("ORA-00942: table or view does not exist", "database_query"),
        ("bind: address already in use", "port_in_use"),
        ("HTTP 429 Too Many Requests", "rate_limited"),
        ("[Hardware Error]: Machine check events logged", "hardware_fault"),
        ("blk_update_request: I/O error, dev sda, sector 8", "storage_io"),
        ("x509: certificate has expired", "tls_certificate"),
        ("worker[3]: segfault at 0 ip 00007f", "process_crash"),
        ("打开的文件过多", "fd_exhaustion"),
    ],
)
def test_the_shipped_signs_know_the_plain_cases(text, category, shipped_signs):
    assert shipped_signs.find(condense(text))[0].sign.category == category


@pytest.fixture(scope="module")
def shipped_signs():
    return load_signs()


@pytest.mark.slow
def test_every_shipped_phrase_is_found_in_any_letters_and_between_any_marks(shipped_signs):
    written = yaml.safe_load(SIGNS.read_text(encoding="utf-8"))
    lines = [line.strip() for ranks in written.values() for few in ranks.values() for line in few.splitlines()]
    phrases = [line for line in lines if not line.startswith(("/", "#")) and "*" not in line]
    assert len(phrases) > 4_000
    for phrase in phrases:
        for before, after in (("磁", "盘"), ("<", ">"), ("is ", ".")):
            found = shipped_signs.find(Condensed((f"{before}{phrase.upper()}{after}",)))
            ends = len(before) + len(phrase)
            assert any(one.start <= len(before) and one.end >= ends for one in found), phrase


PHRASES = ("lock timeout", "(publickey, x", "was slow,", "a.b: [c]", "-Timeout")
BETWEEN = (" ", "  ", "\n", "\t", "\u00a0", "_", "-", ".", "x", "", " \u0130 ", "\u00e9", "磁")


@given(st.sampled_from(PHRASES), st.data())
def test_a_phrase_is_found_where_its_expression_would_find_it(phrase, data):
    words = st.sampled_from([phrase, phrase.upper(), phrase.title(), *phrase.split(), phrase.replace(" ", "  ")])
    parts = data.draw(st.lists(st.tuples(words, st.sampled_from(BETWEEN)), max_size=8))
    text = "".join(part for pair in parts for part in pair)
    options = re2.Options()
    options.case_sensitive = False
    found = Signs([Sign(phrase, "timeout", Rank.DECISIVE)]).find(Condensed((text,)))
    expected = [match.span() for match in re2.compile(_pattern(phrase), options).finditer(text)]
    assert sorted((one.start, one.end) for one in found) == expected
