"""When a line was written, by its own words. Asked of a few lines of a log only: nobody reads the time of each.

A time is looked for where logs have it: at the head of the line, in the brackets of an access log, in the `msg=audit(`
of auditd, under the usual keys of JSON and logfmt. What a message says in its middle is no time of the line.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import re2

_HEAD = 72
"""Bytes at the beginning of a line within which its time begins and ends."""

_FURTHER = 512
_SLACK = timedelta(days=1)
"""By so much a line may seem younger than its file: zones, and clocks that were set."""

_MONTHS = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
_MOST_LEAPS = 8
"""Years between two 29ths of February at the most."""

_CLOCK = rb"(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)(?:[.,:](?P<part>\d{1,9}))?"
_ZONE = rb"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)\b)?"
_MONTH = rb"(?P<name>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_HALF = rb"(?: (?P<half>[AP]M))?"
_YEAR = rb"(?P<year>(?:19|20)\d\d)"

_FORMS = (
    # 2026-11-22T03:04:05.123+01:00, 2026/11/22 03:04:05 (nginx, Go), 20261122 03:04:05
    rb"\b" + _YEAR + rb"[-/.]?(?P<month>\d\d)[-/.]?(?P<day>\d\d)(?:T|[ \t]{1,2})" + _CLOCK + _ZONE,
    # Nov 22 03:04:05 (syslog), Nov 22, 2026 7:13:23 PM (java.util.logging), Sun Nov 22 03:04:05.123 2026 (Apache)
    rb"\b" + _MONTH + rb" {1,2}(?P<day>\d{1,2})(?:,? " + _YEAR + rb",?)? " + _CLOCK + _HALF
    + rb"(?:(?: (?:[A-Z]{3,4} )?(?P<behind>(?:19|20)\d\d))(?:[\]:, ]|$))?",
    # 22/Nov/2026:03:04:05 +0000 (access logs), 22-Nov-2026 03:04:05 UTC (PHP, Tomcat), 22 Nov 2026 03:04:05.123 (Redis)
    rb"\b(?P<day>\d{1,2})[-/ ]" + _MONTH + rb"[-/ ]" + _YEAR + rb"[: T]" + _CLOCK + _ZONE,
    # 11/22/2026, 3:04:05 AM: the month comes first where the day has two halves
    rb"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/" + _YEAR + rb",? " + _CLOCK + rb" (?P<half>[AP]M)\b",
    # E1122 03:04:05.123456 (klog), 11-22 03:04:05.123 (logcat)
    rb"^[EWIFD](?P<month>\d\d)(?P<day>\d\d) " + _CLOCK,
    rb"^(?P<month>\d\d)-(?P<day>\d\d) " + _CLOCK,
    # 261122  3:04:05 (MySQL 5), 261122 030405 (Hadoop)
    rb"^(?P<short>\d\d)(?P<month>\d\d)(?P<day>\d\d) {1,2}(?P<hour>\d{1,2}):?(?P<minute>\d\d):?(?P<second>\d\d)\b",
)  # fmt: skip
_EPOCH = rb"(?P<epoch>1\d{9})(?:[.,]?(?P<part>\d{1,9}))?(?:\D|$)"
_AT_HEAD = rb"^[\[(<]?" + _EPOCH
_ACCESS = rb"\[(\d\d/[A-Z][a-z]{2}/\d{4}:)"
_AUDIT = rb"\baudit\((1\d{9}\.\d{3}:)"
_NAMES = rb"(?:time|ts|@?timestamp|date|datetime|asctime|eventtime|__realtime_timestamp|t)"
_JSON = rb'(?i)"' + _NAMES + rb'"\s*:\s*(?:\{\s*"\$date"\s*:\s*)?"?'
_LOGFMT = rb"(?i)(?:^|\s)@?" + _NAMES + rb'="?'


class Stamps:
    """Reads the times of the lines of one file."""

    def __init__(self, changed: datetime, local: Callable[[datetime], datetime], *, is_ahead: bool = False) -> None:
        """Know what the lines do not say.

        Args:
            changed: When the file was last written to: a day without a year was in the last one before that, and a
                time that is more than a day later was not written by the clock of this host.
            local: Makes a time without a zone an aware one.
            is_ahead: The whole file says that it was written later than that: its times are believed.
        """
        self._latest = changed + _SLACK
        self._local = local
        self._is_ahead = is_ahead
        self._usual = _FORMS[0]
        """The form of a time that a line of this file began with: the next one will."""

    def __call__(self, line: bytes) -> datetime | None:
        """Return the time of a line, aware; None: it has none, or none that can be."""
        for found in self._places(line):
            time = self._time(found)
            if time is not None:
                return time if self._is_ahead or time <= self._latest else None
        return None

    def _time(self, found: "re2._Match") -> datetime | None:
        said = {name.decode(): value.decode() for name, value in found.groupdict().items() if value}
        try:
            if "epoch" in said:
                part = f"0.{said.get('part', '0')}"
                return datetime.fromtimestamp(int(said["epoch"]), UTC) + timedelta(seconds=float(part))
            return self._dated(said)
        except (ValueError, OverflowError):  # the 31st of November, hour 25
            return None

    def _dated(self, said: dict[str, str]) -> datetime | None:
        month = int(said["month"]) if "month" in said else _MONTHS.index(said["name"].lower().encode()) + 1
        hour = int(said["hour"])
        if "half" in said:
            hour = hour % 12 + (12 if said["half"] == "PM" else 0)
        micro = int(said.get("part", "0").ljust(6, "0")[:6])
        clock = (month, int(said["day"]), hour, int(said["minute"]), min(int(said["second"]), 59), micro)
        year = said.get("year") or said.get("behind") or ("20" + said["short"] if "short" in said else "")
        if year:
            return self._aware(datetime(int(year), *clock), said.get("zone", ""))  # noqa: DTZ001 - made aware there
        return self._in_the_last_year(clock)

    def _in_the_last_year(self, clock: tuple[int, int, int, int, int, int]) -> datetime | None:
        for year in range(self._latest.year + 1, self._latest.year - _MOST_LEAPS, -1):
            try:
                time = self._local(datetime(year, *clock))  # noqa: DTZ001 - made aware by it
            except ValueError:
                if clock[:2] != (2, 29):
                    raise
                continue
            if time <= self._latest:
                return time
        return None

    def _aware(self, time: datetime, zone: str) -> datetime:
        if not zone:
            return self._local(time)
        if zone in {"Z", "UTC", "GMT"}:
            return time.replace(tzinfo=UTC)
        ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
        return time.replace(tzinfo=timezone(-ahead if zone[0] == "-" else ahead)).astimezone(UTC)

    def _places(self, line: bytes) -> Iterator["re2._Match"]:
        """Yield what looks like the time of the line, where it would stand; the likeliest first."""
        if line[:1] == b"{":
            for key in re2.finditer(_JSON, line):
                yield from self._first(line[key.end() : key.end() + _HEAD])
            return
        yield from self._first(line[:_HEAD])
        for introduced in (_ACCESS, _AUDIT, _LOGFMT):
            found = re2.search(introduced, line[:_FURTHER])
            if found:
                begins = found.start(1) if found.re.groups else found.end()
                yield from self._first(line[begins : begins + _HEAD])

    def _first(self, text: bytes) -> Iterator["re2._Match"]:
        """Yield the time that stands first in a text, if there is one."""
        usual = re2.match(self._usual, text)
        if usual:
            yield usual
            return
        matches = ((form, re2.search(form, text)) for form in (_AT_HEAD, *_FORMS))
        found = [(match.start(), form, match) for form, match in matches if match]
        if found:
            start, form, match = min(found, key=lambda one: one[0])
            if start == 0:
                self._usual = form
            yield match
