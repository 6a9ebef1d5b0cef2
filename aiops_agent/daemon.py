"""`run`: one tick after the other for as long as the machine is up; `stat` decides when, file events only wake it."""

import gc
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from aiops_agent.agent import Tick
from aiops_agent.errors import ConfigError, StateError
from aiops_agent.noun import dataclass, replace
from aiops_agent.ports import Clock
from aiops_agent.settings import Config
from aiops_agent.sources import quiet
from aiops_agent.sources.events import Events
from aiops_agent.supervisor import Supervisor
from aiops_agent.turn import Limit, take_turn
from aiops_agent.wiring.build import World
from aiops_agent.wiring.diagnostician import Model

POLL = 1.0
"""Seconds between two looks at the files when nothing wakes it: 2 ms of a processor for a thousand files."""

BETWEEN_TICKS = 1.0
"""Seconds from the end of a tick to the next one, however busy the logs are."""

BETWEEN_LOOKS = 0.05
"""Seconds between two looks at the files, however often they wake it: a file that was touched need not have grown."""

BETWEEN_EMPTY_TICKS = 1.5
"""Seconds after a tick that found nothing: perhaps something looks changed all the time, and is not."""

LONGEST_TICK = timedelta(seconds=30)
"""How long a tick reads at most: a person's command waits 90 s for the lock (`cli.session.LOCK_WAIT`)."""

KEEP_MODEL = 60.0
"""Seconds the model stays loaded after the last question: 130 MB held, against 0.8 s to load it again."""

UNRECORDED_REST = 10.0
"""Seconds after a tick that could record nothing: it is tried again, and no tick is quiet until it can."""

FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0
"""Seconds: a disk that is full is tried again after 1, 2, 4 ... 60."""


@dataclass(slots=True)
class Orders:
    """What signals ask for."""

    stop: bool = False
    reload: bool = False


@dataclass(frozen=True, slots=True)
class Alive:
    """A clock that says that we are alive while a repair is waited for."""

    clock: Clock
    supervisor: Supervisor

    def now(self) -> datetime:
        """Return the aware UTC time."""
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.supervisor.tell("WATCHDOG=1")
        self.clock.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the daemon takes from the one who starts it."""

    load: Callable[[], Config]
    """Reads the configuration anew.

    Raises:
        ConfigError: It has faults.
    """

    world: World
    events: Events
    supervisor: Supervisor
    orders: Orders
    report: Callable[[Tick, float], None]
    """Shows a tick that did something, and its seconds."""

    warn: Callable[[str], None]
    """Shows a line about the daemon itself."""


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to sleep; events shorten it to no less than `at_least` seconds."""

    at_least: float
    at_most: float


class Daemon:
    """The loop, and what it remembers from one tick to the next: a configuration, a model, what was complained of."""

    def __init__(self, config: Config, around: Surroundings) -> None:
        """Begin with a configuration that was just read."""
        self.config = config
        self._around = around
        self._path = str(config.path)
        self._read_as = quiet.stamp(self._path)
        self._is_current = True
        self._model = Model()
        self._asked = (0, 0.0)
        self._next_whole = 0.0
        self._retry = FIRST_RETRY
        self._complaints: dict[str, str] = {}

    def run(self) -> None:
        """Tick until a signal says to stop.

        Raises:
            StateError: The state is damaged. What passes by itself, a full disk, is tried again.
            ModelError: The model does not load.
        """
        self._around.supervisor.tell("READY=1")
        try:
            while not self._around.orders.stop:
                pause = self.round()
                self._around.supervisor.tell("WATCHDOG=1")
                self._around.events.wait(pause.at_least, pause.at_most)
        finally:
            self._around.supervisor.tell("STOPPING=1")

    def round(self) -> Pause:
        """Do what there is to do now, and return how long to sleep."""
        self._reload_if_edited()
        moment = time.monotonic()
        self._forget_model(moment)
        if (
            moment < self._next_whole
            and quiet.check(self._path, self._around.world.clock.now().timestamp()) is not None
        ):
            return Pause(BETWEEN_LOOKS, POLL)
        try:
            return self._tick(moment)
        except StateError as error:
            if not error.passing:
                raise
            self._complain("state", f"{error.message} ({error.hint})")
        except OSError as error:
            self._complain("state", f"{error.filename or 'the system'}: {error.strerror or error}")
        pause = Pause(self._retry, self._retry)
        self._retry = min(2 * self._retry, LONGEST_RETRY)
        return pause

    def _tick(self, moment: float) -> Pause:
        clock = Alive(self._around.world.clock, self._around.supervisor)
        world = replace(self._around.world, clock=clock, complain=partial(self._complain, "anchors"))
        limit = Limit(LONGEST_TICK, self._must_stop)
        turn = take_turn(self.config, world, world.clock.now(), limit, model=self._model, vouched=self._vouches)
        self._retry = FIRST_RETRY
        self._complain("state", None)
        if turn is None:  # a person's command is at work
            return Pause(BETWEEN_TICKS, BETWEEN_TICKS)
        found = turn.found
        self._next_whole = moment + self.config.every.total_seconds()
        did_something = bool(found.bytes or found.lost_bytes or found.touched or found.endings or found.cut_short)
        if did_something:
            self._around.report(found, time.monotonic() - moment)
        why = "; ".join(f"{failure.message} ({failure.hint})" for failure in found.failures())
        self._complain("audit", f"{why}; nothing is acted on" if why else None)
        self._around.events.follow((self._path, *turn.places))
        self._complain("events", self._around.events.trouble)
        rest = UNRECORDED_REST if why else BETWEEN_TICKS if did_something else BETWEEN_EMPTY_TICKS
        return Pause(rest, rest)

    def _must_stop(self) -> bool:
        self._around.supervisor.tell("WATCHDOG=1")  # a tick that reads for long is asked this between two batches
        return self._around.orders.stop

    def _vouches(self) -> bool:
        return self._is_current and quiet.stamp(self._path) == self._read_as

    def _reload_if_edited(self) -> None:
        stamp = quiet.stamp(self._path)
        if stamp == self._read_as and not self._around.orders.reload:
            return
        self._around.orders.reload = False
        self._read_as = stamp
        try:
            config = self._around.load()
        except ConfigError as error:
            self._is_current = False
            self._complain("configuration", f"the old configuration goes on, the new one has faults:\n{error}")
            return
        self._is_current = config.state_dir == self.config.state_dir
        if not self._is_current:
            self._complain("configuration", "the old configuration goes on: another state_dir needs a restart")
            return
        self._complaints.pop("configuration", None)
        self.config = config
        self._next_whole = 0.0
        self._around.warn(f"{self._path} was read anew")

    def _forget_model(self, moment: float) -> None:
        if self._model.questions != self._asked[0]:
            self._asked = (self._model.questions, moment)
        elif moment - self._asked[1] > KEEP_MODEL and self._model.release():
            gc.collect()
            _give_back_memory()

    def _complain(self, about: str, what: str | None) -> None:
        """Say what is wrong when it begins and when it is over, and nothing in between."""
        if what == self._complaints.get(about):
            return
        if what is None:
            del self._complaints[about]
            self._around.warn(f"{about}: works again")
        else:
            self._complaints[about] = what
            self._around.warn(f"{about}: {what}")


def _give_back_memory() -> None:
    """Have the C library return what it holds free: 60 of the 150 MB that are left when the model is gone."""
    if sys.platform == "linux":
        import ctypes

        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it, musl has not
        if trim:
            trim(0)
