"""Run a program without a shell: in a clean environment, for a limited time, its output capped."""

import os
import select
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

from aiops_agent.hints import IO
from aiops_agent.noun import dataclass
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.ports import Stopped

NOTHING: Mapping[str, str] = {}

LONGEST_OUTPUT = 64 * 1024
"""Bytes that are kept of what a program prints, of each of its two streams; the rest is read and dropped."""

GRACE = 0.3
"""Seconds between asking a program to end and killing it: with the time until a halt is noticed, less than a second."""

_LOOK_UP = 0.1
"""Seconds between two looks whether to go on."""


class CutOffError(Exception):
    """A program was killed before it had ended: how far it came is not known."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A program that ended by itself."""

    status: int
    """Its exit status; negative: the signal that ended it."""

    output: str
    errors: str


MOST_GIVEN = 32 * 1024
"""Bytes that a program can be given: half of what a pipe holds, so that nobody has to wait until they are read."""


def spawn(  # noqa: PLR0913 - what a program is started with
    argv: list[str],
    *,
    path: str,
    seconds: float,
    stopped: Stopped,
    environment: Mapping[str, str] = NOTHING,
    descriptors: tuple[int, ...] = (),
    given: bytes = b"",
    most: int = LONGEST_OUTPUT,
) -> Ended:
    """Run a program to its end; nothing that it started in its process group outlives it.

    Args:
        argv: Our own words and arguments that the vocabulary has checked.
        path: Where programs are looked for.
        seconds: How long it may take.
        stopped: Whether it is to end at once.
        environment: What it finds there beside PATH and LANG.
        descriptors: Open files that it is given.
        given: What it finds on its standard input, at most `MOST_GIVEN` bytes: others on this host see its arguments.
        most: Bytes that are kept of each stream.

    Raises:
        CutOffError: The time was over, or it was stopped.
        OSError: It could not be started: nothing was done.
    """
    source = _filled(given)
    try:
        process = subprocess.Popen(
            argv,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            env={"PATH": path, "LANG": "C.UTF-8", **environment},
            pass_fds=descriptors,
            umask=0o077,
            start_new_session=True,
        )
    finally:
        os.close(source)
    with process:
        try:
            output, errors = _followed(process, seconds, stopped, most)
        except _OverError as over:
            _ask_to_end(process)
            raise CutOffError(f"{argv[0]} {over}") from over
        finally:
            _kill(process)
    return Ended(process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))


def printed(program: str, run: Callable[[], Ended]) -> str:
    """Return what a program prints that changes nothing: how far it came before it was cut off does not matter.

    Args:
        program: What it is called.
        run: Spawns it.

    Raises:
        RefusedError: It failed, or was cut off.
        OSError: It could not be started.
    """
    try:
        ended = run()
    except CutOffError as cut:
        raise RefusedError(str(cut)) from cut
    if ended.status != 0:
        raise RefusedError(f"{program} ended with status {ended.status}: {ended.errors.strip()}")
    return ended.output


def _filled(given: bytes) -> int:
    """Return a descriptor that these bytes can be read from, and nothing more."""
    if not given:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    reading, writing = os.pipe()
    os.write(writing, given[:MOST_GIVEN])
    os.close(writing)
    return reading


class _OverError(Exception):
    """Why it is not waited for any longer."""


def _followed(
    process: subprocess.Popen[bytes], seconds: float, stopped: Stopped, most: int
) -> tuple[bytearray, bytearray]:
    """Return what a program prints until it ends; it is left a zombie."""
    deadline = time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting, _end_of(process) as end:
        waiting.register(end, selectors.EVENT_READ)
        kept = {_registered(waiting, stream): bytearray() for stream in (process.stdout, process.stderr)}
        while True:
            ready = {key.fd for key, _ in waiting.select(_LOOK_UP)}
            for descriptor in ready - {end}:
                if not _read(descriptor, kept[descriptor], most):
                    waiting.unregister(descriptor)
            if end in ready:
                break
            if stopped():
                raise _OverError("was stopped")
            if time.monotonic() >= deadline:
                raise _OverError(f"did not end within {seconds:.0f} s")
    for descriptor, printed in kept.items():  # only as much as is kept: one that it left behind may print for ever
        while len(printed) < most and _read(descriptor, printed, most):
            pass
    output, errors = kept.values()
    return output, errors


@contextmanager
def _end_of(process: subprocess.Popen[bytes]) -> Iterator[int]:
    """Give what can be read when a process is over."""
    descriptor = os.pidfd_open(process.pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _registered(waiting: selectors.BaseSelector, stream: IO[bytes] | None) -> int:
    if stream is None:
        raise AssertionError("both were asked for")
    os.set_blocking(stream.fileno(), False)
    waiting.register(stream.fileno(), selectors.EVENT_READ)
    return stream.fileno()


def _read(descriptor: int, kept: bytearray, most: int) -> bool:
    """Keep what there is to read, as far as it fits; False when there is nothing more, or nothing now."""
    try:
        chunk = os.read(descriptor, LONGEST_OUTPUT)
    except BlockingIOError:
        return False
    kept += chunk[: most - len(kept)]
    return bool(chunk)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the group; as long as its first process was not waited for, its number cannot become another's."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    with _end_of(process) as end:
        select.select([end], [], [], GRACE)
