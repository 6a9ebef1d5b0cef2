"""`audit verify`: is the record intact, and who outside of it can tell?"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from aiops_agent.audit.anchors import Sighting, find_anchors, of_log, read_anchors
from aiops_agent.audit.publish import log_named
from aiops_agent.audit.verify import verify as verified
from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.session import start
from aiops_agent.errors import AuditError, UsageError
from aiops_agent.model.audit import Anchor
from aiops_agent.settings import Config
from aiops_agent.wiring.keys import keys_of

TAMPERED = 3

PUBLIC_KEY = 32
"""Bytes of an Ed25519 public key."""


def verify(arguments: argparse.Namespace) -> int:
    """Check every byte of the log; writes nothing. A log whose keys are gone is verified publicly, and exit 3."""
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
        for line in report.in_words:
            print(safe(line))
        if anchors or others:
            print(f"anchors: {report.anchors} of {len(anchors)} found again, {others} of other logs left out")
    # What a credential of the unit keeps is not gone because a shell has no part of it.
    is_lost = bool(report.key_problem) and session.config.credential is None
    return 0 if report.intact and not is_lost else TAMPERED


def sightings(files: Sequence[str]) -> list[Sighting]:
    """Return the anchors in the files that were named; `-` is standard input."""
    return [
        sighting
        for file in files
        for sighting in (find_anchors(sys.stdin.buffer, "standard input") if file == "-" else read_anchors(file))
    ]


def fitting(config: Config, given: Sequence[Sighting], directory: Path) -> tuple[list[Anchor], int]:
    """Return the anchors of this log, those in the configured file too, and how many there are of other logs.

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
    kept = config.anchor_file
    known = read_anchors(str(kept)) if kept and kept.exists() and kept.stat().st_size else []
    ours = [*anchors, *of_log(known, log)]
    return ours, len(given) + len(known) - len(ours)


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
