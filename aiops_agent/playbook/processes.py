"""Probes and signals of processes: whose pid stands in a file, who holds a file."""

import os
import signal
import stat
from pathlib import Path

import psutil

from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.noun import dataclass, replace
from aiops_agent.playbook import files
from aiops_agent.playbook.presence import started
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.systemd import main_process
from aiops_agent.ports import Stopped

_LARGEST_PID = 2**22
_LATER = 2.0
"""Seconds by which a process may seem younger than it is: the kernel tells the time of boot in whole seconds."""

_SHARED = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "gluster",
    "gfs2",
    "ocfs2",
    "lustre",
    "sshfs",
    "virtiofs",
    "beegfs",
)
"""File systems that other hosts write to, by the beginning of their names: who uses a file there is not seen here."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A process we may not look into."""

    users: frozenset[int]
    started: float


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """Which files processes have open, as far as we may look."""

    holders: dict[tuple[int, int], int]
    """(device, inode) -> a process that has it open."""

    locked: frozenset[int]
    """Inodes, of any device, with a kernel lock."""

    unseen: tuple[Unseen, ...]

    def why_used(self, status: os.stat_result, *, since: float = 0.0) -> str | None:
        """Return why a file may be in use, or None when it is not.

        A process that we may not look into counts when it is of the file's owner and started after `since`.
        """
        holder = self.holders.get((status.st_dev, status.st_ino))
        if holder is not None:
            return f"process {holder} has it open"
        if status.st_ino in self.locked:
            return "a process holds a lock on it"
        if any(status.st_uid in process.users and process.started > since for process in self.unseen):
            return f"the processes of its owner (uid {status.st_uid}) cannot all be looked into"
        return None


def look_around() -> OpenFiles:
    """Look into every process. The lock table of the kernel shows also those of other users."""
    ours = {process.pid for process in psutil.Process().parents()}
    holders: dict[tuple[int, int], int] = {}
    unseen: list[Unseen] = []
    for process in psutil.process_iter():
        try:
            for entry in os.scandir(f"/proc/{process.pid}/fd"):
                _note_holder(holders, entry, process.pid)
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        except PermissionError:
            if process.pid not in ours:  # what we were started from, such as a login
                unseen += _unseen(process)
    return OpenFiles(holders, locked_inodes(), tuple(unseen))


def _unseen(process: psutil.Process) -> list[Unseen]:
    try:
        return [Unseen(frozenset(process.uids()), process.create_time())]
    except psutil.NoSuchProcess:
        return []


def _note_holder(holders: dict[tuple[int, int], int], entry: os.DirEntry[str], pid: int) -> None:
    try:
        status = entry.stat()
    except OSError:  # closed meanwhile, or on a file system that does not answer: none of the local files we ask for
        return
    holders[status.st_dev, status.st_ino] = pid


def locked_inodes() -> frozenset[int]:
    """Return the inodes in /proc/locks. Devices are left aside: a stacked file system shows another one there."""
    with Path("/proc/locks").open(encoding="ascii") as table:
        places = (word for line in table for word in line.split() if word.count(":") == 2)  # noqa: PLR2004 - major:minor:inode
        return frozenset(int(place.rpartition(":")[2]) for place in places)


def file_unused(command: Command) -> CommandResult:
    """Prove that nobody has a file open, or say why that cannot be."""
    path = str(command.arguments["path"])
    with files.folder_of(path) as (folder, name):
        status = files.status_of(folder, name, path)
    kind = _file_system(path)
    if is_shared(kind):
        raise RefusedError(f"{path} is on {kind}, where another host may use it unseen")
    # What its dead owner left running is younger than the file; older processes, such as a login, are not of its kin.
    used = look_around().why_used(status, since=status.st_mtime - _LATER)
    return CommandResult(ok=used is None, detail=f"{path}: {used or 'nobody has it open or locked'}")


def is_shared(file_system: str) -> bool:
    """Tell whether other hosts may use files of this type of file system."""
    return file_system.removeprefix("fuse.").startswith(_SHARED)


def _file_system(path: str) -> str:
    mounts = [m for m in psutil.disk_partitions(all=True) if f"{path}/".startswith(f"{m.mountpoint.rstrip('/')}/")]
    if not mounts:
        raise RefusedError(f"it cannot be told on which file system {path} lies")
    # Of two mounted on the same place the later one is seen.
    return str(max(enumerate(mounts), key=lambda numbered: (len(numbered[1].mountpoint), numbered[0]))[1].fstype)


def process_of(command: Command, stopped: Stopped, *, path: str) -> CommandResult:
    """Look for the process that wrote its pid into a file, or that systemd knows as the main one of a unit."""
    if "unit" in command.arguments:
        return _main_of_unit(command, stopped, path)
    pid_file = str(command.arguments["pid_file"])
    pid, status = _recorded(pid_file)
    owner, whose = _owner(pid, status.st_mtime), f"process {pid} of {pid_file}"
    if command.arguments["is"] == "alive":
        return CommandResult(ok=owner is not None, detail=f"{whose} is {'alive' if owner else 'gone'}")
    if owner is None and _is_inside_container(pid):
        raise RefusedError(f"a process that is number {pid} in its container may be the one of {pid_file}")
    return CommandResult(ok=owner is None, detail=f"{whose} is {'alive' if owner else 'gone'}")


def _main_of_unit(command: Command, stopped: Stopped, path: str) -> CommandResult:
    unit = str(command.arguments["unit"])
    number = main_process(unit, seconds=command.timeout.total_seconds(), path=path, stopped=stopped)
    state = "alive" if number else "gone"
    return CommandResult(ok=state == command.arguments["is"], detail=f"the main process of {unit} is {state}")


def plan_signal(command: Command) -> Planned:
    """Decide which process is meant: the one whose number stands in the file now, or that the inventory found."""
    if "process" in command.arguments:
        return Planned(command, undo=None)
    pid, _ = _recorded(str(command.arguments["pid_file"]))
    return Planned(replace(command, arguments={**command.arguments, "pid": pid}), undo=None)


def send_signal(command: Command) -> CommandResult:
    """Send a signal to the process that wrote its pid into a file, or that was found, if it is of our own user."""
    if "process" in command.arguments:
        return _signal_found(command)
    path, name = str(command.arguments["pid_file"]), str(command.arguments["name"])
    pid, status = _recorded(path)
    if pid != command.arguments["pid"]:
        raise RefusedError(f"{path} names another process than a moment ago")
    if _is_of_others(status):  # in a folder of root's they would have root signal whatever process they like
        raise RefusedError(f"{path} could have been written by others than whose processes it may name")
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError as error:
        raise RefusedError(f"process {pid} of {path} is gone") from error
    try:
        # Looked at after it was opened: from here on the descriptor cannot come to mean another process.
        owner = _owner(pid, status.st_mtime)
        if owner is None:
            raise RefusedError(f"process {pid} of {path} is gone")
        if pid == os.getpid() or set(owner.uids()) != {os.geteuid()}:
            raise RefusedError(f"process {pid} is not another process of this user; it is left alone")
        signal.pidfd_send_signal(descriptor, signal.Signals[f"SIG{name}"])
    finally:
        os.close(descriptor)
    return CommandResult(ok=True, detail=f"sent {name} to process {pid} of {path}")


def _signal_found(command: Command) -> CommandResult:
    """Send a signal to the very process that the inventory found."""
    name = str(command.arguments["name"])
    pid, ticks = map(int, str(command.arguments["process"]).split("/"))
    try:
        descriptor = os.pidfd_open(pid)
        try:
            owner = psutil.Process(pid)
            if started(pid) != ticks:
                raise RefusedError(f"process {pid} is another one than was found")
            if pid == os.getpid() or set(owner.uids()) != {os.geteuid()}:
                raise RefusedError(f"process {pid} is not another process of this user; it is left alone")
            signal.pidfd_send_signal(descriptor, signal.Signals[f"SIG{name}"])
        finally:
            os.close(descriptor)
    except (ProcessLookupError, FileNotFoundError, psutil.NoSuchProcess) as error:
        raise RefusedError(f"process {pid} is gone") from error
    return CommandResult(ok=True, detail=f"sent {name} to process {pid}")


def _is_of_others(status: os.stat_result) -> bool:
    """Tell whether somebody beside root and us could have written a file."""
    by_group = status.st_mode & stat.S_IWGRP and status.st_gid not in (0, os.getegid())
    return status.st_uid not in (0, os.geteuid()) or bool(by_group or status.st_mode & stat.S_IWOTH)


def _recorded(path: str) -> tuple[int, os.stat_result]:
    """Return the pid a file begins with, and the status of the file."""
    content, status = files.read(path)
    first = content.partition(b"\n")[0].strip()
    if not first.isdigit() or not 1 < int(first[:8]) <= _LARGEST_PID:
        raise RefusedError(f"{path} does not begin with the number of a process")
    return int(first[:8]), status


def _owner(pid: int, written: float) -> psutil.Process | None:
    """Return the process that had this pid when it was written down, or None when that one is gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:  # it is there, and another user's
        pass
    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
        return None if ended or process.create_time() > written + _LATER else process
    except psutil.Error as error:
        raise RefusedError(f"process {pid} is there and cannot be looked at") from error


def _is_inside_container(pid: int) -> bool:
    """Tell whether some process has this pid in a pid namespace below ours."""
    for process in psutil.pids():
        try:
            with Path(f"/proc/{process}/status").open(encoding="utf-8", errors="replace") as status:
                numbers = next((line.split()[2:] for line in status if line.startswith("NSpid:")), [])
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # it ended, or shows nothing of itself
            continue
        if str(pid) in numbers:
            return True
    return False
