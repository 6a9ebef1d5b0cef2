"""Which playbooks did not help against a fault: counted from their runs for it, on whatever service. Pure."""

from collections.abc import Iterable
from datetime import timedelta

from aiops_agent.model.attempt import Attempt

IN_VAIN = 2
"""Runs in a row that did not help, after which a playbook is not chosen by itself for the same fault any more."""

RETURNS_WITHIN = timedelta(hours=12)
"""How long after a verified repair the same fault counts as not repaired: what comes back later was away for a while.
Less than a day: what a job brings every night, and a repair ends every night, is helped."""


def in_vain(attempts: Iterable[Attempt], playbook: str) -> int:
    """Return how often a playbook has not helped since it last did, or since a person had it tried again.

    `attempts`: of one fault, the newest first.
    """
    times = 0
    for attempt in attempts:
        if attempt.playbook != playbook:
            continue
        if attempt.helped or attempt.forgiven:
            break
        times += 1
    return times


def unhelpful(attempts: Iterable[Attempt]) -> frozenset[str]:
    """Return the playbooks that are not chosen by themselves any more for the fault of these attempts."""
    attempts = tuple(attempts)
    tried = {attempt.playbook for attempt in attempts}
    return frozenset(name for name in tried if in_vain(attempts, name) >= IN_VAIN)
