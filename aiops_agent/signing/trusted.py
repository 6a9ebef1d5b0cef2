"""The folder of trusted keys: a key counts when nobody but root can have put it there."""

import os
import stat
from collections.abc import Collection, Mapping
from pathlib import Path

from aiops_agent.errors import Fault
from aiops_agent.noun import dataclass, field
from aiops_agent.signing.ed25519 import name_key, read_public

REVOKED = "revoked"
"""A list in the folder: the id of a key on each line, and after `#` why."""

_SUFFIX = ".pub"
_MOST_BYTES = 64 * 1024
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Trusted:
    """The keys whose signatures count, and why others do not."""

    keys: Mapping[str, bytes] = field(default_factory=dict)
    """By id: 32 bytes each."""

    revoked: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()


class _RefusedError(Exception):
    """Why something in the folder is not believed."""


def read_trusted(folder: Path, owners: Collection[int]) -> Trusted:
    """Return the keys in a folder; none when it is not there, or is not `owners`' alone.

    The folder is opened once and its files below that, so that nobody can put another in its place meanwhile. A list of
    revoked keys that cannot be read leaves no key trusted: a thief's might be on it.
    """
    try:
        descriptor = os.open(folder, _OPEN | os.O_DIRECTORY)
    except FileNotFoundError:
        return Trusted()
    except OSError as error:
        why = "is a link; put the folder itself there" if folder.is_symlink() else f"cannot be read: {error.strerror}"
        return Trusted(faults=(Fault(str(folder), 0, "", f"{why}; no key is trusted"),))
    try:
        _refuse_others(os.fstat(descriptor), owners)
        return _read(folder, descriptor, owners)
    except _RefusedError as error:
        return Trusted(faults=(Fault(str(folder), 0, "", f"{error}; no key is trusted"),))
    finally:
        os.close(descriptor)


def _read(folder: Path, descriptor: int, owners: Collection[int]) -> Trusted:
    names = sorted(os.listdir(descriptor))
    try:
        revoked = _ids(_content(REVOKED, descriptor, owners)) if REVOKED in names else frozenset()
    except _RefusedError as error:
        return Trusted(
            faults=(Fault(str(folder / REVOKED), 0, "", f"{error}; no key is trusted until it can be read"),)
        )
    keys: dict[str, bytes] = {}
    faults: list[Fault] = []
    for name in names:
        if name.endswith(_SUFFIX):
            try:
                public = _key(_content(name, descriptor, owners))
            except _RefusedError as error:
                faults.append(Fault(str(folder / name), 0, "", f"{error}; this key is not trusted"))
            else:
                keys[name_key(public)] = public
    return Trusted({key: public for key, public in keys.items() if key not in revoked}, revoked, tuple(faults))


def _key(content: bytes) -> bytes:
    public = read_public(content)
    if public is None:
        raise _RefusedError("is no Ed25519 public key in PEM, as `aiops-agent playbook keygen` makes it")
    return public


def _content(name: str, folder: int, owners: Collection[int]) -> bytes:
    try:
        with os.fdopen(os.open(name, _OPEN, dir_fd=folder), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise _RefusedError("is not a regular file")
            _refuse_others(status, owners)
            return file.read(_MOST_BYTES)
    except OSError as error:
        raise _RefusedError(f"is a link, or cannot be read: {error.strerror}") from error


def _refuse_others(status: os.stat_result, owners: Collection[int]) -> None:
    if status.st_uid not in owners:
        raise _RefusedError(f"belongs to uid {status.st_uid}, and must be root's: chown root")
    if status.st_mode & _WRITABLE:
        raise _RefusedError(f"can be written by others (mode {stat.S_IMODE(status.st_mode):o}): chmod go-w")


def _ids(content: bytes) -> frozenset[str]:
    words = (line.partition(b"#")[0].strip() for line in content.splitlines())
    ids = [word.decode("ascii", "replace").lower() for word in words if word]
    for word in ids:
        if len(word) != len(name_key(b"")) or not all(digit in "0123456789abcdef" for digit in word):
            raise _RefusedError(f"holds {word!r}, which is no id of a key: 16 hex digits")
    return frozenset(ids)
