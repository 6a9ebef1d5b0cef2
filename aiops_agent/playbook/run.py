"""Run a playbook: a dialogue that asks for one thing after the other, and the driver that does what it asks."""

from collections.abc import Callable, Generator
from datetime import timedelta

from aiops_agent.errors import AuditError, StateError
from aiops_agent.model.playbook import Command, CommandResult, Failed, NotNeeded, RunResult, StepState, Succeeded
from aiops_agent.noun import dataclass
from aiops_agent.playbook.bind import Bound
from aiops_agent.ports import Clock, Executor, UndoJournal, never

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
    number: int | None
    """Of the change that this takes back exactly; None: a step of the playbook's own undo, a change like any other."""


Wish = Command | Verification | Reversal


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a wish."""

    result: CommandResult
    number: int | None = None
    """Of a change that was begun: how the undo journal calls it."""

    undo: Command | None = None
    """What takes it back."""

    @property
    def changed(self) -> bool:
        """Tell whether something was changed, or may have been."""
        return self.number is not None and (self.result.ok or self.result.half_done)


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


def dialogue(bound: Bound) -> Generator[Wish, Answer, RunResult]:
    """Yield each wish of a playbook, taking the answer back before the next.

    A step that fails, or steps that do not verify, end it: every step that was done is taken back, newest first, then
    the playbook's own undo.
    """
    done: list[Answer] = []
    try:
        for probe in bound.evidence:
            seen = (yield probe).result
            if not seen.ok:
                return NotNeeded(probe.verb, seen.detail)
        for step in bound.steps:
            answer = yield Verification((step.probe,), step.timeout) if step.probe else step
            done.append(answer)
            if not answer.result.ok:
                return (yield from _take_back(bound, done, step.verb, answer.result.detail))
        seen = (yield Verification(bound.verify, bound.playbook.verify_within)).result
    except InterruptedRunError as stop:
        return (yield from _take_back(bound, done, stop.at, str(stop)))
    if not seen.ok:
        return (yield from _take_back(bound, done, "verify", seen.detail))
    return Succeeded("; ".join([*(answer.result.detail for answer in done), seen.detail]))


def _take_back(bound: Bound, done: list[Answer], at: str, why: str) -> Generator[Wish, Answer, Failed]:
    left: list[str] = []
    changes = [answer for answer in done if answer.changed]
    for change in reversed(changes):
        if change.undo:
            taken = (yield Reversal(change.undo, change.number)).result
            if not taken.ok:
                left.append(f"{change.result.detail}; taking it back failed: {taken.detail}")
    repaired = bool(bound.undo)
    for command in bound.undo if changes else ():
        own = (yield Reversal(command, None)).result
        if not own.ok:
            repaired = False
            left.append(f"{command.verb}: {own.detail}")
    if not repaired:
        left += [change.result.detail for change in changes if not change.undo]
    return Failed(at, why, undone=not left, left_behind=tuple(left))


def execute(
    bound: Bound,
    executor: Executor,
    clock: Clock,
    *,
    halted: Callable[[], bool],
    record: Callable[[Command], None],
    journal: UndoJournal,
) -> RunResult:
    """Run a bound playbook to its end.

    Args:
        bound: What to run.
        executor: What does the commands.
        clock: What the verification waits by.
        halted: Asked before each command and while one runs; True ends the run, what was done is taken back.
        record: Makes a change durable in the audit log before it is made.
        journal: Takes what takes a change back, before it is made; empty at the beginning.

    Raises:
        AuditError: A change could not be recorded, so it was not made; what had been done was taken back.
        StateError: The same, of the journal.
    """
    driver = _Driver(executor, clock, halted, record, journal)
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


def _next_wish(talk: Generator[Wish, Answer, RunResult], driver: "_Driver", wish: Wish) -> Wish:
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
    journal: UndoJournal
    changes: int = 0
    unrecorded: AuditError | StateError | None = None

    def answer(self, wish: Wish) -> Answer:
        match wish:
            case Reversal(command, int(number)):
                return Answer(self._taken_back(command, number))
            case Reversal(command):
                return self._change(command, never)
            case Command(changes=True):
                _go_on(self.halted)
                return self._change(wish, self.halted)
            case Command():
                _go_on(self.halted)
                return Answer(self.executor.run(wish, self.halted))
            case Verification(probes, within):
                return Answer(verified(probes, within, self.executor, self.clock, halted=self.halted))

    def _change(self, command: Command, stopped: Callable[[], bool]) -> Answer:
        """Do a change: what was decided about it is on disk before, in the audit log and in the undo journal."""
        planned = self.executor.plan(command)
        if isinstance(planned, CommandResult):
            return Answer(planned)
        number = self.changes
        self.changes += 1
        self._write(lambda: self.record(planned.command))
        self._write(lambda: self.journal.intend(number, planned))
        if self.unrecorded and stopped is not never:
            raise InterruptedRunError("audit", str(self.unrecorded))
        result = self.executor.run(planned.command, stopped)
        if not result.half_done:  # else it stays what may have been done
            self._write(lambda: self.journal.settle(number, StepState.DONE if result.ok else StepState.REFUSED))
        return Answer(result, number, planned.undo)

    def _taken_back(self, undo: Command, number: int) -> CommandResult:
        self._write(lambda: self.record(undo))
        self._write(lambda: self.journal.settle(number, StepState.TAKING_BACK))
        result = self.executor.run(undo, never)
        if result.ok:
            self._write(lambda: self.journal.settle(number, StepState.TAKEN_BACK))
        return result

    def _write(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (AuditError, StateError) as error:  # kept until what was done is taken back, then raised
            self.unrecorded = self.unrecorded or error


def verified(
    probes: tuple[Command, ...], within: timedelta, executor: Executor, clock: Clock, *, halted: Callable[[], bool]
) -> CommandResult:
    """Look again and again until all of the probes hold at once, or the time is over.

    Raises:
        InterruptedRunError: It was halted.
    """
    deadline = clock.now() + within
    while True:
        failing = _first_failing(probes, executor, halted)
        if failing is None:
            return CommandResult(ok=True, detail="verified" if probes else "not verified: it has no probes")
        _go_on(halted)
        left = (deadline - clock.now()).total_seconds()
        if left <= 0:
            return failing
        clock.sleep(min(BETWEEN_PROBES, left))


def _first_failing(probes: tuple[Command, ...], executor: Executor, halted: Callable[[], bool]) -> CommandResult | None:
    for probe in probes:
        _go_on(halted)
        result = executor.run(probe, halted)
        if not result.ok:
            return result
    return None


def _go_on(halted: Callable[[], bool]) -> None:
    if halted():
        raise InterruptedRunError("halted", "all acting was halted")


def holds(bound: Bound, executor: Executor) -> bool:
    """Tell whether what the playbook wants to reach is so right now; False when it has no probe for it.

    What was logged meanwhile counts for nothing: nobody listened.
    """
    asked = [probe for probe in bound.verify if probe.verb != "log_quiet"]
    return bool(asked) and all(executor.run(probe, never).ok for probe in asked)


def dry_run(bound: Bound, executor: Executor) -> Rehearsal:
    """Return what a run would do now; only probes are run."""
    evidence = tuple((probe, executor.run(probe, never)) for probe in bound.evidence)
    return Rehearsal(evidence, bound.steps if all(result.ok for _, result in evidence) else ())
