import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from aiops_agent.training.evaluate import evaluate

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
    found = evaluate(path, baselines=False)
    assert (found.records, found.accuracy) == (3, pytest.approx(0.6667))
    assert [(one.is_, one.taken_for, one.times) for one in found.confusions] == [("disk_full", "dns_failure", 1)]
    assert sum(band.answers for band in found.reliability) == 3
    assert json.dumps(found.as_json())


RECORDS = [
    {"id": 1, "text": "no space left on device", "category": "disk_full", "locale": "en", "hard": False},
    {"id": 2, "text": "磁盘空间不足", "category": "disk_full", "locale": "zh", "hard": False},
    {"id": 3, "text": "connect: connection refused", "category": "timeout", "locale": "en", "hard": True},
]


def test_records_are_told_apart_by_what_their_lines_say(tmp_path):
    found = evaluate(write(tmp_path / "a.jsonl", *RECORDS), baselines=False)
    parts = {(one.field, one.value): (one.accuracy.times, one.accuracy.of) for one in found.slices}
    assert parts == {
        ("locale", "en"): (1, 2),
        ("locale", "zh"): (1, 1),
        ("hard", "false"): (2, 2),
        ("hard", "true"): (0, 1),
    }


def test_every_share_has_an_interval_around_it(tmp_path):
    found = evaluate(write(tmp_path / "a.jsonl", *RECORDS), baselines=False)
    shares = [*found.intervals.values(), *(way.accuracy for way in found.ways)]
    assert all(one.low <= one.share <= one.high for one in shares)
    assert found.intervals["accuracy"].share == found.accuracy


def test_the_surer_an_answer_must_be_the_fewer_there_are(tmp_path):
    found = evaluate(write(tmp_path / "a.jsonl", *RECORDS), baselines=False)
    borne = [one.coverage.times for one in found.sure_for]
    assert [one.risk for one in found.sure_for] == ["low", "medium", "high", "critical"]
    assert borne == sorted(borne, reverse=True)
    assert borne[0] == found.intervals["coverage"].times


@pytest.mark.slow
def test_signs_and_model_alone_and_the_simpler_ways_stand_beside_each_other(tmp_path):
    found = evaluate(write(tmp_path / "a.jsonl", *RECORDS))
    ways = {way.name: way for way in found.ways}
    assert list(ways) == [
        "signs and model", "signs only", "model only", "31 keyword patterns", "TF-IDF and linear", "nearest family",
    ]  # fmt: skip
    linear = ways["TF-IDF and linear"]
    assert (linear.accuracy is None) == (linear.needs == ".[train]") == (find_spec("sklearn") is None)
    assert all(way.accuracy.of == 3 for way in found.ways if not way.needs)
    assert json.dumps(found.as_json())


@pytest.mark.skipif(not DEV.exists(), reason="the labelled records are not in the project")
def test_the_shipped_model_is_as_good_as_its_card_says():
    found = evaluate(DEV, baselines=False)
    assert found.accuracy >= 0.95
    assert found.coverage >= 0.88
    assert found.accuracy_where_sure >= 0.99
