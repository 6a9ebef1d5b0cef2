"""Places in journals are kept beside the offsets of files, move with what was read, and are forgotten in time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aiops_agent.model.event import Checkpoint, Cursor
from aiops_agent.state.state import State
from tests.build import NOW, cipher

FILE = Checkpoint("/var/log/shop.log", 1, 2, 100, 100, 3, b"abc", b"def", 100, 5)
WHOLE = Cursor("journald", Cursor.WHOLE, "s=1;i=9", 9, "b")
SHOP = Cursor("journald", "shop.service", "s=1;i=8", 8, "b", resume="s=1;i=7", counted=120, record_end=80)
BANK = Cursor("journald", "bank.service", "s=1;i=6", 6, "b")


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        yield opened


def saved(state, *positions):
    with state.transaction():
        for position in positions:
            state.checkpoints.save(position)


def test_files_and_journals_are_known_together(state):
    saved(state, FILE, SHOP, WHOLE)
    assert state.checkpoints.known() == {at.key: at for at in (FILE, SHOP, WHOLE)}
    assert state.checkpoints.all() == {FILE.key: FILE}


def test_where_the_whole_has_come_to_only_open_records_are_remembered(state):
    saved(state, BANK, SHOP, replace(BANK, journal="another"), WHOLE)
    assert set(state.checkpoints.known()) == {SHOP.key, WHOLE.key, replace(BANK, journal="another").key}


def test_a_cursor_that_moves_replaces_the_one_before(state):
    saved(state, SHOP)
    saved(state, replace(SHOP, cursor="s=1;i=12", resume=""))
    assert state.checkpoints.known() == {SHOP.key: replace(SHOP, cursor="s=1;i=12", resume="")}


def test_what_a_journal_held_when_a_repair_was_verified_does_not_raise_the_incident_again(state):
    before = int(NOW.timestamp() * 1_000_000)
    with state.transaction():
        state.checkpoints.settle_journals("shop.service", NOW)
    assert state.checkpoints.is_settled(replace(SHOP, realtime=before), "shop.service")
    assert not state.checkpoints.is_settled(replace(SHOP, realtime=before), "bank.service")
    later = int((NOW + timedelta(seconds=1)).timestamp() * 1_000_000)
    assert not state.checkpoints.is_settled(replace(SHOP, realtime=later), "shop.service")
