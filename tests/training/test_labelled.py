import json

import pytest

from aiops_agent.errors import UsageError
from aiops_agent.training.labelled import read_labelled

FIRST = '{"id": 1, "text": "x", "category": "y"}\n'


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "[" * 100_000,
        '{"id": 1, "text": "x"}',
        '{"id": 1, "text": "x", "category": "y", "also_ok": 3}',
        '{"id": 1, "text": "x", "category": "y", "also_ok": "timeout"}',
        '{"id": 1, "text": 7, "category": "y"}',
    ],
)
def test_a_line_that_is_no_labelled_record_is_named(tmp_path, line):
    (tmp_path / "a.jsonl").write_text(FIRST + line, encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.jsonl:2"):
        read_labelled(tmp_path / "a.jsonl")


def test_a_file_that_is_missing_or_empty_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.jsonl cannot be read"):
        read_labelled(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(UsageError, match="no labelled records"):
        read_labelled(tmp_path / "empty.jsonl")


def test_a_line_separator_inside_a_text_does_not_end_the_line(tmp_path):
    record = {"id": 1, "text": "one\u2028two\x85three", "category": "timeout"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    [found] = read_labelled(tmp_path / "a.jsonl")
    assert found.text == record["text"]


def test_only_fields_that_are_there_are_slices(tmp_path):
    record = {"id": 1, "text": "x", "category": "y", "hard": True, "locale": "zh", "runtime": None, "system": "nginx"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record), encoding="utf-8")
    [found] = read_labelled(tmp_path / "a.jsonl")
    assert found.slices == {"hard": "true", "locale": "zh"}
