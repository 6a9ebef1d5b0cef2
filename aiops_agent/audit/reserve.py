"""Space that is kept for the last words: what has begun is recorded to its end on a disk that is full."""

import errno
import os
from pathlib import Path

SIZE = 256 << 10
"""Bytes: three hundred records of the usual length, several times what the longest playbook writes."""

FULL = (errno.ENOSPC, errno.EDQUOT)


class Reserve:
    """A file beside the log that holds blocks of the disk and nothing else."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keep(self) -> bool:
        """Take the space if it is not held yet; False when the disk has none to give.

        Raises:
            OSError: It cannot be taken for another reason.
        """
        try:
            self._allocate()
        except OSError as error:
            if error.errno not in FULL:
                raise
            self.release()  # some file systems give the part they have, and others need it now
            return False
        return True

    def _allocate(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            if os.fstat(descriptor).st_size < SIZE:
                os.posix_fallocate(descriptor, 0, SIZE)
        finally:
            os.close(descriptor)

    def release(self) -> bool:
        """Give the space back to the disk; False when there was none."""
        try:
            self.path.unlink()
        except FileNotFoundError:
            return False
        return True
