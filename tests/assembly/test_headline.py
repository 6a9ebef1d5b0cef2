"""One line says what is wrong."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.headline import headline

CORPORA = Path(__file__).parent.parent / "corpora"


def headlines(log):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(log)
    assembler.finish(final=True)
    return [sighting.headline for sighting in assembler.take().sightings]


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ("2026-11-22 10:00:00,123 ERROR [http-nio-7] com.acme.Pay - charge 4711 failed", "charge 4711 failed"),
        (
            "Nov 22 10:01:02 web01 systemd[1]: shop.service: Failed with result 'x'.",
            "shop.service: Failed with result 'x'.",
        ),
        ("Nov 22 10:01:02 web01 shop[9]: 2026-11-22 10:01:02 ERROR order 4711 is gone", "order 4711 is gone"),
        ("Nov 23 02:35:44 web01 kernel: [ 8155.42] I/O error, dev sdb, sector 1", "I/O error, dev sdb, sector 1"),
        ("[ 2430.421212] Out of memory: Killed process 22389 (java)", "Out of memory: Killed process 22389 (java)"),
        (
            "2026/11/22 10:01:02 [error] 2211#2211: *90 connect() failed (111: refused)",
            "connect() failed (111: refused)",
        ),
        ("4711:M 22 Nov 2026 10:01:02.123 # Background saving error", "Background saving error"),
        ("2026-11-22 10:01:02.123 UTC [4711] shop@orders ERROR:  deadlock detected", "deadlock detected"),
        ('E1122 10:01:02.123456    1234 pod.go:88] "Error syncing pod"', '"Error syncing pod"'),
        ("2026-11-22T10:01:02.123Z pid=4711 tid=abc ERROR: redis is gone", "redis is gone"),
        ("E, [2026-11-22T10:01:02.123456 #4711] ERROR -- : Order failed", "Order failed"),
        ("[2026-11-22 10:01:02 +0000] [4711] [CRITICAL] WORKER TIMEOUT (pid:4712)", "WORKER TIMEOUT (pid:4712)"),
        ('time="2026-11-22T10:01:02Z" level=error msg="charge failed" err="no route"', "charge failed: no route"),
        ("error: the disk is full", "error: the disk is full"),
        ("", ""),
    ],
)
def test_the_head_of_the_line_is_left_out(record, line):
    assert headline(record) == line


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("java", "java.lang.IllegalStateException: order 4711 is locked"),
        ("python", "RuntimeError: order 4711 is not readable"),
        ("dotnet", "System.TimeoutException: the lock was not released"),
        ("ruby", "failing.rb:7:in `fetch': key not found: :amount (KeyError)"),
        ("java", "order failed: java.net.ConnectException: Connection refused"),
        ("node", "Error: ENOENT: no such file or directory, open '/etc/shop/missing.json'"),
        ("python", "ExceptionGroup: two workers (2 sub-exceptions)"),
        ("kernel", "Out of memory: Killed process 4711 (java) total-vm:900kB, anon-rss:800kB"),
        ("go", "panic: boot: stock of tea: gone"),
        ("redis", "Can't handle RDB format version 99"),
    ],
)
def test_the_innermost_cause_of_a_trace_says_most(file, line):
    assert line in headlines((CORPORA / f"{file}.log").read_bytes())


def test_a_trace_that_syslog_cut_into_lines_is_read_all_the_same():
    lines = [
        "Traceback (most recent call last):",
        '  File "/srv/shop/run.py", line 3, in <module>',
        "OSError: [Errno 28] full",
    ]
    assert headline("\n".join(f"Nov 22 10:01:02 web01 shop[9]: {line}" for line in lines)) == "OSError: [Errno 28] full"


def test_a_structured_record_that_says_little_goes_on_with_its_error():
    stack = r"Error: getaddrinfo ENOTFOUND smtp.mail.internal\n    at GetAddrInfoReqWrap (node:dns:120:26)"
    error = f'{{"type":"Error","message":"getaddrinfo ENOTFOUND smtp.mail.internal","stack":"{stack}"}}'
    line = f'{{"level":"error","msg":"delivery failed","err":{error}}}\n'
    assert headlines(line.encode()) == ["delivery failed: getaddrinfo ENOTFOUND smtp.mail.internal"]


def test_a_headline_is_redacted_like_its_text():
    line = b"2026-11-22 10:00:00 ERROR [main] a.B - login failed password=hunter2hunter2\n"
    assert headlines(line) == ["login failed password=[redacted:secret]"]


def test_control_characters_are_shown_and_not_sent():
    assert headline("error: \x1b[31mred\u202e\ttab\x07") == r"error: \x1b[31mred\u202e\ttab\x07"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_a_headline_is_one_printable_line_for_a_phone(text):
    line = headline(text)
    assert line.isprintable()
    assert len(line) <= 160
