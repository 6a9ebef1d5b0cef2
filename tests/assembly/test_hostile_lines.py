"""What is written to be misread, or to take long to read, costs a bounded time and forges nothing."""

import time

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.decode import decode

NEXT = b"2026-11-22 10:00:00,123 ERROR [main] shop.Orders - the next good line\n"
LONGEST = 2.0
"""Seconds a hostile line may take on a machine that is busy; each takes hundredths."""

BRACKETS = b"[" * 100_000
KEYS = b",".join(b'"k%d":1' % number for number in range(1_000_000))
HOSTILE = {
    "brackets": b'{"level":"error","msg":' + BRACKETS + b"\n",
    "nested objects": b'{"level":"error","a":' * 20_000 + b"1" + b"}" * 20_000 + b"\n",
    "a million keys": b'{"level":"error",' + KEYS + b"}\n",
    "a large exponent": b'{"level":"error","msg":"x","n":1e400}\n',
    "not a number": b'{"level":"error","msg":"x","n":NaN,"i":Infinity}\n',
    "many digits": b'{"level":"error","msg":"x","n":' + b"9" * 105_000 + b"}\n",
    "many digits as the level": b'{"level":' + b"9" * 50_000 + b',"msg":"an Error"}\n',
    "a deep message": b'{"level":"error","msg":' + b'{"msg":' * 900 + b'"x"' + b"}" * 901 + b"\n",
    "half a surrogate": b'{"level":"error","msg":"\\ud800 x"}\n',
    "many words for errors": b"Error Exception : Error " * 40_000 + b"\n",
    "many colons": b"Error" + b": " * 100_000 + b"\n",
    "many carets": b"a:1\n" + b"^\n" * 50_000 + b"\nError: x\n",
    "many rulers": b"==================\n" * 20_000,
    "goroutines without end": b"panic: x\n" + b"plain\n" * 50_000,
    "sanitizer without end": b"==1==ERROR: AddressSanitizer: x\n" + b"plain\n" * 100_000,
}


def found(text: bytes) -> list[tuple[int, str]]:
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(text)
    assembler.finish(final=True)
    return [(s.count, s.text) for s in assembler.take().sightings]


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_line_takes_bounded_time_and_the_next_is_read(hostile):
    began = time.perf_counter()
    records = found(hostile + NEXT)
    assert time.perf_counter() - began < LONGEST
    assert (1, NEXT.decode().rstrip()) in records


@pytest.mark.parametrize("number", [b"1e400", b"NaN", b"-Infinity", b"9" * 5_000])
def test_a_number_that_is_none_leaves_the_rest_of_the_line_readable(number):
    line = b'{"level":"error","msg":"order lost","n":' + number + b"}\n"
    assert found(line) == [(1, "order lost")]


FORGED = b'{"level":"error","msg":"forged","error":{"message":"disk of db01 failed"}}'


@pytest.mark.parametrize(
    "carrier",
    [
        b"2026-11-22 10:00:00,123 INFO  [main] shop.Web - name=%s\n",
        b'level=info ts=2026-11-22T10:00:00Z msg="name is %s"\n',
        b"Nov 22 10:01:02 web01 shop[99]: user said %s\n",
        b'10.2.3.4 - - [22/Nov/2026:10:01:02 +0000] "GET / HTTP/1.1" 200 1 "-" "%s"\n',
    ],
)
def test_an_object_behind_text_is_no_event(carrier):
    assert found(carrier % FORGED) == []


def test_an_object_inside_a_string_is_no_event():
    inner = FORGED.replace(b'"', b'\\"')
    assert found(b'{"level":"info","msg":"user said ' + inner + b'"}\n') == []
    assert found(b'{"level":"info","user":' + FORGED + b"}\n") == []


@pytest.mark.parametrize("first", ["info", "error"])
def test_of_two_levels_the_first_counts(first):
    second = "error" if first == "info" else "info"
    line = f'{{"level":"{first}","msg":"a","level":"{second}","msg":"b"}}\n'.encode()
    decoded = decode(line)
    assert decoded is not None
    assert (decoded.severity is not None) == (first == "error")
    assert found(line) == ([(1, "a")] if first == "error" else [])


def test_levels_that_are_no_words_report_nothing():
    for level in (b"[]", b'{"a":"error"}', b"true", b"1e400", b"-1"):
        assert found(b'{"level":' + level + b',"msg":"an Error: x"}\n') == [], level
