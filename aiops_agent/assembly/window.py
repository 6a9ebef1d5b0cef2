"""The stretch of a file that is in memory: no line longer than 64 KiB, and where each byte stood in the file."""

from bisect import bisect_left

LONGEST_LINE = 65_536
_NULS = bytes(4096)


class Window:
    """Takes chunks, gives lines. Holds one chunk and one unfinished record, whatever the file is made of."""

    def __init__(self, start: int) -> None:
        self.bytes = b""
        self.binary = False
        """NUL bytes were seen."""

        self.longest = 0
        """Length of the longest line that was cut; 0 when none was."""

        self._start = start
        self._holes: list[tuple[int, int]] = []
        """Index in `bytes` before which so many bytes of the file were left out, ascending."""

        self._line = 0
        """Index of a line start, all lines before it being checked for length."""

        self._cutting = 0
        """Bytes of the unfinished last line when its head is kept and the rest is being left out; else 0."""

    @property
    def limit(self) -> int:
        """Return the index behind the last newline."""
        return self.bytes.rfind(b"\n") + 1

    @property
    def end(self) -> int:
        """Return the place in the file behind all that was taken in."""
        return self.place(len(self.bytes))

    def place(self, index: int) -> int:
        """Return where in the file the byte at `index` stood; behind a hole at that index."""
        return self._start + index + sum(length for at, length in self._holes if at <= index)

    def index(self, place: int) -> int:
        """Return the first index in `bytes` that stood at `place` in the file or behind it."""
        return bisect_left(range(len(self.bytes)), place, key=self.place)

    def add(self, chunk: bytes) -> None:
        """Take in the next bytes of the file."""
        if b"\0" in chunk:
            self.binary = True
            at = chunk.find(_NULS)
            while at >= 0:
                self._add(chunk[:at])
                rest = chunk[at:].lstrip(b"\0")
                self._leave_out(len(chunk) - at - len(rest))
                chunk = rest
                at = chunk.find(_NULS)
        self._add(chunk)

    def skip(self, length: int) -> None:
        """Leave out the next bytes of the file, all of them NUL."""
        self.binary = True
        self._leave_out(length)
        self._cutting += length if self._cutting else 0

    def drop(self, index: int) -> None:
        """Forget what stands before `index`."""
        self._start = self.place(index)
        self._holes = [(at - index, length) for at, length in self._holes if at > index]
        self.bytes = self.bytes[index:]
        self._line = max(0, self._line - index)

    def close(self) -> None:
        """End the last line, which has no newline and will not get one."""
        if self.bytes and not self.bytes.endswith(b"\n"):
            self.bytes += b"\n"
            self._holes.append((len(self.bytes), -1))
            self._cutting = 0

    def _add(self, chunk: bytes) -> None:
        if self._cutting:
            newline = chunk.find(b"\n")
            left_out = len(chunk) if newline < 0 else newline
            self._leave_out(left_out)
            self._cutting += left_out
            self.longest = max(self.longest, self._cutting)
            if newline < 0:
                return
            self._cutting, chunk = 0, chunk[newline:]
            self._line = len(self.bytes) + 1
        self.bytes += chunk
        self._cut_long_lines()

    def _leave_out(self, length: int) -> None:
        if length:
            self._holes.append((len(self.bytes), length))

    def _cut_long_lines(self) -> None:
        # One search from the end of each 64 KiB finds every line that is longer, without looking at each newline.
        while len(self.bytes) - self._line > LONGEST_LINE:
            reach = self._line + LONGEST_LINE
            newline = self.bytes.rfind(b"\n", self._line, reach + 1)
            if newline >= 0:
                self._line = newline + 1
                continue
            newline = self.bytes.find(b"\n", reach)
            stop = newline if newline >= 0 else len(self.bytes)
            self._holes.append((reach, stop - reach))
            self._holes = [(at if at <= reach else at - (stop - reach), length) for at, length in self._holes]
            self.longest = max(self.longest, stop - self._line)
            self.bytes = self.bytes[:reach] + self.bytes[stop:]
            if newline < 0:
                self._cutting = stop - self._line
                return
            self._line = reach + 1
