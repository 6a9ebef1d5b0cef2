"""The report of a sanitizer: where it ends. It has ways of its own, whatever the log around it looks like."""

from aiops_agent.assembly.clues import Belongs
from aiops_agent.assembly.lines import is_indented

_MOST_LINES = 500
"""Of one report: some hundred frames and the shadow bytes."""


class Findings:
    """Follows one report line by line from its first."""

    def __init__(self, first: bytes) -> None:
        """Begin with the line that names the sanitizer."""
        self._is_of_threads = b"Thread" in first
        self._lines = 0
        self._is_summed_up = self._has_ended = False

    def accepts(self, line: bytes, *, begins: bool) -> Belongs:
        """Decide about the next line: all up to the summary, and what is printed after that.

        `begins`: it begins a record of the log.
        """
        self._lines += 1
        if self._lines > _MOST_LINES or self._has_ended or begins:
            return Belongs.NO
        if line.endswith(b"==ABORTING") or line.startswith(b"ThreadSanitizer: reported "):
            self._has_ended = True
            return Belongs.YES
        if not self._is_summed_up:
            self._is_summed_up = line.startswith(b"SUMMARY: ")
            return Belongs.YES
        if line.strip(b"=") == b"":
            return Belongs.YES if self._is_of_threads and line else Belongs.NO
        return Belongs.YES if is_indented(line) or line.startswith((b"Shadow byte", b"=>", b"==")) else Belongs.NO
