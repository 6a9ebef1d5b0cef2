"""`audit export`: a bundle for an auditor; `audit open`: what its entries say, on the auditor's machine."""

import argparse
import json
import sys
from pathlib import Path

from aiops_agent.audit.auditor import seal, unwrap_sealed
from aiops_agent.audit.export import SEALED, Contents
from aiops_agent.audit.export import export as bundled
from aiops_agent.audit.show import as_json
from aiops_agent.cli.audit import fitting, sightings
from aiops_agent.cli.output import safe
from aiops_agent.cli.session import LOCK_WAIT, start
from aiops_agent.cli.story import recorded
from aiops_agent.errors import UsageError
from aiops_agent.host import shipped
from aiops_agent.settings import Config
from aiops_agent.state.database import exclusive
from aiops_agent.wiring.keys import keys_of

PRIVATE_KEY = 32
"""Bytes of an X25519 private key."""

CONTEXT = b"AIA1 entries"


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
            sealed=_sealed(session.config) if arguments.plaintext else None,
        )
        target = Path(arguments.target).absolute()
        segments = bundled(directory, target, contents, session.now)
    print(safe(f"{target}: {segments} segments, {len(contents.anchors)} anchors; README.txt says how to verify it"))
    return 0


def _sealed(config: Config) -> bytes:
    """Return every entry as a line of JSON, so that only the auditor can read them."""
    auditor = keys_of(config).auditor
    if auditor is None:
        raise UsageError(
            "--plaintext needs `audit.auditor_key`: what the entries say leaves this host sealed to an auditor only",
            hint="`aiops-agent audit make-auditor-key` on the auditor's machine makes one",
        )
    lines = (json.dumps(as_json(entry), ensure_ascii=False) for entry in recorded(config))
    return seal(auditor, "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"), CONTEXT)


def open_sealed(arguments: argparse.Namespace) -> int:
    """Print the entries that were sealed to an auditor."""
    private = _read(arguments.auditor_key, PRIVATE_KEY + 1)
    if len(private) != PRIVATE_KEY:
        raise UsageError(
            f"{arguments.auditor_key} is not a private key of {PRIVATE_KEY} bytes",
            hint="name the file that `aiops-agent audit make-auditor-key` made",
        )
    plain = unwrap_sealed(private, _read(arguments.file), CONTEXT)
    if plain is None:
        raise UsageError(
            f"{arguments.file} was sealed to another auditor, or changed", hint=f"name {SEALED} of a bundle"
        )
    sys.stdout.write(plain.decode())
    return 0


def _read(name: str, most: int = -1) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", hint="name a file that is there") from error
