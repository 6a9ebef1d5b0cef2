"""Let the programs of a fourth hand fail, and write what they wrote with what is an error record in it.

`python tests/corpora/make_fourth.py` builds and runs `fourth_programs/` and writes `fourth/`: one file for each way to
log of each runtime. Where a way is a library or a framework, it is the real one in the layout it has by default, not
an imitation. The truth comes from the programs: one writes a line with the byte 2 to its log right before what tells
of a failure, and one with the byte 3 behind it; one that falls writes nothing behind. These lines are taken out here.
Each way meets every second or third failure. What is longer than a hundred lines is left out.

Needed: python 3.11, node 20, JDK 17, perl, ruby, php, go, rustc and cargo, g++ with its sanitizers, and of Debian
`liblogback-java liblog4j2-java liblog-log4perl-perl libmojolicious-perl liblog-dispatch-perl php-monolog
ruby-activesupport golang-go.uber-zap-dev golang-github-sirupsen-logrus-dev golang-github-rs-zerolog-dev
librust-env-logger-dev librust-tracing-subscriber-dev librust-anyhow-dev libspdlog-dev libgoogle-glog-dev`; in
`LIBRARIES/py` a venv with structlog, loguru, flask, django, celery, uvicorn and gunicorn; in `LIBRARIES/node` pino,
pino-pretty, winston, bunyan, log4js, signale, express, koa and fastify.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "fourth_programs"
LOGS = HERE / "fourth"
BUILT = Path("/tmp/fourth_built")
LOG = BUILT / f"{os.getpid()}.log"
LIBRARIES = Path("/tmp/fourth_lib")
JARS = ":".join(f"/usr/share/java/{name}.jar" for name in ("slf4j-api", "log4j-api", "log4j-core"))
LOGBACK = ":/usr/share/java/logback-classic.jar:/usr/share/java/logback-core.jar"
LONGEST = 100
LONGEST_LINE = 12_000
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
    (re.compile(r"/tmp/fourth_lib/node"), "/srv/tickets"),
    (re.compile(r"/tmp/fourth_lib/py"), "/srv/booking/venv"),
    (re.compile(r"/tmp/fourth_built/rustbuild"), "/srv/indexer"),
    (re.compile(r"/tmp/fourth_built"), "/srv/app"),
    (re.compile(r"/root/\.pyenv/versions/3\.11\.7"), "/usr/local"),
    (re.compile(r"/root/\.rustup/toolchains/[^/]+"), "/usr/local/rust"),
    (re.compile(r"/root|/tmp"), "/srv/home"),
    (re.compile(r"\"hostname\":\"\w+\""), '"hostname":"shop-2"'),
    (re.compile(r"^ThreadSanitizer: reported .*\n", re.MULTILINE), ""),
]


def main(only: list[str]) -> None:
    BUILT.mkdir(exist_ok=True)
    LOGS.mkdir(exist_ok=True)
    for program in PROGRAMS.iterdir():
        if program.is_file():
            shutil.copy(program, BUILT)
    for runtime, runs in RUNTIMES.items():
        if only and runtime not in only:
            continue
        for old in LOGS.glob(f"{runtime}_*.log"):
            old.unlink()
        logs = defaultdict(list)
        for way, failure, text in runs():
            lines = scrubbed(text).splitlines()
            if len(lines) <= LONGEST and all(len(line) <= LONGEST_LINE for line in lines):
                logs[way] += blocks(f"{way}/{failure}", lines)
        for way, parts in logs.items():
            (LOGS / f"{runtime}_{way}.log").write_text(
                "".join(f"#= {json.dumps(head)}\n{text}" for head, text in parts)
            )


def scrubbed(text: str) -> str:
    for pattern, by in SCRUBBED:
        text = pattern.sub(by, text)
    return text


UNTOLD = re.compile(r"(?:meter: .*: Success|Bounce: .*|HASH\(0x[0-9a-f]+\))\n*")
"""What a failure says in one line that tells nobody of a failure, where it stands alone: no record."""


def blocks(name: str, lines: list[str]) -> Iterator[tuple[dict, str]]:
    """Cut a run at its marks: within two of them is a record, if anything is there."""
    part: list[str] = []
    within = False
    for line in [*lines, None]:
        if line is None or line in ("\2", "\3"):
            if part:
                told = within and not UNTOLD.fullmatch("\n".join(part))
                length = len(part) if told else 0
                yield {"lines": length, "way": name}, "".join(f"{x}\n" for x in part)
            part, within = [], line == "\2"
        else:
            part.append(line)


def run(*command: str, environment: dict[str, str] | None = None) -> str:
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
            env=ENVIRONMENT | (environment or {}),
        )
    return re.sub("\x1b\\[[0-9;]*m", "", LOG.read_text(errors="replace"))


def build(*command: str, at: Path = BUILT, environment: dict[str, str] | None = None) -> None:
    subprocess.run(command, cwd=at, check=True, env=os.environ | (environment or {}))


Runs = Iterator[tuple[str, str, str]]


def each(ways: dict[str, list[str]], every: int = 2) -> Iterator[tuple[str, str]]:
    """Pair each way with every second or third of its failures, from another one on each time."""
    for number, (way, failures) in enumerate(ways.items()):
        step = 1 if len(failures) <= 4 else every
        yield from ((way, failure) for failure in failures[number % step :: step])


def names(file: str, start: str, pattern: str) -> list[str]:
    text = (PROGRAMS / file).read_text().split(start, 1)[1]
    return re.findall(pattern, text, re.MULTILINE)


def python() -> Runs:
    failures = re.findall(
        r"\b[a-z_]+\b", (PROGRAMS / "booking.py").read_text().split("for f in ", 1)[1].split("\n}")[0]
    )
    ways = dict.fromkeys(
        ("basic", "dashed", "thread_name", "bare", "stamped", "plain", "loguru", "loguru_plain"), failures
    )
    ways |= dict.fromkeys(("structlog", "structlog_json", "structlog_logfmt", "flask", "django"), failures)
    ways |= dict.fromkeys(("celery", "uvicorn", "gunicorn"), failures[::2])
    ways |= dict.fromkeys(("thread", "process", "pool", "task", "unraisable"), failures[::3])
    ways |= {"fatal": ["silent"], "syntax": ["silent"]}
    for way, failure in each(ways, 3):
        yield way, failure, run(str(LIBRARIES / "py/bin/python"), "booking.py", way, failure)


def node() -> Runs:
    now = names("tickets.mjs", "const FAILURES", r"^  ([a-zA-Z]+): \(\) =>")
    now, later = now[: now.index("instance") + 1], ["refused", "readMissing", "aborted", "any", "timeout"]
    logging = ("console", "consolePrefix", "consoleStack", "consoleMessage", "pino", "pinoPretty", "winston")
    logging += ("winstonPrintf", "winstonSimple", "bunyan", "log4js", "signale", "express", "koa", "fastify")
    ways = dict.fromkeys(logging, now + later) | {"uncaught": now, "stamped": now, "rejection": now + later}
    ways |= {way: ["own"] for way in ("worker", "emitter", "notError", "rejectString", "module")}
    for way, failure in each(ways, 4):
        yield way, failure, run("node", "tickets.mjs", way, failure)


def java() -> Runs:
    build("javac", "-cp", JARS, "-d", str(BUILT), *map(str, (PROGRAMS / "java").glob("*.java")))
    failures = re.findall(r'FAILURES.put\("(\w+)"', (PROGRAMS / "java/Warehouse.java").read_text())
    ways = ("jul", "logback", "log4j2", "log4j2Pattern", "log4j2Json", "log4j2Short", "printed", "printedAfterLine")
    for way, failure in each(dict.fromkeys((*ways, "logger", "uncaught", "uncaughtStamped", "thread"), failures), 4):
        path = f"{BUILT}:{JARS}{LOGBACK if way == 'logback' else ''}"
        options = [f"-Dlog4j.configurationFile={PROGRAMS}/java/{way}.xml"] if way.startswith("log4j2") else []
        command = ["java", "-Xmx64m", "-XX:TieredStopAtLevel=1", "-cp", path, *options]
        yield way, failure, run(*command, "com.example.warehouse.Warehouse", way, failure)


def perl() -> Runs:
    failures = names("mailer.pl", "my %FAILURES", r"^    (\w+) => sub")[:26]
    ways = re.findall(r"^    (\w+) => sub", (PROGRAMS / "mailer.pl").read_text().split("my %WAYS", 1)[1], re.MULTILINE)
    for way, failure in each(dict.fromkeys(ways, failures), 3):
        yield way, failure, run("perl", "mailer.pl", way, failure)


def rust() -> Runs:
    crate = BUILT / "rustbuild"
    shutil.copytree(PROGRAMS / "rust", crate, dirs_exist_ok=True)
    settings = '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n'
    (crate / ".cargo").mkdir(exist_ok=True)
    (crate / ".cargo/config.toml").write_text(settings)
    build("cargo", "build", "-q", "--offline", at=crate, environment={"RUSTFLAGS": "-Awarnings"})
    text = (PROGRAMS / "rust/src/main.rs").read_text()
    panics = re.findall(r'^        "(\w+)" =>', text.split("fn panics", 1)[1].split("fn fails", 1)[0], re.MULTILINE)
    fails = re.findall(r'^        "(\w+)" =>', text.split("fn fails", 1)[1].split("fn logged", 1)[0], re.MULTILINE)
    ways = dict.fromkeys(("panic", "panicTrace", "panicLogged", "thread", "threadTrace"), panics)
    ways |= dict.fromkeys(("envLogger", "envLoggerDebug", "tracing", "tracingDebug", "tracingTarget"), fails)
    ways |= dict.fromkeys(("eprint", "eprintLevel", "main", "mainTrace"), fails)
    for way, failure in each(ways, 2):
        trace = {"RUST_BACKTRACE": "1" if "Trace" in way or (way == "panicLogged" and len(failure) % 2) else "0"}
        yield way, failure, run(str(crate / "target/debug/indexer"), way, failure, environment=trace)


def gcc() -> Runs:
    source = str(BUILT / "meter.cc")
    options = ["-std=c++17", "-g", "-O0", "-w", "-rdynamic", "-fstack-protector-all", "-pthread", source]
    libraries = ["-DLIBRARIES", "-lglog", "-lspdlog", "-lfmt"]
    build("g++", *options, *libraries, "-o", "meter")
    for name, sanitizer in (("asan", "address"), ("ubsan", "undefined"), ("tsan", "thread")):
        build("g++", *options, f"-fsanitize={sanitizer}", "-o", f"meter_{name}")
    text = (PROGRAMS / "meter.cc").read_text()
    throws = re.findall(r'what == "(\w+)"', text.split("static void throws", 1)[1].split("static void falls", 1)[0])
    falls = re.findall(r'what == "(\w+)"', text.split("static void falls", 1)[1])[:11]
    said = [f for f in throws if f not in ("int", "struct")]
    ways = {"plain": throws + falls, "stamped": falls + throws, "handler": ["null"], "glogFatal": ["size", "counter"]}
    for way, failure in each(ways | dict.fromkeys(("cerr", "levels", "spdlog", "spdlogDefault", "glog"), said), 2):
        yield way, failure, run("./meter", way, failure)
    memory = ["double_free", "invalid_free", "use_after_free", "overflow", "stack_overflow", "null", "leak"]
    sanitized = {
        "asan": memory,
        "ubsan": ["signed", "shift", "zero", "misaligned", "null"],
        "tsan": ["race", "lockorder"],
    }
    for name, failures in sanitized.items():
        for way in ("plain", "stamped"):
            for failure in failures:
                options = {"UBSAN_OPTIONS": "print_stacktrace=1"} if way == "plain" else {}
                yield name, f"{way}/{failure}", run(f"./meter_{name}", way, failure, environment=options)


def php() -> Runs:
    failures = names("forum.php", "$failures = [", r"^        '(\w+)' => (?:fn|function)")
    ways = names("forum.php", "$ways = [", r"^        '(\w+)' =>")
    told = [failure for failure in failures if failure not in ways]
    for way, failure in each(dict.fromkeys(ways, told), 3):
        command = ["php", "-d", "display_errors=0", "-d", "log_errors=1", "-d", "html_errors=0"]
        if way == "uncaughtStamped":
            command += ["-d", f"error_log={LOG}"]
        if failure != "memory" or way.startswith("uncaught"):  # which nobody can catch
            yield way, failure, run(*command, "forum.php", way, failure)


def ruby() -> Runs:
    failures = names("courier.rb", "FAILURES = {", r"^  (\w+): (?:->|lambda)")
    ways = [way for way in names("courier.rb", "case WAY", r"^when '(\w+)'") if way != "webrick"]
    pairs = dict.fromkeys(ways, failures) | {"webrick": failures[:-1]}
    for way, failure in each(pairs, 3):
        if failure != "system_exit" or way.startswith("uncaught"):
            yield way, failure, run("ruby", "courier.rb", way, failure)


def go() -> Runs:
    path = BUILT / "gopath"
    shutil.copytree(PROGRAMS / "go/relay", path / "src/relay", dirs_exist_ok=True)
    settings = {"GOPATH": f"{path}:/usr/share/gocode", "GO111MODULE": "off", "GOFLAGS": ""}
    build("go", "build", "-o", str(BUILT / "relay"), "relay", at=path / "src/relay", environment=settings)
    text = (PROGRAMS / "go/relay/relay.go").read_text()
    panics = re.findall(r'^\tcase "(\w+)"', text.split("func panics", 1)[1].split("func fails", 1)[0], re.MULTILINE)
    fails = re.findall(r'^\tcase "(\w+)"', text.split("func fails", 1)[1].split("func logged", 1)[0], re.MULTILINE)
    ways = {"panic": panics, "panicLog": panics, "http": [p for p in panics if p not in ("deadlock", "goroutine")]}
    ways |= dict.fromkeys(("log", "logFatal", "logrus", "logrusJson", "zap", "zapDev", "zerolog", "plain"), fails)
    ways |= {"zerologConsole": fails}
    for way, failure in each(ways, 2):
        yield way, failure, run("./relay", way, failure)


RUNTIMES = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby, go)}

if __name__ == "__main__":
    main(sys.argv[1:])
