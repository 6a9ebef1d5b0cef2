"""Searching on other cores: the automaton lets go of the interpreter's lock while it searches."""

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Lock, Thread

Hits = Sequence[tuple[int, int, int]]

WORKERS = 2
"""With two, two cores are busy while the records are put together; a third gained nothing (two cores, 500 MB)."""


class Found:
    """The hits in one text, perhaps still being looked for."""

    __slots__ = ("_answered", "_error", "_hits")

    def __init__(self) -> None:
        self._answered = Lock()
        self._answered.acquire()
        self._hits: Hits = ()
        self._error: BaseException | None = None

    def answer(self, hits: Hits, error: BaseException | None = None) -> None:
        """Give the answer; once."""
        self._hits, self._error = hits, error
        self._answered.release()

    def hits(self) -> Hits:
        """Wait for the answer and return it; once."""
        self._answered.acquire()
        if self._error:
            raise self._error
        return self._hits


class Workers:
    """Two threads that live as long as the process."""

    def __init__(self, find: Callable[[bytes], Hits]) -> None:
        self._find = find
        self._jobs: SimpleQueue[tuple[bytes, Found]] = SimpleQueue()
        for _ in range(WORKERS):
            Thread(target=self._work, daemon=True, name="search").start()

    def begin(self, text: bytes) -> Found:
        """Return where the hits in `text` will be."""
        found = Found()
        self._jobs.put((text, found))
        return found

    def _work(self) -> None:
        while True:
            text, found = self._jobs.get()
            try:
                found.answer(self._find(text))
            except BaseException as error:  # noqa: BLE001 - raised where the hits are asked for
                found.answer((), error)
            del text, found
