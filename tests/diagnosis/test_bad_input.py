"""Whatever a log holds: an answer or an abstention, in bounded time, never an exception."""

import base64
import json
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import load_articles
from aiops_agent.diagnosis.condense import MAX_CHARACTERS, MAX_DEPTH, condense
from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.vectors import SHIPPED

BOUND = 1.0
"""Seconds of processor time for one record, whatever is in it; measured: 0.13 at the most."""

KNOWLEDGE_BASE = Path(__file__).parents[2] / "knowledge_base"
MEGABYTE = 1 << 20
BYTES = Random(1).randbytes(MEGABYTE)

HOSTILE = {
    "nothing": "",
    "blanks": " " * MEGABYTE,
    "line ends": "\n\t" * (MEGABYTE // 2),
    "one letter": "a" * MEGABYTE,
    "digits": "1" * MEGABYTE,
    "NULs": "\0" * MEGABYTE,
    "lines": "error x\n" * (MEGABYTE // 8),
    "frames": "\tat com.acme.A.b(A.java:1)\n" * 40_000,
    "causes": "Caused by: x\n" * 80_000,
    "Chinese": "磁盘空间不足" * 180_000,
    "combining characters": "a" + "\u0301" * 1_000_000,
    "lone surrogates": "\ud800" * MEGABYTE,
    "line separators": "\u2028" * 100_000,
    "colours": "\x1b[" + "1;" * 500_000,
    "escaped line ends": "\\n" * 500_000,
    "markup": "<div class='a'>" * 70_000,
    "base64": base64.b64encode(BYTES).decode(),
    "bytes": BYTES.decode("latin-1"),
    "braces": "{" * MEGABYTE,
    "deep objects": '{"a":' * 2_400 + "1" + "}" * 2_400,
    "objects as deep as JSON goes": '{"a":' * 900 + '"no space left on device"' + "}" * 900,
    "deep lists": '{"a":' + "[" * 5_000 + "]" * 5_000 + "}",
    "a huge number": '{"a":' + "9" * 5_000 + "}",
    "signs": "no space left on device " * 40_000,
    "heads": "- " * 500_000,
    "colons": "a: " * 300_000,
    "emoji": "😀" * 300_000,
}


@pytest.fixture(scope="module")
def classifier():
    return load_classifier(load_encoder(MODELS))


@pytest.mark.parametrize("name", HOSTILE)
def test_any_megabyte_is_answered_or_abstained_from_in_bounded_time(classifier, name):
    began = time.process_time()
    [prediction] = classifier.classify([HOSTILE[name]])
    assert time.process_time() - began < BOUND
    assert prediction.category in classifier.head.categories
    assert 0 <= prediction.confidence <= 1


@pytest.fixture(scope="module")
def diagnostician(classifier):
    encoder = load_encoder(MODELS)
    shelf = load_articles([KNOWLEDGE_BASE])
    return LocalDiagnostician(classifier, encoder, shelf, None, shipped=KNOWLEDGE_BASE / SHIPPED)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_megabyte_is_looked_for_in_the_knowledge_base_in_bounded_time(diagnostician, name):
    began = time.process_time()
    [diagnosis] = diagnostician.diagnose([HOSTILE[name]], ["shop.service"])
    assert time.process_time() - began < BOUND
    assert all(0 <= citation.score <= 1 for citation in diagnosis.citations)


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - {"Chinese", "signs", "objects as deep as JSON goes"}))
def test_what_says_nothing_is_abstained_from(classifier, name):
    [prediction] = classifier.classify([HOSTILE[name]])
    assert prediction.abstained


def test_a_record_of_only_chinese_is_answered(classifier):
    [prediction] = classifier.classify(["磁盘空间不足，无法写入文件"])
    assert (prediction.category, prediction.abstained) == ("disk_full", False)


def nested(depth: int) -> str:
    value: object = "the innermost"
    for _ in range(depth):
        value = {"a": value}
    return json.dumps({"msg": "the outermost", "nested": value})


def test_objects_within_objects_are_looked_into_so_far_and_no_further():
    assert "the innermost" in condense(nested(MAX_DEPTH)).text
    assert condense(nested(MAX_DEPTH + 1)).text == "msg: the outermost"


ANYTHING = st.text(st.characters(), max_size=400) | st.binary(max_size=400).map(lambda raw: raw.decode("latin-1"))
WORDS = ("\n", "Caused by: ", '{"a": ', "}", "\x1b[", "\\n", "Next X:", " at a(b:1)")
PIECES = st.lists(ANYTHING | st.sampled_from(WORDS))


@given(PIECES.map("".join))
@settings(max_examples=300, deadline=None)
def test_of_any_text_there_is_something_stated_and_it_is_bounded(text):
    found = condense(text)
    assert found.parts
    assert len(found.text) <= 2 * MAX_CHARACTERS
    found.text.encode()


@given(st.lists(PIECES.map("".join), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_of_any_text_there_is_a_prediction(classifier, texts):
    predictions = classifier.classify(texts)
    assert len(predictions) == len(texts)
    assert all(0 <= one.confidence <= 1 for one in predictions)
    assert all(one.abstained for one in predictions if one.category == "unknown")
