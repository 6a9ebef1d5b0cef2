"""Masked forms, remembered from one tick to the next in `state_dir/masks.learnt`.

Only what can be worked out again at any time is in it. It is believed while the code that masks is the one that wrote
it, and only when nobody but this very user can have written it; damaged or gone, it costs the next tick some time.
"""

import json
import sys
from pathlib import Path

from aiops_agent.assembly.memory import MADE_BY, Memory
from aiops_agent.digest import blake2b
from aiops_agent.remembered import leave, own
from aiops_agent.sources.quiet import stamp

NAME = "masks.learnt"

# As they were when they were loaded: a daemon runs on with the old code after an upgrade.
_CODE = [sys.version, *map(stamp, MADE_BY)]


def load(state_dir: Path) -> Memory:
    """Return what is remembered there, nothing when that cannot be vouched for."""
    try:
        digest, _, document = own(str(state_dir / NAME)).partition(b"\n")
        code, forms = json.loads(document) if digest == _digest(document) else ([], {})
    except (OSError, ValueError):
        return Memory()
    return Memory(forms if code == _CODE else None)


def save(state_dir: Path, memory: Memory) -> None:
    """Remember what was learnt, if anything was; a full disk costs nothing but time."""
    if memory.has_learnt:
        document = json.dumps([_CODE, memory.forms()]).encode()
        leave(state_dir / NAME, _digest(document) + b"\n" + document)


def _digest(document: bytes) -> bytes:
    return blake2b(document, digest_size=16).hexdigest().encode()
