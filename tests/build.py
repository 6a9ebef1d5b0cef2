"""Builders of nouns for tests: everything ordinary, change what the test is about."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.rest import StateCipher
from aiops_agent.model.event import Checkpoint, Fingerprint, Severity
from aiops_agent.model.evidence import Evidence, Words
from aiops_agent.model.incident import Incident, Kind, Status
from aiops_agent.model.playbook import Caps, Playbook, Template
from aiops_agent.model.risk import Risk
from aiops_agent.noun import replace

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FINGERPRINT = Fingerprint("0123456789abcdef")


def cipher(state_dir: Path) -> StateCipher:
    """Return what encrypts the state in a folder, as it is wired."""
    return StateCipher(FileKeys(state_dir / "keys"), state_dir)


SAYS = {
    "title": "shop.service: Failed with result 'exit-code'",
    "text": "shop.service: Failed with result 'exit-code'",
    "grouped_by": "message shape",
}


def incident(**changes: object) -> Incident:
    words = {name: str(changes.pop(name, usual)) for name, usual in SAYS.items()}
    plain = Incident(
        id="inc-00000001",
        kind=Kind.LOG,
        fingerprint=FINGERPRINT,
        status=Status.OPEN,
        category="service_failure",
        confidence=0.97,
        abstained=False,
        severity=Severity.ERROR,
        service="shop.service",
        source="/var/log/shop.log",
        first_seen=NOW,
        last_seen=NOW,
        occurrences=1,
        evidence=Evidence(Words(**words)),
        decided_by="model",
        article=None,
        playbook="restart",
        choice="chosen",
        decision="",
        reason="",
        outcome=None,
        last_told=None,
        sure_for=Risk.CRITICAL,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def playbook(**changes: object) -> Playbook:
    look = Template("file_exists", {"path": "/srv/shop/lock"}, changes=False, privileged=False)
    plain = Playbook(
        name="restart",
        version=1,
        description={"en": "Restart it."},
        risk=Risk.LOW,
        categories=("service_failure",),
        services=("*.service",),
        params={},
        evidence=(look,),
        steps=(Template("move_aside", {"path": "/srv/shop/lock"}, changes=True, privileged=False),),
        verify_within=timedelta(seconds=30),
        verify=(look,),
        undo=(),
        cooldown=timedelta(minutes=15),
        caps=Caps(per_hour=2, per_day=3),
        path="/playbooks/restart.yaml",
        digest="d" * 64,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def checkpoint(**changes: object) -> Checkpoint:
    plain = Checkpoint(
        path="/var/log/shop.log",
        device=1,
        inode=2,
        offset=100,
        record_start=100,
        prefix_length=10,
        prefix_digest=b"p",
        window_digest=b"w",
        size=100,
        mtime_ns=5,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


REPAIR = """\
name: remove-lock
version: 1
description: {en: Move the lock aside., zh: 移走锁文件。}
risk: RISK
for: {categories: [service_failure], services: ["*.service"]}
params: {lock: {from: source.parameters.lock_file}}
evidence: [{file_exists: {path: $lock}}]
steps: [{move_aside: {path: $lock}}]
verify: {within: 1s, probes: [{PROBE: {path: $lock}}]}
undo: []
cooldown: 15m
caps: {per_hour: 2, per_day: 3}
busy: false
"""
"""A playbook that moves a lock aside; RISK and PROBE are for the test to fill in.

It waits for nobody: the machine that runs the tests may be installing something.
"""
