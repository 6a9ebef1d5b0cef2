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
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("tenth")
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
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 10 * ord(runtime[1]), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    if way == "docker":
        return contained(parts(lines), life)
    return parts(headed(lines, "shop-1", UNITS[runtime], life) if way == "journal" else lines)


def contained(pieces: Iterable[Part], life: int) -> Iterator[Part]:
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
    build(CORPUS.built / "java", "javac", "-nowarn", "-d", ".", "Parking.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-ea", "org.example.parking.Parking"]
    return [(way, command, {}) for way in ("jul", "logback", "bare", "json", "journal", "docker")]


def perl() -> list[Way]:
    return [(way, ["perl", "meters.pl"], {}) for way in ("timed", "bare", "json", "journal", "docker")]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "greenhouse.rs")
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
    build(CORPUS.built / "gcc", *compiler, *hardened, "-o", "printshop")
    build(CORPUS.built / "gcc", *compiler, "-O0", "-DASAN", "-fsanitize=address", "-o", "printshop_asan")
    build(
        CORPUS.built / "gcc",
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
    stamped = [*command, "-d", f"error_log={CORPUS.log}"]
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

if __name__ == "__main__":
    main(sys.argv[1:])
