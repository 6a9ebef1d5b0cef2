"""Maintenance windows by the clock on the wall, also where that clock is changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.model.decision import Mode
from aiops_agent.policy.windows import Window, allowed, is_open
from tests.policy.histories import thoroughly

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
MINUTE = timedelta(minutes=1)


def at(text: str, zone=BERLIN, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


def clock(hour: int, minute: int = 0) -> int:
    return hour * 60 + minute


def minutes_open(window: Window, begin: datetime, end: datetime) -> int:
    count = int((end - begin) / MINUTE)
    return sum(is_open(window, begin + MINUTE * n) for n in range(count))


NIGHT = Window(days=(4,), begins=clock(22), ends=clock(6), zone=BERLIN)
"""From Friday evening to Saturday morning."""


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-11-27 21:59", False),
        ("2026-11-27 22:00", True),
        ("2026-11-28 05:59", True),
        ("2026-11-28 06:00", False),
        ("2026-11-28 23:00", False),
        ("2026-11-27 03:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(moment, inside):
    assert is_open(NIGHT, at(moment)) is inside


def test_the_wall_clock_is_that_of_its_own_place():
    morning = Window(begins=clock(9), ends=clock(10), zone=NEW_YORK)
    assert is_open(morning, datetime(2026, 7, 1, 13, 30, tzinfo=UTC))
    assert not is_open(morning, datetime(2026, 7, 1, 9, 30, tzinfo=UTC))
    assert is_open(morning, datetime(2026, 12, 1, 14, 30, tzinfo=UTC))


def test_a_freeze_covers_its_dates_to_the_last_minute_and_every_service():
    freeze = Window(dates=(("2026-12-24", "2026-12-26"),), zone=BERLIN)
    assert minutes_open(freeze, at("2026-12-20 00:00"), at("2026-12-30 00:00")) == 3 * 24 * 60
    assert is_open(freeze, at("2026-12-26 23:59"))
    assert not is_open(freeze, at("2026-12-27 00:00"))
    assert not is_open(freeze, at("2026-12-23 23:59"))


def test_days_and_dates_both_have_to_fit():
    window = Window(days=(5, 6), dates=(("2026-12-01", "2026-12-06"),), zone=UTC)
    days = [d for d in range(1, 11) if is_open(window, datetime(2026, 12, d, 12, tzinfo=UTC))]
    assert days == [5, 6]


@pytest.mark.parametrize(
    ("begins", "ends", "least"),
    [(clock(1), clock(4), 120), (clock(2), clock(3), 60), (clock(2, 15), clock(2, 45), 30), (clock(22), clock(6), 420)],
)
def test_in_the_night_that_is_an_hour_short_no_window_is_skipped(begins, ends, least):
    """On 2026-03-29 in Berlin 02:00 is followed by 03:00."""
    window = Window(begins=begins, ends=ends, zone=BERLIN)
    found = minutes_open(window, at("2026-03-28 12:00"), at("2026-03-29 12:00"))
    assert least <= found <= least + 60


@pytest.mark.parametrize(
    ("begins", "ends", "minutes"),
    [
        (clock(1), clock(4), 240),
        (clock(2), clock(3), 120),
        (clock(2, 15), clock(2, 45), 90),
        (clock(22), clock(6), 540),
    ],
)
def test_in_the_night_that_is_an_hour_long_a_window_covers_both_readings(begins, ends, minutes):
    """On 2026-10-25 in Berlin 02:00 to 03:00 comes twice."""
    window = Window(begins=begins, ends=ends, zone=BERLIN)
    assert minutes_open(window, at("2026-10-24 12:00"), at("2026-10-25 12:00")) == minutes
    for fold in (0, 1):
        if begins <= clock(2, 30) < ends:
            assert is_open(window, at("2026-10-25 02:30", fold=fold))


@given(st.integers(0, 2 * 365 * 24 * 60), st.integers(0, 1439), st.integers(0, 1440), st.integers(0, 3))
@thoroughly
def test_whenever_the_wall_clock_shows_a_time_inside_the_window_is_open(minutes, begins, ends, place):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + MINUTE * minutes
    zone = (BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata"))[place]
    window = Window(begins=begins, ends=ends, zone=zone)
    local = moment.astimezone(zone)
    shown = local.hour * 60 + local.minute
    inside = begins <= shown < ends if begins < ends else shown >= begins or shown < ends
    assert is_open(window, moment) or not inside


def test_the_most_cautious_of_the_windows_in_force_counts_and_of_none_nothing_is_taken():
    now = datetime(2026, 11, 27, 12, tzinfo=UTC)
    ask, observe = Window(what=Mode.APPROVE), Window(services=("shop*",))
    assert allowed((ask, observe), "shop.service", now) is Mode.OBSERVE
    assert allowed((ask, observe), "cart.service", now) is Mode.APPROVE
    assert allowed((Window(days=(0,)),), "shop.service", now) is Mode.AUTO
    assert allowed((), "shop.service", now) is Mode.AUTO
