"""What the makers of the corpora share: build a program, run it, and cut what it wrote at the marks it left.

A program writes a line with the byte 2 to its log right before what tells of a failure, and a line with the byte 3
behind it. These lines are not in the corpus: they say where its records begin and end.
"""

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

HERE = Path(__file__).parent
BEGIN, END = "\2", "\3"
MOST_STARTS = 120
Way = tuple[str, list[str], dict[str, str]]
"""Its name, the command, and what is set in its environment."""

Part = tuple[bool, list[str]]
"""Whether it tells of a failure, and its lines."""

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LANG": "C.UTF-8", "TZ": "UTC", "NO_COLOR": "1"}


def scrubbed(text: str, built: Path) -> str:
    """Return `text` with the paths of this machine replaced by those of a server; `built` is where the programs ran."""
    for pattern, by in (
        (rf"{built}/\w+", "/srv/app"),
        (r"/root/\.pyenv/versions/3\.11\.\d+", "/usr/local"),
        (r"/root/\.rustup/toolchains/[^/]+", "/usr/local/rust"),
        (r"(?<!\w)/(?:root|work)\b", "/srv/home"),
    ):
        text = re.sub(pattern, by, text)
    return text


def build(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True)


def run(folder: Path, log: Path, *command: str, **environment: str) -> None:
    """Run it with both its streams appended to one file, as a service's are redirected."""
    with log.open("ab") as file:
        subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            timeout=120,
            check=False,
            env=ENVIRONMENT | environment,
        )


def headed(lines: Iterable[str], host: str, unit: str, number: int) -> Iterator[str]:
    """Put before each line what the journal shows in its short format; it keeps no empty lines."""
    now = datetime(2026, 11, 27, 8, 12, 40, tzinfo=UTC) + timedelta(minutes=11 * number)
    chance = random.Random(f"{unit} {number}")
    process = chance.randint(400, 40_000)
    for line in lines:
        if line in (BEGIN, END):
            now += timedelta(milliseconds=chance.randint(20, 4000))
            yield line
        elif line.strip():
            yield f"{now:%b %d %H:%M:%S} {host} {unit}[{process}]: {line.rstrip()}"


def parts(lines: Iterable[str]) -> Iterator[Part]:
    """Cut a run at its marks: whether each part tells of a failure, and its lines. No part is empty.

    Empty lines at the ends of what tells of a failure belong to it as little as to what surrounds it.
    """
    part: list[str] = []
    within = False
    for line in [*lines, END]:
        if line not in (BEGIN, END):
            part.append(line)
            continue
        full = [i for i, x in enumerate(part) if x.strip()] if within else []
        if full:
            first, last = full[0], full[-1] + 1
            pieces = [(False, part[:first]), (True, part[first:last]), (False, part[last:])]
        else:
            pieces = [(False, part)]
        yield from (piece for piece in pieces if piece[1])
        part, within = [], line == BEGIN


def block(lines: list[str], records: int, way: str) -> str:
    """Return a block of a corpus: what is in it as JSON, and its lines. `records` is 0 or the lines of the one."""
    return f"#= {json.dumps({'lines': records, 'way': way})}\n" + "".join(f"{x}\n" for x in lines)


class Corpus:
    """Services that run, fail and are restarted, and what they wrote: `NAME_programs/` and `NAME/`."""

    def __init__(self, name: str) -> None:
        self.built = Path(f"/tmp/{name}_built")
        self.log, self._state = self.built / "log", self.built / "state"
        self._programs, self._logs = HERE / f"{name}_programs", HERE / name

    def make(
        self,
        runtimes: Mapping[str, Callable[[], Sequence[Way]]],
        only: Sequence[str],
        seed: Callable[[str], int],
        shown: Callable[[str, str, list[str], int], Iterable[Part]],
    ) -> None:
        """Build and run the programs, and write a file for each way in which one is logged.

        Args:
            runtimes: The ways of each.
            only: The runtimes to make; none: all of them.
            seed: Returns for a runtime what its programs draw by; the number of the way is added.
            shown: Returns what a log shows of the lines of one life: of a runtime, a way, and the number of the life.
        """
        shutil.rmtree(self.built, ignore_errors=True)
        shutil.copytree(self._programs, self.built)
        self._logs.mkdir(exist_ok=True)
        for runtime, ways in runtimes.items():
            if only and runtime not in only:
                continue
            for old in self._logs.glob(f"{runtime}_*.log"):
                old.unlink()
            for number, (way, command, environment) in enumerate(ways()):
                lives = self._served(runtime, [*command, way, str(seed(runtime) + number)], environment)
                with (self._logs / f"{runtime}_{way}.log").open("w") as file:
                    for life, lines in enumerate(lives):
                        for told, part in shown(runtime, way, lines, life):
                            file.write(block(part, len(part) if told else 0, f"{runtime}/{way}"))

    def _served(self, runtime: str, command: list[str], environment: dict[str, str]) -> list[list[str]]:
        """Start it again until it has done all its jobs; return the lines of each of its lives, marks among them."""
        lives: list[list[str]] = []
        start = 0
        while len(lives) < MOST_STARTS:
            self.log.unlink(missing_ok=True)
            self._state.write_text("")
            run(self.built / runtime, self.log, *command, str(start), str(self._state), **environment)
            lines = scrubbed(self.log.read_text(errors="replace"), self.built).split("\n")
            lives.append(lines[:-1] if not lines[-1] else lines)
            state = self._state.read_text()
            if state == "done":
                return lives
            marks = [x for x in lines if x in (BEGIN, END)]
            if not marks or marks[-1] != BEGIN:
                raise RuntimeError(f"{command} died at {state!r} where it did not mean to: {lines[-12:]}")
            start = int(state) + 1
        raise RuntimeError(f"{command} was started {MOST_STARTS} times")
