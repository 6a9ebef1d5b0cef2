"""What a program said, line by line, when syslog or a container runtime put a head of its own before each line."""

from collections.abc import Iterator

from aiops_agent.assembly.lines import origin
from aiops_agent.hints import NamedTuple

REACH = 2_048
"""Bytes of other writers' lines behind which a writer's next line is looked for: some twenty lines."""

_LINES = 96
_LINES_TO_LOOK_AHEAD = 64
_STREAMS = (b"stderr F ", b"stdout F ")
_HEAD = b"2000-01-01 00:00:00 \n"
"""Stands for the end of what a writer said, when it is certain that nothing more comes."""


def is_relay(writer: bytes) -> bool:
    """Tell whether a program's own lines stand behind such a writer: `host tag[pid]:`, `stderr F `; not the kernel."""
    return writer in _STREAMS or (writer[-1:] == b":" and writer[1:2] != b"/" and not writer.endswith(b"kernel:"))


def relay_of(buffer: bytes, start: int) -> bytes:
    """Return who relayed the line at `start`; empty when its program wrote it to the log itself."""
    writer = origin(buffer[start : buffer.find(b"\n", start)]).writer
    return writer if is_relay(writer) else b""


class Said(NamedTuple):
    """What one writer said from some line on."""

    text: bytes
    starts: tuple[int, ...]
    """Where the line of each of its lines begins in the log."""

    is_whole: bool
    """It ends where nothing more comes, and not where too much would."""

    def place(self, index: int) -> int:
        """Return where the line begins in the log that begins at this index of the text."""
        return self.starts[self.text.count(b"\n", 0, index)]


class Relay:
    """Reads on in what one writer said, without collecting it for each line anew."""

    def __init__(self, writer: bytes) -> None:
        """Follow `writer`."""
        self._writer = writer
        self._buffer = b""
        self._said = Said(b"", (), is_whole=False)
        self._offsets: dict[int, int] = {}

    def at(self, buffer: bytes, start: int) -> tuple[bytes, int]:
        """Return what the writer says around its line at `start`, and the index of that line in it."""
        known = self._offsets.get(start) if buffer is self._buffer else None
        enough = self._said.is_whole or self._said.starts[-_LINES_TO_LOOK_AHEAD:][:1] > (start,)
        if known is None or not enough:
            self._buffer, self._said = buffer, said_from(buffer, start, self._writer)
            self._offsets, at = {}, 0
            for place in self._said.starts:
                self._offsets[place] = at
                at = self._said.text.find(b"\n", at) + 1
            known = 0
        return self._said.text, known


def said_from(buffer: bytes, start: int, writer: bytes) -> Said:
    """Return what `writer` said from the line at `start` on; lines of others in between are left out."""
    messages: list[bytes] = []
    starts: list[int] = []
    behind = start
    for at, line in _lines(buffer, start, len(buffer)):
        if writer in line and (said := origin(line)).writer == writer:
            messages.append(said.message)
            starts.append(at)
            behind = at + len(line) + 1
            if len(starts) == _LINES:
                return Said(b"\n".join(messages) + b"\n", tuple(starts), is_whole=False)
        elif at - behind > REACH:
            break
    text = b"\n".join(messages) + b"\n"
    return Said(text + _HEAD if len(buffer) >= behind + REACH else text, tuple(starts), is_whole=True)


def said_around(buffer: bytes, first: int, last: int) -> Said:
    """Return what one writer said in the lines from `first` on up to the one at `last`: all are its own."""
    end = buffer.find(b"\n", last) + 1
    lines = list(_lines(buffer, first, end))
    text = b"".join(origin(line).message + b"\n" for _, line in lines)
    return Said(text, tuple(at for at, _ in lines), is_whole=True)


def own_lines_above(buffer: bytes, start: int, earliest: int, writer: bytes, most: int) -> int:
    """Return where the first of at most so many lines right above the one at `start` begins that are its writer's."""
    for _ in range(most):
        above = buffer.rfind(b"\n", 0, max(start - 1, 0)) + 1
        if start <= earliest or above < earliest or origin(buffer[above : start - 1]).writer != writer:
            break
        start = above
    return start


def own_lines_below(buffer: bytes, start: int, writer: bytes, most: int) -> int:
    """Return where the last of at most so many lines begins, from the one at `start` on, that are its writer's."""
    last = start
    for at, line in _lines(buffer, start, len(buffer)):
        if not most or origin(line).writer != writer:
            break
        last, most = at, most - 1
    return last


def _lines(buffer: bytes, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
    at = start
    while at < stop:
        end = buffer.find(b"\n", at)
        if end < 0:
            return
        yield at, buffer[at:end]
        at = end + 1
