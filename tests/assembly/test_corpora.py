"""Records that real programs print, and what must not be taken for one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.model.event import Sighting

CORPORA = Path(__file__).parent.parent / "corpora"


def blocks() -> Iterator[tuple[str, dict[str, object], str]]:
    for file in sorted(CORPORA.glob("*.log")):
        for number, part in enumerate(file.read_text().split("#= ")[1:], start=1):
            expected, _, text = part.partition("\n")
            yield f"{file.stem}-{number}", json.loads(expected), text


BLOCKS = list(blocks())


def sightings(text: str) -> list[Sighting]:
    assembler = Assembly().stretch(0, 0, 0)
    assembler.feed(text.encode())
    assembler.finish(final=False)
    return list(assembler.take().sightings)


@pytest.mark.parametrize(("expected", "text"), [b[1:] for b in BLOCKS], ids=[b[0] for b in BLOCKS])
def test_a_block_is_one_record_or_none(expected, text):
    found = [(s.severity.label, s.count, s.text.count("\n") + 1) for s in sightings(text)]
    if expected["lines"] == 0:
        assert found == []
    elif text.startswith("{"):
        assert [(severity, count) for severity, count, _ in found] == [(expected["severity"], 1)]
    else:
        assert found == [(expected["severity"], 1, expected["lines"])]


def test_blocks_that_follow_each_other_are_told_apart():
    for file in sorted(CORPORA.glob("*.log")):
        mine = [(expected, text) for name, expected, text in BLOCKS if name.rpartition("-")[0] == file.stem]
        assert sum(s.count for s in sightings("".join(text for _, text in mine))) == sum(
            expected["lines"] != 0 for expected, _ in mine
        ), file.stem
