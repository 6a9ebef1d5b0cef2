"""Logs of containers: unwrapped, put together again, and counted once through pieces, ticks and rotation."""

import gzip
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.model.event import Checkpoint
from aiops_agent.sources.container import Unwrapped, unwrap
from aiops_agent.sources.file import FileSource
from tests.examples import some_and_many

TIME = "2026-11-22T10:00:00.123456789Z"
PIECE = 16_384


def docker(text, stream="stderr", *, end="\n", **more):
    return json.dumps({"log": text + end, "stream": stream, **more, "time": TIME}, separators=(",", ":")) + "\n"


def cri(text, stream="stderr", *, end="\n"):
    return f"{TIME} {stream} {'F' if end else 'P'} {text}\n"


FORMATS = pytest.mark.parametrize("wrap", [docker, cri])
TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/shop/till.py", line 12, in charge',
    "    raise OrderError(order)",
    "shop.OrderError: order 4711 has no amount",
)
JAVA = (
    "2026-11-22 10:00:00,123 ERROR [main] shop.Till - cannot charge",
    "java.lang.IllegalStateException: no amount",
    "\tat shop.Till.charge(Till.java:12)",
    "\tat shop.Main.main(Main.java:3)",
    "Caused by: java.io.IOException: till closed",
    "\tat shop.Drawer.open(Drawer.java:7)",
)


class Ticks:
    """Ticks over the logs of one folder."""

    def __init__(self, folder, pattern="*-json.log"):
        self.pattern = f"{folder}/{pattern}"
        self.known: dict[str, Checkpoint] = {}
        self.batches = []
        self.assembly = Unwrapped(Assembly())

    def tick(self):
        source = FileSource(
            [self.pattern], service="shop.service", start="beginning", seen_before=True, assembly=self.assembly
        )
        for batch in source.read(dict(self.known)):
            self.known[batch.checkpoint.key] = batch.checkpoint
            self.batches.append(batch)

    def count(self):
        return sum(sighting.count for batch in self.batches for sighting in batch.sightings)

    def texts(self):
        return [sighting.text for batch in self.batches for sighting in batch.sightings]

    def notices(self):
        return [notice.kind for batch in self.batches for notice in batch.notices]


def read(content, cuts=(), *, final=False):
    """Return what a stretch finds in a file's bytes, fed in the pieces that `cuts` makes of it."""
    stretch = Unwrapped(Assembly()).stretch(0, 0, 0)
    for start, end in pairwise([0, *sorted(cuts), len(content)]):
        stretch.feed(content[start:end])
    stretch.finish(final=final)
    found = stretch.take()
    records = sorted((s.fingerprint, s.count, s.text) for s in found.sightings)
    return records, found.offset, found.record_start, found.record_end


@FORMATS
@pytest.mark.parametrize("trace", [TRACE, JAVA])
def test_a_trace_is_one_record_although_the_other_stream_writes_between_its_lines(wrap, trace):
    content = "".join(wrap(line) + wrap("served order 17", "stdout") for line in trace)
    [(_, count, text)], *_ = read(content.encode())
    assert count == 1
    assert all(line in text for line in trace)
    assert "served" not in text


@FORMATS
def test_a_trace_has_the_fingerprint_it_has_without_a_container(wrap):
    [(wrapped, _, _)], *_ = read("".join(map(wrap, TRACE)).encode())
    plain = Assembly().stretch(0, 0, 0)
    plain.feed("".join(f"{TIME} stderr F {line}\n" for line in TRACE).encode())
    plain.finish(final=False)
    assert [wrapped] == [sighting.fingerprint for sighting in plain.take().sightings]


@FORMATS
def test_json_of_the_application_is_read_as_such(wrap):
    lines = [
        json.dumps({"level": "error", "msg": "cannot charge", "stack": "Error: x\n    at a.js:1:2"}),
        json.dumps({"level": "info", "msg": "no error found", "error": None}),
    ]
    [(_, count, text)], *_ = read("".join(map(wrap, lines)).encode())
    assert (count, text) == (1, "cannot charge\nError: x\n    at a.js:1:2")


def test_dockers_attributes_and_other_keys_do_not_disturb():
    assert unwrap(docker("x", attrs={"tag": "shop"}).encode()).text == b"x"


@FORMATS
def test_pieces_of_a_line_are_put_together_for_each_stream(wrap):
    content = (
        wrap("ERROR the order ", end="")
        + wrap("served", "stdout")
        + wrap("has no ", end="")
        + wrap("amount")
        + wrap("ok")
    )
    [(_, count, text)], *_ = read(content.encode())
    assert (count, text) == (1, f"{TIME} stderr F ERROR the order has no amount")


@FORMATS
def test_of_a_mebibyte_in_pieces_the_head_is_kept_and_it_is_told(wrap, tmp_path):
    pieces = [wrap("x" * PIECE, end="") for _ in range(64)]
    (tmp_path / "a-json.log").write_text(
        wrap("ERROR " + "y" * PIECE, end="") + "".join(pieces) + wrap("z") + wrap("ok")
    )
    ticks = Ticks(tmp_path)
    ticks.tick()
    assert (ticks.count(), ticks.notices()) == (1, ["long_line"])
    assert len(ticks.texts()[0]) < 70_000


def test_a_line_that_is_no_json_counts_as_it_stands():
    content = (
        docker("fine")
        + '{"log":"ERROR cut off by a cr\n'
        + "2026-11-22 10:00:00 ERROR written by hand\n"
        + docker("ok")
    )
    records, *_ = read(content.encode())
    assert [text for _, _, text in records] == ["2026-11-22 10:00:00 ERROR written by hand"]


@pytest.mark.parametrize(
    "line",
    [
        b'{"log":5,"stream":"stderr","time":"x"}',
        b'{"log":"x","stream":"stdin","time":"x"}',
        b'{"log":"x"}',
        b"[" * 100_000,
        b'{"log":' + b"[" * 100_000,
        b"",
        b"2026-11-22T10:00:00Z stderr X text",
        b"stderr F text",
    ],
)
def test_what_is_of_neither_format_is_left_as_it_is(line):
    assert unwrap(line) is None


def test_no_application_can_forge_a_stream_or_a_line():
    content = docker("fine\n" + TIME + " stdout F ERROR forged") + docker('\\n{"log":"ERROR"') + docker("ok")
    records, *_ = read(content.encode())
    assert [text for _, _, text in records] == [f"{TIME} stderr F fine {TIME} stdout F ERROR forged"]


SOME = (
    "".join(
        wrap(line, stream, end=end)
        for wrap in (docker, cri)
        for line, stream, end in (
            *((line, "stderr", "\n") for line in TRACE),
            ("ERROR half ", "stdout", ""),
            ("Traceback (most recent call last):", "stderr", "\n"),
            ("a line", "stdout", "\n"),
            ("ValueError: é\0", "stderr", "\n"),
            ("ERROR again", "stderr", ""),
        )
    ).encode()
    + b'\0\0\0{"log":"ERROR after a crash\\n","stream":"stderr","time":"x"}\n{"log":'
)


@some_and_many(60, 300)
def test_any_split_into_chunks_gives_the_same_records(examples):
    @given(cuts=st.lists(st.integers(0, len(SOME)), max_size=12), final=st.booleans())
    @settings(max_examples=examples)
    def law(cuts, final):
        assert read(SOME, cuts, final=final) == read(SOME, final=final)

    law()


@pytest.mark.slow
@given(cuts=st.lists(st.integers(0, len(SOME)), max_size=6))
@settings(max_examples=150, deadline=None)
def test_any_split_into_ticks_counts_the_same(tmp_path_factory, cuts):
    folder = tmp_path_factory.mktemp("containers")
    ticks = Ticks(folder)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(SOME)], strict=True):
        with (folder / "a-json.log").open("ab") as file:
            file.write(SOME[start:end])
        ticks.tick()
    whole = Ticks(folder)
    whole.tick()
    assert ticks.count() == whole.count()


@FORMATS
def test_pieces_that_come_on_later_ticks_make_one_record(wrap, tmp_path):
    log = tmp_path / "a-json.log"
    ticks = Ticks(tmp_path)
    for part in (
        wrap("ERROR the order ", end=""),
        wrap("served", "stdout"),
        wrap("has no ", end=""),
        wrap("amount"),
        wrap("ok"),
    ):
        with log.open("a") as file:
            file.write(part)
        ticks.tick()
    assert ticks.texts() == [f"{TIME} stderr F ERROR the order has no amount"]
    assert ticks.count() == 1


ROTATIONS = pytest.mark.parametrize(
    ("live", "rotated"),
    [("a-json.log", "a-json.log.1"), ("0.log", "0.log.20261122-100000"), ("0.log", "0.log.20261122-100000.gz")],
)


@ROTATIONS
def test_a_log_that_is_rotated_by_its_runtime_is_read_to_its_end_and_once(tmp_path, live, rotated):
    wrap = docker if "json" in live else cri
    ticks = Ticks(tmp_path, live)
    (tmp_path / live).write_text(wrap("ERROR one"))
    ticks.tick()
    content = wrap("ERROR one") + wrap("ERROR two") + wrap("ok") + "".join(map(wrap, TRACE))
    packed = gzip.compress(content.encode()) if rotated.endswith(".gz") else content.encode()
    (tmp_path / live).rename(tmp_path / rotated)
    (tmp_path / rotated).write_bytes(packed)
    (tmp_path / live).write_text(wrap("ERROR three") + wrap("ok"))
    ticks.tick()
    ticks.tick()
    assert ticks.count() == 4


@ROTATIONS
def test_a_line_cut_in_two_by_a_rotation_is_counted_once_by_its_head(tmp_path, live, rotated):
    wrap = docker if "json" in live else cri
    ticks = Ticks(tmp_path, live)
    content = wrap("ERROR the order ", end="")
    (tmp_path / live).write_text(content)
    ticks.tick()
    assert ticks.count() == 0  # the end of the line may still come
    (tmp_path / live).rename(tmp_path / rotated)
    (tmp_path / rotated).write_bytes(gzip.compress(content.encode()) if rotated.endswith(".gz") else content.encode())
    (tmp_path / live).write_text(wrap("has no amount") + wrap("ok"))
    ticks.tick()
    ticks.tick()
    assert ticks.texts() == [f"{TIME} stderr F ERROR the order "]
    assert ticks.count() == 1


def test_a_hole_that_a_crash_left_is_told_and_what_stands_behind_it_counts(tmp_path):
    log = tmp_path / "a-json.log"
    before, behind = docker("ERROR one").encode(), docker("ERROR two").encode()
    log.write_bytes(before)
    with log.open("r+b") as file:
        file.seek(len(before) + (1 << 20))
        file.write(behind + docker("ok").encode())
    ticks = Ticks(tmp_path)
    ticks.tick()
    ticks.tick()
    assert (ticks.count(), ticks.notices()) == (2, ["binary"])
