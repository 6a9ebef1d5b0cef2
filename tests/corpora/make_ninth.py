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

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from making import BEGIN, END, block, build, headed, parts, run, scrubbed

HERE = Path(__file__).parent
PROGRAMS = HERE / "ninth_programs"
LOGS = HERE / "ninth"
BUILT = Path("/tmp/ninth_built")
LOG = BUILT / "log"
STATE = BUILT / "state"
MOST_STARTS = 120
Way = tuple[str, str, list[str], dict[str, str]]
"""The way's name, its unit in the journal or "", the command, and what is set in its environment."""


def main(only: list[str]) -> None:
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(PROGRAMS, BUILT)
    LOGS.mkdir(exist_ok=True)
    for runtime, ways in RUNTIMES.items():
        if only and runtime not in only:
            continue
        for old in LOGS.glob(f"{runtime}_*.log"):
            old.unlink()
        for number, (way, unit, command, environment) in enumerate(ways()):
            lives = served(runtime, [*command, way, str(ord(runtime[0]) * 10 + number)], environment)
            with (LOGS / f"{runtime}_{way}.log").open("w") as file:
                for life, lines in enumerate(lives):
                    shown = headed(lines, "depot-2", unit, life) if unit else lines
                    for told, part in parts(shown):
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
    command = ["python3", "-u", "roster.py"]
    return [
        ("bracket", "", command, {}),
        ("dictconfig", "", command, {}),
        ("gunicorn", "", command, {}),
        ("uvicorn", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "roster", command, {}),
        ("json", "", command, {}),
    ]


def node() -> list[Way]:
    command = ["node", "gates.cjs"]
    return [
        ("console", "", command, {}),
        ("log4js", "", command, {}),
        ("printf", "", command, {}),
        ("pino", "", command, {}),
        ("journal", "gates", command, {}),
        ("logfmt", "", command, {}),
    ]


def java() -> list[Way]:
    build(BUILT / "java", "javac", "-nowarn", "-d", ".", "Freight.java")
    command = ["java", "-Xmx48m", "-XX:TieredStopAtLevel=1", "-XX:-CreateCoredumpOnCrash", "-ea"]
    command += ["com.example.freight.Freight"]
    return [
        ("oneline", "", command, {}),
        ("log4j2", "", command, {}),
        ("quarkus", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "freight", command, {}),
        ("logstash", "", command, {}),
    ]


def perl() -> list[Way]:
    command = ["perl", "payroll.pl"]
    return [
        ("log4perl", "", command, {}),
        ("mojo", "", command, {}),
        ("stamped", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "payroll", command, {}),
        ("json", "", command, {}),
    ]


def rust() -> list[Way]:
    build(BUILT / "rust", "rustc", "--edition=2021", "-A", "warnings", "-C", "debuginfo=1", "stations.rs")
    command = ["./stations"]
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("simplelog", "", command, loud),
        ("fern", "", command, quiet),
        ("spans", "", command, quiet),
        ("stderr", "", command, loud),
        ("journal", "stations", command, quiet),
        ("json", "", command, quiet),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "points.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    build(BUILT / "gcc", *compiler, *hardened, "-o", "pointsd")
    for tool, flag in (("asan", "address"), ("ubsan", "undefined,float-divide-by-zero"), ("tsan", "thread")):
        flags = [f"-DTOOL_{tool.upper()}", f"-fsanitize={flag}", "-fno-sanitize=object-size"]
        build(BUILT / "gcc", *compiler, "-O0", *flags, "-o", f"points_{tool}")
    return [
        ("boost", "", ["./pointsd"], {}),
        ("easylogging", "", ["./pointsd"], {}),
        ("syslog", "", ["./pointsd"], {}),
        ("stderr", "", ["./pointsd"], {}),
        ("journal", "pointsd", ["./pointsd"], {}),
        ("asan", "", ["./points_asan"], {"ASAN_OPTIONS": "detect_leaks=1"}),
        ("ubsan", "", ["./points_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("tsan", "", ["./points_tsan"], {}),
    ]


def php() -> list[Way]:
    """PHP's own reports go to the stream as they are, and with `error_log` set to a file below its stamp."""
    settings = {"memory_limit": "32M", "error_reporting": "32767", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={LOG}"]
    return [
        ("monolog", "", [*stamped, "museum.php"], {}),
        ("yii", "", [*stamped, "museum.php"], {}),
        ("errorlog", "", [*stamped, "museum.php"], {}),
        ("stderr", "", [*command, "museum.php"], {}),
        ("journal", "museum", [*command, "museum.php"], {}),
        ("json", "", [*stamped, "museum.php"], {}),
    ]


def ruby() -> list[Way]:
    command = ["ruby", "transcode.rb"]
    return [
        ("default", "", command, {}),
        ("short", "", command, {}),
        ("sidekiq", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "transcode", command, {}),
        ("json", "", command, {}),
    ]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
