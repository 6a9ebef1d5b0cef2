"""The bound at which a record follows an exemplar holds for the encoder that is shipped."""

import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.exemplars import CONFIDENCE, NEAR
from aiops_agent.training.family import load_families
from aiops_agent.training.nearness import caught, of_other_faults, of_the_same, pairs, rendered

MOST_WRONG = 0.005
"""Of the records: taken for another category."""


@pytest.fixture(scope="module")
def renderings():
    return rendered(load_families()[::12], load_encoder(MODELS))


@pytest.mark.slow
def test_other_faults_are_not_caught(renderings):
    near, among = pairs(renderings, NEAR)
    assert among > 100_000
    assert near / among <= MOST_WRONG
    found = caught(*of_other_faults(renderings, len(renderings.families)), NEAR)
    assert found.wrong / found.records <= MOST_WRONG


@pytest.mark.slow
def test_what_is_caught_is_right_as_often_as_is_said(renderings):
    cosines, right = of_the_same(renderings, 10_000, times=1)
    for bound, confidence in CONFIDENCE:
        found = caught(cosines, right, bound)
        assert found.caught > 50
        assert found.wrong / found.caught <= 1 - confidence + 0.01  # a small sample
