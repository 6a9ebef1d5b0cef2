"""The daemon's loop, round by round: when it ticks, what it survives, what it says and how often."""

import os
import resource
import socket
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiops_agent.agent import CutShort, Tick
from aiops_agent.config import load as configuration
from aiops_agent.daemon import LONGEST_RETRY, POLL, UNRECORDED_REST, Daemon, Orders, Surroundings
from aiops_agent.errors import StateError
from aiops_agent.model.incident import Status
from aiops_agent.sources import quiet
from aiops_agent.state.database import exclusive
from aiops_agent.supervisor import Supervisor
from aiops_agent.turn import Limit, take_turn
from aiops_agent.wiring.build import World
from aiops_agent.wiring.diagnostician import Model
from tests.fakes import SteppingClock
from tests.journeys.machine import KNOWN, Machine

MEBIBYTE = 1 << 20
HOUR, YEAR = timedelta(hours=1), timedelta(days=365)
LOADED = Model()
"""One for all these tests: loading it takes most of a second."""

BACK_AND_FORTH = [-HOUR, YEAR, -YEAR, HOUR]


class NoEvents:
    """A file system that tells nothing: NFS, FUSE, another host's writes."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.followed: set[str] = set()
        self.waits: list[tuple[float, float]] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def wait(self, at_least: float, at_most: float) -> bool:
        self.waits.append((at_least, at_most))
        self.meanwhile()
        return False

    def follow(self, paths) -> None:
        self.followed = set(paths)


@dataclass
class Watched:
    """A daemon on a machine, moved by hand."""

    machine: Machine
    # Later than the files of the test were made: what was edited a moment ago is not vouched for.
    clock: SteppingClock = field(default_factory=lambda: SteppingClock(datetime.now(UTC) + 2 * HOUR))
    events: NoEvents = field(default_factory=NoEvents)
    orders: Orders = field(default_factory=Orders)
    ticks: list[Tick] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    supervisor: Supervisor = field(default_factory=lambda: Supervisor(None))

    def __post_init__(self) -> None:
        self.machine.state.mkdir(exist_ok=True)
        around = Surroundings(
            load=self.load,
            world=World(self.clock, "web01", self.said.append),
            events=self.events,
            supervisor=self.supervisor,
            orders=self.orders,
            report=lambda found, _: self.ticks.append(found),
            warn=self.said.append,
        )
        self.daemon = Daemon(self.load(), around)
        self.daemon._model = LOADED

    def load(self):
        return configuration.load(self.machine.config, {})

    def round(self):
        self.clock.sleep(1)
        return self.daemon.round()

    @property
    def errors(self) -> int:
        return sum(tick.errors for tick in self.ticks)


@contextmanager
def no_descriptors_left():
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.fixture
def watched(tmp_path):
    watched = Watched(Machine(tmp_path))
    watched.machine.writes(KNOWN)
    watched.round()
    return watched


def test_what_is_there_at_the_start_is_read_by_the_first_round(watched):
    assert [(tick.errors, len(tick.touched)) for tick in watched.ticks] == [(1, 1)]


def test_a_round_without_a_change_ticks_not_and_sleeps_no_longer_than_two_seconds(watched):
    for _ in range(3):
        pause = watched.round()
        assert pause.at_least < pause.at_most <= POLL <= 2.0
    assert len(watched.ticks) == 1


def test_t43_without_any_event_the_next_look_finds_what_was_appended(watched):
    for number in range(3):
        watched.round()
        watched.machine.writes(KNOWN)
        pause = watched.round()
        assert len(watched.ticks) == number + 2
        assert pause.at_most <= 2.0
    assert watched.errors == 4


def test_it_follows_the_logs_their_folder_and_the_configuration(watched):
    machine = watched.machine
    assert {str(machine.log), str(machine.logs), str(machine.config)} <= watched.events.followed


@pytest.mark.parametrize("jump", BACK_AND_FORTH)
def test_t44_a_clock_that_jumps_loses_nothing_and_holds_nothing_up(watched, jump):
    watched.clock._now += jump
    watched.machine.writes(KNOWN)
    watched.round()
    assert watched.errors == 2
    watched.round()
    assert len(watched.ticks) == 2, "quiet again"
    watched.machine.writes(KNOWN)
    watched.round()
    assert (watched.errors, len(watched.ticks)) == (3, 3)


@pytest.mark.parametrize("back", [HOUR, YEAR])
def test_t44_a_letter_that_a_wrong_clock_put_off_is_delivered_when_the_clock_is_right(tmp_path, back):
    watched = Watched(Machine(tmp_path))
    watched.clock._now += back
    watched.machine.reports.write_text("a file where a folder belongs")
    watched.machine.writes(KNOWN)
    watched.round()
    assert watched.machine.told() == 0
    watched.clock._now -= back
    watched.machine.reports.unlink()
    watched.round()
    assert watched.machine.told() == 1


def test_a_silence_is_told_at_its_deadline_although_no_file_changes(tmp_path):
    machine = Machine(tmp_path)
    machine.config.write_text(machine.config.read_text().replace("beginning,", "beginning, silence: 30m,"))
    machine.writes(KNOWN)
    watched = Watched(machine)
    watched.round()
    spoke, config = watched.clock.now().timestamp(), str(machine.config)
    assert quiet.check(config, spoke + 29 * 60) is not None, "a scan that has nothing to do"
    assert quiet.check(config, spoke + 30 * 60) is None
    watched.clock.sleep(29 * 60)
    watched.round()
    assert len(watched.ticks) == 1
    watched.clock.sleep(60)
    watched.round()
    [incident] = watched.ticks[1].touched.values()
    assert incident.title == f"silence: {machine.logs}/*.log"
    watched.round()
    assert len(watched.ticks) == 2
    machine.writes(KNOWN)
    watched.round()
    assert watched.ticks[2].touched[incident.id].status is Status.CLOSED


def test_a_limit_says_stopped_before_it_says_that_the_time_is_over():
    assert Limit(timedelta(hours=1), lambda: False)() is None
    assert Limit(timedelta(0), lambda: False)() is CutShort.TIME
    assert Limit(timedelta(0), lambda: True)() is CutShort.STOPPED


def test_what_one_tick_has_no_time_for_is_taken_in_by_the_next_rounds(watched):
    other = watched.machine.logs / "zebra.log"
    other.write_text(f"{KNOWN}\n")
    watched.machine.writes(KNOWN)
    config, world = watched.daemon.config, World(watched.clock, "web01", watched.said.append)
    turn = take_turn(config, world, watched.clock.now(), Limit(timedelta(0), lambda: False))
    assert (turn.found.cut_short, turn.found.errors) == (CutShort.TIME, 1)
    assert quiet.check(str(watched.machine.config), watched.clock.now().timestamp()) is None
    watched.round()
    assert watched.errors == 2
    assert watched.ticks[-1].cut_short is None


def test_an_edited_configuration_is_used_without_a_restart(watched):
    watched.machine.configure(locale="zh")
    watched.round()
    assert watched.daemon.config.locale == "zh"
    assert watched.said == [f"{watched.machine.config} was read anew"]
    watched.round()
    assert len(watched.said) == 1


def test_a_signal_reads_the_configuration_anew(watched):
    watched.orders.reload = True
    watched.round()
    assert watched.said == [f"{watched.machine.config} was read anew"]
    assert not watched.orders.reload


def test_a_wrong_configuration_is_told_once_the_old_one_goes_on_and_no_scan_takes_it_for_read(watched):
    good = watched.machine.config.read_text()
    watched.machine.config.write_text(good + "colour: red\n")
    for _ in range(3):
        watched.machine.writes(KNOWN)
        watched.round()
    assert watched.errors == 4
    [complaint] = watched.said
    assert "the old configuration goes on" in complaint
    assert "colour" in complaint
    assert watched.machine.run("scan").code == 2
    watched.machine.config.write_text(good)
    watched.round()
    assert watched.said[1:] == [f"{watched.machine.config} was read anew"]


def test_a_configuration_that_is_gone_is_a_wrong_one(watched):
    watched.machine.config.unlink()
    watched.machine.writes(KNOWN)
    watched.round()
    assert watched.errors == 2
    assert "cannot be read" in watched.said[0]


def test_a_file_of_anchors_that_cannot_be_written_is_told_once_and_stops_nothing(watched):
    good = watched.machine.config.read_text()
    folder = watched.machine.logs.parent / "witness"
    watched.machine.config.write_text(f"{good}audit: {{anchors: {{journal: false, file: {folder}/anchors}}}}\n")
    for number in ("[Errno 28] No space left on device", "[Errno 13] Permission denied"):
        watched.machine.writes(f"2026-11-23 03:00:00,001 ERROR worker: OSError: {number}")
        watched.round()
    assert len(watched.said) == 2
    assert f"cannot be kept in {folder}/anchors: No such file or directory" in watched.said[1]
    folder.mkdir()
    watched.machine.writes("2026-11-23 03:00:00,001 ERROR worker: OSError: [Errno 24] Too many open files")
    watched.round()
    assert watched.said[2:] == ["anchors: works again"]
    assert len((folder / "anchors").read_text().splitlines()) == 1


def test_another_state_dir_needs_a_restart(watched):
    text = watched.machine.config.read_text()
    watched.machine.config.write_text(text.replace(str(watched.machine.state), f"{watched.machine.folder}/elsewhere"))
    watched.machine.writes(KNOWN)
    watched.round()
    assert "needs a restart" in watched.said[0]
    assert watched.errors == 2
    assert not (watched.machine.folder / "elsewhere").exists()


def test_a_persons_command_at_work_is_waited_for(watched):
    watched.machine.writes(KNOWN)
    with exclusive(watched.machine.state) as locked:
        assert locked
        watched.round()
        assert watched.errors == 1
    watched.round()
    assert (watched.errors, watched.said) == (2, [])


def test_a_damaged_state_ends_it(watched):
    for path in watched.machine.state.glob("state.db*"):
        path.write_bytes(b"no database at all, whatever it was" * 200)
    watched.machine.writes(KNOWN)
    with pytest.raises(StateError) as caught:
        watched.round()
    assert (caught.value.exit_code, caught.value.passing) == (3, False)


def test_what_passes_is_tried_again_ever_later_and_told_when_it_begins_and_ends(watched):
    watched.machine.writes(KNOWN)
    with no_descriptors_left():
        waits = [watched.round().at_least for _ in range(8)]
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_RETRY, LONGEST_RETRY]
    [complaint] = watched.said
    assert complaint.startswith(f"state: {watched.machine.state / 'lock'}: Too many open files")
    watched.round()
    assert watched.errors == 2
    assert watched.said[1:] == ["state: works again"]
    watched.machine.writes(KNOWN)
    assert watched.round().at_least == 1


def test_an_audit_log_that_cannot_be_written_is_told_once_and_reading_goes_on(watched):
    for key in (watched.machine.state / "keys").iterdir():
        key.unlink()
    for _ in range(2):
        watched.machine.writes(KNOWN.replace("thing", "other"))
        assert watched.round().at_least == UNRECORDED_REST
    assert watched.errors == 3
    assert [line.partition(":")[0] for line in watched.said] == ["audit"]


def test_events_that_fail_are_told_once(watched):
    watched.events.trouble = "No space left on device"
    for _ in range(2):
        watched.machine.writes(KNOWN)
        watched.round()
    assert watched.said == ["events: No space left on device"]


def test_a_tick_is_taken_now_and_then_although_nothing_changed(tmp_path):
    machine = Machine(tmp_path)
    machine.configure(schedule="{every: 1s}")
    watched = Watched(machine)
    watched.round()
    before = (machine.state / "quiet").stat().st_mtime_ns
    watched.round()
    assert (machine.state / "quiet").stat().st_mtime_ns == before
    watched.daemon._next_whole -= 1
    watched.round()
    assert (machine.state / "quiet").stat().st_mtime_ns > before


def test_it_says_when_it_is_ready_alive_and_stopping(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        watched = Watched(Machine(tmp_path), supervisor=Supervisor(str(tmp_path / "notify")))
        watched.events.meanwhile = lambda: setattr(watched.orders, "stop", len(watched.events.waits) == 2)
        watched.daemon.run()
        heard = [manager.recv(64).decode() for _ in range(4)]
    assert heard[0] == "READY=1"
    assert "WATCHDOG=1" in heard
    assert watched.orders.stop


def test_an_abstract_address_of_the_manager_works_and_a_manager_that_is_gone_is_no_fault():
    name = f"aiops-agent-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        Supervisor(f"@{name}").tell("READY=1")
        assert manager.recv(64) == b"READY=1"
    Supervisor(f"@{name}").tell("WATCHDOG=1")
    Supervisor(None).tell("WATCHDOG=1")


@pytest.mark.slow
def test_the_model_is_released_when_nothing_was_asked_for_a_while(watched):
    watched.daemon._model = Model()
    watched.machine.writes(KNOWN.replace("thing", "first matter"))
    watched.round()
    moment = 10_000.0
    watched.daemon._forget_model(moment)
    questions = watched.daemon._model.questions
    assert questions == 1
    watched.daemon._forget_model(moment + 59)
    assert watched.daemon._model._weights is not None
    watched.daemon._forget_model(moment + 61)
    assert watched.daemon._model._weights is None
    watched.machine.writes(KNOWN.replace("thing", "different matter"))
    watched.round()
    assert watched.daemon._model.questions == questions + 1


@pytest.mark.slow
def test_two_hundred_ticks_leave_its_memory_as_it_was(watched):
    sizes = []
    for _ in range(200):
        watched.machine.writes(KNOWN)
        watched.round()
        sizes.append(int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize())
    assert watched.errors == 201
    assert sizes[-1] - sizes[50] < MEBIBYTE, sizes[::10]


def test_an_article_that_was_edited_is_used_by_a_model_that_is_kept(tmp_path):
    from aiops_agent.wiring.library import Library

    articles = tmp_path / "articles" / "disk_full"
    articles.mkdir(parents=True)
    shipped = next(iter(Library()._articles)) / "disk_full" / "disk-full.md"
    mine = articles / "disk-full.md"
    mine.write_text(shipped.read_text())
    first = LOADED.diagnostician(Library((), [tmp_path / "articles"]), None)
    assert LOADED.diagnostician(Library((), [tmp_path / "articles"]), None) is first
    text = shipped.read_text()
    mine.write_text(text.replace(first.search("no space left on device")[0].title, "What to do about a full disk"))
    edited = LOADED.diagnostician(Library((), [tmp_path / "articles"]), None)
    assert edited.search("no space left on device")[0].title == "What to do about a full disk"
