"""Has somebody had a hand on a unit lately? What systemd wrote into the journal about the jobs that it was given.

It does not write who gave them. Those that it gives itself are told apart (a restart by `Restart=`, the boot, a timer
or a socket), and those of the agent by their time; what is left is a person's, or of a program that acts for one.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.noun import dataclass
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.spawn import printed, spawn
from aiops_agent.playbook.systemd import properties
from aiops_agent.ports import Stopped

BOOTED = "/run/systemd/system"
JOURNALS = ("/run/log/journal", "/var/log/journal")

_SCHEDULED = "5eb03494b6584870a536b337290809b3"
"""The message that a unit is started again by its own `Restart=`: the job follows."""

_STARTED_UP = frozenset({"b07a249cd024414a82dd00cd181378ff", "eed00a68ffd84e31882105fd973abdd1"})
"""The message that the boot is over, on a host and in a container: the jobs before it are the boot's."""

_EARLIER = timedelta(minutes=1)
"""How much further back is read, for what says of a job that it is systemd's own."""

_LONGEST = 4 * 1024 * 1024
"""Bytes of the journal that are looked at, the newest: some two thousand restarts."""

Entry = Mapping[str, object]
"""What the journal says of one message of systemd, as text."""


@dataclass(slots=True)
class Job:
    """Something that systemd was asked to do with a unit."""

    first: datetime
    """When its first message was written."""

    last: datetime
    is_start: bool
    """It starts the unit, and did not stop it before."""


def untouched(
    command: Command,
    stopped: Stopped,
    *,
    now: datetime,
    path: str,
    booted: str = BOOTED,
    journals: Sequence[str] = JOURNALS,
) -> CommandResult:
    """Prove that nobody else has had systemd act on a unit lately, as far as its journal says.

    Args:
        command: Which unit, for how long, and between which times it was this agent.
        stopped: Whether to look no further.
        now: The moment.
        path: Where programs are looked for.
        booted: The folder that is there where systemd runs.
        journals: Where the folders of the journal lie.
    """
    unit, span = str(command.arguments["unit"]), timedelta(seconds=float(command.arguments["for"]))
    if not Path(booted).is_dir():
        return CommandResult(ok=True, detail=f"systemd does not run here: nobody has it act on {unit}")
    if not _is_readable(journals):
        raise RefusedError(
            f"whether somebody is at work on {unit} cannot be seen: this user may not read the journal "
            "(put it into the group systemd-journal, or write `busy: false` into the playbook)"
        )
    seconds = command.timeout.total_seconds()
    entries = _entries(unit, now - span - _EARLIER, seconds=seconds, path=path, stopped=stopped)
    ours = [str(value).split() for name, value in command.arguments.items() if name.startswith("ours.")]
    jobs = [job for job in given(entries) if job.last > now - span and not _is_ours(job, ours)]
    if any(job.is_start for job in jobs) and properties(unit, "TriggeredBy", seconds=seconds, path=path)["TriggeredBy"]:
        jobs = [job for job in jobs if not job.is_start]
    if not jobs:
        return CommandResult(ok=True, detail=f"nobody has had systemd act on {unit} for {_minutes(span)}")
    ago = _minutes(now - max(job.last for job in jobs))
    return CommandResult(
        ok=False,
        detail=f"somebody had systemd start, stop or reload {unit} {ago} ago: it is left alone for {_minutes(span)}",
    )


def given(entries: Iterable[Entry]) -> list[Job]:
    """Return the jobs that systemd did not give itself, of what it wrote about one unit, oldest first."""
    jobs: dict[str, Job] = {}
    own: set[str] = set()
    is_scheduled = False
    for entry in entries:
        kind, number, time = entry.get("MESSAGE_ID"), entry.get("JOB_ID"), _time(entry)
        if kind in _STARTED_UP:
            jobs.clear()
        elif kind == _SCHEDULED:
            is_scheduled = True
        elif isinstance(number, str):
            is_start = entry.get("JOB_TYPE") == "start"
            if number not in jobs:
                jobs[number] = Job(time, time, is_start)
                own |= {number} if is_scheduled else set()
                is_scheduled = False
            jobs[number].last = time
            jobs[number].is_start &= is_start
    return [job for number, job in jobs.items() if number not in own]


def _is_ours(job: Job, times: Iterable[Sequence[str]]) -> bool:
    return any(float(began) <= job.first.timestamp() <= float(ended) for began, ended in times)


def _is_readable(folders: Sequence[str]) -> bool:
    """Tell whether this user may read what the system writes: it can read files of its own at any rate."""
    return any(os.access(file, os.R_OK) for folder in folders for file in Path(folder).glob("*/system.journal"))


def _entries(unit: str, since: datetime, *, seconds: float, path: str, stopped: Stopped) -> list[Entry]:
    """Return what process 1 wrote about a unit, and that the boot is over; oldest first.

    Raises:
        RefusedError: The journal cannot be read.
    """
    fields = "--output-fields=MESSAGE_ID,JOB_ID,JOB_TYPE"
    argv = ["journalctl", "--quiet", "--no-pager", "--reverse", "--output=json", fields]
    argv += [f"--since=@{since.timestamp():.0f}", "_PID=1", f"UNIT={unit}"]
    argv += ["+", "_PID=1", *(f"MESSAGE_ID={each}" for each in sorted(_STARTED_UP))]
    said = printed(argv[0], lambda: spawn(argv, path=path, seconds=seconds, stopped=stopped, most=_LONGEST))
    lines = said.splitlines()
    whole = lines if said.endswith("\n") else lines[:-1]  # the oldest is cut off
    return [json.loads(line) for line in reversed(whole)]


def _time(entry: Entry) -> datetime:
    return datetime.fromtimestamp(int(str(entry["__REALTIME_TIMESTAMP"])) / 1_000_000, UTC)


def _minutes(span: timedelta) -> str:
    minutes = max(0, span // timedelta(minutes=1))
    return "less than a minute" if minutes == 0 else "1 minute" if minutes == 1 else f"{minutes} minutes"
