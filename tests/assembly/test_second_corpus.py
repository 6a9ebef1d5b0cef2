"""A second corpus of what real runtimes print as they fall, by another hand than the first (`test_accuracy`).

It was written without sight of the code that reads it now, and held against that code before anything was mended for
it: 365 of its 418 failures were found whole, recall 0.873, precision 0.877. Mended by kind since: heads of two lines
(java.util.logging), messages of several lines in a chain, classes that do not call themselves errors, Monolog's
channels, levels of three letters. What is left is named by the figure: it is to be raised, not the floor lowered.
`tests/corpora/make_second.py` ran the programs and wrote down the truth.
"""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from aiops_agent.assembly.assemble import MOST_LINES, Assembler, Assembly
from aiops_agent.assembly.heads import SAMPLE
from aiops_agent.assembly.redact import redact
from aiops_agent.assembly.shapes import text_of

PRODUCED = Path(__file__).parent.parent / "corpora" / "second"
FILES = sorted(PRODUCED.glob("*.log"))
AT_LEAST = 0.949


@dataclass(frozen=True)
class Score:
    """Failures that happened, records that were made, and those of them that hold exactly one failure."""

    failures: Counter[str]
    records: Counter[str]

    @property
    def right(self) -> int:
        return (self.failures & self.records).total()

    def __str__(self) -> str:
        lost, made_up = self.failures - self.records, self.records - self.failures
        shares = f"{self.failures.total()} failures, recall {self.recall:.4f}, precision {self.precision:.4f}"
        listed = [f"\n--- {kind}\n{text}" for kind, texts in (("LOST", lost), ("WRONG", made_up)) for text in texts]
        return shares + "".join(listed)

    @property
    def recall(self) -> float:
        return self.right / self.failures.total()

    @property
    def precision(self) -> float:
        return self.right / self.records.total()


def blocks(text: str) -> list[tuple[dict[str, object], str]]:
    """Return what was printed, part by part, with what is known of each."""
    parts = [part.partition("\n") for part in ("\n" + text).split("\n#= ")[1:]]
    return [(json.loads(told), body + "\n") for told, _, body in parts]


def as_kept(printed: str) -> str:
    """Return a failure as its record holds it: JSON decoded, secrets replaced, the longest cut."""
    return _without_ruler(redact(text_of("".join(printed.splitlines(keepends=True)[:MOST_LINES]).encode())))


def _without_ruler(text: str) -> str:
    """Leave out the line that sanitizers rule off their reports with: to the first corpus it is part of them."""
    first, _, rest = text.partition("\n")
    return rest if first and not first.strip("=") else text


@cache
def score(file: Path) -> Score:
    """Hold the records of one file, read as a whole, against what happened."""
    told = blocks(file.read_text("utf-8"))
    failures = Counter(as_kept(text) for known, text in told if known["lines"])
    return Score(failures, records("".join(text for _, text in told).encode()))


def assembler(log: bytes) -> Assembler:
    return Assembly().stretch(0, 0, 0, sample=log[:SAMPLE])


def records(log: bytes) -> Counter[str]:
    """Return every record of a log, asked for line by line so that no two are counted as one."""
    reading, found = assembler(log), Counter[str]()
    for line in [*log.splitlines(keepends=True), b""]:
        reading.feed(line) if line else reading.finish(final=True)
        for sighting in reading.take().sightings:
            assert sighting.count == 1
            found[_without_ruler(sighting.text)] += 1
    return found


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_log_read_at_once_holds_as_many_records(file):
    log = "".join(text for _, text in blocks(file.read_text("utf-8"))).encode()
    reading = assembler(log)
    reading.feed(log)
    reading.finish(final=True)
    assert sum(sighting.count for sighting in reading.take().sightings) == score(file).records.total()


@pytest.mark.parametrize("length", [97, 4_099])
@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_a_log_that_arrives_in_pieces_holds_the_same_records(file, length):
    log = "".join(text for _, text in blocks(file.read_text("utf-8"))).encode()
    reading = assembler(log)
    for at in range(0, len(log), length):
        reading.feed(log[at : at + length])
    reading.finish(final=True)
    found = {_without_ruler(sighting.text): sighting.count for sighting in reading.take().sightings}
    assert sum(found.values()) == score(file).records.total()
    assert set(found) <= set(score(file).records)


def test_recall_and_precision_over_all_runtimes_are_as_promised(capsys):
    whole = Score(
        sum((score(file).failures for file in FILES), Counter()),
        sum((score(file).records for file in FILES), Counter()),
    )
    with capsys.disabled():
        print(f"\n{whole.failures.total()} failures: recall {whole.recall:.4f}, precision {whole.precision:.4f}")
    assert whole.failures.total() >= 200
    assert min(whole.recall, whole.precision) >= AT_LEAST
