"""The state: what is committed together stays together, and comes back as it was."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import apsw
import pytest

from aiops_agent.errors import StateError
from aiops_agent.model.event import Severity
from aiops_agent.model.incident import Kind, Outcome, Status
from aiops_agent.model.message import Message
from aiops_agent.model.signature import Floors
from aiops_agent.model.voice import Voice
from aiops_agent.state.actions import MOST_RUNS, Action
from aiops_agent.state.approvals import Approval, ApprovalState
from aiops_agent.state.database import exclusive
from aiops_agent.state.halt import Halt
from aiops_agent.state.silences import Silence
from aiops_agent.state.state import State
from tests.build import FINGERPRINT, NOW, checkpoint, cipher, incident

MESSAGE = Message(title="a title", text="the text", markdown="**the text**", fields={"incident": "inc-00000001"})


@pytest.fixture
def state(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as opened:
        yield opened


def waiting(state):
    with state.transaction():
        state.incidents.save(incident())
        state.approvals.ask(
            Approval("a1", "inc-00000001", "restart", "d", ApprovalState.PENDING, NOW, NOW + timedelta(hours=1))
        )


def test_sqlite_is_not_one_with_the_wal_reset_fault():
    assert tuple(map(int, apsw.sqlitelibversion().split("."))) >= (3, 51, 3)


def test_an_incident_comes_back_as_it_was_saved(state):
    saved = incident(outcome=Outcome.UNDONE, last_told=NOW, service=None, kind=Kind.AGENT, abstained=True)
    with state.transaction():
        state.incidents.save(saved)
    assert state.incidents.by_id(saved.id) == saved


def test_a_closed_incident_is_not_the_one_new_records_belong_to(state):
    with state.transaction():
        state.incidents.save(incident(status=Status.CLOSED))
    assert state.incidents.live(Kind.LOG, FINGERPRINT, "shop.service") is None


def test_the_same_fault_on_two_services_is_two_incidents(state):
    with state.transaction():
        state.incidents.save(incident())
        state.incidents.save(incident(id="inc-00000002", service="cart.service"))
    assert state.incidents.live(Kind.LOG, FINGERPRINT, "cart.service").id == "inc-00000002"
    assert state.incidents.live(Kind.LOG, FINGERPRINT, None) is None


def test_an_offset_moves_with_its_incident_or_not_at_all(state):
    with pytest.raises(ZeroDivisionError), state.transaction():
        state.incidents.save(incident())
        state.checkpoints.save(checkpoint())
        raise ZeroDivisionError
    assert state.incidents.all() == []
    assert state.checkpoints.all() == {}


def test_a_checkpoint_comes_back_under_device_and_inode(state):
    with state.transaction():
        state.checkpoints.save(checkpoint())
        state.checkpoints.save(checkpoint(offset=200, path="/var/log/shop.log.1"))
    assert state.checkpoints.all() == {"1:2": checkpoint(offset=200, path="/var/log/shop.log.1")}


def test_what_stood_in_a_file_when_a_repair_was_verified_is_settled_and_what_came_after_is_not(state):
    with state.transaction():
        state.checkpoints.save(checkpoint(offset=50))
        state.checkpoints.settle("shop.service", [("1:2", 120)])
    assert state.checkpoints.is_settled(checkpoint(offset=120), "shop.service")
    assert not state.checkpoints.is_settled(checkpoint(offset=121), "shop.service")
    assert not state.checkpoints.is_settled(checkpoint(offset=120), "cart.service")


def test_a_truncated_file_is_no_longer_settled(state):
    with state.transaction():
        state.checkpoints.save(checkpoint(offset=50))
        state.checkpoints.settle("shop.service", [("1:2", 120)])
        state.checkpoints.save(checkpoint(offset=10))
    assert not state.checkpoints.is_settled(checkpoint(offset=20), "shop.service")


def test_history_counts_runs_on_the_target_and_not_those_that_touched_nothing(state):
    with state.transaction():
        state.incidents.save(incident())
        for number, (ago, outcome) in enumerate(
            [(10, Outcome.SUCCEEDED), (90, Outcome.FAILED), (5, None), (3000, Outcome.FAILED)]
        ):
            action = Action(
                f"act-{number}", "inc-00000001", "restart", "d", "shop.service", NOW - timedelta(minutes=ago)
            )
            state.actions.intend(action)
            state.actions.finish(action.id, outcome, NOW)
    history = state.actions.history("restart")
    runs = [((NOW - run.began) // timedelta(minutes=1), run.outcome) for run in history.of("restart", "shop.service")]
    assert runs == [(10, Outcome.SUCCEEDED), (90, Outcome.FAILED), (3000, Outcome.FAILED)]
    assert history.of("restart", "cart.service") == ()


def test_history_goes_further_back_for_the_playbook_that_is_asked_about(state):
    with state.transaction():
        for number in range(MOST_RUNS + 5):
            name = "rare" if number == 0 else "restart"
            state.actions.intend(Action(f"act-{number}", None, name, "d", "a.service", NOW + timedelta(seconds=number)))
            state.actions.finish(f"act-{number}", Outcome.SUCCEEDED, NOW)
    assert len(state.actions.history().runs) == MOST_RUNS
    assert len(state.actions.history("rare").of("rare", "a.service")) == 1


def test_what_failed_is_over_when_a_person_has_it_or_it_is_found_well(state):
    with state.transaction():
        state.incidents.save(incident())
        for number, outcome in enumerate([Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNDONE]):
            action = Action(
                f"act-{number}", "inc-00000001", "restart", "d", f"{number}.service", NOW + timedelta(minutes=number)
            )
            state.actions.intend(action)
            state.actions.finish(action.id, outcome, NOW + timedelta(minutes=number))
    assert [target for _, target, _ in state.actions.unsuccessful()] == ["1.service", "2.service"]
    with state.transaction():
        state.actions.looked("restart", "2.service", NOW + timedelta(hours=1))
        state.actions.recovered("restart", "1.service", NOW)
    assert state.actions.unsuccessful() == [("restart", "2.service", NOW + timedelta(hours=1))]
    with state.transaction():
        state.actions.clear("inc-00000001", NOW)
    assert state.actions.unsuccessful() == []
    assert [run.cleared for run in state.actions.history().runs] == [True, True, False]
    assert state.actions.failed_ever() == [("restart", "1.service"), ("restart", "2.service")]


def test_services_that_fail_are_those_with_new_errors_and_those_that_wait_for_a_repair(state):
    def known(service, name, **how):
        state.incidents.save(incident(id=f"inc-{name}", service=service, **how))

    old = {"first_seen": NOW - timedelta(days=1)}
    with state.transaction():
        known("new.service", "1")
        known("new.service", "2", fingerprint="f" * 16)
        known("warns.service", "3", severity=Severity.WARNING)
        known("returns.service", "4", **old)
        known("waits.service", "5", **old, status=Status.WAITING_APPROVAL)
        known("waited.service", "6", **old, last_seen=NOW - timedelta(hours=1), status=Status.WAITING_APPROVAL)
        known(None, "7")
    assert state.incidents.failing(NOW - timedelta(minutes=5)) == {"new.service", "waits.service"}


@pytest.mark.parametrize(
    "make", [lambda path: path.symlink_to("nowhere"), lambda path: path.symlink_to(path), lambda path: path.mkdir()]
)
def test_whatever_stands_in_the_place_of_the_switch_stops_acting(tmp_path, make):
    make(tmp_path / "halt")
    assert Halt(tmp_path / "halt").is_set()


def test_a_switch_that_cannot_be_looked_at_stops_acting(tmp_path):
    (tmp_path / "file").touch()
    assert Halt(tmp_path / "file" / "halt").is_set()
    assert Halt(tmp_path / ("x" * 300)).is_set()
    assert not Halt(tmp_path / "halt").is_set()


def test_an_action_without_a_result_is_interrupted_and_counts(state):
    action = Action("act-1", "inc-00000001", "restart", "d", "shop.service", NOW - timedelta(minutes=1))
    with state.transaction():
        state.incidents.save(incident(status=Status.RUNNING))
        assert [i.id for i in state.incidents.to_run()] == ["inc-00000001"]
        state.actions.intend(action)
    assert state.actions.interrupted() == [action]
    assert state.incidents.to_run() == []
    assert [run.ended for run in state.actions.history().runs] == [None]


def test_the_first_answer_to_an_approval_wins_and_it_is_used_once(state):
    waiting(state)
    with state.transaction():
        assert state.approvals.answer("a1", ApprovalState.APPROVED, "user:ada", NOW)
        assert not state.approvals.answer("a1", ApprovalState.DENIED, "user:bob", NOW)
        assert state.approvals.use("a1")
        assert not state.approvals.use("a1")
    assert state.approvals.by_id("a1").answered_by == "user:ada"


def test_an_approval_that_expired_cannot_be_granted(state):
    waiting(state)
    late = NOW + timedelta(hours=1)
    with state.transaction():
        assert not state.approvals.answer("a1", ApprovalState.APPROVED, "user:ada", late)
        assert [a.id for a in state.approvals.expire(late)] == ["a1"]
    assert state.approvals.by_id("a1").state is ApprovalState.EXPIRED
    assert state.approvals.last_refusal("inc-00000001") == late


def test_a_silence_covers_what_every_matcher_fits():
    silence = Silence("sil-1", "shop*", "disk_full", None, NOW, NOW + timedelta(hours=1), "", "user:ada")
    assert silence.matches(incident(category="disk_full"))
    assert not silence.matches(incident(category="timeout"))
    assert not silence.matches(incident(category="disk_full", service=None))


def test_a_silence_is_in_force_until_it_ends(state):
    silence = Silence("sil-1", None, "timeout", None, NOW, NOW + timedelta(hours=1), "", "user:ada")
    with state.transaction():
        state.silences.add(silence)
    assert state.silences.in_force(NOW) == [silence]
    with state.transaction():
        assert state.silences.end("sil-1", NOW + timedelta(minutes=1))
    assert state.silences.in_force(NOW + timedelta(minutes=2)) == []


def test_t44_a_question_that_a_clock_asked_a_year_ahead_is_not_open_for_a_year(state):
    state_of = lambda: [approval.state for approval in state.approvals.all()]  # noqa: E731
    waiting(state)
    with state.transaction():
        assert state.approvals.expire(NOW - timedelta(hours=1)) == []
    assert state_of() == [ApprovalState.PENDING], "an hour back is a wrong time zone"
    with state.transaction():
        [expired] = state.approvals.expire(NOW - timedelta(days=365))
    assert expired.id == "a1"
    assert state_of() == [ApprovalState.EXPIRED]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=365)])
def test_t44_a_letter_does_not_wait_for_a_time_that_was_never_right(state, back):
    with state.transaction():
        state.outbox.put("slack", "inc-1", MESSAGE, NOW)
        [letter] = state.outbox.due(NOW)
        state.outbox.failed(letter, "no network", NOW, retry_after=None)
    assert state.outbox.due(NOW) == []
    assert [letter.id for letter in state.outbox.due(NOW - back)] == [letter.id]


def test_a_voice_comes_back_as_it_was_and_its_deadline_is_when_something_is_due(state):
    voice = Voice(
        source="shop\0/var/log/shop.log",
        name="/var/log/shop.log",
        first=NOW - timedelta(days=3),
        spoke=NOW,
        since=NOW + timedelta(minutes=1),
        turns=17,
        longest=timedelta(hours=9, microseconds=1),
        was_away=True,
        told=False,
    )
    with state.transaction():
        state.voices.save(voice, NOW + timedelta(hours=1))
        state.voices.save(replace(voice, source="cart", told=True), None)
    assert state.voices.one(voice.source) == voice
    assert dict(state.voices.all())[voice] == NOW + timedelta(hours=1)
    assert state.next_due() == NOW + timedelta(hours=1)
    with state.transaction():
        state.voices.forget(voice.source)
    assert [left.source for left, _ in state.voices.all()] == ["cart"]
    assert state.next_due() is None


def test_a_letter_waits_longer_after_each_failure_and_is_never_dropped(state):
    now = NOW
    with state.transaction():
        state.outbox.put("slack", "inc-00000001", MESSAGE, now)
    waits = []
    for _ in range(12):
        [letter] = state.outbox.due(now)
        with state.transaction():
            state.outbox.failed(letter, "no route", now, retry_after=None)
        due = state.outbox.next_due()
        waits.append((due - now).total_seconds())
        now = due
    assert waits[:4] == [30, 60, 120, 240]
    assert max(waits) == 3600
    assert state.outbox.message(state.outbox.due(now)[0]) == MESSAGE


def test_the_platform_says_when_to_try_again(state):
    with state.transaction():
        state.outbox.put("slack", "inc-00000001", MESSAGE, NOW)
        state.outbox.failed(state.outbox.due(NOW)[0], "slow down", NOW, retry_after=7)
    assert state.outbox.next_due() == NOW + timedelta(seconds=7)


@pytest.mark.parametrize("asked", [10.0**9, float("inf")])
def test_what_answers_in_the_place_of_a_platform_cannot_silence_it_for_years(state, asked):
    with state.transaction():
        state.outbox.put("slack", "inc-00000001", MESSAGE, NOW)
        state.outbox.failed(state.outbox.due(NOW)[0], "slow down", NOW, retry_after=asked)
    assert state.outbox.next_due() == NOW + timedelta(days=1)


def test_what_was_delivered_leaves_nothing_behind(state):
    with state.transaction():
        state.outbox.put("slack", "inc-00000001", MESSAGE, NOW)
        state.outbox.sent(state.outbox.due(NOW)[0])
        assert state.outbox.all() == []
        assert state.outbox.retry(NOW) == 0
        state.outbox.forget_sent()
    assert state.database.value("SELECT count(*) FROM outbox") == 0


def test_what_a_platform_refused_waits_for_a_person_who_retries(state):
    with state.transaction():
        state.outbox.put("slack", "inc-00000001", MESSAGE, NOW)
        state.outbox.refused(state.outbox.due(NOW)[0], "channel_not_found")
    assert state.outbox.due(NOW + timedelta(days=9)) == []
    with state.transaction():
        assert state.outbox.retry(NOW) == 1
    assert len(state.outbox.due(NOW)) == 1


def test_the_same_report_is_queued_once(state):
    with state.transaction():
        state.outbox.put("slack", "inc-00000001", MESSAGE, NOW)
        state.outbox.put("slack", "inc-00000001", MESSAGE, NOW)
    assert len(state.outbox.due(NOW)) == 1


def test_a_run_by_a_person_that_was_cut_short_hides_no_incident_that_is_to_be_run(state):
    with state.transaction():
        state.incidents.save(incident(status=Status.RUNNING))
        state.actions.intend(Action("act-1", None, "restart", "d", "shop.service", NOW))
    assert [i.id for i in state.incidents.to_run()] == ["inc-00000001"]


def test_halt_works_on_the_file_system_alone(state, tmp_path):
    assert not state.halt.is_set()
    (tmp_path / "halt").touch()
    assert state.halt.is_set()
    assert state.halt.clear()
    assert not state.halt.is_set()


def test_a_copy_forgets_and_leaves_the_original_as_it_was(state, tmp_path):
    with state.transaction():
        state.incidents.save(incident())
    state.database.close()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with State.copied(tmp_path, cipher(tmp_path)) as copy:
        with copy.transaction():
            copy.incidents.save(replace(incident(), status=Status.CLOSED))
        assert copy.incidents.all()[0].status is Status.CLOSED
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_second_process_does_not_get_the_lock(tmp_path):
    with exclusive(tmp_path) as mine, exclusive(tmp_path) as theirs:
        assert mine
        assert not theirs
    with exclusive(tmp_path) as again:
        assert again


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be one" * 50, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_database_is_named_with_the_way_out(tmp_path, content):
    (tmp_path / "state.db").write_bytes(content)
    with pytest.raises(StateError) as caught:
        State.open(tmp_path, cipher(tmp_path))
    assert str(tmp_path / "state.db") in caught.value.message
    assert "aside" in caught.value.hint
    assert (tmp_path / "state.db").read_bytes()[:9] == content[:9]


def test_a_database_of_a_newer_version_is_refused(state, tmp_path):
    state.database.rows("PRAGMA user_version=99")
    with pytest.raises(StateError, match="newer"):
        State.open(tmp_path, cipher(tmp_path))


def test_looking_at_a_state_that_is_not_there_makes_none(tmp_path):
    with pytest.raises(StateError, match="no state yet"):
        State.look_at(tmp_path, cipher(tmp_path))
    assert list(tmp_path.iterdir()) == []


WRITER = """
import sys
from pathlib import Path
from aiops_agent.state.state import State
from tests.build import checkpoint, cipher, incident
from dataclasses import replace
with State.open(Path(sys.argv[1]), cipher(Path(sys.argv[1]))) as state:
    for number in range(1, 100000):
        with state.transaction():
            state.incidents.save(incident(occurrences=number))
            state.checkpoints.save(checkpoint(offset=number))
        print(number, flush=True)
"""


@pytest.mark.slow
def test_kill_9_at_any_moment_leaves_offset_and_incident_in_step_and_nothing_acknowledged_lost(tmp_path):
    for round_number in range(8):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        acknowledged = 0
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged >= 5 + round_number * 3:
                os.kill(process.pid, signal.SIGKILL)
                break
        process.stdout.read()
        process.wait()
        process.stdout.close()
        with State.open(tmp_path, cipher(tmp_path)) as state:
            [offset] = [c.offset for c in state.checkpoints.all().values()]
            assert offset == state.incidents.by_id("inc-00000001").occurrences >= acknowledged


def test_what_was_seen_once_is_known_after_a_restart(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as state, state.transaction():
        assert "a source" not in state.seen
        state.seen.add("a source")
    with State.open(tmp_path, cipher(tmp_path)) as state:
        assert "a source" in state.seen


def test_what_was_seen_signed_only_grows_and_the_next_expiry_is_what_is_due(tmp_path):
    with State.open(tmp_path, cipher(tmp_path)) as state:
        assert (state.signed.floors(), state.signed.next_due()) == (Floors(), None)
        with state.transaction():
            state.signed.keep(Floors(7, {"restart": 3}), NOW)
        with state.transaction():
            state.signed.keep(Floors(2, {"restart": 1, "another": 1}), None)
        assert state.signed.floors() == Floors(7, {"restart": 3, "another": 1})
        assert state.next_due() is None


def test_of_two_threads_one_waits_and_sees_only_what_was_committed(state):
    seen, begun = [], threading.Event()

    def look():
        begun.set()
        seen.append(state.database.value("SELECT count(*) FROM seen"))

    reader = threading.Thread(target=look)
    with pytest.raises(KeyError), state.transaction():
        state.database.rows("INSERT INTO seen (word) VALUES ('half')")
        reader.start()
        assert begun.wait(10)
        reader.join(0.2)
        assert seen == [], "it waits until the transaction is over"
        raise KeyError
    reader.join(10)
    assert seen == [0], "what was rolled back never was"
