"""What the times of a record say: exact at the borders."""

from datetime import timedelta

import pytest

from aiops_agent.audit.verify import verify
from tests.audit.logs import NOON, Log, entry

SECOND = timedelta(seconds=1)


def kinds(tmp_path, *after: timedelta, now: timedelta | None = None) -> list[str]:
    """Return what is odd about entries so long after noon."""
    log = Log(tmp_path)
    log.write(*(entry(number, NOON + each) for number, each in enumerate(after)))
    report = verify(log.audit, log.keys, now=None if now is None else NOON + now)
    assert report.intact
    return [oddity.kind for oddity in report.oddities]


@pytest.mark.parametrize(
    ("silence", "found"), [(timedelta(hours=26), []), (timedelta(hours=26) + SECOND, ["silence"])], ids=str
)
def test_a_silence_is_odd_from_26_hours_on(tmp_path, silence, found):
    assert kinds(tmp_path, timedelta(0), silence) == found


@pytest.mark.parametrize(("step", "found"), [(2, []), (3, ["clock_set_back"])])
def test_a_step_back_is_odd_from_two_seconds_on(tmp_path, step, found):
    assert kinds(tmp_path, timedelta(minutes=1), timedelta(minutes=1) - step * SECOND) == found


@pytest.mark.parametrize(("ahead", "found"), [(300, []), (301, ["ahead_of_clock"] * 3)])
def test_a_record_is_ahead_of_the_clock_from_five_minutes_on(tmp_path, ahead, found):
    assert kinds(tmp_path, timedelta(0), now=-ahead * SECOND) == found


def test_of_each_kind_twenty_are_noted(tmp_path):
    back_and_forth = [timedelta(minutes=number % 2) for number in range(60)]
    assert kinds(tmp_path, *back_and_forth) == ["clock_set_back"] * 20
