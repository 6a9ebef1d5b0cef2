"""Histories for the tests of this room, one by one and by chance."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from aiops_agent.model.decision import History, Mode, PastRun
from aiops_agent.model.incident import Incident, Outcome, Status
from aiops_agent.model.risk import Risk
from aiops_agent.noun import replace
from aiops_agent.policy.decide import Circumstances, PolicySettings, Rule
from aiops_agent.policy.limits import Limits
from aiops_agent.policy.windows import Window
from tests.build import NOW, incident

EXAMPLES = int(os.environ.get("AIOPS_EXAMPLES", "500"))
"""Of each law; a nightly run takes 20,000."""

thoroughly = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 500, suppress_health_check=[HealthCheck.too_slow]
)

T = TypeVar("T")
PLAYBOOKS = ("restart", "clean")
TARGETS = ("shop.service", "cart.service")
DIGESTS = ("d" * 64, "e" * 64)

AT = Circumstances(
    now=NOW,
    service="shop.service",
    silenced=False,
    settled=False,
    written=None,
    halted=False,
    audit_available=True,
    forged=False,
    privileged_executor=False,
    parameters_found=True,
    signed=True,
    busy=None,
    healthy={},
    failing=frozenset({"shop.service"}),
    not_needed=False,
    asked=False,
    last_refusal=None,
)


def ran(*began_ago: timedelta | Outcome, lasting: timedelta = timedelta(seconds=1)) -> History:
    """Return a history of `restart` on the shop, the newest run first; a last outcome is that of all."""
    outcome = next((each for each in began_ago if isinstance(each, Outcome)), Outcome.SUCCEEDED)
    ago = [each for each in began_ago if isinstance(each, timedelta)]
    return History(
        tuple(
            PastRun("restart", DIGESTS[0], TARGETS[0], NOW - before, NOW - before + lasting, outcome) for before in ago
        )
    )


class Chance:
    """Choices by chance, from bytes that Hypothesis draws at once: 20,000 examples take a minute, not an hour.

    Bytes that are zero, or not there, choose the first and the smallest: a counterexample shrinks as ever.
    """

    def __init__(self, drawn: bytes) -> None:
        self._bytes = iter(drawn)

    def below(self, number: int) -> int:
        return next(self._bytes, 0) % number

    def of(self, choices: Sequence[T]) -> T:
        return choices[self.below(len(choices))]

    def yes(self) -> bool:
        return self.below(2) == 1

    def rarely(self) -> bool:
        return self.below(16) == 1

    def time(self, *scales: timedelta) -> timedelta:
        """Return up to one of the scales."""
        return self.of(scales) * (self.below(256) / 255)

    def gap(self) -> timedelta:
        return self.time(timedelta(minutes=3), timedelta(minutes=40), timedelta(hours=9), timedelta(days=3))

    def outcome(self) -> Outcome:
        return self.of([Outcome.SUCCEEDED, *Outcome])

    def history(self) -> History:
        """Return runs one after the other, the newest first; in half of them all are of one mind."""
        end, runs, agreed = NOW, [], self.yes()
        for _ in range(self.below(13)):
            end -= self.gap()
            began = end - self.time(timedelta(minutes=2))
            outcome = Outcome.SUCCEEDED if agreed else self.outcome()
            name, digest = (PLAYBOOKS[0], DIGESTS[0]) if agreed else (self.of(PLAYBOOKS), self.of(DIGESTS))
            runs.append(PastRun(name, digest, self.of(TARGETS), began, end, outcome, self.rarely()))
            end = began
        return History(tuple(runs))

    def limits(self) -> Limits:
        return Limits(
            runs_per_hour=1 + self.below(4),
            host_runs_per_hour=1 + self.below(8),
            repairs_per_day=1 + self.below(5),
            unlock_after=self.below(5),
            systemic_services=1 + self.below(4),
            half_open_after=timedelta(minutes=1) + self.time(timedelta(hours=3)),
        )

    def patterns(self) -> tuple[str, ...]:
        return (self.of(["*", "restart", "shop*", "other"]),)

    def policy(self) -> PolicySettings:
        if self.yes():
            return PolicySettings(mode=Mode.AUTO, limits=self.limits())
        rules = [
            Rule(playbooks=self.patterns(), services=self.patterns(), mode=self.of(list(Mode)))
            for _ in range(self.below(3))
        ]
        windows = [Window(services=self.patterns(), what=self.of([Mode.APPROVE, Mode.OBSERVE]))] * self.rarely()
        return PolicySettings(
            mode=self.of(list(Mode)), rules=tuple(rules), windows=tuple(windows), limits=self.limits()
        )

    def circumstances(self) -> Circumstances:
        """Return some in which much is possible, or anything at all."""
        odd = self.yes if self.rarely() else self.rarely
        return replace(
            AT,
            silenced=odd(),
            settled=odd(),
            written=NOW - self.gap() if self.rarely() else None,
            halted=odd(),
            audit_available=not odd(),
            forged=odd(),
            privileged_executor=self.yes(),
            parameters_found=not odd(),
            signed=not odd(),
            busy="apt is at work" if odd() else None,
            failing=frozenset({"shop.service", *(f"{name}.service" for name in "abcd"[: self.below(5)])}),
            not_needed=odd(),
            asked=odd(),
            last_refusal=NOW - self.gap() if odd() else None,
        )

    def incident(self) -> Incident:
        return incident(
            status=self.of([*Status, *[Status.OPEN] * len(Status)]),
            abstained=self.rarely(),
            sure_for=self.of([*Risk, Risk.CRITICAL]),
            service=None if self.rarely() else "shop.service",
            last_told=NOW - timedelta(hours=1) if self.yes() else None,
            reason=self.of(["", "unsure", "cooldown", "repeat_interval"]),
        )


chances = st.binary(min_size=220, max_size=220).map(Chance)
