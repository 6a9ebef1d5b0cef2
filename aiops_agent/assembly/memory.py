"""Masked forms that earlier ticks worked out: the expression that masks takes longer to build than a small tick."""

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
        self.has_learnt = False
        """There are forms that were not known at the beginning."""

    def mask(self, text: str) -> str:
        """Return what `mask` returns."""
        if len(text) > LONGEST:
            return mask(text)
        key = _key(text)
        if key in self._used:
            return self._used[key]
        masked = self._known.get(key)
        if masked is None:
            masked = mask(text)
            self.has_learnt = True
        if len(self._used) < MOST:
            self._used[key] = masked
        return masked

    def forms(self) -> dict[str, str]:
        """Return what to remember, `MOST` at the most."""
        older = {key: masked for key, masked in self._known.items() if key not in self._used}
        return dict(list({**self._used, **older}.items())[:MOST])


def _key(text: str) -> str:
    """Return a word for all texts of which `mask` makes the same: it looks at no digits but those that are kept."""
    raw = text.encode("utf-8", "surrogatepass")
    return blake2b(repr((skeleton(raw), kept(raw))).encode(), digest_size=16).hexdigest()
