"""What root types at a shell: is the record intact, what does it say, go on after a halt, can the file be used."""

import json
import os
import threading

import pytest

from aiops_agent.executor.__main__ import main
from aiops_agent.executor.configured import load
from aiops_agent.executor.desk import Desk
from aiops_agent.host import SystemClock

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root's own commands")


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "executor.yaml"
    given = {"agent": "daemon", "state_dir": f"{tmp_path}/state", "socket": f"{tmp_path}/run/executor.sock"}
    path.write_text(json.dumps({**given, "services": {"shop.service": {}}, "approvers": {"groups": ["adm"]}}))
    path.chmod(0o600)
    return path


@pytest.fixture
def desk(config, tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    with Desk(load(config, tmp_path), SystemClock(), "host1") as desk:
        yield desk


def typed(config, command: str) -> int:
    mask = os.umask(0o022)
    try:
        return main([command, "--config", str(config)])
    finally:
        os.umask(mask)


def test_a_record_that_is_as_it_was_written_is_intact_and_is_shown(config, desk, capsys):
    desk.record("asked", "inc-1", uid=7)
    desk.rest()
    assert typed(config, "verify") == 0
    assert capsys.readouterr().out.startswith("intact: ")
    assert typed(config, "show") == 0
    [entry] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert list(entry) == ["time", "actor", "action", "subject", "detail"]
    assert (entry["actor"], entry["action"], entry["subject"]) == ("executor", "asked", "inc-1")
    assert entry["detail"] == {"uid": 7}


def test_one_that_was_altered_is_not_and_the_exit_says_so(config, desk, capsys):
    desk.record("asked", "inc-1")
    desk.rest()
    [segment] = (desk.settings.state_dir / "audit").iterdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    assert typed(config, "verify") == 3
    assert capsys.readouterr().out.startswith("NOT intact: ")


def test_one_whose_keys_are_gone_is_not_proven_and_not_shown(config, desk, capsys):
    desk.record("asked", "inc-1")
    desk.rest()
    for key in (desk.settings.state_dir / "keys").iterdir():
        key.unlink()
    assert typed(config, "verify") == 3
    assert "without the keys: " in capsys.readouterr().out
    assert typed(config, "show") == 3
    assert "asked" not in capsys.readouterr().out


def test_to_resume_waits_until_the_executor_lets_go_of_its_record_and_is_recorded_first(config, desk, capsys):
    desk.halt.set("ann", desk.clock.now())
    desk.record("halt", "all")  # it holds its record until it has nothing to do
    codes: list[int] = []
    resuming = threading.Thread(target=lambda: codes.append(typed(config, "resume")))
    resuming.start()
    resuming.join(0.3)
    assert resuming.is_alive()
    assert desk.is_halted(), "nothing is allowed before it is recorded"
    desk.rest()
    resuming.join(30)
    assert (codes, desk.is_halted()) == ([0], False)
    assert "acting is allowed again" in capsys.readouterr().out
    typed(config, "show")
    assert [json.loads(line)["action"] for line in capsys.readouterr().out.splitlines()] == ["halt", "resume"]
    assert typed(config, "resume") == 0
    assert "acting was not halted" in capsys.readouterr().out


def test_what_the_configuration_comes_to_is_said(config, capsys, tmp_path):
    assert typed(config, "check") == 0
    said = capsys.readouterr().out
    assert "orders from uid 1, at " in said
    assert "services: shop.service" in said
    assert "approvers: the group adm" in said
    config.write_text("agent: root\n")
    assert typed(config, "check") == 2
    assert "needs a user of its own" in capsys.readouterr().err


def test_a_state_that_others_can_write_is_refused(config, capsys, tmp_path):
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state").chmod(0o777)
    assert typed(config, "check") == 3
    assert "can be written by others" in capsys.readouterr().err
