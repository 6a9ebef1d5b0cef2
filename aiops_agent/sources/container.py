r"""Logs of containers: what the runtime wrapped around each line comes off before records are looked for.

Docker's json-file driver writes `{"log":"...\n","stream":"stderr","time":"..."}`, runtimes of Kubernetes (CRI) write
`TIME stderr F ...`. Both cut long lines into pieces of 16 KiB, which are put together again for each stream. Places
stay those of the file: a file is read, rotated and resumed like any other.
"""

import json
from collections import deque

from aiops_agent.hints import NamedTuple
from aiops_agent.noun import dataclass
from aiops_agent.sources.rawlines import Raw, RawLines
from aiops_agent.sources.stretch import Found, Stretch, Stretches

PATHS = ("/var/lib/docker/containers/*/*-json.log", "/var/log/pods/*/*/*.log")
"""Where Docker and the kubelet put them."""

LONGEST_LINE = 65_536
"""Bytes that are kept of a line put together."""

_REMEMBERED = 8 << 20
"""Bytes back to which it is known where a line stood: more than is being searched."""


class Piece(NamedTuple):
    """What one line of the file holds."""

    time: bytes
    stream: bytes
    text: bytes
    ends: bool
    """The last piece of its line."""


def unwrap(line: bytes) -> Piece | None:
    """Return what a line of the file, without its newline, holds; None when it is of neither format."""
    return _docker(line) if line[:1] == b"{" else _cri(line)


def _docker(line: bytes) -> Piece | None:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    match fields:
        case {"log": str(text), "stream": "stdout" | "stderr" as stream, "time": str(time)}:
            said = text.encode("utf-8", "backslashreplace")
            whole = said.removesuffix(b"\n")
            clock = time.encode("ascii", "replace").replace(b"\n", b" ")
            return Piece(clock, stream.encode(), whole.replace(b"\n", b" "), ends=len(whole) < len(said))
        case _:
            return None


def _cri(line: bytes) -> Piece | None:
    time, _, rest = line.partition(b" ")
    stream, _, rest = rest.partition(b" ")
    tags, blank, text = rest.partition(b" ")
    kind = tags.split(b":", 1)[0]
    if stream not in (b"stdout", b"stderr") or kind not in (b"F", b"P") or not (blank or rest == tags):
        return None
    return Piece(time, stream, text, ends=kind == b"F") if time[:1].isdigit() else None


class Unwrapped:
    """Gives stretches for files of containers."""

    def __init__(self, assembly: Stretches) -> None:
        self._assembly = assembly

    def stretch(self, start: int, counted_until: int, record_end: int, sample: bytes = b"") -> Stretch:  # noqa: ARG002
        """Return one that begins at byte `start` of the file, as any other."""
        return _Unwrapping(self._assembly, start, counted_until, record_end)


class _Place(NamedTuple):
    """A line as it was fed, and where it stood in the file."""

    fed: int
    """Where it ends, in what was fed."""

    begin: int
    """Where its first piece began in the file."""

    end: int
    """Where its last piece ended."""


@dataclass(slots=True)
class _Line:
    """A line whose last piece has not come."""

    time: bytes
    begin: int
    text: bytes
    length: int


class _Unwrapping:
    """One stretch of one file: lines go in wrapped, and on to the inner stretch as they were written."""

    def __init__(self, assembly: Stretches, start: int, counted_until: int, record_end: int) -> None:
        self._assembly = assembly
        self._lines = RawLines(start)
        self._counted_until, self._counted_fed = counted_until, 0
        self._record_end, self._record_end_fed = record_end, 0
        self._inner: Stretch | None = None
        """There once all is unwrapped that was counted: it is told where that ends in what it is fed."""

        self._ready: list[bytes] = []
        self._open: dict[bytes, _Line] = {}
        self._places: deque[_Place] = deque()
        self._fed = 0
        self._offset = max(start, counted_until)
        self._longest = 0

    @property
    def faults(self) -> int:
        """Return how many different faults wait to be taken."""
        return self._inner.faults if self._inner else 0

    @property
    def may_be_cut(self) -> bool:
        """Tell whether a later stretch may go on from what `take` returns now: no line from there on is counted."""
        return self._inner.may_be_cut if self._inner else False

    @property
    def state(self) -> bytes:
        """Return nothing: the places of what was fed are its own."""
        return b""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the file."""
        for line in self._lines.add(chunk):
            self._take(line)
        if self._lines.end >= max(self._counted_until, self._record_end):
            self._feed()

    def skip(self, length: int) -> None:
        """Take note of a hole: so many bytes in which nothing was ever written."""
        self._lines.skip(length)

    def finish(self, *, final: bool, waited: bool = False) -> None:  # noqa: ARG002
        """Count what is at the end; `final`: the file will not grow any more, and a line without its end is one.

        However long it is waited for, a line that is still in its wrapping says nothing.
        """
        if final:
            for line in self._lines.close():
                self._take(line)
            for stream, unended in sorted(self._open.items(), key=lambda item: item[1].begin):
                self._put(_wrapped(unended.time, stream, unended.text), unended.begin, self._lines.end)
            self._open.clear()
        self._feed().finish(final=final)

    def take(self) -> Found:
        """Return what was gathered since the last call, in places of the file."""
        found = self._feed().take()
        offset = next((place.end for place in reversed(self._places) if place.fed == found.offset), self._offset)
        self._offset = max(self._offset, offset)
        begun = [place.begin for place in self._places if place.fed > found.record_start]
        record_start = min((self._offset, *begun, *(line.begin for line in self._open.values())))
        record_end = next((place.end for place in self._places if place.fed >= found.record_end), 0)
        longest, self._longest = max(self._longest, self._lines.longest, found.longest_line), 0
        return Found(
            found.sightings,
            self._offset,
            record_start,
            longest,
            found.binary or self._lines.binary,
            record_end if found.record_start < found.offset else 0,
        )

    def _feed(self) -> Stretch:
        if self._inner is None:
            self._inner = self._assembly.stretch(0, self._counted_fed, self._record_end_fed)
        if self._ready:
            self._inner.feed(b"".join(self._ready))
            self._ready = []
        while len(self._places) > 1 and self._fed - self._places[1].fed > _REMEMBERED:
            self._places.popleft()
        return self._inner

    def _take(self, line: Raw) -> None:
        piece = unwrap(line.text)
        if piece is None:
            self._put(line.text, line.begin, line.end)
            return
        whole = self._open.get(piece.stream) or _Line(piece.time, line.begin, b"", 0)
        whole.text += piece.text[: LONGEST_LINE - len(whole.text)]
        whole.length += len(piece.text)
        if not piece.ends:
            self._open[piece.stream] = whole
            return
        self._open.pop(piece.stream, None)
        if whole.length > LONGEST_LINE:
            self._longest = max(self._longest, whole.length)
        self._put(_wrapped(whole.time, piece.stream, whole.text), whole.begin, line.end)

    def _put(self, text: bytes, begin: int, end: int) -> None:
        self._ready.append(text + b"\n")
        self._fed += len(text) + 1
        self._places.append(_Place(self._fed, begin, end))
        if end <= self._counted_until:
            self._counted_fed = self._fed
        if end <= self._record_end:
            self._record_end_fed = self._fed


def _wrapped(time: bytes, stream: bytes, text: bytes) -> bytes:
    """Return a line as assembly tells writers apart by; an object of JSON stands for itself."""
    return text if text.startswith(b'{"') and text.endswith(b"}") else b"%s %s F %s" % (time, stream, text)
