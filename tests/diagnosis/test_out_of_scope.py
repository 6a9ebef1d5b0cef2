"""What is no error record is abstained from: prose, other languages, markup, bytes, orders to the agent."""

import json
from pathlib import Path

import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.diagnose import load_classifier
from aiops_agent.diagnosis.encoder import load_encoder

TEXTS = [json.loads(line) for line in Path(__file__).with_name("out_of_scope.jsonl").read_text().splitlines()]
"""Written for this test. The half `open` was looked at while the families were written, the half `judged` was not, but
for orders to the agent, whose kind became signs when an encoder took one of them for a fault."""

ACTED_ON = 0.02


@pytest.fixture(scope="module")
def acted_on():
    predictions = load_classifier(load_encoder(MODELS)).classify([each["text"] for each in TEXTS])
    return {each["id"] for each, prediction in zip(TEXTS, predictions, strict=True) if not prediction.abstained}


def test_the_set_is_wide_and_half_of_it_is_judged():
    assert len(TEXTS) >= 150
    assert len({each["text"] for each in TEXTS}) == len({each["id"] for each in TEXTS}) == len(TEXTS)
    halves = [{each["id"].rsplit("-", 1)[0] for each in TEXTS if each["half"] == half} for half in ("open", "judged")]
    assert halves[0] == halves[1], "every kind is in both"


@pytest.mark.parametrize("halves", [("judged",), ("open", "judged")])
def test_hardly_any_of_it_is_acted_on(acted_on, halves):
    texts = [each["id"] for each in TEXTS if each["half"] in halves]
    wrong = [name for name in texts if name in acted_on]
    assert len(wrong) <= ACTED_ON * len(texts), wrong


def test_no_order_to_the_agent_is_acted_on(acted_on):
    assert not [name for name in acted_on if name.startswith("instructions")]
