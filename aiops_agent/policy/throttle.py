"""Has enough of a fault been seen to act on it? The four throttles, pure: occurrences and the clock are arguments."""

from collections.abc import Sequence
from datetime import datetime

from aiops_agent.model.decision import Reason
from aiops_agent.model.occurrences import Spell, going_on_since, within
from aiops_agent.model.playbook import Throttle
from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a fault is not acted on yet."""

    reason: Reason
    again: datetime | None = None
    """When to decide anew although it is not seen again; None: then there is no need to."""


def hold(throttle: Throttle, spells: Sequence[Spell], last_try: datetime | None, now: datetime) -> Hold | None:
    """Return what holds a playbook back, or None.

    Args:
        throttle: The rules of the playbook; all that are set must let it pass.
        spells: When the fault was seen since it was last repaired, oldest first.
        last_try: When this playbook was last begun for this fault, whatever came of it.
        now: The moment of the decision. One before an occurrence or try - a clock set back - lets nothing pass.
    """
    if throttle.once_within and last_try is not None and now - last_try < throttle.once_within:
        return Hold(Reason.ONCE_WITHIN, last_try + throttle.once_within)
    if throttle.once_after:
        since = going_on_since(spells, throttle.once_after)
        if since is None or spells[-1].last - since < throttle.once_after:
            return Hold(Reason.ONCE_AFTER)
    if throttle.accumulate:
        times, span = throttle.accumulate
        if within(spells, now, span) < times:
            return Hold(Reason.ACCUMULATE_WITHIN)
    if throttle.error_without_recovery:
        since = going_on_since(spells, throttle.error_without_recovery)
        until = since + throttle.error_without_recovery if since else None
        if until is None or now < until:
            return Hold(Reason.ERROR_WITHOUT_RECOVERY, until)
    return None
