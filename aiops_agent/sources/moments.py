"""Where in a log a time stands: found by looking at some lines here and there, not by reading the time of each."""

from collections.abc import Callable, Iterator
from datetime import datetime

from aiops_agent.sources.opened import Opened

Reader = Callable[[bytes], datetime | None]
"""Reads the time of a line; None: it has none."""

_NEAR = 4_096
_FAR = 131_072
"""Bytes behind a place within which a line with a time is looked for: longer than any line or record."""

_CLOSE = 1_024
"""Bytes within which the lines are looked at one by one."""


class Moments:
    """The times of one file, which grow as the file does. A line without one was written when the last one before was.

    Where they do not grow, what is found is some line of that time, and never one before the place searched from.
    """

    def __init__(self, file: Opened, when: Reader) -> None:
        self._file = file
        self._when = when

    def at(self, place: int) -> datetime | None:
        """Return the time of the first line that begins at `place` or behind and has one; None: none is near."""
        for reach in (_NEAR, _FAR):
            for _, line in self._lines(place, place + reach):
                time = self._when(line)
                if time is not None:
                    return time
        return None

    def last(self) -> datetime | None:
        """Return the time of the last line that has one; None: none near the end has."""
        for reach in (_NEAR, _FAR):
            start = max(self._file.size - reach, 0)
            times = [time for _, line in self._lines(start, self._file.size) if (time := self._when(line))]
            if times:
                return times[-1]
        return None

    def place_of(self, time: datetime, start: int) -> int:
        """Return where the first line from `start` on begins that was written at that time or later; else the end."""
        size, low, step = self._file.size, start, _CLOSE
        while (high := min(low + step, size)) < size and self._is_before(high, time):
            low, step = high, 2 * step
        while high - low > _CLOSE:
            middle = (low + high) // 2
            if self._is_before(middle, time):
                low = middle
            else:
                high = middle
        while low < size:
            behind = min(low + _FAR, size)
            for place, line in self._lines(low, behind):
                written = self._when(line)
                if written is not None and written >= time:
                    return place
            low = behind
        return size

    def _is_before(self, place: int, time: datetime) -> bool:
        """Tell whether a line behind `place` was written before that time, for certain."""
        written = self.at(place)
        return written is not None and written < time

    def _lines(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yield each line that begins from `start` on and before `end`, and its place; long ones may be cut short."""
        at = max(start - 1, 0)
        is_whole, held = start == 0, b""
        for piece in self._file.until(min(end + _NEAR, self._file.size)).pieces(at):
            if isinstance(piece, int):  # NUL bytes that nobody wrote
                at += len(held) + piece
                is_whole, held = False, b""
                continue
            *lines, held = (held + piece).split(b"\n")
            for line in lines:
                if at >= end:
                    return
                if is_whole:
                    yield at, line
                at, is_whole = at + len(line) + 1, True
        if is_whole and held and at < end:
            yield at, held
