from hypothesis import example, given
from hypothesis import strategies as st

from aiops_agent.diagnosis.terms import LONGEST, MAX_CHARACTERS, terms


def test_identifiers_are_found_whole_and_in_parts():
    assert [*terms("java.net.ConnectException")] == ["java.net.connectexception", "java", "net", "connect", "exception"]
    assert [*terms("pg_hba.conf")] == ["pg_hba.conf", "pg", "hba", "conf"]


def test_codes_are_found_whole_and_by_their_number():
    assert [*terms("AH00526: E11000 (111: x)")] == ["ah00526", "ah", "00526", "e11000", "11000", "111", "x"]


def test_chinese_is_found_in_pairs_also_where_nothing_stands_between_the_scripts():
    assert [*terms("磁盘已满")] == ["磁盘", "盘已", "已满"]
    assert [*terms("写入full失败")] == ["写入", "full", "失败"]
    assert [*terms("满")] == ["满"]


def test_what_is_no_word_is_no_term():
    assert [*terms("... --- :: " + "x" * (LONGEST + 1))] == []


def test_only_the_beginning_of_a_text_is_read():
    assert "end" not in [*terms("a " * MAX_CHARACTERS + "end")]
    assert "end" in [*terms("a " * MAX_CHARACTERS + "end", most=1 << 20)]


@given(st.text(st.characters(), max_size=300))
@example("\udc80磁盘\ud800")
def test_any_text_has_terms_that_can_stand_in_a_line_of_terms(text):
    found = [*terms(text)]
    assert all(term and not term.isspace() and term == term.lower() for term in found if term.isascii())
    assert " ".join(found).split() == found
