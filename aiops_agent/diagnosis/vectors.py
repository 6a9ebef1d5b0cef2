"""One vector for each piece of an article: what was shipped, or kept by an earlier process, is not computed again."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.encoder import WIDTH, Encoder

SHIPPED = "vectors.npz"
"""Beside the shipped articles: made by `aiops-agent kb index --out`."""

KEPT = "articles.npz"
"""In a folder of the caller's, what was not shipped."""

_KEY_BYTES = 16


def vectors_of(
    pieces: Sequence[str], encoder: Encoder, *, shipped: Path | None, cache: Path | None
) -> NDArray[np.float32]:
    """Return one vector of unit length for each piece, in order: shape (len(pieces), 384).

    They are rounded to half precision, so that it does not matter which were computed here (a cosine is off by less
    than a thousandth).

    Args:
        pieces: Of articles.
        encoder: Computes what is not known.
        shipped: A file of vectors that is only read; None: there is none.
        cache: A folder that keeps what was computed from one process to the next; None: nothing is kept.
    """
    keys = [_key(encoder, piece) for piece in pieces]
    known = {**_read(cache and cache / KEPT), **_read(shipped)}
    missing = {key: piece for key, piece in zip(keys, pieces, strict=True) if key not in known}
    if missing:
        known.update(zip(missing, encoder.embed(list(missing.values())).astype(np.float16), strict=True))
        if cache:
            _keep(cache, {key: known[key] for key in dict.fromkeys(keys) if key not in _read(shipped)})
    found = np.zeros((len(pieces), WIDTH), dtype=np.float32)
    for row, key in enumerate(keys):
        found[row] = known[key]
    return found


def write(path: Path, pieces: Sequence[str], encoder: Encoder) -> int:
    """Write the vectors of all pieces to a file, for `shipped`; return how many.

    Raises:
        OSError: It cannot be written.
    """
    known = {_key(encoder, piece): piece for piece in pieces}
    vectors = encoder.embed(list(known.values())).astype(np.float16)
    _write(path, dict(zip(known, vectors, strict=True)))
    return len(known)


def _key(encoder: Encoder, piece: str) -> bytes:
    return hashlib.sha256(f"{encoder.identity}\0{piece}".encode()).digest()[:_KEY_BYTES]


def _read(path: Path | None) -> Mapping[bytes, NDArray[np.float16]]:
    """Return what a file holds; nothing of one that is missing, was cut short or holds something else."""
    if path is None:
        return {}
    try:
        with np.load(BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except (OSError, EOFError, KeyError, ValueError, BadZipFile):
        return {}  # it is only a copy of what is computed then
    if keys.shape != (len(vectors), _KEY_BYTES) or vectors.shape[1:] != (WIDTH,) or not np.isfinite(vectors).all():
        return {}
    return {bytes(key): vector for key, vector in zip(keys, vectors, strict=True)}


def _keep(cache: Path, known: Mapping[bytes, NDArray[np.float16]]) -> None:
    partial = cache / "articles.partial.npz"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _write(partial, known)
        partial.replace(cache / KEPT)
    except OSError:
        pass  # a full disk: the next process computes them again


def _write(path: Path, known: Mapping[bytes, NDArray[np.float16]]) -> None:
    keys = np.frombuffer(b"".join(known), dtype=np.uint8).reshape(-1, _KEY_BYTES)
    vectors = np.stack(list(known.values())) if known else np.zeros((0, WIDTH), dtype=np.float16)
    with open(path, "wb") as file:  # noqa: PTH123 - savez would add a suffix to a path
        np.savez_compressed(file, keys=keys, vectors=vectors)
        file.flush()
        os.fsync(file.fileno())
