"""The written message families, loaded and checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import yaml

from aiops_agent.training.slots import FILLERS

FAMILIES = Path(__file__).resolve().parent / "families"

PROVOKED = FAMILIES / "provoked"
"""What programs really wrote; made by `provoke`."""

TRACED = frozenset({"java", "python", "go", "node", "php", "ruby", "dotnet", "rust"})
"""Runtimes whose exceptions can be printed as traces."""

RUNTIMES = TRACED | {"c", "kernel", "shell", "systemd", "native", "json"}


@dataclass(frozen=True, slots=True)
class Family:
    """Ways in which one piece of software words one condition."""

    id: str
    """`category/id`: what a split keeps apart."""

    category: str
    system: str
    runtime: str
    locale: str
    bodies: tuple[str, ...]
    exceptions: tuple[str, ...]
    says: tuple[str, ...]


def load_families(folder: Path = FAMILIES) -> list[Family]:
    """Return every family, sorted by file: the written ones, then those of its folder `provoked`.

    Raises:
        ValueError: A family has an unknown runtime or slot, or neither bodies nor exceptions.
    """
    paths = (*sorted(folder.glob("*.yaml")), *sorted((folder / PROVOKED.name).glob("*.yaml")))
    return [family for path in paths for family in _read(path)]


def _read(path: Path) -> Iterator[Family]:
    written = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for entry in written["families"]:
        family = Family(
            id=f"{written['category']}/{entry['id']}",
            category=written["category"],
            system=entry["system"],
            runtime=entry["runtime"],
            locale=entry["locale"],
            bodies=tuple(entry.get("bodies", ())),
            exceptions=tuple(entry.get("exceptions", ())),
            says=tuple(entry.get("says", ())),
        )
        _check(family, path)
        yield family


def _check(family: Family, path: Path) -> None:
    if family.runtime not in RUNTIMES:
        raise ValueError(f"{path}: {family.id}: runtime {family.runtime}; one of {sorted(RUNTIMES)}")
    if not family.bodies and not family.exceptions:
        raise ValueError(f"{path}: {family.id}: needs bodies or exceptions")
    if family.exceptions and family.runtime not in TRACED:
        raise ValueError(f"{path}: {family.id}: exceptions need one of the runtimes {sorted(TRACED)}")
    for text in (*family.bodies, *family.exceptions, *family.says):
        unknown = {slot for _, slot, _, _ in Formatter().parse(text) if slot is not None} - FILLERS.keys()
        if unknown:
            raise ValueError(f"{path}: {family.id}: unknown slots {sorted(unknown)}")
