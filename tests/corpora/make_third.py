"""Let the programs of a third hand fall, and write what they wrote with what is an error record in it.

`python tests/corpora/make_third.py` builds and runs `third_programs/` and writes `third/`: one file for each way to
log of each runtime, as a service has one. The truth comes from the programs, never from what the agent finds: a
program writes a line with the byte 2 to the same stream right before what tells of a failure, and one with the byte 3
behind it; who falls writes nothing behind. These lines are taken out again here. Of all pairs of a way and a failure
every second or third is run, so that each way meets each sort of failure, and no log is too long to read.

Needed: python 3.11, node 20, a JDK 17, perl, ruby, php, go, rustc, g++ with its sanitizers, mono and bash.
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
PROGRAMS = HERE / "third_programs"
LOGS = HERE / "third"
BUILT = Path("/tmp/third_built")
LONGEST = 160
"""Lines of one run: what is longer, as a stack of ten thousand levels, is left out."""

LONGEST_LINE = 20_000
"""Characters: the same stack as JSON."""

Run = tuple[str, str, list[str]]
"""The file it belongs to, what it is called, and the lines it wrote, marks included."""


def main() -> None:
    shutil.rmtree(BUILT, ignore_errors=True)
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir()
    BUILT.mkdir()
    for program in PROGRAMS.iterdir():
        if program.is_file():
            shutil.copy(program, BUILT)
    build()
    logs = defaultdict(list)
    for runs in (python, node, java, perl, ruby, php, go, rust, mono, bash, cpp):
        for file, name, lines in runs():
            if len(lines) <= LONGEST and all(len(line) <= LONGEST_LINE for line in lines):
                logs[file] += given(list(blocks(name, lines)))
    for file, parts in logs.items():
        (LOGS / f"{file}.log").write_text("".join(f"#= {json.dumps(head)}\n{text}" for head, text in parts))


def build() -> None:
    start("javac", "-Xlint:none", "-d", ".", str(PROGRAMS / "java" / "Billing.java"))
    start("go", "build", "-o", "ledger", "ledger.go")
    start("rustc", "--edition", "2021", "-g", "-o", "search", "search.rs")
    start("mcs", "-debug", "-out:Queue.exe", "Queue.cs")
    plain = ("-std=c++17", "-g", "-O0", "-w", "-fstack-protector-all", "-pthread", "broker.cpp")
    start("g++", *plain, "-o", "broker_plain")
    for sanitizer in ("address", "undefined", "thread"):
        start("g++", *plain, f"-fsanitize={sanitizer}", "-o", f"broker_{sanitizer}")


def start(*command: str, out: bool = False, **environment: str) -> list[str]:
    """Return the lines a command wrote to its errors, and with `out` to its output as well, in one stream."""
    done = subprocess.run(
        command,
        cwd=BUILT,
        env=os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8", "GOCACHE": str(BUILT / "cache")} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if out else subprocess.DEVNULL,
        stderr=subprocess.STDOUT if out else subprocess.PIPE,
        timeout=60,
    )
    return (done.stdout if out else done.stderr).decode(errors="replace").splitlines()


def pairs(ways: list[str], cases: list[str], every: int) -> Iterator[tuple[str, str]]:
    for i, way in enumerate(ways):
        for j, case in enumerate(cases):
            if (i + j) % every == 0:
                yield way, case


def crossed(runtime: str, layouts: str, usual: str, every: int, *command: str, out: bool = False) -> Iterator[Run]:
    """Run each way with its failures; those that are no layout log in the usual one, half of them under journald."""
    ways, cases = (line.split() for line in start(*command, "list", out=True) if line)
    for number, (way, case) in enumerate(pairs(ways, sorted(cases), every)):
        lines = start(*command, way, case, out=out)
        layout = way if way in layouts.split() else usual
        yield placed(runtime, layout, usual, number, f"{way}/{case}", lines)


def placed(runtime: str, layout: str, usual: str, number: int, name: str, lines: list[str]) -> Run:
    if layout == usual and number % 2:
        return f"{runtime}_journal", name, [journald(runtime, line) for line in lines if line.strip()]
    return f"{runtime}_{layout}", name, lines


MARKS = ("\2", "\3")
SERVICES = {
    "python": "orders", "node": "gateway", "java": "billing", "perl": "mailer", "ruby": "stock", "php": "shop",
    "go": "ledger", "rust": "search", "mono": "queue", "bash": "nightly", "gcc": "broker",
}  # fmt: skip


def journald(runtime: str, line: str) -> str:
    """Return a line as journalctl shows it; journald itself keeps no empty ones."""
    return line if line in MARKS else f"Nov 26 21:04:17 web-3 {SERVICES[runtime]}[871]: {line}"


def python() -> Iterator[Run]:
    layouts = "basic dict dashes brackets celery gunicorn uvicorn json"
    return crossed("python", layouts, "dict", 3, sys.executable, f"{BUILT}/orders.py")


def node() -> Iterator[Run]:
    layouts = "console stamped winston winstonJson pino pinoPretty log4js morgan bunyan"
    return crossed("node", layouts, "winston", 3, "node", f"{BUILT}/gateway.js", out=True)


def java() -> Iterator[Run]:
    layouts = "jul julOneLine spring logback log4j kafka tomcat json plain"
    quick = ("-XX:TieredStopAtLevel=1", "-XX:MaxJavaStackTraceDepth=100", "-Xmx64m")
    return crossed("java", layouts, "plain", 3, "java", *quick, "com.acme.billing.Billing")


def perl() -> Iterator[Run]:
    return crossed("perl", "log4perl stamped dispatch mojo json plain", "log4perl", 3, "perl", f"{BUILT}/mailer.pl")


def ruby() -> Iterator[Run]:
    return crossed("ruby", "default rails stamped sidekiq puma json", "default", 3, "ruby", f"{BUILT}/stock.rb")


def php() -> Iterator[Run]:
    layouts = "monolog monologTraces laravel json errorLog fpm"
    return crossed("php", layouts, "monologTraces", 3, "php", "-d", "memory_limit=64M", f"{BUILT}/shop.php")


def go() -> Iterator[Run]:
    listed = [line.split() for line in start("./ledger", "list", out=True)]
    for ways, cases in zip(listed[::2], listed[1::2], strict=True):
        for number, (way, case) in enumerate(pairs(ways, sorted(cases), 2)):
            layout = way if way in ["logfmt", "zap", "zapConsole", "slog", "klog", "logrus"] else "plain"
            yield placed("go", layout, "plain", number, f"{way}/{case}", start("./ledger", way, case))


def rust() -> Iterator[Run]:
    listed = [line.split() for line in start("./search", "list", out=True)]
    for ways, cases in zip(listed[::2], listed[1::2], strict=True):
        for number, (way, case) in enumerate(pairs(ways, cases, 2)):
            layout = way if way in ["tracing", "tracingJson", "log4rs", "simple", "slog"] else "envLogger"
            lines = start("./search", way, case, RUST_BACKTRACE=str(number // 2 % 2))
            yield placed("rust", layout, "envLogger", number, f"{way}/{case}", lines)


def mono() -> Iterator[Run]:
    return crossed("mono", "serilog serilogFile console nlog log4net plain", "plain", 3, "mono", "--debug", "Queue.exe")


def bash() -> Iterator[Run]:
    return crossed("bash", "plain stamped logger", "plain", 2, "bash", f"{BUILT}/nightly.sh", out=True)


def cpp() -> Iterator[Run]:
    layouts = ("glog", "spdlog", "boost", "syslog", "plain")
    kinds = [line.split() for line in start("./broker_plain", out=True)]
    for number, (kind, case) in enumerate(kinds):
        if kind == "throws":
            for layout in (layouts[number % 4], layouts[(number + 1) % 4]):
                yield f"gcc_{layout}", f"{layout}/{case}", start("./broker_plain", layout, case)
        binary = {"throws": "plain", "aborts": "plain", "leak": "address"}.get(kind, kind)
        way = "die" if kind == "throws" else layouts[number % 5]
        for stack in ("0", "1") if kind == "undefined" else ("1",):
            lines = start(f"./broker_{binary}", way, case, UBSAN_OPTIONS=f"print_stacktrace={stack}")
            lines = list(apart(binary, lines))
            yield f"gcc_{'plain' if way == 'die' else way}", f"{kind}/{case}", lines
        if kind in ("aborts", "address"):
            yield placed("gcc", "plain", "plain", 1, f"{kind}/{case}", start(f"./broker_{binary}", "plain", case))


def apart(binary: str, lines: list[str]) -> Iterator[str]:
    """Mark each report of a sanitizer that wrote several in one go: a ruler opens and closes one of TSan."""
    inside = opened = False
    for line in lines:
        if line in MARKS:
            inside, opened = line == "\2", False
        begins = line == "=" * 18 if binary == "thread" else binary == "undefined" and "runtime error:" in line
        if begins and not opened and (inside or binary == "thread"):  # some it writes as the program ends
            yield "\2"
        opened = (not opened) if begins and binary == "thread" else opened
        yield line


def blocks(name: str, lines: list[str]) -> Iterator[tuple[dict[str, object], str]]:
    """Yield the annotation and the text of each record, and of what lies between two."""
    block: list[str] = []
    failing = False
    for line in [*lines, "\3"]:
        if line not in MARKS:
            block.append(scrubbed(line))
            continue
        if any(text.strip() for text in block):
            yield {"lines": len(block) if failing else 0, "way": name}, "".join(f"{text}\n" for text in block)
        block, failing = [], line == "\2"


WARNS = re.compile(r"\bWARN(ING)?\b")


def given(parts: list[tuple[dict[str, object], str]]) -> list[tuple[dict[str, object], str]]:
    """Give a trace that a program printed right below its own warning to that: a logger would have written the same."""
    told: list[tuple[dict[str, object], str]] = []
    for head, text in parts:
        if told and head["lines"] and head["way"].startswith("printed/"):
            calm, above = told.pop()
            *rest, last = above.splitlines(keepends=True)
            if WARNS.search(last):
                told += [(calm, "".join(rest))] if rest else []
                told.append((head | {"lines": head["lines"] + 1}, last + text))
                continue
            told.append((calm, above))
        told.append((head, text))
    return told


def scrubbed(line: str) -> str:
    for folder in (str(BUILT), str(BUILT).replace("/", "\\/"), "/tmp/third_"):  # JSON of PHP; cut short by Perl
        line = line.replace(folder, "/srv/app")
    line = line.replace(sys.base_prefix, "/usr")
    return re.sub(r"/rustc/[0-9a-f]{40}", "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860", line)


if __name__ == "__main__":
    main()
