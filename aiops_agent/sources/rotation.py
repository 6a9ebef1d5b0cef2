"""Where a log went when it was rotated: its siblings in the same folder."""

import os
from collections.abc import Callable, Iterator, Mapping

from aiops_agent.model.event import Checkpoint, Notice, Position
from aiops_agent.sources import packed, paths
from aiops_agent.sources.opened import Opened, RefusedError, opened

_SHORTEST_DATE, _LONGEST_DATE = 6, 20
HOPELESS = b"as it is"
"""The prefix digest of a file that can only be read once it is changed: a damaged packed one, a bomb."""


def original(path: str) -> str:
    """Return the path a file had before it was rotated: `app.log` for `app.log.1` and `app.log-20261122.gz`."""
    directory, slash, name = packed.plain_name(path).rpartition("/")
    stem = name.rstrip("0123456789-_.T")
    suffix = name[len(stem) :]
    is_rotated = bool(stem) and suffix.startswith((".", "-")) and any(sign.isdigit() for sign in suffix)
    return f"{directory}{slash}{stem if is_rotated else name}"


def is_as_left(at: Checkpoint, found: os.stat_result, *, is_rotated: bool, waited: bool = False) -> bool:
    """Tell from `stat` alone that nothing is to be read: a rotated file also has no unfinished line left.

    `waited`: nor has one whose last line was waited for long enough.
    """
    if (at.device, at.inode, at.size, at.mtime_ns) != (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns):
        return False
    if at.prefix_length == 0 and at.size:  # it was refused: perhaps it may be read by now
        return at.prefix_digest == HOPELESS
    return at.offset >= at.size or not (is_rotated or waited) or bool(packed.suffix(at.path))


class Family:
    """A log and what was rotated away from it."""

    def __init__(self, live: str) -> None:
        self.live = live
        self.paths: list[str] = []
        """Members the patterns name, the live one among them."""

        self.known: list[Checkpoint] = []
        self.fresh: dict[str, Position] = {}
        """By key, how far members were read meanwhile."""

        self.moved: list[str] = []
        """Generations under names that say nothing of it: renamed by hand, or what a link led to before."""

        self._siblings: list[str] = []
        self._copied: dict[str, int] = {}
        """Length of the copy found of a file, by its key."""

        self._oldest: tuple[int, int] | None = None
        """What `_turns_of_the_oldest` returns, until members are looked for or known anew."""

    def has_changed(self, known: Mapping[str, Checkpoint]) -> bool:
        """Tell whether something was rotated, truncated or has grown since it was read."""
        if not self.known:
            return False
        live = _stat(self.live)
        if live is not None and f"{live.st_dev}:{live.st_ino}" not in known:
            return True
        return not all(
            (found := _stat(at.path)) and is_as_left(at, found, is_rotated=original(at.path) != at.path)
            for at in self.known
        )

    def look_for_siblings(self, is_covered: Callable[[str], bool]) -> None:
        """Find the rotated files in the folder, and those that moved, unless they are read by their new name anyway."""
        self._oldest = None
        self.moved = [path for path in self._where_the_inodes_went() if not is_covered(path)]
        directory, _, name = self.live.rpartition("/")
        try:
            names = os.listdir(directory or "/")
        except OSError:
            return
        found = (f"{directory}/{other}" for other in names if other != name and other.startswith(name))
        self._siblings = [other for other in found if original(other) == self.live and os.path.isfile(other)]

    def _where_the_inodes_went(self) -> Iterator[str]:
        """Yield where generations stand that are not at their path any more: their inode tells, whatever their name."""
        away = {(at.device, at.inode) for at in self.known if at.prefix_length and not _stands_at_its_path(at)}
        if not away:
            return
        inodes = {inode for _, inode in away}
        for resolve in (str, paths.real):
            try:
                with os.scandir(os.path.dirname(resolve(self.live)) or "/") as entries:
                    alike = [entry.path for entry in entries if entry.inode() in inodes]
            except OSError:
                continue
            for path in alike:
                found = _stat(path)
                if found and (found.st_dev, found.st_ino) in away and not os.path.islink(path):
                    yield path

    def in_order(self) -> list[tuple[str, os.stat_result]]:
        """Return the members to read and what stands there, the oldest first, the live one last."""
        rotated = {path for path in (*self.paths, *self._siblings, *self.moved) if path != self.live}
        # While a file is being packed both are there, and the packed one is not whole yet.
        unpacked = {path for path in rotated if not packed.suffix(path)}
        rotated = {path for path in rotated if path in unpacked or packed.plain_name(path) not in unpacked}
        # Times are no finer than the kernel's tick: of two files of one time, the one rotated more often is older.
        live = _stat(self.live)
        dated = [
            (found.st_mtime_ns, -turns(path), path, found)
            for path in rotated
            if (found := _stat(path)) and not _is_same(found, live)  # a second link to the log is the log
        ]
        members = [(path, found) for *_, path, found in sorted(dated, key=lambda member: member[:3])]
        return [*members, (self.live, live)] if live and self.live in self.paths else members

    def take_note(self) -> None:
        """Take for known what was read since this was looked for; the copies found were of what stood there before."""
        self._oldest = None
        for key in self.fresh:
            self._copied.pop(key, None)
        read = [at for at in self.fresh.values() if isinstance(at, Checkpoint)]
        self.known = [*(at for at in self.known if at.key not in self.fresh), *read]
        self.fresh = {}

    def has_new_members(self, is_covered: Callable[[str], bool]) -> bool:
        """Tell whether files of this log have appeared since they were looked for."""
        before = {*self._siblings, *self.moved}
        self.look_for_siblings(is_covered)
        return not {*self._siblings, *self.moved} <= before

    def is_older_sibling(self, path: str, found: os.stat_result) -> bool:
        """Tell whether a rotated file nobody knows was there before anything of this log was read.

        It is compared with the oldest generation that was read, not with the newest: of two rotations while a tick
        was reading, the file between them is unknown and older than the log that was read last. Where names count the
        rotations, one that was rotated less often than a generation that was read is none: who still writes to that
        one makes it look younger.
        """
        read = [at.mtime_ns for at in self.known if at.mtime_ns]
        if path == self.live or not read or found.st_mtime_ns >= min(read):
            return False
        own = turns(path)
        number, date = self._turns_of_the_oldest()
        return not (0 < own < number or own < date < 0)

    def _turns_of_the_oldest(self) -> tuple[int, int]:
        """Return how often the oldest generation was rotated that was read and is here, by number and by date; or 0."""
        if self._oldest is None:  # of thousands each would else look at all
            known = {(at.device, at.inode) for at in self.known}
            rotated = [
                turns(path)
                for path in self._siblings
                if (found := _stat(path)) and (found.st_dev, found.st_ino) in known
            ]
            numbers, dates = [each for each in rotated if each > 0], [each for each in rotated if each < 0]
            self._oldest = max(numbers, default=0), max(dates, default=0)
        return self._oldest

    def is_copy_of_the_log(self, file: Opened) -> bool:
        """Tell whether all of a rotated file stands in the log as well: it was copied, and not truncated yet."""
        live = _stat(self.live)
        if live is None or not any((at.device, at.inode) == (live.st_dev, live.st_ino) for at in self.known):
            return False
        try:
            with opened(paths.real(self.live)) as log:
                return file.size > 0 and log.begins_with(file)
        except (FileNotFoundError, RefusedError):
            return False

    def copied_from(self, file: Opened, *, is_rotated: bool) -> Checkpoint | None:
        """Return the checkpoint of the file this one is a copy of, packed or not; None when it is a file of its own.

        A file that still stands where its checkpoint says, unchanged, was not copied to here: it only begins alike.
        """
        origins = [at for at in self.known if at.prefix_length and at.key not in self._copied and file.continues(at)]
        origins = [at for at in origins if not self._still_stands(at)]
        if is_rotated:
            self._copied.update((at.key, file.size) for at in origins)
        return max(origins, key=lambda at: at.offset, default=None)  # of copies of copies the one read furthest

    def lost(self, before: Checkpoint, file: Opened) -> tuple[int, tuple[Notice, ...]]:
        """Return what is known to be gone of a file that was truncated, and a notice when anything is or may be.

        Args:
            before: How far it had been read.
            file: What stands in its place.
        """
        last_seen = before.size // 2 if file.is_wide else before.size
        copy = self._copied.get(before.key) or self._length_of_copy(before)
        gone = max(0, last_seen - max(before.offset, copy))
        if copy:
            detail = f"was copied and truncated; {gone} bytes written after the copy was made are known to be lost"
            return gone, (Notice("truncated", before.path, detail),) if gone else ()
        if file.size >= before.offset and not gone:
            return 0, ()  # written anew, or another file that was given its inode
        detail = f"was truncated, and no copy of it was found; {gone} bytes are known to be lost"
        if before.prefix_length <= file.size and file.begins_like(before):
            detail += f"; what is left of it is read again: the records of up to {file.size} bytes may count twice"
        return gone, (Notice("truncated", before.path, detail),)

    def _length_of_copy(self, before: Checkpoint) -> int:
        """Return the length of the copy of a truncated file that an earlier tick read before it was cut short; or 0."""
        for at in self.known:
            is_like = at.offset >= before.offset and at.prefix_length >= before.prefix_length
            if at.prefix_length == before.prefix_length:
                is_like = is_like and at.prefix_digest == before.prefix_digest
            place = self._place_of(at)
            if is_like and place and place != self.live and (length := _length_if_continued(place, before)):
                return length
        return 0

    def _still_stands(self, at: Checkpoint) -> bool:
        """Tell whether the file of the checkpoint is here, under whatever name, and what was read is still in it."""
        place = self._place_of(at)
        return bool(place) and _length_if_continued(place, at) > 0  # an inode is soon given away again

    def _place_of(self, at: Checkpoint) -> str:
        """Return where the inode of a checkpoint stands by now, under whatever name; empty when it is not here."""
        for path in (self.live, *self._siblings):
            found = _stat(path)
            if found and (found.st_dev, found.st_ino) == (at.device, at.inode):
                return path
        return ""


def _length_if_continued(path: str, at: Checkpoint) -> int:
    """Return how long the file at `path` is if it is what the checkpoint was read from; else 0."""
    try:
        with opened(paths.real(path)) as file:
            return file.size if file.continues(at) else 0
    except (FileNotFoundError, RefusedError):
        return 0


def family(families: dict[str, Family], path: str) -> Family:
    """Return the family of a path, made when it is new."""
    live = original(path)
    return families.setdefault(live, Family(live))


def turns(path: str) -> int:
    """Return how often a file was rotated, of `name.NUMBER`; the negative of a date, which grows with youth."""
    digits = "".join(sign for sign in path.removeprefix(original(path)) if sign.isdigit())[:_LONGEST_DATE]
    turns = int(digits or "0")
    return turns if len(digits) < _SHORTEST_DATE else -turns


def _stands_at_its_path(at: Checkpoint) -> bool:
    found = _stat(at.path)
    return found is not None and (found.st_dev, found.st_ino) == (at.device, at.inode)


def _is_same(one: os.stat_result | None, other: os.stat_result | None) -> bool:
    return bool(one and other) and os.path.samestat(one, other)  # type: ignore[arg-type]


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None
