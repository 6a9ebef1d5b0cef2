"""Let the eight services of a regional water utility fail in the layouts that their runtimes' usual loggers write.

`LIBRARIES=folder python tests/corpora/make_fifteenth.py [runtime ...]` builds and runs `fifteenth_programs/` and writes
`fifteenth/`: a file for each way in which one program is logged. Both streams go to one file, and two to four lines of
ordinary work lie between failures. Most loggers are the real ones; where a program writes the layout of a logger that
is not at hand, it says so. The programs were written by someone who had read neither the code that is measured, its
tests, nor the programs and logs of other corpora.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
no head announces it) to its last line. The programs say so themselves: each writes a line with the byte 2 right
before what tells of a failure, and one with the byte 3 behind it; where a program died of it, its end is the end of
what it wrote. Nothing is in them that two people on call would disagree about.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers; and in the folder
that `LIBRARIES` names: `py` (pip: loguru, structlog, python-json-logger), `node_modules` (npm: winston, pino, log4js,
bunyan), `root` (Debian's packages of log4j2, logback, Log::Log4perl, Log::Dispatch, php-monolog, ruby-activesupport,
libspdlog-dev, libgoogle-glog-dev, unpacked).
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("fifteenth")
LIBRARIES = Path(os.environ.get("LIBRARIES", "."))
UNITS = {
    "python": "lab-samples",
    "node": "leak-desk",
    "java": "billing",
    "perl": "meter-import",
    "rust": "telemetry",
    "gcc": "pumpd",
    "php": "customer-portal",
    "ruby": "field-crews",
}
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 150 + 10 * ord(runtime[1]), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    return parts(headed(lines, "water-4", UNITS[runtime], life) if way == "journal" else lines)


def beside(runtime: str, source: str, name: str = "vendor") -> Path:
    """Copy libraries into the program's folder, that its traces name them as those of a deployed service would."""
    target = CORPUS.built / runtime / name
    shutil.copytree(LIBRARIES / source, target, symlinks=True)
    return target


def python() -> list[Way]:
    found = {"PYTHONPATH": str(beside("python", "py"))}
    ways = ("logging", "loguru", "structlog", "json", "bare", "journal")
    return [(way, ["python3", "-u", "samples.py"], found) for way in ways]


def node() -> list[Way]:
    beside("node", "node_modules", "node_modules")
    ways = ("winston", "pino", "log4js", "bunyan", "bare", "journal")
    return [(way, ["node", "--max-old-space-size=24", "leaks.js"], {}) for way in ways]


def java() -> list[Way]:
    jars = beside("java", "root/usr/share/java")
    build(CORPUS.built / "java", "javac", "-nowarn", "-cp", f"{jars}/*", "-d", ".", "Billing.java")
    quick = ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Xmx64m"]
    names = {"log4j": ["log4j-api", "log4j-core"], "logback": ["slf4j-api", "logback-classic", "logback-core"]}
    every = [jar for jars in names.values() for jar in jars]

    def command(*options: str) -> list[str]:
        path = [".", *(str(found) for name in every for found in sorted(jars.glob(f"{name}-[0-9]*.jar")))]
        return [*quick, "-cp", ":".join(path), *options, "org.example.water.billing.Billing"]

    return [
        ("logback", command("-Dlogback.configurationFile=logback.xml"), {}),
        ("boot", command("-Dlogback.configurationFile=boot.xml"), {}),
        ("log4j", command("-Dlog4j2.configurationFile=log4j2.xml"), {}),
        ("jul", command(), {}),
        ("json", command(), {}),
        ("journal", command("-Dlogback.configurationFile=short.xml"), {}),
    ]


def perl() -> list[Way]:
    found = [str(beside("perl", "root/usr/share/perl5")), str(beside("perl", "root/usr/lib/x86_64-linux-gnu", "arch"))]
    command = ["perl", f"-I{found[0]}", f"-I{found[1]}/perl5/5.36", "meters.pl"]
    return [(way, command, {}) for way in ("log4perl", "dispatch", "json", "bare", "journal")]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "telemetry.rs")
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("tracing", ["./telemetry"], quiet),
        ("envlogger", ["./telemetry"], loud),
        ("json", ["./telemetry"], quiet),
        ("bare", ["./telemetry"], loud),
        ("journal", ["./telemetry"], loud),
    ]


def gcc() -> list[Way]:
    root = beside("gcc", "root/usr")
    libraries = root / "lib/x86_64-linux-gnu"
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", f"-I{root}/include", "pumps.cc"]
    linked = [f"-L{libraries}", "-lspdlog", "-lfmt", "-lglog", "-lgflags", "-lunwind"]
    defines = ["-DLOGGERS", "-DSPDLOG_SHARED_LIB", "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL"]
    build(CORPUS.built / "gcc", *compiler, "-O1", "-D_GLIBCXX_ASSERTIONS", *defines, "-o", "pumpd", *linked)
    # what lies past an array would else be told twice
    undefined = ["-fsanitize=undefined", "-fno-sanitize=object-size"]
    for tool, flags in (("asan", ["-fsanitize=address"]), ("ubsan", undefined)):
        build(CORPUS.built / "gcc", *compiler, "-O0", f"-D{tool.upper()}", *flags, "-o", f"pumpd_{tool}")
    found = {"LD_LIBRARY_PATH": str(libraries)}
    return [
        ("spdlog", ["./pumpd"], found),
        ("glog", ["./pumpd"], found),
        ("asan", ["./pumpd_asan"], {"ASAN_OPTIONS": "detect_leaks=0"}),
        ("ubsan", ["./pumpd_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("bare", ["./pumpd"], found),
        ("journal", ["./pumpd"], found),
    ]


def php() -> list[Way]:
    beside("php", "root/usr/share/php")
    settings = {"memory_limit": "32M", "display_errors": "0", "log_errors": "1", "include_path": "vendor"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={CORPUS.log}", "portal.php"]
    ways: list[Way] = [(way, stamped, {}) for way in ("monolog", "errorlog", "laravel")]
    return ways + [(way, [*command, "portal.php"], {}) for way in ("json", "bare", "journal")]


def ruby() -> list[Way]:
    gems = beside("ruby", "root/usr/share/rubygems-integration/all/gems")
    paths = [word for folder in sorted(gems.glob("*/lib*")) for word in ("-I", str(folder))]
    concurrent = [word for folder in sorted(gems.glob("concurrent-ruby-1*/lib/*")) for word in ("-I", str(folder))]
    vendored = ["-I", str(beside("ruby", "root/usr/lib/ruby/vendor_ruby", "vendor_ruby"))]
    plain = ["ruby", "crews.rb"]
    return [
        ("logger", plain, {}),
        ("rails", ["ruby", *paths, *concurrent, *vendored, "crews.rb"], {}),
        ("sidekiq", plain, {}),
        ("json", plain, {}),
        ("bare", plain, {}),
        ("journal", plain, {}),
    ]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
