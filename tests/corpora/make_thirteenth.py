"""Let the eight services of a veterinary hospital fail as their runtimes' own logger libraries write it.

`python tests/corpora/make_thirteenth.py [runtime ...]` builds and runs `thirteenth_programs/` and writes `thirteenth/`:
a file for each way in which one program is logged. Both streams go to one file, and two to four lines of ordinary work
lie between failures. The programs were written by someone who had read neither the code that is measured, its tests,
nor the programs and logs of other corpora.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
no head announces it) to its last line. The programs say so themselves: each writes a line with the byte 2 right
before what tells of a failure, and one with the byte 3 behind it; where a program died of it, its end is the end of
what it wrote. Nothing is in them that two people on call would disagree about.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers; and in the folder
that THIRTEENTH_LIBS names, `py` (pip: structlog, loguru, python-json-logger), `node_modules` (npm: winston, pino,
log4js, bunyan), and `root` with the contents of these packages of Debian 12 and what they depend on:
liblogback-java, liblog4j2-java, liblog-log4perl-perl, liblog-dispatch-perl, libspdlog-dev, libgoogle-glog-dev,
php-monolog, ruby-logging, ruby-activesupport. Rust's loggers are layouts written by hand.
"""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("thirteenth")
LIBRARIES = Path(os.environ.get("THIRTEENTH_LIBS", "/opt/thirteenth"))
DEBIAN = LIBRARIES / "root/usr"
UNITS = {
    "python": "appointments",
    "node": "labresults",
    "java": "pharmacy",
    "perl": "xray-archive",
    "rust": "billing",
    "gcc": "analyzerd",
    "php": "claims",
    "ruby": "reminders",
}
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 100 + 10 * ord(runtime[1]), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    name = f'"hostname":"{socket.gethostname()}"'
    lines = [x.replace(str(DEBIAN), "/usr").replace(name, '"hostname":"vet-app1"') for x in lines]
    return parts(headed(lines, "vet-app1", UNITS[runtime], life) if way == "journal" else lines)


def python() -> list[Way]:
    shutil.copytree(LIBRARIES / "py", CORPUS.built / "python/vendor")
    return [
        (way, ["python3", "-u", "appointments.py"], {"PYTHONPATH": "vendor"})
        for way in ("stdlib", "loguru", "structlog", "json", "bare", "journal")
    ]


def node() -> list[Way]:
    shutil.copytree(LIBRARIES / "node_modules", CORPUS.built / "node/node_modules", symlinks=True)
    command = ["node", "--max-old-space-size=40", "labresults.js"]
    return [(way, command, {}) for way in ("winston", "pino", "log4js", "bunyan", "bare", "journal")]


def java() -> list[Way]:
    system, debian = Path("/usr/share/java"), DEBIAN / "share/java"
    api = f"{system}/slf4j-api.jar"
    logback = f"{debian}/logback-classic.jar:{debian}/logback-core.jar"
    log4j = ":".join(f"{debian}/{x}.jar" for x in ("log4j-jul", "log4j-core", "log4j-api"))
    to_jul = f"{system}/slf4j-jdk14.jar"
    build(
        CORPUS.built / "java",
        "javac",
        "-nowarn",
        "-cp",
        f"{api}:{logback}",
        "-d",
        ".",
        "LogstashLayout.java",
        "Pharmacy.java",
    )

    def started(way: str, path: str, *options: str) -> Way:
        flags = ["-Xmx48m", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash", "-ea", *options]
        return way, ["java", *flags, "-cp", f".:{api}:{path}", "org.example.vet.pharmacy.Pharmacy"], {}

    return [
        started("logback", logback, "-Dlogback.configurationFile=logback.xml"),
        started("spring", logback, "-Dlogback.configurationFile=spring.xml"),
        started(
            "log4j",
            f"{to_jul}:{log4j}",
            "-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager",
            "-Dlog4j2.configurationFile=log4j2.xml",
        ),
        started("jul", to_jul, "-Djava.util.logging.config.file=jul.properties"),
        started("json", logback, "-Dlogback.configurationFile=json.xml"),
        started("bare", logback),
        started("journal", f"{system}/slf4j-simple.jar", "-Dorg.slf4j.simpleLogger.defaultLogLevel=debug"),
    ]


def perl() -> list[Way]:
    modules = f"{DEBIAN}/share/perl5:{DEBIAN}/lib/x86_64-linux-gnu/perl5/5.36"
    return [
        (way, ["perl", "xray.pl"], {"PERL5LIB": modules})
        for way in ("log4perl", "dispatch", "mojo", "json", "bare", "journal")
    ]


def rust() -> list[Way]:
    options = ["--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "--crate-name", "billing"]
    build(CORPUS.built / "rust", "rustc", *options, "-o", "billing", "src/main.rs")
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("envlogger", ["./billing"], {}),
        ("tracing", ["./billing"], loud),
        ("log4rs", ["./billing"], quiet),
        ("json", ["./billing"], loud),
        ("bare", ["./billing"], {}),
        ("journal", ["./billing"], loud),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "analyzer.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    undefined = ["-O0", "-DUBSAN", "-fsanitize=undefined"]
    libraries = DEBIAN / "lib/x86_64-linux-gnu"
    include = ["-I", f"{DEBIAN}/include"]
    spdlog = [*include, "-DSPDLOG", "-DSPDLOG_HEADER_ONLY", "-DSPDLOG_FMT_EXTERNAL", "-DFMT_HEADER_ONLY"]
    found = [f"-L{libraries}", f"-Wl,-rpath,{libraries}", f"-Wl,-rpath-link,{libraries}", "-lglog"]
    build(CORPUS.built / "gcc", *compiler, *hardened, "-o", "analyzerd")
    build(CORPUS.built / "gcc", *compiler, *hardened, *spdlog, "-o", "analyzerd_spdlog")
    build(CORPUS.built / "gcc", *compiler, "-O1", *include, "-DGLOG", "-o", "analyzerd_glog", *found)
    build(CORPUS.built / "gcc", *compiler, "-O0", "-DASAN", "-fsanitize=address", "-o", "analyzerd_asan")
    build(CORPUS.built / "gcc", *compiler, *undefined, "-o", "analyzerd_ubsan")
    return [
        ("spdlog", ["./analyzerd_spdlog"], {}),
        ("glog", ["./analyzerd_glog"], {"LD_LIBRARY_PATH": f"{libraries}"}),
        ("asan", ["./analyzerd_asan"], {"ASAN_OPTIONS": "detect_leaks=0"}),
        ("ubsan", ["./analyzerd_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("bare", ["./analyzerd"], {}),
        ("journal", ["./analyzerd"], {}),
    ]


def php() -> list[Way]:
    """PHP's own reports go to the stream as they are, and with `error_log` set to a file below its stamp."""
    shutil.copytree(DEBIAN / "share/php", CORPUS.built / "php/vendor")
    settings = {"memory_limit": "32M", "display_errors": "0", "log_errors": "1", "include_path": "vendor"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={CORPUS.log}", "claims.php"]
    ways: list[Way] = [(way, stamped, {}) for way in ("laravel", "errorlog")]
    return ways + [(way, [*command, "claims.php"], {}) for way in ("monolog", "json", "bare", "journal")]


def ruby() -> list[Way]:
    gems = DEBIAN / "share/rubygems-integration/all/gems"
    folders = [
        DEBIAN / "lib/ruby/vendor_ruby",
        *sorted(gems.glob("*/lib")),
        *sorted(gems.glob("*/lib/concurrent-ruby")),
    ]
    command = ["ruby", *(f"-I{x}" for x in folders), "reminders.rb"]
    return [(way, command, {}) for way in ("logger", "rails", "logging", "json", "bare", "journal")]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
