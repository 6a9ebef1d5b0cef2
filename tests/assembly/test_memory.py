"""The memory of masked forms: as good as masking anew, whatever was masked before."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.mask import mask
from aiops_agent.assembly.memory import LONGEST, MOST, Memory, lock, unlock
from tests.assembly.other_fault import DIFFERENT
from tests.assembly.same_fault import SAME

CASES = [form.replace("@@", value) for form, *pair in (*SAME, *DIFFERENT) for value in pair]
words = st.text("abcdefgx '\"=/.:-_[]()é\n", max_size=12)
numbers = st.integers(0, 10**12).map(str)
signs = st.sampled_from(["errno ", "status=", "sda", "0x", "eth", "ORA-", "listen tcp 0.0.0.0:", "a.service", "\\u00"])
texts = st.lists(words | numbers | signs, max_size=9).map("".join)


def test_a_record_has_the_same_fingerprint_with_a_memory_and_without():
    memory = Memory()
    for text in (*CASES, *reversed(CASES)):
        assert fingerprint(text, memory.mask) == fingerprint(text)
    later = Memory(memory.forms())
    assert [fingerprint(text, later.mask) for text in CASES] == [fingerprint(text) for text in CASES]


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(texts | st.sampled_from(CASES), max_size=8))
def test_what_was_masked_before_does_not_matter(before):
    memory = Memory()
    for text in before:
        memory.mask(text)
    later = Memory(memory.forms())
    assert [later.mask(text) for text in before] == [mask(text) for text in before]


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(texts, st.randoms(use_true_random=False))
def test_a_text_with_other_digits_is_masked_as_if_it_were_the_first(text, random):
    other = "".join(random.choice("0123456789") if sign.isdigit() else sign for sign in text)
    memory = Memory()
    memory.mask(text)
    assert memory.mask(other) == mask(other)


def test_every_log_of_faults_is_counted_alike_with_a_memory_of_the_other():
    first, second = CASES[::2], CASES[1::2]
    memory = Memory()
    counted(first, memory)
    assert counted(second, Memory(memory.forms())) == counted(second)


def counted(records, memory=None):
    assembler = Assembly(memory=memory).stretch(0, 0, 0)
    for record in records:
        assembler.feed(f"2026-11-23 10:00:00,123 ERROR {record}\n".encode())
    assembler.finish(final=True)
    return Counter({s.fingerprint: s.count for s in assembler.take().sightings})


def test_what_is_known_is_not_learnt_again():
    memory = Memory()
    memory.mask("task 12 failed")
    assert memory.has_learnt
    later = Memory(memory.forms())
    later.mask("task 7 failed")
    assert not later.has_learnt
    assert later.forms() == memory.forms()


def test_it_holds_so_many_forms_and_drops_what_did_not_come_again():
    memory = Memory({str(number): "" for number in range(MOST)})
    memory.mask("task 12 failed")
    assert len(memory.forms()) == MOST
    later = Memory(memory.forms())
    assert (later.mask("task 7 failed"), later.has_learnt) == ("task <number> failed", False)
    flooded = Memory()
    for number in range(2 * MOST):
        flooded.mask(f"{number:b}".replace("0", "x").replace("1", "y"))
    assert len(flooded.forms()) == MOST


def test_what_it_leaves_on_the_disk_tells_nothing_to_who_has_not_met_the_text():
    contents = []
    for thing in ("feather", "serpent"):
        memory = Memory()
        memory.mask(f"the {thing} of shop 7 is gone, and nobody knows where it may be by now nor who has taken it")
        [(name, locked)] = memory.forms().items()
        contents.append(bytes.fromhex(locked))
        assert not any(word in name + locked or word.encode() in contents[-1] for word in (thing, "shop", "number"))
    equal = sum(a == b for a, b in zip(*contents, strict=True))
    assert equal < len(contents[0]) / 4, "two texts share no stream"


@pytest.mark.slow
@given(st.text(min_size=12, max_size=300), st.binary(max_size=40))
def test_a_form_is_unlocked_with_its_own_text_only_and_damage_is_survived(masked, told):
    locked = lock(masked, told)
    assert unlock(locked, told) == masked
    assert unlock(locked, told + b"!") != masked
    assert unlock(locked.rstrip("=")[:-1] + "!", told) != masked
    assert unlock("A", told) is None


def test_a_long_text_is_not_held():
    memory = Memory()
    assert memory.mask("x" * (LONGEST + 1)) == "x" * (LONGEST + 1)
    assert memory.forms() == {}
