"""A program whose lines syslog or a container runtime relays is read as in a log that it writes itself."""

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.relayed import REACH, is_relay, own_lines_above, said_from

SHOP = "Nov 22 10:01:02 web01 shop[4711]: "
CRON = "Nov 22 10:01:02 web01 cron[99]: "
CONTAINER = "2026-11-22T10:01:02.123456789Z stderr F "

REPORTS = {
    "log with a trace": (
        "2026-11-22 10:01:02,123 ERROR shop.Orders - order failed",
        "java.lang.IllegalStateException: ledger is closed",
        "\tat shop.Ledger.post(Ledger.java:29)",
    ),
    "panic of Rust": ("thread 'main' panicked at src/main.rs:9:5:", "no shard 3", "note: run with `RUST_BACKTRACE=1`"),
    "panic of Go": ("panic: no quorum", "goroutine 1 [running]:", "main.main()", "\t/srv/shop/main.go:9 +0x3f"),
    "sanitizer": (
        "=================================================================",
        "==99==ERROR: AddressSanitizer: heap-use-after-free on address 0x603000000220",
        "READ of size 2 at 0x603000000220 thread T0",
        "    #0 0x5567967b1cf1 in main /srv/shop/main.c:9",
        "SUMMARY: AddressSanitizer: heap-use-after-free /srv/shop/main.c:9 in main",
        "==99==ABORTING",
    ),
    "excerpt of Node": (
        "/srv/shop/orders.js:9",
        "  throw new Error('no stock');",
        "  ^",
        "Error: no stock",
        "    at main (/srv/shop/orders.js:9:9)",
        "Node.js v20.20.2",
    ),
    "asyncio": (
        "2026-11-22 10:01:02,123 ERROR    [asyncio:1771] Exception in callback poll()",
        "handle: <Handle poll() at /srv/shop/poll.py:9>",
        "Traceback (most recent call last):",
        '  File "/srv/shop/poll.py", line 9, in poll',
        "TimeoutError: timed out",
    ),
}


def found(text):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(text.encode())
    assembler.finish(final=True)
    return [(s.count, s.text) for s in assembler.take().sightings]


def relayed(head, lines):
    return "".join(f"{head}{line}\n" for line in lines)


@pytest.mark.parametrize("head", [SHOP, CONTAINER], ids=["syslog", "container"])
@pytest.mark.parametrize("lines", REPORTS.values(), ids=REPORTS)
def test_a_report_that_is_relayed_is_one_record(head, lines):
    healthy = f"{head}2026-11-22 10:01:02,123 INFO shop.Orders - order shipped\n"
    report = relayed(head, lines)
    assert found(healthy + report + healthy) == [(1, report.rstrip())]


@pytest.mark.parametrize("lines", REPORTS.values(), ids=REPORTS)
def test_the_lines_of_others_do_not_belong_to_it(lines):
    report = relayed(SHOP, lines)
    assert found(f"{CRON}job began\n{report}{CRON}job ended\n") == [(1, report.rstrip())]


def test_a_statement_of_a_daemon_takes_no_more_of_its_lines():
    refused = "Nov 22 10:01:02 web01 sshd[99]: error: maximum authentication attempts exceeded"
    assert found(f"{refused}\nNov 22 10:01:02 web01 sshd[99]: Disconnecting\n") == [(1, refused)]


def test_the_kernel_and_a_thread_relay_nobody():
    assert is_relay(b"web01 shop[4711]:")
    assert is_relay(b"stderr F ")
    assert not is_relay(b"kernel:")
    assert not is_relay(b"web01 kernel:")
    assert not is_relay(b"[4711]")
    assert not is_relay(b"W/Tag(99):")


def test_what_a_writer_says_is_known_to_have_ended_once_others_said_enough():
    others = f"{CRON}job\n" * (REACH // len(CRON))
    first = f"{SHOP}one\n{CRON}job\n{SHOP}two\n"
    short = said_from(first.encode(), 0, b"web01 shop[4711]:")
    assert short.text == b"one\ntwo\n"
    assert said_from((first + others).encode(), 0, b"web01 shop[4711]:").text.startswith(b"one\ntwo\n2000-01-01 ")
    assert short.place(4) == len(f"{SHOP}one\n{CRON}job\n")


def test_only_lines_right_above_are_a_writers_own():
    text = f"{SHOP}one\n{CRON}job\n{SHOP}two\n{SHOP}three\n".encode()
    last = text.rfind(b"Nov")
    assert (
        text[own_lines_above(text, last, 0, b"web01 shop[4711]:", 6) :].split(b": ")[1]
        == b"two\nNov 22 10:01:02 web01 shop[4711]"
    )
