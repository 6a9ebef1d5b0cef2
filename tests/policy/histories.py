"""Histories for the tests of this room, one by one and by chance."""

import os
from collections.abc import Iterator
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from aiops_agent.model.decision import History, Mode, PastRun
from aiops_agent.model.incident import Outcome
from aiops_agent.policy.decide import Circumstances, PolicySettings, Rule
from aiops_agent.policy.limits import Limits
from aiops_agent.policy.windows import Window
from tests.build import NOW

EXAMPLES = int(os.environ.get("AIOPS_EXAMPLES", "500"))
"""Of each law; a nightly run takes 20,000."""

thoroughly = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 500, suppress_health_check=[HealthCheck.too_slow]
)

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


def _laid_out(runs: list[tuple[PastRun, timedelta, timedelta]]) -> History:
    """Return runs one after the other, the newest first: each ends so long before the next begins."""
    return History(tuple(_backwards(runs)))


def _backwards(runs: list[tuple[PastRun, timedelta, timedelta]]) -> Iterator[PastRun]:
    end = NOW
    for run, before, lasting in runs:
        end -= before
        yield PastRun(run.playbook, run.digest, run.target, end - lasting, end, run.outcome, run.cleared)
        end -= lasting


runs = st.builds(
    PastRun,
    playbook=st.sampled_from(PLAYBOOKS),
    digest=st.sampled_from(DIGESTS),
    target=st.sampled_from(TARGETS),
    began=st.just(NOW),
    ended=st.just(NOW),
    outcome=st.sampled_from(Outcome),
    cleared=st.booleans(),
)
gaps = st.one_of(
    st.timedeltas(timedelta(0), timedelta(minutes=3)),
    st.timedeltas(timedelta(0), timedelta(hours=2)),
    st.timedeltas(timedelta(0), timedelta(days=3)),
)
histories = st.lists(st.tuples(runs, gaps, st.timedeltas(timedelta(0), timedelta(minutes=2))), max_size=12).map(
    _laid_out
)
limits = st.builds(
    Limits,
    runs_per_hour=st.integers(1, 4),
    host_runs_per_hour=st.integers(1, 8),
    repairs_per_day=st.integers(1, 5),
    unlock_after=st.integers(0, 4),
    systemic_services=st.integers(1, 4),
    half_open_after=st.timedeltas(timedelta(minutes=1), timedelta(hours=3)),
)
patterns = st.sampled_from([("*",), ("restart",), ("shop*",), ("other",)])
policies = st.builds(
    PolicySettings,
    mode=st.sampled_from(Mode),
    rules=st.lists(st.builds(Rule, playbooks=patterns, services=patterns, mode=st.sampled_from(Mode)), max_size=2).map(
        tuple
    ),
    windows=st.lists(
        st.builds(Window, services=patterns, what=st.sampled_from([Mode.OBSERVE, Mode.APPROVE])), max_size=1
    ).map(tuple),
    limits=limits,
)
circumstances = st.builds(
    Circumstances,
    now=st.just(NOW),
    service=st.just("shop.service"),
    silenced=st.booleans(),
    settled=st.booleans(),
    written=st.none() | gaps.map(lambda ago: NOW - ago),
    halted=st.booleans(),
    audit_available=st.booleans(),
    forged=st.booleans(),
    privileged_executor=st.booleans(),
    parameters_found=st.booleans(),
    signed=st.booleans(),
    busy=st.none() | st.just("apt is at work"),
    healthy=st.dictionaries(st.just("web"), st.integers(0, 3)),
    failing=st.frozensets(st.sampled_from("abcd").map("{}.service".format)).map(lambda some: some | {"shop.service"}),
    last_refusal=st.none() | st.timedeltas(timedelta(0), timedelta(hours=9)).map(lambda ago: NOW - ago),
)
calm_circumstances = st.builds(
    lambda failing, signed: AT.__class__(
        **{name: getattr(AT, name) for name in AT.__slots__ if name not in ("failing", "signed")},
        failing=failing,
        signed=signed,
    ),
    failing=st.frozensets(st.sampled_from("abcd").map("{}.service".format)).map(lambda some: some | {"shop.service"}),
    signed=st.booleans(),
)
"""In which much is possible."""
