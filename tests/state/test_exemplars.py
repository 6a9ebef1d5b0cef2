"""What people said a fault is comes back as it was said, and from nobody else."""

from dataclasses import replace

import apsw
import pytest

from aiops_agent.errors import ForgedError
from aiops_agent.model.exemplar import Exemplar
from aiops_agent.model.incident import Outcome
from aiops_agent.state.actions import Action
from aiops_agent.state.database import MIGRATIONS, stamp
from aiops_agent.state.state import State
from tests.build import FINGERPRINT, NOW, cipher, incident

SAID = Exemplar(
    fingerprint=FINGERPRINT,
    category="disk_full",
    incident="inc-00000001",
    by="user:ada",
    said=NOW,
    title="the widget is stuck",
    article="disk-full",
    edition="first",
)
OTHER = replace(SAID, fingerprint="fedcba9876543210", category="storage_io", incident="inc-00000002")
RECORD = "the widget is stuck\nat position three, for a reason of its own"


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        yield opened


def keep(state: State, *exemplars: Exemplar) -> None:
    with state.transaction():
        for exemplar in exemplars:
            state.exemplars.keep(exemplar, RECORD)


def test_what_was_said_comes_back_with_its_record_the_last_first(state):
    keep(state, SAID, OTHER)
    assert state.exemplars.of(FINGERPRINT) == SAID
    assert state.exemplars.record(FINGERPRINT) == RECORD
    assert state.exemplars.all() == [OTHER, SAID]
    assert state.exemplars.count() == 2


def test_who_says_something_else_of_the_same_fault_is_heard(state):
    keep(state, SAID, replace(SAID, category="storage_io", by="user:bob"))
    assert [(said.category, said.by) for said in state.exemplars.all()] == [("storage_io", "user:bob")]


def test_every_change_has_another_number_and_taking_back_is_one(state):
    numbers = [state.exemplars.number()]
    for change in (lambda: state.exemplars.keep(SAID, RECORD), lambda: state.exemplars.forget(FINGERPRINT)):
        with state.transaction():
            change()
        numbers.append(state.exemplars.number())
    keep(state, SAID)
    assert [*numbers, state.exemplars.number()] == [0, 1, 2, 3]


def test_nothing_of_a_record_or_of_who_said_what_can_be_read_in_the_file(state, tmp_path):
    keep(state, SAID)
    with state.transaction():
        state.exemplars.keep_vector(FINGERPRINT, "encoder", b"the vector as it is")
    state.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("state.db*"))
    assert FINGERPRINT.encode() in kept
    for secret in (b"widget", b"position three", b"ada", b"the vector"):
        assert secret not in kept


@pytest.mark.parametrize("column", ["sealed", "record", "vector"])
def test_what_was_said_of_one_fault_is_not_taken_for_that_of_another(state, column):
    keep(state, SAID, OTHER)
    with state.transaction():
        for exemplar in (SAID, OTHER):
            state.exemplars.keep_vector(exemplar.fingerprint, "encoder", exemplar.category.encode())
    state.database.rows(
        f"UPDATE exemplars SET {column}=(SELECT {column} FROM exemplars WHERE fingerprint=?) WHERE fingerprint=?",
        OTHER.fingerprint,
        SAID.fingerprint,
    )
    read = {
        "sealed": lambda: state.exemplars.of(FINGERPRINT),
        "record": lambda: state.exemplars.record(FINGERPRINT),
        "vector": lambda: {kept.fingerprint: kept.vector for kept in state.exemplars.vectors("encoder")}[FINGERPRINT],
    }
    assert read[column]() is None
    assert isinstance(state.vault.failure, ForgedError)
    assert state.exemplars.of(OTHER.fingerprint) == OTHER


def test_a_vector_is_that_of_its_encoder_and_goes_when_something_else_is_said(state):
    keep(state, SAID)
    with state.transaction():
        state.exemplars.keep_vector(FINGERPRINT, "old", b"vector")
    assert [kept.vector for kept in state.exemplars.vectors("old")] == [b"vector"]
    assert [kept.vector for kept in state.exemplars.vectors("new")] == [None]
    keep(state, replace(SAID, category="storage_io"))
    assert [kept.vector for kept in state.exemplars.vectors("old")] == [None]
    assert state.vault.failure is None


def test_an_article_is_noted_with_what_it_was_found_among(state):
    keep(state, SAID)
    with state.transaction():
        state.exemplars.cite(FINGERPRINT, None, "second")
    assert state.exemplars.of(FINGERPRINT) == replace(SAID, article=None, edition="second")


def test_a_state_from_before_knows_for_which_fault_its_runs_were(tmp_path):
    before = apsw.Connection(str(tmp_path / "state.db"))
    for script in MIGRATIONS[:6]:
        before.execute(script)
    before.execute("PRAGMA user_version=6")
    before.execute(
        "INSERT INTO incidents (id, kind, fingerprint, status, category, confidence, abstained, severity, source, "
        "first_seen, last_seen, occurrences, evidence, decided_by, choice, decision, reason, notice) VALUES "
        "('inc-1', 'log', ?, 'closed', 'unknown', 0, 1, 17, '/log', 0, 0, 1, x'', '', '', '', '', '')",
        (FINGERPRINT,),
    )
    before.execute(
        "INSERT INTO actions (id, incident, playbook, digest, target, intended, finished, outcome) VALUES "
        "('a', 'inc-1', 'restart', 'd', 'shop.service', ?1, ?1, 'failed'), "
        "('b', NULL, 'restart', 'd', 'shop.service', ?1, ?1, 'failed')",
        (stamp(NOW),),
    )
    before.close()
    with State.open(tmp_path, cipher(tmp_path)) as state:
        [attempt] = state.actions.attempts(FINGERPRINT)
        assert (attempt.playbook, attempt.outcome, attempt.began) == ("restart", Outcome.FAILED, NOW)
        assert state.exemplars.number() == 0
        assert [each.heeded for each in state.incidents.of(FINGERPRINT)] == [0]


def test_a_run_is_known_by_the_fault_of_its_incident(state):
    with state.transaction():
        state.incidents.save(incident())
        state.actions.intend(Action("a", "inc-00000001", "restart", "d", "shop.service", NOW))
        state.actions.intend(Action("b", None, "restart", "d", "shop.service", NOW))
        state.actions.finish("a", Outcome.SUCCEEDED, NOW)
        state.actions.finish("b", Outcome.SUCCEEDED, NOW)
    assert [attempt.began for attempt in state.actions.attempts(FINGERPRINT)] == [NOW]
    assert state.actions.last_repair(FINGERPRINT, "shop.service", since=NOW) == "a"
    assert state.actions.last_repair(FINGERPRINT, "cart.service", since=NOW) is None
