"""What no honest program writes: the scan takes little memory, ends well, says so once, reads the lines around it."""

import json
import os
import shutil
import socket
import struct
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.journeys.machine import KNOWN, Machine

OTHER = "2026-11-23 03:00:01,001 ERROR worker: an altogether different matter"
MEGABYTE = 1 << 20
LIMIT = 200 * MEGABYTE
LIMIT_WITHOUT_MODEL = 60 * MEGABYTE
HEAD = b"2026-11-23 03:00:00,001 ERROR worker: "


@dataclass
class Bench:
    """A machine that knows two faults, and how often it has seen them."""

    machine: Machine
    seen: int = 1
    notices: set = field(default_factory=set)
    found: dict = field(default_factory=dict)
    """What the last scan printed."""

    incidents: list = field(default_factory=list)
    """All of them, after the last scan."""

    def scan(self, limit: int = LIMIT, *, files: int = 1) -> list[str]:
        """Scan within the limit of memory, see that both known lines were counted, and return the titles of notices."""
        self.seen += files
        done, memory, _ = self.machine.weighed("scan", "--json")
        assert (done.code, done.err) == (0, "")
        assert memory < limit
        self.found = json.loads(done.out)
        self.incidents = self.machine.run("incidents", "list", "--json").json["incidents"]
        for known in (KNOWN, OTHER):
            assert self.counts(known.rsplit(": ", 1)[-1]) == [self.seen]
        fresh = {incident["title"] for incident in self.incidents if incident["kind"] == "agent"} - self.notices
        self.notices |= fresh
        again = self.machine.scan()
        assert again["incidents"] == [], "nothing is read twice, nothing told twice"
        return sorted(fresh)

    def reads(self, **hostile: bytes) -> list[str]:
        """Scan files in which each of these stands between two known lines."""
        for name, lines in hostile.items():
            whole = b"%s\n%s\n%s\n" % (KNOWN.encode(), lines, OTHER.encode())
            (self.machine.logs / f"{name}.log").write_bytes(whole)
        return self.scan(files=len(hostile))

    def titles(self, part: str) -> list[str]:
        return [incident["title"] for incident in self.incidents if part in incident["title"]]

    def counts(self, part: str) -> list[int]:
        return [incident["occurrences"] for incident in self.incidents if part in incident["title"]]


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    machine = Machine(tmp_path_factory.mktemp("bench"))
    machine.writes(KNOWN, OTHER)
    machine.scan()
    return Bench(machine)


@pytest.mark.slow
def test_f01_a_line_of_100_mib(bench):
    log = bench.machine.logs / "line.log"
    with log.open("w") as file:
        file.write(KNOWN + "\n")
        for _ in range(100):
            file.write("x" * MEGABYTE)
        file.write("\n" + OTHER + "\n")
    assert bench.scan(limit=LIMIT_WITHOUT_MODEL) == [f"long line: {log}"]


@pytest.mark.slow
def test_f01_an_error_of_100_mib_on_one_line(bench):
    log = bench.machine.logs / "error.log"
    with log.open("w") as file:
        file.write(KNOWN + "\n" + HEAD.decode())
        for _ in range(100):
            file.write("far too long " * 80_000)
        file.write("\n" + OTHER + "\n")
    assert bench.scan() == [f"long line: {log}"]
    [title] = bench.titles("far too long")
    assert len(title) <= 160


@pytest.mark.slow
def test_f02_a_hole_of_a_gibibyte_and_256_mib_of_written_nuls(bench):
    hole, written = bench.machine.logs / "hole.log", bench.machine.logs / "written.log"
    with hole.open("w") as file:
        file.write(KNOWN + "\n")
        file.truncate(1 << 30)
        file.seek(0, os.SEEK_END)
        file.write("\n" + OTHER + "\n")
    assert bench.scan(limit=LIMIT_WITHOUT_MODEL) == [f"binary: {hole}"]
    with written.open("wb") as file:
        file.write(KNOWN.encode() + b"\n")
        for _ in range(256):
            file.write(bytes(MEGABYTE))
        file.write(b"\n" + OTHER.encode() + b"\n")
    assert bench.scan(limit=LIMIT_WITHOUT_MODEL) == [f"binary: {written}"]
    written.unlink()


NO_UTF_8 = {
    "latin": (b"caf\xe9 is shut", r"caf\xe9 is shut"),
    "overlong": (b"slash \xc0\xaf \xe0\x80\xaf is shut", r"slash \xc0\xaf \xe0\x80\xaf is shut"),
    "surrogates": (b"half \xed\xa0\x80 a pair is shut", r"half \xed\xa0\x80 a pair is shut"),
    "beyond": (b"plane \xf7\xbf\xbf\xbf is shut", r"plane \xf7\xbf\xbf\xbf is shut"),
    "cut": (b"ends in half \xe4\xbd", r"ends in half \xe4\xbd"),
    "bells": (b"rings \x07\x1b[2J\x7f is shut", r"rings \x07\x1b[2J\x7f is shut"),
    "turned": ("gnirts \u202e\u2066 is shut".encode(), r"gnirts \u202e\u2066 is shut"),
}


@pytest.mark.slow
def test_f03_what_is_no_utf_8_is_shown_as_escapes(bench):
    half = rb'{"level":"error","msg":"lonely \ud800 half \udfff"}'
    assert bench.reads(half_a_pair_in_json=half, **{name: HEAD + raw for name, (raw, _) in NO_UTF_8.items()}) == []
    for _, shown in NO_UTF_8.values():
        assert bench.titles(shown) == [f"worker: {shown}"]
    [title] = bench.titles("lonely")
    assert title.encode("utf-8")


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pixels = b"".join(b"\0" + os.urandom(3 * 300) for _ in range(300))
    header = struct.pack(">IIBBBBB", 300, 300, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


@pytest.mark.slow
def test_f04_a_picture_and_a_program_as_logs(bench):
    logs = bench.machine.logs
    elf = Path(shutil.which("true")).read_bytes()
    assert elf.startswith(b"\x7fELF")
    assert {f"binary: {logs}/elf.log", f"binary: {logs}/png.log"} <= set(bench.reads(elf=elf, png=png()))


TIMES = (
    *("0000-00-00 00:00:00", "0000-01-01 00:00:00", "9999-12-31 23:59:59", "10000-01-01 00:00:00"),
    *("2026-12-31 23:59:60", "2026-03-29 02:30:00", "2026-13-45 99:99:99", "2026-11-23 01:00:00"),
    *("1969-12-31 23:59:59", "2038-01-19 03:14:08", "2026-02-30 12:00:00"),
)


NEW_YEAR_AND_BACK = ("Dec 31 23:59:59", "Jan  1 00:00:00", "Dec 31 23:00:00", "Feb 29 12:00:00", "Jan  1 00:00:01")
"""As syslog has them: without a year."""


@pytest.mark.slow
def test_f07_times_that_are_none_order_nothing_and_split_nothing(bench):
    struck = [f"{time},001 ERROR clock: the hour struck twice".encode() for time in TIMES]
    went_by = [f"{stamp} web01 shop[7]: error: the year went by".encode() for stamp in NEW_YEAR_AND_BACK]
    assert bench.reads(times=b"\n".join(struck), years=b"\n".join(went_by)) == []
    assert (bench.counts("struck"), bench.counts("went by")) == ([len(TIMES)], [len(NEW_YEAR_AND_BACK)])


NUMBERS = ("1e400", "-1e400", "NaN", "-0", "Infinity", "9" * 5_000, "0x" + "f" * 5_000, "1." + "0" * 5_000)


@pytest.mark.slow
def test_f08_numbers_no_machine_can_hold(bench):
    lines = [HEAD + f"balance of {number} is odd".encode() for number in NUMBERS]
    lines += [b'{"level":"error","msg":"sum is odd","sum":%s}' % number.encode() for number in NUMBERS]
    lines += [b'{"level":%s,"msg":"level is odd"}' % number.encode() for number in NUMBERS]
    lines += [b'level=error msg="field is odd" sum=%s' % number.encode() for number in NUMBERS]
    assert bench.reads(numbers=b"\n".join(lines)) == []
    known, in_text, in_fields = 2, len(NUMBERS), len(NUMBERS)
    in_json = len(NUMBERS) - 1  # JSON has no hexadecimal numbers, so that line is no object with a level
    assert bench.found["errors"] == known + in_text + in_fields + in_json


def test_f09_json_of_a_hundred_thousand_brackets(bench):
    opened = b'{"level":"error","msg":' + b"[" * 100_000
    closed = b'{"level":"error","msg":' + b"[" * 30_000 + b"]" * 30_000 + b"}"
    objects = b'{"level":"error","a":' * 3_000 + b"1" + b"}" * 3_000
    nested = b"\n".join((opened, closed, objects))
    assert bench.reads(nested=nested) == [f"long line: {bench.machine.logs}/nested.log"]


@pytest.mark.slow
def test_f10_json_of_a_million_keys_on_one_line(bench):
    keys = b",".join(b'"k%d":%d' % (n, n) for n in range(1_000_000))
    whole = b'{"level":"error","msg":"keys",' + keys + b"}"
    assert bench.reads(keys=whole) == [f"long line: {bench.machine.logs}/keys.log"]


@pytest.mark.slow
def test_f12_keys_made_to_collide_cost_no_more_than_others(bench):
    """Strings are hashed with a secret of each process; what could collide is what differs in digits only."""
    line = b'{"level":"info",' + b",".join(b'"%05d":0' % n for n in range(5_000)) + b"}"
    began = time.monotonic()
    assert bench.reads(collide=b"\n".join([line] * 200)) == []
    assert time.monotonic() - began < 30


def test_what_is_no_file_is_refused_in_no_time_and_the_good_file_read(bench):
    logs = bench.machine.logs
    os.mkfifo(logs / "a-fifo.log")
    (logs / "a-folder.log").mkdir()
    (logs / "a-device.log").symlink_to("/dev/zero")
    (logs / "a-terminal.log").symlink_to("/dev/tty")
    (logs / "a-way-out.log").symlink_to("/etc/passwd")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(logs / "a-socket.log"))
        began = time.monotonic()
        found = bench.reads(good=b"2026-11-23 03:00:00,001 INFO worker: nothing")
        assert time.monotonic() - began < 15, "three commands; none waits for what never comes"
    names = ("device", "fifo", "folder", "socket", "terminal", "way-out")
    assert found == [f"refused: {logs}/a-{name}.log" for name in names]
    for name in ("fifo", "socket", "device", "terminal", "way-out"):
        (logs / f"a-{name}.log").unlink()
    (logs / "a-folder.log").rmdir()
