"""Every attack that the log is to withstand has a test that names it."""

from pathlib import Path

import re2

TESTS = Path(__file__).parent.parent
ATTACKS = {f"{number:02d}" for number in range(1, 43)}
NAME = re2.compile(r"(?:\b|_)[Mm]([0-4][0-9])(?:\b|_)")


def test_every_attack_has_a_test_that_names_it():
    texts = [path.read_text() for path in TESTS.rglob("test_*.py") if path.name != Path(__file__).name]
    assert sorted(ATTACKS - {name for text in texts for name in NAME.findall(text)}) == []
