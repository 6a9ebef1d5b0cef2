"""One vector for each piece of an article: what was shipped is not computed again."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.artefact import REINSTALL
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.errors import ModelError

SHIPPED = "vectors.bin"
"""Beside the shipped articles: made by `aiops-agent kb index --out`."""

_KEY_BYTES = 16
_HALF = "<f2"
_NUMBER_BYTES = 2
_DIGEST_BYTES = 32


def vectors_of(pieces: Sequence[str], encoder: Encoder, shipped: Path | None) -> NDArray[np.float32]:
    """Return one vector of unit length for each piece, in order: shape (len(pieces), encoder.width).

    They are rounded to half precision, so that it does not matter which were computed here (a cosine is off by less
    than a thousandth).

    Args:
        pieces: Of articles.
        encoder: Computes what is not shipped.
        shipped: A file of vectors that is only read; None: there is none.

    Raises:
        ModelError: The shipped file is damaged.
    """
    keys = [_key(encoder, piece) for piece in pieces]
    known = dict(_read(shipped, encoder.width)) if pieces else {}
    missing = {key: piece for key, piece in zip(keys, pieces, strict=True) if key not in known}
    if missing:
        known.update(zip(missing, encoder.embed(list(missing.values())).astype(np.float16), strict=True))
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
    """Return what a file holds; nothing of one that is missing or of another width.

    Raises:
        ModelError: It was cut short or is damaged.
    """
    try:
        content = path.read_bytes() if path else None
    except FileNotFoundError:
        content = None
    if content is None:
        return {}
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    count, over = divmod(len(content), _KEY_BYTES + _NUMBER_BYTES * width)
    if hashlib.sha256(content).digest() != digest:
        raise ModelError(f"{path} is damaged: its content is not of the digest it begins with", hint=REINSTALL)
    if over:
        return {}
    keys = content[: count * _KEY_BYTES]
    vectors = np.frombuffer(content, dtype=_HALF, offset=len(keys)).reshape(count, width)
    return {keys[row * _KEY_BYTES : (row + 1) * _KEY_BYTES]: vectors[row] for row in range(count)}


def _write(path: Path, known: Mapping[bytes, NDArray[np.float16]]) -> None:
    """Write a digest, then all keys, then all vectors; a file that a crash cut short has not that digest."""
    content = b"".join((*known, *(vector.astype(_HALF).tobytes() for vector in known.values())))
    path.write_bytes(hashlib.sha256(content).digest() + content)
