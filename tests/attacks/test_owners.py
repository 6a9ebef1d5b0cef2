"""What the user of a service can do to root's hands, with files and processes that are its own."""

import os
import subprocess

import pytest

from aiops_agent.model.playbook import CommandResult, Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.files import own
from aiops_agent.ports import never
from tests.executor.desk import ANN
from tests.fakes import SteppingClock

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="root's files need root")


@pytest.fixture
def precious():
    """A process of root's that no playbook speaks of."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def signalled(pid_file) -> CommandResult:
    executor = EmbeddedExecutor(SteppingClock())
    planned = executor.plan(vocabulary.command("signal", {"pid_file": str(pid_file), "name": "TERM"}))
    return executor.run(planned.command, never) if isinstance(planned, Planned) else planned


@as_root
@pytest.mark.parametrize(("owner", "group", "mode"), [(ANN, ANN, 0o644), (0, ANN, 0o664), (0, 0, 0o666)])
def test_a_number_that_a_service_wrote_into_a_folder_of_roots_ends_no_process_of_roots(
    tmp_path, precious, owner, group, mode
):
    pid_file = tmp_path / "shop.pid"
    pid_file.write_text(str(precious.pid))
    os.chown(pid_file, owner, group)
    pid_file.chmod(mode)
    said = signalled(pid_file)
    assert not said.ok
    assert "could have been written by others" in said.detail
    assert precious.poll() is None


@as_root
def test_a_number_that_root_wrote_ends_it(tmp_path, precious):
    pid_file = tmp_path / "shop.pid"
    pid_file.write_text(str(precious.pid))
    assert signalled(pid_file).ok
    assert precious.wait(5) < 0


@as_root
def test_a_log_that_a_service_changes_for_another_is_not_read_into_its_own_copy(tmp_path, monkeypatch):
    """In a folder of root's in which a group may rename, as /var/log: the copy is of who owned the log a moment ago."""
    (tmp_path / "app.log.1").write_text("mine")
    os.chown(tmp_path / "app.log.1", ANN, ANN)
    (tmp_path / "secret").write_text("root:x")
    kept = []

    def changed_meanwhile(descriptor: int, like: os.stat_result) -> None:
        own(descriptor, like)
        kept.append(os.dup(descriptor))  # from here on the service can open the copy
        (tmp_path / "secret").rename(tmp_path / "app.log.1")

    monkeypatch.setattr("aiops_agent.playbook.compress.own", changed_meanwhile)
    arguments = {"directory": str(tmp_path), "directory_root": str(tmp_path), "pattern": "*.log.1"}
    said = EmbeddedExecutor(SteppingClock()).run(vocabulary.command("compress", arguments), never)
    assert "written to meanwhile" in said.detail
    with os.fdopen(kept[0], "rb") as copy:
        copy.seek(0)
        assert copy.read() == b""


@as_root
def test_a_second_name_for_a_file_of_roots_is_no_good_copy(tmp_path):
    """Where links to others' files are allowed (fs.protected_hardlinks=0), it would be handed to the service."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shadow").write_text("root:x")
    config, good = tmp_path / "shop" / "config", tmp_path / "shop" / "config.good"
    config.write_text("mine")
    os.link(tmp_path / "shadow", good)
    for each in (tmp_path / "shop", config):
        os.chown(each, ANN, ANN)
    arguments = {"path": str(config), "from": str(good), "path_root": str(tmp_path), "from_root": str(tmp_path)}
    executor = EmbeddedExecutor(SteppingClock())
    planned = executor.plan(vocabulary.command("restore_file", arguments))
    assert isinstance(planned, CommandResult)
    assert "2 names" in planned.detail
