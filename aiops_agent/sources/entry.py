"""An entry of a journal becomes lines: who wrote it comes from what journald found out, never from what was written."""

import json
from datetime import UTC, datetime

from aiops_agent.model.event import Severity
from aiops_agent.sources.journalctl import LONGEST, Entry
from aiops_agent.sources.stretch import Stretches

OWN_UNITS = frozenset(("aiops-agent.service", "aiops-agent-daemon.service"))
"""What the agent itself writes is not read: it would report its own reports."""

_ERROR, _CRITICAL = 3, 2
"""Syslog's priorities: the greatest that is an error, and that is more than an error."""

_LONGEST_NAME = 48
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@/")
_INIT = b"1"


def unit_of(entry: Entry) -> str:
    """Return the unit an entry belongs to; empty when journald names none, as for the kernel.

    That of the process that wrote it; what systemd (process 1) says of a unit, and its collector of crashes (as root)
    of a process of one, belongs to that unit: `Failed with result 'exit-code'.`
    """
    fields = entry.fields
    if fields.get(b"_TRANSPORT") == b"kernel":
        return ""
    unit = entry.text(b"_SYSTEMD_UNIT")
    if fields.get(b"_PID") == _INIT and fields.get(b"_UID") == b"0":
        return entry.text(b"UNIT") or unit
    if unit.startswith("systemd-coredump@") and fields.get(b"_UID") == b"0":
        return entry.text(b"COREDUMP_UNIT") or unit
    return unit


def service_of(unit: str) -> str | None:
    """Return the unit as what a playbook may act on; None when it is no service, or the sessions of a person."""
    is_service = unit.endswith(".service") and not unit.startswith("user@") and all(sign in _NAME for sign in unit)
    return unit if is_service else None


def path_of(unit: str) -> str:
    """Return what an incident names as its source."""
    return f"journald:{unit}" if unit else "journald"


def line_of(entry: Entry, assembly: Stretches) -> bytes:
    """Return an entry as one line: the same for the same entry, always.

    `[TIME LEVEL] HOST PROGRAM[PID]: MESSAGE`, so that entries of one writer make one record, others between them or
    not. LEVEL stands there only where the priority is that of an error; a calm priority keeps nothing from counting. A
    message of several lines is one record whatever stands in them: a JSON line.
    """
    message = entry.fields.get(b"MESSAGE", b"").replace(b"\0", b" ").rstrip(b"\n")
    severity = _severity(entry.fields.get(b"PRIORITY", b""))
    if b"\n" in message:
        return _several(message, severity, assembly)
    level = f" {severity.name}" if severity else ""
    time = datetime.fromtimestamp(entry.realtime / 1_000_000, UTC).isoformat(timespec="microseconds")
    return f"[{time[:26]}Z{level}] {_writer(entry)}: ".encode() + message + b"\n"


def _several(message: bytes, severity: Severity | None, assembly: Stretches) -> bytes:
    alone = assembly.stretch(0, 0, 0)
    alone.feed(message + b"\n")
    alone.finish(final=True)
    worst = max((severity or 0, *(sighting.severity for sighting in alone.take().sightings)))
    text = message.decode("utf-8", "backslashreplace")
    while len(line := _json("info" if not worst else Severity(worst).label, text)) > LONGEST:
        text = text[: len(text) // 2]
    return line


def _json(level: str, text: str) -> bytes:
    return json.dumps({"level": level, "message": text}, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _severity(priority: bytes) -> Severity | None:
    if not (len(priority) == 1 and priority.isdigit()) or int(priority) > _ERROR:
        return None
    return Severity.CRITICAL if int(priority) <= _CRITICAL else Severity.ERROR


def _writer(entry: Entry) -> str:
    host = _name(entry.text(b"_HOSTNAME")) or "localhost"
    if entry.fields.get(b"_TRANSPORT") == b"kernel":
        return f"{host} kernel"
    program = _name(entry.text(b"SYSLOG_IDENTIFIER") or entry.text(b"_COMM")) or "unnamed"
    process = entry.text(b"_PID")
    return f"{host} {program}[{process}]" if process.isdigit() else f"{host} {program}"


def _name(text: str) -> str:
    """Return a name that a client chose as one word, in which nothing can be hidden."""
    return "".join(sign if sign in _NAME else "_" for sign in text[:_LONGEST_NAME])
