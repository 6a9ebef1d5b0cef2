"""The folder of reports: every report as plain text and as Markdown, on the host itself.

They are for people, and so in the clear, where all else that the agent keeps of a log is encrypted: redacted, and for
the owner alone.
"""

import os
from pathlib import Path

from aiops_agent.errors import ChatError
from aiops_agent.model.message import Message


class ReportFolder:
    """Writes `TIME-INCIDENT-KIND.txt` and `.md`: a report delivered twice is one pair of files."""

    name = "files"

    def __init__(self, directory: Path, locale: str) -> None:
        self.locale = locale
        self._directory = directory

    def send(self, message: Message) -> None:
        """Write it; each file appears whole or not at all.

        Raises:
            ChatError: It cannot be written.
        """
        fields = message.fields
        moment = fields["at"].replace("-", "").replace(":", "")
        stem = f"{moment}-{fields['incident']}-{fields['kind']}"
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self._directory / f"{stem}.txt", message.text)
            _write(self._directory / f"{stem}.md", message.markdown)
            _sync(self._directory)
        except OSError as error:
            raise ChatError(
                f"{error.filename or self._directory} cannot be written: {error.strerror}",
                retryable=True,
                hint=f"make room, or let the agent write to report_dir, {self._directory}",
            ) from error


def _write(path: Path, text: str) -> None:
    """Replace a file in one step; it is on disk, though perhaps not yet under its name, when this returns."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
    with os.fdopen(os.open(unfinished, flags, 0o600), "w", encoding="utf-8", newline="\n") as file:
        os.fchmod(file.fileno(), 0o600)  # whatever the umask or an earlier crash left
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
