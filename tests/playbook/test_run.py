from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.errors import AuditError
from aiops_agent.model.playbook import Command, CommandResult, Failed, NotNeeded, Planned, Succeeded
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.run import dry_run, execute, holds
from tests.fakes import NO, YES, PaperJournal, ScriptedExecutor, SteppingClock
from tests.playbook.make import REPAIR, bound

UNDO_FIRST = vocabulary.command("put_back", {"path": "/a", "aside": "/a.aside", "inode": 1, "over": ""})
UNDO_SECOND = vocabulary.command("put_back", {"path": "/srv/b", "aside": "/b.aside", "inode": 1, "over": ""})
MOVED_FIRST = CommandResult(ok=True, detail="moved /a")
MOVED_SECOND = CommandResult(ok=True, detail="moved /srv/b")
LOCK = "/run/shop/shop.lock"
UNDO = {LOCK: UNDO_FIRST, "/srv/b": UNDO_SECOND}
ROOTED = REPAIR.replace("risk: low\n", "risk: low\nroots: [/srv, /run]\n")
TWO_STEPS = ROOTED.replace(
    "  - move_aside: {path: $lock}\n", "  - move_aside: {path: $lock}\n  - move_aside: {path: /srv/b}\n"
)
NOT_TO_BE_UNDONE = REPAIR.replace("- move_aside: {path: $lock}", "- signal: {pid_file: $lock, name: TERM}")


def play(aimed, executor, *, clock=None, halted=lambda: False, record=[].append):
    return execute(aimed, executor, clock or SteppingClock(), halted=halted, record=record, journal=PaperJournal())


def test_evidence_then_steps_then_verification(tmp_path):
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST}, UNDO)
    assert play(bound(tmp_path), executor) == Succeeded("moved /a; verified")
    assert executor.asked == ["file_exists", "http_down", "move_aside", "http"]


def test_evidence_that_does_not_hold_leaves_everything_alone(tmp_path):
    executor = ScriptedExecutor({"http_down": NO})
    assert play(bound(tmp_path), executor) == NotNeeded("http_down", NO.detail)
    assert executor.asked == ["file_exists", "http_down"]


def test_a_repair_is_looked_at_again_until_it_holds(tmp_path):
    clock = SteppingClock()
    executor = ScriptedExecutor({"http": [NO, NO, NO, YES]})
    assert isinstance(play(bound(tmp_path), executor, clock=clock), Succeeded)
    assert clock.slept == [0.5, 0.5, 0.5]


def test_a_repair_that_does_not_hold_in_time_is_taken_back(tmp_path):
    clock = SteppingClock()
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST, "http": NO}, UNDO)
    assert play(bound(tmp_path), executor, clock=clock) == Failed("verify", NO.detail, undone=True, left_behind=())
    assert executor.commands[-1] == UNDO_FIRST
    assert sum(clock.slept) == 3.0


def test_a_probe_that_held_once_does_not_count_beside_one_that_does_not(tmp_path):
    text = REPAIR.replace("    - http: {url: $url}", "    - file_absent: {path: $lock}\n    - http: {url: $url}")
    executor = ScriptedExecutor({"file_absent": [YES, NO], "http": [NO, YES]})
    assert isinstance(play(bound(tmp_path, text), executor), Failed)


def test_a_step_that_fails_is_undone_with_those_before_it_the_newest_first(tmp_path):
    half_done = CommandResult(ok=False, detail="half done", half_done=True)
    executor = ScriptedExecutor({"move_aside": [MOVED_FIRST, half_done]}, UNDO)
    assert play(bound(tmp_path, TWO_STEPS), executor) == Failed("move_aside", "half done", undone=True, left_behind=())
    assert executor.commands[-2:] == [UNDO_SECOND, UNDO_FIRST]
    assert "http" not in executor.asked


def test_a_first_step_that_is_refused_leaves_nothing_behind(tmp_path):
    executor = ScriptedExecutor({"signal": NO})
    assert play(bound(tmp_path, NOT_TO_BE_UNDONE), executor) == Failed("signal", NO.detail, undone=True, left_behind=())


def test_what_cannot_be_undone_is_named(tmp_path):
    executor = ScriptedExecutor({"signal": CommandResult(ok=True, detail="sent TERM"), "http": NO})
    result = play(bound(tmp_path, NOT_TO_BE_UNDONE), executor)
    assert result == Failed("verify", NO.detail, undone=False, left_behind=("sent TERM",))


def test_an_undo_that_fails_is_named_and_the_others_are_done(tmp_path):
    executor = ScriptedExecutor({"move_aside": [MOVED_FIRST, MOVED_SECOND], "http": NO, "put_back": [NO, YES]}, UNDO)
    result = play(bound(tmp_path, TWO_STEPS), executor)
    assert result.undone is False
    assert result.left_behind == ("moved /srv/b; taking it back failed: it is not so",)
    assert executor.commands[-1] == UNDO_FIRST


def test_the_playbooks_own_undo_comes_last_and_makes_up_for_steps_without_one(tmp_path):
    text = NOT_TO_BE_UNDONE + "undo: [{signal: {pid_file: $lock, name: HUP}}]\n"
    executor = ScriptedExecutor({"http": NO})
    assert play(bound(tmp_path, text), executor).undone is True
    assert executor.commands[-1].arguments["name"] == "HUP"


def test_the_playbooks_own_undo_is_not_run_when_no_step_was(tmp_path):
    text = NOT_TO_BE_UNDONE + "undo: [{signal: {pid_file: $lock, name: HUP}}]\n"
    executor = ScriptedExecutor()
    assert play(bound(tmp_path, text), executor, halted=lambda: "http_down" in executor.asked).at == "halted"
    assert "signal" not in executor.asked


def test_the_playbooks_own_undo_is_not_run_when_every_step_was_refused(tmp_path):
    text = NOT_TO_BE_UNDONE + "undo: [{move_aside: {path: $lock}}]\n"
    executor = ScriptedExecutor({"signal": NO})
    assert play(bound(tmp_path, text), executor).undone is True
    assert "move_aside" not in executor.asked


def test_an_undo_of_the_playbook_that_fails_leaves_the_steps_named(tmp_path):
    text = NOT_TO_BE_UNDONE + "undo: [{move_aside: {path: $lock}}]\n"
    executor = ScriptedExecutor({"signal": CommandResult(ok=True, detail="sent TERM"), "move_aside": NO, "http": NO})
    assert play(bound(tmp_path, text), executor).left_behind == ("move_aside: it is not so", "sent TERM")


def test_each_change_is_recorded_before_it_is_made_and_so_is_its_undo(tmp_path):
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST, "http": NO}, UNDO)
    recorded = []
    play(bound(tmp_path), executor, record=lambda command: recorded.append((command.verb, len(executor.commands))))
    positions = {verb: executor.asked.index(verb) for verb in ("move_aside", "put_back")}
    assert recorded == [("move_aside", positions["move_aside"]), ("put_back", positions["put_back"])]


def refusing(*verbs):
    def record(command: Command) -> None:
        if command.arguments.get("path") in verbs:
            raise AuditError("the disk is full")

    return record


def test_a_change_that_cannot_be_recorded_is_not_made(tmp_path):
    executor = ScriptedExecutor()
    with pytest.raises(AuditError, match="the disk is full"):
        play(bound(tmp_path), executor, record=refusing("/run/shop/shop.lock"))
    assert "move_aside" not in executor.asked


def test_what_was_done_before_a_change_that_cannot_be_recorded_is_taken_back(tmp_path):
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST}, UNDO)
    with pytest.raises(AuditError, match="the disk is full"):
        play(bound(tmp_path, TWO_STEPS), executor, record=refusing("/srv/b"))
    assert executor.asked.count("move_aside") == 1
    assert executor.commands[-1] == UNDO_FIRST


def test_an_undo_is_done_even_when_it_cannot_be_recorded(tmp_path):
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST, "http": NO}, UNDO)
    with pytest.raises(AuditError):
        play(bound(tmp_path), executor, record=refusing("/a"))
    assert executor.commands[-1] == UNDO_FIRST


@pytest.mark.parametrize("after", ["", "file_exists", "http_down"])
def test_a_halt_before_the_first_step_touches_nothing(tmp_path, after):
    executor = ScriptedExecutor()
    result = play(bound(tmp_path), executor, halted=lambda: not after or after in executor.asked)
    assert (result.at, result.undone) == ("halted", True)
    assert not any(command.changes for command in executor.commands)


def test_a_halt_between_two_steps_takes_the_first_back(tmp_path):
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST}, UNDO)
    result = play(bound(tmp_path, TWO_STEPS), executor, halted=lambda: "move_aside" in executor.asked)
    assert (result.at, result.undone) == ("halted", True)
    assert executor.asked[-2:] == ["move_aside", "put_back"]


def test_a_halt_while_a_repair_is_awaited_is_noticed_at_the_next_look(tmp_path):
    clock = SteppingClock()
    executor = ScriptedExecutor({"move_aside": MOVED_FIRST, "http": NO}, UNDO)
    result = play(bound(tmp_path), executor, clock=clock, halted=lambda: len(clock.slept) == 2)
    assert result == Failed("halted", "all acting was halted", undone=True, left_behind=())
    assert executor.asked.count("http") == 2


def test_a_rehearsal_only_looks_and_says_what_would_be_done(tmp_path):
    executor = ScriptedExecutor()
    rehearsal = dry_run(bound(tmp_path), executor)
    assert [command.verb for command in rehearsal.steps] == ["move_aside"]
    assert executor.asked == ["file_exists", "http_down"]


def test_a_rehearsal_without_the_fault_would_do_nothing(tmp_path):
    rehearsal = dry_run(bound(tmp_path), ScriptedExecutor({"file_exists": NO}))
    assert rehearsal.steps == ()
    assert [result.ok for _, result in rehearsal.evidence] == [False, True]


def test_a_repair_holds_when_all_its_probes_do(tmp_path):
    assert holds(bound(tmp_path), ScriptedExecutor())
    assert not holds(bound(tmp_path), ScriptedExecutor({"http": NO}))


def test_a_repair_nobody_can_verify_never_holds(tmp_path):
    start, end = REPAIR.index("verify:"), REPAIR.index("cooldown:")
    assert not holds(bound(tmp_path, REPAIR[:start] + REPAIR[end:]), ScriptedExecutor())


@given(
    outcomes=st.lists(st.booleans(), min_size=1, max_size=5),
    verified=st.booleans(),
    halted_after=st.integers(0, 12),
    unrecorded_at=st.none() | st.integers(0, 6),
)
def test_whatever_happens_each_change_is_recorded_first_and_what_failed_is_taken_back(
    tmp_path_factory, outcomes, verified, halted_after, unrecorded_at
):
    """A model of the world: the files moved and not put back are those of a run that succeeded, or none."""
    steps = "".join(f"  - move_aside: {{path: /srv/file{n}}}\n" for n in range(len(outcomes)))
    text = ROOTED.replace("  - move_aside: {path: $lock}\n", steps + "  - move_aside: {path: $lock}\n")
    world = ModelledFiles({f"/srv/file{n}": ok for n, ok in enumerate(outcomes)}, verified=verified)
    calls = []

    def record(command: Command) -> None:
        calls.append(command)
        if unrecorded_at is not None and len(calls) > unrecorded_at and command.verb == "move_aside":
            raise AuditError("no")
        world.recorded.append(command)

    def halted() -> bool:
        return len(world.asked) >= halted_after

    try:
        result = play(bound(tmp_path_factory.mktemp("playbook"), text), world, halted=halted, record=record)
    except AuditError:
        assert world.moved == []
    else:
        assert world.moved == [] or isinstance(result, Succeeded)
        assert isinstance(result, Succeeded) == (len(world.moved) == len(outcomes) + 1)
    assert all(world.recorded_first)


class ModelledFiles:
    """An executor over imagined files."""

    privileged = False

    def __init__(self, can_be_moved: dict[str, bool], *, verified: bool) -> None:
        self.moved: list[str] = []
        self.asked: list[str] = []
        self.recorded: list[Command] = []
        self.recorded_first: list[bool] = []
        self._can_be_moved = can_be_moved
        self._verified = verified

    def plan(self, command: Command) -> Planned | CommandResult:
        path = str(command.arguments.get("path"))
        back = vocabulary.command("put_back", {"path": path, "aside": f"{path}.aside", "inode": 1, "over": ""})
        return Planned(command, back if command.verb == "move_aside" else None)

    def run(self, command: Command, stopped: Callable[[], bool]) -> CommandResult:
        self.asked.append(command.verb)
        if command.changes:
            self.recorded_first.append(command in self.recorded)
        path = str(command.arguments.get("path"))
        if command.verb == "put_back":
            assert self.moved.pop() == path, "not the newest first"
        elif command.verb == "move_aside":
            if not self._can_be_moved.get(path, True):
                return NO
            self.moved.append(path)
            return CommandResult(ok=True, detail="moved")
        elif command.verb == "http":
            return YES if self._verified else NO
        return YES


WAITING = REPAIR.replace(
    "  - move_aside: {path: $lock}\n",
    "  - move_aside: {path: $lock}\n  - wait_until: {within: 2s, probe: {port: {host: a, port: 1, is: open}}}\n",
)


def test_a_step_that_waits_goes_on_as_soon_as_its_probe_holds(tmp_path):
    executor, clock = ScriptedExecutor({"port": [NO, NO, YES]}), SteppingClock()
    assert isinstance(play(bound(tmp_path, WAITING), executor, clock=clock), Succeeded)
    assert executor.asked == ["file_exists", "http_down", "move_aside", "port", "port", "port", "http"]
    assert clock.slept == [0.5, 0.5]


def test_a_step_that_waits_in_vain_takes_back_what_was_done(tmp_path):
    executor = ScriptedExecutor({"port": NO}, undo={LOCK: UNDO_FIRST})
    result = play(bound(tmp_path, WAITING), executor)
    assert (result.undone, result.detail) == (True, NO.detail)
    assert executor.asked[-1] == "put_back"
    assert "http" not in executor.asked


def test_a_halt_ends_a_step_that_waits(tmp_path):
    executor = ScriptedExecutor({"port": NO}, undo={LOCK: UNDO_FIRST})
    result = play(bound(tmp_path, WAITING), executor, halted=lambda: executor.asked.count("port") > 1)
    assert (result.at, result.undone) == ("halted", True)
    assert executor.asked.count("port") == 2
