"""A source that used to speak and stopped is told, once, and closed when it speaks again."""

from datetime import timedelta

import pytest

from aiops_agent.listening import judge
from aiops_agent.model.incident import Kind, Status
from aiops_agent.model.voice import Expectation
from aiops_agent.state.state import State
from tests.build import cipher
from tests.journeys.host import Host

MINUTE = timedelta(minutes=1)
HALF_AN_HOUR = 30 * MINUTE
DAY = timedelta(days=1)


def expecting(folder, within=HALF_AN_HOUR, *, paths=True) -> Host:
    """Return a host whose log is expected to speak; `within` None: as learned."""
    host = Host(folder)
    patterns = (str(host.log),)
    host.expected = {"shop": Expectation("the shop's log", patterns if paths else (), within)}
    return host


def speaks(host: Host, after: timedelta = 5 * MINUTE) -> None:
    host.clock.time += after
    host.writes(f"{host.clock.time} INFO shop: all is well")
    host.tick(after=timedelta(0))


def notices(host: Host) -> list[tuple[str, str]]:
    return [(i.title.partition(":")[0], i.status.value) for i in host.incidents() if i.kind is Kind.AGENT]


def due(host: Host):
    with State.look_at(host.state_dir, cipher(host.state_dir)) as state:
        return state.voices.next_due()


@pytest.fixture
def host(tmp_path):
    host = expecting(tmp_path)
    speaks(host)
    return host


def test_a_source_that_stops_talking_is_told_once(host):
    told = len(host.phone.messages)
    host.tick(29 * MINUTE)
    assert notices(host) == []
    host.tick(MINUTE)
    assert notices(host) == [("silence", "open")]
    for _ in range(3):
        host.tick(HALF_AN_HOUR)
    assert notices(host) == [("silence", "open")]
    assert len(host.phone.messages) == told + 1
    assert host.phone.titles[-1].endswith("silence: the shop's log")


def test_the_notice_says_since_when_and_what_was_expected(host):
    spoke = host.clock.time
    host.tick(HALF_AN_HOUR)
    [incident] = host.incidents()
    assert f"nothing since {spoke:%Y-%m-%dT%H:%M:%SZ}" in incident.text
    assert "within 0:30:00" in incident.text


def test_it_is_closed_when_the_source_speaks_again_and_told_when_it_stops_again(host):
    host.tick(HALF_AN_HOUR)
    speaks(host)
    assert notices(host) == [("silence", "closed")]
    assert host.recorded()[-1] == "incident.closed"
    host.tick(HALF_AN_HOUR)
    assert sorted(notices(host)) == [("silence", "closed"), ("silence", "open")]


def test_the_deadline_is_due_so_that_a_quiet_tick_becomes_a_whole_one(host):
    assert due(host) == host.clock.time + HALF_AN_HOUR
    host.tick(HALF_AN_HOUR)
    assert due(host) is None
    speaks(host)
    assert due(host) == host.clock.time + HALF_AN_HOUR


def test_a_source_that_nobody_asked_about_is_never_told(tmp_path):
    host = Host(tmp_path)
    speaks(host)
    assert due(host) is None
    host.tick(14 * MINUTE)
    host.tick(30 * DAY)
    assert notices(host) == []


def test_a_source_that_was_never_there_is_not_told(tmp_path):
    host = expecting(tmp_path)
    for _ in range(4):
        host.tick(HALF_AN_HOUR)
    assert (notices(host), due(host)) == ([], None)


def test_a_file_that_is_there_and_never_spoke_is_told_as_that(tmp_path):
    host = expecting(tmp_path)
    host.log.write_text("")
    host.tick()
    host.tick(HALF_AN_HOUR)
    [incident] = host.incidents()
    assert "nothing since the agent began to read it" in incident.text


def test_a_rotated_file_is_not_missed_while_the_new_one_speaks(host):
    host.tick(20 * MINUTE)
    host.log.rename(host.log.with_suffix(".log.1"))
    speaks(host, 5 * MINUTE)
    host.tick(20 * MINUTE)
    assert notices(host) == []


def test_a_rotation_alone_is_no_word_of_it(host):
    host.tick(20 * MINUTE)
    host.log.rename(host.log.with_suffix(".log.1"))
    host.log.write_text("")
    host.tick(10 * MINUTE)
    assert notices(host) == [("silence", "open")]


def test_a_source_whose_files_are_gone_is_told_as_missing_and_closed_when_they_are_back(host):
    host.log.unlink()
    host.tick(HALF_AN_HOUR)
    assert notices(host) == [("missing", "open")]
    speaks(host)
    assert notices(host) == [("missing", "closed")]


def test_a_source_that_is_no_file_is_silent_and_never_missing(tmp_path):
    host = expecting(tmp_path, paths=False)
    speaks(host)
    host.log.unlink()
    host.tick(HALF_AN_HOUR)
    assert notices(host) == [("silence", "open")]


def test_after_the_machine_was_off_the_first_tick_only_observes(host):
    host.tick(3 * DAY)
    assert notices(host) == []
    assert due(host) == host.clock.time + HALF_AN_HOUR
    host.tick(HALF_AN_HOUR)
    assert notices(host) == [("silence", "open")]


def test_ticks_that_are_further_apart_than_the_deadline_still_tell(host):
    host.tick(DAY)
    host.tick(DAY)
    assert notices(host) == [("silence", "open")]


@pytest.mark.parametrize("jump", [-timedelta(hours=1), 365 * DAY, -365 * DAY])
def test_a_clock_that_jumps_tells_nothing_by_itself_and_the_silence_after_it_is_told(host, jump):
    host.tick(jump)
    assert notices(host) == []
    assert due(host) == host.clock.time + HALF_AN_HOUR
    host.tick(HALF_AN_HOUR)
    assert notices(host) == [("silence", "open")]


def test_a_changed_expectation_holds_from_the_next_tick_on(host):
    host.expected = {"shop": Expectation("the shop's log", (str(host.log),), 10 * MINUTE)}
    host.tick(12 * MINUTE)
    assert notices(host) == [("silence", "open")]


def test_what_nobody_expects_any_more_is_closed_and_forgotten(host):
    host.tick(HALF_AN_HOUR)
    host.expected = {}
    host.tick()
    assert (notices(host), due(host)) == ([("silence", "closed")], None)


def test_a_source_that_was_not_read_to_its_end_is_not_judged(host):
    later = host.clock.time + HALF_AN_HOUR
    with host.agent() as agent:
        assert list(judge(agent, set(), later)) == []
        [change] = judge(agent, {"shop"}, later)
    assert change.notice is not None


def test_a_killed_agent_knows_after_its_restart_when_the_source_spoke(tmp_path, host):
    again = expecting(tmp_path)
    again.clock.time = host.clock.time
    again.tick(HALF_AN_HOUR)
    assert notices(again) == [("silence", "open")]


# --- auto


def regular(tmp_path, *, days: int = 2, every: timedelta = timedelta(hours=2)) -> Host:
    """Return a host that has listened for days to a log that speaks regularly."""
    host = expecting(tmp_path, within=None)
    for _ in range(days * DAY // every + 1):
        speaks(host, every)
    return host


def test_auto_expects_nothing_before_a_day_and_ten_words(tmp_path):
    host = expecting(tmp_path, within=None)
    for _ in range(12):
        speaks(host, MINUTE)
    assert due(host) is None, "not a day yet"
    speaks(host, DAY)
    assert due(host) is not None
    host.tick(14 * DAY)
    assert notices(host) == []


def test_auto_waits_three_times_the_longest_silence_so_far(tmp_path):
    host = regular(tmp_path)
    host.tick(6 * timedelta(hours=1) - MINUTE)
    assert notices(host) == []
    host.tick(2 * MINUTE)
    assert notices(host) == [("silence", "open")]


@pytest.mark.slow
def test_auto_is_at_least_an_hour(tmp_path):
    host = regular(tmp_path, days=1, every=15 * MINUTE)
    assert due(host) == host.clock.time + timedelta(hours=1)


def test_auto_learns_from_a_weekend_that_it_told_of(tmp_path):
    host = regular(tmp_path)
    host.tick(timedelta(hours=6))
    speaks(host, 2 * DAY)
    assert [status for _, status in notices(host)] == [Status.CLOSED.value]
    host.tick(3 * DAY)
    assert [status for _, status in notices(host)] == [Status.CLOSED.value]


def test_auto_does_not_learn_from_the_time_the_machine_was_off(tmp_path):
    host = regular(tmp_path)
    speaks(host, 3 * DAY)
    assert due(host) == host.clock.time + timedelta(hours=6)
