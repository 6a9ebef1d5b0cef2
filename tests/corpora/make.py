"""Writes the corpora that real runtimes produce: `make.py [NAME...]`, by hand, where the runtimes are installed.

Each case of a program under `programs/` is run and what it printed is annotated with what the program did, never with
what the assembler makes of it: a case that falls is one record from its first line to its last, and a program that
goes on says itself, by a mark, what it prints next. Empty lines are nobody's.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SHOP = Path("/srv/shop")
"""Where the programs run, so that their traces name no place of whoever made the corpora."""

CALM = "2026-11-22 10:00:0{},000 INFO  [main] shop.Watch - restarted, errors=0\n"


@dataclass(frozen=True)
class Program:
    """A program, how it is built and run, and how each of its cases begins."""

    corpus: str
    source: str
    run: str
    """The command; the name of the case follows."""

    error: str
    """Cases of one record each."""

    critical: str = ""
    marked: str = ""
    """Cases that mark what they print."""

    build: str = ""


def _cpp(corpus: str, flags: str, cases: str, run: str = "./a.out", source: str = "services.cpp") -> Program:
    build = f"g++ -g -O0 -w {flags} {source} -o a.out -lpthread"
    return Program(corpus, source, run, "", cases, build=build)


PROGRAMS = (
    Program(
        "python_services",
        "services.py",
        "/usr/bin/python3 services.py",
        "uncaught chained handling three group syntax indentation recursion noted several_lines leaves",
        marked="logged logged_basic logged_bare logged_iso syslogged threads ignored task as_json as_logfmt",
    ),
    Program(
        "node_services",
        "services.js",
        "node services.js",
        "uncaught cause type reference parse rejection rejectionOfText aggregate emitted missing assertion"
        " refused lines syntax",
        marked="logged console pino",
    ),
    Program(
        "java_services",
        "Services.java",
        "java -Xmx64m -XX:MaxJavaStackTraceDepth=40 -cp . Services",
        "uncaught deep overflow nothing array cast memory missing lines wordless initialiser future",
        marked="pool logged jul",
        build="javac Services.java",
    ),
    Program(
        "go_services",
        "services.go",
        "./services",
        "",
        "nil map range error lines zero cast closed repanic workers unlock writes overflow",
        marked="serve",
        build="env GOFLAGS=-mod=mod GO111MODULE=off GOCACHE=/tmp/go-cache go build -o services services.go",
    ),
    Program(
        "ruby_services",
        "services.rb",
        "ruby services.rb",
        "uncaught cause nothing name zero load file deep lines json frozen abort syntax",
        marked="thread logged",
    ),
    Program(
        "php_services",
        "services.php",
        "php -d display_errors=stderr -d log_errors=0 -d html_errors=0 services.php",
        "",
        "uncaught previous undefined type method null zero memory require arguments parse",
    ),
    Program(
        "php_logged",
        "services.php",
        "php -d display_errors=0 -d log_errors=1 -d error_log=/dev/stderr services.php",
        "",
        "uncaught previous undefined type method null zero memory require arguments parse",
        marked="logged",
    ),
    Program(
        "perl_services",
        "services.pl",
        "perl services.pl",
        "uncaught confess croak undefined missing zero file method strict",
        marked="logged",
    ),
    Program(
        "rust_services",
        "services.rs",
        "env -u RUST_BACKTRACE ./services-rust",
        "panic lines unwrap expect none range overflow assert result pretty",
        marked="thread double",
        build="rustc -g -o services-rust services.rs",
    ),
    Program(
        "rust_backtraces",
        "services.rs",
        "env RUST_BACKTRACE=1 ./services-rust",
        "panic lines unwrap expect none range overflow assert result",
        marked="thread double",
        build="rustc -g -o services-rust services.rs",
    ),
    Program(
        "rust_full_backtraces",
        "services.rs",
        "env RUST_BACKTRACE=full ./services-rust",
        "panic unwrap assert",
        build="rustc -g -o services-rust services.rs",
    ),
    _cpp(
        "glibc_services",
        "-fstack-protector-all",
        "double invalid corrupt smash assert throw throwtext vector terminate",
    ),
    _cpp("asan", "-fsanitize=address", "overflow freed stack null leak double invalid"),
    _cpp("ubsan", "-fsanitize=undefined", "signed shift divide null"),
    _cpp("tsan", "-fsanitize=thread", "race", "setarch -R ./a.out"),
    _cpp("lsan", "-fsanitize=leak", "leak"),
    Program(
        "mono",
        "services.cs",
        "mono --debug services.exe",
        "uncaught inner null range aggregate lines",
        marked="logged",
        build="mcs -debug services.cs",
    ),
    Program(
        "python_mail",
        "mail.py",
        "/usr/bin/python3 mail.py",
        "bare context hidden decoding refused parsed attribute unpacked imported keyed asserted"
        " interrupted grouped pooled",
        marked="colons brackets django dashes threads letters",
    ),
    Program("node_text", "services.js", "node services.js", "thrownText"),
    Program("python_letters", "mail.py", "/usr/bin/python3 mail.py", "", marked="short"),
    Program(
        "node_mail",
        "mail.js",
        "node mail.js",
        "thrown awaited timer file argument deep frozen calling link json big chain rejected child",
        marked="winston bunyan",
    ),
    Program(
        "java_mail",
        "Mail.java",
        "java -XX:MaxJavaStackTraceDepth=40 -cp . Mail",
        "checked text list immutable iterator link asserted negative state stream forked named",
        marked="spring log4j tomcat bracketed",
        build="javac Mail.java",
    ),
    Program(
        "go_mail",
        "mail.go",
        "./mail",
        "",
        "pointer slice custom number repeat nilfunc group closed length asleep waiting maps",
        marked="recovered",
        build="env GOFLAGS=-mod=mod GO111MODULE=off GOCACHE=/tmp/go-cache go build -o mail mail.go",
    ),
    Program(
        "ruby_mail",
        "mail.rb",
        "ruby mail.rb",
        "thrown chain key index convert arguments stop constant encoding socket timeout wordless exit",
        marked="sidekiq",
    ),
    Program("perl_mail", "mail.pl", "perl mail.pl", "confessed croaked hash code regex mkdir root eval"),
    Program(
        "php_mail",
        "mail.php",
        "php -d display_errors=stderr -d log_errors=0 -d html_errors=0 mail.php",
        "",
        "thrown chain private typed class constant match json array",
    ),
    Program(
        "rust_mail",
        "mail.rs",
        "env RUST_BACKTRACE=1 ./mail-rust",
        "expected returned map parse slice text divide todo unreachable cell",
        marked="joined",
        build="rustc -g -o mail-rust mail.rs",
    ),
    _cpp(
        "glibc_mail",
        "-fstack-protector-all",
        "map text number memory system custom assert wild tcache",
        source="mail.cpp",
    ),
    _cpp("asan_mail", "-fsanitize=address", "global use twice mismatch copy segv", source="mail.cpp"),
    _cpp("ubsan_mail", "-fsanitize=undefined -fno-sanitize=object-size", "index align bool", source="mail.cpp"),
    Program(
        "mono_mail",
        "mail.cs",
        "mono --debug mail.exe",
        "chain key cast divide argument",
        marked="logged",
        build="mcs -debug mail.cs",
    ),
    Program(
        "shell", "services.sh", "bash services.sh", "missing unbound denied file nowhere folder tool syntax killed"
    ),
)


def main(names: list[str]) -> None:
    """Write the corpora of these names, or all."""
    SHOP.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        if names and program.corpus not in names:
            continue
        shutil.copy(HERE / "programs" / program.source, SHOP)
        if program.build:
            subprocess.run(program.build.split(), cwd=SHOP, check=True)
        (HERE / "produced" / f"{program.corpus}.log").write_text(
            "".join(block for run in (0, 1) for block in _annotated(program, run))
        )


def _annotated(program: Program, run: int) -> Iterator[str]:
    """Yield the blocks of one run: the other run has its calm lines where this one has none."""
    if run:
        yield f'#= {{"lines": 0}}\n{CALM.format(0)}'
    for number, (case, severity) in enumerate(_cases(program)):
        for what, text in _parts(_printed(program, case), severity):
            lines = text.count("\n")
            expected = {"lines": lines, "severity": what} if what != "calm" else {"lines": 0}
            yield f"#= {json.dumps(expected)}\n{text}"
        if number % 2 != run:
            yield f'#= {{"lines": 0}}\n{CALM.format(number % 10)}'


def _cases(program: Program) -> Iterator[tuple[str, str]]:
    for severity, cases in (("error", program.error), ("critical", program.critical), ("marked", program.marked)):
        for case in cases.split():
            yield case, severity


def _printed(program: Program, case: str) -> str:
    ran = subprocess.run(
        [*program.run.split(), case],
        cwd=SHOP,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        text=True,
        errors="replace",
    )
    return ran.stdout


def _parts(printed: str, severity: str) -> Iterator[tuple[str, str]]:
    """Yield what each mark announces, without the empty lines around it."""
    what, lines = ("calm" if severity == "marked" else severity), []
    for line in [*printed.split("\n"), "@@ end"]:
        if not line.startswith("@@ "):
            lines.append(line)
            continue
        text = "\n".join(lines).strip("\n")
        if text.strip():
            yield what, text + "\n"
        what, lines = line.removeprefix("@@ "), []


if __name__ == "__main__":
    main(sys.argv[1:])
