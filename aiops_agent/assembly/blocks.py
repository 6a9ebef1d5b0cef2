"""Chunks of a file become blocks of whole lines: no line longer than 64 KiB, and where each byte stood in the file."""

from bisect import bisect_right
from collections.abc import Iterator

from aiops_agent.hints import overload

LONGEST_LINE = 65_536
_NULS = bytes(4096)


class Places:
    """Where the bytes of a text stood in the file it was read from, although some of the file was left out."""

    def __init__(self, start: int) -> None:
        self._indexes = [0]
        self._places = [start]

    def mark(self, index: int, place: int) -> None:
        """Note that from `index` on, behind all that was marked, the text stood at `place`."""
        if index == self._indexes[-1]:
            self._places[-1] = place
        elif place != self.of(index):
            self._indexes.append(index)
            self._places.append(place)

    def marks(self) -> Iterator[tuple[int, int]]:
        """Yield each index from which on the text stood at another place than the bytes before it let expect."""
        return zip(self._indexes, self._places, strict=True)

    def of(self, index: int) -> int:
        """Return where in the file the byte at `index` stood; behind what was left out before it."""
        known = bisect_right(self._indexes, index) - 1
        return self._places[known] + index - self._indexes[known]

    def index(self, place: int) -> int:
        """Return the first index that stood at `place` in the file or behind it."""
        known = max(0, bisect_right(self._places, place) - 1)
        found = max(0, self._indexes[known] + place - self._places[known])
        return found if known + 1 == len(self._indexes) else min(found, self._indexes[known + 1])

    def between(self, start: int, end: int) -> "Places":
        """Return the places of the part of the text from `start` to `end`."""
        part = Places(self.of(start))
        for at, place in self.marks():
            if start < at <= end:
                part.mark(at - start, place)
        return part

    def join(self, index: int, other: "Places") -> None:
        """Note that the text goes on at `index` with another one."""
        for at, place in other.marks():
            self.mark(index + at, place)


class Block:
    """Some whole lines."""

    __slots__ = ("places", "text")

    def __init__(self, text: bytes, places: Places) -> None:
        self.text = text
        self.places = places


class Blocks:
    """Takes chunks, gives blocks. Holds one unfinished line, whatever the file is made of."""

    def __init__(self, start: int) -> None:
        self.binary = False
        """NUL bytes were seen."""

        self.longest = 0
        """Length of the longest line that was cut; 0 when none was."""

        self.end = start
        """Place in the file behind all that was taken in."""

        self._parts: list[bytes | memoryview] = []
        """The unfinished last line."""

        self._length = 0
        self._places = Places(start)
        self._cutting = 0
        """Bytes of the unfinished last line when its head is kept and the rest is being left out; else 0."""

    @property
    def state(self) -> tuple[bytes, list[tuple[int, int]], int, int]:
        """Return all that decides how the next bytes are taken."""
        return b"".join(self._parts), list(self._places.marks()), self._cutting, self.end

    def add(self, chunk: bytes) -> Block | None:
        """Take in the next bytes of the file; return the lines that are whole by now."""
        if b"\0" not in chunk:
            return self._add(chunk)
        self.binary = True
        block: Block | None = None
        at = chunk.find(_NULS)
        while at >= 0:
            block = _joined(block, self._add(chunk[:at]))
            rest = chunk[at:].lstrip(b"\0")
            self._leave_out(len(chunk) - at - len(rest))
            chunk = rest
            at = chunk.find(_NULS)
        return _joined(block, self._add(chunk))

    def skip(self, length: int) -> None:
        """Leave out the next bytes of the file, all of them NUL."""
        self.binary = True
        self._leave_out(length)
        self._cutting += length if self._cutting else 0

    def close(self) -> Block | None:
        """Return the last line, which has no newline and will not get one."""
        if not self._length:
            return None
        self._places.mark(self._length + 1, self.end)
        self._parts.append(b"\n")
        self._length += 1
        self._cutting = 0
        return self._ended(b"", self.end)

    def _add(self, chunk: bytes) -> Block | None:
        if self._cutting:
            newline = chunk.find(b"\n")
            left_out = len(chunk) if newline < 0 else newline
            self._leave_out(left_out)
            self._cutting += left_out
            self.longest = max(self.longest, self._cutting)
            if newline < 0:
                return None
            self._cutting, chunk = 0, chunk[newline:]
        whole = chunk.rfind(b"\n") + 1
        if not whole:
            self._keep(chunk)
            return None
        self._parts.append(memoryview(chunk)[:whole])  # a view: the bytes are copied once, by the join
        place = self.end + whole
        return self._ended(chunk[whole:], place)

    def _ended(self, rest: bytes, place: int) -> Block:
        block = self._without_long_lines(Block(b"".join(self._parts), self._places))
        self._parts, self._length, self._places, self.end = [], 0, Places(place), place
        self._keep(rest)
        return block

    def _keep(self, piece: bytes) -> None:
        """Put bytes behind the unfinished line; of a line that is too long, its head."""
        self.end += len(piece)
        length = self._length + len(piece)
        if length > LONGEST_LINE:
            self._cutting = length
            self.longest = max(self.longest, length)
            piece = piece[: LONGEST_LINE - self._length]
            self._places.mark(LONGEST_LINE, self.end)
        if piece:
            self._parts.append(piece)
            self._length += len(piece)

    def _leave_out(self, length: int) -> None:
        if length:
            self.end += length
            self._places.mark(self._length, self.end)

    def _without_long_lines(self, block: Block) -> Block:
        # One search from the end of each 64 KiB finds every line that is longer, without looking at each newline.
        text, line, copied = block.text, 0, 0
        shorter: Block | None = None
        while len(text) - line > LONGEST_LINE:
            reach = line + LONGEST_LINE
            newline = text.rfind(b"\n", line, reach + 1)
            if newline < 0:
                newline = text.index(b"\n", reach)
                self.longest = max(self.longest, newline - line)
                shorter = _joined(shorter, Block(text[copied:reach], block.places.between(copied, reach)))
                copied = newline
            line = newline + 1
        return _joined(shorter, Block(text[copied:], block.places.between(copied, len(text)))) if copied else block


@overload
def _joined(first: Block | None, second: Block) -> Block: ...
@overload
def _joined(first: Block | None, second: Block | None) -> Block | None: ...
def _joined(first: Block | None, second: Block | None) -> Block | None:
    if first is None or second is None:
        return first or second
    first.places.join(len(first.text), second.places)
    return Block(first.text + second.text, first.places)
