import json
import shutil

import numpy as np
import pytest

from aiops_agent.diagnosis.artefact import MODELS, write_manifest
from aiops_agent.diagnosis.diagnose import load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.head import load_head, save_head
from aiops_agent.errors import ModelError


@pytest.fixture(scope="module")
def classifier():
    return load_classifier(load_encoder(MODELS))


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("ERROR could not extend file: No space left on device", "disk_full"),
        ("x.OrderException: failed\nCaused by: java.net.ConnectException: Connection refused", "connection_refused"),
        ("dial tcp: lookup db on 10.0.0.2:53: no such host", "dns_failure"),
        ("Out of memory: Killed process 812 (java) total-vm:1kB", "out_of_memory"),
        ('nginx: [emerg] unknown directive "foo" in /etc/nginx/nginx.conf:3', "config_error"),
        ("数据库连接失败: 连接池已满, 无法获取连接", "pool_exhausted"),
    ],
)
def test_plain_cases_are_answered_and_not_abstained_from(classifier, text, category):
    (prediction,) = classifier.classify([text])
    assert prediction.category == category
    assert not prediction.abstained


def test_the_sign_that_decided_is_named(classifier):
    (prediction,) = classifier.classify(["write failed: no space left on device"])
    assert prediction.decided_by == "sign: no space left on device"


def test_a_record_that_says_nothing_is_unknown(classifier):
    (prediction,) = classifier.classify(["the thing did not go as planned"])
    assert prediction.category == "unknown"
    assert prediction.decided_by == "model"


def test_a_record_between_two_meanings_is_abstained_from(classifier):
    (prediction,) = classifier.classify(["the operation failed: connection lost or timed out, or perhaps denied"])
    assert prediction.abstained


def test_alternatives_are_the_next_best_and_do_not_repeat_the_answer(classifier):
    (prediction,) = classifier.classify(["the connection to the database was closed or timed out"])
    confidences = [prediction.confidence, *(other.confidence for other in prediction.alternatives)]
    assert confidences == sorted(confidences, reverse=True)
    assert prediction.category not in {other.category for other in prediction.alternatives}


def test_the_order_of_the_records_is_kept(classifier):
    texts = ["no space left on device", "connection refused", "no such host is known", "too many open files"] * 80
    assert [one.category for one in classifier.classify(texts)] == [
        one.category for one in classifier.classify(texts[:4])
    ] * 80


def test_probabilities_sum_to_one(classifier):
    for opinion in classifier.opinions(["a", "disk full", ""]):
        assert opinion.probabilities.sum() == pytest.approx(1, abs=1e-4)
        assert opinion.by_model.sum() == pytest.approx(1, abs=1e-4)


def test_no_records_give_no_predictions(classifier):
    assert classifier.classify([]) == []


def test_hostile_text_is_only_text(classifier):
    (prediction,) = classifier.classify(["{0.__class__} %s $(rm -rf /) {{7*7}} \x00\ud800" + "A" * 50_000])
    assert 0 <= prediction.confidence <= 1


def test_the_head_knows_the_31_categories():
    head = load_head(MODELS)
    assert len(head.categories) == 31
    assert 0 < head.threshold < 1


def test_a_saved_head_loads_back_the_same(tmp_path):
    head = load_head(MODELS)
    save_head(head, tmp_path / "head.npz")
    write_manifest(tmp_path)
    again = load_head(tmp_path)
    assert again.categories == head.categories
    assert np.array_equal(again.lexical, head.lexical)
    assert np.array_equal(again.dense, head.dense)


def test_an_altered_head_is_refused_by_name(tmp_path):
    shutil.copy(MODELS / "head.npz", tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"sha256": {"head.npz": "0" * 64}}))
    with pytest.raises(ModelError, match=r"head\.npz is not the one"):
        load_head(tmp_path)


def test_a_head_of_another_version_is_refused(tmp_path):
    np.savez(tmp_path / "head.npz", categories=np.array(["a"]))
    write_manifest(tmp_path)
    with pytest.raises(ModelError, match="does not load"):
        load_head(tmp_path)
