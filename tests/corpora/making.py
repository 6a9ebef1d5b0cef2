"""What the makers of the corpora share: build a program, run it, and cut what it wrote at the marks it left.

A program writes a line with the byte 2 to its log right before what tells of a failure, and a line with the byte 3
behind it. These lines are not in the corpus: they say where its records begin and end.
"""

import json
import os
import random
import re
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN, END = "\2", "\3"
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


def parts(lines: Iterable[str]) -> Iterator[tuple[bool, list[str]]]:
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
