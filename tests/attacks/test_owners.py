"""What the user of a service can do to root's hands, with files, folders and processes that are its own."""

import os
import subprocess

import pytest

from aiops_agent.model.playbook import CommandResult, Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
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
