"""The attack cases of the first four families are 68, and each has a test that is named for it."""

import ast
from itertools import takewhile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
FAMILIES = {"a": 16, "b": 22, "c": 15, "d": 15}
"""A: from a log to a decision. B: into commands, paths and templates. C: files, links and races. D: whom is trusted."""

CASES = {f"{family}{number:02}" for family, last in FAMILIES.items() for number in range(1, last + 1)}


def test_every_attack_has_a_test_that_is_named_for_it():
    named = {
        word
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        for word in takewhile(lambda word: word in CASES, node.name.split("_")[1:])
    }
    assert sorted(CASES - named) == []
