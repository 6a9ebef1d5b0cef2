"""The laws of the root executor, over histories by chance: what it does is held against what a person would count.

500 histories in CI, `AIOPS_EXAMPLES=20000` in a nightly run. The host is scripted; state, record, keys, signatures and
questions are real, and what was recorded is read back from the disk at the end of each history.
"""

import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from aiops_agent.executor import asking, work
from aiops_agent.executor.desk import Desk
from aiops_agent.executor.work import Work
from aiops_agent.model.decision import Mode
from aiops_agent.model.order import Refused
from tests.executor.desk import ANN, BOB, EVE, RESTART, Units, desk_in, order_for, question_words, sign_anew
from tests.fakes import NO, YES, ScriptedExecutor
from tests.policy.histories import EXAMPLES

pytestmark = pytest.mark.slow

UNITS = ("shop.service", "other.service")
PER_HOUR, PER_DAY, COOLDOWN, HOST_PER_HOUR = 2, 3, timedelta(minutes=15), 3
A_DAY = timedelta(days=1)
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Nothing here asks what outlives a power cut, and a disk's syncs were nine tenths of the time."""


class Killed(BaseException):
    """The process ends here."""


class Later:
    """A thread that does its work when it is waited for."""

    def __init__(self, *, target, args, name):
        self._do = lambda: target(*args)
        self.name = name

    def start(self):
        """Begin nothing."""

    def join(self):
        do, self._do = self._do, lambda: None
        do()


class World(ScriptedExecutor):
    """Two units; each thing done to one is held against the laws at that moment."""

    def __init__(self, host):
        super().__init__()
        self.host = host
        self.failed = set(UNITS)
        self.stubborn = self.dies = False
        self.acts = []

    def run(self, command, stopped):
        unit = str(command.arguments.get("unit") or command.arguments.get("restart"))
        if command.verb == "unit_state":
            return YES if (unit in self.failed) == (command.arguments["is"] == "failed") else NO
        if command.changes:
            self.host.check(unit)
            self.acts.append((self.host.clock.now(), unit, self.host.order))
            if not self.stubborn:
                self.failed.discard(unit)
            if self.dies:
                raise Killed
        return YES


class History:
    """A host, and what a person who watches it knows of it."""

    def __init__(self, folder, mode):
        self.folder = folder
        self.mode = mode
        limits = {"runs_per_hour": 60, "host_runs_per_hour": HOST_PER_HOUR, "repairs_per_day": 100, "unlock_after": 0}
        with desk_in(folder, RESTART, mode=mode) as desk:
            self.clock = desk.clock
            self.settings = work.replace(desk.settings, limits=work.replace(desk.settings.limits, **limits))
        self.world = World(self)
        self.signed, self.halted, self.order, self.given = True, False, "", 0
        self.agreed = Counter()
        """How often people have agreed to a repair of a unit for an incident, in time, and it was not made use of."""

        self.begin()

    def begin(self):
        self.desk = Desk(self.settings, self.clock, "host1")
        self.work = Work(self.desk, self.world, Units())
        self.work.settle_interrupted()

    def end(self):
        self.desk.rest()
        self.desk.database.close()

    def check(self, unit):
        now, acts = self.clock.now(), self.world.acts
        assert self.signed, "a valid signature"
        assert unit in self.world.failed, "fresh evidence"
        assert not self.halted
        assert self.order not in {order for _, _, order in acts}, "no order is carried out twice"
        of_unit = [now - at for at, acted_on, _ in acts if acted_on == unit]
        assert sum(ago < timedelta(hours=1) for ago in of_unit) < PER_HOUR
        assert sum(ago < A_DAY for ago in of_unit) < PER_DAY
        assert sum(now - at < timedelta(hours=1) for at, _, _ in acts) < HOST_PER_HOUR
        assert all(ago >= COOLDOWN for ago in of_unit)
        if self.mode is Mode.APPROVE:
            assert self.agreed[unit] > 0, "somebody has agreed to this"
            self.agreed[unit] -= 1

    def does(self, what, unit, number):
        getattr(self, what)(unit, number)

    def orders(self, unit, number):
        if number or not self.order:  # else once more the one before
            self.given += 1
            self.order = f"order-{self.given}"
        self.work.take(order_for(self.desk, id=self.order, service=unit))
        with suppress(Killed):
            if self.work._thread:  # there is none for an order that is known
                self.work._thread.join()
            return
        self.world.dies = False
        self.desk.database.close()
        if self.desk._journal._session:
            self.desk._journal._session.abandon()
        self.begin()

    def asks(self, unit, number):
        now = self.clock.now()
        question = asking.ask(self.desk, question_words(order_for(self.desk, service=unit)), Units(), now)
        if isinstance(question, Refused):
            return
        who, yes = (ANN, BOB, EVE)[number % 3], number != 1
        answered = asking.decide(self.desk, question.id, who, yes=yes, now=now)
        if not isinstance(answered, Refused) and yes and who != EVE:
            self.agreed[unit] += 1

    def comes_again(self, unit, number):
        """The fault comes again, somebody agrees, and the agent orders; the cooldown is over, or nearly."""
        self.clock.sleep((700, 890, 910, 910, 1300, 1300)[number])
        self.fails(unit, number)
        self.asks(unit, 0)
        self.orders(unit, number)

    def fails(self, unit, number):
        self.world.failed.add(unit)

    def recovers(self, unit, number):
        self.world.failed.discard(unit)

    def resists(self, unit, number):
        self.world.stubborn = number % 2 == 0

    def dies(self, unit, number):
        self.world.dies = True

    def waits(self, unit, number):
        self.clock.sleep((60, 600, 960, 3700, 20_000, 90_000)[number])

    def edits(self, unit, number):
        with (self.folder / "playbooks" / "restart-shop.yaml").open("a") as file:
            file.write(f"# {number}\n")
        self.signed = False

    def signs(self, unit, number):
        sign_anew(self.desk)
        self.signed = True

    def halts(self, unit, number):
        self.halted = number % 2 == 0
        switch = self.folder / "state" / "halt"
        switch.touch() if self.halted else switch.unlink(missing_ok=True)


OFTEN = (*["comes_again"] * 12, "orders", "orders", "asks", "fails", "fails", "waits", "waits")
EVENTS = st.tuples(
    st.sampled_from([*OFTEN, "recovers", "resists", "dies", "edits", "signs", "halts"]),
    st.sampled_from(UNITS),
    st.integers(0, 5),
)
SEEN = Counter()


@pytest.fixture(autouse=True)
def one_after_the_other(monkeypatch):
    monkeypatch.setattr(work.threading, "Thread", Later)


@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 500, suppress_health_check=[*HealthCheck])
@given(st.sampled_from([Mode.AUTO, Mode.APPROVE]), st.lists(EVENTS, min_size=6, max_size=20))
def test_caps_signature_evidence_agreement_and_intent_hold_in_any_history(mode, events):
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        history = History(Path(name), mode)
        for event in events:
            history.does(*event)
        history.end()
        state = history.settings.state_dir
        recorded = [(entry.action, entry.subject) for entry in show(state / "audit", FileKeys(state / "keys"))]
    for _, _, order in history.world.acts:
        assert recorded.index(("intent", order)) < recorded.index(("step", order)), "the intent is on disk before"
        assert recorded.count(("result", order)) == 1
    SEEN[mode] += len(history.world.acts)


def test_these_histories_do_something():
    assert all(SEEN[mode] > EXAMPLES / 10 for mode in (Mode.AUTO, Mode.APPROVE)), SEEN
