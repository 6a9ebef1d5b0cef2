"""`scan`: one tick."""

import time
from collections.abc import Iterator

from aiops_agent.agent import Tick
from aiops_agent.cli.output import category, print_json, print_table, safe
from aiops_agent.cli.session import Session, start
from aiops_agent.model.incident import Incident, Status
from aiops_agent.pipeline import tick
from aiops_agent.settings import Config
from aiops_agent.sources import quiet
from aiops_agent.sources.paths import find
from aiops_agent.state.database import exclusive
from aiops_agent.state.halt import Halt
from aiops_agent.state.state import State
from aiops_agent.wiring import build, rehearsal

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

NEEDS_ATTENTION = 1


def scan(arguments: "argparse.Namespace") -> int:
    """Run one tick and print what it found."""
    started = time.monotonic()
    session = start(arguments.config, create=not arguments.dry_run, delivers=True)
    found = _rehearsed(session) if arguments.dry_run else _ticked(session)
    code = _print(found, time.monotonic() - started, arguments)
    if not arguments.json:
        print("".join(f"{line}\n" for line in _remarks(session.config, dry_run=arguments.dry_run)), end="")
    if found and found.audit_error:
        raise found.audit_error
    return code


def _rehearsed(session: Session) -> Tick:
    with rehearsal(session.config, session.world) as agent:
        return tick(agent, session.now, rehearse=True)


def _ticked(session: Session) -> Tick | None:
    """Return what a tick found, or None when another one is at work."""
    with exclusive(session.config.state_dir) as locked:
        if not locked:
            return None
        with State.open(session.config.state_dir) as state, build(session.config, state, session.world) as agent:
            found = tick(agent, session.now)
            watched = [*quiet.watched(agent.sources.values()), *agent.library.stamps]
            known = state.checkpoints.all().values()
            # What an earlier configuration read may grow: no tick would be quiet any more.
            files = [file for file in known if any(source.covers(file.path) for source in agent.sources.values())]
            due = state.next_due()
        quiet.save(session.config.path, session.config.state_dir, watched, files, due, now=session.now)
    return found


def _print(found: Tick | None, seconds: float, arguments: "argparse.Namespace") -> int:
    report = found or Tick()
    touched = sorted(report.touched.values(), key=lambda incident: (incident.first_seen, incident.id))
    if arguments.json:
        print_json(
            {
                "files": len(report.files),
                "bytes": report.bytes,
                "errors": report.errors,
                "lost_bytes": report.lost_bytes,
                "seconds": round(seconds, 3),
                "skipped": None if found else "locked",
                "incidents": [incident.as_json() for incident in touched],
            }
        )
    elif found is None:
        print("skipped: another scan is at work")
    else:
        _print_incidents(report, touched, seconds)
    return NEEDS_ATTENTION if arguments.check and any(map(_needs_attention, touched)) else 0


def _remarks(config: Config, *, dry_run: bool) -> Iterator[str]:
    """Yield what a person may wonder about: why nothing was read, why nothing was done."""
    if not config.sources:
        yield f"nothing is read: {config.path} names no sources"
    if dry_run:
        patterns = [pattern for source in config.sources for pattern in source.paths if not find((pattern,)).files]
        yield from (f"no file matches {safe(pattern)}: it is read when it appears" for pattern in patterns)
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
        below=[incident.title for incident in touched],
    )
    print(f"{len(report.files)} files, {report.bytes} bytes, {report.errors} error records in {seconds:.2f} s")
