"""Log files: read from where the last tick ended, through rotation and truncation, losing and repeating nothing."""

import os
from collections.abc import Generator, Iterator, Mapping, Sequence

from aiops_agent.hints import Literal
from aiops_agent.model.event import Batch, Checkpoint, Notice, Position
from aiops_agent.noun import replace
from aiops_agent.sources import paths, rotation
from aiops_agent.sources.opened import Opened, RefusedError, opened
from aiops_agent.sources.quiet import LONGEST_WAIT
from aiops_agent.sources.reading import Reading
from aiops_agent.sources.stretch import Stretches

ROUNDS = 4
"""How often a tick looks anew for what is rotated while it reads; then the rest is left to the next tick."""


class FileSource:
    """The files that some patterns name."""

    def __init__(  # noqa: PLR0913 - all of them said of one source
        self,
        patterns: Sequence[str],
        *,
        service: str | None,
        start: Literal["end", "beginning"],
        seen_before: bool,
        assembly: Stretches,
        now: float = 0.0,
        own: Sequence[str] = (),
    ) -> None:
        """Read nothing yet.

        Args:
            patterns: Absolute paths, with wildcards.
            service: What a playbook may act on.
            start: Where to begin with the files that are there on the first tick of this source.
            seen_before: An earlier tick has read this source: a file that appears now is new, and read whole.
            assembly: Makes error records of bytes.
            now: Seconds since 1970: until then an unfinished line may have been waited for, `LONGEST_WAIT` at most.
            own: Folders of what the agent writes: never read, or it would report its own reports.
        """
        self._patterns = tuple(patterns)
        self._service = service
        self._from_beginning = start == "beginning" or seen_before
        self._assembly = assembly
        self._now = now
        self._own = tuple(f"{folder}/" for folder in own)
        self._directories: dict[str, str] = {}

    def directories(self) -> list[str]:
        """Return the stamps of the directories that were looked through, from before that."""
        return list(self._directories.values())

    def read(self, known: Mapping[str, Position]) -> Iterator[Batch]:
        """Yield what is new since the checkpoints in `known`, rotated files before those that took their place."""
        files = {key: at for key, at in known.items() if isinstance(at, Checkpoint)}
        yield from self._read_files(files)

    def _read_files(self, known: Mapping[str, Checkpoint]) -> Iterator[Batch]:
        families: dict[str, rotation.Family] = {}
        for checkpoint in known.values():
            if self.covers(checkpoint.path):
                rotation.family(families, checkpoint.path).known.append(checkpoint)
        found = paths.find(self._patterns)
        self._directories = found.directories
        for directory in sorted(found.denied):
            yield from self._denied(directory, known)
        for path in (path for path in found.files if not path.startswith(self._own)):
            rotation.family(families, path).paths.append(path)
        done: set[str] = set()
        for live in sorted(families):
            yield from self._read_family(families[live], known, done)

    def _read_family(self, family: rotation.Family, known: Mapping[str, Checkpoint], done: set[str]) -> Iterator[Batch]:
        """Yield what is new in a log and its generations, looking anew when they are rotated meanwhile.

        None is read before one that is older: a crash in between would leave that one behind.
        """
        for _ in range(ROUNDS):
            if family.has_changed(known):
                family.look_for_siblings(self.covers)
            for path, found in family.in_order():
                still_there = yield from self._read(path, found, family, known, done)
                if not still_there:
                    break
            else:
                return
            family.take_note()

    def _is_as_left(self, at: Checkpoint, found: os.stat_result, *, is_rotated: bool) -> bool:
        return rotation.is_as_left(at, found, is_rotated=is_rotated, waited=self._is_over(found))

    def _is_over(self, found: os.stat_result) -> bool:
        """Tell whether the unfinished line of a file has been waited for long enough."""
        return self._now - found.st_mtime >= LONGEST_WAIT

    def _denied(self, directory: str, known: Mapping[str, Checkpoint]) -> Iterator[Batch]:
        try:
            seen = os.stat(directory)
        except OSError:
            return
        error = RefusedError("unreadable", "is a folder that the agent may not look into")
        yield self._refusal(directory, seen, known.get(f"{seen.st_dev}:{seen.st_ino}"), error)

    def covers(self, path: str) -> bool:
        """Tell whether the patterns name this path, or the one it had before it was rotated."""
        matches = paths.matches(path, self._patterns) or paths.matches(rotation.original(path), self._patterns)
        return matches and not path.startswith(self._own)

    def _read(
        self, path: str, found: os.stat_result, family: rotation.Family, known: Mapping[str, Checkpoint], done: set[str]
    ) -> Generator[Batch, None, bool]:
        """Yield what is new in one file, and tell whether it was still the one that was `found` at this path."""
        key = f"{found.st_dev}:{found.st_ino}"
        at = known.get(key)
        is_rotated = path != family.live
        if key in done:
            return True
        if at and self._is_as_left(replace(at, path=path), found, is_rotated=is_rotated):
            if is_rotated and at.path == family.live and path not in family.moved:
                # Else a new log that is given its inode, once this is deleted, would look like this one truncated.
                done.add(key)
                family.fresh[key] = went = replace(at, path=path)
                yield self._batch(path, went)
            return True
        if at is None and family.is_older_sibling(path, found):
            return True
        try:
            with opened(paths.allowed_target(path, self._patterns), family.known) as file:
                if not os.path.samestat(file.found, found):
                    return False
                done.add(key)
                # What moved to a name that says nothing stays known by the name of its log.
                shown = family.live if path in family.moved else path
                for batch in self._read_opened(shown, file, at, family, is_rotated=is_rotated):
                    family.fresh[batch.checkpoint.key] = batch.checkpoint
                    yield batch
        except FileNotFoundError:  # since `stat`: rotated or deleted
            return False
        except RefusedError as error:
            done.add(key)
            yield self._refusal(path, found, at, error)
        return True

    def _read_opened(
        self, path: str, file: Opened, at: Checkpoint | None, family: rotation.Family, *, is_rotated: bool
    ) -> Iterator[Batch]:
        lost = 0
        notices: tuple[Notice, ...] = ()
        if is_rotated and family.is_copy_of_the_log(file):
            end = file.last_line_end()
            yield self._batch(path, file.checkpoint(path, end, end, 0))
            return
        # An empty file looks like any other: its inode may have gone to a copy of a file that was read.
        if at is None or at.prefix_length == 0 or not file.continues(at):
            before, at = at, family.copied_from(file, is_rotated=is_rotated)
            if at is None and before and before.prefix_length and before.path == path and not is_rotated:
                if family.has_new_members(self.covers):
                    # Copied since the folder was listed: the next tick reads the copy first.
                    raise FileNotFoundError(path)
                lost, notices = family.lost(before, file)
            if at is None and file.is_wide:
                notices = (*notices, Notice("encoding", path, "is UTF-16: read, with `?` for all but ASCII"))
            if at is None and before is None and not (self._from_beginning or family.known):
                end = file.size if is_rotated else file.last_line_end()
                yield replace(self._batch(path, file.checkpoint(path, end, end, 0)), notices=notices)
                return
        elif is_rotated and (origin := family.copied_from(file, is_rotated=True)) and origin.offset > at.offset:
            at = origin  # it was looked at while it was being copied
        waited = self._is_over(file.found)
        reading = Reading(path, self._service, file, self._assembly)
        yield from reading.batches(at, final=is_rotated, waited=waited, lost=lost, notices=notices)

    def _refusal(self, path: str, found: os.stat_result, at: Checkpoint | None, error: RefusedError) -> Batch:
        """Return a batch that says so once, and keeps what had been read before."""
        before = at or Checkpoint(path, found.st_dev, found.st_ino, 0, 0, 0, b"", b"", 0, 0)
        checkpoint = replace(before, path=path, size=found.st_size, mtime_ns=found.st_mtime_ns)
        if before.prefix_length == 0:
            checkpoint = replace(checkpoint, prefix_digest=rotation.HOPELESS if error.lasting else b"")
        batch = self._batch(path, checkpoint)
        return batch if at else replace(batch, notices=(Notice(error.kind, path, error.detail),))

    def _batch(self, path: str, checkpoint: Checkpoint) -> Batch:
        return Batch(path, self._service, checkpoint, (), (), read_bytes=0, lost_bytes=0)
