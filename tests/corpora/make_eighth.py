"""Let eight ordinary services run, fail and be restarted, and write what they wrote with what is a record in it.

`python tests/corpora/make_eighth.py [runtime ...]` builds and runs `eighth_programs/` and writes `eighth/`: a file for
each way in which one program is logged. The corpora before were written to be hard; this one is what a reasonable
acceptance check would use: a worker with the usual logger of its runtime in a usual layout, its streams redirected
to a file, or relayed by the journal; lines of work between two failures; failures logged with their trace and without,
and those the runtime tells itself as the program dies and is started again. The programs were written by someone who
had not read the code that is measured, its tests, nor the logs of the corpora before.

One failure is one record: from the line that announces it (the logger's head, or the first line of the trace where
nothing announces it) to its last: the last frame, the last line of the message, or the last line of the runtime's
report. The programs say so themselves: each writes a line with the byte 2 right before what tells of a failure, and
one with the byte 3 behind it; for one that died, the loop that starts it again writes the latter. Warnings which
are merely warnings are no failures.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, g++ with its sanitizers.
"""

import sys
from collections.abc import Callable, Iterable

from making import Corpus, Part, Way, build, headed, parts

CORPUS = Corpus("eighth")
UNITS = {
    "python": "orders",
    "node": "billing",
    "java": "ledger",
    "perl": "mailer",
    "php": "booking",
    "ruby": "library",
    "rust": "sensors",
    "gcc": "meterd",
}
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 10 * len(runtime), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    return parts(headed(lines, "web-3", UNITS[runtime], life) if way == "journal" else lines)


def python() -> list[Way]:
    command = ["python3", "-u", "orders.py"]
    return [
        ("log", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
        ("logfmt", command, {}),
    ]


def node() -> list[Way]:
    command = ["node", "--max-old-space-size=40", "billing.cjs"]
    return [
        ("winston", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
        ("stack", command, {}),
    ]


def java() -> list[Way]:
    build(CORPUS.built / "java", "javac", "-nowarn", "-d", ".", "Ledger.java")
    command = ["java", "-Xmx48m", "-XX:TieredStopAtLevel=1", "-ea", "com.example.ledger.Ledger"]
    return [
        ("default", command, {}),
        ("logback", command, {}),
        ("spring", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
    ]


def perl() -> list[Way]:
    command = ["perl", "mailer.pl"]
    return [
        ("log4perl", command, {}),
        ("dispatch", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("logfmt", command, {}),
    ]


def php() -> list[Way]:
    """PHP's own reports go to the stream as they are, and with `error_log` set to a file below its stamp."""
    settings = {"memory_limit": "32M", "error_reporting": "32767", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={CORPUS.log}"]
    return [
        ("laravel", [*stamped, "booking.php"], {}),
        ("monolog", [*stamped, "booking.php"], {}),
        ("stderr", [*command, "booking.php"], {}),
        ("errorlog", [*stamped, "booking.php"], {}),
        ("journal", [*command, "booking.php"], {}),
        ("json", [*stamped, "booking.php"], {}),
    ]


def ruby() -> list[Way]:
    command = ["ruby", "library.rb"]
    return [
        ("logger", command, {}),
        ("rails", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
    ]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-g", "sensors.rs")
    command = ["./sensors"]
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("envlogger", command, quiet),
        ("tracing", command, quiet),
        ("traced", command, loud),
        ("stderr", command, quiet),
        ("journal", command, loud),
        ("json", command, quiet),
        ("logfmt", command, loud),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "meter.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    build(CORPUS.built / "gcc", *compiler, *hardened, "-o", "meterd")
    for tool, flag in (("asan", "address"), ("ubsan", "undefined,float-cast-overflow"), ("tsan", "thread")):
        defines = ["-DTOOL", f"-DTOOL_{tool.upper()}", f"-fsanitize={flag}"]
        build(CORPUS.built / "gcc", *compiler, "-O0", *defines, "-o", f"meter_{tool}")
    address = {"ASAN_OPTIONS": "detect_stack_use_after_return=1"}
    return [
        ("glog", ["./meterd"], {}),
        ("spdlog", ["./meterd"], {}),
        ("stderr", ["./meterd"], {}),
        ("journal", ["./meterd"], {}),
        ("asan", ["./meter_asan"], address),
        ("ubsan", ["./meter_ubsan"], {}),
        ("ubsan_traced", ["./meter_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("tsan", ["./meter_tsan"], {}),
    ]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
