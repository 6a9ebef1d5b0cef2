"""A run that is killed: no step twice, nothing lost that would take one back, the newest change first."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.errors import AuditError
from aiops_agent.model.playbook import Command, CommandResult, Failed, Planned, StepState, Succeeded
from aiops_agent.noun import replace
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.recover import recover
from aiops_agent.playbook.run import execute
from tests.fakes import NO, YES, PaperJournal, ScriptedExecutor, SteppingClock
from tests.playbook.make import REPAIR, bound


def moving(path: str) -> Command:
    return vocabulary.command("move_aside", {"path": path})


def signalling(path: str) -> Command:
    return vocabulary.command("signal", {"pid_file": path, "name": "HUP"})


def back(path: str) -> Command:
    return vocabulary.command("put_back", {"path": path, "aside": f"{path}.aside", "inode": 1, "over": ""})


def journal(*changes: tuple[Command, Command | None, StepState]) -> PaperJournal:
    paper = PaperJournal()
    for number, (command, undo, state) in enumerate(changes):
        paper.intend(number, Planned(command, undo))
        paper.settle(number, state)
    return paper


def look(aimed, executor, paper, record=[].append):
    return recover(aimed, executor, record=record, journal=paper)


@pytest.fixture
def aimed(tmp_path):
    return bound(tmp_path)


def test_a_run_that_is_found_repaired_has_succeeded_and_is_left_as_it_is(aimed):
    executor = ScriptedExecutor()
    result = look(aimed, executor, journal((moving("/a"), back("/a"), StepState.DONE)))
    assert isinstance(result, Succeeded)
    assert executor.asked == ["http"]


def test_what_is_not_repaired_is_taken_back_the_newest_first(aimed):
    executor = ScriptedExecutor({"http": NO})
    paper = journal((moving("/a"), back("/a"), StepState.DONE), (moving("/b"), back("/b"), StepState.INTENDED))
    assert look(aimed, executor, paper).undone is True
    assert executor.commands[1:] == [back("/b"), back("/a")]
    assert {entry.state for entry in paper.entries()} == {StepState.TAKEN_BACK}


def test_a_run_that_was_being_taken_back_is_taken_back_even_if_its_verification_holds_by_now(aimed):
    executor = ScriptedExecutor()
    paper = journal((moving("/a"), back("/a"), StepState.DONE), (moving("/b"), back("/b"), StepState.TAKING_BACK))
    assert isinstance(look(aimed, executor, paper), Failed)
    assert executor.commands == [back("/b"), back("/a")]


def test_what_was_refused_or_taken_back_already_is_left_alone(aimed):
    executor = ScriptedExecutor({"http": NO})
    paper = journal((moving("/a"), back("/a"), StepState.TAKEN_BACK), (moving("/b"), back("/b"), StepState.REFUSED))
    assert look(aimed, executor, paper).undone is True
    assert executor.commands == []


def test_a_run_that_had_not_begun_has_left_nothing(aimed):
    result = look(aimed, ScriptedExecutor({"http": NO}), journal())
    assert (result.undone, result.left_behind) == (True, ())
    assert "nothing had been done" in result.detail


@pytest.mark.parametrize(("state", "said"), [(StepState.DONE, "was done"), (StepState.INTENDED, "may have been done")])
def test_what_cannot_be_taken_back_is_named_and_is_not_done_again(aimed, state, said):
    executor = ScriptedExecutor({"http": NO})
    result = look(aimed, executor, journal((signalling("/run/a.pid"), None, state)))
    assert result.undone is False
    [left] = result.left_behind
    assert left.startswith(f"signal /run/a.pid {said}")
    assert executor.asked == ["http"]


def test_an_undo_that_is_not_sure_is_told_and_the_others_are_done(aimed):
    executor = ScriptedExecutor({"http": NO, "put_back": [NO, YES]})
    paper = journal((moving("/a"), back("/a"), StepState.DONE), (moving("/b"), back("/b"), StepState.DONE))
    result = look(aimed, executor, paper)
    assert result.undone is False
    assert result.left_behind == ("move_aside /b: taking it back failed: it is not so: look at it",)
    assert executor.commands[-1] == back("/a")


def test_the_playbooks_own_undo_looks_at_nothing_and_is_left_to_a_person(tmp_path):
    aimed = bound(tmp_path, REPAIR + "undo: [{signal: {pid_file: $lock, name: HUP}}]\n")
    executor = ScriptedExecutor({"http": NO})
    result = look(aimed, executor, journal((signalling("/run/a.pid"), None, StepState.DONE)))
    assert "own undo was not done" in result.left_behind[-1]
    assert "signal" not in executor.asked


def test_a_playbook_that_is_another_one_by_now_proves_nothing_and_its_journal_still_holds():
    executor = ScriptedExecutor()
    paper = journal((moving("/a"), back("/a"), StepState.DONE))
    assert look(None, executor, paper) == Failed(
        "interrupted", "interrupted by a crash and not repeated; what it had done was taken back", True, ()
    )
    assert executor.commands == [back("/a")]


def test_an_undo_that_cannot_be_recorded_waits(aimed):
    def refuse(command: Command) -> None:
        raise AuditError("the disk is full")

    executor = ScriptedExecutor({"http": NO})
    paper = journal((moving("/a"), back("/a"), StepState.DONE))
    with pytest.raises(AuditError):
        look(aimed, executor, paper, refuse)
    assert "put_back" not in executor.asked
    assert look(aimed, executor, paper).undone is True


# --- any outcomes, killed anywhere, and again while it recovers


class KilledError(BaseException):
    """The end of the process."""


class Fate:
    """Kills at the next of the moments it is given: so many steps of the process after the last."""

    def __init__(self, moments: list[int]) -> None:
        self._moments = moments
        self._left = moments[0] if moments else None

    def step(self) -> None:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                self._moments = self._moments[1:]
                self._left = self._moments[0] if self._moments else None
                raise KilledError


class World:
    """What steps change, and an executor over it that dies when it is fated to."""

    privileged = False

    def __init__(self, outcomes: dict[str, str], fate: Fate, *, verified: bool) -> None:
        self.outcomes = outcomes
        self.verified = verified
        self.fate = fate
        self.times: dict[str, int] = {}
        self.moved: list[str] = []
        self.intended: set[str] = set()

    def plan(self, command: Command) -> Planned | CommandResult:
        path = str(next(iter(command.arguments.values())))
        if self.outcomes.get(path) == "not planned":
            return NO
        return Planned(command, back(path) if command.verb == "move_aside" else None)

    def run(self, command: Command, stopped: Callable[[], bool]) -> CommandResult:
        path = str(next(iter(command.arguments.values())))
        self.fate.step()
        result = self._put_back(path) if command.verb == "put_back" else self._done(command, path)
        self.fate.step()
        return result

    def _done(self, command: Command, path: str) -> CommandResult:
        if not command.changes:
            return YES if self.verified else NO
        assert path in self.intended, "recorded and in the journal before it is done"
        self.times[path] = self.times.get(path, 0) + 1
        outcome = self.outcomes[path]
        if outcome == "refused":
            return NO
        self.moved.append(path)
        cut_off = outcome == "cut off"
        return CommandResult(ok=not cut_off, detail=f"did {path}", half_done=cut_off)

    def _put_back(self, path: str) -> CommandResult:
        if self.outcomes[path] == "changed since":
            return NO
        if path in self.moved:
            mine = [each for each in self.moved if self.can_be_undone(each)]
            assert mine[-1] == path, "not the newest first"
            self.moved.remove(path)
        return YES

    def can_be_undone(self, path: str) -> bool:
        return path.startswith("/move") and self.outcomes[path] != "changed since"


class DyingJournal(PaperJournal):
    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def intend(self, number: int, planned: Planned) -> None:
        self._world.fate.step()
        super().intend(number, planned)
        self._world.intended.add(str(next(iter(planned.command.arguments.values()))))
        self._world.fate.step()

    def settle(self, number: int, state: StepState) -> None:
        self._world.fate.step()
        super().settle(number, state)
        self._world.fate.step()


OUTCOMES = ("done", "done", "done", "refused", "cut off", "not planned", "changed since")
STEPS = st.lists(
    st.tuples(st.sampled_from(["move", "move", "signal"]), st.sampled_from(OUTCOMES)), min_size=1, max_size=5
)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    return bound(tmp_path_factory.mktemp("playbook"))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(
    steps=STEPS, verified=st.booleans(), kills=st.lists(st.integers(0, 45), max_size=3), halted_at=st.integers(0, 99)
)
def test_whatever_happens_and_whenever_it_is_killed_no_step_is_repeated_and_no_undo_is_lost(
    template, steps, verified, kills, halted_at
):
    outcomes = {f"/{kind}{number}": outcome for number, (kind, outcome) in enumerate(steps)}
    commands = tuple(moving(path) if path.startswith("/move") else signalling(path) for path in outcomes)
    aimed = replace(template, steps=commands, evidence=())
    world = World(outcomes, Fate(kills), verified=verified)
    paper = DyingJournal(world)
    asked = iter(range(1000))

    def record(command: Command) -> None:
        world.fate.step()

    def attempt():
        return execute(
            aimed, world, SteppingClock(), halted=lambda: next(asked) >= halted_at, record=record, journal=paper
        )

    result, killed = None, False
    while result is None:
        try:
            result = attempt()
        except KilledError:
            killed = True

            def attempt():
                return recover(aimed, world, record=record, journal=paper)

    assert all(times == 1 for times in world.times.values())
    if isinstance(result, Failed):
        assert not any(world.can_be_undone(path) for path in world.moved), "no undo is lost"
        assert all(path in " ".join(result.left_behind) for path in world.moved), "what was not taken back is told"
        assert not (result.undone and world.moved)
        assert killed or result.undone is not bool(world.moved), "only a kill leaves doubt"
    else:
        assert verified
