import json
import shutil

import numpy as np
import pytest

from aiops_agent.diagnosis.artefact import MODELS, write_manifest
from aiops_agent.diagnosis.diagnose import load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.head import FORMAT, load_head, save_head
from aiops_agent.errors import ModelError
from aiops_agent.model.risk import Risk
from aiops_agent.noun import replace


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
    assert head.thresholds.shape == (4, 2)
    assert (head.thresholds[1:] >= head.thresholds[:-1]).all()


def test_a_saved_head_loads_back_the_same(tmp_path):
    head = load_head(MODELS)
    save_head(head, tmp_path / "head.npz")
    write_manifest(tmp_path)
    again = load_head(tmp_path)
    assert again.categories == head.categories
    assert np.array_equal(again.lexical, head.lexical)
    assert np.array_equal(again.dense, head.dense)
    assert np.array_equal(again.thresholds, head.thresholds)


def test_an_altered_head_is_refused_by_name(tmp_path):
    shutil.copy(MODELS / "head.npz", tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"sha256": {"head.npz": "0" * 64}}))
    with pytest.raises(ModelError, match=r"head\.npz is not the one"):
        load_head(tmp_path)


def test_a_head_that_is_not_whole_is_refused(tmp_path):
    np.savez(tmp_path / "head.npz", format=np.int64(FORMAT), categories=np.array(["a"]))
    write_manifest(tmp_path)
    with pytest.raises(ModelError, match="does not load"):
        load_head(tmp_path)


@pytest.mark.parametrize("changed", [{"format": np.int64(1)}, {"thresholds": np.array(0.7)}, {"joint": np.zeros(3)}])
def test_a_head_of_another_version_is_refused(tmp_path, changed):
    with np.load(MODELS / "head.npz") as stored:
        np.savez(tmp_path / "head.npz", **{**stored, **changed})
    write_manifest(tmp_path)
    with pytest.raises(ModelError, match=r"head\.npz was made for another version"):
        load_head(tmp_path)


def test_a_head_from_before_there_was_a_threshold_for_each_risk_is_refused(tmp_path):
    with np.load(MODELS / "head.npz") as stored:
        old = {name: stored[name] for name in stored if name not in ("format", "thresholds")}
        np.savez(tmp_path / "head.npz", **old, threshold=np.float64(0.69))
    write_manifest(tmp_path)
    with pytest.raises(ModelError, match=r"head\.npz was made for another version"):
        load_head(tmp_path)


GRADED = np.array([[0.6, 0.6], [np.inf, 0.8], [np.inf, 0.9], [np.inf, np.inf]])


@pytest.mark.parametrize(
    ("probability", "stated", "risk"),
    [
        (0.59, True, None),
        (0.6, False, Risk.LOW),
        (1.0, False, Risk.LOW),
        (0.6, True, Risk.LOW),
        (0.8, True, Risk.MEDIUM),
        (1.0, True, Risk.HIGH),
    ],
)
def test_the_surer_the_higher_the_risk_and_what_was_never_shown_is_never_enough(probability, stated, risk):
    head = replace(load_head(MODELS), thresholds=GRADED)
    assert head.sure_for(probability, stated=stated) is risk
    assert head.threshold == 0.6


def test_a_decisive_sign_makes_an_answer_sure_enough_for_more_than_the_model_alone(classifier):
    [stated] = classifier.classify(["write failed: No space left on device"])
    assert stated.sure_for >= Risk.MEDIUM
    alone = replace(classifier.opinions(["write failed: No space left on device"])[0], signs=())
    assert classifier.predict(alone).sure_for is Risk.LOW
    assert classifier.predict(alone).confidence == stated.confidence


def test_abstaining_is_being_sure_enough_for_nothing(classifier):
    texts = ["write: no space left on device", "the peer went away, or never was there", "something is wrong", ""]
    for prediction, opinion in zip(classifier.classify(texts), classifier.opinions(texts), strict=True):
        said = classifier.head.categories[int(opinion.probabilities.argmax())]
        below = prediction.confidence < classifier.head.threshold
        assert prediction.abstained == (said == "unknown" or below)
