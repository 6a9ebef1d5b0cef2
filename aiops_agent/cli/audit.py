"""`audit`: is the record intact, and what does it say."""

import argparse
import json

from aiops_agent.audit.show import show as entries
from aiops_agent.audit.verify import verify as verified
from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.session import start
from aiops_agent.model.incident import rfc3339
from aiops_agent.wiring import keys_of

TAMPERED = 3

DIGEST_SHOWN = 12
"""Characters of a digest that tell it from others on a screen; the JSON has it whole."""


def verify(arguments: argparse.Namespace) -> int:
    """Check every byte of the log; writes nothing."""
    config = start(arguments.config).config
    report = verified(config.state_dir / "audit", keys_of(config))
    if arguments.json:
        print_json(report.as_json())
    elif report.first_bad:
        bad = report.first_bad
        print(f"NOT intact: {bad.kind} at byte {bad.offset} of {bad.segment}: {bad.detail}")
        print(f"{report.records} records before that are proven")
    else:
        print(f"intact: {report.records} records in {report.segments} segments, head {report.head[:12]}")
        print(report.coverage)
    return 0 if report.intact else TAMPERED


def show(arguments: argparse.Namespace) -> int:
    """Print every entry, oldest first, each proven before it is printed."""
    config = start(arguments.config).config
    for entry in entries(config.state_dir / "audit", keys_of(config)):
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
