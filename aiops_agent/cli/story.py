"""`audit show` and `audit timeline`: what was decided and done, by time, person, action and incident."""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from aiops_agent.audit.show import as_json
from aiops_agent.audit.show import show as entries
from aiops_agent.audit.timeline import Step, Story, steps, story, unfinished
from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.session import start
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.model.incident import rfc3339
from aiops_agent.playbook.kinds import parse_duration
from aiops_agent.settings import Config
from aiops_agent.wiring.keys import keys_of

DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others on a screen; the JSON has it whole."""


def show(arguments: argparse.Namespace) -> int:
    """Print every entry that is asked for, oldest first, each proven before it is printed."""
    session = start(arguments.config)
    wanted = _wanted(arguments, session.now)
    told = story(recorded(session.config), arguments.incident) if arguments.incident else None
    printed = 0
    for entry in recorded(session.config):
        if all(fits(entry) for fits in wanted) and (told is None or told.tells(entry)):
            printed += 1
            print(json.dumps(as_json(entry), ensure_ascii=False) if arguments.jsonl else safe(_line(entry)))
    if not (printed or arguments.jsonl):
        print("no entry fits" if wanted or told else "nothing is recorded yet")
    return 0


def _wanted(arguments: argparse.Namespace, now: datetime) -> list[Callable[[AuditEntry], bool]]:
    since, until = span(arguments, now)
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


def span(arguments: argparse.Namespace, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the times that a person means by --since and --until: `2026-11-26T12:00:00Z`, or `2h`: so long ago.

    Raises:
        UsageError: One is neither, or nothing lies between them.
    """
    since, until = _moment(arguments.since, now, "--since"), _moment(arguments.until, now, "--until")
    if since and until and since >= until:
        raise UsageError(
            f"nothing lies between {rfc3339(since)} and {rfc3339(until)}", hint="--since is the earlier one"
        )
    return since, until


def _moment(text: str | None, now: datetime, option: str) -> datetime | None:
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
    told = story(recorded(config), arguments.incident)
    found = list(steps(recorded(config), told))
    if arguments.json:
        print_json(_story(told, found))
        return 0
    began, ended = found[0].entry.time, found[-1].entry.time
    print(safe(f"{told.id}: {_counted(len(found))} from {rfc3339(began)} to {rfc3339(ended)}"))
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


def _story(told: Story, found: Sequence[Step]) -> dict[str, object]:
    return {
        "incident": told.id,
        "began": rfc3339(found[0].entry.time),
        "ended": rfc3339(found[-1].entry.time),
        "unfinished": unfinished(found),
        "steps": [
            {**as_json(step.entry), "after_seconds": step.after.total_seconds(), "says": step.words} for step in found
        ],
    }


def recorded(config: Config) -> Iterator[AuditEntry]:
    """Yield every entry of the log, oldest first, each proven."""
    return entries(config.state_dir / "audit", keys_of(config))


def _line(entry: AuditEntry) -> str:
    shown = {name: value for name, value in entry.detail.items() if value is not None}
    if "digest" in shown:
        shown["digest"] = str(shown["digest"])[:DIGEST_SHOWN]
    detail = "  ".join(f"{name}={value}" for name, value in shown.items())
    return f"{rfc3339(entry.time)}  {entry.actor:<12} {entry.action:<18} {entry.subject:<14} {detail}"


def _counted(entries: int) -> str:
    return "1 entry" if entries == 1 else f"{entries} entries"
