import json
import os
from pathlib import Path

import numpy as np
import pytest

from aiops_agent.errors import UsageError
from aiops_agent.training.evaluate import calibration_error, evaluate, macro_f1, read_labelled

DEV = Path(os.environ.get("AIOPS_EVAL", Path(__file__).parents[3] / "shared" / "eval" / "dev.jsonl"))


def write(path: Path, *records: dict) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_a_right_answer_and_a_defensible_one_both_count(tmp_path):
    path = write(
        tmp_path / "a.jsonl",
        {"id": 1, "text": "no space left on device", "category": "disk_full"},
        {"id": 2, "text": "connect: connection refused", "category": "timeout", "also_ok": ["connection_refused"]},
        {"id": 3, "text": "no such host is known", "category": "disk_full", "also_ok": []},
    )
    found = evaluate(path)
    assert (found.records, found.accuracy) == (3, pytest.approx(0.6667))
    assert [(one.is_, one.taken_for, one.times) for one in found.confusions] == [("disk_full", "dns_failure", 1)]
    assert sum(band.answers for band in found.reliability) == 3
    assert json.dumps(found.as_json())


def test_macro_f1_weighs_categories_alike():
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx((6 / 7 + 0) / 2)
    assert macro_f1(["a", "b"], ["a", "b"]) == 1


def test_calibration_error_is_the_distance_of_confidence_from_truth():
    sure, right = np.full(10, 0.95), np.array([True] * 5 + [False] * 5)
    assert calibration_error(sure, right) == pytest.approx(0.45)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": 1, "text": "x"}', '{"id": 1, "text": "x", "category": "y", "also_ok": 3}']
)
def test_a_line_that_is_no_labelled_record_is_named(tmp_path, line):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "text": "x", "category": "y"}\n' + line, encoding="utf-8")
    with pytest.raises(UsageError, match=r"a\.jsonl:2"):
        read_labelled(tmp_path / "a.jsonl")


def test_a_file_that_is_missing_or_empty_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"none\.jsonl cannot be read"):
        read_labelled(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match="no labelled records"):
        read_labelled(write(tmp_path / "empty.jsonl"))


@pytest.mark.skipif(not DEV.exists(), reason="the labelled records are not in the project")
def test_the_shipped_model_is_as_good_as_its_card_says():
    found = evaluate(DEV)
    assert found.accuracy >= 0.92
    assert found.coverage >= 0.75
    assert found.accuracy_where_sure >= 0.97
