"""A folder that every user of the host can enter: where a test becomes somebody else."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def public_folder() -> Iterator[Path]:
    """Yield a new folder below /tmp.

    Not below pytest's own, which the next pytest that starts closes to others, and not below TMPDIR, which may be
    closed on its way.
    """
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
