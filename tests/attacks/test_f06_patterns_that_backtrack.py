"""F06: a line that a backtracking pattern takes years for; every pattern of the program is held against it."""

import gc
import time

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.headline import headline
from aiops_agent.assembly.mask import kept, mask
from aiops_agent.assembly.redact import redact
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.signs import load_signs

SIGNS = load_signs()
pytestmark = pytest.mark.slow
LENGTH = 100_000
PIECES = (
    *(
        "a",
        "aA1_",
        "1",
        "1.",
        "1:",
        "-",
        "0x",
        "ab1-",
        "a=",
        '"',
        "'a1'",
        "'",
        "\\",
        "[",
        "(",
        "a.",
        "/tmp/",
        "$$Lambda",
    ),
    *(
        "password=",
        "token: ",
        "://a:",
        "eyJ",
        "-----BEGIN PRIVATE KEY-----",
        "a@",
        "user ",
        "x.service",
        "status ",
        "4111 ",
    ),
    *(
        "::",
        ":1",
        "1/Jan/",
        "Bearer ",
        "bind() to ",
        "address already in use ",
        "\t",
        "#1 ",
        "\\u0041",
        "密码：",
        "at a(",
    ),
)
ENDS = ("", "!", "\x00", "é")
JAVA = "2026-11-23 ERROR [a] b.C - x\njava.io.IOException: y 'z1'\n\tat shop.A.f(A.java:3)\nCaused by: a.BError: c\n"
WHATEVER = JAVA + "password=a token: b a@b.example 4111111111111111 Bearer abcdefghij eyJabcdefghi.abcdef -----BEGIN x"


def hostile(piece, length=LENGTH):
    return (piece * (length // len(piece) + 1))[:length]


def signs(text):
    SIGNS.find(condense(text))


def seconds(work, text):
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        work(text)
        best = min(best, time.process_time() - began)
        if best > 1:
            break
    return best


def grows_too_fast(work, piece, end):
    """Tell whether twice the text takes more than three times as long, thrice in a row; what takes no time is fine."""
    for _ in range(3):
        half, whole = (seconds(work, hostile(piece, length) + end) for length in (LENGTH // 2, LENGTH))
        if whole < 0.02 or whole <= 3 * half:
            return False
    return True


@pytest.fixture(scope="module")
def patterns():
    """Return every pattern that was compiled by the time one record had gone the whole way."""
    for step in (mask, redact, fingerprint, headline, condense, signs):
        step(WHATEVER)
    kept(WHATEVER.encode())
    found = [thing for thing in gc.get_objects() if type(thing).__module__ == "re2" and hasattr(thing, "search")]
    compiled = {thing.pattern: thing for thing in found}
    assert len(compiled) >= 25
    return compiled


def test_f06_no_pattern_takes_more_than_linear_time(patterns):
    slow = [
        (pattern, piece, end)
        for pattern, compiled in patterns.items()
        for piece in PIECES
        for end in ENDS[:2]
        if grows_too_fast(
            lambda text, it=compiled: it.search(text.encode() if isinstance(it.pattern, bytes) else text),
            piece,
            end,
        )
    ]
    assert slow == []


@pytest.mark.parametrize("step", [mask, redact, fingerprint, headline, condense, signs])
@pytest.mark.parametrize("piece", PIECES)
def test_f06_no_step_takes_more_than_linear_time(step, piece):
    assert not grows_too_fast(step, piece, "!")


@pytest.mark.parametrize("piece", PIECES)
def test_f06_a_file_of_such_lines_takes_no_more_than_linear_time(piece):
    def assemble(text):
        assembler = Assembly().stretch(0, 0, 0)
        assembler.feed(f"2026-11-23 03:00:00,001 ERROR worker: {text}\n".encode())
        assembler.finish(final=True)

    assert not grows_too_fast(assemble, piece, "!")
