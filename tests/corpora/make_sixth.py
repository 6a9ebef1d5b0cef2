"""Let the services of a sixth hand fail, and write what they wrote with what is an error record in it.

`python tests/corpora/make_sixth.py` builds and runs `sixth_programs/` and writes `sixth/`: a file for each way in which
four to six small services of each of eight runtimes log, with the libraries that teams use, in the layout they have by
default. The programs were written by someone who had not read the code that is measured. The truth comes from the
programs: one writes a line with the byte 2 to its log right before what tells of a failure, and one with the byte 3
behind it; one that falls writes nothing behind. These lines are taken out here. What a framework tells of the same
request in lines that are no error (`CUT`) does not belong to the record, and what it tells again below a head of its
own (`OWN`) is a record of its own. A failure told in more than a hundred lines is left out.

Needed: python 3.11, node 20, JDK 17, perl 5.36, php 8.2, ruby 3.1, rustc and cargo, g++ with its sanitizers, and of
Debian `liblogback-java liblog4j2-java libtomcat10-java libtomcat10-embed-java libjackson2-databind-java libh2-java
libhikaricp-java libguava-java libquartz-java liblog-log4perl-perl libmojolicious-perl liblog-dispatch-perl
libdancer2-perl libtry-tiny-perl libdbd-sqlite3-perl libmoose-perl libtype-tiny-perl libxml-libxml-perl php-monolog
php-sqlite3 php-xml php-symfony-console php-guzzlehttp-guzzle ruby-sinatra ruby-sidekiq ruby-sequel ruby-sqlite3
ruby-activerecord ruby-redis ruby-nokogiri ruby-logging ruby-concurrent libspdlog-dev libboost-log-dev liblog4cplus-dev
libglib2.0-dev libsqlite3-dev libcurl4-openssl-dev nlohmann-json3-dev librust-tokio-dev librust-tracing-subscriber-dev
librust-anyhow-dev librust-eyre-dev librust-simplelog-dev librust-fern-dev librust-slog-term-dev librust-slog-async-dev
librust-serde-json-dev librust-rayon-dev librust-env-logger-dev librust-stderrlog-dev librust-thiserror-dev
librust-chrono-dev`; in `LIBRARIES/py` a venv with aiohttp, tornado, structlog, sqlalchemy, pydantic, httpx, fastapi,
uvicorn and python-json-logger; in `LIBRARIES/node` winston, pino, express, morgan, fastify, axios, pg, ioredis, tslog,
consola, zod and @hapi/hapi.
"""

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "sixth_programs"
LOGS = HERE / "sixth"
BUILT = Path("/tmp/sixth_built")
LIBRARIES = Path("/tmp/sixth_lib")
LOG = BUILT / "log"
LONGEST = 100
LONGEST_LINE = 12_000

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ["HOME"],
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONUNBUFFERED": "1",
    "NO_COLOR": "1",
    "NODE_PATH": str(LIBRARIES / "node/node_modules"),
}
SCRUBBED = [
    (re.compile(r"/tmp/sixth_built/\w+"), "/srv/app"),
    (re.compile(r"/tmp/sixth_lib/(?:py|node)"), "/srv/lib"),
    (re.compile(r"/root/\.pyenv/versions/3\.11\.\d+"), "/usr/local"),
    (re.compile(r"/root/\.rustup/toolchains/[^/]+"), "/usr/local/rust"),
    (re.compile(r"(?<!\w)/(?:root|work)\b"), "/srv/home"),
    (re.compile(r"^ThreadSanitizer: reported .*\n", re.MULTILINE), ""),
]
CUT = re.compile(
    r'INFO:aiohttp\.access:|^INFO:     127\.0\.0\.1:|HTTP/1\.1" (?:5\d\d|-) '
    r'|"msg":"(?:incoming request|request completed)"'
    r"|\[(?:trace|t)\] |^127\.0\.0\.1 - - \[|127\.0\.0\.1:\d+ (?:Accepted|Closing)$"
    r'|^\[[IW] \d{6} |^10\.1\.0\.4 - - \[.*" 500 '
)
"""Lines of a framework around what it tells of a failure: of the request that met it."""
OWN = re.compile(
    r"^\[E \d{6} \d\d:\d\d:\d\d web:\d+\] 5\d\d |^Debug: |ERROR org\.quartz\.core\.ErrorLogger - "
    r"|PHP (?:Warning|Fatal error):  |: runtime error: "
)
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
        for number, (way, head, text) in enumerate(runs()):
            lines = scrubbed(text).splitlines()
            if head:
                lines = list(headed(lines, *head.split(), number))
            with (LOGS / f"{runtime}_{way}.log").open("a") as file:
                for length, part in blocks(lines):
                    block = {"lines": length, "way": f"{runtime}/{way}"}
                    file.write(f"#= {json.dumps(block)}\n" + "".join(f"{x}\n" for x in part))


def scrubbed(text: str) -> str:
    for pattern, by in SCRUBBED:
        text = pattern.sub(by, text)
    return text


def headed(lines: list[str], form: str, unit: str, number: int) -> Iterator[str]:
    """Put before each line what the journal or rsyslog does; they keep no empty lines and no level in brackets."""
    now = datetime(2026, 11, 27, 13, 30, 2, tzinfo=UTC) + timedelta(minutes=9 * number)
    chance = random.Random(f"{unit} {number}")
    process = chance.randint(400, 40_000)
    for line in lines:
        if line in ("\2", "\3"):
            now += timedelta(milliseconds=chance.randint(20, 4000))
            yield line
        elif line.strip():
            now += timedelta(microseconds=chance.randint(5, 90))
            stamp = {
                "journal": f"{now:%b %d %H:%M:%S}",
                "iso": f"{now:%Y-%m-%dT%H:%M:%S}+0000",
                "syslog": f"{now:%Y-%m-%dT%H:%M:%S.%f}+00:00",
            }[form]
            yield f"{stamp} town-1 {unit}[{process}]: {re.sub('^<[0-7]>', '', line.rstrip())}"


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


def records(part: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield what lies between two marks: the records, and apart from them what a framework tells around them."""
    pieces: list[tuple[bool, list[str]]] = []
    for line in part:
        about_request = bool(CUT.search(line)) and not OWN.search(line)
        if not pieces or about_request != pieces[-1][0] or OWN.search(line):
            pieces.append((about_request, []))
        pieces[-1][1].append(line)
    for about_request, piece in pieces:
        if about_request or not any(x.strip() for x in piece):
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
    return re.sub("\x1b\\[[0-9;]*m", "", LOG.read_text(errors="replace"))


def build(runtime: str, *command: str) -> None:
    subprocess.run(command, cwd=BUILT / runtime, check=True)


def python() -> Runs:
    program = str(LIBRARIES / "py/bin/python")
    yield "billing", "", run("python", program, "billing.py", "serve")
    for name in ("several", "chained", "store_twice", "positions_wrong", "while_undoing"):
        yield "billing", "", run("python", program, "billing.py", "fall", name)
    yield "relay", "journal relay", run("python", program, "relay.py", "serve")
    yield "relay", "journal relay", run("python", program, "relay.py", "fall", "group")
    yield "relay", "journal relay", run("python", program, "relay.py", "fall", "port")
    yield "board", "", run("python", program, "board.py", "serve")
    yield "kitchen", "", run("python", program, "kitchen.py", "serve")
    yield "nightly", "syslog nightly", run("python", program, "nightly.py", "serve")
    for name in ("slow", "pool", "in_process"):
        yield "nightly", "syslog nightly", run("python", program, "nightly.py", "fall", name)
    yield "ledger", "", run("python", program, "ledger.py", "console")
    yield "ledger_json", "", run("python", program, "ledger.py", "json")


def node() -> Runs:
    yield "cart", "journal cart", run("node", "node", "cart.cjs", "serve")
    for name in ("port", "emit", "cause", "redis", "any"):
        yield "cart", "journal cart", run("node", "node", "cart.cjs", "fall", name)
    yield "notify", "", run("node", "node", "notify.cjs", "serve")
    for name in ("deep", "invalid", "child", "module"):
        yield "notify", "", run("node", "node", "notify.cjs", "fall", name)
    yield "ingest", "", run("node", "node", "ingest.cjs", "serve")
    yield "pages", "", run("node", "node", "pages.cjs", "serve", "consola")
    for name in ("later", "class", "dns"):
        yield "pages", "", run("node", "node", "pages.cjs", "fall", "consola", name)
    yield "pages_tslog", "", run("node", "node", "pages.cjs", "serve", "tslog")
    yield "tasks", "", run("node", "node", "tasks.mjs", "serve")
    for name in ("heap", "abort", "worker", "string", "reason", "undefined", "stream", "aggregate", "import", "cause"):
        yield "tasks", "", run("node", "node", "--max-old-space-size=40", "tasks.mjs", "fall", name)


def java() -> Runs:
    jars = "slf4j-api HikariCP h2 jackson-databind jackson-core jackson-annotations guava quartz log4j-api log4j-core"
    jars += " tomcat10-embed-core tomcat10-embed-el tomcat10-annotations-api"

    def path(*more: str) -> str:
        return ":".join([".", *(f"/usr/share/java/{jar}.jar" for jar in (*jars.split(), *more))])

    build("java", "javac", "-nowarn", "-cp", path(), "-d", ".", *(f.name for f in PROGRAMS.glob("java/*.java")))

    def jvm(more: str, *words: str) -> str:
        options = ["-Xmx48m", "-XX:TieredStopAtLevel=1", "-XX:MaxJavaStackTraceDepth=60", "-ea"]
        options += [word for word in words if word.startswith("-")]
        words = tuple(word for word in words if not word.startswith("-"))
        return run("java", "java", *options, "-cp", path(*more.split()), f"org.sample.{words[0]}", *words[1:])

    yield "loans", "", jvm("logback-classic logback-core", "Loans", "serve")
    for name in ("wrapped", "cast"):
        yield "loans", "", jvm("logback-classic logback-core", "Loans", "fall", name)
    yield "portal", "", jvm("", "Portal", "serve")
    yield "portal_line", "", jvm("", "Portal", "-Djava.util.logging.config.file=one.properties", "serve", "once")
    yield "feeds", "", jvm("", "Feeds", "serve")
    for name in ("cut", "cache"):
        yield "feeds", "", jvm("", "Feeds", "fall", name)
    yield "rota", "journal rota", jvm("slf4j-simple", "Rota", "serve")
    for name in ("invoke", "stream"):
        yield "rota", "journal rota", jvm("slf4j-simple", "Rota", "fall", name)
    yield "scales", "syslog scales", jvm("", "Scales", "serve")
    for name in ("heap", "stack", "initializer", "crash", "assertion", "library", "weight"):
        yield "scales", "syslog scales", jvm("", "Scales", "-XX:ErrorFile=/tmp/sixth_built/java/hs.log", "fall", name)


def perl() -> Runs:
    yield "mailer", "", run("perl", "perl", "mailer.pl", "serve")
    for name in ("confess", "missing", "object", "lines"):
        yield "mailer", "", run("perl", "perl", "mailer.pl", "fall", name)
    yield "api", "", run("perl", "perl", "api.pl", "serve")
    yield "mirror", "journal mirror", run("perl", "perl", "mirror.pl", "serve")
    for name in ("xml", "deep", "full", "number"):
        yield "mirror", "journal mirror", run("perl", "perl", "mirror.pl", "fall", name)
    yield "courses", "", run("perl", "perl", "courses.pl", "long")
    yield "courses_short", "journal courses", run("perl", "perl", "courses.pl", "short")
    yield "tally", "", run("perl", "perl", "tally.pl", "serve")
    for name in ("glob", "local", "params"):
        yield "tally", "", run("perl", "perl", "tally.pl", "fall", name)


def rust() -> Runs:
    debian = '[source.crates-io]\nreplace-with = "debian"\n[source.debian]\ndirectory = "/usr/share/cargo/registry"\n'
    (BUILT / "rust/.cargo").mkdir()
    (BUILT / "rust/.cargo/config.toml").write_text(debian)
    build("rust", "cargo", "build", "-q", "--offline")

    def cargo(trace: int, name: str, *words: str) -> str:
        return run("rust", f"target/debug/{name}", *words, RUST_BACKTRACE=str(trace))

    yield "tiles", "", cargo(0, "tiles", "serve")
    for name in ("nested", "lines", "channel"):
        yield "tiles", "", cargo(0, "tiles", "fall", name)
    yield "mixer", "", cargo(0, "mixer", "serve")
    for trace, name in enumerate(("expect", "assert", "chars", "refcount")):
        yield "mixer", "", cargo(trace % 2, "mixer", "fall", name)
    for way, head in (("slog", ""), ("simplelog", ""), ("env_logger", "journal parcel"), ("stderrlog", "")):
        yield f"parcel_{way}", head, cargo(0, "parcel", "serve", way)
        yield f"parcel_{way}", head, cargo(0, "parcel", "fall", way, "chain")
    yield "bare", "syslog backup", cargo(0, "bare", "serve")
    for name in ("stack", "memory", "open", "status", "pool"):
        yield "bare", "syslog backup", cargo(0, "bare", "fall", name)


def gcc() -> Runs:
    options = ["-g", "-O0", "-w", "-rdynamic", "-fstack-protector-all", "-pthread"]
    cc = ["g++", "-std=c++17", *options]
    boost = ["-DBOOST_LOG_DYN_LINK", "-lboost_log", "-lboost_thread", "-lboost_system", "-lsqlite3"]
    glib = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "gio-2.0"], check=True, capture_output=True, text=True
    ).stdout.split()
    fortified = ["gcc", "-D_GNU_SOURCE", "-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"]
    build("gcc", *cc, "spool.cc", "-o", "spool", *boost)
    build("gcc", *cc, "meter.cc", "-o", "meter", "-llog4cplus", "-lcurl", "-ldl")
    build("gcc", "gcc", *options, "player.c", "-o", "player", *glib)
    build("gcc", *fortified, "-g", "-w", "-fstack-protector-all", "-pthread", "diskd.c", "-o", "diskd")
    build("gcc", *cc, "-DPLAIN", "cache.cc", "-o", "cache", "-lspdlog", "-lfmt")
    for name, long in (("asan", "address"), ("ubsan", "undefined,float-cast-overflow"), ("tsan", "thread")):
        build("gcc", *cc, f"-fsanitize={long}", "cache.cc", "-o", f"cache_{name}")

    yield "spool", "", run("gcc", "./spool", "serve")
    for name in ("thread", "noexcept", "boost", "optional"):
        yield "spool", "", run("gcc", "./spool", "fall", name)
    yield "meter", "", run("gcc", "./meter", "serve")
    for name in ("segv", "fpe", "json", "string", "pure"):
        yield "meter", "", run("gcc", "./meter", "fall", name)
    yield "player", "journal player", run("gcc", "./player", "serve")
    for name in ("error", "assert", "reached", "new"):
        yield "player", "journal player", run("gcc", "./player", "fall", name)
    yield "diskd", "syslog diskd", run("gcc", "./diskd", "serve")
    for name in ("assert", "free", "invalid", "top", "size", "smash", "fortify", "err", "errx", "error"):
        yield "diskd", "syslog diskd", run("gcc", "./diskd", "fall", name)
    for name in ("thread", "segv"):
        yield "diskd", "syslog diskd", run("gcc", "bash", "watch.sh", "./diskd", "fall", name)
    yield "cache", "", run("gcc", "./cache", "serve")
    for name in ("heap", "freed", "string", "stack", "global", "leak", "mismatch", "memcpy", "null", "size"):
        yield "cache_asan", "", run("gcc", "./cache_asan", "fall", name)
    yield "cache_ubsan", "", run("gcc", "./cache_ubsan", "serve")
    yield "cache_tsan", "", run("gcc", "./cache_tsan", "fall", "race")


def php() -> Runs:
    command = ["php", "-d", "memory_limit=64M", "-d", "html_errors=0"]
    yield "orders", "", run("php", *command, "orders.php", "full")
    yield "orders_plain", "iso orders", run("php", *command, "orders.php", "plain")
    stamped = [*command, "-d", f"error_log={LOG}"]
    yield "forum", "", run("php", *stamped, "forum.php", "serve")
    falls = "type arguments undefined class moderation chain static memory array require time parse string generator"
    for name in falls.split():
        yield "forum", "", run("php", *stamped, "forum.php", "fall", name)
    yield "forum_journal", "journal forum", run("php", *command, "forum.php", "serve", "again")
    for name in ("chain", "moderation", "memory"):
        yield "forum_journal", "journal forum", run("php", *command, "forum.php", "fall", name)
    yield "ticket", "", run("php", *command, "ticket.php")
    yield "ration", "", run("php", *command, "ration.php", "plain")
    yield "ration_json", "", run("php", *command, "ration.php", "json")
    yield "web", "", served([*command, "-S", "127.0.0.1:8481", "web.php"], "http://127.0.0.1:8481")


def served(command: list[str], address: str) -> str:
    """Return what PHP's own server wrote while it was asked for pages that fail, and for others."""
    fails = ["lane", "type", "divide", "pdo", "sqlite", "throw", "function", "file", "log"]
    chance = random.Random(8)
    asked = fails * 2
    chance.shuffle(asked)
    LOG.unlink(missing_ok=True)
    with LOG.open("ab", buffering=0) as file:
        server = subprocess.Popen(command, cwd=BUILT / "php", stdout=file, stderr=file, env=ENVIRONMENT)
        time.sleep(1)
        for page in asked:
            for healthy in chance.choices(["ok", "info", "error.png", "ok"], k=chance.randint(1, 3)):
                fetch(f"{address}/{healthy}")
            file.write(b"\2\n")
            fetch(f"{address}/{page}")
            file.write(b"\3\n")
        server.terminate()
        server.wait()
    return LOG.read_text()


def fetch(address: str) -> None:
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(address, timeout=5) as answer:
        answer.read()
    time.sleep(0.05)


def ruby() -> Runs:
    yield "desk", "", run("ruby", "ruby", "desk.rb", "serve")
    yield "courier", "", run("ruby", "ruby", "courier.rb", "serve")
    yield "import", "", run("ruby", "ruby", "import.rb", "serve")
    for name in ("cause", "local", "invalid", "stack"):
        yield "import", "", run("ruby", "ruby", "import.rb", "fall", name)
    yield "sweep", "journal sweep", run("ruby", "ruby", "sweep.rb", "serve")
    for name in ("told", "wrapped", "own", "throw", "undefined"):
        yield "sweep", "journal sweep", run("ruby", "ruby", "sweep.rb", "fall", name)
    yield "events", "", run("ruby", "ruby", "events.rb", "logging")
    yield "events_tagged", "", run("ruby", "ruby", "events.rb", "tagged")


RUNTIMES = {f.__name__: f for f in (python, node, java, perl, rust, gcc, php, ruby)}

if __name__ == "__main__":
    main(sys.argv[1:])
