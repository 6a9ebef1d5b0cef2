"""Let the services of a fifth hand fail, and write what they wrote with what is an error record in it.

`python tests/corpora/make_fifth.py` builds and runs `fifth_programs/` and writes `fifth/`: one file for each ordinary
way to log of each of eight runtimes, with nothing but what the runtime itself brings. The programs were written by
someone who had not read the code that is measured. A failure is told between the lines of a healthy service, many of
which speak of errors that did not happen. The truth comes from the programs: one writes a line with the byte 2 to its
log right before what tells of a failure, and one with the byte 3 behind it; one that falls writes nothing behind.
These lines are taken out here. A failure told in more than a hundred lines is left out.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc, and g++ with its sanitizers.
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
from itertools import cycle
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "fifth_programs"
LOGS = HERE / "fifth"
BUILT = Path("/tmp/fifth_built")
LOG = BUILT / f"{os.getpid()}.log"
LONGEST = 100
LONGEST_LINE = 12_000
A_FILE = 21
"""About how many failures a file tells of."""

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONUNBUFFERED": "1",
    "NO_COLOR": "1",
    "PERL_JSON_BACKEND": "JSON::PP",
}
SCRUBBED = [
    (re.compile(r"/tmp/fifth_built"), "/srv/app"),
    (re.compile(r"/root/\.pyenv/versions/3\.11\.\d+"), "/usr/local"),
    (re.compile(r"/root/\.rustup/toolchains/[^/]+"), "/usr/local/rust"),
    (re.compile(r"/root|/tmp|/work"), "/srv/home"),
    (re.compile(r"^ThreadSanitizer: reported .*\n", re.MULTILINE), ""),
    (re.compile(r"^did not fail: .*\n", re.MULTILINE), ""),
]
Runs = Iterator[tuple[str, str, str]]


def main(only: list[str]) -> None:
    BUILT.mkdir(exist_ok=True)
    LOGS.mkdir(exist_ok=True)
    for program in PROGRAMS.rglob("*.*"):
        shutil.copy(program, BUILT)
    for runtime, runs in RUNTIMES.items():
        if only and runtime not in only:
            continue
        for old in LOGS.glob(f"{runtime}_*.log"):
            old.unlink()
        for way, head, text in runs():
            lines = scrubbed(text).splitlines()
            if head:
                lines = list(headed(lines, *head.split()))
            with (LOGS / f"{runtime}_{way}.log").open("a") as file:
                for block, part in blocks(f"{runtime}/{way}", lines):
                    file.write(f"#= {json.dumps(block)}\n{part}")


def scrubbed(text: str) -> str:
    for pattern, by in SCRUBBED:
        text = pattern.sub(by, text)
    return text


def headed(lines: list[str], form: str, unit: str) -> Iterator[str]:
    """Put before each line what the journal or rsyslog does; the journal keeps no empty lines."""
    now = datetime(2026, 11, 27, 7, 10, 11, tzinfo=UTC)
    chance = random.Random(unit)
    process = chance.randint(400, 40_000)
    for line in lines:
        if line in ("\2", "\3"):
            now += timedelta(milliseconds=chance.randint(20, 3000))
            yield line
        elif line.strip():
            now += timedelta(microseconds=chance.randint(5, 90))
            stamp = f"{now:%b %d %H:%M:%S}" if form == "journal" else f"{now:%Y-%m-%dT%H:%M:%S.%f}+00:00"
            yield f"{stamp} shop-2 {unit}[{process}]: {line.rstrip()}"


UNTOLD = re.compile(r"(?:letter 17: no stamp)\n*")
"""What a failure says in one line that tells nobody of a failure, where it stands alone: no record."""


def blocks(name: str, lines: list[str]) -> Iterator[tuple[dict[str, int | str], str]]:
    """Cut a run at its marks: within two of them is a record, if anything is there."""
    part: list[str] = []
    within = False
    for line in [*lines, None]:
        if line is None or line in ("\2", "\3"):
            told = within and any(x.strip() for x in part) and not UNTOLD.fullmatch("\n".join(part))
            if part and not (told and (len(part) > LONGEST or max(map(len, part)) > LONGEST_LINE)):
                yield {"lines": len(part) if told else 0, "way": name}, "".join(f"{x}\n" for x in part)
            part, within = [], line == "\2"
        else:
            part.append(line)


def run(*command: str, **environment: str) -> str:
    """Return what it wrote to its log: both its streams in one file, as a service's are redirected."""
    LOG.unlink(missing_ok=True)
    with LOG.open("ab") as file:
        subprocess.run(
            command,
            cwd=BUILT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            timeout=60,
            check=False,
            env=ENVIRONMENT | environment,
        )
    return re.sub("\x1b\\[[0-9;]*m", "", LOG.read_text(errors="replace"))


def build(*command: str) -> None:
    subprocess.run(command, cwd=BUILT, check=True)


def names(*command: str) -> list[str]:
    return subprocess.run(
        command, cwd=BUILT, env=ENVIRONMENT, check=True, capture_output=True, text=True
    ).stdout.split()


def service(command: list[str], ways: dict[str, str], failures: int) -> Runs:
    """Let it tell of a part of its failures in each way, of other ones each time."""
    step = max(1, round(failures / A_FILE))
    for number, (way, head) in enumerate(ways.items()):
        yield way, head, run(*command, way, str(number % step), str(step))


def some(failures: list[str], start: int = 0, most: int = A_FILE) -> list[str]:
    return failures[start :: max(1, round(len(failures) / most))]


def python() -> Runs:
    command = [sys.executable, "reservations.py"]
    failures = names(*command, "names")
    ways = {"basic": "", "common": "", "dashes": "", "json": "", "background": ""}
    ways |= {"syslog": "syslog reservations", "printed": "journal reservations"}
    yield from service(command, ways, len(failures))
    for name in some(failures, 2):
        yield "fall", "", run(*command, "fall", name)


def node() -> Runs:
    failures = names("node", "messages.mjs", "names")
    ways = {"common": "", "winston": "", "winstonJson": "", "pino": "", "log4js": "", "consolePrefix": ""}
    yield from service(["node", "messages.mjs"], ways | {"console": "journal chat"}, len(failures))
    hows = cycle(("", "later", "", "emit", "worker", "later", "string", "", "object"))
    for name, how in zip(some(failures, 1), hows, strict=False):
        yield "fall", "", run("node", "messages.mjs", "fall", name, how)


def java() -> Runs:
    build("javac", "-nowarn", "-d", str(BUILT), "Depot.java")
    options = ["-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:MaxJavaStackTraceDepth=60"]
    command = ["java", *options, "-cp", str(BUILT), "com.example.depot.Depot"]
    failures = names(*command, "names")
    ways = {"jul": "", "logback": "", "spring": "", "json": "", "log4j": "", "printed": "journal depot"}
    yield from service(command, ways, len(failures))
    yield "thread", "", run(*command, "thread", ",".join(some(failures, 1)))
    for name in some(failures, 2):
        yield "fall", "", run(*command, "fall", name)


def perl() -> Runs:
    failures = names("perl", "postroom.pl", "names")
    ways = {"apache": "", "log4perl": "", "common": "", "mojo": "", "printed": "", "syslog": "journal postroom"}
    yield from service(["perl", "postroom.pl"], ways, len(failures))
    for name in some(failures, 1):
        yield "fall", "", run("perl", "postroom.pl", "fall", name)


def rust() -> Runs:
    build("rustc", "--edition", "2021", "-g", "-Awarnings", "searcher.rs", "-o", "searcher")
    failures = names("./searcher", "names")
    for number, way in enumerate(("env_logger", "env_debug", "tracing", "printed")):
        yield way, "", run("./searcher", way, str(number % 2), "1", RUST_BACKTRACE="0")
    yield "panic", "", run("./searcher", "panic", "0", "2", RUST_BACKTRACE="1")
    yield "panic_journal", "journal searcher", run("./searcher", "panic_journal", "1", "2", RUST_BACKTRACE="0")
    for number, name in enumerate([*some(failures, 1), *failures[-3:]]):
        yield "fall", "", run("./searcher", "fall", name, RUST_BACKTRACE=str(number % 2))


def gcc() -> Runs:
    options = ["-std=c++17", "-g", "-O0", "-w", "-rdynamic", "-fstack-protector-all", "-pthread", "sensors.cc"]
    build("g++", *options, "-o", "sensors")
    for short, long in (("asan", "address"), ("ubsan", "undefined,float-cast-overflow"), ("tsan", "thread")):
        build("g++", *options, f"-fsanitize={long}", "-o", f"sensors_{short}")
    ways = {"glog": "", "spdlog": "", "json": "", "bars": "", "syslog": "syslog sensors"}
    yield from service(["./sensors"], ways, len(names("./sensors", "names")))
    for name in [*some(names("./sensors", "names"), 1, 12), *names("./sensors", "falls")]:
        yield "fall", "", run("./sensors", "fall", name)
    for name in names("./sensors", "memory"):
        yield "asan", "", run("./sensors_asan", "fall", name)
    yield "ubsan", "", run("./sensors_ubsan", "ubsan", "0", "1")
    yield "ubsan", "", run("./sensors_ubsan", "ubsan", "0", "1", UBSAN_OPTIONS="print_stacktrace=1")
    for name in ("race", "locks"):
        yield "tsan", "", run("./sensors_tsan", "fall", name)


def php() -> Runs:
    command = ["php", "-d", "display_errors=0", "-d", "log_errors=1", "-d", "html_errors=0"]
    failures = names(*command, "gallery.php", "names")
    ways = {"monolog": "", "laravel": "", "error_log": "", "common": "", "printed": "journal php-gallery"}
    yield from service([*command, "gallery.php"], ways, len(failures))
    stamped = [*command, "-d", f"error_log={LOG}", "gallery.php"]
    yield "warned", "", run(*stamped, "warned", "0")
    for name in some(failures, 2):
        yield "fall", "", run(*stamped, "fall", name)
    for name in some(failures, 1, 10):
        yield "fall_plain", "", run(*command, "gallery.php", "fall", name)


def ruby() -> Runs:
    failures = names("ruby", "shifts.rb", "names")
    ways = {"logger": "", "common": "", "rails": "", "json": "", "simple": "", "printed": "journal shifts"}
    yield from service(["ruby", "shifts.rb"], ways, len(failures))
    yield "thread", "", run("ruby", "shifts.rb", "thread", ",".join(some(failures, 1)))
    for name in some(failures, 2):
        yield "fall", "", run("ruby", "shifts.rb", "fall", name)


RUNTIMES = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
