"""`audit rotate-key` and `audit make-auditor-key`: what people do with the keys of the record."""

import argparse
from pathlib import Path

from aiops_agent.audit.auditor import make_pair
from aiops_agent.audit.credential import CredentialKeys
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.segments import list_segments
from aiops_agent.cli.session import acting, start, user
from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry
from aiops_agent.settings import Config
from aiops_agent.wiring import keys_of


def rotate(arguments: argparse.Namespace) -> int:
    """Put a new wrapping key in the place of the current one; the log says so first thing."""
    keys = _keys_in_files(start(arguments.config).config)
    with acting(arguments.config) as (session, agent):
        old, new = (key.hex() for key in keys.rotate())
        agent.journal.append(
            AuditEntry(session.now, user(), "key.rotated", "wrapping key", {"old_key": old, "new_key": new})
        )
    print(f"the wrapping key is now {new}; {old} is gone, and what it opened opens with the new one")
    return 0


def _keys_in_files(config: Config) -> FileKeys:
    """Return the keys if they can be rotated here.

    Raises:
        UsageError: There is no log yet, or the key is not in a file.
        AuditError: There is a log, and its keys are gone.
    """
    keys = keys_of(config)
    if isinstance(keys, CredentialKeys):
        raise UsageError(
            "the wrapping key is a credential of systemd: this program cannot write it. As root:",
            hint=keys.steps_to_rotate().replace("\n", "\n  "),
        )
    if not keys.exist() and not list_segments(config.state_dir / "audit"):
        raise UsageError(f"there is no audit log in {config.state_dir} yet, and so no key to rotate")
    keys.check()
    if not isinstance(keys, FileKeys):
        raise TypeError(keys)
    return keys


def make_auditor_key(arguments: argparse.Namespace) -> int:
    """Make the pair of keys of an auditor."""
    private = Path(arguments.file)
    public = make_pair(private)
    print(f"{private} is the private half: keep it, and a copy of it, off every host that it is to watch")
    print(f"{private}.pub is for these hosts: copy it to /etc/aiops-agent/auditor.pub there, and write in config.yaml")
    print("  audit: {auditor_key: /etc/aiops-agent/auditor.pub}")
    print(f"or check it by its digits: {public.hex()}")
    return 0
