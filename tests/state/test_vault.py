"""What is encrypted in the database, what of it can be read without the key, and what a writer without it can do."""

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.model.message import Message
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.state.state import State
from tests.build import NOW, checkpoint, cipher, incident

WORD = "quetzalcoatl"
LETTER = Message(title=WORD, text=WORD, markdown=WORD, fields={"incident": "inc-00000001", "kind": WORD})
APPROVAL = Approval(
    "a1",
    "inc-00000001",
    "restart",
    "d",
    ApprovalState.PENDING,
    NOW,
    NOW + timedelta(hours=1),
    service="shop.service",
)


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        with opened.transaction():
            opened.incidents.save(incident(title=WORD, text=f"{WORD}\n{WORD}", grouped_by=f"message shape {WORD}"))
            opened.checkpoints.save(checkpoint(offset=321))
            opened.approvals.ask(APPROVAL)
            opened.outbox.put("slack", "inc-00000001", LETTER, NOW)
        yield opened


def lose_key(tmp_path, name="state.key"):
    (tmp_path / "keys" / name).rename(tmp_path / name)


def altered(tmp_path, sql, *values):
    """Write to the database as somebody who has no key."""
    connection = sqlite3.connect(tmp_path / "state.db")
    with connection:
        assert connection.execute(sql, values).rowcount == 1
    connection.close()


def test_nothing_of_a_log_a_letter_or_an_answer_is_in_the_files_in_the_clear(state, tmp_path):
    with state.transaction():
        state.approvals.answer("a1", ApprovalState.APPROVED, WORD, NOW)
    state.incidents.by_id("inc-00000001")
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(path.name == "state.db-wal" and content for path, content in files.items())
    assert [path.name for path, content in files.items() if WORD.encode() in content] == []


def test_evidence_that_nobody_opened_is_written_back_as_it_was(state):
    stored = lambda: state.database.value("SELECT evidence FROM incidents")  # noqa: E731
    before = stored()
    with state.transaction():
        known = state.incidents.by_id("inc-00000001")
        state.incidents.save(replace(known, occurrences=7))
    assert stored() == before
    found = state.incidents.by_id("inc-00000001")
    assert (found.occurrences, found.title) == (7, WORD)


@pytest.mark.parametrize("name", ["state.key", "wrapping.key"])
def test_without_the_key_counts_and_offsets_are_read_and_written_and_the_evidence_is_withheld(tmp_path, state, name):
    lose_key(tmp_path, name)
    with State.open(tmp_path, cipher(tmp_path)) as blind:
        [found] = blind.incidents.all()
        assert (found.occurrences, found.source) == (1, "/var/log/shop.log")
        assert name in found.text
        assert WORD not in repr((found.title, found.text, found.grouped_by))
        assert name in blind.vault.failure.message
        with blind.transaction():
            blind.incidents.save(replace(found, occurrences=2))
            blind.incidents.save(incident(id="inc-00000002", service="cart.service", title=WORD, text=WORD))
            blind.checkpoints.save(checkpoint(offset=654))
        assert blind.checkpoints.all()["1:2"].offset == 654
        assert "withheld" in blind.incidents.by_id("inc-00000002").title
    assert not (tmp_path / "keys" / name).exists()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()] == []
    (tmp_path / name).rename(tmp_path / "keys" / name)
    with State.open(tmp_path, cipher(tmp_path)) as again:
        found = again.incidents.by_id("inc-00000001")
        assert (found.occurrences, found.title) == (2, WORD), "with the key it is all there again"


def test_what_comes_to_a_record_without_the_key_does_not_take_the_evidence_before_it(tmp_path, state):
    lose_key(tmp_path)
    with State.open(tmp_path, cipher(tmp_path)) as blind, blind.transaction():
        blind.incidents.save(incident(text="the record with another line"))
    (tmp_path / "state.key").rename(tmp_path / "keys" / "state.key")
    with State.open(tmp_path, cipher(tmp_path)) as again:
        assert again.incidents.by_id("inc-00000001").title == WORD


def test_without_the_key_no_question_is_asked_and_none_is_answered(tmp_path, state):
    lose_key(tmp_path)
    with State.open(tmp_path, cipher(tmp_path)) as blind:
        assert not blind.vault.works()
        for use in (
            lambda: blind.approvals.ask(replace(APPROVAL, id="a2")),
            lambda: blind.approvals.answer("a1", ApprovalState.APPROVED, "user:ada", NOW),
            blind.approvals.check,
            blind.approvals.all,
        ):
            with pytest.raises(AuditError, match=r"state\.key"), blind.transaction():
                use()


def test_a_letter_waits_for_its_key_and_one_that_cannot_be_encrypted_keeps_nothing(tmp_path, state):
    lose_key(tmp_path)
    with State.open(tmp_path, cipher(tmp_path)) as blind:
        [sealed] = blind.outbox.due(NOW)
        with pytest.raises(AuditError, match=r"state\.key"):
            blind.outbox.message(sealed)
        with blind.transaction():
            blind.outbox.put("phone", "inc-00000001", LETTER, NOW)
        [_, unkept] = blind.outbox.due(NOW)
        assert blind.outbox.message(unkept) == LETTER, "as long as the process has it"
    with State.open(tmp_path, cipher(tmp_path)) as later:
        [_, unkept] = later.outbox.due(NOW)
        assert (later.outbox.message(unkept), unkept.destination) == (None, "phone")
    (tmp_path / "state.key").rename(tmp_path / "keys" / "state.key")
    with State.open(tmp_path, cipher(tmp_path)) as again:
        assert again.outbox.message(again.outbox.due(NOW)[0]) == LETTER


def test_another_key_in_the_place_of_the_lost_one_is_refused(tmp_path, state):
    lose_key(tmp_path)
    other = cipher(tmp_path)
    other.create()
    with State.open(tmp_path, other) as blind:
        assert not blind.vault.works()
        assert "not the one" in blind.vault.failure.message
        assert "not the one" in blind.incidents.by_id("inc-00000001").text


def test_a_state_moved_aside_begins_anew_with_the_key_that_is_there(tmp_path, state):
    state.database.close()
    for path in tmp_path.glob("state.db*"):
        path.unlink()
    key = (tmp_path / "keys" / "state.key").read_bytes()
    with State.open(tmp_path, cipher(tmp_path)) as fresh, fresh.transaction():
        fresh.incidents.save(incident(title=WORD))
    assert (tmp_path / "keys" / "state.key").read_bytes() == key


def test_a_transaction_that_was_taken_back_leaves_a_state_that_still_proves_its_key(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        with pytest.raises(ZeroDivisionError), opened.transaction():
            opened.incidents.save(incident())
            raise ZeroDivisionError
        with opened.transaction():
            opened.incidents.save(incident())
        assert opened.database.value("SELECT count(*) FROM vault") == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "approved"),
        ("expires", 2_000_000_000_000_000),
        ("requested", 0),
        ("answered", 1),
        ("sealed", b"\x01" + bytes(60)),
        ("sealed", b""),
    ],
)
def test_an_approval_that_was_altered_is_refused_by_whatever_reads_it(tmp_path, state, column, value):
    altered(tmp_path, f"UPDATE approvals SET {column}=?", value)
    for read in (
        state.approvals.check,
        state.approvals.all,
        lambda: state.approvals.by_id("a1"),
        lambda: state.approvals.answer("a1", ApprovalState.APPROVED, "user:ada", NOW),
        lambda: state.approvals.use("a1"),
    ):
        with pytest.raises(ForgedError, match="a1") as refusal, state.transaction():
            read()
        assert refusal.value.exit_code == 3
        assert "aside" in refusal.value.hint


def test_an_approval_granted_by_a_writer_without_the_key_is_not_among_those_granted(tmp_path, state):
    altered(tmp_path, "UPDATE approvals SET state='approved', answered=1")
    with pytest.raises(ForgedError, match="it is pending, not approved"):
        state.approvals.granted()


def test_the_seal_of_another_approval_does_not_fit(tmp_path, state):
    with state.transaction():
        state.approvals.ask(replace(APPROVAL, id="a2", playbook="remove-everything"))
        state.approvals.answer("a1", ApprovalState.APPROVED, "user:ada", NOW)
    altered(
        tmp_path,
        "UPDATE approvals SET state='approved', answered=?, sealed=(SELECT sealed FROM approvals WHERE id='a1') "
        "WHERE id='a2'",
        int(NOW.timestamp() * 1_000_000),
    )
    with pytest.raises(ForgedError, match="a2"):
        state.approvals.granted()


def test_the_evidence_and_the_letter_of_another_are_refused(tmp_path, state):
    with state.transaction():
        state.incidents.save(incident(id="inc-00000002", service="cart.service", title="another", text="another"))
        state.outbox.put("phone", "inc-00000002", replace(LETTER, title="another"), NOW)
    evidence, letter = (
        state.database.value(f"SELECT {column} FROM {table} WHERE {key}")
        for column, table, key in (
            ("evidence", "incidents", "id='inc-00000002'"),
            ("sealed", "outbox", "destination='phone'"),
        )
    )
    altered(tmp_path, "UPDATE incidents SET evidence=? WHERE id='inc-00000001'", evidence)
    altered(tmp_path, "UPDATE outbox SET sealed=? WHERE destination='slack'", letter)
    found = state.incidents.by_id("inc-00000001")
    assert "was not written by this agent" in found.text
    assert "another" not in found.text
    assert isinstance(state.vault.failure, ForgedError)
    with pytest.raises(ForgedError, match="letter"):
        state.outbox.message(state.outbox.due(NOW)[0])


def test_what_a_letter_says_in_the_clear_is_where_it_goes_and_about_which_incident(state):
    [row] = state.database.rows("SELECT key, destination, incident, state, attempts FROM outbox")
    assert WORD not in json.dumps(row)
    assert row[1:] == ("slack", "inc-00000001", "waiting", 0)


def test_what_a_platform_answers_may_quote_the_letter_and_is_encrypted_too(state, tmp_path):
    with state.transaction():
        [letter] = state.outbox.due(NOW)
        state.outbox.failed(letter, f"a proxy says: {WORD}", NOW, retry_after=None)
    [letter] = state.outbox.all()
    assert letter.error == f"a proxy says: {WORD}"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and WORD.encode() in path.read_bytes()] == []
