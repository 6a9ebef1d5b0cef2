"""One open file from a place on: bytes to error records, in batches that are each kept or left whole."""

from collections.abc import Iterator

from aiops_agent.model.event import Batch, Checkpoint, Notice
from aiops_agent.noun import dataclass, replace
from aiops_agent.sources.far import far_half
from aiops_agent.sources.opened import Opened
from aiops_agent.sources.stretch import Gathered, Stretch, Stretches, feed

BATCH_BYTES = 128 << 20
"""Bytes read between two commits: each costs a sync, and a kill has at most so much read again."""

BATCH_FAULTS = 2_000


@dataclass(frozen=True, slots=True)
class Reading:
    """One file under the path by which it is known, read for one service."""

    path: str
    service: str | None
    file: Opened
    assembly: Stretches

    def from_place(self, at: Checkpoint | None) -> Stretch:
        """Return what takes the bytes from the record on with which the reading ended; None: from the beginning."""
        start, offset, record_end = (at.record_start, at.offset, at.record_end) if at else (0, 0, 0)
        return self.assembly.stretch(start, offset, record_end, self.file.sample())

    def batches(
        self,
        at: Checkpoint | None,
        *,
        final: bool,
        waited: bool = False,
        lost: int = 0,
        notices: tuple[Notice, ...] = (),
    ) -> Iterator[Batch]:
        """Yield what stands behind `at`, up to the end.

        Args:
            at: How far it was read before; None: not at all.
            final: The file will not grow any more.
            waited: Its unfinished last line was waited for long enough.
            lost: Bytes that are known to be gone, for the last batch.
            notices: What else is to be told with it.
        """
        stretch = self.from_place(at)
        start, offset = (at.record_start, at.offset) if at else (0, 0)

        def finish(stretch: Stretch) -> Gathered:
            stretch.finish(final=final, waited=waited)
            return stretch.take()

        read_to, batch_from = start, start
        rest: Gathered | None = None
        with far_half(self.file, start, stretch, self._from, finish) as far:
            for piece in self.file.pieces(start):
                read_to += feed(stretch, piece)
                rest = far.found(stretch.state) if far and read_to == far.seam else None
                is_full = read_to - batch_from >= BATCH_BYTES or stretch.faults >= BATCH_FAULTS or rest
                if is_full and read_to < self.file.size and stretch.may_be_cut:
                    gathered = stretch.take()
                    yield self._gathered(gathered, gathered.offset - offset, ended=False)
                    batch_from, offset = read_to, gathered.offset
                if rest:
                    break
        rest = rest or finish(stretch)
        last = self._gathered(rest, rest.offset - offset)
        yield replace(last, notices=(*notices, *_notices(self.path, stretch.take(), rest)), lost_bytes=lost)

    def _from(self, start: int) -> Stretch:
        return self.assembly.stretch(start, 0, 0, self.file.sample())

    def place(self, gathered: Gathered) -> Checkpoint:
        """Return from where to read on once what was gathered is kept."""
        record_end = gathered.record_end if gathered.record_start < gathered.offset else 0
        return self.file.checkpoint(self.path, gathered.offset, gathered.record_start, record_end)

    def _gathered(self, gathered: Gathered, read_bytes: int, *, ended: bool = True) -> Batch:
        checkpoint = self.place(gathered)
        if not ended:
            # No time of change: should the tick end here, the file must not look as if it had been read to its end.
            checkpoint = replace(checkpoint, mtime_ns=0)
        return Batch(self.path, self.service, checkpoint, gathered.sightings, (), read_bytes=read_bytes, lost_bytes=0)


def _notices(path: str, *parts: Gathered) -> Iterator[Notice]:
    longest = max(part.longest_line for part in parts)
    if longest:
        yield Notice("long_line", path, f"a line of {longest} bytes: only its first 64 KiB were looked at")
    if any(part.binary for part in parts):
        yield Notice("binary", path, "holds NUL bytes: no text, or written by two programs at once")
