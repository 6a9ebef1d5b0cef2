"""Run a playbook: a dialogue that asks for one thing after the other, and the driver that does what it asks."""

from collections.abc import Callable, Generator
from datetime import timedelta

from aiops_agent.errors import AuditError
from aiops_agent.model.playbook import Command, CommandResult, Failed, NotNeeded, RunResult, Succeeded
from aiops_agent.noun import dataclass
from aiops_agent.playbook.bind import Bound
from aiops_agent.ports import Clock, Executor

BETWEEN_PROBES = 0.5
"""Seconds between two looks at a repair that is not verified yet; also how soon a halt is noticed meanwhile."""


@dataclass(frozen=True, slots=True)
class Verification:
    """Asks that all of the probes hold at once, looking again and again until the time is over."""

    probes: tuple[Command, ...]
    within: timedelta


@dataclass(frozen=True, slots=True)
class Reversal:
    """Asks to take something back: done also after a halt and without a record."""

    command: Command


Wish = Command | Verification | Reversal


class InterruptedRunError(Exception):
    """Thrown into a dialogue in place of an answer: what it asked for was not done, and nothing more will be."""

    def __init__(self, at: str, why: str) -> None:
        super().__init__(why)
        self.at = at


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a run would do now."""

    evidence: tuple[tuple[Command, CommandResult], ...]
    steps: tuple[Command, ...]
    """Empty when the evidence does not hold."""


def dialogue(bound: Bound) -> Generator[Wish, CommandResult, RunResult]:
    """Yield each wish of a playbook, taking the answer back before the next.

    A step that fails, or steps that do not verify, end it: every step that was done is taken back, newest first, then
    the playbook's own undo. A step that is not ok and brings no undo has changed nothing.
    """
    done: list[tuple[Command, CommandResult]] = []
    try:
        for probe in bound.evidence:
            seen = yield probe
            if not seen.ok:
                return NotNeeded(probe.verb, seen.detail)
        for step in bound.steps:
            result = yield step
            done.append((step, result))
            if not result.ok:
                return (yield from _take_back(bound, done, step.verb, result.detail))
        seen = yield Verification(bound.verify, bound.playbook.verify_within)
    except InterruptedRunError as stop:
        return (yield from _take_back(bound, done, stop.at, str(stop)))
    if not seen.ok:
        return (yield from _take_back(bound, done, "verify", seen.detail))
    return Succeeded("; ".join([*(result.detail for _, result in done), seen.detail]))


def _take_back(
    bound: Bound, done: list[tuple[Command, CommandResult]], at: str, why: str
) -> Generator[Wish, CommandResult, Failed]:
    left: list[str] = []
    for _, result in reversed(done):
        if result.undo:
            answer = yield Reversal(result.undo)
            if not answer.ok:
                left.append(f"{result.detail}; taking it back failed: {answer.detail}")
    repaired = bool(bound.undo)
    for command in bound.undo if done else ():
        answer = yield Reversal(command)
        if not answer.ok:
            repaired = False
            left.append(f"{command.verb}: {answer.detail}")
    if not repaired:
        left += [result.detail for _, result in done if result.ok and not result.undo]
    return Failed(at, why, undone=not left, left_behind=tuple(left))


def execute(
    bound: Bound,
    executor: Executor,
    clock: Clock,
    *,
    halted: Callable[[], bool],
    record: Callable[[Command], None],
) -> RunResult:
    """Run a bound playbook to its end.

    Args:
        bound: What to run.
        executor: What does the commands.
        clock: What the verification waits by.
        halted: Asked before each command and during each wait; True ends the run, what was done is taken back.
        record: Makes a change durable in the audit log before it is made.

    Raises:
        AuditError: A change could not be recorded, so it was not made; what had been done was taken back.
    """
    driver = _Driver(executor, clock, halted, record)
    talk = dialogue(bound)
    wish = next(talk)
    result: RunResult | None = None
    while result is None:
        try:
            wish = _next_wish(talk, driver, wish)
        except StopIteration as end:
            result = end.value
    if driver.unrecorded:
        raise driver.unrecorded
    return result


def _next_wish(talk: Generator[Wish, CommandResult, RunResult], driver: "_Driver", wish: Wish) -> Wish:
    try:
        answer = driver.answer(wish)
    except InterruptedRunError as stop:
        return talk.throw(stop)
    return talk.send(answer)


@dataclass(slots=True)
class _Driver:
    executor: Executor
    clock: Clock
    halted: Callable[[], bool]
    record: Callable[[Command], None]
    unrecorded: AuditError | None = None

    def answer(self, wish: Wish) -> CommandResult:
        match wish:
            case Reversal(command):
                self._record(command)
                return self.executor.run(command)
            case Command():
                self._go_on()
                if wish.changes:
                    self._record(wish)
                    if self.unrecorded:
                        raise InterruptedRunError("audit", str(self.unrecorded))
                return self.executor.run(wish)
            case Verification(probes, within):
                return self._verify(probes, within)

    def _record(self, command: Command) -> None:
        try:
            self.record(command)
        except AuditError as error:  # kept until what was done is taken back, then raised
            self.unrecorded = error

    def _go_on(self) -> None:
        if self.halted():
            raise InterruptedRunError("halted", "all acting was halted")

    def _verify(self, probes: tuple[Command, ...], within: timedelta) -> CommandResult:
        deadline = self.clock.now() + within
        while True:
            failing = self._first_failing(probes)
            if failing is None:
                return CommandResult(ok=True, detail="verified" if probes else "not verified: it has no probes")
            left = (deadline - self.clock.now()).total_seconds()
            if left <= 0:
                return failing
            self.clock.sleep(min(BETWEEN_PROBES, left))

    def _first_failing(self, probes: tuple[Command, ...]) -> CommandResult | None:
        for probe in probes:
            self._go_on()
            result = self.executor.run(probe)
            if not result.ok:
                return result
        return None


def holds(bound: Bound, executor: Executor) -> bool:
    """Tell whether what the playbook wants to reach is so right now; False when it has no probe for it."""
    return bool(bound.verify) and all(executor.run(probe).ok for probe in bound.verify)


def dry_run(bound: Bound, executor: Executor) -> Rehearsal:
    """Return what a run would do now; only probes are run."""
    evidence = tuple((probe, executor.run(probe)) for probe in bound.evidence)
    return Rehearsal(evidence, bound.steps if all(result.ok for _, result in evidence) else ())
