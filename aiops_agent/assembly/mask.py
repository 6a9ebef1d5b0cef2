"""What changes from one occurrence of a fault to the next is replaced by a sign of its kind."""

from functools import cache

import re2

_KEEP = (
    r"\b(?:sd[a-z]{1,2}\d*|nvme\d+n\d+(?:p\d+)?|xvd[a-z]+\d*|vd[a-z]\d*|md\d+|dm-\d+|loop\d+|mmcblk\d+(?:p\d+)?"
    r"|eth\d+|en[opsx]\d+\w*|wlan\d+|wlp\d\w*|bond\d+|br\d+|ib\d+|tty\w*\d+|ttyS\d+)\b"
    r"|\bSQLSTATE[ =:\[(]{0,3}[0-9A-Z]{5}\b|(?i:\berrno[ =:\]]{0,3}-?\d+)"
    r"|(?i:\b(?:status|code|signal|rc|exit|exited|alert number)\b(?: code| status)?['\"]?[ =:(]{0,3}\d{1,9}\b)"
    r"|\bHTTP(?:/\d(?:\.\d)?)?['\"]?[ =:(]{0,3}\d{1,9}\b|\b[A-Z]{2,5}-\d{1,9}\b"
)
_VARIABLE = (
    r"(?P<keep>" + _KEEP + r")"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)"
    r"|(?P<time>\d{4}[-/]\d{2}[-/]\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)?(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
    r"|\b\d{1,2}:\d{2}:\d{2}(?:[.,]\d+)?\b"
    r"|\b\d{1,2}[-/](?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/]\d{4}(?::?\s?\d{2}:\d{2}:\d{2})?"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}\b)"
    r"|(?P<ip>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\[?\b[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{0,4}){3,7}\b\]?(?::\d+)?)"
    r"|(?P<host>\b(?:host|hostname|instance|node)=\S+)"
    r"|(?P<path>/(?:tmp|var/tmp|run/user|proc)/[^\s'\",;:)\]]+)"
    r"|(?P<hex>\b0x[0-9a-fA-F]+\b|\b(?:[0-9]+[a-f]|[a-f]+[0-9])[0-9a-f]{5,}\b|\b(?:[0-9]+[A-F]|[A-F]+[0-9])[0-9A-F]{5,}\b)"
    r"|(?P<quoted>'[^' ]*\d[^' ]*'|\"[^\" ]*\d[^\" ]*\")"
    r"|(?P<number>[-+]?\d+(?:[.,:]\d+)*(?:ns|us|µs|ms|s|m|h|kB|KB|KiB|MB|MiB|GB|GiB|B|%)?)"
)


def mask(text: str) -> str:
    """Return `text` with numbers, addresses, times, ids and durations replaced by `<kind>`.

    Devices (`sda1`, `eth0`), error numbers, SQLSTATEs, exit codes and HTTP statuses stay: they tell faults apart.
    """
    return str(_compiled(_VARIABLE).sub(_sign, text))


def kept(text: bytes) -> tuple[bytes, ...]:
    """Return what `mask` keeps although it has digits: with the text's other bytes, it settles the masked form."""
    return tuple(_compiled_bytes(_KEEP).findall(text))


def _sign(match: "re2._Match") -> str:
    kind = match.lastgroup
    return str(match.group()) if kind == "keep" else f"<{kind}>"


@cache
def _compiled(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern)


@cache
def _compiled_bytes(pattern: str) -> "re2._Regexp":
    return re2.compile(pattern.encode())
