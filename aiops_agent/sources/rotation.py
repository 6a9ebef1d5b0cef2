"""Where a log went when it was rotated: its siblings in the same folder."""

import os
from collections.abc import Mapping

from aiops_agent.model.event import Checkpoint, Notice
from aiops_agent.sources.opened import Opened, RefusedError, opened

_SHORTEST_DATE, _LONGEST_DATE = 6, 20


def original(path: str) -> str:
    """Return the path a file had before it was rotated: `app.log` for `app.log.1` and `app.log-20261122.gz`."""
    directory, slash, name = path.removesuffix(".gz").rpartition("/")
    stem = name.rstrip("0123456789-_.T")
    suffix = name[len(stem) :]
    is_rotated = bool(stem) and suffix.startswith((".", "-")) and any(sign.isdigit() for sign in suffix)
    return f"{directory}{slash}{stem if is_rotated else name}"


def is_as_left(at: Checkpoint, found: os.stat_result) -> bool:
    """Tell from `stat` alone that nothing is to be read: a rotated file also has no unfinished line left."""
    if (at.device, at.inode, at.size, at.mtime_ns) != (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns):
        return False
    if at.prefix_length == 0 and at.size:  # it was refused: perhaps it may be read by now
        return False
    return at.offset >= at.size or original(at.path) == at.path or at.path.endswith(".gz")


class Family:
    """A log and what was rotated away from it."""

    def __init__(self, live: str) -> None:
        self.live = live
        self.paths: list[str] = []
        """Members the patterns name, the live one among them."""

        self.known: list[Checkpoint] = []
        self._siblings: list[str] = []
        self._copied: set[str] = set()

    def has_changed(self, known: Mapping[str, Checkpoint]) -> bool:
        """Tell whether something was rotated, truncated or has grown since it was read."""
        if not self.known:
            return False
        live = _stat(self.live)
        if live is not None and f"{live.st_dev}:{live.st_ino}" not in known:
            return True
        return not all((found := _stat(at.path)) and is_as_left(at, found) for at in self.known)

    def look_for_siblings(self) -> None:
        """Find the rotated files in the folder."""
        directory, _, name = self.live.rpartition("/")
        try:
            names = os.listdir(directory or "/")
        except OSError:
            return
        found = (f"{directory}/{other}" for other in names if other != name and other.startswith(name))
        self._siblings = [other for other in found if original(other) == self.live and os.path.isfile(other)]

    def in_order(self) -> list[str]:
        """Return the members to read, the oldest first, the live one last."""
        rotated = {path for path in (*self.paths, *self._siblings) if path != self.live}
        # Times are no finer than the kernel's tick: of two files of one time, the one rotated more often is older.
        dated = [(found.st_mtime_ns, -_turns(path), path) for path in rotated if (found := _stat(path))]
        return [*(path for _, _, path in sorted(dated)), *(path for path in self.paths if path == self.live)]

    def is_older_sibling(self, path: str, found: os.stat_result) -> bool:
        """Tell whether a rotated file nobody knows was there before anything of this log was read."""
        return path != self.live and bool(self.known) and found.st_mtime_ns < max(at.mtime_ns for at in self.known)

    def copied_from(self, file: Opened, *, is_rotated: bool) -> Checkpoint | None:
        """Return the checkpoint of the file this one is a copy of, packed or not; None when it is a file of its own.

        A file that still stands where its checkpoint says, unchanged, was not copied to here: it only begins alike.
        """
        origins = [at for at in self.known if at.offset and at.key not in self._copied and file.continues(at)]
        origins = [at for at in origins if not self._still_stands(at)]
        if is_rotated:
            self._copied.update(at.key for at in origins)
        return max(origins, key=lambda at: at.offset, default=None)  # of copies of copies the one read furthest

    def lost(self, before: Checkpoint) -> tuple[int, tuple[Notice, ...]]:
        """Return what is known to be gone of a file that was truncated, and a notice unless a copy was read."""
        if before.key in self._copied:
            return 0, ()
        gone = max(0, before.size - before.offset)
        detail = f"was truncated, and no copy of it was found; {gone} bytes are known to be lost"
        return gone, (Notice("truncated", before.path, detail),)

    def _still_stands(self, at: Checkpoint) -> bool:
        """Tell whether the file of the checkpoint is here, under whatever name, and what was read is still in it."""
        for path in (self.live, *self._siblings):
            found = _stat(path)
            if found and (found.st_dev, found.st_ino) == (at.device, at.inode):
                return _continues(path, at)  # an inode is given away again soon after its file is deleted
        return False


def _continues(path: str, at: Checkpoint) -> bool:
    try:
        with opened(os.path.realpath(path)) as file:
            return file.continues(at)
    except (FileNotFoundError, RefusedError):
        return False


def family(families: dict[str, Family], path: str) -> Family:
    """Return the family of a path, made when it is new."""
    live = original(path)
    return families.setdefault(live, Family(live))


def _turns(path: str) -> int:
    """Return how often a file was rotated, of `name.NUMBER`; the negative of a date, which grows with youth."""
    digits = "".join(sign for sign in path.removeprefix(original(path)) if sign.isdigit())[:_LONGEST_DATE]
    turns = int(digits or "0")
    return turns if len(digits) < _SHORTEST_DATE else -turns


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None
