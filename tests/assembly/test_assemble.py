"""What counts as a record, whatever way its bytes arrive."""

import itertools
import timeit
from pathlib import Path

import ahocorasick_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly import patterns
from aiops_agent.assembly.assemble import LONGEST_RECORD, MOST_LINES, Assembly, Gathered
from aiops_agent.assembly.fingerprint import fingerprint
from aiops_agent.assembly.heads import KNOWN

CORPORA = Path(__file__).parent.parent / "corpora"
ERROR = "2026-11-22 10:00:00,123 ERROR [main] shop.Orders - order {} failed\n"
INFO = "2026-11-22 10:00:00,123 INFO  [main] shop.Orders - order {} charged\n"
TRACE = "java.net.SocketTimeoutException: Read timed out\n\tat shop.Client.charge(Client.java:88)\n"
EVERYTHING = "".join(
    line
    for file in sorted(CORPORA.glob("*.log"))
    for line in file.read_text().splitlines(keepends=True)
    if not line.startswith("#= ")
).encode()


def assembled(
    *chunks: bytes, start: int = 0, counted_until: int = 0, record_end: int = 0, final: bool = False
) -> Gathered:
    assembler = Assembly().stretch(start, counted_until, record_end)
    for chunk in chunks:
        assembler.feed(chunk)
    assembler.finish(final=final)
    return assembler.take()


def counts(gathered: Gathered) -> list[tuple[int, str]]:
    return sorted((s.count, s.text) for s in gathered.sightings)


def test_the_automaton_takes_the_fast_path():
    healthy = (INFO.format(1) * 20_000).encode()
    slow = ahocorasick_rs.BytesAhoCorasick(list(patterns.LITERALS), matchkind=ahocorasick_rs.MatchKind.Standard)
    fast = Assembly().search(KNOWN).find
    assert min(timeit.repeat(lambda: fast(healthy), number=1, repeat=5)) * 2 < min(
        timeit.repeat(lambda: slow.find_matches_as_indexes(healthy), number=1, repeat=5)
    )


def test_the_literals_stay_below_what_slows_the_search():
    assert len(set(patterns.LITERALS)) == len(patterns.LITERALS) <= 64
    assert min(map(len, patterns.LITERALS)) >= 4


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(EVERYTHING)), max_size=12))
def test_any_split_gives_the_same_records(cuts):
    places = sorted({0, *cuts, len(EVERYTHING)})
    chunks = [EVERYTHING[a:b] for a, b in itertools.pairwise(places)]
    assert counts(assembled(*chunks)) == counts(assembled(EVERYTHING))


def test_single_bytes_give_the_same_records():
    some = EVERYTHING[:6_000]
    assert counts(assembled(*(some[i : i + 1] for i in range(len(some))))) == counts(assembled(some))


def test_a_repeated_record_has_the_fingerprint_of_its_text():
    log = "".join(ERROR.format(n) + TRACE + INFO.format(n) for n in range(50)).encode()
    (sighting,) = assembled(log).sightings
    assert sighting.count == 50
    assert sighting.fingerprint == fingerprint(sighting.text)[0]


def test_records_one_after_another_are_counted_one_by_one():
    panic = "panic: runtime error: nil map\n\ngoroutine 7 [running]:\nmain.main()\n\t/src/main.go:9 +0x1d\n"
    log = (ERROR.format(1) + TRACE + panic + panic + ERROR.format(2) + ERROR.format(3) + TRACE).encode()
    assert sum(s.count for s in assembled(log).sightings) == 5


def test_a_record_at_the_end_counts_at_once_and_is_read_again():
    log = (INFO.format(1) + ERROR.format(1)).encode()
    gathered = assembled(log)
    assert [s.count for s in gathered.sightings] == [1]
    assert (gathered.offset, gathered.record_start) == (len(log), len(INFO.format(1)))


def test_a_record_that_did_not_grow_is_not_counted_again():
    record = ERROR.format(1).encode()
    log = record + INFO.format(2).encode()
    assert assembled(log, counted_until=len(record), record_end=len(record)).sightings == ()


def test_late_lines_extend_a_record_under_its_first_fingerprint():
    record = ERROR.format(1).encode()
    first = assembled(record)
    later = assembled(record + TRACE.encode(), counted_until=first.offset, record_end=first.record_end)
    again = assembled(
        record + TRACE.encode() + b"\tat shop.Main.main(Main.java:3)\n",
        counted_until=later.offset,
        record_end=later.record_end,
    )
    (counted,), (grown,), (grown_again,) = first.sightings, later.sightings, again.sightings
    assert (counted.count, grown.count, grown_again.count) == (1, 0, 0)
    assert counted.fingerprint == grown.fingerprint == grown_again.fingerprint
    assert "SocketTimeoutException" in grown.text
    assert "Main.java" in grown_again.text


def test_a_mention_counts_when_its_frames_arrive_later():
    mention = b"2026-11-22 10:00:00,123 WARN  shop.Retry - seen java.io.IOException: Broken pipe\n"
    first = assembled(mention)
    assert (first.sightings, first.record_start) == ((), 0)
    later = assembled(mention + b"\tat shop.Client.send(Client.java:12)\n", counted_until=first.offset)
    assert [s.count for s in later.sightings] == [1]


@pytest.mark.parametrize(("final", "count"), [(False, 0), (True, 1)])
def test_an_unfinished_line_waits_unless_the_file_is_finished(final, count):
    line = ERROR.format(1).encode().rstrip(b"\n")
    gathered = assembled(line, final=final)
    assert sum(s.count for s in gathered.sightings) == count
    assert gathered.offset == (len(line) if final else 0)


def waited_for(log: bytes, **known: int) -> Gathered:
    assembler = Assembly().stretch(known.get("start", 0), known.get("counted_until", 0), known.get("record_end", 0))
    assembler.feed(log)
    assembler.finish(final=False, waited=True)
    return assembler.take()


def test_an_unfinished_line_that_was_waited_for_counts_once_though_its_end_comes_later():
    whole = ERROR.format(1) + TRACE + INFO.format(2)
    line = ERROR.format(1).rstrip("\n").encode()
    first = waited_for(line)
    assert [s.count for s in first.sightings] == [1]
    assert (first.offset, first.record_start) == (len(line), 0)
    later = assembled(whole.encode(), counted_until=first.offset, record_end=first.record_end)
    assert [s.count for s in later.sightings] == [0]
    assert later.sightings[0].fingerprint == first.sightings[0].fingerprint
    ended = assembled(line + b"\n", counted_until=first.offset, record_end=first.record_end)
    assert sum(s.count for s in ended.sightings) == 0


def test_a_line_that_says_nothing_until_its_end_comes_counts_then():
    begun, rest = (
        b"2026-11-22 10:00:00,123 order 1: ",
        b"java.lang.IllegalStateException: no stock\n\tat shop.A.b(A.java:1)\n",
    )
    first = waited_for(begun)
    assert first.sightings == ()
    assert (first.offset, first.record_start) == (len(begun), 0)
    later = assembled(begun + rest, counted_until=first.offset)
    assert [s.count for s in later.sightings] == [1]


def test_a_line_of_100_mb_keeps_its_head_and_the_next_is_read():
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(ERROR.format(1).encode().rstrip(b"\n"))
    filler = b"x" * 262_144
    for _ in range(400):
        assembler.feed(filler)
        assert len(assembler._buffer) < 500_000
    assembler.feed(b"\n" + ERROR.format(2).encode())
    assembler.finish(final=False)
    gathered = assembler.take()
    assert sum(s.count for s in gathered.sightings) == 2
    assert gathered.longest_line > 100_000_000
    assert gathered.offset == 400 * 262_144 + len(ERROR.format(1)) + len(ERROR.format(2))
    assert max(len(s.text) for s in gathered.sightings) <= LONGEST_RECORD


def test_a_long_line_is_cut_wherever_the_chunks_end():
    line = ERROR.format(1).encode().rstrip(b"\n") + b"y" * 100_000 + b" Exception: unseen\n"
    log = line + ERROR.format(2).encode()
    whole = assembled(log)
    assert counts(assembled(*(log[i : i + 7_001] for i in range(0, len(log), 7_001)))) == counts(whole)
    assert whole.offset == len(log)


def test_what_follows_a_long_run_of_nuls_is_read():
    log = bytes(3_000_000) + ERROR.format(1).encode()
    chunks = [log[i : i + 262_144] for i in range(0, len(log), 262_144)]
    gathered = assembled(*chunks)
    assert [s.count for s in gathered.sightings] == [1]
    assert gathered.sightings[0].text.startswith("2026-11-22")
    assert gathered.binary
    assert gathered.offset == len(log)


def test_bytes_that_are_no_utf_8_are_shown_as_escapes():
    (sighting,) = assembled(b"2026-11-22 10:00:00 ERROR caf\xe9 \xff\n").sightings
    assert sighting.text.endswith("caf\\xe9 \\xff")


def test_only_a_newline_ends_a_line():
    (sighting,) = assembled("2026-11-22 10:00:00 ERROR a\x0bb\x0cc\u2028d\re\r\n".encode()).sightings
    assert sighting.count == 1
    assert sighting.text.endswith("a\x0bb\x0cc\u2028d\re")


def test_a_record_is_kept_to_its_most_lines_and_counted_once():
    log = (ERROR.format(1) + TRACE + "\tat shop.Deep.down(Deep.java:7)\n" * 20_000 + ERROR.format(2)).encode()
    chunks = [log[i : i + 262_144] for i in range(0, len(log), 262_144)]
    gathered = assembled(*chunks)
    assert sum(s.count for s in gathered.sightings) == 2
    longest = max(gathered.sightings, key=lambda s: len(s.text))
    assert longest.text.count("\n") < MOST_LINES
    assert len(longest.text) <= LONGEST_RECORD


def test_secrets_do_not_leave_the_room():
    (sighting,) = assembled(b"2026-11-22 10:00:00 ERROR login failed password=hunter2hunter2\n").sightings
    assert "hunter2" not in sighting.text + sighting.grouped_by


def test_a_forged_object_in_a_message_is_not_an_event():
    line = b'{"level":"info","msg":"user sent {\\"level\\":\\"error\\",\\"msg\\":\\"x\\"}","level":"error"}\n'
    assert assembled(line).sightings == ()


NODE = "Error: read ECONNRESET\n    at TLSWrap.onStreamRead (node:internal/stream:218:20) {\n  errno: -104\n}\n"


@pytest.mark.parametrize(
    "above",
    [
        '{"level":"info","time":"2026-11-23T02:20:32.410Z","msg":"no error found in queue check","errors":0}\n',
        '{"time":"2026-11-23T02:20:32.410Z","msg":"seen a TypeError of no level"}\n',
        INFO.format(1),
        "Nov 22 10:01:02 web01 mailer[99]: sent 40 letters\n",
        'time="2026-11-22T10:01:02Z" level=info msg="sent 40 letters"\n',
    ],
)
def test_a_line_that_says_all_is_no_head_of_an_exception_below(above):
    assert counts(assembled((above + NODE).encode())) == [(1, NODE.rstrip())]


@pytest.mark.parametrize(
    "above",
    [
        ERROR.format(1),
        "2026-11-22 10:00:00,123 WARN  [main] shop.Orders - giving up\n",
        "2026-11-22 10:00:00,123 INFO  [main] shop.Orders - ignored the exception java.lang.Error\n",
        "2026-11-22 10:00:00,123 order 1 failed\n",
    ],
)
def test_a_line_that_speaks_of_failure_is_the_head_of_the_exception_below(above):
    assert counts(assembled((above + TRACE).encode())) == [(1, (above + TRACE).rstrip())]


def test_a_structured_error_keeps_what_follows_out():
    line = '{"level":"error","msg":"delivery failed"}\n'
    assert counts(assembled((line + NODE).encode())) == [(1, NODE.rstrip()), (1, "delivery failed")]


def test_an_exception_seen_alone_still_belongs_to_its_head():
    headed = "2026-11-22 10:00:00,123 WARN  [main] shop.Orders - giving up\n" + TRACE
    assert counts(assembled((INFO.format(1) + TRACE + headed + INFO.format(2)).encode())) == [
        (1, headed.rstrip()),
        (1, TRACE.rstrip()),
    ]


def test_what_a_structured_error_says_stands_in_its_own_order():
    line = b'{"level":"error","msg":"delivery failed","err":{"message":"no such host","code":"ENOTFOUND"}}\n'
    (sighting,) = assembled(line).sightings
    assert sighting.text == "delivery failed\nno such host\nENOTFOUND"
