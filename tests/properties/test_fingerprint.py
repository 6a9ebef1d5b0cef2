"""What may not matter to a fingerprint, and what must: for any text, not for examples."""

from collections import Counter

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.mask import kept, mask, skeleton
from tests.assembly.other_fault import DIFFERENT
from tests.assembly.same_fault import SAME
from tests.examples import some_and_many

CLOCK = "2026-11-23 10:00:00,123 ERROR "
words = st.text("abcdefgx '\"=/.:-_[]()", max_size=12)
numbers = st.integers(0, 10**12).map(str)
told = st.lists(words | numbers | st.sampled_from(["errno ", "status=", "sda", "0x", "eth", "ORA-", "bob"]), max_size=9)
lines = told.map(lambda parts: CLOCK + "".join(parts))
forms = st.sampled_from(sorted({form for form, _, _ in (*SAME, *DIFFERENT)}))
values = st.sampled_from(sorted({value for _, *pair in (*SAME, *DIFFERENT) for value in pair}))
records = st.tuples(forms, values).map(lambda pair: pair[0].replace("@@", pair[1])) | lines


def counted(texts):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed("".join(f"{text}\n" for text in texts).encode())
    assembler.finish(final=True)
    return Counter({s.fingerprint: s.count for s in assembler.take().sightings})


def alone(texts):
    return sum((counted([text]) for text in texts), Counter())


@pytest.mark.slow
@some_and_many(60, 300)
def test_what_was_read_before_does_not_matter(examples):
    @settings(max_examples=examples)
    @given(st.lists(lines | records.map(lambda text: CLOCK + text), min_size=1, max_size=6))
    @example([CLOCK + "name 'bob' is taken", CLOCK + "name 'bob7' is taken"])
    @example([CLOCK + "ORA-00942 came", CLOCK + "ORA-01017 came"])
    @example([CLOCK + "port8 down", CLOCK + "port down"])
    @example([CLOCK + "job bad1 x", CLOCK + "job b1a1d x", CLOCK + "job bad x"])
    def law(texts):
        repeated = texts * 2
        assert counted(repeated) == alone(repeated)
        assert counted(reversed(repeated)) == alone(repeated)

    law()


@settings(max_examples=300, deadline=None)
@given(told.map("".join), st.randoms(use_true_random=False))
def test_how_many_digits_a_number_has_does_not_matter(text, random):
    def other(sign):
        return "".join(random.choices("123456789", k=random.randint(1, 9))) if sign == "0" else sign

    bones = skeleton(text.encode()).decode()
    assume(not kept(text.encode()) and not kept(bones.encode()))
    assert mask("".join(map(other, bones))) == mask(bones)


@settings(max_examples=200, deadline=None)
@given(st.text("0123456789abcdef", min_size=16, max_size=40), st.text("0123456789abcdef", min_size=16, max_size=40))
def test_a_long_hexadecimal_id_never_matters(one, two):
    assume(all("0" in skeleton(value.encode()).decode() for value in (one, two)))
    assume(all(len(skeleton(value.encode())) > 8 for value in (one, two)))
    assert fingerprint(f"ERROR request {one} failed")[0] == fingerprint(f"ERROR request {two} failed")[0]


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 99), st.integers(0, 99), st.sampled_from(["eth{}", "md{}", "dm-{}", "nvme{}n1", "sda{}", "loop{}"])
)
def test_a_device_always_matters(one, two, form):
    told = [fingerprint(f"ERROR device {form.format(number)} is gone")[0] for number in (one, two)]
    assert (told[0] == told[1]) == (one == two)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 255), st.integers(0, 255), st.sampled_from(["errno {}", "exit code {}", "status={}", "signal {}"])
)
def test_a_number_that_says_why_always_matters(one, two, form):
    told = [fingerprint(f"ERROR it failed: {form.format(number)}")[0] for number in (one, two)]
    assert (told[0] == told[1]) == (one == two)


@settings(max_examples=200, deadline=None)
@given(records)
def test_a_fingerprint_and_its_reason_are_bounded(text):
    digits, reason = fingerprint(text * 3)
    assert len(digits) == 16
    assert int(digits, 16) >= 0
    assert len(reason) <= 700
