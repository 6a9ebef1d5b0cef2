"""When a source last said something, and how soon it is expected to speak again."""

from datetime import datetime, timedelta

from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True)
class Expectation:
    """How soon a source is expected to say something again."""

    name: str
    """What people know the source by."""

    paths: tuple[str, ...]
    """The patterns of its files; empty for what is no file."""

    within: timedelta | None
    """None: learned from the silences it came back from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What is remembered of a source that is expected to speak."""

    source: str
    """Its key."""

    name: str
    """What people know it by."""

    first: datetime
    """When it was first seen to be there."""

    spoke: datetime
    """When a tick last found something new in it; `first` until then."""

    since: datetime
    """Its silence is counted from here: `spoke`, or later when the agent was away or the clock was set back."""

    turns: int
    """How many ticks found something new in it."""

    longest: timedelta
    """The longest silence it came back from."""

    was_away: bool
    """The deadline passed once with the agent not there to see it; excused once."""

    told: bool
    """People know that it is silent."""
