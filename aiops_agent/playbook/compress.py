"""Gzip rotated logs: nothing is lost at any moment, and nothing that is being written is touched."""

import gzip
import hashlib
import os
import stat
import zlib
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.files import changeable, folder_to_change, opened_folder, own
from aiops_agent.playbook.processes import OpenFiles, look_around
from aiops_agent.playbook.refusal import HalfDoneError, RefusedError

_DONE = (".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip", ".partial")
_CHUNK = 1024 * 1024
_LEVEL = 6
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OLD = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def compress(command: Command, is_over: Callable[[], bool], stopped: Callable[[], bool]) -> CommandResult:
    """Gzip what matches, the smallest first: on a full disk each one makes room for the next.

    Args:
        command: The folder and the pattern.
        is_over: Whether the time for it is over: then the rest is left as it is.
        stopped: Whether to end at once.

    Raises:
        HalfDoneError: It was stopped after some; each file is either whole or compressed.
        RefusedError: It was stopped before the first was done.
    """
    directory, pattern = str(command.arguments["directory"]), str(command.arguments["pattern"])
    done, saved, skipped = 0, 0, []
    with folder_to_change(command, "directory") as (parent, _), opened_folder(parent) as folder:
        in_use = look_around()
        for name in _matching(folder, pattern):
            try:
                saved += _gzip(folder, name, in_use, until=lambda: is_over() or stopped())
                done += 1
            except (RefusedError, OSError, EOFError, zlib.error) as error:
                skipped.append(f"{name}: {error.strerror if isinstance(error, OSError) else error}")
                if is_over() or stopped():
                    break
    said = f"compressed {done} files in {directory}, {saved} bytes saved"
    if stopped():
        raise HalfDoneError(f"stopped: {said}") if done else RefusedError("stopped before a file was compressed")
    left = f"; left as they are: {'; '.join(skipped)}" if skipped else ""
    return CommandResult(ok=done > 0, detail=said + left if done or skipped else f"no file in {directory} is {pattern}")


def _matching(folder: int, pattern: str) -> list[str]:
    with os.scandir(folder) as entries:
        found = [
            (entry.stat(follow_symlinks=False).st_size, entry.name)
            for entry in entries
            if fnmatchcase(entry.name, pattern)
            and not entry.name.endswith(_DONE)
            and entry.is_file(follow_symlinks=False)
        ]
    return [name for _, name in sorted(found)]


def _gzip(folder: int, name: str, in_use: OpenFiles, *, until: Callable[[], bool]) -> int:
    """Replace one file by its compressed form, of the same owner, mode and time; return the bytes saved."""
    before = changeable(folder, name, name)
    used = in_use.why_used(before)
    if used:
        raise RefusedError(used)
    target, partial = f"{name}.gz", f"{name}.gz.partial"
    with suppress(FileNotFoundError):
        os.unlink(partial, dir_fd=folder)  # of a run that was cut short
    descriptor = os.open(partial, _NEW, 0o600, dir_fd=folder)
    try:
        own(descriptor, before)
        _pack(folder, name, descriptor, before, until)
        os.utime(descriptor, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.fsync(descriptor)
        os.link(partial, target, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
        os.unlink(partial, dir_fd=folder)
    os.fsync(folder)  # the copy is on disk under its name before the original goes
    os.unlink(name, dir_fd=folder)
    return before.st_size - size


def _pack(folder: int, name: str, target: int, before: os.stat_result, until: Callable[[], bool]) -> None:
    """Write the compressed form and prove that it unpacks to what was read, and that nothing was written meanwhile."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(name, _OLD, dir_fd=folder), "rb") as source:
        _refuse_other(source.fileno(), before)  # before a byte of it is in a copy that belongs to who owned the other
        with (
            os.fdopen(os.dup(target), "wb") as raw,
            gzip.GzipFile("", "wb", _LEVEL, raw, mtime=before.st_mtime) as packed,
        ):
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                packed.write(chunk)
                if until():
                    raise RefusedError("the time was over")
        _refuse_other(source.fileno(), before)
    proof = hashlib.sha256()
    os.lseek(target, 0, os.SEEK_SET)
    with os.fdopen(os.dup(target), "rb") as written, gzip.GzipFile("", "rb", fileobj=written) as unpacked:
        while chunk := unpacked.read(_CHUNK):
            proof.update(chunk)
            if until():
                raise RefusedError("the time was over")
    if proof.digest() != digest.digest():
        raise RefusedError("its compressed form did not unpack to the same")


def _refuse_other(source: int, before: os.stat_result) -> None:
    now = os.fstat(source)
    if not stat.S_ISREG(now.st_mode) or _identity(now) != _identity(before):
        raise RefusedError("it was written to meanwhile")


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
