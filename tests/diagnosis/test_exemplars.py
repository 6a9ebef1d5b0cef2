"""What is near what a person has named is taken for the same, and other faults are not."""

import numpy as np
import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.articles import Shelf
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.exemplars import CONFIDENCE, NEAR, NOTHING_NAMED, Recollection, confidence_at, taken_for
from aiops_agent.model.diagnosis import Alternative, Prediction
from aiops_agent.noun import replace
from aiops_agent.state.state import State
from aiops_agent.wiring.taught import Taught
from tests.build import FINGERPRINT, cipher
from tests.state.test_exemplars import OTHER, SAID

STUCK = "the widget of line four is stuck and does not move any more"
NEARLY = "a widget of line four is stuck and does not move any more now"
FULL = "the widget of line four is stuck and does not move any more: No space left on device"
ELSE = "the invoice could not be printed: nobody knows this printer"
MODEL = Prediction("timeout", 0.4, True, (Alternative("cpu_hang", 0.2), Alternative("disk_full", 0.1)), "model")


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(MODELS)


@pytest.fixture(scope="module")
def diagnostician(encoder):
    return LocalDiagnostician(load_classifier(encoder), encoder, Shelf((), ()), None)


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        yield opened


def taught(state: State, said=SAID, record: str = STUCK) -> Taught:
    with state.transaction():
        state.exemplars.keep(said, record)
    return Taught(state.exemplars, {}, keeps=True)


def predicted(diagnostician, memory, *records: str) -> list[Prediction]:
    return [found.prediction for found in diagnostician.diagnose(records, [None] * len(records), memory)]


def test_the_nearest_come_first_and_never_more_than_there_are():
    turned = np.array([[1, 0], [0.8, 0.6], [0, 1]], dtype=np.float32)
    named = Recollection(["a", "b", "c"], turned)
    [found, other] = named.nearest(np.array([[1, 0], [0, 1]], dtype=np.float32), most=2)
    assert [(name, round(cosine, 2)) for name, cosine in found] == [("a", 1.0), ("b", 0.8)]
    assert [name for name, _ in other] == ["c", "b"]
    assert [len(each) for each in named.nearest(turned, most=9)] == [3, 3, 3]
    assert NOTHING_NAMED.nearest(np.zeros((2, 384), dtype=np.float32)) == [[], []]


def test_among_ten_thousand_it_finds_each_again():
    vectors = np.random.default_rng(1).normal(size=(10_000, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    named = Recollection([str(number) for number in range(10_000)], vectors)
    assert [each[0][0] for each in named.nearest(vectors[:500])] == [str(number) for number in range(500)]


def test_the_nearer_the_surer_and_what_is_not_near_is_nothing():
    assert [confidence_at(cosine) for cosine in (1.0, 0.94, 0.93, NEAR, 0.83, -1.0)] == [0.99, 0.99, 0.97, 0.97, 0, 0]
    assert [bound for bound, _ in CONFIDENCE] == sorted((bound for bound, _ in CONFIDENCE), reverse=True)


def test_what_is_left_of_the_probability_is_shared_as_the_model_would():
    answer = taken_for(SAID, 0.95, MODEL)
    assert (answer.category, answer.confidence, answer.abstained) == ("disk_full", 0.99, False)
    assert [(other.category, other.confidence) for other in answer.alternatives] == [
        ("timeout", 0.0067),
        ("cpu_hang", 0.0033),
    ]
    assert answer.decided_by == "like what was relabelled by ada on 2026-11-23, incident inc-00000001 (cosine 0.95)"


def test_what_is_like_none_of_the_known_kinds_is_not_acted_on():
    assert taken_for(replace(SAID, category="unknown"), 0.99, MODEL).abstained


def test_a_near_record_follows_and_another_one_does_not(diagnostician, state):
    before = predicted(diagnostician, None, NEARLY, ELSE)
    near, other = predicted(diagnostician, taught(state), NEARLY, ELSE)
    assert (near.category, near.abstained) == ("disk_full", False)
    assert "incident inc-00000001 (cosine 0." in near.decided_by
    assert before[0].category != "disk_full"
    assert other == before[1]


def test_a_record_that_states_something_else_does_not_follow_however_near(diagnostician, encoder, state):
    memory = taught(state, replace(SAID, category="cpu_hang"), STUCK)
    pair = encoder.embed([condense(STUCK).brief, condense(FULL).brief])
    assert float(pair[0] @ pair[1]) > 0.7
    explanation = diagnostician.explain(FULL, None, memory)
    assert explanation.diagnosis.prediction.category == "disk_full"
    assert [neighbour.counts for neighbour in explanation.neighbours] == [False]


@pytest.mark.parametrize(
    ("named", "opposite"),
    [
        ("reconciliation of ledger 77 gave 12 differences", "reconciliation of ledger 78 gave no differences"),
        ("对账发现 12 处差异", "对账未发现差异"),
    ],
)
def test_the_opposite_of_what_was_named_does_not_follow(diagnostician, state, named, opposite):
    memory = taught(state, record=named)
    again, other = predicted(diagnostician, memory, f"{named}!", opposite)
    assert again.decided_by.startswith("like what was")
    assert not other.decided_by.startswith("like what was")


def test_of_two_that_are_near_the_nearer_counts(diagnostician, state):
    taught(state, OTHER, NEARLY)
    memory = taught(state)
    [answer] = predicted(diagnostician, memory, STUCK)
    assert (answer.category, answer.confidence) == ("disk_full", 0.99)


def test_what_was_computed_is_kept_and_not_computed_again(encoder, state):
    counting = Counting(encoder, encoder.identity)
    with state.transaction():
        taught_first = Taught(state.exemplars, {}, keeps=True)
        state.exemplars.keep(SAID, STUCK)
        [[(name, cosine)]] = taught_first.recollection(counting).nearest(encoder.embed([STUCK]))
    assert (name, round(cosine, 2), counting.asked) == (FINGERPRINT, 1.0, 1)
    known: dict = {}
    assert len(Taught(state.exemplars, known, keeps=True).recollection(counting)) == 1
    assert len(Taught(state.exemplars, known, keeps=True).recollection(counting)) == 1
    assert (counting.asked, len(known)) == (1, 1)


def test_another_encoder_computes_them_anew(encoder, state):
    memory = taught(state)
    with state.transaction():
        memory.recollection(encoder)
        upgraded = Counting(encoder, "an encoder of tomorrow")
        assert len(memory.recollection(upgraded)) == 1
    assert upgraded.asked == 1
    assert [bool(kept.vector) for kept in state.exemplars.vectors("an encoder of tomorrow")] == [True]
    assert [kept.vector for kept in state.exemplars.vectors(encoder.identity)] == [None]


def test_who_only_looks_keeps_nothing(encoder, state):
    taught(state)
    assert len(Taught(state.exemplars, {}, keeps=False).recollection(encoder)) == 1
    assert [kept.vector for kept in state.exemplars.vectors(encoder.identity)] == [None]


def test_what_is_taken_back_is_not_remembered(diagnostician, state):
    memory = taught(state)
    assert predicted(diagnostician, memory, NEARLY)[0].category == "disk_full"
    with state.transaction():
        state.exemplars.forget(FINGERPRINT)
    assert predicted(diagnostician, memory, NEARLY) == predicted(diagnostician, None, NEARLY)


class Counting:
    """An encoder under a name, that counts what it is asked."""

    def __init__(self, real, identity: str) -> None:
        self.identity = identity
        self.width = real.width
        self.asked = 0
        self._real = real

    def embed(self, texts):
        self.asked += len(texts)
        return self._real.embed(texts)
