"""The tail matrix has 46 cases, and each has a test that is named for it."""

import ast
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
CASES = [f"t{number:02}" for number in range(1, 47)]


def test_every_case_of_the_matrix_has_a_test():
    found = {
        word
        for file in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_t")
        for word in node.name.split("_")
    }
    assert [case for case in CASES if case not in found] == []
