"""Masked forms that earlier ticks worked out: the expression that masks takes longer to build than a small tick.

What is remembered comes from a log and lies on the disk. Each form is locked with the very text that it is a form of:
who meets the text again can read it, who has the file alone cannot. That takes no key, and no library to unwrap one.
Who guesses a text can see whether the guess was right, as with a fingerprint.
"""

from collections.abc import Mapping

import re2

from aiops_agent.assembly import mask as masking
from aiops_agent.assembly.mask import kept, mask, skeleton
from aiops_agent.digest import blake2b

MOST = 512
"""Forms that are kept for the next tick: what came again first, then the newest of the others."""

LONGEST = 500
"""Characters of a text that is remembered."""

MADE_BY = (__file__, str(masking.__file__), str(re2.__file__))
"""The code that a masked form depends on."""


class Memory:
    """Masks as `mask` does, each form once. It is asked about redacted texts only, and holds nothing else."""

    def __init__(self, known: Mapping[str, str] | None = None) -> None:
        """Begin with what an earlier `forms` returned."""
        self._known = dict(known or {})
        self._used: dict[str, str] = {}
        self._masked: dict[str, str] = {}
        self.has_learnt = False
        """There are forms that were not known at the beginning."""

    def mask(self, text: str) -> str:
        """Return what `mask` returns."""
        if len(text) > LONGEST:
            return mask(text)
        told = _told(text)
        name = blake2b(told, digest_size=16, person=b"name").hexdigest()
        if name in self._masked:
            return self._masked[name]
        locked = self._known.get(name)
        masked = None if locked is None else unlock(locked, told)
        if locked is None or masked is None:
            masked = mask(text)
            locked = lock(masked, told)
            self.has_learnt = True
        if len(self._used) < MOST:
            self._used[name] = locked
            self._masked[name] = masked
        return masked

    def forms(self) -> dict[str, str]:
        """Return what to remember, `MOST` at the most: each form locked, by a name that tells nothing either."""
        older = {name: locked for name, locked in self._known.items() if name not in self._used}
        return dict(list({**self._used, **older}.items())[:MOST])


def _told(text: str) -> bytes:
    """Return the same for all texts of which `mask` makes the same: it looks at no digits but those that are kept."""
    raw = text.encode("utf-8", "surrogatepass")
    return repr((skeleton(raw), kept(raw))).encode()


def lock(masked: str, told: bytes) -> str:
    """Return a form so that only who has `told` can read it."""
    return _mixed(masked.encode("utf-8", "surrogatepass"), told).hex()


def unlock(locked: str, told: bytes) -> str | None:
    """Return a form that was locked with `told`; None when it is damaged."""
    try:
        return _mixed(bytes.fromhex(locked), told).decode("utf-8", "surrogatepass")
    except ValueError:
        return None


def _mixed(content: bytes, told: bytes) -> bytes:
    """Return the content mixed with a stream that only `told` gives; mixed twice it is as before.

    The stream is BLAKE2b with a key, counting. It serves one content only: `told` settles what the masked form is.
    """
    key = blake2b(told, person=b"lock").digest()
    size = len(content)
    blocks = (blake2b(at.to_bytes(8, "big"), key=key).digest() for at in range(0, size, blake2b.MAX_DIGEST_SIZE))
    stream = b"".join(blocks)[:size]
    return (int.from_bytes(content, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
