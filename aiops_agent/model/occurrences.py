"""When a fault was seen, in a few numbers however often it was: how many times within a span, and for how long."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from aiops_agent.noun import dataclass

MOST = 16
"""Spells that are kept of one fault."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time in which a fault was seen again and again."""

    first: datetime
    last: datetime
    count: int
    """Error records in it."""

    widest: timedelta = timedelta(0)
    """The longest pause in it."""


def seen(spells: Sequence[Spell], now: datetime, count: int) -> tuple[Spell, ...]:
    """Return the spells, oldest first, after `count` records more; those closest to one another become one.

    A clock that was set back adds to the newest spell: what is seen later is never told as earlier.
    """
    if not count:
        return tuple(spells)
    moment = max(now, spells[-1].last) if spells else now
    grown = [*spells, Spell(moment, moment, count)]
    while len(grown) > MOST:
        gaps = [later.first - earlier.last for earlier, later in pairwise(grown)]
        at = gaps.index(min(gaps))
        grown[at : at + 2] = [_joined(grown[at], grown[at + 1])]
    return tuple(grown)


def _joined(earlier: Spell, later: Spell) -> Spell:
    widest = max(earlier.widest, later.widest, later.first - earlier.last)
    return Spell(earlier.first, later.last, earlier.count + later.count, widest)


def within(spells: Sequence[Spell], now: datetime, span: timedelta) -> int:
    """Return how many records were surely seen in the last `span`: never more than there were."""
    return sum(spell.count for spell in spells if now - spell.first <= span)


def going_on_since(spells: Sequence[Spell], pause: timedelta) -> datetime | None:
    """Return since when it surely goes on without a pause longer than this; None when it was never seen."""
    since: datetime | None = None
    for spell in reversed(spells):
        if since is not None and since - spell.last > pause:
            break
        if spell.widest > pause:
            return since or spell.last
        since = spell.first
    return since
