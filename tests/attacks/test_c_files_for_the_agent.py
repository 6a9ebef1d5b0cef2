"""C01, C05, C08, C14, C15: files that somebody puts in the agent's way: its logs, its model, its state. All is watched.

C02 is a race: `test_c02_races.py`. C07 and what else is about playbooks: `test_d_trust_in_playbooks.py`.
"""

import os
import shutil
import sqlite3

import pytest

from tests.attacks.witness import GOOD, Watched
from tests.journeys.machine import CHECKOUT, FAILURE

pytestmark = pytest.mark.slow

SECRET = "2026-11-23 03:00:00,001 ERROR shadow: quetzalcoatl:$6$rounds=5000$salt: cannot start, failed"


@pytest.fixture
def machine(tmp_path):
    machine = Watched(tmp_path)
    machine.is_healthy()
    return machine


@pytest.mark.parametrize("was_read_before", [True, False])
@pytest.mark.parametrize("swapped", ["file", "folder"])
def test_c01_a_log_that_was_replaced_by_a_link_to_a_shadow_file_is_refused_and_flagged(
    tmp_path_factory, machine, was_read_before, swapped
):
    machine.reads(f"{machine.folder}/log*/*.log")
    shadow = tmp_path_factory.mktemp("etc") / "worker.log"
    shadow.write_text(f"{SECRET}\n" * 3)
    if was_read_before:
        machine.reads_on()
    place, target = (machine.log, shadow) if swapped == "file" else (machine.logs, shadow.parent)
    place.rename(machine.folder / "away")
    place.symlink_to(target)
    before = machine.stands()
    assert machine.scan()["errors"] == 0
    assert machine.notices() == [f"refused: {machine.log}"]
    kept = b"".join(path.read_bytes() for path in machine.state.rglob("*") if path.is_file())
    shown = machine.run("incidents", "list", "--json").out + machine.run("audit", "show", "--jsonl").out
    assert b"quetzalcoatl" not in kept
    assert "quetzalcoatl" not in shown
    assert machine.stands() == before
    place.unlink()
    (machine.folder / "away").rename(place)
    machine.reads_on()
    assert machine.reached_for() == []


def test_c05_a_pipe_in_the_place_of_a_log_is_refused_and_waited_for_by_nobody(machine):
    machine.log.rename(machine.logs / "worker.log.away")
    os.mkfifo(machine.log)
    assert machine.scan()["errors"] == 0, "it would have waited two minutes for a writer"
    assert machine.notices() == [f"refused: {machine.log}"]
    assert machine.log.is_fifo()
    machine.log.unlink()
    (machine.logs / "worker.log.away").rename(machine.log)
    machine.reads_on()
    assert machine.reached_for() == []


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """An installed package of its own: the model that comes with it can be altered."""
    folder = tmp_path_factory.mktemp("package")
    for name in ("aiops_agent", "playbooks", "knowledge_base"):
        shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def installed(machine, package):
    machine.environment |= {"PYTHONPATH": f"{machine.folder}/witness:{package}", "PYTHONSAFEPATH": "1"}
    return machine


def refuses_its_model(machine, words: str) -> None:
    """See that nothing is diagnosed and nothing lost: what the tick has read is read again when the model is good."""
    machine.writes(GOOD, FAILURE)
    for command in (("scan",), ("diagnose", str(machine.log))):
        done = machine.run(*command)
        assert (done.code, words in done.err) == (2, True), done
    checked = machine.run("doctor")
    assert (checked.code, words in checked.out) == (1, True)
    assert machine.run("incidents", "list", "--json").json["incidents"] == []
    assert machine.reached_for() == []


def read_after_all(machine) -> None:
    assert machine.scan()["errors"] == 2
    machine.reads_on()
    assert machine.reached_for() == []


def flipped(content: bytes) -> bytes:
    return bytes((content[0] ^ 1,)) + content[1:]


def field(number: int, content: bytes | int) -> bytes:
    """Return a field of a protobuf message."""
    if isinstance(content, int):
        return bytes((number << 3, content))
    return bytes((number << 3 | 2, len(content))) + content


def with_weights_elsewhere(_: bytes) -> bytes:
    """Return a model in the format of ONNX whose one tensor is said to lie in `../../x`."""
    place = field(1, b"location") + field(2, b"../../x")
    tensor = field(1, 1) + field(2, 1) + field(8, b"w") + field(13, place) + field(14, 1)
    return field(1, 8) + field(7, field(2, b"g") + field(5, tensor))


ALTERED = {
    "one bit": ("encoder/model.onnx", flipped),
    "weights elsewhere": ("encoder/model.onnx", with_weights_elsewhere),
    "another file": ("head.npz", lambda _: b"PK"),
}


@pytest.mark.parametrize("how", ALTERED)
def test_c14_a_model_that_is_not_the_one_that_was_shipped_is_not_loaded(installed, package, how):
    name, alter = ALTERED[how]
    path = package / "aiops_agent" / "models" / name
    good = path.read_bytes()
    path.write_bytes(alter(good))
    refuses_its_model(installed, "is not the one this version was shipped with")
    path.write_bytes(good)
    read_after_all(installed)


@pytest.mark.parametrize("place", ["", "manifest.json"])
def test_c08_a_model_that_anyone_could_have_written_is_not_loaded(installed, package, place):
    path = package / "aiops_agent" / "models" / place
    mode = path.stat().st_mode
    path.chmod(mode | 0o002)
    refuses_its_model(installed, f"anyone on this host can write to {path}".rstrip("/"))
    path.chmod(mode)
    read_after_all(installed)


FORGERIES = {
    "a yes to what is asked": "UPDATE approvals SET state='approved', answered=requested",
    "a question of one's own": "INSERT INTO approvals (id, incident, state, requested, expires, answered, sealed) "
    "SELECT 'token-forged', incident, 'approved', requested, expires, requested, sealed FROM approvals",
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_c15_a_state_in_which_somebody_has_put_an_approved_action_runs_nothing(tmp_path, forgery):
    machine = Watched(tmp_path)
    machine.is_broken(mode="approve")
    machine.writes(FAILURE)
    machine.scan()
    assert [each["state"] for each in machine.run("approvals", "list", "--json").json["approvals"]] == ["pending"]
    with sqlite3.connect(machine.state / "state.db") as state:
        assert state.execute(FORGERIES[forgery]).rowcount == 1
    state.close()
    before = machine.stands()
    done = machine.run("scan")
    assert (done.code, "find out who can write that file" in done.err) == (3, True), done
    assert machine.steps() == []
    assert machine.stands() == before
    assert [title for title in machine.notices() if title.startswith("state forged")]
    machine.writes(GOOD)
    assert machine.run("scan").code == 3, "as long as it holds what is forged"
    assert machine.counts()["no space left on device"] == 1, "and what is logged is told meanwhile"
    assert machine.reached_for() == []
