"""Packs a log for somebody who does not trust the machine: everything to verify it by, and no private key."""

import errno
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from aiops_agent.audit.segments import list_segments, open_segment
from aiops_agent.errors import AuditError, UsageError
from aiops_agent.hints import Protocol
from aiops_agent.model.audit import Anchor
from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass

PACKED = (".tar.gz", ".tgz")
"""Endings of a name that make it one file instead of a folder."""

SEALED = "entries.jsonl.sealed"
"""The entries in the clear, encrypted to the auditor's key."""

_PIECE = 1 << 20
_INSIDE = "aiops-agent-audit"
"""The folder in a packed bundle."""

_README = """\
The audit log of aiops-agent on {host}, as it stood at {time}.

Check it on a machine that {host} cannot reach, with python3 and its `cryptography` (47 or newer):

1. Nothing was damaged on the way:
       sha256sum --check SHA256SUMS
2. It begins with the key you have pinned, kept since the agent was installed (PINNED is your copy, not this one):
       cmp genesis.pub PINNED
3. The log is what its writer left{covered}:
       python3 -I verify_audit.py {anchors}--genesis genesis.pub audit

SHA256SUMS and this page are as trustworthy as the machine they come from. What proves the log is the key you pinned,
and the anchors you kept yourself (reports in a chat, the journal of another host): do step 3 once more with
--anchors FILE, the file that holds them. audit-format.md says how the log lies on disk, so that you can write step 3
yourself.

What the entries say is encrypted, and no private key is in this bundle. Whoever has the keys of the log, or the
auditor's private key if the agent was given its public one, finds in verify_audit.py --help how to prove more with it.
If {sealed} is here, the auditor reads it with: aiops-agent audit open {sealed} --auditor-key FILE
It is for reading: what it says is proven by step 3 with --auditor-key FILE, and by nothing else.
"""


class Readable(Protocol):
    """All that is asked of a file here."""

    def read(self, length: int = -1, /) -> bytes:
        """Return the next bytes."""


Add = Callable[[str, Readable, int], None]
"""Takes a file: its name, its content and how many bytes of that."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes into a bundle beside the segments."""

    host: str
    genesis: bytes
    """The public key that the log begins with. No other key has a place here."""

    anchors: Sequence[Anchor]
    documents: Mapping[str, Path]
    """By their names in the bundle: the format of the log, and the program that verifies it."""

    sealed: bytes | None = None
    """What the entries say, for the auditor alone; proves nothing: the segments do."""


def export(directory: Path, target: Path, contents: Contents, now: datetime) -> int:
    """Write the bundle, a folder or one packed file by its name; return how many segments are in it.

    The segments are copied byte for byte: call it while nobody writes. A bundle that cannot be finished is removed.

    Raises:
        UsageError: There is something of that name already, or it cannot be made there.
        AuditError: The log cannot be read, or the bundle cannot be written.
    """
    segments = list_segments(directory)
    sums: dict[str, str] = {}
    with _made(target, now) as add:
        for path in segments:
            with open_segment(path) as file:
                sums[f"audit/{path.name}"] = _added(add, f"audit/{path.name}", file, os.fstat(file.fileno()).st_size)
        for name, content in _small(contents, now):
            sums[name] = _added(add, name, io.BytesIO(content), len(content))
        listed = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
        add("SHA256SUMS", io.BytesIO(listed), len(listed))
    return len(segments)


def _small(contents: Contents, now: datetime) -> Iterator[tuple[str, bytes]]:
    for name, path in contents.documents.items():
        yield name, path.read_bytes()
    yield "genesis.pub", contents.genesis
    if contents.anchors:
        yield "anchors.txt", "".join(f"audit {each.records}·{each.head}\n" for each in contents.anchors).encode()
    if contents.sealed is not None:
        yield SEALED, contents.sealed
    covered = ", and nothing was cut off before the last anchor in anchors.txt" if contents.anchors else ""
    option = "--anchors anchors.txt " if contents.anchors else ""
    said = {"host": contents.host, "time": rfc3339(now), "covered": covered, "anchors": option, "sealed": SEALED}
    yield "README.txt", _README.format(**said).encode()


class _Hashed:
    """A file whose digest is known when it has been read."""

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, length: int = -1, /) -> bytes:
        """Return the next bytes."""
        piece = self._file.read(length)
        self._digest.update(piece)
        return piece

    def hexdigest(self) -> str:
        """Return the digest of what was read."""
        return self._digest.hexdigest()


def _added(add: Add, name: str, file: Readable, size: int) -> str:
    hashed = _Hashed(file)
    add(name, hashed, size)
    return hashed.hexdigest()


@contextmanager
def _made(target: Path, now: datetime) -> Iterator[Add]:
    """Yield what takes the files; what cannot be finished is removed."""
    is_packed = target.name.endswith(PACKED)
    _begin(target, is_packed=is_packed)
    try:
        if is_packed:
            with tarfile.open(target, "w:gz") as archive:
                yield partial(_pack, archive, now)
        else:
            yield partial(_lay, target)
    except BaseException as error:
        target.unlink() if is_packed else shutil.rmtree(target)
        if isinstance(error, OSError):
            raise AuditError(
                f"the bundle {target} cannot be written: {error.strerror or error}",
                hint="make room, or name another place",
            ) from error
        raise


def _begin(target: Path, *, is_packed: bool) -> None:
    try:
        if is_packed:
            target.touch(mode=0o600, exist_ok=False)
        else:
            target.mkdir(mode=0o700)
    except FileExistsError as error:
        raise UsageError(f"{target} is there already, and is not written over", hint="name another") from error
    except OSError as error:
        raise UsageError(
            f"{target} cannot be made: {error.strerror}",
            hint="name a place where the owner of state_dir may write: root acts as that one",
        ) from error


def _pack(archive: tarfile.TarFile, now: datetime, name: str, content: Readable, size: int) -> None:
    entry = tarfile.TarInfo(f"{_INSIDE}/{name}")
    entry.size, entry.mtime = size, int(now.timestamp())
    archive.addfile(entry, content)


def _lay(folder: Path, name: str, content: Readable, size: int) -> None:
    path = folder / name
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with path.open("xb") as file:
        while size and (piece := content.read(min(size, _PIECE))):
            size -= file.write(piece)
    if size:
        raise OSError(errno.EIO, f"{name} became shorter while it was read")
