"""The verifier under `tools/`, which knows of the product only the specification."""

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from aiops_agent.model.audit import Anchor

TOOL = Path(__file__).parents[2] / "tools" / "verify_audit.py"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("verify_audit", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


tool = _load()


def judge(
    audit: Path,
    *anchors: Anchor,
    genesis: bytes = b"",
    wrapping: Sequence[bytes] = (),
    auditors: Sequence[bytes] = (),
) -> Mapping[str, Any]:
    """Return its verdict on the log in a folder."""
    heads: dict[int, set[str]] = {}
    for anchor in anchors:
        heads.setdefault(anchor.records, set()).add(anchor.head)
    return tool.Log(genesis, list(wrapping), list(auditors)).verify(sorted(audit.iterdir()), heads)


def judge_with_keys(audit: Path, keys: Path, *anchors: Anchor) -> Mapping[str, Any]:
    """Return its verdict with the wrapping key and the pinned genesis key of a folder."""
    wrapping = [(keys / "wrapping.key").read_bytes()]
    return judge(audit, *anchors, genesis=(keys / "genesis.pub").read_bytes(), wrapping=wrapping)


def kind_of(verdict: Mapping[str, Any]) -> str:
    return verdict["first_bad"]["kind"] if verdict["first_bad"] else "intact"
