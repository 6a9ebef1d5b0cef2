"""`audit rotate-key` and `audit make-auditor-key`: what people do with the keys of the record."""

import argparse
from pathlib import Path

from aiops_agent.audit.auditor import make_pair
from aiops_agent.audit.segments import list_segments
from aiops_agent.cli.session import acting, start, user
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.wiring.keys import keys_of


def rotate(arguments: argparse.Namespace) -> int:
    """Put a new wrapping key in the place of the current one; the log says so first thing."""
    config = start(arguments.config).config
    keys = keys_of(config)
    if not keys.exist() and not list_segments(config.state_dir / "audit"):
        raise UsageError(f"there is no audit log in {config.state_dir} yet, and so no key to rotate")
    with acting(arguments.config) as (session, agent):
        old, new = (key.hex() for key in keys.rotate())
        agent.journal.append(
            AuditEntry(session.now, user(), "key.rotated", "wrapping key", {"old_key": old, "new_key": new})
        )
    print(f"the wrapping key is now {new}; what {old} opened opens with it: {keys.left_to_do}")
    return 0


def make_auditor_key(arguments: argparse.Namespace) -> int:
    """Make the pair of keys of an auditor."""
    private = Path(arguments.file)
    public = make_pair(private)
    print(f"{private} is the private half: keep it, and a copy of it, off every host that it is to watch")
    print(f"{private}.pub is for these hosts: copy it to /etc/aiops-agent/auditor.pub there, and write in config.yaml")
    print("  audit: {auditor_key: /etc/aiops-agent/auditor.pub}")
    print(f"or check it by its digits: {public.hex()}")
    return 0
