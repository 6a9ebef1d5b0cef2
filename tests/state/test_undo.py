"""The undo journal: on disk before each change, sealed, gone with the result."""

import sqlite3
from datetime import timedelta

import pytest

from aiops_agent.errors import AuditError, ForgedError, StateError
from aiops_agent.model.playbook import Command, Journalled, Planned, StepState
from aiops_agent.state.actions import Action
from aiops_agent.state.state import State
from tests.build import NOW, cipher

WORD = "quetzalcoatl"
MOVE = Command("move_aside", {"path": f"/srv/{WORD}", "inode": 7, "over": ""}, True, False, timedelta(seconds=10))
BACK = Command("put_back", {"path": f"/srv/{WORD}", "inode": 7, "over": ""}, True, False, timedelta(seconds=2.5))
PLANNED = Planned(MOVE, BACK)


def begun(state, action="act-1"):
    with state.transaction():
        state.actions.intend(Action(action, None, "restart", "d", "shop.service", NOW))
    return state.undo.of(action)


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        yield opened


def written_by_another(tmp_path, sql):
    connection = sqlite3.connect(tmp_path / "state.db")
    with connection:
        assert connection.execute(sql).rowcount >= 1
    connection.close()


def test_what_was_put_down_comes_back_in_order(state):
    journal = begun(state)
    journal.intend(0, PLANNED)
    journal.settle(0, StepState.DONE)
    journal.intend(1, Planned(MOVE, None))
    begun(state, "act-2").intend(0, PLANNED)
    assert state.undo.of("act-1").entries() == [
        Journalled(0, PLANNED, StepState.DONE),
        Journalled(1, Planned(MOVE, None), StepState.INTENDED),
    ]


def test_each_entry_is_on_disk_when_it_was_put_down(state, tmp_path):
    journal = begun(state)
    journal.intend(0, PLANNED)
    with State.look_at(tmp_path, cipher(tmp_path)) as other:
        assert other.undo.of("act-1").entries() == [Journalled(0, PLANNED, StepState.INTENDED)]
    journal.settle(0, StepState.TAKING_BACK)
    with State.look_at(tmp_path, cipher(tmp_path)) as other:
        assert [entry.state for entry in other.undo.of("act-1").entries()] == [StepState.TAKING_BACK]


def test_a_change_of_no_action_is_not_put_down(state):
    with pytest.raises(StateError):
        state.undo.of("act-unknown").intend(0, PLANNED)


def test_it_is_gone_with_the_result(state):
    begun(state).intend(0, PLANNED)
    begun(state, "act-2").intend(0, PLANNED)
    with state.transaction():
        state.undo.forget("act-1")
    assert state.undo.of("act-1").entries() == []
    assert len(state.undo.of("act-2").entries()) == 1


def test_no_argument_is_in_the_files_in_the_clear(state, tmp_path):
    begun(state).intend(0, PLANNED)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()] == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE undo SET sealed=x'00' WHERE action='act-1'",
        "UPDATE undo SET sealed=(SELECT sealed FROM undo WHERE action='act-2') WHERE action='act-1'",
        "UPDATE undo SET state='nonsense' WHERE action='act-1'",
        "UPDATE undo SET number=5 WHERE action='act-1'",
    ],
)
def test_what_was_written_without_the_key_or_moved_from_another_run_is_not_taken_for_ours(state, tmp_path, sql):
    begun(state).intend(0, PLANNED)
    begun(state, "act-2").intend(0, Planned(BACK, None))
    written_by_another(tmp_path, sql)
    with pytest.raises(ForgedError):
        state.undo.of("act-1").entries()


def test_without_its_key_it_is_neither_read_nor_written(state, tmp_path):
    begun(state).intend(0, PLANNED)
    (tmp_path / "keys" / "state.key").unlink()
    with State.open(tmp_path, cipher(tmp_path)) as again:
        with pytest.raises(AuditError):
            again.undo.of("act-1").entries()
        with pytest.raises(AuditError):
            again.undo.of("act-1").intend(1, PLANNED)
        assert again.undo._database.value("SELECT count(*) FROM undo") == 1
