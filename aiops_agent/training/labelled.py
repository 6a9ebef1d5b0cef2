"""Labelled records, read from a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiops_agent.errors import UsageError

SLICES = ("locale", "hard", "runtime")
"""Fields by which the figures are told apart where a file has them."""

_FORM = 'each line is {"id": ..., "text": ..., "category": ..., "also_ok": [...]}'


@dataclass(frozen=True, slots=True)
class Labelled:
    """One record and what it means."""

    id: str
    text: str
    category: str
    also_ok: tuple[str, ...]
    slices: Mapping[str, str]
    """What the line says of `SLICES`, in words; empty: nothing."""

    def fits(self, answer: str) -> bool:
        """Tell whether an answer is right: it is the category, or one that a careful reader could defend as well."""
        return answer == self.category or answer in self.also_ok


def read_labelled(path: Path) -> list[Labelled]:
    """Return the labelled records of a JSON Lines file.

    Raises:
        UsageError: It cannot be read, is empty, or a line is not `{"id", "text", "category"}`; the line is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a text may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    records = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            records.append(_record(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise UsageError(f"{path}:{number}: not a labelled record: {error}", hint=_FORM) from error
    if not records:
        raise UsageError(f"{path} holds no labelled records")
    return records


def _record(entry: Mapping[str, object]) -> Labelled:
    also_ok = entry.get("also_ok") or ()
    if not isinstance(also_ok, list | tuple):
        raise TypeError("also_ok is not a list")
    text, category = entry["text"], entry["category"]
    if not isinstance(text, str) or not isinstance(category, str):
        raise TypeError("text and category are not words")
    said = {name: str(entry[name]).lower() for name in SLICES if isinstance(entry.get(name), str | bool)}
    return Labelled(str(entry["id"]), text, category, tuple(map(str, also_ok)), said)
