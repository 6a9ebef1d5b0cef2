"""Signatures: whose count, for how long yet, and what does not run by itself for want of one."""

import os
from datetime import timedelta
from pathlib import Path

from aiops_agent.cli.health.finding import Findings, Place, fail, ok, warn
from aiops_agent.model.decision import Mode
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.signature import Floors, Signature
from aiops_agent.signing.register import Register
from aiops_agent.state.state import State
from aiops_agent.wiring.late import LateCipher
from aiops_agent.wiring.library import Library, rules_of

SOON = timedelta(days=30)
_PRIVATE = b"PRIVATE KEY-----"


def signatures(place: Place) -> Findings:
    """Are the playbooks signed that are to run by themselves, and will they be next month?"""
    config = place.config
    library = Library(config.playbooks, config.knowledge_base, rules_of(config), lambda: _floors(place))
    register = library.register
    yield from _private_keys(config.path.parent, config.signing.trusted)
    for fault in register.faults_at(place.now):
        yield fail(str(fault), "`aiops-agent playbook verify`; docs/playbooks.md, Signing")
    yield from _expiring(place, register)
    if config.policy.mode is Mode.AUTO:
        standing = {playbook.name: library.signature(playbook, place.now) for playbook in library.playbooks.all()}
        left = [name for name, signature in standing.items() if signature is not Signature.SIGNED]
        if left:
            yield warn(
                f"not signed as they stand, and so not run by themselves: {', '.join(left)}",
                "look at each and sign it: `aiops-agent playbook sign NAME`",
            )
    if register.manifest is None:
        yield ok("none are used: nothing runs by itself, and nothing as root")
        return
    number, names = register.manifest.serial, len(register.manifest.playbooks)
    yield ok(f"number {number} of {rfc3339(register.manifest.created)}, {names} playbooks")


def _private_keys(*folders: Path) -> Findings:
    """Is a key that signs where the agent could read it?"""
    for path in sorted(path for folder in folders if os.access(folder, os.R_OK) for path in folder.iterdir()):
        if path.is_file() and os.access(path, os.R_OK, effective_ids=True) and _PRIVATE in _head(path):
            yield fail(
                f"{path} is a private key that the agent can read",
                "a key that signs is root's, mode 0600, or better on another machine; make a new one, revoke this one",
            )


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64)


def _expiring(place: Place, register: Register) -> Findings:
    entries = register.manifest.playbooks.items() if register.manifest else ()
    soon = sorted(name for name, entry in entries if place.now < entry.expires <= place.now + SOON)
    if soon:
        yield warn(
            f"signed for less than {SOON.days} days more: {', '.join(soon)}",
            "look whether they still are what should be done, and sign them again",
        )


def _floors(place: Place) -> Floors:
    with State.copied(place.config.state_dir, LateCipher(place.config)) as state:
        return state.signed.floors()
