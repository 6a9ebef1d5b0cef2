"""One turn: the lock, the state, the agent, one tick, and the snapshot that tells the next one that nothing changed."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from aiops_agent.agent import CutShort, Tick
from aiops_agent.noun import dataclass
from aiops_agent.pipeline import tick
from aiops_agent.settings import Config
from aiops_agent.sources import quiet
from aiops_agent.state.database import exclusive
from aiops_agent.state.state import State
from aiops_agent.wiring.build import World, build
from aiops_agent.wiring.diagnostician import Model
from aiops_agent.wiring.keys import key_stamps
from aiops_agent.wiring.late import LateCipher, answer_stamps

LONGEST = timedelta(minutes=10)
"""How long a tick reads at most, two thirds of what the timer's unit allows it: five hundred gigabytes are taken in
by many ticks, each with its offsets committed and its faults told."""


class Limit:
    """Says when a tick is to end before everything is read."""

    def __init__(self, longest: timedelta, is_stopping: Callable[[], bool]) -> None:
        self._until = time.monotonic() + longest.total_seconds()
        self._is_stopping = is_stopping

    def __call__(self) -> CutShort | None:
        """Return why, or None to read on."""
        if self._is_stopping():
            return CutShort.STOPPED
        return CutShort.TIME if time.monotonic() >= self._until else None


@dataclass(frozen=True, slots=True)
class Turn:
    """What a turn brought."""

    found: Tick
    places: tuple[str, ...]
    """The files and directories it depends on."""


def take_turn(
    config: Config,
    world: World,
    now: datetime,
    limit: Limit,
    *,
    model: Model | None = None,
    vouched: Callable[[], bool] = lambda: True,
) -> Turn | None:
    """Return what a tick found, or None when another one is at work.

    Args:
        config: What the operators want.
        world: What the agent takes from its surroundings.
        now: The moment of the tick.
        limit: When to end early.
        model: One that may be loaded already.
        vouched: Whether `config` is still what its file says: if not, no snapshot may say that nothing changed.

    Raises:
        StateError: The state cannot be opened or written.
        ModelError: The model does not load.
    """
    with exclusive(config.state_dir) as locked:
        if not locked:
            return None
        with State.open(config.state_dir, LateCipher(config)) as state, build(config, state, world, model) as agent:
            found = tick(agent, now, limit=limit)
            stamps = [*agent.library.stamps, *key_stamps(config), *answer_stamps(config)]
            watched = [*quiet.watched(agent.sources.values()), *stamps]
            known = state.checkpoints.all().values()
            # What an earlier configuration read may grow: no tick would be quiet any more.
            files = [file for file in known if any(source.covers(file.path) for source in agent.sources.values())]
            due = state.next_due()
        if found.cut_short is None and not found.failures() and vouched():
            quiet.save(config.path, config.state_dir, watched, files, due, now=now)
    return Turn(found, (*(line.partition("\t")[2] for line in watched), *{file.path for file in files}))
