"""Let eight runtimes fail with their standard libraries alone, and write what they wrote with what is a record in it.

`python tests/corpora/make_seventh.py` builds and runs `seventh_programs/` and writes `seventh/`: a file for each way in
which one program of each runtime is logged on servers: below the heads of its runtime's own logger as it comes and in
a format of its own, bare to its streams, both streams in one file, and relayed by the journal, which gives each line a
head. The programs were written by someone who had not read the code that is measured, nor the logs of the corpora
before. The truth comes from the programs: one writes a line with the byte 2 to its log right before what tells of a
failure, and one with the byte 3 behind it; one that falls writes nothing behind. These lines are taken out here. What
lies between is one record: what reports a failure, with its trace, its causes and its notes. Only what a runtime
reports as a message of its own there (`OWN`: PHP's warnings, each check of a sanitizer) is a record of its own. What
PHP notices or warns of where none of its own functions failed is none. A failure told in more than a hundred lines is
left out.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc and cargo, g++ with its sanitizers.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "seventh_programs"
LOGS = HERE / "seventh"
BUILT = Path("/tmp/seventh_built")
LOG = BUILT / "log"
LONGEST = 100
LONGEST_LINE = 12_000

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1"}
SCRUBBED = [
    (re.compile(r"/tmp/seventh_built/\w+"), "/srv/app"),
    (re.compile(r"/root/\.pyenv/versions/3\.11\.\d+"), "/usr/local"),
    (re.compile(r"/root/\.rustup/toolchains/[^/]+"), "/usr/local/rust"),
    (re.compile(r"(?<!\w)/(?:root|work)\b"), "/srv/home"),
]
OWN = re.compile(r"PHP (?:Warning|Fatal error|Parse error):  |^(?:Warning|Fatal error|Parse error): |: runtime error: ")
"""A line that begins a record of its own, whatever was told before it."""
Runs = Iterator[tuple[str, str, str]]


def main(only: list[str]) -> None:
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.copytree(PROGRAMS, BUILT)
    LOGS.mkdir(exist_ok=True)
    for runtime, runs in RUNTIMES.items():
        if only and runtime not in only:
            continue
        for old in LOGS.glob(f"{runtime}_*.log"):
            old.unlink()
        for number, (way, unit, text) in enumerate(runs()):
            lines = scrubbed(text).splitlines()
            if unit:
                lines = list(headed(lines, unit, number))
            with (LOGS / f"{runtime}_{way}.log").open("a") as file:
                for length, part in joined(blocks(lines)):
                    block = {"lines": length, "way": f"{runtime}/{way}"}
                    file.write(f"#= {json.dumps(block)}\n" + "".join(f"{x}\n" for x in part))


def scrubbed(text: str) -> str:
    for pattern, by in SCRUBBED:
        text = pattern.sub(by, text)
    return text


def headed(lines: list[str], unit: str, number: int) -> Iterator[str]:
    """Put before each line what the journal shows in its short format; it keeps no empty lines."""
    now = datetime(2026, 11, 27, 8, 12, 40, tzinfo=UTC) + timedelta(minutes=11 * number)
    chance = random.Random(f"{unit} {number}")
    process = chance.randint(400, 40_000)
    for line in lines:
        if line in ("\2", "\3"):
            now += timedelta(milliseconds=chance.randint(20, 4000))
            yield line
        elif line.strip():
            yield f"{now:%b %d %H:%M:%S} quay-2 {unit}[{process}]: {line.rstrip()}"


def blocks(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Cut a run at its marks: within two of them is a record, if anything is there; how long it is, and its lines."""
    part: list[str] = []
    within = False
    for line in [*lines, None]:
        if line is None or line in ("\2", "\3"):
            if within:
                yield from records(part)
            elif part:
                yield 0, part
            part, within = [], line == "\2"
        else:
            part.append(line)


STATES_AN_ERROR = re.compile(r"(?:ERROR|error)\b")
RAISED = re.compile(r"Traceback \(most|[A-Z]\w*Error\b")


def joined(parts: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Join a line that states an error with a trace right below it: nobody could tell whether they are two."""
    above: tuple[int, list[str]] = 0, []
    for length, part in parts:
        is_given = above[0] == 1 and length and STATES_AN_ERROR.match(above[1][0]) and RAISED.match(part[0])
        if is_given:
            above = 1 + length, above[1] + part
            continue
        if above[1]:
            yield above
        above = length, part
    if above[1]:
        yield above


def records(part: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield what lies between two marks, cut where a runtime begins a message of its own."""
    pieces: list[list[str]] = []
    for line in part:
        if not pieces or OWN.search(line):
            pieces.append([])
        pieces[-1].append(line)
    for piece in pieces:
        if not any(x.strip() for x in piece):
            yield 0, piece
        elif len(piece) <= LONGEST and max(map(len, piece)) <= LONGEST_LINE:
            yield len(piece), piece


def run(runtime: str, *command: str, **environment: str) -> str:
    """Return what it wrote to its log: both its streams in one file, as a service's are redirected."""
    LOG.unlink(missing_ok=True)
    with LOG.open("ab") as file:
        subprocess.run(
            command,
            cwd=BUILT / runtime,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            timeout=120,
            check=False,
            env=ENVIRONMENT | environment,
        )
    return LOG.read_text(errors="replace")


def build(runtime: str, *command: str) -> None:
    subprocess.run(command, cwd=BUILT / runtime, check=True)


def python() -> Runs:
    for seed, way in enumerate(("basic", "stamped", "bare", "mixed", "journal")):
        unit = "shop" if way == "journal" else ""
        falls = {
            "basic": "segfault memory chained",
            "stamped": "usage group thread",
            "bare": "syntax recursion thrice segfault lines usage",
            "mixed": "exit warning task_group note long_data",
            "journal": "memory while_handling group syntax segfault usage absent",
        }[way]
        for name in ("serve", *falls.split()):
            yield way, unit, run("python", "python3", "-u", "shop.py", way, name, str(11 + seed))


def node() -> Runs:
    falls = {
        "stamped": "handler worker rejected_text emitter listen",
        "bare": "rejection rejected_any thrown_object thrown_null module abort deepEqual",
        "mixed": "thrown_text syntax next_tick timer causes emitter_text",
        "journal": "rejected_object memory module timer rejection lines listen fields",
    }
    for seed, (way, names) in enumerate(falls.items()):
        unit = "clinic" if way == "journal" else ""
        for name in ("serve", *names.split()):
            yield way, unit, run("node", "node", "--max-old-space-size=40", "clinic.cjs", way, name, str(21 + seed))


def java() -> Runs:
    build("java", "javac", "-nowarn", "-d", ".", "Depot.java")
    options = ["-Xmx48m", "-XX:TieredStopAtLevel=1", "-XX:MaxJavaStackTraceDepth=60", "-ea"]
    falls = {
        "default": "chain3 oom",
        "line": "suppressed initializer",
        "bare": "chain lines stack executor",
        "mixed": "own join cyclic",
        "journal": "oom chain3 suppressed reflect",
    }
    for seed, (way, names) in enumerate(falls.items()):
        unit = "depot" if way == "journal" else ""
        for name in ("serve", *names.split()):
            yield way, unit, run("java", "java", *options, "org.sample.depot.Depot", way, name, str(31 + seed))


def perl() -> Runs:
    falls = {
        "stamped": "require eval_strict croak",
        "bare": "confess nested json missing handler",
        "mixed": "open rethrown lines eval",
        "journal": "handler confess require propagated wide",
    }
    for seed, (way, names) in enumerate(falls.items()):
        unit = "farm" if way == "journal" else ""
        for name in ("serve", *names.split()):
            yield way, unit, run("perl", "perl", "farm.pl", way, name, str(41 + seed))


def rust() -> Runs:
    build("rust", "cargo", "build", "-q", "--offline")
    falls = {
        "stamped": "main expect stack",
        "bare": "main main_text abort double assert_eq lines",
        "traced": "double deep main unwrap_io",
        "mixed": "exit key memory",
        "journal": "stack double main_text memory assert_eq_debug",
    }
    for seed, (way, names) in enumerate(falls.items()):
        unit = "harbour" if way == "journal" else ""
        for name in ("serve", *names.split()):
            trace = str(int(way == "traced" or (way == "journal" and name != "serve")))
            yield way, unit, run("rust", "target/debug/harbour", way, name, str(51 + seed), RUST_BACKTRACE=trace)


def gcc() -> Runs:
    cc = ["g++", "-std=c++17", "-g", "-O0", "-w", "-pthread", "tank.cc"]
    build("gcc", *cc, "-rdynamic", "-fstack-protector-all", "-D_GLIBCXX_ASSERTIONS", "-o", "tankd")
    build("gcc", *cc, "-fsanitize=address", "-DSANITIZED", "-o", "tank_asan")
    build("gcc", *cc, "-fsanitize=undefined,float-cast-overflow", "-DUNDEFINED", "-o", "tank_ubsan")
    for seed, way in enumerate(("stamped", "bare", "mixed", "journal")):
        yield way, "tankd" if way == "journal" else "", run("gcc", "./tankd", way, str(61 + seed))
    yield "asan", "", run("gcc", "./tank_asan", "stamped", "65")
    yield "asan_journal", "tankd", run("gcc", "./tank_asan", "journal", "66")
    yield "ubsan", "", run("gcc", "./tank_ubsan", "mixed", "67")
    yield "ubsan_traced", "", run("gcc", "./tank_ubsan", "bare", "68", UBSAN_OPTIONS="print_stacktrace=1")


def php() -> Runs:
    falls = {
        "stamped": "memory chained abstract",
        "bare": "time thrice parse user_error twice",
        "mixed": "recursion lines require internal_type",
        "journal": "memory thrice require undefined_function long",
    }
    for seed, (way, names) in enumerate(falls.items()):
        unit = "bakery" if way == "journal" else ""
        log = str(LOG) if way == "stamped" else ""
        settings = {"memory_limit": "32M", "error_log": log, "error_reporting": "32767", "date.timezone": "UTC"}
        settings |= {"display_errors": str(int(way == "mixed")), "log_errors": str(int(way != "mixed"))}
        command = ["php", *(word for key, value in settings.items() for word in ("-d", f"{key}={value}"))]
        for name in ("serve", *names.split()):
            yield way, unit, run("php", *command, "bakery.php", way, name, str(71 + seed))


def ruby() -> Runs:
    falls = {
        "named": "abort thrice",
        "line": "syntax kill",
        "bare": "at_exit chained deadlock lines load abort",
        "mixed": "thread_abort deep http",
        "journal": "thrice deadlock at_exit syntax stack",
    }
    for seed, (way, names) in enumerate(falls.items()):
        unit = "museum" if way == "journal" else ""
        for name in ("serve", *names.split()):
            yield way, unit, run("ruby", "ruby", "museum.rb", way, name, str(81 + seed))


RUNTIMES = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
