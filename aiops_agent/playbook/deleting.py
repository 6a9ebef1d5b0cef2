"""Delete old files of a folder: regular ones that nobody has open, never the newest, never more than was said."""

import os
from datetime import datetime
from fnmatch import fnmatchcase

from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noun import replace
from aiops_agent.playbook.files import changeable, folder_to_change, opened_folder
from aiops_agent.playbook.processes import OpenFiles, look_around
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError
from aiops_agent.ports import Stopped

_SECOND = 1_000_000_000


def plan_delete_old(command: Command, now: datetime) -> Planned:
    """Decide up to which age files go: done again with it, nothing more is deleted.

    Raises:
        RefusedError: None is as old as that.
    """
    given = command.arguments
    with folder_to_change(command, "directory") as (parent, _), opened_folder(parent) as folder:
        oldest_first = sorted(_listed(folder, str(given["pattern"])))
    spare = oldest_first[: len(oldest_first) - int(given["keep"])]
    limit = int((now.timestamp() - float(given["older_than"])) * _SECOND)
    chosen = [written for written, _ in spare if written < limit][: int(given["most"])]
    if not chosen:
        raise RefusedError(f"no file in {given['directory']} that is {given['pattern']} is old enough and to spare")
    return Planned(replace(command, arguments={**given, "written_by": chosen[-1], "count": len(chosen)}), undo=None)


def delete_old(command: Command, stopped: Stopped) -> CommandResult:
    """Delete what was planned, the oldest first.

    Raises:
        HalfDoneError: It was stopped after some.
        RefusedError: It was stopped before the first.
    """
    given, said = command.arguments, f"in {command.arguments['directory']}"
    deleted, freed, skipped = 0, 0, []
    with folder_to_change(command, "directory") as (parent, _), opened_folder(parent) as folder:
        in_use = look_around()
        found = sorted(_listed(folder, str(given["pattern"])))
        for written, name in found[: len(found) - int(given["keep"])]:
            if written > int(given["written_by"]) or deleted == int(given["count"]) or stopped():
                break
            try:
                freed += _delete(folder, name, written, in_use)
                deleted += 1
            except (RefusedError, OSError) as error:
                skipped.append(f"{name}: {error.strerror if isinstance(error, OSError) else error}")
        os.fsync(folder)
    if stopped():
        raise HalfDoneError(f"stopped: deleted {deleted} files {said}") if deleted else RefusedError("stopped")
    left = f"; left as they are: {'; '.join(skipped)}" if skipped else ""
    return CommandResult(ok=deleted > 0, detail=f"deleted {deleted} files {said}, {freed} bytes{left}")


def _delete(folder: int, name: str, written: int, in_use: OpenFiles) -> int:
    """Delete one file as it was listed; return how many bytes it had."""
    before = changeable(folder, name, name)
    used = in_use.why_used(before)
    if used or before.st_mtime_ns != written:
        raise RefusedError(used or "it was written to meanwhile")
    os.unlink(name, dir_fd=folder)
    return before.st_size


def _listed(folder: int, pattern: str) -> list[tuple[int, str]]:
    with os.scandir(folder) as entries:
        return [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
            for entry in entries
            if fnmatchcase(entry.name, pattern) and entry.is_file(follow_symlinks=False)
        ]
