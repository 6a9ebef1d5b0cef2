"""What a file source asks of assembly: bytes in, counted error records out."""

from aiops_agent.hints import Protocol
from aiops_agent.model.event import Sighting
from aiops_agent.noun import dataclass


class Gathered(Protocol):
    """What was found since the last call, and from where to read on once it is kept."""

    @property
    def sightings(self) -> tuple[Sighting, ...]:
        """Return what was found."""

    @property
    def offset(self) -> int:
        """Return the place up to which everything is counted."""

    @property
    def record_start(self) -> int:
        """Return the place to read on from."""

    @property
    def record_end(self) -> int:
        """Return where the record at `record_start` ended when it was first counted."""

    @property
    def longest_line(self) -> int:
        """Return the length of the longest line that was cut; 0 when none was."""

    @property
    def binary(self) -> bool:
        """Tell whether NUL bytes were seen."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was gathered, where this room puts it together itself."""

    sightings: tuple[Sighting, ...]
    offset: int
    record_start: int
    longest_line: int
    binary: bool
    record_end: int


class Stretch(Protocol):
    """Takes the bytes of one file in order."""

    @property
    def faults(self) -> int:
        """Return how many different faults wait to be taken."""

    @property
    def may_be_cut(self) -> bool:
        """Tell whether a later stretch may go on from what `take` returns now: no line from there on is counted."""

    @property
    def state(self) -> bytes:
        """Return what decides how it goes on: two of one file with the same will find the same from there on.

        Empty where it may not be cut, or where that cannot be told.
        """

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""

    def skip(self, length: int) -> None:
        """Take note of a hole: so many bytes in which nothing was ever written."""

    def finish(self, *, final: bool, waited: bool = False) -> None:
        """Count what is at the end; `final`: the file will not grow any more.

        `waited`: its unfinished last line counts as it is by now, and may still go on.
        """

    def take(self) -> Gathered:
        """Return what was gathered since the last call."""


class Stretches(Protocol):
    """Gives a stretch for each file."""

    def stretch(self, start: int, counted_until: int, record_end: int, sample: bytes = b"") -> Stretch:
        """Return one that begins at byte `start`; records before `counted_until` are counted already.

        `sample`: the first bytes of the file, from which is learnt how its records begin.
        """


def feed(stretch: Stretch, piece: bytes | int) -> int:
    """Have a stretch take the next piece of a file, and return how many places that was."""
    if isinstance(piece, int):
        stretch.skip(piece)
        return piece
    stretch.feed(piece)
    return len(piece)
