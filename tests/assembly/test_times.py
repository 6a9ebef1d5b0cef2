"""When a line was written, by its own words."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from aiops_agent.assembly.times import Stamps

CHANGED = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
THEN = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)


def as_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC)


READ = Stamps(CHANGED, as_utc)

LINES = {
    "iso": "2026-11-22T03:04:05Z level up",
    "iso with a zone": "2026-11-22T04:04:05+01:00 level up",
    "iso west of Greenwich": "2026-11-21 22:34:05.000-0430 level up",
    "python": "2026-11-22 03:04:05,000 ERROR worker: no",
    "nginx": "2026/11/22 03:04:05 [error] 2211#2211: *1 connect() failed",
    "postgresql": "2026-11-22 03:04:05.000 UTC [4711] FATAL:  no",
    "syslog": "Nov 22 03:04:05 web01 sshd[42]: no",
    "relayed by syslog with a priority": "<34>Nov 22 03:04:05 web01 sshd[42]: no",
    "rfc 5424": "<34>1 2026-11-22T03:04:05.000Z web01 su - ID47 - no",
    "apache's errors": "[Sun Nov 22 03:04:05.000000 2026] [core:error] [pid 1] no",
    "ctime": "Sun Nov 22 03:04:05 2026 no",
    "date": "Sun Nov 22 03:04:05 UTC 2026 no",
    "an access log": '10.2.1.7 - bob [22/Nov/2026:04:04:05 +0100] "GET / HTTP/1.1" 500 1 "-" "-"',
    "tomcat": "22-Nov-2026 03:04:05.000 SEVERE [main] no",
    "php": "[22-Nov-2026 03:04:05 UTC] PHP Fatal error: no",
    "redis": "4711:M 22 Nov 2026 03:04:05.000 # no",
    "java.util.logging": "Nov 22, 2026 3:04:05 AM shop.Orders charge",
    "nest": "[Nest] 23  - 11/22/2026, 3:04:05 AM   ERROR no",
    "klog": "E1122 03:04:05.000000       1 reflector.go:138] no",
    "logcat": "11-22 03:04:05.000  1234  1234 E ActivityManager: no",
    "mysql 5": "261122  3:04:05 [ERROR] no",
    "hadoop": "261122 030405 13 INFO dfs.DataNode: no",
    "ruby": "E, [2026-11-22T03:04:05.000000 #4711] ERROR -- : no",
    "container": "2026-11-22T03:04:05.000000000Z stderr F no",
    "epoch": "1795316645.000 no",
    "squid": "1795316645.000    120 10.0.0.1 TCP_MISS/500 no",
    "epoch of nagios": "[1795316645] HOST ALERT: no",
    "auditd": "type=AVC msg=audit(1795316645.000:420): no",
    "logfmt": 'level=error ts=2026-11-22T03:04:05Z msg="no"',
    "logfmt of logrus": 'time="2026-11-22T03:04:05Z" level=error msg="no"',
    "json": '{"level":"error","msg":"no","ts":"2026-11-22T03:04:05Z"}',
    "json of pino": '{"level":50,"time":1795316645000,"msg":"no"}',
    "json of zap": '{"level":"error","ts":1795316645.0,"msg":"no"}',
    "json of mongodb": '{"t":{"$date":"2026-11-22T03:04:05.000+00:00"},"s":"E"}',
    "json of journald": '{"MESSAGE":"no","__REALTIME_TIMESTAMP":"1795316645000000"}',
    "json of docker": '{"log":"{\\"time\\":\\"2020-01-01T00:00:00Z\\"}\\n","time":"2026-11-22T03:04:05Z"}',
}


@pytest.mark.parametrize("kind", LINES)
def test_the_time_of_a_line_is_read(kind):
    assert READ(LINES[kind].encode()) == THEN


TIMELESS = {
    "nothing": "",
    "a frame": "\tat shop.Cart.total(Cart.java:42)",
    "a time of day": "03:04:05 ERROR no",
    "a kernel's clock": "[ 8155.420680] usb 1-1: no",
    "a long number": "12345678901234567890123 no",
    "no such day": "2026-11-31 03:04:05 no",
    "no such hour": "Nov 22 25:04:05 web01 no",
    "no such zone": "2026-11-22T03:04:05+99:99 no",
    "a time in the midst of a message": f"the certificate {'of the shop ' * 6}is valid until 2026-11-22 03:04:05",
    "json without one": '{"level":"error","msg":"2026-11-22T03:04:05Z"}',
}


@pytest.mark.parametrize("kind", TIMELESS)
def test_what_has_no_time_has_none(kind):
    assert READ(TIMELESS[kind].encode()) is None


def test_the_first_time_of_a_line_is_its_own():
    assert READ(b"Nov 22 03:04:05 web01 app: 2020-01-01T00:00:00Z old") == THEN


@pytest.mark.parametrize(
    ("changed", "line", "year"),
    [
        (datetime(2027, 1, 2, tzinfo=UTC), b"Dec 31 23:59:59 web01 app: no", 2026),
        (datetime(2027, 1, 2, tzinfo=UTC), b"Jan  1 00:00:01 web01 app: no", 2027),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), b"Jan  1 00:00:01 web01 app: no", 2027),
        (datetime(2027, 6, 1, tzinfo=UTC), b"Feb 29 00:00:01 web01 app: no", 2024),
    ],
)
def test_a_year_that_is_not_said_is_the_last_that_the_file_allows(changed, line, year):
    time = Stamps(changed, as_utc)(line)
    assert time is not None
    assert time.year == year


def test_a_time_without_a_zone_is_local():
    tokyo = timezone(timedelta(hours=9))
    time = Stamps(CHANGED, lambda time: time.replace(tzinfo=tokyo))(b"2026-11-22 12:04:05 no")
    assert time == THEN


def test_a_line_cannot_be_younger_than_its_file():
    forged = b"2099-01-01T00:00:00Z ERROR no"
    assert READ(forged) is None
    assert Stamps(CHANGED, as_utc, is_ahead=True)(forged) == datetime(2099, 1, 1, tzinfo=UTC)


def test_fractions_are_read_and_a_leap_second_is_the_one_before():
    assert READ(b"2026-11-22T03:04:05.25Z no") == THEN + timedelta(milliseconds=250)
    assert READ(b"1795316645.25 no") == THEN + timedelta(milliseconds=250)
    assert READ(b"2026-11-22T03:04:60Z no") == THEN.replace(second=59)


def test_any_bytes_are_read_without_a_fault():
    for byte in range(256):
        READ(bytes([byte]) * 100)
        READ(b"2026-11-22T03:04:0" + bytes([byte]) + b"Z no")
        READ(b'{"ts":"' + bytes([byte]))
