"""Run the programs beside this file, each way of falling once, and write down what they print, with the truth.

Run by hand, from any directory, as somebody who may write to the workshop; what it writes is committed:

    python tests/corpora/make.py            # all runtimes that are installed
    python tests/corpora/make.py java go    # these only

Each process falls once, or logs failures one after the other, and says that a cart was opened before and that it was
closed after each of them, in the words of the same logger. So what stands between two such lines is one failure,
whole: the truth comes from what the program did, not from a reading of its output.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS, PRODUCED = HERE / "programs", HERE / "second"
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Runtime:
    """How the programs of one language are built and run, and what makes each fall."""

    sources: tuple[str, ...]
    run: tuple[str, ...]
    ways: tuple[str, ...]
    build: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


RUNTIMES = {
    "python": Runtime(
        ("falls.py",),
        ("python3", "falls.py"),
        (
            *("missing", "chained", "during", "suppressed", "group", "nested-group", "syntax", "recursion", "exit"),
            *("logged", "logged-chain", "logged-thread", "calm-warning", "unraisable", "thread", "note", "assertion"),
            *("import", "unicode", "multiline", "keyerror", "custom", "json", "logfmt", "json-stack", "bare-logged"),
        ),
    ),
    "java": Runtime(
        ("Falls.java",),
        ("java", "-Xmx64m", "-Xss512k", "-cp", ".", "Falls"),
        (
            *("null", "chained", "wrapped", "index", "cast", "number", "stack", "memory", "assertion", "class"),
            *("initializer", "empty", "multiline", "printed", "future", "thread", "immutable", "logged", "calm-warned"),
        ),
        build=("javac", "Falls.java"),
    ),
    "go": Runtime(
        ("falls.go",),
        ("./falls",),
        (
            *("nilpointer", "nilmap", "index", "slice", "error", "text", "lines", "repanic", "deferred", "workers"),
            *("worker", "deadlock", "deadlock-two", "writes", "closed", "divide", "type", "stack", "memory", "fatal"),
            *("served", "calm-printed"),
        ),
        build=("go", "build", "falls.go"),
        environment=(("CGO_ENABLED", "0"),),  # with it, no deadlock is noticed
    ),
    "node": Runtime(
        ("falls.js",),
        ("node", "falls.js"),
        (
            *("missing", "chained", "undefined", "reference", "range", "stack", "text", "syntax", "json", "assertion"),
            *("deep", "multiline", "module", "rejected", "rejected-text", "aggregate", "refused", "emitter", "timer"),
            *("printed", "bracket-logged", "json-logged", "calm-json"),
        ),
    ),
    "ruby": Runtime(
        ("falls.rb", "broken.rb"),
        ("ruby", "falls.rb"),
        (
            *("cause", "causes", "nil", "name", "argument", "zero", "key", "file", "load", "frozen", "stack", "type"),
            *("multiline", "connect", "syntax", "json", "encoding", "exit", "thread", "logged", "calm-warned"),
        ),
    ),
    "php": Runtime(
        ("falls.php", "broken.php"),
        ("php", "-d", "error_log=/dev/stderr", "falls.php"),
        (
            *("previous", "twice", "type", "memory", "time", "undefined", "method", "class", "null", "zero", "match"),
            *("json", "date", "require", "parse", "multiline", "user", "logged", "calm-printed"),
        ),
    ),
    "perl": Runtime(
        ("falls.pl",),
        ("perl", "falls.pl"),
        (
            *("die", "errno", "confess", "croak", "method", "undefined", "zero", "require", "reference", "eval"),
            *("syntax", "hash", "calm-printed"),
        ),
    ),
    "shell": Runtime(
        ("falls.sh",),
        ("bash", "falls.sh"),
        (
            *("command", "unbound", "directory", "redirect", "source", "syntax", "parameter", "division", "bad"),
            *("denied", "segmentation", "abort", "calm-printed"),
        ),
    ),
    "rust": Runtime(
        ("falls.rs",),
        ("./falls",),
        (
            *("index", "none", "unwrap", "expect", "returned", "io", "text", "overflow", "assertion", "thread"),
            *("unreachable", "todo", "multiline", "slice", "refcell", "calm-printed"),
        ),
        build=("rustc", "-g", "falls.rs"),
        environment=(("RUST_BACKTRACE", "1"),),
    ),
    "rust-brief": Runtime(
        ("falls.rs",), ("./falls",), ("index", "unwrap", "thread", "assertion"), build=("rustc", "-g", "falls.rs")
    ),
    "cpp": Runtime(
        ("falls.cpp", "build.sh"),
        ("bash", "build.sh"),
        (
            *("plain/double-free", "plain/invalid-free", "plain/smash", "plain/corrupt", "plain/assertion"),
            *("plain/throw", "plain/throw-number", "plain/range", "plain/stoi", "plain/memory", "plain/terminate"),
            *("plain/joinable", "plain/perror", "plain/calm-printed", "address/use-after-free", "address/overflow"),
            *("address/stack-overflow", "address/leak", "address/double-free", "address/segmentation"),
            *("undefined/undefined-shift", "undefined/undefined-overflow", "undefined/undefined-null"),
            *("undefined/undefined-index", "thread/race"),
        ),
        build=("bash", "build.sh"),
    ),
    "dotnet": Runtime(
        ("falls.cs",),
        ("mono", "--debug", "falls.exe"),
        (
            *("null", "chained", "key", "index", "file", "cast", "aggregate", "multiline", "divide", "printed"),
            *("logged", "calm-printed"),
        ),
        build=("mcs", "-debug", "falls.cs"),
    ),
    "python-again": Runtime(
        ("stumbles.py",),
        ("python3", "stumbles.py"),
        (
            *("sqlite", "bank", "retry", "tasks", "pool", "decimal", "json", "process", "indentation", "overflow"),
            *("never-awaited", "uvicorn", "celery", "django", "syslog"),
        ),
    ),
    "java-again": Runtime(
        ("Stumbles.java",),
        ("java", "-cp", ".", "Stumbles"),
        (
            *("deep", "circular", "many", "record", "date", "optional", "iterator", "stream", "renamed", "pool"),
            *("logback", "spring", "catalina", "log4j"),
        ),
        build=("javac", "Stumbles.java"),
    ),
    "go-again": Runtime(
        ("stumbles.go",),
        ("./stumbles",),
        (
            *("interface", "method", "regexp", "negative", "wait", "unlock", "reflect", "mutex", "select", "pointer"),
            *("nested", "value", "goroutine", "logrus", "zap"),
        ),
        build=("go", "build", "stumbles.go"),
        environment=(("CGO_ENABLED", "0"),),
    ),
    "node-again": Runtime(
        ("stumbles.js",),
        ("node", "stumbles.js"),
        (
            *("bank", "async", "async-later", "bigint", "frozen", "uri", "regexp", "symbol", "object", "nothing"),
            *("rejected-object", "import", "buffer", "url", "listen", "iterate", "suppressed"),
            *("winston", "labelled", "bunyan", "nest"),
        ),
    ),
    "ruby-again": Runtime(
        ("stumbles.rb",),
        ("ruby", "stumbles.rb"),
        (
            *("bank", "pour", "timeout", "yaml", "decimal", "throw", "stop", "private", "comparison", "regexp"),
            *("range", "fiber", "float", "eval", "rails", "logged"),
        ),
    ),
    "php-again": Runtime(
        ("stumbles.php",),
        ("php", "-d", "error_log=/dev/stderr", "stumbles.php"),
        (
            *("bank", "pay", "enum", "abstract", "arguments", "readonly", "closure", "string", "offset"),
            *("monolog",),
        ),
    ),
    "perl-again": Runtime(
        ("stumbles.pl",),
        ("perl", "stumbles.pl"),
        ("object", "pay", "module", "array", "sprintf", "log", "sqrt", "modulus"),
    ),
    "shell-again": Runtime(
        ("stumbles.sh",),
        ("bash", "stumbles.sh"),
        ("array", "readonly", "test", "exec", "local", "cd", "kill", "killed", "let", "shift"),
    ),
    "rust-again": Runtime(
        ("stumbles.rs",),
        ("./stumbles",),
        (
            *("chain", "enum", "guard", "divide", "utf8", "assert-ne", "lock", "parse", "address", "bind", "custom"),
            *("capacity",),
        ),
        build=("rustc", "-g", "stumbles.rs"),
        environment=(("RUST_BACKTRACE", "1"),),
    ),
    "cpp-again": Runtime(
        ("stumbles.cpp", "build-again.sh"),
        ("bash", "build-again.sh"),
        (
            *("plain/bank", "plain/noexcept", "plain/pure", "plain/map", "plain/variant", "plain/function"),
            *("plain/substr", "plain/future", "plain/length", "plain/unreachable", "plain/stream", "plain/realloc"),
            *("address/new-delete", "address/return", "address/memcpy", "address/deep", "address/thread-leak"),
            *("undefined/divide", "undefined/cast", "undefined/bool", "thread/lock"),
        ),
        build=("bash", "build-again.sh"),
    ),
    "dotnet-again": Runtime(
        ("stumbles.cs",),
        ("mono", "--debug", "stumbles.exe"),
        ("bank", "pay", "sequence", "parse", "argument", "disposed", "thread", "type", "nlog"),
        build=("mcs", "-debug", "-r:System.Core.dll", "stumbles.cs"),
    ),
}


def main() -> int:
    """Write one file for each runtime asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(RUNTIMES))
    parser.add_argument(
        "--workshop", type=Path, default=Path("/srv/till"), help="built and run here; removed at the end"
    )
    asked = parser.parse_args()
    asked.workshop.mkdir(parents=True)
    try:
        for name in asked.names or RUNTIMES:
            if shutil.which((RUNTIMES[name].build or RUNTIMES[name].run)[0]):
                (PRODUCED / f"{name}.log").write_text(produced(RUNTIMES[name], asked.workshop), "utf-8")
            else:
                print(f"{name}: not installed", file=sys.stderr)
    finally:
        shutil.rmtree(asked.workshop)
    return 0


def produced(runtime: Runtime, workshop: Path) -> str:
    """Return what a program prints as it falls in each of its ways, in annotated blocks."""
    for source in runtime.sources:
        shutil.copy(PROGRAMS / source, workshop)
    environment = {**os.environ, **dict(runtime.environment), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    if runtime.build:
        subprocess.run(runtime.build, cwd=workshop, env=environment, check=True, timeout=SECONDS)
    blocks = []
    for way in runtime.ways:
        said = subprocess.run(
            (*runtime.run, way),
            cwd=workshop,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=False,  # it falls
            timeout=SECONDS,
        ).stderr.decode("utf-8", "backslashreplace")
        said = said.replace(sys.base_prefix, "/usr").replace(str(Path.home()), "/home/shop")
        apart = [(0, said)] if "calm-" in way else told_apart(said)
        blocks += [f"#= {json.dumps({'lines': lines, 'way': way})}\n{text}" for lines, text in apart]
    return "".join(blocks)


def told_apart(said: str) -> list[tuple[int, str]]:
    """Return the failures and what is between them; 0 lines: no failure.

    Empty lines at either end of a failure are not part of it.
    """
    parts: list[tuple[bool, str]] = []
    lines = said.splitlines(keepends=True)
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        calm = (
            is_calm(line) or (is_head_of_two(line) and is_calm(below)) or (line == "\n" and (not parts or parts[-1][0]))
        )
        if parts and parts[-1][0] == calm:
            parts[-1] = (calm, parts[-1][1] + line)
        else:
            parts.append((calm, line))
    apart: list[tuple[int, str]] = []
    for calm, text in parts:
        whole = text if text.endswith("\n") else text + "\n"
        bare = whole.rstrip("\n") + "\n"
        apart.append((0 if calm else bare.count("\n"), bare if not calm else whole))
        if not calm and bare != whole:
            apart.append((0, whole[len(bare) :]))
    return apart


def is_calm(line: str) -> bool:
    """Tell whether the line is one with which a program says that nothing happened."""
    return "cart" in line and ("was opened" in line or "was closed" in line)


def is_head_of_two(line: str) -> bool:
    """Tell whether java.util.logging says here when and where, and on the next line what."""
    return " Falls " in line and line[:1].isupper() and "M Falls " in line


if __name__ == "__main__":
    sys.exit(main())
