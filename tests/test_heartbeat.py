"""Once a day the record says that the agent is alive, and old segments go."""

from datetime import timedelta

import pytest

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from aiops_agent.audit.verify import verify
from tests.journeys.host import Host

DAY = timedelta(days=1)
TICK = timedelta(minutes=5)


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path)
    host.tick()
    return host


def recorded(host: Host) -> list[str]:
    return [entry.action for entry in show(host.state_dir / "audit", FileKeys(host.state_dir / "keys"))]


def report(host: Host):
    return verify(host.state_dir / "audit", FileKeys(host.state_dir / "keys"), now=host.clock.now())


def test_the_first_ticks_record_nothing(host):
    for _ in range(10):
        host.tick(TICK)
    assert not (host.state_dir / "audit").exists()


@pytest.mark.slow
def test_a_day_of_ticks_records_one_heartbeat_and_opens_one_segment(host):
    for _ in range(2 * 288):
        host.tick(TICK)
    assert recorded(host) == ["heartbeat"] * 2
    assert len(list((host.state_dir / "audit").iterdir())) == 2
    assert report(host).oddities == ()


def test_a_heartbeat_is_due_even_when_no_log_grows(host):
    assert host.next_due() == host.clock.now() + DAY


def test_days_on_which_the_agent_did_not_run_are_told_by_verification(host):
    """M30."""
    host.tick(DAY)
    host.tick(5 * DAY)
    [silence] = report(host).oddities
    assert silence.kind == "silence"
    assert report(host).intact


def test_a_clock_that_was_set_back_is_told_by_verification(host):
    """M29."""
    host.tick(DAY)
    host.tick(-365 * DAY)
    assert "clock_set_back" in [oddity.kind for oddity in report(host).oddities]


def test_records_of_the_future_are_told_by_verification(host):
    """M28."""
    host.tick(30 * DAY)
    host.clock.time -= 29 * DAY
    assert {oddity.kind for oddity in report(host).oddities} == {"ahead_of_clock"}


def test_what_the_record_holds_for_longer_than_it_is_to_goes_with_the_heartbeat(host):
    host.keep = 3 * DAY
    for _ in range(10):
        host.tick(DAY)
    assert len(list((host.state_dir / "audit").iterdir())) == 5
    assert report(host).intact
    assert report(host).dropped > 0


def test_damage_in_what_is_to_go_stops_all_acting_and_is_told(host):
    host.keep = 3 * DAY
    host.tick(DAY)
    host.tick(DAY)
    first = host.state_dir / "audit" / "00000001.aia1"
    content = bytearray(first.read_bytes())
    content[-70] ^= 1
    first.write_bytes(content)
    for _ in range(5):
        host.tick(DAY)
    assert first.exists()
    assert [incident.title for incident in host.incidents()] == ["audit unavailable: audit log"]
