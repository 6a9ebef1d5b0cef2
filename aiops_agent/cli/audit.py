"""`audit`: is the record intact, and what does it say."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from aiops_agent.audit.anchors import Sighting, find_anchors, of_log, read_anchors
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.publish import log_named
from aiops_agent.audit.record import name_log
from aiops_agent.audit.show import show as entries
from aiops_agent.audit.verify import verify as verified
from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.session import start
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import Anchor
from aiops_agent.model.incident import rfc3339
from aiops_agent.settings import Config

TAMPERED = 3

DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others on a screen; the JSON has it whole."""

_PUBLIC_KEY = 32
"""Bytes of an Ed25519 public key."""


def verify(arguments: argparse.Namespace) -> int:
    """Check every byte of the log; writes nothing."""
    given = sightings(arguments.anchors)  # before root becomes somebody who may not read them
    genesis = _pinned(arguments.genesis)
    config = start(arguments.config).config
    directory = config.state_dir / "audit"
    keys = None if arguments.public or genesis else FileKeys(config.state_dir / "keys")
    anchors, others = fitting(config, given, directory)
    report = verified(directory, keys, anchors)
    pinned_other = bool(genesis and report.segments and log_named(directory) != name_log(genesis).hex())
    if arguments.json:
        print_json({**report.as_json(), "anchors_given": len(anchors), "anchors_of_other_logs": others})
    elif report.first_bad:
        bad = report.first_bad
        print(f"NOT intact: {bad.kind} at byte {bad.offset} of {bad.segment}: {safe(bad.detail)}")
        print(f"{report.records} records before that are proven")
    else:
        print(f"intact: {report.records} records in {report.segments} segments, head {report.head[:12]}")
        print(report.coverage)
    return 0 if report.intact and not pinned_other else TAMPERED


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
    log = log_named(directory)
    anchors = of_log(given, log)
    if given and not anchors:
        raise UsageError(
            f"the anchors given are of other logs than that in {directory}",
            hint="give those of this host; `journalctl -t aiops-agent -o json` names the log of each",
        )
    others = len(given) - len(anchors)
    if config.anchor_file and config.anchor_file.exists() and config.anchor_file.stat().st_size:
        anchors += of_log(read_anchors(str(config.anchor_file)), log)
    return anchors, others


def _pinned(file: str | None) -> bytes | None:
    if file is None:
        return None
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}", hint="name a copy of genesis.pub") from error
    if len(content) != _PUBLIC_KEY:
        raise UsageError(
            f"{file} is not a public key of {_PUBLIC_KEY} bytes", hint="name a copy of state_dir/keys/genesis.pub"
        )
    return content


def show(arguments: argparse.Namespace) -> int:
    """Print every entry, oldest first, each proven before it is printed."""
    state_dir = start(arguments.config).config.state_dir
    for entry in entries(state_dir / "audit", FileKeys(state_dir / "keys")):
        if arguments.jsonl:
            line = {
                "time": rfc3339(entry.time),
                "actor": entry.actor,
                "action": entry.action,
                "subject": entry.subject,
                "detail": dict(entry.detail),
            }
            print(json.dumps(line, ensure_ascii=False))
        else:
            shown = {name: value for name, value in entry.detail.items() if value is not None}
            if "digest" in shown:
                shown["digest"] = str(shown["digest"])[:DIGEST_SHOWN]
            detail = "  ".join(f"{name}={value}" for name, value in shown.items())
            print(safe(f"{rfc3339(entry.time)}  {entry.actor:<12} {entry.action:<18} {entry.subject:<14} {detail}"))
    return 0
