"""Files and folders: whose they are, who else can read or write them, and whether there is room."""

import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path

from aiops_agent.cli.health.finding import Finding, Findings, Place, fail, ok, warn

_LEAST_BYTES, _FEW_BYTES = 64 << 20, 512 << 20
"""A tick writes a few hundred kB; a log that fills the disk at 1 MB/s leaves minutes below the second of them."""

_LEAST_FILES = 1000
_SHARED = stat.S_IRWXG | stat.S_IRWXO
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


def config_file(place: Place) -> Findings:
    """Who else can change what the agent does?"""
    path = place.config.path
    for each in (path, path.parent):
        found = each.stat()
        if found.st_mode & _WRITABLE and not found.st_mode & stat.S_ISVTX:
            who = "anyone" if found.st_mode & stat.S_IWOTH else f"the group {found.st_gid}"
            yield fail(
                f"{each} can be written by {who} (mode {_mode(found)}): who writes it says what may be acted on",
                f"chmod go-w {each}",
            )
        if found.st_uid not in (0, os.geteuid()):
            yield fail(f"{each} belongs to {_name(found.st_uid)}", f"chown root {each}")
    yield ok(f"{path}: mode {_mode(path.stat())}, of {_name(path.stat().st_uid)}")


def state_folder(place: Place) -> Findings:
    """Is what the agent knows its own?"""
    folder = place.config.state_dir
    if not folder.exists():
        yield warn(f"{folder} is not there yet", "the first `aiops-agent scan` makes it")
        return
    found = folder.stat()
    if not stat.S_ISDIR(found.st_mode):
        yield fail(f"{folder} is no folder", "name another `state_dir`")
        return
    yield from _private(folder, "700")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        yield fail(
            f"{folder} of {_name(found.st_uid)} is closed to {_name(os.geteuid())}", "run this as its owner, or as root"
        )
        return
    for name in ("audit", "keys", "state.db", "reports"):
        path = folder / name
        if path.exists() and path.stat().st_uid != found.st_uid:
            yield fail(
                f"{path} belongs to {_name(path.stat().st_uid)}, and its folder to {_name(found.st_uid)}",
                f"chown -R {_name(found.st_uid)} {path}",
            )
    for path in sorted((folder / "audit").glob("*")):
        if path.lstat().st_mode & _SHARED:
            yield fail(f"{path} is open to others (mode {_mode(path.lstat())})", f"chmod 600 {path}")
    yield ok(f"{folder}: mode {_mode(found)}, of {_name(found.st_uid)}")


def key_files(place: Place) -> Findings:
    """Are the keys of the audit log there, and its owner's alone?"""
    from aiops_agent.wiring.keys import key_names

    folder = place.config.state_dir / "keys"
    has_log = any(place.audit.glob("*.aia1"))
    if not folder.is_dir():
        if has_log:
            yield fail(
                f"{folder} is gone, and there is a log: nothing more can be recorded, and nothing is acted on",
                "restore it from its backup; a new key is never made for a log that exists",
            )
        else:
            yield ok("none yet: they are made with the first record")
        return
    yield from _private(folder, "700")
    for path in sorted(folder.iterdir()):
        yield from _private(path, "600")
    if place.config.credential and (folder / "wrapping.key").exists():
        yield fail(
            f"{folder}/wrapping.key lies in the clear beside the credential {place.config.credential}",
            "when the log verifies in the unit: shred -u it, then rotate it, for it was on the disk: docs/keys.md",
        )
    missing = [name for name in key_names(place.config) if not (folder / name).exists()]
    if missing and has_log:
        yield fail(f"{folder} holds no {', '.join(missing)}", "restore it from its backup")
    yield ok(f"{len(list(folder.iterdir()))} files in {folder}")


def _private(path: Path, mode: str) -> Iterator[Finding]:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        yield fail(f"{path} is a symbolic link", "put the file itself there")
    elif found.st_mode & _SHARED:
        yield fail(
            f"{path} is open to others (mode {_mode(found)})", f"chmod {mode} {path}, and find out who could read it"
        )


def disk(place: Place) -> Findings:
    """Is there room to record, and to go on?"""
    folder = place.config.state_dir
    while not folder.exists():
        folder = folder.parent
    yield from room(folder, os.statvfs(folder))


def room(folder: Path, disk: os.statvfs_result) -> Findings:
    """Say whether a file system has room."""
    free, files = disk.f_bavail * disk.f_frsize, disk.f_favail
    hint = f"make room on the file system of {folder}: what cannot be recorded is not done"
    if free < _LEAST_BYTES:
        yield fail(f"{free >> 20} MiB are free", hint)
    elif free < _FEW_BYTES:
        yield warn(f"{free >> 20} MiB are free", hint)
    if disk.f_files and files < _LEAST_FILES:  # btrfs counts none
        yield fail(f"{files} inodes are free", hint)
    yield ok(f"{free >> 20} MiB and {files if disk.f_files else 'any number of'} inodes are free")


def reserve(place: Place) -> Findings:
    """Is space held for the last words, when the disk is full?"""
    from aiops_agent.audit.journal import RESERVE
    from aiops_agent.audit.reserve import SIZE

    path = place.config.state_dir / RESERVE
    if not any(place.audit.glob("*.aia1")):
        yield ok("none yet: it is made with the first record")
    elif not path.exists() or path.stat().st_blocks * 512 < SIZE:
        yield warn(
            f"{path} does not hold {SIZE >> 10} KiB for the last words on a full disk",
            "make room: the next command that records takes it again",
        )
    else:
        yield ok(f"{SIZE >> 10} KiB are held for the last words on a full disk")


def _mode(found: os.stat_result) -> str:
    return f"{stat.S_IMODE(found.st_mode):o}"


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"uid {user}"
