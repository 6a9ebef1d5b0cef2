"""Writers that share a file do not break each other's records, where the format says who wrote a line."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.span import REACH

TRACE = ["Traceback (most recent call last):", '  File "/srv/{0}/jobs.py", line 71, in run', "{0}Error: no {0} left"]
JAVA = ["ERROR {0} failed", "java.io.IOException: {0} is gone", "\tat shop.{0}.read(Reader.java:12)", "\t... 4 more"]
POSTGRES = ["ERROR:  relation {0} is gone", "STATEMENT:  SELECT * FROM {0}"]


def syslog(name, number, said):
    return f"Nov 22 10:01:02 web01 {name}[{number}]: {said}"


def postgres(name, number, said):
    return f"2026-11-22 10:01:02.123 UTC [{number}] {name}@shop {said}"


def cri(name, number, said):
    return f"2026-11-22T10:01:02.{number:09}Z {'stdout' if number % 2 else 'stderr'} F {said}"


def kernel(name, number, said):
    return f"Nov 22 10:01:02 web{name} kernel: {said}"


def written(form, name, number, lines):
    return [form(name, number, line.format(name)) for line in lines]


def found(text, cuts=()):
    assembler = Assembly().stretch(0, 0, 0)
    data = text.encode()
    for a, b in itertools.pairwise(sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})):
        assembler.feed(data[a:b])
    assembler.finish(final=True)
    return sorted((s.count, s.text) for s in assembler.take().sightings)


def braided(first, second):
    return [line for pair in itertools.zip_longest(first, second) for line in pair if line is not None]


@pytest.mark.parametrize(
    ("form", "lines"), [(syslog, TRACE), (syslog, JAVA), (postgres, POSTGRES), (cri, TRACE), (cri, JAVA)]
)
def test_two_writers_line_by_line_give_two_whole_records(form, lines):
    first, second = written(form, "shop", 7, lines), written(form, "mail", 8, lines)
    text = "\n".join([*braided(first, second), form("calm", 9, "nothing to say"), ""])
    assert found(text) == sorted([(1, "\n".join(first)), (1, "\n".join(second))])


def test_calm_lines_of_others_do_not_end_a_record():
    trace = written(syslog, "shop", 7, TRACE)
    calm = [syslog("cron", number, "session opened") for number in range(3)]
    assert found("\n".join([trace[0], *calm, trace[1], *calm, trace[2], *calm, ""])) == [(1, "\n".join(trace))]


def test_an_error_of_another_writer_inside_a_record_is_a_record_of_its_own():
    trace, other = written(syslog, "shop", 7, TRACE), syslog("sshd", 8, "error: Bind to port 22 failed")
    text = "\n".join([trace[0], other, trace[1], other, trace[2], syslog("cron", 9, "done"), ""])
    assert found(text) == sorted([(1, "\n".join(trace)), (2, other)])


def test_two_kernels_that_report_into_one_file_are_told_apart():
    lines = [
        "BUG: unable to handle page fault",
        "RIP: 0010:shop_write",
        "Call Trace:",
        " shop_open+0x1d",
        "---[ end ]---",
    ]
    first, second = written(kernel, "01", 0, lines), written(kernel, "02", 0, lines)
    assert sorted(text for _, text in found("\n".join([*braided(first, second), ""]))) in (
        [first_text := "\n".join(first)],
        [first_text, "\n".join(second)],
    )
    assert sum(count for count, _ in found("\n".join([*braided(first, second), ""]))) == 2


def test_what_comes_too_late_is_not_waited_for():
    trace = written(syslog, "shop", 7, JAVA)
    far = [syslog("cron", number, "session opened " + "x" * 60) for number in range(REACH // 60)]
    (record,) = found("\n".join([trace[0], *far, *trace[2:], ""]))
    assert record == (1, trace[0])


def test_a_writer_that_repeats_itself_is_counted_line_by_line():
    line = syslog("sshd", 7, "error: Bind to port 22 failed")
    other = syslog("cron", 9, "done")
    assert found(f"{line}\n{other}\n{line}\n{line}\n{other}\n{line}\n{other}\n") == [(4, line)]


def mixed(records, random):
    """Return what writers, by number, say at once: each its records one after another, a line now and then."""
    queues = {}
    for number, lines in records:
        queues.setdefault(number, []).extend(written(syslog, "shop", number, lines))
    text = []
    while queues:
        number = random.choice(sorted(queues))
        text.append(queues[number].pop(0))
        if not queues[number]:
            del queues[number]
    return "\n".join([*text, ""])


def found_by_ticks(text, size):
    """Read pieces of a size; go on with a new assembler wherever a batch may end, as after a kill right behind it."""
    data = text.encode()
    counts = Counter()
    at = start = offset = record_end = ticks = 0
    assembler = Assembly().stretch(0, 0, 0)
    while at < len(data):
        assembler.feed(data[at : at + size])
        at += size
        if at < len(data) and assembler.may_be_cut:
            gathered = assembler.take()
            counts.update({s.fingerprint: s.count for s in gathered.sightings})
            if gathered.record_start > start:
                at = start = gathered.record_start
                offset = gathered.offset
                record_end = gathered.record_end if start < offset else 0
                assembler = Assembly().stretch(start, offset, record_end)
                ticks += 1
    assembler.finish(final=True)
    counts.update({s.fingerprint: s.count for s in assembler.take().sightings})
    return +counts, ticks


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from([TRACE, JAVA])), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.integers(30, 400),
)
def test_wherever_a_batch_ends_and_a_kill_falls_no_line_of_a_counted_record_counts_again(records, random, size):
    text = mixed(records, random)
    counts, _ = found_by_ticks(text, size)
    whole, _ = found_by_ticks(text, len(text))
    assert counts == whole
    assert sum(counts.values()) == len(records)


def test_a_batch_does_not_end_between_the_lines_of_a_record_that_is_counted():
    first, second = written(syslog, "shop", 7, [*TRACE, "ok"]), written(syslog, "mail", 8, [*TRACE, "ok"])
    text = "\n".join([first[0], second[0], *first[1:], *second[1:], ""]) * 40
    counts, ticks = found_by_ticks(text, 100)
    assert sum(counts.values()) == 80
    assert ticks > 10, "there are places enough to end at"


WRITERS = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 5), st.sampled_from([TRACE, JAVA])), min_size=1, max_size=8),
    st.randoms(use_true_random=False),
    st.lists(st.integers(0, 5_000), max_size=6),
)
def test_however_writers_and_chunks_are_cut_each_record_is_whole(records, random, cuts):
    got = found(mixed(records, random), cuts)
    assert sum(count for count, _ in got) == len(records)
    expected = {fingerprint("\n".join(written(syslog, "shop", 1, lines)))[0] for _, lines in records}
    assert {fingerprint(text)[0] for _, text in got} == expected


def test_what_is_known_of_a_line_does_not_cut_off_what_its_writer_says_next():
    alone = written(syslog, "shop", 1, TRACE[:1])
    whole = [*written(syslog, "shop", 2, TRACE[:1]), syslog("shop", 2, "ERROR cannot reach the till")]
    text = "\n".join([*alone, *whole, syslog("shop", 2, "ok"), ""])
    assert sum(count for count, _ in found(text)) == 2
