"""Let eight more ordinary services run, fail and be restarted, and write what they wrote with what is a record in it.

`python tests/corpora/make_ninth.py [runtime ...]` builds and runs `ninth_programs/` and writes `ninth/`: a file for
each way in which one program is logged. It is the eighth over again by another hand: other trades, other usual layouts
of the usual loggers, other failures. The programs were written by someone who had read neither the code that is
measured, its tests, nor the programs and logs of the corpora before.

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

CORPUS = Corpus("ninth")
UNITS = {
    "python": "roster",
    "node": "gates",
    "java": "freight",
    "perl": "payroll",
    "rust": "stations",
    "gcc": "pointsd",
    "php": "museum",
    "ruby": "transcode",
}
"""What the journal calls each."""


def main(only: list[str]) -> None:
    CORPUS.make(RUNTIMES, only, seed=lambda runtime: 10 * ord(runtime[0]), shown=shown)


def shown(runtime: str, way: str, lines: list[str], life: int) -> Iterable[Part]:
    return parts(headed(lines, "depot-2", UNITS[runtime], life) if way == "journal" else lines)


def python() -> list[Way]:
    command = ["python3", "-u", "roster.py"]
    return [
        ("bracket", command, {}),
        ("dictconfig", command, {}),
        ("gunicorn", command, {}),
        ("uvicorn", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
    ]


def node() -> list[Way]:
    command = ["node", "gates.cjs"]
    return [
        ("console", command, {}),
        ("log4js", command, {}),
        ("printf", command, {}),
        ("pino", command, {}),
        ("journal", command, {}),
        ("logfmt", command, {}),
    ]


def java() -> list[Way]:
    build(CORPUS.built / "java", "javac", "-nowarn", "-d", ".", "Freight.java")
    command = ["java", "-Xmx48m", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash", "-ea"]
    command += ["com.example.freight.Freight"]
    return [
        ("oneline", command, {}),
        ("log4j2", command, {}),
        ("quarkus", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("logstash", command, {}),
    ]


def perl() -> list[Way]:
    command = ["perl", "payroll.pl"]
    return [
        ("log4perl", command, {}),
        ("mojo", command, {}),
        ("stamped", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
    ]


def rust() -> list[Way]:
    build(CORPUS.built / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "stations.rs")
    command = ["./stations"]
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("simplelog", command, loud),
        ("fern", command, quiet),
        ("spans", command, quiet),
        ("stderr", command, loud),
        ("journal", command, quiet),
        ("json", command, quiet),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "points.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    build(CORPUS.built / "gcc", *compiler, *hardened, "-o", "pointsd")
    for tool, flag in (("asan", "address"), ("ubsan", "undefined,float-divide-by-zero"), ("tsan", "thread")):
        flags = [f"-DTOOL_{tool.upper()}", f"-fsanitize={flag}", "-fno-sanitize=object-size"]
        build(CORPUS.built / "gcc", *compiler, "-O0", *flags, "-o", f"points_{tool}")
    return [
        ("boost", ["./pointsd"], {}),
        ("easylogging", ["./pointsd"], {}),
        ("syslog", ["./pointsd"], {}),
        ("stderr", ["./pointsd"], {}),
        ("journal", ["./pointsd"], {}),
        ("asan", ["./points_asan"], {"ASAN_OPTIONS": "detect_leaks=1"}),
        ("ubsan", ["./points_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("tsan", ["./points_tsan"], {}),
    ]


def php() -> list[Way]:
    """PHP's own reports go to the stream as they are, and with `error_log` set to a file below its stamp."""
    settings = {"memory_limit": "32M", "error_reporting": "32767", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={CORPUS.log}"]
    return [
        ("monolog", [*stamped, "museum.php"], {}),
        ("yii", [*stamped, "museum.php"], {}),
        ("errorlog", [*stamped, "museum.php"], {}),
        ("stderr", [*command, "museum.php"], {}),
        ("journal", [*command, "museum.php"], {}),
        ("json", [*stamped, "museum.php"], {}),
    ]


def ruby() -> list[Way]:
    command = ["ruby", "transcode.rb"]
    return [
        ("default", command, {}),
        ("short", command, {}),
        ("sidekiq", command, {}),
        ("stderr", command, {}),
        ("journal", command, {}),
        ("json", command, {}),
    ]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
