"""The far half of a long file is read by a process of its own, on another core.

It begins a little above the seam, knowing nothing of what came before. What it finds below counts only if at the seam
it stands exactly where the one who read up to there stands: from then on both would say the same. Else what it found
is dropped, and the file is read on as if it had never been there. So it can save time, and cannot change a count.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from aiops_agent.digest import blake2b
from aiops_agent.fork import be_nobody, would_gain
from aiops_agent.model.event import Fingerprint, Severity, Sighting
from aiops_agent.noun import astuple
from aiops_agent.sources.opened import CHUNK, Opened
from aiops_agent.sources.stretch import Found, Gathered, Stretch, feed

LEAST = 32 << 20
"""Bytes still to read from which on two share them: to begin costs some ten milliseconds, and a run-up of one chunk."""

MOST_FAULTS = 2_000
"""Of more different faults nothing is handed over: they are read again, a batch at a time."""

_RUN_UP = 131_072
"""Bytes above the last chunk before the seam: twice as long as a line or a record can be."""


class Far:
    """The process, and what it will say."""

    def __init__(self, seam: int, process: int, answer: int) -> None:
        """Wait for nothing yet; `answer`: a descriptor that it writes to and closes."""
        self.seam = seam
        """Where its half begins."""

        self._process = process
        self._answer = os.fdopen(answer, "rb")

    def found(self, state: bytes) -> Found | None:
        """Wait for its end and return what it found, if at the seam it stood as one does whose `state` this is."""
        answer = self._answer.read()
        if not state or not answer.endswith(b"\n"):  # it gave up, or was killed as it spoke
            return None
        said = json.loads(answer)
        if said["state"] != _digest(state):
            return None
        sightings = tuple(
            Sighting(Fingerprint(fingerprint), Severity(severity), *rest)
            for fingerprint, severity, *rest in said["sightings"]
        )
        return Found(sightings, *said["rest"])

    def end(self) -> None:
        """End the process, whether it has found anything or not."""
        self._answer.close()
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


@contextmanager
def far_half(
    file: Opened,
    start: int,
    stretch: Stretch,
    begin: Callable[[int], Stretch],
    finish: Callable[[Stretch], Gathered],
) -> Iterator[Far | None]:
    """Have the far half of what is left from `start` on read by another process, until the context ends.

    None where that would gain nothing, or where this process has threads: one that forks may take over a lock for ever.

    Args:
        file: What is read.
        start: Where this process begins to read.
        stretch: Takes what it reads.
        begin: Makes a stretch of the same file that begins at a place.
        finish: Ends a stretch that was fed to the end of the file, and returns what it gathered.
    """
    far = _far(file, start, begin, finish) if stretch.state else None
    try:
        yield far
    finally:
        if far:
            far.end()


def _far(
    file: Opened, start: int, begin: Callable[[int], Stretch], finish: Callable[[Stretch], Gathered]
) -> Far | None:
    left = file.size - start
    if left < LEAST or not file.is_plain or not would_gain():
        return None
    seam = start + left // 2 // CHUNK * CHUNK
    run_up = file.line_from(seam - CHUNK - _RUN_UP)
    if run_up > seam - CHUNK:  # one line as long as that
        return None
    agent, (answer, out) = os.getpid(), os.pipe()
    process = os.fork()
    if process:
        os.close(out)
        return Far(seam, process, answer)
    status = 1
    try:
        be_nobody(keep=(out, file.fileno()))
        _answer(file, (run_up, seam), begin, finish, out=out, agent=agent)
        status = 0
    finally:
        os._exit(status)  # no handler of the agent's runs, nothing of it is flushed or closed


def _answer(
    file: Opened,
    places: tuple[int, int],
    begin: Callable[[int], Stretch],
    finish: Callable[[Stretch], Gathered],
    *,
    out: int,
    agent: int,
) -> None:
    """Read the far half, and say what was found there and how things stood before it."""
    run_up, seam = places
    stretch = begin(run_up)
    for start, end in ((run_up, seam - CHUNK), (seam - CHUNK, seam)):  # in the same chunks as the one who comes
        for piece in file.pieces(start, end):
            feed(stretch, piece)
    stretch.take()
    state = stretch.state
    for piece in file.pieces(seam):
        feed(stretch, piece)
        if os.getppid() != agent or stretch.faults > MOST_FAULTS:
            return
    gathered = finish(stretch)
    said = {
        "state": _digest(state),
        "sightings": [astuple(sighting) for sighting in gathered.sightings],
        "rest": [
            gathered.offset,
            gathered.record_start,
            gathered.longest_line,
            gathered.binary,
            gathered.record_end,
        ],
    }
    with os.fdopen(out, "wb") as answer:
        answer.write(json.dumps(said).encode() + b"\n")


def _digest(state: bytes) -> str:
    return blake2b(state, digest_size=16).hexdigest()
