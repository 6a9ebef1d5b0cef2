"""The quiet tick: told from a snapshot that nothing changed, before anything heavy is imported.

A tick that worked leaves `state_dir/quiet`: one line for each file and directory it depends on, with what `stat` said.
As long as every line still holds and nothing is due, the next tick has nothing to do. Whatever is unusual is not quiet.
This module imports nothing that Python has not loaded at its start.
"""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from aiops_agent.model.event import Checkpoint
    from aiops_agent.ports import LogSource

FORMAT = "aiops-agent quiet 1"
DEFAULT_CONFIG = "/etc/aiops-agent/config.yaml"
_SETTLED = 1.0
"""Seconds a configuration must have been left alone before its tick for the snapshot to vouch for what was read."""

LONGEST_WAIT = 60.0
"""Seconds that a log must have been left alone for its unfinished last line to count: its writer was cut off."""

_NOTHING_NEW = (
    '{"files": 0, "bytes": 0, "errors": 0, "lost_bytes": 0, "seconds": 0.0, "skipped": null, "cut_short": null, '
    '"incidents": []}\n'
)
_NOTHING_NEW_IN_WORDS = "nothing new\n0 files, 0 bytes, 0 error records in 0.00 s\n"


def scan(arguments: "list[str]") -> "int | None":
    """Do the `scan` command if there is nothing to do and return its exit code; None when a real tick is needed."""
    config, as_json = DEFAULT_CONFIG, False
    left = iter(arguments)
    for argument in left:
        if argument == "--config":
            config = next(left, "")
        elif argument.startswith("--config="):
            config = argument[9:]
        elif argument == "--json":
            as_json = True
        elif argument != "--check":
            return None
    if check(config, time.time()) is None:
        return None
    sys.stdout.write(_NOTHING_NEW if as_json else _NOTHING_NEW_IN_WORDS)
    return 0


def check(config: str, now: float) -> "int | None":
    """Return how many things were looked at when nothing changed and nothing is due; None when a tick is needed."""
    try:
        with open(config, "rb") as file:
            state_dir = state_dir_in(file.read())
        if state_dir is None:
            return None
        with open(os.path.join(state_dir, "quiet"), "rb") as file:
            lines = os.fsdecode(file.read()).split("\n")
    except OSError:
        return None
    if len(lines) < 6 or lines[0] != FORMAT or lines[1] != os.path.abspath(config) or lines[-2:] != ["end", ""]:  # noqa: PLR2004 - two before, two behind
        return None
    taken, due = float(lines[2]), float(lines[3])
    if not taken <= now < due:
        return None
    for line in lines[4:-2]:
        if stamp(line.split("\t", 1)[1]) != line:
            return None
    return len(lines) - 6


def save(
    config: "os.PathLike[str]",
    state_dir: "os.PathLike[str]",
    watched: "Iterable[str]",
    files: "Collection[Checkpoint]",
    due: "datetime | None",
    *,
    now: "datetime",
) -> None:
    """Leave the snapshot of a tick that worked, or none when something changed meanwhile or it cannot be written.

    Args:
        config: The configuration the tick ran with.
        state_dir: Where the state lies, closed by now.
        watched: Stamps of the directories, taken before they were listed.
        files: Every file known, as it was when it was read; looked through twice.
        due: When there is something to do although nothing changed.
        now: When the tick began.
    """
    target = os.path.join(state_dir, "quiet")
    lines = _lines(os.path.abspath(config), os.fspath(state_dir), watched, files, now.timestamp())
    try:
        if lines is not None:
            until = min(due.timestamp() if due else float("inf"), _end_of_waiting(files, now.timestamp()))
            head = (FORMAT, os.path.abspath(config), repr(now.timestamp()), repr(until))
            _replace(target, "\n".join((*head, *lines, "end", "")))
        elif os.path.lexists(target):
            os.unlink(target)
    except OSError:
        return  # what still lies there does not fit what was just written to the state: the next tick is a full one


def _end_of_waiting(files: "Iterable[Checkpoint]", now: float) -> float:
    """Return when the first unfinished line is waited for no longer."""
    waited_for = (file.mtime_ns / 1e9 for file in files if file.prefix_length and file.offset < file.size)
    return min((changed + LONGEST_WAIT for changed in waited_for if changed + LONGEST_WAIT > now), default=float("inf"))


def _replace(target: str, text: str) -> None:
    descriptor = os.open(target + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        file.write(os.fsencode(text))
    os.replace(target + ".new", target)


def watched(sources: "Iterable[LogSource]") -> "list[str]":
    """Return the stamps of the directories the sources looked through, as they were before."""
    return [line for source in sources for line in source.directories()]


def stamp(path: str) -> str:
    """Return a line that changes when the file or directory at `path` does; links are followed."""
    try:
        found = os.stat(path)
    except OSError:
        return "-\t" + path
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}\t{path}"


def _lines(
    config: str, state_dir: str, watched: "Iterable[str]", files: "Iterable[Checkpoint]", began: float
) -> "list[str] | None":
    try:
        changed = os.stat(config).st_ctime
    except OSError:
        return None
    if changed > began - _SETTLED:
        return None
    places = (config, *(os.path.join(state_dir, name) for name in ("state.db", "state.db-wal", "halt")))
    lines = [stamp(place) for place in places]
    known: dict[str, list[Checkpoint]] = {}
    for file in files:
        known.setdefault(file.path, []).append(file)
    for path, generations in known.items():
        line = stamp(path)
        as_read = [f"{file.device} {file.inode} {file.size} {file.mtime_ns} " for file in generations]
        if not line.startswith(("-", *as_read)):
            return None
        lines.append(line)
    lines.extend(watched)  # last: a log changes before a folder does, and the first difference ends a look
    return None if any("\n" in line for line in lines) else lines


def state_dir_in(config: bytes) -> "str | None":
    """Return the value of the one unindented `state_dir:`; None when it is no plain absolute path on that line."""
    lines = config.split(b"\n")
    found = [number for number, line in enumerate(lines) if line.startswith(b"state_dir:")]
    if len(found) != 1 or b"".join(lines[found[0] + 1 : found[0] + 2]).startswith((b" ", b"\t")):
        return None
    value = lines[found[0]][len(b"state_dir:") :].split(b" #", 1)[0].strip()
    if value[:1] in (b'"', b"'") and value[-1:] == value[:1]:
        value = value[1:-1]
    is_plain = value.startswith(b"/") and not any(sign in value for sign in (b"\\", b'"', b"'", b": ", b"\t"))
    return os.fsdecode(value) if is_plain else None
