"""Same fault, same digits; another fault, other digits."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint

numbers = st.integers(0, 10**9)
hosts = st.from_regex(r"[a-z]{2,8}[0-9]{0,3}", fullmatch=True)
clocks = st.tuples(st.integers(1, 28), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))


def digits(text):
    return fingerprint(text)[0]


def counted(log):
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(log.encode())
    assembler.finish(final=False)
    return assembler.take().sightings


@settings(max_examples=50, deadline=None)
@given(hosts, hosts, clocks, clocks, numbers, numbers)
def test_host_time_process_and_numbers_do_not_matter(host, other_host, at, other_at, number, other):
    form = "Nov {:2d} {:02d}:{:02d}:{:02d} {} shop[{}]: error: order {} took {}ms, retry {}"
    one = form.format(*at, host, number, number, number, number)
    two = form.format(*other_at, other_host, other, other, other, other)
    assert digits(one) == digits(two)
    assert [s.count for s in counted(one + "\n" + two + "\n")] == [2]


@settings(max_examples=50, deadline=None)
@given(clocks, clocks, numbers, numbers)
def test_thread_and_clock_of_a_headed_line_do_not_matter(at, other_at, number, other):
    form = "2026-11-{:02d} {:02d}:{:02d}:{:02d},123 ERROR [http-nio-{}] com.acme.Pay - charge {} failed"
    assert digits(form.format(*at, number, number)) == digits(form.format(*other_at, other, other))


SAME = [
    ("2026-11-22 10:00:00 ERROR [main] a.B - x failed", "22-Nov-2026 11:30:00.123 ERROR [pool-3] a.C - x failed"),
    ("ERROR job 7f3a9c2e1b failed", "ERROR job 0b1c2d3e4f failed"),
    ("ERROR cannot reach 10.0.0.3:5432", "ERROR cannot reach 192.168.7.9:15432"),
    ("ERROR cannot write /tmp/upload-a8f3/x.part", "ERROR cannot write /tmp/upload-zz91/y.part"),
    ("ERROR mail to ann@example.org bounced", "ERROR mail to bob@example.com bounced"),
    ("ERROR login failed password=hunter2xyz", "ERROR login failed password=correcthorse"),
    ("ERROR order 'a81' is gone", "ERROR order 'c9f2' is gone"),
    ("KeyError: 'x'\n", "KeyError: 'x'\n"),
]

PYTHON = """ERROR task failed
Traceback (most recent call last):
  File "/srv/a.py", line 3, in run
    f()
OSError: {}"""

DIFFERENT = [
    ("ERROR I/O error, dev sda, sector 123", "ERROR I/O error, dev sdb, sector 123"),
    ("ERROR eth0: link is down", "ERROR eth1: link is down"),
    ("ERROR query failed SQLSTATE 40P01", "ERROR query failed SQLSTATE 23505"),
    ("ERROR upstream answered with status 502", "ERROR upstream answered with status 404"),
    ("ERROR write failed errno 28", "ERROR write failed errno 13"),
    ("ERROR child ended with exit code 1", "ERROR child ended with exit code 137"),
    ("ERROR Started the wrong unit", "ERROR Paused the wrong unit"),
    ("Nov 22 10:00:00 h shop[1]: error: x", "Nov 22 10:00:00 h cart[1]: error: x"),
    (PYTHON.format("[Errno 28] No space left on device"), PYTHON.format("[Errno 13] Permission denied")),
    (
        "java.io.IOException: x\n\tat shop.A.f(A.java:3)",
        "java.io.IOException: x\n\tat shop.B.g(B.java:3)",
    ),
]


@pytest.mark.parametrize(("one", "two"), SAME)
def test_one_fault_has_one_fingerprint(one, two):
    assert digits(one) == digits(two)


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_two_faults_have_two_fingerprints(one, two):
    assert digits(one) != digits(two)


@pytest.mark.parametrize(("one", "two"), DIFFERENT)
def test_the_memory_of_forms_does_not_merge_faults(one, two):
    log = "".join(
        f"2026-11-22 10:00:00 {text}\n" if text.startswith("ERROR") else text + "\n" for text in (one, two) * 3
    )
    assert sorted(s.count for s in counted(log)) == [3, 3]


def test_line_numbers_of_frames_do_not_matter():
    form = "java.io.IOException: x\n\tat shop.A.f(A.java:{})\n\tat java.base/java.lang.Thread.run(Thread.java:{})"
    assert digits(form.format(3, 9)) == digits(form.format(14, 120))


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="abcdefgh ", min_size=1, max_size=30), st.text(alphabet="abcdefgh ", min_size=1, max_size=30))
def test_other_words_are_another_fault(one, two):
    assume(one.split() != two.split())
    assert digits(f"ERROR shop could not {one}") != digits(f"ERROR shop could not {two}")


def test_the_reason_says_why_records_are_one():
    _, reason = fingerprint("ERROR x\njava.io.IOException: y\n\tat shop.A.f(A.java:3)")
    assert reason == "exception chain java.io.IOException, frames shop.A.f A.java"
    assert fingerprint("ERROR disk 7 is full")[1] == "message shape disk <number> is full"
