"""The shipped model files: what they must be, byte for byte."""

import hashlib
import json
import stat
from contextlib import suppress
from pathlib import Path

from aiops_agent.errors import ModelError

MODELS = Path(__file__).resolve().parent.parent / "models"
MANIFEST = "manifest.json"
REINSTALL = "reinstall the package: pip install --force-reinstall --no-deps aiops-host-agent"


def verified(folder: Path, *names: str) -> list[Path]:
    """Return the paths of the named files of `folder`, each checked against the manifest.

    Raises:
        ModelError: A file is missing, is not the one in the manifest, or anyone could have written both.
    """
    paths = [folder / name for name in names]
    for each in {folder, folder / MANIFEST, *paths, *(path.parent for path in paths)}:
        _refuse_open_to_all(each)
    expected = _read_manifest(folder)
    return [_verify(path, expected.get(name)) for path, name in zip(paths, names, strict=True)]


def shipped_names(folder: Path) -> list[str]:
    """Return the names of all files that the manifest speaks of."""
    return list(_read_manifest(folder))


def manifest_digest(folder: Path) -> str:
    """Return the SHA-256 of the manifest: it names this exact set of models."""
    return hashlib.sha256(_read_bytes(folder / MANIFEST)).hexdigest()


def write_manifest(folder: Path) -> None:
    """Record the digest of every file under `folder`."""
    files = {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST and path.suffix in {".onnx", ".json", ".npz"}
    }
    (folder / MANIFEST).write_text(json.dumps({"sha256": files}, indent=1) + "\n", encoding="utf-8")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        return dict(json.loads(_read_bytes(folder / MANIFEST))["sha256"].items())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{folder / MANIFEST} cannot be read: {error}", hint=REINSTALL) from error


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", hint=REINSTALL) from error


def _refuse_open_to_all(path: Path) -> None:
    with suppress(OSError):  # what is missing is named when it is read
        if path.stat().st_mode & stat.S_IWOTH:
            raise ModelError(f"anyone on this host can write to {path}", hint=f"chmod o-w {path}, then {REINSTALL}")


def _verify(path: Path, expected: str | None) -> Path:
    try:
        found = digest(path)
    except OSError as error:
        raise ModelError(f"the model file {path} cannot be read: {error.strerror}", hint=REINSTALL) from error
    if found != expected:
        if path.is_relative_to(MODELS):
            raise ModelError(f"the model file {path} is not the one this version was shipped with", hint=REINSTALL)
        raise ModelError(
            f"the model file {path} is not the one that was made here",
            hint="make it again: aiops-agent model import, or model train",
        )
    return path
