"""Let eight small programs fail as a tester would have them fail in an afternoon, and write what they wrote.

`python tests/corpora/make_tenth.py [runtime ...]` builds and runs `tenth_programs/` and writes `tenth/`: a file for
each way in which one program is logged. The programs use the default or the most used layout of their runtime's
logger, both streams go to one file, and two to four lines of ordinary work lie between failures. They were written
by someone who had read neither the code that is measured, its tests, nor the programs and logs of other corpora.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
no head announces it) to its last line: the last frame, the last line of the message, or the last line of the
runtime's report. The programs say so themselves: each writes a line with the byte 2 right before what tells of a
failure, and one with the byte 3 behind it; where a program died of it, its end is the end of what it wrote. Nothing
is in them that two people on call would disagree about: no warning with a trace, no failure without a word of it.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers.
"""

import json
import random
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from making import BEGIN, END, block, build, headed, parts, run, scrubbed

HERE = Path(__file__).parent
PROGRAMS = HERE / "tenth_programs"
LOGS = HERE / "tenth"
BUILT = Path("/tmp/tenth_built")
LOG = BUILT / "log"
STATE = BUILT / "state"
MOST_STARTS = 120
Way = tuple[str, list[str], dict[str, str]]
"""The way's name, the command, and what is set in its environment. The ways `journal` and `docker` are wrapped."""


def main(only: list[str]) -> None:
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(PROGRAMS, BUILT)
    LOGS.mkdir(exist_ok=True)
    for runtime, ways in RUNTIMES.items():
        if only and runtime not in only:
            continue
        for old in LOGS.glob(f"{runtime}_*.log"):
            old.unlink()
        for number, (way, command, environment) in enumerate(ways()):
            lives = served(runtime, [*command, way, str(ord(runtime[1]) * 10 + number)], environment)
            with (LOGS / f"{runtime}_{way}.log").open("w") as file:
                for life, lines in enumerate(lives):
                    for told, part in wrapped(lines, way, UNITS[runtime], life):
                        file.write(block(part, len(part) if told else 0, f"{runtime}/{way}"))


def served(runtime: str, command: list[str], environment: dict[str, str]) -> list[list[str]]:
    """Start it again until it has done all its jobs; return the lines of each of its lives, its marks among them."""
    lives: list[list[str]] = []
    start = 0
    while len(lives) < MOST_STARTS:
        LOG.unlink(missing_ok=True)
        STATE.write_text("")
        run(BUILT / runtime, LOG, *command, str(start), str(STATE), **environment)
        lines = scrubbed(LOG.read_text(errors="replace"), BUILT).split("\n")
        lives.append(lines[:-1] if not lines[-1] else lines)
        state = STATE.read_text()
        if state == "done":
            return lives
        marks = [x for x in lines if x in (BEGIN, END)]
        if not marks or marks[-1] != BEGIN:
            raise RuntimeError(f"{command} died at {state!r} where it did not mean to: {lines[-12:]}")
        start = int(state) + 1
    raise RuntimeError(f"{command} was started {MOST_STARTS} times")


def wrapped(lines: list[str], way: str, unit: str, life: int) -> Iterable[tuple[bool, list[str]]]:
    if way == "journal":
        return parts(headed(lines, "shop-1", unit, life))
    return contained(parts(lines), life) if way == "docker" else parts(lines)


def contained(pieces: Iterable[tuple[bool, list[str]]], life: int) -> Iterator[tuple[bool, list[str]]]:
    """Each line as docker's driver `json-file` keeps it."""
    now = datetime(2026, 11, 27, 9, 3, 17, tzinfo=UTC) + timedelta(minutes=7 * life)
    chance = random.Random(life)
    jumps = True
    for told, part in pieces:
        now += timedelta(milliseconds=chance.randint(20, 4000) if jumps else 0)
        jumps = any(part)
        kept = []
        for line in part:
            now += timedelta(microseconds=chance.randint(8, 60))
            time = f"{now:%Y-%m-%dT%H:%M:%S.%f}{chance.randint(0, 999):03}Z"
            kept.append(json.dumps({"log": line + "\n", "stream": "stderr", "time": time}, separators=(",", ":")))
        yield told, kept


def python() -> list[Way]:
    return [
        (way, ["python3", "-u", "bakery.py"], {}) for way in ("basic", "dated", "bare", "json", "journal", "docker")
    ]


def node() -> list[Way]:
    return [(way, ["node", "ferry.js"], {}) for way in ("console", "bare", "pino", "journal", "docker")]


def java() -> list[Way]:
    build(BUILT / "java", "javac", "-nowarn", "-d", ".", "Parking.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-ea", "org.example.parking.Parking"]
    return [(way, command, {}) for way in ("jul", "logback", "bare", "json", "journal", "docker")]


def perl() -> list[Way]:
    return [(way, ["perl", "meters.pl"], {}) for way in ("timed", "bare", "json", "journal", "docker")]


def rust() -> list[Way]:
    build(BUILT / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "greenhouse.rs")
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("envlogger", ["./greenhouse"], quiet),
        ("backtrace", ["./greenhouse"], loud),
        ("bare", ["./greenhouse"], loud),
        ("journal", ["./greenhouse"], loud),
        ("docker", ["./greenhouse"], quiet),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "printshop.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    build(BUILT / "gcc", *compiler, *hardened, "-o", "printshop")
    build(BUILT / "gcc", *compiler, "-O0", "-DASAN", "-fsanitize=address", "-o", "printshop_asan")
    build(
        BUILT / "gcc",
        *compiler,
        "-O0",
        "-DUBSAN",
        "-fsanitize=undefined",
        "-fno-sanitize=object-size",
        "-o",
        "printshop_ubsan",
    )
    return [
        ("plain", ["./printshop"], {}),
        ("asan", ["./printshop_asan"], {"ASAN_OPTIONS": "leak_check_at_exit=0"}),
        ("ubsan", ["./printshop_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("journal", ["./printshop"], {}),
        ("docker", ["./printshop_asan"], {"ASAN_OPTIONS": "leak_check_at_exit=0"}),
    ]


def php() -> list[Way]:
    settings = {"memory_limit": "32M", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={LOG}"]
    return [
        ("monolog", [*command, "clinic.php"], {}),
        ("laravel", [*stamped, "clinic.php"], {}),
        ("bare", [*command, "clinic.php"], {}),
        ("errorlog", [*stamped, "clinic.php"], {}),
        ("journal", [*command, "clinic.php"], {}),
        ("docker", [*command, "clinic.php"], {}),
    ]


def ruby() -> list[Way]:
    return [(way, ["ruby", "meals.rb"], {}) for way in ("logger", "bare", "json", "journal", "docker")]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}
UNITS = {
    "python": "bakery",
    "node": "ferry",
    "java": "parking",
    "perl": "meters",
    "rust": "greenhouse",
    "gcc": "printshop",
    "php": "clinic",
    "ruby": "meals",
}

if __name__ == "__main__":
    main(sys.argv[1:])
