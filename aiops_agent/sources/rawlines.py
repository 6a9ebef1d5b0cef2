"""The lines of a file of containers, as they stand there: bounded, each with its place."""

from collections.abc import Iterator

from aiops_agent.hints import NamedTuple

LONGEST_PIECE = 262_144
"""Bytes of one line: 16 KiB of a message, each byte escaped with six, and what Docker adds to it."""


class Raw(NamedTuple):
    """A line of the file, and where it stood."""

    text: bytes
    begin: int
    end: int


class RawLines:
    """Chunks become lines; of one that is too long only the head is kept."""

    def __init__(self, start: int) -> None:
        self.end = start
        """Place in the file behind the last whole line."""

        self.longest = 0
        self.binary = False
        self._rest = b""
        self._left_out = 0
        """Bytes that stood behind `_rest` and are not kept."""

    def add(self, chunk: bytes) -> Iterator[Raw]:
        """Yield the lines that are whole by now."""
        first, newline, behind = chunk.partition(b"\n")
        self._keep(first)
        if not newline:
            return
        yield self._ended(1)
        *lines, rest = behind.split(b"\n")
        for line in lines:
            self._keep(line)
            yield self._ended(1)
        self._keep(rest)

    def skip(self, length: int) -> None:
        """Take note of a hole of NUL bytes, before a line or in its midst."""
        self.binary = True
        if self._rest:
            self._left_out += length
        else:
            self.end += length

    def close(self) -> Iterator[Raw]:
        """Yield the last line, if it has no newline."""
        if self._rest:
            yield self._ended(0)

    def _keep(self, piece: bytes) -> None:
        if not self._rest and piece[:1] == b"\0":
            piece = self._without_nuls(piece)
        room = LONGEST_PIECE - len(self._rest)
        self._rest += piece[:room]
        self._left_out += max(0, len(piece) - room)

    def _without_nuls(self, piece: bytes) -> bytes:
        """Leave out what a crash leaves behind where a line should begin."""
        rest = piece.lstrip(b"\0")
        self.end += len(piece) - len(rest)
        self.binary = True
        return rest

    def _ended(self, newline: int) -> Raw:
        begin, length = self.end, len(self._rest) + self._left_out
        self.end += length + newline
        if self._left_out:
            self.longest = max(self.longest, length)
        line = Raw(self._rest, begin, self.end)
        self._rest, self._left_out = b"", 0
        return line
