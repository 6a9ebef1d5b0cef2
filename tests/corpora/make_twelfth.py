"""Let the eight services of a city's public transport fail, logged by the loggers that their runtimes' users install.

`python tests/corpora/make_twelfth.py [runtime ...]` builds and runs `twelfth_programs/` and writes `twelfth/`: a file
for each way in which one program is logged. Most ways are the real library in a usual layout: what a layout written
by hand gets wrong is right here. The programs were written by someone who had read neither the code that is
measured, its tests, nor the programs and logs of other corpora.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
no head announces it) to its last line. The programs say so themselves: each writes a line with the byte 2 right
before what tells of a failure, and one with the byte 3 behind it; where a program died of it, its end is the end of
what it wrote. Nothing is in them that two people on call would disagree about.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers. The loggers lie in
/tmp/twelfth_libraries: `py` (loguru, structlog, python-json-logger), `node_modules` (winston, pino, log4js), and
`debian`, where Debian 12's packages of spdlog, fmt, glog, logback, log4j2, monolog, Log::Log4perl, Log::Dispatch,
Mojolicious and activesupport are unpacked with what they need.
"""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("twelfth")
LIBRARIES = Path("/tmp/twelfth_libraries")
DEBIAN = LIBRARIES / "debian/usr"
UNITS = {
    "python": "fares",
    "node": "positions",
    "java": "timetables",
    "perl": "depots",
    "rust": "displays",
    "gcc": "validatord",
    "php": "refunds",
    "ruby": "lost-property",
}
"""What the journal calls each."""

WHERE = {
    str(LIBRARIES / "py"): "/usr/local/lib/python3.11/site-packages",
    str(LIBRARIES / "node_modules"): "/srv/app/node_modules",
    str(DEBIAN): "/usr",
}
"""Where a server would have what lies among the libraries here."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 100 * ord(runtime[0]) + 10 * len(runtime), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    for here, there in WHERE.items():
        lines = [line.replace(here, there) for line in lines]
    return parts(headed(lines, "tram-5", UNITS[runtime], life) if way == "journal" else lines)


def python() -> list[Way]:
    ways = ("logging", "loguru", "structlog", "json", "bare", "journal")
    return [(way, ["python3", "-u", "fares.py"], {"PYTHONPATH": str(LIBRARIES / "py")}) for way in ways]


def node() -> list[Way]:
    ways = ("winston", "pino", "log4js", "bare", "journal")
    return [(way, ["node", "positions.js"], {"NODE_PATH": str(LIBRARIES / "node_modules")}) for way in ways]


def java() -> list[Way]:
    names = ("logback-classic", "logback-core", "log4j-api", "log4j-core")
    jars = [str(DEBIAN / f"share/java/{name}.jar") for name in names]
    path = ":".join(["classes", "/usr/share/java/slf4j-api.jar", *jars])
    build(CORPUS.built / "java", "javac", "-nowarn", "-cp", path, "-d", "classes", "Timetables.java")
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", path, "com.example.timetables.Timetables"]
    return [(way, command, {}) for way in ("logback", "boot", "log4j", "jul", "json", "bare", "journal")]


def perl() -> list[Way]:
    path = {"PERL5LIB": f"{DEBIAN}/share/perl5:{DEBIAN}/lib/x86_64-linux-gnu/perl5/5.36"}
    return [(way, ["perl", "depots.pl"], path) for way in ("log4perl", "dispatch", "mojo", "json", "bare", "journal")]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "displays.rs")
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("envlogger", ["./displays"], {}),
        ("tracing", ["./displays"], loud),
        ("json", ["./displays"], quiet),
        ("bare", ["./displays"], loud),
        ("journal", ["./displays"], loud),
    ]


def gcc() -> list[Way]:
    includes, libraries = f"-I{DEBIAN}/include", f"-L{DEBIAN}/lib/x86_64-linux-gnu"
    compiler = ["g++", "-std=c++17", "-g", "-w", "-rdynamic", includes, libraries, "validators.cc"]
    spdlog = [
        "-DWITH_SPDLOG",
        "-DSPDLOG_FMT_EXTERNAL",
        "-DSPDLOG_COMPILED_LIB",
        "-DSPDLOG_SHARED_LIB",
        "-lspdlog",
        "-lfmt",
    ]
    undefined = ["-DWITH_UBSAN", "-fsanitize=undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
    builds = {
        "plain": ["-O1"],
        "spdlog": ["-O1", *spdlog],
        "glog": ["-O1", "-DWITH_GLOG", "-lglog", "-lgflags", "-lunwind"],
        "asan": ["-O0", "-DWITH_ASAN", "-fsanitize=address"],
        "ubsan": ["-O0", *undefined],
    }
    for name, options in builds.items():
        build(CORPUS.built / "gcc", *compiler, *options, "-o", f"validatord_{name}")
    loaded = {"LD_LIBRARY_PATH": f"{DEBIAN}/lib/x86_64-linux-gnu"}
    return [
        ("spdlog", ["./validatord_spdlog"], loaded),
        ("glog", ["./validatord_glog"], loaded),
        ("syslog", ["./validatord_plain"], {}),
        ("asan", ["./validatord_asan"], {}),
        ("ubsan", ["./validatord_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("bare", ["./validatord_plain"], {}),
        ("journal", ["./validatord_plain"], {}),
    ]


def php() -> list[Way]:
    """PHP's own reports go to the stream as they are, and with `error_log` set to a file below its stamp."""
    settings = {
        "memory_limit": "32M",
        "display_errors": "0",
        "log_errors": "1",
        "include_path": f".:{DEBIAN}/share/php",
    }
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={CORPUS.log}", "refunds.php"]
    where = {"LIBRARIES": str(DEBIAN.parent)}
    ways: list[Way] = [(way, stamped, where) for way in ("monolog", "laravel", "errorlog")]
    return ways + [(way, [*command, "refunds.php"], where) for way in ("json", "bare", "journal")]


def ruby() -> list[Way]:
    gems = DEBIAN / "share/rubygems-integration/all/gems"
    path = ":".join(
        str(x) for x in (*gems.glob("*/lib"), *gems.glob("*/lib/concurrent-ruby"), DEBIAN / "lib/ruby/vendor_ruby")
    )
    return [
        (way, ["ruby", "lost.rb"], {"RUBYLIB": path}) for way in ("logger", "rails", "short", "json", "bare", "journal")
    ]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
