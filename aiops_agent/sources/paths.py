"""Which files a pattern names, and whether one may be read: what leaves the fixed part of its pattern may not."""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase

from aiops_agent.noun import dataclass, field
from aiops_agent.sources.opened import EXHAUSTED, RefusedError
from aiops_agent.sources.quiet import stamp

_WILD = frozenset("*?[")


@dataclass(slots=True)
class Found:
    """What a pattern led to."""

    files: list[str] = field(default_factory=list)
    directories: dict[str, str] = field(default_factory=dict)
    """Path -> stamp from before it was listed: a file that appears later changes it."""

    denied: set[str] = field(default_factory=set)
    """Directories that may not be looked into."""


def find(patterns: tuple[str, ...]) -> Found:
    """Return the paths that match, sorted, each once; names that begin with a dot match only a dot."""
    found = Found()
    names: set[str] = set()
    for pattern in patterns:
        root = fixed_part(pattern)
        rest = pattern[len(root) :].strip("/").split("/")
        names.update(_walk(root, rest, found))
    found.files = sorted(names)
    return found


def fixed_part(pattern: str) -> str:
    """Return the directory above the first wildcard: nothing outside of it may be read."""
    parts = pattern.split("/")
    fixed = next((number for number, part in enumerate(parts) if _WILD & set(part)), len(parts) - 1)
    return "/".join(parts[: min(fixed, len(parts) - 1)]) or "/"


def matches(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether one of the patterns names `path`."""
    return any(_matches_parts(path.split("/"), pattern.split("/")) for pattern in patterns)


def allowed_target(path: str, patterns: tuple[str, ...]) -> str:
    """Return where `path` really leads, links resolved.

    Raises:
        RefusedError: That is outside the fixed part of its pattern.
        FileNotFoundError: A link on the way was replaced meanwhile: it is looked at again by the next tick.
    """
    target = real(path)
    for pattern in patterns:
        root = real(fixed_part(pattern))
        if path.startswith(fixed_part(pattern)) and os.path.commonpath((root, target)) == root:
            return target
    raise RefusedError("refused", "is a link that leads out of the allowed folder")


def real(path: str) -> str:
    """Return the path with links resolved.

    Raises:
        FileNotFoundError: A link on the way was replaced by something else while it was read.
    """
    try:
        return os.path.realpath(path)
    except OSError as error:
        raise FileNotFoundError(error.errno, error.strerror, path) from error


def _walk(directory: str, rest: list[str], found: Found) -> Iterator[str]:
    found.directories.setdefault(directory, stamp(directory))
    part, below = rest[0], rest[1:]
    if part == "**":
        if below:
            yield from _walk(directory, below, found)
        for name in _names(directory, "*", found):
            inner = os.path.join(directory, name)
            if os.path.isdir(inner) and not os.path.islink(inner):
                yield from _walk(inner, rest, found)
            elif not below:
                yield inner
        return
    for name in _names(directory, part, found):
        inner = os.path.join(directory, name)
        if not below:
            yield inner
        elif os.path.isdir(inner):
            yield from _walk(inner, below, found)


def _names(directory: str, pattern: str, found: Found) -> list[str]:
    try:
        if not _WILD & set(pattern):
            os.lstat(os.path.join(directory, pattern))
            return [pattern]
        names = os.listdir(directory)
    except PermissionError:
        found.denied.add(_denying(directory))
        return []
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return []  # not there: perhaps on a later tick
    hidden = pattern.startswith(".")
    return [name for name in names if fnmatchcase(name, pattern) and (hidden or not name.startswith("."))]


def _denying(directory: str) -> str:
    """Return the deepest directory on the way that can be seen: the one whose mode is to be changed."""
    while not os.path.exists(directory):
        directory = os.path.dirname(directory)
    return directory


def _matches_parts(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_matches_parts(parts[skipped:], pattern[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches_parts(parts[1:], pattern[1:])
