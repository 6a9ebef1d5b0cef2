"""One vector for each piece of an article: what was shipped, or kept by an earlier process, is not computed again."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.encoder import Encoder

SHIPPED = "vectors.bin"
"""Beside the shipped articles: made by `aiops-agent kb index --out`."""

KEPT = "articles.bin"
"""In a folder of the caller's, what was not shipped."""

_KEY_BYTES = 16
_HALF = "<f2"
_NUMBER_BYTES = 2
_DIGEST_BYTES = 32


def vectors_of(
    pieces: Sequence[str], encoder: Encoder, *, shipped: Path | None, cache: Path | None
) -> NDArray[np.float32]:
    """Return one vector of unit length for each piece, in order: shape (len(pieces), encoder.width).

    They are rounded to half precision, so that it does not matter which were computed here (a cosine is off by less
    than a thousandth).

    Args:
        pieces: Of articles.
        encoder: Computes what is not known.
        shipped: A file of vectors that is only read; None: there is none.
        cache: A folder that keeps what was computed from one process to the next; None: nothing is kept.
    """
    keys = [_key(encoder, piece) for piece in pieces]
    travelled = _read(shipped, encoder.width)
    known = {**_read(cache and cache / KEPT, encoder.width), **travelled}
    missing = {key: piece for key, piece in zip(keys, pieces, strict=True) if key not in known}
    if missing:
        known.update(zip(missing, encoder.embed(list(missing.values())).astype(np.float16), strict=True))
        if cache:
            _keep(cache, {key: known[key] for key in keys if key not in travelled})
    return np.array([known[key] for key in keys], dtype=np.float32).reshape(-1, encoder.width)


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


def _read(path: Path | None, width: int) -> Mapping[bytes, NDArray[np.float16]]:
    """Return what a file holds; nothing of one that is missing, was cut short, is damaged or of another width."""
    try:
        content = path.read_bytes() if path else b""
    except OSError:
        return {}  # it is only a copy of what is computed then
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    count, over = divmod(len(content), _KEY_BYTES + _NUMBER_BYTES * width)
    if hashlib.sha256(content).digest() != digest or over:
        return {}
    keys = content[: count * _KEY_BYTES]
    vectors = np.frombuffer(content, dtype=_HALF, offset=len(keys)).reshape(count, width)
    return {keys[row * _KEY_BYTES : (row + 1) * _KEY_BYTES]: vectors[row] for row in range(count)}


def _keep(cache: Path, known: Mapping[bytes, NDArray[np.float16]]) -> None:
    partial = cache / f"{KEPT}.partial"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _write(partial, known)
        partial.replace(cache / KEPT)
    except OSError:
        pass  # a full disk: the next process computes them again


def _write(path: Path, known: Mapping[bytes, NDArray[np.float16]]) -> None:
    """Write a digest, then all keys, then all vectors; a file that a crash cut short has not that digest."""
    content = b"".join((*known, *(vector.astype(_HALF).tobytes() for vector in known.values())))
    path.write_bytes(hashlib.sha256(content).digest() + content)
