"""A host may know words that are a fault there, and words that are none."""

import timeit

import ahocorasick_rs
import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.local import Local
from aiops_agent.assembly.patterns import LITERALS
from aiops_agent.assembly.search import Search
from aiops_agent.model.event import LocalPattern, Severity

STAMP = "2026-11-22 10:00:00,123 INFO  shop - "
ERROR = "2026-11-22 10:00:00,123 ERROR shop - "
TRACE = "java.io.IOException: gone\n\tat shop.Client.send(Client.java:12)\n"


def found(text, *, faults=(), ignore=()):
    assembler = Assembly(Local(faults, ignore)).stretch(0, 0, 0)
    assembler.feed(text.encode())
    assembler.finish(final=True)
    return [(s.count, s.severity, s.text.split("shop - ")[-1]) for s in assembler.take().sightings]


def test_an_added_word_makes_a_calm_line_a_fault():
    sad = LocalPattern("disk is sad", severity=Severity.CRITICAL)
    lines = f"{STAMP}the disk is sad\n{STAMP}the disk is well\n"
    assert found(lines) == []
    assert found(lines, faults=[sad]) == [(1, Severity.CRITICAL, "the disk is sad")]


def test_an_added_pattern_may_ask_for_numbers_that_are_no_part_of_the_form():
    hot = LocalPattern("degrees", r"\b(9\d|1\d\d) degrees")
    lines = "".join(f"{STAMP}fan 1 at {n} degrees\n" for n in (40, 95, 50, 120, 60))
    assert sum(count for count, _, _ in found(lines, faults=[hot])) == 2


def test_what_is_ignored_is_no_error_whatever_its_level():
    known = LocalPattern("known noise")
    lines = f"{ERROR}known noise again\n{ERROR}something else\n{ERROR}known noise again\n"
    assert found(lines, ignore=[known]) == [(1, Severity.ERROR, "something else")]


def test_a_trace_under_an_ignored_line_is_ignored_with_it():
    known = LocalPattern("known noise")
    assert found(f"{ERROR}known noise\n{TRACE}{ERROR}else\n", ignore=[known]) == [(1, Severity.ERROR, "else")]


def test_a_record_is_ignored_by_any_of_its_lines():
    gone = LocalPattern("IOException", "gone$")
    assert found(f"{ERROR}sending failed\n{TRACE}{STAMP}on\n" * 3, ignore=[gone]) == []


def test_ignoring_wins_over_an_added_fault():
    both = LocalPattern("disk is sad")
    assert found(f"{STAMP}the disk is sad\n", faults=[both], ignore=[both]) == []


def test_a_hundred_added_words_leave_the_search_fast():
    calm = (f"{STAMP}order 7 shipped, errors=0 failed=0\n" * 20_000).encode()
    words = [b"added word %d x" % number for number in range(100)]
    few, many = Search(LITERALS), Search(LITERALS, words)
    one_more_automaton, naive = (
        min(timeit.repeat(lambda find=find: find(calm), number=1, repeat=5))
        for find in (many.find, _one_for_all((*LITERALS, *words)))
    )
    assert many.find(b"an added word 7 x") == [(7, 3, 17)]
    assert few.find(b"an added word 7 x") == []
    assert one_more_automaton * 1.5 < naive


def _one_for_all(words):
    kind = ahocorasick_rs.MatchKind.LeftmostFirst
    return ahocorasick_rs.BytesAhoCorasick(list(words), matchkind=kind).find_matches_as_indexes


@pytest.mark.parametrize("order", [(5, 7, 5, 7), (7, 5, 7, 5)])
def test_what_was_seen_before_does_not_decide_about_digits(order):
    seven = LocalPattern("disk 7 is")
    lines = "".join(f"{ERROR}disk {n} is sad\n" for n in order)
    assert sum(count for count, _, _ in found(lines, ignore=[seven])) == 2
