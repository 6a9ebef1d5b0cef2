"""Let the eight services of a ski resort fail in the layouts that their runtimes' usual loggers write.

`python tests/corpora/make_eleventh.py [runtime ...]` builds and runs `eleventh_programs/` and writes `eleventh/`: a
file for each way in which one program is logged. Both streams go to one file, and two to four lines of ordinary work
lie between failures. The programs were written by someone who had read neither the code that is measured, its tests,
nor the programs and logs of other corpora.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
no head announces it) to its last line. The programs say so themselves: each writes a line with the byte 2 right
before what tells of a failure, and one with the byte 3 behind it; where a program died of it, its end is the end of
what it wrote. Nothing is in them that two people on call would disagree about.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from making import BEGIN, END, block, build, headed, parts, run, scrubbed

HERE = Path(__file__).parent
PROGRAMS = HERE / "eleventh_programs"
LOGS = HERE / "eleventh"
BUILT = Path("/tmp/eleventh_built")
LOG = BUILT / "log"
STATE = BUILT / "state"
MOST_STARTS = 120
Way = tuple[str, list[str], dict[str, str]]
"""The way's name, the command, and what is set in its environment. What the way `journal` writes gets heads."""


def main(only: list[str]) -> None:
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(PROGRAMS, BUILT)
    LOGS.mkdir(exist_ok=True)
    for runtime, (unit, ways) in RUNTIMES.items():
        if only and runtime not in only:
            continue
        for old in LOGS.glob(f"{runtime}_*.log"):
            old.unlink()
        for number, (way, command, environment) in enumerate(ways()):
            lives = served(runtime, [*command, way, str(ord(runtime[2]) * 10 + number)], environment)
            with (LOGS / f"{runtime}_{way}.log").open("w") as file:
                for life, lines in enumerate(lives):
                    for told, part in parts(headed(lines, "resort-2", unit, life) if way == "journal" else lines):
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


def python() -> list[Way]:
    return [(way, ["python3", "-u", "passes.py"], {}) for way in ("named", "console", "json", "bare", "journal")]


def node() -> list[Way]:
    return [(way, ["node", "webcams.js"], {}) for way in ("winston", "log4js", "bunyan", "bare", "journal")]


def java() -> list[Way]:
    build(BUILT / "java", "javac", "-nowarn", "-d", ".", "Ropeway.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-ea", "org.example.ropeway.Ropeway"]
    return [(way, command, {}) for way in ("boot", "log4j", "json", "bare", "journal")]


def perl() -> list[Way]:
    return [(way, ["perl", "snow.pl"], {}) for way in ("dispatch", "log4perl", "json", "bare", "journal")]


def rust() -> list[Way]:
    build(BUILT / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "gondola.rs")
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("tracing", ["./gondola"], loud),
        ("slog", ["./gondola"], quiet),
        ("json", ["./gondola"], loud),
        ("bare", ["./gondola"], loud),
        ("journal", ["./gondola"], {}),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "winch.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    undefined = ["-O0", "-DUBSAN", "-fsanitize=undefined,float-cast-overflow", "-fno-sanitize=object-size"]
    build(BUILT / "gcc", *compiler, *hardened, "-o", "winch")
    build(BUILT / "gcc", *compiler, "-O0", "-DASAN", "-fsanitize=address", "-o", "winch_asan")
    build(BUILT / "gcc", *compiler, *undefined, "-o", "winch_ubsan")
    return [
        ("logh", ["./winch"], {}),
        ("spdlog", ["./winch"], {}),
        ("glog", ["./winch"], {}),
        ("asan", ["./winch_asan"], {"ASAN_OPTIONS": "leak_check_at_exit=0"}),
        ("ubsan", ["./winch_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("bare", ["./winch"], {}),
        ("journal", ["./winch"], {}),
    ]


def php() -> list[Way]:
    settings = {"memory_limit": "32M", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={LOG}", "rental.php"]
    ways: list[Way] = [(way, stamped, {}) for way in ("psr3", "errorlog")]
    return ways + [(way, [*command, "rental.php"], {}) for way in ("symfony", "json", "bare", "journal")]


def ruby() -> list[Way]:
    return [(way, ["ruby", "lessons.rb"], {}) for way in ("rails", "semantic", "tagged", "json", "bare", "journal")]


RUNTIMES: dict[str, tuple[str, Callable[[], list[Way]]]] = {
    "python": ("passes", python),
    "node": ("webcams", node),
    "java": ("ropeway", java),
    "perl": ("snow", perl),
    "rust": ("gondola", rust),
    "gcc": ("winch", gcc),
    "php": ("rental", php),
    "ruby": ("lessons", ruby),
}
"""The unit's name in the journal, and its ways."""

if __name__ == "__main__":
    main(sys.argv[1:])
