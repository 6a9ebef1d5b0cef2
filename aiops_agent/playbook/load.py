"""Playbook files -> playbooks, or every fault of a file at once; a folder's broken files do not stop the others."""

import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiops_agent.errors import Fault, PlaybookError
from aiops_agent.model.playbook import Playbook
from aiops_agent.playbook import shape
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.playbook.document import MOST_BYTES, Document

_SUFFIXES = (".yaml", ".yml")
_HINT = "aiops-agent playbook lint FILE shows the faults of a file, aiops-agent playbook schema what is known"


def load(path: Path) -> Playbook:
    """Return the playbook in a file; the bytes that are read once are those that are hashed and used.

    Raises:
        PlaybookError: Every fault of it, with file, line, key and what would be right.
    """
    content = _read(path)
    document = Document(str(path))
    document.read(content)
    if document.faults:
        raise PlaybookError(document.faults, hint=_HINT)
    playbook = shape.fill(document, hashlib.sha256(content).hexdigest())
    if playbook is None:
        raise PlaybookError(sorted(document.faults, key=lambda fault: fault.line), hint=_HINT)
    return playbook


def load_folders(folders: Sequence[Path]) -> Catalogue:
    """Return what the folders hold; a file in a later one replaces that of the same name in an earlier one.

    A file that replaces another and is broken does not bring the other back: someone meant to change it.
    """
    faults: list[Fault] = []
    by_file: dict[str, Playbook | None] = {}
    for folder in folders:
        own: dict[str, Playbook | None] = {}
        for path in _files(folder, faults):
            if path.stem in own:
                faults.append(Fault(str(path), 0, "", f"another file in {folder} has the name {path.stem}; keep one"))
                own[path.stem] = None
            else:
                own[path.stem] = _loaded(path, faults)
        by_file.update(own)
    by_name: dict[str, Playbook] = {}
    for playbook in filter(None, by_file.values()):
        first = by_name.setdefault(playbook.name, playbook)
        if first is not playbook:
            why = f"{playbook.name} stands in {first.path} too; give each playbook a name of its own"
            faults.append(Fault(playbook.path, 0, "name", why))
    return Catalogue(by_name, tuple(faults))


def schema() -> dict[str, object]:
    """Return the JSON Schema of a playbook file, for editors."""
    return shape.schema()


def _loaded(path: Path, faults: list[Fault]) -> Playbook | None:
    try:
        return load(path)
    except PlaybookError as error:  # kept with the others': the catalogue tells them all
        faults.extend(error.faults)
        return None


def _files(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        faults.append(Fault(str(error.filename), 0, "", f"this folder of playbooks cannot be read: {error.strerror}"))

    for directory, below, names in os.walk(folder, onerror=unreadable):
        below.sort()
        if Path(directory).stat().st_mode & stat.S_IWOTH:  # and so put another folder in the place of one below
            faults.append(_open_to_all(Path(directory)))
            below.clear()
            continue
        yield from (Path(directory, name) for name in sorted(names) if name.endswith(_SUFFIXES))


def _read(path: Path) -> bytes:
    try:
        _refuse_open_to_all(path.parent, path.parent.stat())
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            _refuse_open_to_all(path, status)
            if not stat.S_ISREG(status.st_mode):
                raise PlaybookError([Fault(str(path), 0, "", "is not a regular file")], hint=_HINT)
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        why = "is a link; put the file itself here" if path.is_symlink() else f"cannot be read: {error.strerror}"
        raise PlaybookError([Fault(str(path), 0, "", why)], hint=_HINT) from error


def _refuse_open_to_all(path: Path, status: os.stat_result) -> None:
    if status.st_mode & stat.S_IWOTH:
        raise PlaybookError([_open_to_all(path)], hint=_HINT)


def _open_to_all(path: Path) -> Fault:
    why = f"anyone on this host can write here, so what it says is no one's decision; chmod o-w {path}"
    return Fault(str(path), 0, "", why)
