"""Old logs through today's rules: the real journey, by the clock of the logs; only the diagnosis is fixed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiops_agent.config.load import load
from aiops_agent.noun import replace
from aiops_agent.playbook.load import load_folders
from aiops_agent.replay import Answer, Assumed, Found, Minutes, PastClock, replay
from aiops_agent.wiring.build import World, old_logs, past
from tests.build import REPAIR
from tests.journeys.host import FixedDiagnostician
from tests.sign import Signer

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TODAY = START + 30 * DAY
SHOP = "shop.service"


def fault(time: datetime, said: str = "cannot start: the lock is held") -> str:
    return f"{time:%Y-%m-%d %H:%M:%S},000 ERROR shop: {said}\n"


def healthy(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S},000 INFO shop: order taken, errors=0\n"


class Bench:
    """Logs and a configuration in a folder; nothing is signed there, and nothing was ever done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "shop.log"
        self.signer = Signer(folder)
        self.configure("mode: auto")

    def configure(self, policy: str, *, risk: str = "low") -> None:
        (self.folder / "playbooks").mkdir(exist_ok=True)
        repair = REPAIR.replace("RISK", risk).replace("PROBE", "file_absent")
        (self.folder / "playbooks" / "remove-lock.yaml").write_text(repair)
        source = (
            f'{{type: file, paths: ["{self.folder}/shop.log"], service: {SHOP}, '
            f'parameters: {{lock_file: "{self.folder}/shop.lock"}}}}'
        )
        self.config = self.folder / "config.yaml"
        self.config.write_text(
            f"state_dir: {self.folder}/state\npolicy: {{{policy}}}\n"
            f'playbooks: ["{self.folder}/playbooks"]\nsigning: {self.signer.settings}\nsources:\n  - {source}\n'
        )

    def sign(self, *, now: datetime = TODAY, **changes: timedelta) -> None:
        self.signer.sign(*load_folders([self.folder / "playbooks"]).all(), now=now, **changes)

    def write(self, *lines: str, name: str = "shop.log", changed: datetime = START + 3 * DAY) -> Path:
        path = self.folder / name
        path.write_text("".join(lines))
        os.utime(path, (changed.timestamp(), changed.timestamp()))
        return path

    @contextmanager
    def replayed(
        self,
        *paths: Path,
        succeeds: bool = True,
        answer: Answer = Answer.NONE,
        trusted: bool = False,
        **between: datetime,
    ) -> Iterator:
        config = load(self.config, None)
        clock, minutes = PastClock(), Minutes()
        names = [str(path) for path in paths or (self.log,)]
        logs = old_logs(config, names, lambda time: time.replace(tzinfo=UTC), service=None, since=between.get("since"))
        world = World(clock=clock, host="web-1", complain=lambda _: None)
        with past(config, world, minutes, today=TODAY, trusted=trusted) as agent:
            fixed = replace(agent, diagnostician=FixedDiagnostician())
            assumed = Assumed(succeeds, answer, root=False, trusted=trusted)
            yield (
                replay(fixed, clock, minutes, logs, assumed, every=5 * MINUTE, until=between.get("until")),
                logs,
                agent,
            )
        for log in logs:
            log.close()

    def found(self, *paths: Path, **wanted) -> Found:
        with self.replayed(*paths, **wanted) as (found, _, _):
            return found


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def failing(days: int = 2, every: timedelta = 5 * MINUTE) -> Sequence[str]:
    """A service that fails at one minute past each five, and says healthy things in between."""
    times = [START + MINUTE + every * number for number in range(int(days * DAY / every))]
    return [line for time in times for line in (fault(time), healthy(time + MINUTE))]


def after(found: Found, decision: str) -> list[timedelta]:
    """When such decisions were made, from the first tick on."""
    return [made.time - START - 5 * MINUTE for made in found.decisions if made.incident.decision == decision]


def reasons(found: Found) -> list[tuple[str, str]]:
    """What was decided, and why, each time that it was another decision than before."""
    return [(made.incident.decision, made.incident.reason) for made in found.decisions]


@pytest.mark.slow
def test_a_service_that_fails_for_two_days_is_repaired_as_often_as_cooldown_and_caps_allow(bench):
    bench.configure("mode: auto, limits: {repairs_per_day: 9}")
    bench.write(*failing())
    found = bench.found(trusted=True, answer=Answer.APPROVE)  # it comes back each time: people are asked in between
    # A cooldown of 15 minutes, twice an hour, three times a day.
    first_day = [timedelta(0), 15 * MINUTE, HOUR]
    assert [run.time - START - 5 * MINUTE for run in found.runs] == [*first_day, *(DAY + time for time in first_day)]
    assert found.records == 576
    assert {(run.playbook, run.service, run.outcome) for run in found.runs} == {("remove-lock", SHOP, "succeeded")}
    assert found.runs[0].steps == [f"move_aside path={bench.folder}/shop.lock path_root={bench.folder}"]
    assert found.made["report", "cooldown"] == 1
    assert found.made["report", "cap_reached"] > 2


@pytest.mark.slow
def test_a_fix_that_does_not_hold_is_given_up_for_the_day_and_asked_about_from_then_on(bench):
    bench.write(*failing())
    found = bench.found(trusted=True)
    assert [run.time - START - 5 * MINUTE for run in found.runs] == [timedelta(0), 15 * MINUTE]
    assert found.made["report", "fix_does_not_hold"] > 2
    assert found.made["ask", "did_not_help"] >= 2
    assert min(after(found, "ask")) == DAY


def test_as_things_stand_what_nobody_has_signed_would_only_be_asked_about(bench):
    bench.write(fault(START))
    found = bench.found()
    assert (reasons(found), found.runs) == ([("ask", "unsigned")], [])


def test_what_is_signed_and_has_never_run_would_be_asked_about_too(bench):
    bench.sign()
    bench.write(fault(START))
    assert reasons(bench.found()) == [("ask", "shadow")]


def test_a_signature_counts_as_it_does_today_whatever_time_the_logs_are_of(bench):
    bench.write(fault(START))
    bench.sign(now=START - DAY, lasting=2 * DAY)
    assert reasons(bench.found()) == [("ask", "unsigned")], "it counted then, and has expired since"


def test_where_somebody_agrees_a_signed_playbook_earns_auto_in_the_course_of_the_logs(bench):
    bench.sign()
    bench.write(*(fault(START + number * DAY) for number in range(5)))
    found = bench.found(answer=Answer.APPROVE)
    assert [each for each in reasons(found) if each[0] in {"ask", "run"}] == [
        ("ask", "shadow"),
        ("ask", "unproven"),
        ("ask", "unproven"),
        ("run", "auto_allowed"),
        ("run", "auto_allowed"),
    ]
    assert len(found.runs) == 5


def test_a_question_that_nobody_answers_expires_and_is_asked_again_when_that_is_allowed(bench):
    bench.configure("mode: approve")
    bench.write(*failing(days=1))
    found = bench.found()
    # An hour for the answer, and four in which a silence counts as a no.
    assert after(found, "ask") == [5 * HOUR * number for number in range(5)]
    assert (found.runs, found.expired) == ([], 5)
    assert found.made["suppress", "awaiting_approval"] > 0
    assert found.made["report", "denied"] > 0


def test_a_question_expires_also_while_the_log_is_silent(bench):
    bench.configure("mode: approve")
    bench.write(fault(START), healthy(START + MINUTE), fault(START + 5 * HOUR + 6 * MINUTE))
    found = bench.found()
    assert len(after(found, "ask")) == 2
    assert found.expired == 1


@pytest.mark.slow
def test_somebody_who_always_agrees_has_it_run_as_often_as_by_itself(bench):
    bench.write(*failing(days=1))
    alone = bench.found(trusted=True)
    bench.configure("mode: approve")
    found = bench.found(answer=Answer.APPROVE)
    assert [run.time for run in found.runs] == [run.time for run in alone.runs]
    assert {run.outcome for run in found.runs} == {"succeeded"}


def test_somebody_who_always_says_no_is_asked_every_four_hours(bench):
    bench.configure("mode: approve")
    bench.write(*failing(days=1))
    found = bench.found(answer=Answer.DENY)
    assert after(found, "ask") == [4 * HOUR * number for number in range(6)]
    assert (found.runs, found.expired) == ([], 0)


def test_a_repair_that_is_assumed_to_fail_is_not_repeated_without_a_person(bench):
    bench.write(*failing(days=1))
    found = bench.found(succeeds=False, trusted=True)
    assert [run.outcome for run in found.runs] == ["failed"]
    assert {made.incident.reason for made in found.decisions if made.incident.decision == "ask"} == {"last_run_failed"}


def test_a_risk_above_low_is_asked_about_also_in_mode_auto(bench):
    bench.configure("mode: auto", risk="medium")
    bench.write(fault(START))
    found = bench.found()
    assert reasons(found) == [("ask", "risk_needs_approval")]


def test_an_observer_does_nothing_and_says_why(bench):
    bench.configure("mode: observe")
    bench.write(fault(START))
    assert bench.found().made == {("report", "observe_only"): 1}


def test_a_log_of_no_source_is_reported_only(bench):
    log = bench.write(fault(START), name="elsewhere.log")
    assert bench.found(log).made == {("report", "no_service"): 1}


def test_a_healthy_or_empty_log_gives_nothing(bench):
    bench.write(*(healthy(START + MINUTE * number) for number in range(3_000)))
    empty = bench.write(name="empty.log")
    with bench.replayed(bench.log, empty) as (found, logs, agent):
        assert (found.records, found.decisions, found.runs, agent.state.incidents.all()) == (0, [], [], [])
        assert sum(log.bytes for log in logs) == bench.log.stat().st_size
        assert [log.files for log in logs] == [[], [str(bench.log)]]


def test_several_logs_are_replayed_in_one_time(bench):
    bench.write(fault(START + HOUR))
    other = bench.write(fault(START, "other fault"), fault(START + 2 * HOUR, "third fault"), name="elsewhere.log")
    found = bench.found(bench.log, other)
    assert [made.incident.source for made in found.decisions] == [str(other), str(bench.log), str(other)]


def test_generations_are_read_oldest_first_whatever_their_times_of_change(bench):
    old = bench.write(fault(START), name="shop.log.2", changed=START + 3 * DAY)
    newer = bench.write(fault(START + HOUR), name="shop.log.1", changed=START + 2 * DAY)
    bench.write(fault(START + 2 * HOUR), changed=START + DAY)
    with bench.replayed(bench.log, newer, old) as (found, logs, _):
        assert [log.files for log in logs] == [[str(old), str(newer), str(bench.log)]]
        assert [log.turned_back for log in logs] == [0]
        assert found.records == 3


def test_only_what_was_written_in_between_is_replayed(bench):
    bench.write(*failing())
    found = bench.found(since=START + DAY, until=START + DAY + HOUR)
    assert found.records == 12
    assert found.decisions[0].time == START + DAY + 5 * MINUTE


def test_a_log_without_times_stands_at_its_last_change(bench):
    bench.write(
        "ERROR shop: cannot reach the database\n", "ERROR shop: cannot reach the other database\n", changed=START
    )
    with bench.replayed() as (found, logs, _):
        assert found.records == 2
        assert {made.time for made in found.decisions} == {START + 5 * MINUTE}
        assert logs[0].timeless == [str(bench.log)]


def test_a_clock_that_goes_back_stands_still(bench):
    bench.write(fault(START + DAY), fault(START, "other fault"), fault(START + DAY + HOUR, "third fault"))
    with bench.replayed() as (found, _, _):
        assert found.records == 3
        times = [made.time for made in found.decisions]
        assert times == sorted(times)
        assert times[0] == START + DAY + 5 * MINUTE


def test_a_line_that_claims_the_far_future_does_not_move_the_clock(bench):
    lines = failing()[:60]
    honest = bench.write(*lines)
    expected = bench.found(trusted=True)
    assert expected.runs
    bench.write(*lines[:20], "2099-01-01 00:00:00,000 INFO shop: forged\n", *lines[20:])
    assert [run.time for run in bench.found(honest, trusted=True).runs] == [run.time for run in expected.runs]


def test_a_flood_is_told_once_and_counted_whole(bench):
    bench.write(fault(START) * 20_000)
    found = bench.found(trusted=True)
    assert (found.records, len(found.decisions), len(found.runs)) == (20_000, 1, 1)


def test_a_broken_playbook_is_told_as_a_tick_would(bench):
    bench.write(fault(START))
    (bench.folder / "playbooks" / "broken.yaml").write_text("name: broken\n")
    assert bench.found().made["report", "notice"] == 1
