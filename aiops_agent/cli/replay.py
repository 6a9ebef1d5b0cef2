"""`replay`: what today's rules would have done with old logs. The first thing a careful user runs."""

import argparse
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.replayed import CameTo, decision
from aiops_agent.cli.story import span
from aiops_agent.config.load import load as load_config
from aiops_agent.errors import UsageError
from aiops_agent.host import SystemClock
from aiops_agent.noun import dataclass
from aiops_agent.playbook.kinds import parse_unit
from aiops_agent.replay import Answer, Assumed, Minutes, PastClock
from aiops_agent.replay import replay as replayed
from aiops_agent.settings import Config
from aiops_agent.sources.quiet import DEFAULT_CONFIG
from aiops_agent.wiring.build import World, old_logs, past

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.sources.old import OldLog


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is replayed, and under which rules."""

    config: Config
    files: Sequence[str]
    assumed: Assumed
    service: str | None
    since: datetime | None
    until: datetime | None


def replay(arguments: argparse.Namespace) -> int:
    """Print what would have been done, when, and why not more."""
    started = time.monotonic()
    chosen = _chosen(arguments)
    clock, minutes = PastClock(), Minutes()
    logs = old_logs(chosen.config, chosen.files, _local, service=chosen.service, since=chosen.since)
    world = World(clock=clock, host=os.uname().nodename, complain=lambda _: None)
    try:
        today, trusted = SystemClock().now(), chosen.assumed.trusted
        with past(chosen.config, world, minutes, today=today, trusted=trusted) as agent:
            every, until = chosen.config.every, chosen.until
            found = replayed(agent, clock, minutes, logs, chosen.assumed, every=every, until=until)
            _check_read(logs, {str(Path(name).absolute()) for name in arguments.files})
            came_to = CameTo(chosen.config, chosen.assumed, found, logs, agent, time.monotonic() - started)
            if arguments.json:
                print_json(came_to.as_json())
            elif arguments.jsonl:
                for made in found.decisions:
                    print_json(decision(made))
            else:
                print("".join(f"{safe(line)}\n" for line in came_to.lines()), end="")
    finally:
        for log in logs:
            log.close()
    return 0


def _chosen(arguments: argparse.Namespace) -> Chosen:
    now = SystemClock().now()
    since, until = span(arguments, now)
    try:
        service = parse_unit(arguments.service) if arguments.service else None
    except ValueError as error:
        raise UsageError(f"--service: {error}") from error
    config = _config(arguments.config)
    root = config.executor is not None and config.executor.exists()  # only looked for: nobody is spoken to
    assumed = Assumed(arguments.assume == "success", Answer(arguments.answer), root, trusted=arguments.trusted)
    return Chosen(config, _files(arguments.files), assumed, service, since, until)


def _config(named: str | None) -> Config:
    """Return the rules: of the configuration named, else of the default one if there, else as shipped."""
    if named is None and os.access(DEFAULT_CONFIG, os.R_OK):
        named = DEFAULT_CONFIG
    # Never from memory, which lies in state_dir: a replay looks at nothing there.
    return load_config(Path(named or os.devnull), None)


def _local(time: datetime) -> datetime:
    """Return a time that the log gives without a zone as this host's clock would have."""
    return time.astimezone(UTC)


def _files(names: Sequence[str]) -> list[str]:
    """Return the files that are named, and those in folders that are.

    Raises:
        UsageError: Some cannot be read, or there are none.
    """
    faults: list[str] = []
    files: list[str] = []
    for path in (Path(name).absolute() for name in names):
        if path.is_dir():
            below = (Path(folder, inner) for folder, _, inners in os.walk(path) for inner in sorted(inners))
            files += [str(inner) for inner in below if inner.is_file() and not inner.is_symlink()]
        elif not os.path.lexists(path):
            faults.append(f"there is no {path}")
        elif not path.is_file():
            faults.append(f"{path} is no file and no folder")
        elif not os.access(path, os.R_OK):
            faults.append(f"{path}: permission denied")
        else:
            files.append(str(path))
    if faults:
        raise UsageError("\n".join(map(safe, faults)), hint="name logs that you may read, or run this as root")
    if not files:
        raise UsageError(f"no files in {safe(', '.join(names))}")
    return files


def _check_read(logs: "Sequence[OldLog]", named: set[str]) -> None:
    """Refuse if a file that was named could not be read, or none could.

    Raises:
        UsageError: So it is.
    """
    left_out = [(path, why) for log in logs for path, why in log.left_out]
    faults = [f"{safe(path)}: {why}" for path, why in left_out if path in named]
    if faults:
        raise UsageError("\n".join(faults), hint="name the other files only; what is packed can be unpacked first")
