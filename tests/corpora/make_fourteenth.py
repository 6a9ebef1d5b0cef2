"""Let the eight services of a library and museum network fail under the loggers that teams really install.

`LIBRARIES=... python tests/corpora/make_fourteenth.py [runtime ...]` builds and runs `fourteenth_programs/` and writes
`fourteenth/`: a file for each way in which one program is logged. Both streams go to one file, and two to four lines of
ordinary work lie between failures. The programs were written by someone who had read neither the code that is
measured, its tests, nor the programs and logs of other corpora.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
no head announces it) to its last line. The programs say so themselves: each writes a line with the byte 2 right
before what tells of a failure, and one with the byte 3 behind it; where a program died of it, its end is the end of
what it wrote. A list of things that failed each for itself is as many records as it has lines.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers; and in the folder
that LIBRARIES names `py` (pip install --target: structlog, loguru, python-json-logger), `node_modules` (winston,
log4js, pino, pino-pretty) and `root`, into which Debian 12's packages of logback, slf4j, log4j2, jackson, Log4perl,
Log::Dispatch, Monolog, ActiveSupport, ruby-logging, glog and spdlog were unpacked, with what they need.
"""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("fourteenth")
LIBRARIES = Path(os.environ.get("LIBRARIES", "/tmp/fourteenth_libs"))
USR = LIBRARIES / "root/usr"
UNITS = {
    "python": "loans",
    "node": "reservations",
    "java": "archive",
    "perl": "exhibits",
    "rust": "climate",
    "gcc": "gates",
    "php": "tickets",
    "ruby": "courier",
}
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 10 * ord(runtime[1]), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    lines = [x.replace(str(USR), "/usr").replace(str(LIBRARIES), "/srv/app") for x in lines]
    return parts(headed(lines, "museum-1", UNITS[runtime], life) if way == "journal" else lines)


def python() -> list[Way]:
    libraries = {"PYTHONPATH": str(LIBRARIES / "py")}
    ways = ("structlog", "loguru", "celery", "json", "bare", "journal")
    return [(way, ["python3", "-u", "loans.py"], libraries) for way in ways]


def node() -> list[Way]:
    command = ["node", "--max-old-space-size=40", "reservations.js"]
    libraries = {"NODE_PATH": str(LIBRARIES / "node_modules")}
    return [(way, command, libraries) for way in ("winston", "log4js", "pino", "pretty", "bare", "journal")]


def java() -> list[Way]:
    names = ("slf4j-api-1.7.36", "logback-core", "logback-classic", "log4j-api", "log4j-core")
    names += ("jackson-core", "jackson-databind", "jackson-annotations")
    path = ":".join(["archive.jar", *(str(USR / f"share/java/{name}.jar") for name in names)])
    build(CORPUS.built / "java", "javac", "-nowarn", "-cp", path, "-d", "classes", "Archive.java")
    build(CORPUS.built / "java", "jar", "--create", "--file", "archive.jar", "-C", "classes", ".")
    quick = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-XX:+UseSerialGC"]
    flags = ["-Xmx64m", *quick, "-XX:-CreateCoredumpOnCrash", "-cp", path]
    ways: list[Way] = []
    for way in ("boot", "log4j2", "jul", "json", "bare", "journal"):
        files = [f"-Dlogback.configurationFile={way}.xml", f"-Dlog4j2.configurationFile={way}.xml"]
        ways.append((way, ["java", *flags, *files, "org.example.archive.Archive"], {}))
    return ways


def perl() -> list[Way]:
    folders = ":".join(str(USR / x) for x in ("share/perl5", "lib/x86_64-linux-gnu/perl5/5.36"))
    ways = ("log4perl", "dispatch", "mojo", "json", "bare", "journal")
    return [(way, ["perl", "exhibits.pl"], {"PERL5LIB": folders}) for way in ways]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "climate.rs")
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("tracing", ["./climate"], loud),
        ("envlogger", ["./climate"], quiet),
        ("log4rs", ["./climate"], loud),
        ("json", ["./climate"], quiet),
        ("bare", ["./climate"], loud),
        ("journal", ["./climate"], {}),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "gates.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    folder = USR / "lib/x86_64-linux-gnu"
    linked = ["-DLIBRARIES", "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL", "-I", str(USR / "include")]
    linked += ["-L", str(folder), "-lspdlog", "-lfmt", "-lglog", "-lgflags", "-lunwind"]
    undefined = ["-O0", "-DUBSAN", "-fsanitize=undefined,float-cast-overflow", "-fno-sanitize=object-size"]
    build(CORPUS.built / "gcc", *compiler, *hardened, *linked, "-o", "gates")
    build(CORPUS.built / "gcc", *compiler, "-O0", "-DASAN", "-fsanitize=address", "-o", "gates_asan")
    build(CORPUS.built / "gcc", *compiler, *undefined, "-o", "gates_ubsan")
    libraries = {"LD_LIBRARY_PATH": str(folder)}
    ways: list[Way] = [(way, ["./gates"], libraries) for way in ("spdlog", "glog", "bare", "journal")]
    return [
        *ways,
        ("asan", ["./gates_asan"], {"ASAN_OPTIONS": "detect_leaks=0"}),
        ("ubsan", ["./gates_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}),
    ]


def php() -> list[Way]:
    settings = {"memory_limit": "32M", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={CORPUS.log}", "tickets.php"]
    plain = [*command, "tickets.php"]
    libraries = {"PHP_LIBRARIES": str(USR / "share/php")}
    ways: list[Way] = [(way, stamped, libraries) for way in ("laravel", "errorlog")]
    return ways + [(way, plain, libraries) for way in ("monolog", "json", "bare", "journal")]


def ruby() -> list[Way]:
    gems = USR / "share/rubygems-integration/all/gems"
    folders = [*gems.glob("*/lib"), *gems.glob("*/lib/concurrent-ruby"), USR / "lib/ruby/vendor_ruby"]
    libraries = {"RUBYLIB": ":".join(sorted(str(x) for x in folders))}
    ways = ("logger", "tagged", "logging", "json", "bare", "journal")
    return [(way, ["ruby", "courier.rb"], libraries) for way in ways]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
