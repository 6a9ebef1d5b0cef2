"""One open file from a place on: bytes to error records, in batches that are each kept or left whole."""

from collections.abc import Iterator

from aiops_agent.model.event import Batch, Checkpoint, Notice
from aiops_agent.noun import dataclass, replace
from aiops_agent.sources.opened import Opened
from aiops_agent.sources.stretch import Gathered, Stretch, Stretches

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
        read_to, batch_from = start, start
        for piece in self.file.pieces(start):
            read_to += fed(stretch, piece)
            is_full = read_to - batch_from >= BATCH_BYTES or stretch.faults >= BATCH_FAULTS
            if is_full and read_to < self.file.size and stretch.may_be_cut:
                gathered = stretch.take()
                yield self._gathered(gathered, gathered.offset - offset, ended=False)
                batch_from, offset = read_to, gathered.offset
        stretch.finish(final=final, waited=waited)
        gathered = stretch.take()
        last = self._gathered(gathered, gathered.offset - offset)
        yield replace(last, notices=(*notices, *_notices(self.path, gathered)), lost_bytes=lost)

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


def fed(stretch: Stretch, piece: bytes | int) -> int:
    """Give a piece of a file to a stretch; return how many bytes it stands for."""
    if isinstance(piece, int):
        stretch.skip(piece)
        return piece
    stretch.feed(piece)
    return len(piece)


def _notices(path: str, gathered: Gathered) -> Iterator[Notice]:
    if gathered.longest_line:
        yield Notice(
            "long_line", path, f"a line of {gathered.longest_line} bytes: only its first 64 KiB were looked at"
        )
    if gathered.binary:
        yield Notice("binary", path, "holds NUL bytes: no text, or written by two programs at once")
