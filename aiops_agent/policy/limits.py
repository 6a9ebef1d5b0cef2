"""How often, how many at once, after which failures: counted from what was done, by the agent and the executor alike.

The root executor is another process with a history of its own. It asks `refusal` and `caution` about that one, so that
an agent that was taken over can ask for as much as it likes. Pure: what is counted comes in, what holds back comes out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from aiops_agent.model.decision import History, PastRun, Reason
from aiops_agent.model.incident import Outcome
from aiops_agent.noun import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Playbook, Template

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

FAILURES = 2
"""Failures of one playbook on one target, within `FAILURES_WITHIN`, that open their circuit."""

HOST_FAILURES = 4
"""Failures of any playbooks on any targets within that time: then the host, or the agent, has the trouble."""

FAILURES_WITHIN = timedelta(minutes=30)

SYSTEMIC_WITHIN = timedelta(minutes=5)
"""Services that fail so close together fail for one reason, and it is in none of them."""

GENTLE = frozenset({"move_aside", "compress", "restore_file", "delete_old"})
"""Steps that end no process: what is not known to be gentle takes its service away from a group for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Services that stand in for each other."""

    name: str
    services: tuple[str, ...]
    """Units, written whole: what a pattern might have missed would not be counted."""

    minimum: int
    """So many others must be healthy while one of them is stopped or restarted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operators allow at the most, however bold the mode."""

    runs_per_hour: int = 3
    """Of one playbook on one target; its own caps may say less."""

    host_runs_per_hour: int = 6
    """Of all playbooks on this host."""

    repairs_per_day: int = 2
    """Verified repairs of one target by one playbook: a fault that comes back after as many has another cause."""

    half_open_after: timedelta = timedelta(hours=1)
    """How long a circuit is open before a person is asked about one attempt."""

    unlock_after: int = 3
    """Verified successes of the same file on this host that `auto` is earned with; 0: trusted at once."""

    self_effect: timedelta = timedelta(seconds=60)
    """How long after a run what its service writes is taken for an effect of it."""

    systemic_services: int = 3
    """Services with new faults within five minutes beyond which nothing runs without being asked about."""

    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What holds at this moment, for whoever is about to run a playbook."""

    now: datetime
    target: str
    halted: bool
    audit_available: bool
    busy: str | None
    """Why now is not the moment, in words: a person's hand was on the unit lately, a package manager is at work."""

    healthy: Mapping[str, int]
    """By name of a group: how many others of it, beside the target, are healthy. A group that is missing: not known."""


class Circuit(StrEnum):
    """Where a circuit breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    """One attempt, if a person agrees to it."""


def refusal(playbook: "Playbook", history: History, at: Moment, limits: Limits) -> Reason | None:
    """Return what forbids a playbook at this moment, whoever agreed to it; None: nothing does."""
    runs = history.of(playbook.name, at.target)
    repairs = [run for run in runs if run.outcome is Outcome.SUCCEEDED]
    per_hour = min(playbook.caps.per_hour, limits.runs_per_hour)
    hindrances = (
        (at.halted, Reason.HALTED),
        (not at.audit_available, Reason.AUDIT_UNAVAILABLE),
        (at.busy is not None, Reason.BUSY),
        (_takes_too_many_away(playbook, at, limits.groups), Reason.GROUP_MINIMUM),
        (any(run.ended is None for run in history.runs), Reason.AT_WORK),
        (circuit_for(playbook, history, at, limits) is Circuit.OPEN, Reason.CIRCUIT_OPEN),
        (_within(DAY, repairs, at.now) >= limits.repairs_per_day, Reason.FIX_DOES_NOT_HOLD),
        (_within(HOUR, runs, at.now) >= per_hour, Reason.CAP_REACHED),
        (_within(DAY, runs, at.now) >= playbook.caps.per_day, Reason.CAP_REACHED),
        (_within(HOUR, history.runs, at.now) >= limits.host_runs_per_hour, Reason.BUDGET_SPENT),
        (_within(playbook.cooldown, runs, at.now) > 0, Reason.COOLDOWN),
    )
    return next((reason for holds, reason in hindrances if holds), None)


def caution(playbook: "Playbook", history: History, at: Moment, limits: Limits) -> Reason | None:
    """Return why a person must agree to a run that is not forbidden, by what was done so far; None: it may go alone."""
    proven = proofs(playbook, history)
    cautions = (
        (circuit_for(playbook, history, at, limits) is not Circuit.CLOSED, Reason.HALF_OPEN),
        # What did not help, or was cut short, is not tried again without a person.
        (needs_a_person(playbook, history, at.target), Reason.LAST_RUN_FAILED),
        (proven < limits.unlock_after, Reason.UNPROVEN if proven else Reason.SHADOW),
    )
    return next((reason for holds, reason in cautions if holds), None)


def circuit_for(playbook: "Playbook", history: History, at: Moment, limits: Limits) -> Circuit:
    """Return where the breakers stand that a run would go through: its own and that of the host, the worse of them."""
    own = circuit(history.of(playbook.name, at.target), at.now, limits, failures=FAILURES)
    host = host_circuit(history, at.now, limits)
    return next((each for each in (Circuit.OPEN, Circuit.HALF_OPEN) if each in (own, host)), Circuit.CLOSED)


def host_circuit(history: History, now: datetime, limits: Limits) -> Circuit:
    """Return where the breaker of the whole host stands."""
    return circuit(history.runs, now, limits, failures=HOST_FAILURES)


def circuit(runs: Sequence[PastRun], now: datetime, limits: Limits, *, failures: int) -> Circuit:
    """Return where a breaker stands after these runs, the newest of them first.

    It opens with so many failures within half an hour, and again with each that follows. Only a verified success
    closes it: time leads from open to half-open, and no further.
    """
    opened: datetime | None = None
    failed: list[datetime] = []
    for run in reversed(runs):
        if run.outcome is Outcome.SUCCEEDED:
            opened, failed = None, []
        elif run.ended is not None:
            failed = [*(time for time in failed if run.ended - time <= FAILURES_WITHIN), run.ended]
            if opened is not None or len(failed) >= failures:
                opened = run.ended
    if opened is None:
        return Circuit.CLOSED
    return Circuit.OPEN if now - opened < limits.half_open_after else Circuit.HALF_OPEN


def needs_a_person(playbook: "Playbook", history: History, target: str) -> bool:
    """Tell whether the cooldown goes on although its time is over: the last run did not succeed.

    It ends when a person's run succeeds, a person acknowledges the incident, or a probe finds the service well again.
    """
    last = next(iter(history.of(playbook.name, target)), None)
    return last is not None and last.outcome is not Outcome.SUCCEEDED and not last.cleared


def proofs(playbook: "Playbook", history: History) -> int:
    """Return how often this very file has succeeded on this host, on whatever target, since any of its name failed."""
    proven = 0
    for run in history.runs:
        if run.playbook != playbook.name:
            continue
        if run.outcome is not Outcome.SUCCEEDED:
            break
        proven += run.digest == playbook.digest
    return proven


def stage(playbook: "Playbook", history: History, limits: Limits) -> str:
    """Return how far a playbook has come on this host: `shadow`, `proven K of N` or `auto`."""
    proven = proofs(playbook, history)
    if proven >= limits.unlock_after:
        return "auto"
    return f"proven {proven} of {limits.unlock_after}" if proven else "shadow"


def is_self_effect(history: History, target: str, written: datetime | None, limits: Limits) -> bool:
    """Tell whether what a target wrote at this time comes from a run on it, as far as time can tell."""
    return written is not None and any(
        run.target == target
        and run.began <= written
        and (run.ended is None or written <= run.ended + limits.self_effect)
        for run in history.runs
    )


def is_systemic(history: History, failing: Iterable[str], now: datetime, limits: Limits) -> bool:
    """Tell whether more services fail at once than have a fault of their own.

    `failing`: those with new faults. One that was repaired a moment ago was failing too.
    """
    repaired = {run.target for run in history.runs if now - run.began < SYSTEMIC_WITHIN}
    return len(repaired.union(failing)) > limits.systemic_services


def _within(time: timedelta, runs: Iterable[PastRun], now: datetime) -> int:
    """Count runs that began so lately; those from a clock that has been set back since as well."""
    return sum(now - run.began < time for run in runs)


def healthy_others(groups: Iterable[Group], service: str, is_healthy: Callable[[str], bool]) -> dict[str, int]:
    """Return, by name of each group that a service is of, how many others in it are healthy; each counts once."""
    return {
        group.name: sum(map(is_healthy, {*group.services} - {service})) for group in groups if service in group.services
    }


def _takes_too_many_away(playbook: "Playbook", at: Moment, groups: Iterable[Group]) -> bool:
    return any(map(_disrupts, (*playbook.steps, *playbook.undo))) and any(
        at.target in group.services and at.healthy.get(group.name, 0) < group.minimum for group in groups
    )


def _disrupts(step: "Template") -> bool:
    return step.verb not in GENTLE and not (step.verb == "unit" and step.arguments.keys() <= {"start", "reload"})
