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

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from making import BEGIN, END, block, build, headed, parts, run, scrubbed

HERE = Path(__file__).parent
PROGRAMS = HERE / "eighth_programs"
LOGS = HERE / "eighth"
BUILT = Path("/tmp/eighth_built")
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
            lives = served(runtime, [*command, way, str(len(runtime) * 10 + number)], environment)
            with (LOGS / f"{runtime}_{way}.log").open("w") as file:
                for life, lines in enumerate(lives):
                    shown = headed(lines, "web-3", unit, life) if unit else lines
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
    command = ["python3", "-u", "orders.py"]
    return [
        ("log", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "orders", command, {}),
        ("json", "", command, {}),
        ("logfmt", "", command, {}),
    ]


def node() -> list[Way]:
    command = ["node", "--max-old-space-size=40", "billing.cjs"]
    return [
        ("winston", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "billing", command, {}),
        ("json", "", command, {}),
        ("stack", "", command, {}),
    ]


def java() -> list[Way]:
    build(BUILT / "java", "javac", "-nowarn", "-d", ".", "Ledger.java")
    command = ["java", "-Xmx48m", "-XX:TieredStopAtLevel=1", "-ea", "com.example.ledger.Ledger"]
    return [
        ("default", "", command, {}),
        ("logback", "", command, {}),
        ("spring", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "ledger", command, {}),
        ("json", "", command, {}),
    ]


def perl() -> list[Way]:
    command = ["perl", "mailer.pl"]
    return [
        ("log4perl", "", command, {}),
        ("dispatch", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "mailer", command, {}),
        ("logfmt", "", command, {}),
    ]


def php() -> list[Way]:
    """PHP's own reports go to the stream as they are, and with `error_log` set to a file below its stamp."""
    settings = {"memory_limit": "32M", "error_reporting": "32767", "display_errors": "0", "log_errors": "1"}
    command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
    stamped = [*command, "-d", f"error_log={LOG}"]
    return [
        ("laravel", "", [*stamped, "booking.php"], {}),
        ("monolog", "", [*stamped, "booking.php"], {}),
        ("stderr", "", [*command, "booking.php"], {}),
        ("errorlog", "", [*stamped, "booking.php"], {}),
        ("journal", "booking", [*command, "booking.php"], {}),
        ("json", "", [*stamped, "booking.php"], {}),
    ]


def ruby() -> list[Way]:
    command = ["ruby", "library.rb"]
    return [
        ("logger", "", command, {}),
        ("rails", "", command, {}),
        ("stderr", "", command, {}),
        ("journal", "library", command, {}),
        ("json", "", command, {}),
    ]


def rust() -> list[Way]:
    build(BUILT / "rust", "rustc", "--edition=2021", "-A", "warnings", "-g", "sensors.rs")
    command = ["./sensors"]
    quiet, loud = {"RUST_BACKTRACE": "0"}, {"RUST_BACKTRACE": "1"}
    return [
        ("envlogger", "", command, quiet),
        ("tracing", "", command, quiet),
        ("traced", "", command, loud),
        ("stderr", "", command, quiet),
        ("journal", "sensors", command, loud),
        ("json", "", command, quiet),
        ("logfmt", "", command, loud),
    ]


def gcc() -> list[Way]:
    compiler = ["g++", "-std=c++17", "-g", "-w", "-pthread", "-rdynamic", "meter.cc"]
    hardened = ["-O1", "-fstack-protector-all", "-D_FORTIFY_SOURCE=2", "-D_GLIBCXX_ASSERTIONS"]
    build(BUILT / "gcc", *compiler, *hardened, "-o", "meterd")
    for tool, flag in (("asan", "address"), ("ubsan", "undefined,float-cast-overflow"), ("tsan", "thread")):
        defines = ["-DTOOL", f"-DTOOL_{tool.upper()}", f"-fsanitize={flag}"]
        build(BUILT / "gcc", *compiler, "-O0", *defines, "-o", f"meter_{tool}")
    address = {"ASAN_OPTIONS": "detect_stack_use_after_return=1"}
    return [
        ("glog", "", ["./meterd"], {}),
        ("spdlog", "", ["./meterd"], {}),
        ("stderr", "", ["./meterd"], {}),
        ("journal", "meterd", ["./meterd"], {}),
        ("asan", "", ["./meter_asan"], address),
        ("ubsan", "", ["./meter_ubsan"], {}),
        ("ubsan_traced", "", ["./meter_ubsan"], {"UBSAN_OPTIONS": "print_stacktrace=1"}),
        ("tsan", "", ["./meter_tsan"], {}),
    ]


RUNTIMES: dict[str, Callable[[], list[Way]]] = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
