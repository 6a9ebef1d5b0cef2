"""Maintenance windows: when less is done by itself than the mode allows, by the clock on the wall of some place."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from fnmatch import fnmatchcase

from aiops_agent.model.decision import Mode
from aiops_agent.noun import dataclass

A_DAY = 24 * 60
"""Minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time that comes again, or some dates, in which the agent holds back."""

    services: tuple[str, ...] = ("*",)
    """Glob patterns of units."""

    days: tuple[int, ...] = tuple(range(7))
    """On which it begins, Monday 0."""

    dates: tuple[tuple[str, str], ...] = ()
    """From the first to the last, as ISO 8601 writes them, on which it begins; none: on any."""

    begins: int = 0
    """Minutes after midnight on the wall clock."""

    ends: int = A_DAY
    """The same; not after `begins`: on the next day."""

    zone: tzinfo = UTC
    what: Mode = Mode.OBSERVE
    """The boldest mode inside."""


def allowed(windows: Iterable[Window], service: str, now: datetime) -> Mode:
    """Return the boldest mode that the windows leave for a service at this moment; outside of all of them, `auto`."""
    left = {window.what for window in windows if covers(window, service) and is_open(window, now)}
    return next((mode for mode in Mode if mode in left), Mode.AUTO)


def covers(window: Window, service: str) -> bool:
    """Tell whether a window is for a service."""
    return any(fnmatchcase(service, pattern) for pattern in window.services)


def is_open(window: Window, now: datetime) -> bool:
    """Tell whether this moment is inside.

    Where the clock is changed, a time on the wall comes twice or never. Of the readings that are possible the window
    begins with the earlier and ends with the later: it may be an hour longer, and is never shorter than written.
    """
    today = now.astimezone(window.zone).date()
    return any(
        min(_instants(window.zone, day, window.begins)) <= now < max(_instants(window.zone, *_end(window, day)))
        for day in (today - timedelta(days=1), today, today + timedelta(days=1))
        if _begins_on(window, day)
    )


def _begins_on(window: Window, day: date) -> bool:
    on_a_date = any(first <= day.isoformat() <= last for first, last in window.dates)
    return day.weekday() in window.days and (on_a_date or not window.dates)


def _end(window: Window, day: date) -> tuple[date, int]:
    return (day, window.ends) if window.ends > window.begins else (day + timedelta(days=1), window.ends)


def _instants(zone: tzinfo, day: date, minutes: int) -> tuple[datetime, datetime]:
    """Return both moments at which the wall clock of a day may show so many minutes after midnight; mostly one."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second
