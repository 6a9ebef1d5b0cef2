"""Old logs, read as if their time passed once more: what was written before a moment, then before the next."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from aiops_agent.hints import Protocol
from aiops_agent.model.event import Batch, Checkpoint
from aiops_agent.noun import replace
from aiops_agent.sources import paths, rotation
from aiops_agent.sources.moments import Moments, Reader
from aiops_agent.sources.opened import Opened, RefusedError, opened
from aiops_agent.sources.reading import Reading
from aiops_agent.sources.stretch import Gathered, Stretches, feed

_STEP = 16_384
"""Bytes searched at first for the next error record, then twice as many."""

_NEAR = 2_048
"""Bytes: so near to it, it is no gain to look where exactly it stands."""

_LATEST = 0xFFFF_FFFF
"""Seconds since 1970, in the year 2106: what a file system gives for a later change is no time."""

_HOLE = bytes(64)
"""Of NUL bytes only: what a log is full of that was truncated under its writer's hands, and is text behind that."""

NOWHERE = -1
"""The device of a place in an old log: nothing that stands on a disk today is to be taken for it."""


class Readers(Protocol):
    """Makes what reads the times of a file's lines."""

    def __call__(self, changed: datetime, *, is_ahead: bool) -> Reader:
        """Return it for a file that was last written to then; `is_ahead`: its lines say it was later."""


def generations(files: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the path of each log that some absolute paths are generations of, and these, the oldest first.

    The names say which is older: times of change are those of copies, if logs were brought here from elsewhere. Of one
    that is there packed and unpacked, the packed one is left out.
    """
    families: dict[str, rotation.Family] = {}
    for path in files:
        rotation.family(families, path).paths.append(path)
    return [
        (live, sorted((path for path, _ in family.in_order()), key=lambda path: (path == live, -rotation.turns(path))))
        for live, family in sorted(families.items())
    ]


class OldLog:
    """A log and what was rotated away from it, the oldest first, read for one service.

    Time never goes back in it: a line that says it is older than one before it counts as written when that was.
    """

    def __init__(
        self,
        generations: Sequence[str],
        service: str | None,
        assembly: Stretches,
        readers: Readers,
        *,
        since: datetime | None = None,
    ) -> None:
        """Open nothing yet.

        Args:
            generations: Paths, the oldest first.
            service: What a playbook may act on.
            assembly: Makes error records of bytes.
            readers: Makes what reads the times of a file's lines.
            since: What was written before that is left out.
        """
        self.service = service
        self.bytes = 0
        """How much was read, or found to hold no error record."""

        self.files: list[str] = []
        """What was read."""

        self.timeless: list[str] = []
        """Of these no line says when it was written: all of each stands at the time of the file's last change."""

        self.turned_back = 0
        """How often a time was found that is earlier than one before it."""

        self.left_out: list[tuple[str, str]] = []
        """Paths that could not be read, and why."""

        self.begins: datetime | None = None
        self.ends: datetime | None = None
        """When its first and its last line were written."""

        self._names = list(reversed(generations))
        self._assembly = assembly
        self._readers = readers
        self._since = since
        self._clock = datetime.min.replace(tzinfo=UTC)
        self._generation: _Generation | None = None

    def next(self) -> datetime | None:
        """Move on to the next error record, or close to it, and return the time there; None: there is no more."""
        while generation := self._current():
            with self._as_it_was(generation):
                self.bytes += generation.move_on()
                if not generation.is_over:
                    time = generation.time() or self._clock
                    self.turned_back += time < self._clock
                    self._clock = max(self._clock, time)
                    return self._clock
            self.close()
        return None

    def read(self, until: datetime) -> Iterator[Batch]:
        """Yield what is there and was written before that."""
        while generation := self._current():
            with self._as_it_was(generation):
                self._clock = max(self._clock, generation.time() or self._clock)
                if self._clock >= until:
                    return
                for batch in generation.read(generation.place_of(until)):
                    self.bytes += batch.read_bytes
                    yield batch
                if not generation.is_over:
                    return
            self.close()

    def close(self) -> None:
        """Let go of the file that is open."""
        if self._generation:
            self._generation.close()
        self._generation = None

    @contextmanager
    def _as_it_was(self, generation: "_Generation") -> Iterator[None]:
        """Leave out the rest of a file that is truncated meanwhile."""
        try:
            yield
        except FileNotFoundError as error:
            self.left_out.append((generation.path, str(error.strerror)))

    def _current(self) -> "_Generation | None":
        while self._generation is None and self._names:
            path = self._names.pop()
            try:
                generation = _Generation(path, self.service, self._assembly, self._readers)
            except FileNotFoundError:
                self.left_out.append((path, "is gone"))
            except RefusedError as error:
                self.left_out.append((path, str(error)))
            else:
                self._begin(path, generation)
        return self._generation

    def _begin(self, path: str, generation: "_Generation") -> None:
        if generation.is_binary:
            self.left_out.append((path, "holds NUL bytes in the midst of its first lines: no text"))
            generation.close()
            return
        self._generation = generation
        if self._since:
            generation.leave_out_before(self._since)
        if generation.is_over:
            return
        self.files.append(path)
        if generation.is_timeless:
            self.timeless.append(path)
        self.begins = min(self.begins or generation.begins, generation.begins)
        self.ends = max(self.ends or generation.ends, generation.ends, generation.begins)
        self._clock = max(self._clock, generation.begins)


class _Generation:
    """One file, open, and how far it is read."""

    def __init__(self, path: str, service: str | None, assembly: Stretches, readers: Readers) -> None:
        self.path = path
        with ExitStack() as stack:
            self._file = file = stack.enter_context(opened(paths.real(path)))
            self._at = file.checkpoint(path, 0, 0, 0)
            self._open = stack.pop_all()
        self._reading = Reading(path, service, file, assembly)
        self._changed = datetime.fromtimestamp(min(max(file.found.st_mtime, 0), _LATEST), UTC)
        self._moments, self.is_timeless = _moments(file, self._changed, readers)
        self.begins = (
            self._changed if self.is_timeless else self._moments.at(0) or self._moments.last() or self._changed
        )
        """When it was begun; not known: when its last line was written."""

        self.ends = self._changed if self.is_timeless else self._moments.last() or self._changed
        written = (part.strip(b"\0") for part in file.sample().split(_HOLE))
        self.is_binary = not file.is_wide and any(b"\0" in part for part in written)
        self._looked_at = -1
        self._seen: datetime | None = None
        self._found = 0
        """Before this place there is an error record that is not read yet."""

    def close(self) -> None:
        self._open.close()

    @property
    def is_over(self) -> bool:
        return self._at.offset >= self._file.size

    def time(self) -> datetime | None:
        """Return when what comes next was written."""
        if self.is_timeless:
            return self._changed
        if self._looked_at != self._at.offset:
            self._looked_at, self._seen = self._at.offset, self._moments.at(self._at.offset)
        return self._seen

    def place_of(self, time: datetime) -> int:
        """Return the end of what was written before that time."""
        if self.is_timeless:
            return self._file.size if self._changed < time else self._at.offset
        return self._moments.place_of(time, self._at.offset)

    def leave_out_before(self, time: datetime) -> None:
        place = self.place_of(time)
        self._at = replace(self._at, offset=place, record_start=place)

    def read(self, place: int) -> Iterator[Batch]:
        """Yield what stands before that place, as a tick would have found it when the file ended there."""
        reading = replace(self._reading, file=self._file.until(place))
        for batch in reading.batches(self._at, final=place >= self._file.size):
            at = batch.checkpoint
            if isinstance(at, Checkpoint):  # as of every file
                self._at = at
                yield replace(batch, checkpoint=replace(at, device=NOWHERE))
        self._at = replace(self._at, offset=max(self._at.offset, place))

    def move_on(self) -> int:
        """Move on over what holds no error record; return by how many bytes."""
        start = self._at.offset
        limit, step = start, _STEP
        while self._found <= self._at.offset < self._file.size:
            limit, step = min(limit + step, self._file.size), 2 * step
            self._found = self._searched(limit)
            if limit == self._file.size:
                break
        while self._found - self._at.offset > _NEAR:
            before, middle = self._at.offset, (self._at.offset + self._found) // 2
            self._found = self._searched(middle) or self._found
            if self._found > middle and self._at.offset == before:
                break  # one record goes on for all of it
        return self._at.offset - start

    def _searched(self, limit: int) -> int:
        """Move on as far as nothing is found before `limit`; return by where something was, 0: nowhere."""
        reading = replace(self._reading, file=self._file.until(limit))
        stretch = reading.from_place(self._at)
        read_to = self._at.record_start
        for piece in reading.file.pieces(read_to):
            read_to += feed(stretch, piece)
            if stretch.faults:
                return read_to
            if stretch.may_be_cut:
                self._take_note(stretch.take())
        stretch.finish(final=limit >= self._file.size)
        if stretch.faults:
            return limit
        self._take_note(stretch.take())
        return 0

    def _take_note(self, gathered: Gathered) -> None:
        self._at = self._reading.place(gathered)


def _moments(file: Opened, changed: datetime, readers: Readers) -> tuple[Moments, bool]:
    """Return what finds times in a file, and whether there are none."""
    usual = Moments(file, readers(changed, is_ahead=False))
    ahead = Moments(file, readers(changed, is_ahead=True))
    # A forged line in the midst of a log does not show here, and is not believed.
    moments = usual if ahead.last() == usual.last() else ahead
    return moments, moments.at(0) is None and moments.last() is None
