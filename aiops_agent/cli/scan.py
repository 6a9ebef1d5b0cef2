"""`scan`: one tick."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from aiops_agent.agent import CutShort, Tick
from aiops_agent.cli.output import category, print_json, print_table, safe
from aiops_agent.cli.session import Session, start
from aiops_agent.model.incident import Incident, Status
from aiops_agent.pipeline import tick
from aiops_agent.settings import Config
from aiops_agent.sources.paths import find
from aiops_agent.state.halt import Halt
from aiops_agent.turn import LONGEST, Limit, take_turn
from aiops_agent.wiring.build import rehearsal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

NEEDS_ATTENTION = 1

WHY_SHORT = {
    CutShort.TIME: f"cut short after {LONGEST.total_seconds() / 60:.0f} minutes: the next scan goes on from there",
    CutShort.STOPPED: "cut short because it was told to end: the next scan goes on from there",
    CutShort.UNREADABLE: "cut short: a source could not be read on, see the notice; the next scan tries again",
}


def scan(arguments: "argparse.Namespace") -> int:
    """Run one tick and print what it found."""
    started = time.monotonic()
    session = start(arguments.config, create=not arguments.dry_run, delivers=True)
    with heeded(signal.SIGTERM) as is_stopping:
        limit = Limit(LONGEST, is_stopping)
        found = _rehearsed(session, limit) if arguments.dry_run else _ticked(session, limit)
        code = _print(found, time.monotonic() - started, arguments)
        if not arguments.json:
            print("".join(f"{line}\n" for line in _remarks(session.config, found, dry_run=arguments.dry_run)), end="")
    for failure in found.failures() if found else ():
        raise failure
    return code


@contextmanager
def heeded(number: signal.Signals) -> Iterator[Callable[[], bool]]:
    """Yield what tells whether the signal has come; it does not end the program meanwhile."""
    came: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        came.append(number)

    before = signal.signal(number, note)
    try:
        yield lambda: bool(came)
    finally:
        signal.signal(number, before)


def _rehearsed(session: Session, limit: Limit) -> Tick:
    with rehearsal(session.config, session.world) as agent:
        return tick(agent, session.now, rehearse=True, limit=limit)


def _ticked(session: Session, limit: Limit) -> Tick | None:
    turn = take_turn(session.config, session.world, session.now, limit)
    return turn.found if turn else None


def as_json(found: Tick | None, seconds: float) -> Mapping[str, object]:
    """Return the object of `scan --json`; None: another scan was at work."""
    report = found or Tick()
    return {
        "files": len(report.files),
        "bytes": report.bytes,
        "errors": report.errors,
        "lost_bytes": report.lost_bytes,
        "seconds": round(seconds, 3),
        "skipped": None if found else "locked",
        "cut_short": report.cut_short,
        "incidents": [incident.as_json() for incident in in_order(report)],
    }


def in_order(report: Tick) -> list[Incident]:
    """Return the incidents a tick touched, the oldest first."""
    return sorted(report.touched.values(), key=lambda incident: (incident.first_seen, incident.id))


def _print(found: Tick | None, seconds: float, arguments: "argparse.Namespace") -> int:
    touched = in_order(found or Tick())
    if arguments.json:
        print_json(as_json(found, seconds))
    elif found is None:
        print("skipped: another scan is at work")
    else:
        _print_incidents(found, touched, seconds)
    return NEEDS_ATTENTION if arguments.check and any(map(_needs_attention, touched)) else 0


def _remarks(config: Config, found: Tick | None, *, dry_run: bool) -> Iterator[str]:
    """Yield what a person may wonder about: why nothing was read, why nothing was done."""
    if not config.sources:
        yield f"nothing is read: {config.path} names no sources"
    if dry_run:
        patterns = [pattern for source in config.sources for pattern in source.paths if not find((pattern,)).files]
        yield from (f"no file matches {safe(pattern)}: it is read when it appears" for pattern in patterns)
    if found and not dry_run and any(i.status is Status.WAITING_APPROVAL for i in found.touched.values()):
        yield "a question waits for an answer: `aiops-agent approvals list`"
    if Halt(config.state_dir / "halt").is_set():
        yield "halted: nothing is acted on until `aiops-agent resume`"


def _needs_attention(incident: Incident) -> bool:
    return incident.status in (Status.OPEN, Status.WAITING_APPROVAL)


def _decision(incident: Incident) -> str:
    return f"{incident.decision}: {incident.reason}"


def _print_incidents(report: Tick, touched: list[Incident], seconds: float) -> None:
    print_table(
        ("ID", "SEVERITY", "CATEGORY", "SURE", "SERVICE", "COUNT", "DECISION", "STATUS"),
        ((i.id, i.severity.label, *category(i), i.service, i.occurrences, _decision(i), i.status) for i in touched),
        empty="nothing new",
        below=[incident.evidence.brief for incident in touched],
    )
    print(f"{len(report.files)} files, {report.bytes} bytes, {report.errors} error records in {seconds:.2f} s")
    if report.cut_short:
        print(WHY_SHORT[report.cut_short])
