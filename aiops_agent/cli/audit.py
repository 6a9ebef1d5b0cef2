"""`audit`: is the record intact, and what does it say."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_agent.audit.anchors import Sighting, find_anchors, of_log, read_anchors
from aiops_agent.audit.export import Contents
from aiops_agent.audit.export import export as bundled
from aiops_agent.audit.publish import log_named
from aiops_agent.audit.show import show as entries
from aiops_agent.audit.timeline import Step, Story, steps, story, unfinished
from aiops_agent.audit.verify import VerifyReport
from aiops_agent.audit.verify import verify as verified
from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.session import LOCK_WAIT, start
from aiops_agent.errors import AuditError, UsageError
from aiops_agent.model.audit import Anchor, AuditEntry
from aiops_agent.model.incident import rfc3339
from aiops_agent.playbook.kinds import parse_duration
from aiops_agent.settings import Config
from aiops_agent.state.database import exclusive
from aiops_agent.wiring import keys_of, shipped

TAMPERED = 3

DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others on a screen; the JSON has it whole."""

PUBLIC_KEY = 32
"""Bytes of an Ed25519 public key."""


def verify(arguments: argparse.Namespace) -> int:
    """Check every byte of the log; writes nothing."""
    given = sightings(arguments.anchors)  # before root becomes somebody who may not read them
    genesis = _pinned(arguments.genesis)
    session = start(arguments.config)
    directory = session.config.state_dir / "audit"
    anchors, others = fitting(session.config, given, directory)
    keys = None if arguments.public or genesis else keys_of(session.config)
    report = verified(directory, keys, anchors, genesis=genesis, now=session.now)
    if arguments.json:
        print_json({**report.as_json(), "anchors_given": len(anchors), "anchors_of_other_logs": others})
    else:
        _print_verdict(report)
        if given:
            print(f"anchors: {report.anchors} of {len(anchors)} found again, {others} of other logs left out")
    return 0 if report.intact else TAMPERED


def _print_verdict(report: VerifyReport) -> None:
    if report.first_bad:
        bad = report.first_bad
        print(f"NOT intact: {bad.kind} at byte {bad.offset} of {safe(bad.segment)}: {safe(bad.detail)}")
        print(f"{report.records} records before that are proven")
    else:
        print(f"intact: {report.records} records in {report.segments} segments, head {report.head[:12]}")
        print(report.coverage)
    for oddity in report.oddities:
        print(f"odd: {safe(str(oddity))}")
    if report.key_problem:
        print(f"without the keys: {safe(report.key_problem)}")


def sightings(files: Sequence[str]) -> list[Sighting]:
    """Return the anchors in the files that were named; `-` is standard input."""
    return [
        sighting
        for file in files
        for sighting in (find_anchors(sys.stdin.buffer, "standard input") if file == "-" else read_anchors(file))
    ]


def fitting(config: Config, given: Sequence[Sighting], directory: Path) -> tuple[list[Anchor], int]:
    """Return the anchors of this log, those in the configured file too, and how many given ones are of other logs.

    Raises:
        UsageError: All that were given are of other logs, or the configured file cannot be read.
    """
    log = _name(directory)
    anchors = of_log(given, log)
    if given and not anchors:
        raise UsageError(
            f"the anchors given are of other logs than the one in {directory}",
            hint="give those of this host; `journalctl -t aiops-agent -o json` names the log of each",
        )
    others = len(given) - len(anchors)
    kept = config.anchor_file
    if kept and kept.exists() and kept.stat().st_size:
        anchors += of_log(read_anchors(str(kept)), log)
    return anchors, others


def _name(directory: Path) -> str | None:
    try:
        return log_named(directory)
    except AuditError:
        return None  # damaged: verification says how


def _pinned(file: str | None) -> bytes | None:
    if file is None:
        return None
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="name a copy of genesis.pub") from error
    if len(content) != PUBLIC_KEY:
        raise UsageError(
            f"{file} is not a public key of {PUBLIC_KEY} bytes", hint="name a copy of state_dir/keys/genesis.pub"
        )
    return content


def export(arguments: argparse.Namespace) -> int:
    """Write a bundle that an auditor verifies elsewhere."""
    given = sightings(arguments.anchors)
    session = start(arguments.config)
    state_dir = session.config.state_dir
    directory = state_dir / "audit"
    if not directory.is_dir():
        raise UsageError(f"nothing is recorded yet in {directory}", hint="`aiops-agent audit show` shows what is")
    with exclusive(state_dir, wait=LOCK_WAIT) as locked:
        if not locked:
            raise UsageError("another scan is at work and holds the lock", hint="try again when it is done")
        contents = Contents(
            host=session.world.host,
            genesis=keys_of(session.config).genesis,
            anchors=fitting(session.config, given, directory)[0],
            documents={
                "audit-format.md": shipped("docs/audit-format.md"),
                "verify_audit.py": shipped("tools/verify_audit.py"),
            },
        )
        target = Path(arguments.target).absolute()
        segments = bundled(directory, target, contents, session.now)
    print(safe(f"{target}: {segments} segments, {len(contents.anchors)} anchors; README.txt says how to verify it"))
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print every entry that is asked for, oldest first, each proven before it is printed."""
    session = start(arguments.config)
    wanted = _wanted(arguments, session.now)
    told = story(_entries(session.config), arguments.incident) if arguments.incident else None
    printed = 0
    for entry in _entries(session.config):
        if all(fits(entry) for fits in wanted) and (told is None or told.tells(entry)):
            printed += 1
            print(json.dumps(_as_json(entry), ensure_ascii=False) if arguments.jsonl else safe(_line(entry)))
    if not (printed or arguments.jsonl):
        print("no entry fits" if wanted or told else "nothing is recorded yet")
    return 0


def _wanted(arguments: argparse.Namespace, now: datetime) -> list[Callable[[AuditEntry], bool]]:
    since, until = (
        moment(text, now, name) for text, name in ((arguments.since, "--since"), (arguments.until, "--until"))
    )
    if since and until and since >= until:
        raise UsageError(
            f"nothing lies between {rfc3339(since)} and {rfc3339(until)}", hint="--since is the earlier one"
        )
    actor, action = arguments.actor, arguments.action
    wanted: list[Callable[[AuditEntry], bool]] = []
    if since:
        wanted.append(lambda entry: entry.time >= since)
    if until:
        wanted.append(lambda entry: entry.time < until)
    if actor:
        wanted.append(lambda entry: entry.actor in (actor, f"user:{actor}"))
    if action:
        wanted.append(lambda entry: entry.action == action or entry.action.startswith(f"{action}."))
    return wanted


def moment(text: str | None, now: datetime, option: str) -> datetime | None:
    """Return the time that a person means by `2026-11-26T12:00:00Z`, or by `2h`: so long ago.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return None
    with suppress(ValueError):
        return now - timedelta(seconds=parse_duration(text.removesuffix(" ago")))  # 273 years at the most
    with suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)
    raise UsageError(f"{option}: {text!r} is no time", hint="2026-11-26T12:00:00Z, or 30m, 2h, 3d: so long ago")


def timeline(arguments: argparse.Namespace) -> int:
    """Print the story of one incident."""
    config = start(arguments.config).config
    told = story(_entries(config), arguments.incident)
    found = list(steps(_entries(config), told))
    if arguments.json:
        print_json(_story_as_json(told, found))
        return 0
    began, ended = found[0].entry.time, found[-1].entry.time
    print(safe(f"{told.id}: {len(found)} entries from {rfc3339(began)} to {rfc3339(ended)}"))
    for step in found:
        print(safe(f"{_since(step.after):>12}  {step.entry.actor:<12} {' '.join(step.words.split())}"))
    for action in unfinished(found):
        print(safe(f"no result of {action} is recorded: it is under way, or was cut short; the next scan looks at it"))
    return 0


def _since(after: timedelta) -> str:
    sign, after = ("-", -after) if after < timedelta(0) else ("+", after)
    minutes, seconds = divmod(after.seconds, 60)
    days = f"{after.days}d " if after.days else ""
    return f"{sign}{days}{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _story_as_json(told: Story, found: Sequence[Step]) -> dict[str, object]:
    return {
        "incident": told.id,
        "began": rfc3339(found[0].entry.time),
        "ended": rfc3339(found[-1].entry.time),
        "unfinished": unfinished(found),
        "steps": [
            {**_as_json(step.entry), "after_seconds": step.after.total_seconds(), "says": step.words} for step in found
        ],
    }


def _entries(config: Config) -> Iterator[AuditEntry]:
    return entries(config.state_dir / "audit", keys_of(config))


def _as_json(entry: AuditEntry) -> dict[str, object]:
    return {
        "time": rfc3339(entry.time),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": dict(entry.detail),
    }


def _line(entry: AuditEntry) -> str:
    shown = {name: value for name, value in entry.detail.items() if value is not None}
    if "digest" in shown:
        shown["digest"] = str(shown["digest"])[:DIGEST_SHOWN]
    detail = "  ".join(f"{name}={value}" for name, value in shown.items())
    return f"{rfc3339(entry.time)}  {entry.actor:<12} {entry.action:<18} {entry.subject:<14} {detail}"
