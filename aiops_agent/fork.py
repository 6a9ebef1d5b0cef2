"""Work that other processes of this program do, each on a core of its own.

A process of ours that forks has no thread beside its first: one that forked with others might take over a lock that
nobody gives back.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

_STANDARD_ERROR = 2

Answer = Callable[[bytes], bytes]
"""What comes of one line of a request: one line as well."""


def would_gain() -> bool:
    """Tell whether there is a second core, and no thread besides this one."""
    return len(os.sched_getaffinity(0)) > 1 and len([*Path("/proc/self/task").iterdir()]) == 1


def be_nobody(keep: tuple[int, int]) -> None:
    """Forget what was inherited: a lock held here would outlive the agent, a signal would be answered twice."""
    signal.set_wakeup_fd(-1)
    for caught in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(caught, signal.SIG_DFL)
    first, last = sorted(keep)
    os.closerange(0, first)
    os.closerange(first + 1, last)
    os.closerange(last + 1, os.sysconf("SC_OPEN_MAX"))
    # A file that is opened later must not be taken for the standard output.
    while (number := os.open(os.devnull, os.O_RDWR)) <= _STANDARD_ERROR:
        pass
    os.close(number)


class Hand:
    """A process that answers lines, one at a time. It ends when nobody is there to ask it."""

    def __init__(self, begin: Callable[[], AbstractContextManager[Answer]]) -> None:
        """Start it; `begin` is called in it, for what it answers with."""
        (asked, self._ask), (self._answered, told) = os.pipe(), os.pipe()
        self._process = os.fork()
        if self._process:
            os.close(asked)
            os.close(told)
            self._answers = os.fdopen(self._answered, "rb")
            return
        status = 1
        try:
            be_nobody(keep=(asked, told))
            with os.fdopen(asked, "rb") as requests, os.fdopen(told, "wb") as answers, begin() as answer:
                for request in requests:
                    answers.write(answer(request.removesuffix(b"\n")) + b"\n")
                    answers.flush()
            status = 0
        finally:
            os._exit(status)  # no handler of who forked runs, nothing of theirs is flushed or closed

    def give(self, request: bytes) -> None:
        """Ask it; the answer to what it was asked before must have been taken."""
        left = memoryview(request + b"\n")
        with suppress(BrokenPipeError):  # it has ended: `take` tells
            while left:
                left = left[os.write(self._ask, left) :]

    def take(self) -> bytes | None:
        """Wait for its answer; None: it ended without one."""
        answer = self._answers.readline()
        return answer.removesuffix(b"\n") if answer.endswith(b"\n") else None

    def end(self) -> None:
        """End it, whatever it is at."""
        os.close(self._ask)
        self._answers.close()
        with suppress(ProcessLookupError):
            os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)


@contextmanager
def hands(begin: Callable[[], AbstractContextManager[Answer]], most: int) -> Iterator[Sequence[Hand]]:
    """Yield as many hands as there are cores, `most` at the most; none where they would gain nothing."""
    with ExitStack() as started:
        found: list[Hand] = []
        with suppress(OSError):  # a host in trouble has no more processes to give
            for _ in range(min(most, len(os.sched_getaffinity(0))) if would_gain() else 0):
                found.append(Hand(begin))
                started.callback(found[-1].end)
        yield found


def dealt(requests: Iterable[bytes], among: Sequence[Hand]) -> Iterator[bytes | None]:
    """Yield the answer to each request, in their order; None: the hand that had it ended without one.

    A hand has one request at a time: it reads all of it before it answers, so neither ever waits for the other.
    """
    free, busy = deque(among), deque[Hand]()
    for request in requests:
        if not free:
            yield busy[0].take()
            free.append(busy.popleft())
        busy.append(free.popleft())
        busy[-1].give(request)
    while busy:
        yield busy.popleft().take()
