"""What runs as root is small enough to be read in one sitting."""

import ast
import tokenize
from pathlib import Path

import pytest

from aiops_agent import executor

MOST = 1000
"""Lines of code of the whole room: what is said to readers and what is named to be used is not counted."""

_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def lines_of_code(path: Path) -> int:
    """Return how many lines hold code: not blank, no comment, no docstring, no import."""
    with path.open("rb") as file:
        tokens = [each for each in tokenize.tokenize(file.readline) if each.type not in {*_LAYOUT, tokenize.ENCODING}]
    code = {line for each in tokens for line in range(each.start[0], each.end[0] + 1)}
    for node in ast.walk(ast.parse(path.read_bytes())):
        is_said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_said or isinstance(node, ast.Import | ast.ImportFrom):
            code.difference_update(range(node.lineno, node.end_lineno + 1))
    return len(code)


def test_the_root_executor_can_be_read_in_one_sitting():
    [room] = executor.__path__
    counted = {path.name: lines_of_code(path) for path in Path(room).glob("*.py")}
    assert len(counted) > 5
    assert sum(counted.values()) <= MOST, counted


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", 0),
        ('"""Said."""\n\n# said too\nimport os\nfrom os import (\n    path,\n)\n', 0),
        ('def f():\n    """Said."""\n    return (\n        1\n    )  # one\n', 4),
        ('LIMIT = 1\n"""Seconds."""\n', 1),
        ('TEXT = """\na\n\nb\n"""\n', 5),
        ("a = 1; b = 2\n", 1),
    ],
)
def test_what_is_counted_is_code(tmp_path, text, lines):
    (tmp_path / "module.py").write_text(text)
    assert lines_of_code(tmp_path / "module.py") == lines
