"""How the records of a file begin is learnt from the file where no table knows it."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.heads import KNOWN, learn

FORMS = {
    "day first, with points": "{d:02d}.11.2026 10:01:{s:02d} {level} shop: order {n} {said}",
    "packed": "20261122-1001{s:02d}.{n:03d}|{level}|shop|order {n} {said}",
    "tai64n": "@400000006561f{s:03d}2b3c4d5e {level} order {n} {said}",
    "host and bars": "web01|shop|2026-11-22 10:01:{s:02d}|{level}|order {n} {said}",
    "in round brackets": "(2026-11-22 10:01:{s:02d}) {level} order {n} {said}",
    "thread, then time": "[worker-{s}] 10:01:{s:02d}.{n:03d} {level} order {n} {said}",
    "fields": "T=20261122 100{s:03d} lvl={level} order {n} {said}",
    "chinese": "2026年11月22日 10时01分{s:02d}秒 {level} 订单 {n} {said}",
    "in corner brackets": "【2026-11-22 10:01:{s:02d}】 {level} 订单 {n} {said}",
}
TRACE = "java.net.SocketTimeoutException: Read timed out\n\tat shop.Client.charge(Client.java:88)\n"


def line(form, n, level, said):
    return FORMS[form].format(d=n % 28 + 1, s=n % 60, n=n, level=level, said=said) + "\n"


def found(text, sample=None):
    data = text.encode()
    assembler = Assembly().stretch(0, 0, 0, data if sample is None else sample)
    assembler.feed(data)
    assembler.finish(final=True)
    return sorted((s.count, s.text) for s in assembler.take().sightings)


@pytest.mark.parametrize("form", FORMS)
def test_records_of_an_unknown_form_begin_and_end_where_they_do(form):
    calm = "".join(line(form, n, "INFO", "shipped, errors=0") for n in range(1, 20))
    failed = line(form, 20, "ERROR", "failed") + TRACE
    again = line(form, 21, "ERROR", "lost")
    assert found(calm + failed + again + again + calm) == sorted([(1, failed.rstrip()), (2, again.rstrip())])


@pytest.mark.parametrize("form", FORMS)
def test_a_calm_record_that_names_an_exception_in_passing_is_none(form):
    calm = "".join(line(form, n, "INFO", "no Exception seen") for n in range(1, 20))
    assert found(calm) == []


def test_what_is_known_already_is_not_learnt():
    text = "".join(f"2026-11-22 10:01:02,123 INFO  shop - order {n} shipped\n" for n in range(50))
    assert learn(text.encode()) is KNOWN


def test_the_lines_of_traces_are_no_heads():
    panic = (
        "panic: out of orders\n\ngoroutine 12 [running]:\nmain.ship(0xc000012345, 0x123456)\n\t/src/main.go:52 +0x1d\n"
    )
    assert learn((panic * 40).encode()).signatures == frozenset()
    assert found(panic * 3, (panic * 40).encode()) == [(3, panic.rstrip())]


def test_a_log_of_one_word_lines_teaches_nothing():
    assert learn(b"a\n" * 100).signatures == frozenset()
    assert learn(b"") is KNOWN
    assert learn(b"no newline at all") is KNOWN


def test_a_level_of_rust_that_is_padded_on_its_left_is_a_head_where_it_is_relayed():
    said = " INFO shop::slip: slip 16 booked\n" * 12 + "thread 'main' panicked at src/main.rs:9:5:\nno tea\n" * 3
    sample = "".join(f"Nov 27 08:12:54 depot-2 shop[3460]: {line}\n" for line in said.splitlines())
    assert not learn(sample.encode()).relayed_are_bare
    assert learn(sample.replace(" INFO shop::slip: ", "").encode()).relayed_are_bare
