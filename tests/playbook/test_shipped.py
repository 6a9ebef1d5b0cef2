"""The playbooks that come with the program, each on a real fault."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aiops_agent.model.playbook import CommandResult, Failed, NotNeeded, Succeeded
from aiops_agent.playbook.bind import Bound, bind
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.lint import lint
from aiops_agent.playbook.load import load_folders
from aiops_agent.playbook.run import execute
from tests.fakes import NO, YES, PaperJournal, ScriptedExecutor, SteppingClock
from tests.playbook.make import without_unwritten
from tests.playbook.world import answer, dead_pid, free_port, listening, living, names, tree

FOLDER = Path(__file__).parents[2] / "playbooks"
SHIPPED = load_folders([FOLDER])
NAMES = [playbook.name for playbook in SHIPPED.all()]
HEALTHY = answer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Supervisor(SteppingClock):
    """Keeps trying to start a service while the agent waits: it comes up once nothing is in its way."""

    def __init__(self, stack: ExitStack, may_start: Callable[[], bool]) -> None:
        super().__init__(datetime.fromtimestamp(time.time(), UTC))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/healthz"
        self._stack = stack
        self._may_start = may_start
        self._running = False

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if not self._running and self._may_start():
            self._running = True
            self._stack.enter_context(listening(HEALTHY, self.port))


@pytest.fixture
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def lock(tmp_path) -> Path:
    path = tmp_path / "shop.lock"
    path.write_text(f"{dead_pid()}\n")
    return path


def play(name, clock, executor=None, **parameters):
    aimed = bind(SHIPPED.get(name), "shop.service", parameters)
    assert isinstance(aimed, Bound), str(aimed)
    aimed = without_unwritten(aimed)
    executor = executor or EmbeddedExecutor(clock)
    return execute(aimed, executor, clock, halted=lambda: False, record=[].append, journal=PaperJournal())


def test_they_load_without_faults():
    assert SHIPPED.faults == ()
    assert NAMES == [
        "compress-rotated-logs", "remove-stale-lock", "restart-failed-unit", "restart-hung-process",
        "restore-last-good-config",
    ]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_is_what_a_careful_person_would_write(name):
    playbook = SHIPPED.get(name)
    assert lint(playbook) == []
    assert playbook.evidence
    assert playbook.verify
    assert set(playbook.description) == {"en", "zh"}
    assert Path(playbook.path).parent.name in playbook.categories


def test_a_stale_lock_is_moved_aside_and_the_service_comes_up(tmp_path, stack, lock):
    supervisor = Supervisor(stack, lambda: not lock.exists())
    result = play("remove-stale-lock", supervisor, lock_file=str(lock), health_url=supervisor.url)
    assert isinstance(result, Succeeded)
    assert len(names(tmp_path)) == 1


def test_a_lock_that_was_not_the_trouble_is_put_back(tmp_path, stack, lock):
    supervisor = Supervisor(stack, lambda: False)
    before = tree(tmp_path)
    result = play("remove-stale-lock", supervisor, lock_file=str(lock), health_url=supervisor.url)
    assert result == Failed("verify", f"{supervisor.url} does not answer: refused", undone=True, left_behind=())
    assert tree(tmp_path) == before


def test_the_lock_of_a_living_process_is_left_alone(stack, lock):
    supervisor = Supervisor(stack, lambda: False)
    with living() as process:
        lock.write_text(f"{process.pid}")
        result = play("remove-stale-lock", supervisor, lock_file=str(lock), health_url=supervisor.url)
    assert isinstance(result, NotNeeded)
    assert result.probe == "process_of"
    assert lock.exists()


def test_a_lock_that_someone_still_has_open_is_left_alone(stack, lock):
    supervisor = Supervisor(stack, lambda: False)
    with lock.open():
        result = play("remove-stale-lock", supervisor, lock_file=str(lock), health_url=supervisor.url)
    assert result.probe == "file_unused"
    assert lock.exists()


def test_a08_a_forged_line_about_a_healthy_service_changes_nothing(stack, lock):
    with listening(HEALTHY) as port:
        url = f"http://127.0.0.1:{port}/"
        result = play("remove-stale-lock", SteppingClock(), lock_file=str(lock), health_url=url)
    assert result == NotNeeded("http_down", f"{url} answers 200")
    assert lock.exists()


def broken_configuration(folder: Path, *, seconds_ago: float) -> dict[str, str]:
    config, good = folder / "app.json", folder / "app.json.good"
    config.write_text('{"port": ')
    good.write_text('{"port": 80}')
    moment = time.time() - seconds_ago
    os.utime(config, (moment, moment))
    return {"config_file": str(config), "last_good": str(good), "config_format": "json"}


def test_a_broken_configuration_is_replaced_by_the_last_good_one(tmp_path, stack):
    parameters = broken_configuration(tmp_path, seconds_ago=600)
    supervisor = Supervisor(stack, lambda: (tmp_path / "app.json").read_text() == '{"port": 80}')
    result = play("restore-last-good-config", supervisor, health_url=supervisor.url, **parameters)
    assert isinstance(result, Succeeded)
    assert any("aside" in name for name in names(tmp_path))


def test_a_configuration_that_a_person_is_editing_is_left_alone(tmp_path, stack):
    parameters = broken_configuration(tmp_path, seconds_ago=30)
    supervisor = Supervisor(stack, lambda: False)
    result = play("restore-last-good-config", supervisor, health_url=supervisor.url, **parameters)
    assert result.probe == "older_than"


def test_a_hung_process_is_ended_and_its_successor_answers(tmp_path, stack):
    pid_file = tmp_path / "shop.pid"
    process = stack.enter_context(living())
    pid_file.write_text(f"{process.pid}")
    supervisor = Supervisor(stack, lambda: process.wait(timeout=5) == -15)
    SteppingClock.sleep(supervisor, 600)  # it has run for ten minutes
    result = play("restart-hung-process", supervisor, pid_file=str(pid_file), health_url=supervisor.url)
    assert isinstance(result, Succeeded)


def test_a_process_that_has_just_started_is_not_taken_for_a_hung_one(tmp_path, stack):
    pid_file = tmp_path / "shop.pid"
    process = stack.enter_context(living())
    pid_file.write_text(f"{process.pid}")
    supervisor = Supervisor(stack, lambda: False)
    result = play("restart-hung-process", supervisor, pid_file=str(pid_file), health_url=supervisor.url)
    assert result.probe == "older_than"
    assert process.poll() is None


class FullDisk:
    """The real executor on a disk whose figures are imagined."""

    privileged = False

    def __init__(self, *answers: CommandResult) -> None:
        self._imagined = ScriptedExecutor({"disk_use": list(answers)})
        self._real = EmbeddedExecutor(SteppingClock())

        self.plan = self._real.plan

    def run(self, command, stopped):
        return (self._imagined if command.verb == "disk_use" else self._real).run(command, stopped)


def test_rotated_logs_make_room_on_a_full_disk(tmp_path):
    for name in ("app.log", "app.log.1", "app.log-20261122"):
        (tmp_path / name).write_text("line\n" * 1000)
    result = play("compress-rotated-logs", SteppingClock(), FullDisk(YES, YES), log_directory=str(tmp_path))
    assert isinstance(result, Succeeded)
    assert names(tmp_path) == ["app.log", "app.log-20261122.gz", "app.log.1.gz"]


def test_what_was_compressed_and_did_not_make_room_enough_is_told(tmp_path):
    (tmp_path / "app.log.1").write_text("line\n" * 1000)
    result = play("compress-rotated-logs", SteppingClock(), FullDisk(YES, NO), log_directory=str(tmp_path))
    assert result.undone is False
    assert "compressed 1 files" in result.left_behind[0]


def test_a_failed_unit_is_restarted_only_by_an_executor_with_root():
    assert isinstance(play("restart-failed-unit", SteppingClock(), ScriptedExecutor()), Succeeded)
    without_root = EmbeddedExecutor(SteppingClock(), path="/absent")
    assert isinstance(play("restart-failed-unit", SteppingClock(), without_root), NotNeeded)
