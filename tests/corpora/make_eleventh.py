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

import sys
from collections.abc import Callable, Iterable

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("eleventh")
UNITS = {
    "python": "passes",
    "node": "webcams",
    "java": "ropeway",
    "perl": "snow",
    "rust": "gondola",
    "gcc": "winch",
    "php": "rental",
    "ruby": "lessons",
}
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 10 * ord(runtime[2]), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    return parts(headed(lines, "resort-2", UNITS[runtime], life) if way == "journal" else lines)


def python() -> list[Way]:
    return [(way, ["python3", "-u", "passes.py"], {}) for way in ("named", "console", "json", "bare", "journal")]


def node() -> list[Way]:
    return [(way, ["node", "webcams.js"], {}) for way in ("winston", "log4js", "bunyan", "bare", "journal")]


def java() -> list[Way]:
    build(CORPUS.built / "java", "javac", "-nowarn", "-d", ".", "Ropeway.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-ea", "org.example.ropeway.Ropeway"]
    return [(way, command, {}) for way in ("boot", "log4j", "json", "bare", "journal")]


def perl() -> list[Way]:
    return [(way, ["perl", "snow.pl"], {}) for way in ("dispatch", "log4perl", "json", "bare", "journal")]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "gondola.rs")
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
    build(CORPUS.built / "gcc", *compiler, *hardened, "-o", "winch")
    build(CORPUS.built / "gcc", *compiler, "-O0", "-DASAN", "-fsanitize=address", "-o", "winch_asan")
    build(CORPUS.built / "gcc", *compiler, *undefined, "-o", "winch_ubsan")
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
    stamped = [*command, "-d", f"error_log={CORPUS.log}", "rental.php"]
    ways: list[Way] = [(way, stamped, {}) for way in ("psr3", "errorlog")]
    return ways + [(way, [*command, "rental.php"], {}) for way in ("symfony", "json", "bare", "journal")]


def ruby() -> list[Way]:
    return [(way, ["ruby", "lessons.rb"], {}) for way in ("rails", "semantic", "tagged", "json", "bare", "journal")]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
