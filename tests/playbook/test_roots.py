"""Changes of files stay below the root that was declared for them: by descriptor, at the moment of the change."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.ports import never
from tests.fakes import SteppingClock
from tests.playbook.world import ask, do, names, plan, planned

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED_MEMORY = Path("/dev/shm")


def below(root: Path | str, path: Path):
    """Plan to move a file aside, below this root."""
    command = vocabulary.command("move_aside", {"path": str(path), "path_root": str(root)})
    return EmbeddedExecutor(SteppingClock()).plan(command)


@pytest.fixture
def lock(tmp_path) -> Path:
    path = tmp_path / "run" / "shop.lock"
    path.parent.mkdir()
    path.write_text("1\n")
    return path


def test_a_file_below_its_root_is_changed_and_put_back(tmp_path, lock):
    moving = below(tmp_path, lock)
    assert do(moving.command).ok
    assert not lock.exists()
    assert moving.undo.arguments["path_root"] == str(tmp_path)
    assert do(moving.undo).ok
    assert lock.exists()


def test_a_change_without_a_declared_root_is_refused(lock):
    command = vocabulary.command("move_aside", {"path": str(lock)})
    assert EmbeddedExecutor(SteppingClock()).plan(command).detail == f"{lock} lies below no declared root"


def test_a_file_outside_of_its_root_is_refused_also_when_the_name_begins_alike(tmp_path, lock):
    for root in (tmp_path / "other", tmp_path / "ru", lock):
        assert "is not below" in below(root, lock).detail
    assert lock.exists()


def test_a_root_that_is_reached_through_a_link_is_refused(tmp_path, lock):
    (tmp_path / "link").symlink_to(lock.parent)
    assert "is a link or no folder" in below(tmp_path / "link", tmp_path / "link" / "shop.lock").detail


def test_what_was_planned_below_a_root_is_refused_when_a_link_took_its_place(tmp_path, lock):
    moving = below(tmp_path, lock)
    lock.parent.rename(tmp_path / "was")
    (tmp_path / "run").symlink_to("/etc")
    assert "is a link or no folder" in do(moving.command).detail
    assert names(tmp_path / "was") == ["shop.lock"]


def test_what_was_planned_is_refused_when_the_folder_is_another_one(tmp_path, lock):
    moving = below(tmp_path, lock)
    lock.parent.rename(tmp_path / "was")
    (tmp_path / "run").mkdir()
    lock.write_text("somebody else's\n")
    assert "was replaced while it was looked at" in do(moving.command).detail
    assert names(tmp_path / "run") == ["shop.lock"]


@pytest.mark.skipif(not os.access(SHARED_MEMORY, os.W_OK), reason="there is no /dev/shm to write to")
def test_a_file_on_another_file_system_than_its_root_is_refused(tmp_path):
    folder = SHARED_MEMORY / f"aiops-{os.getpid()}"
    folder.mkdir()
    try:
        (folder / "shop.lock").write_text("1\n")
        assert "is on another mount than /dev; declare it as a root" in below("/dev", folder / "shop.lock").detail
        assert do(below(folder, folder / "shop.lock").command).ok
    finally:
        subprocess.run(["rm", "-r", str(folder)], check=True)


BIND_MOUNT = """
import ctypes, os, sys
from pathlib import Path
folder = Path(sys.argv[1])
source, target, file = folder / "elsewhere", folder / "run" / "mounted", folder / "run" / "shop.lock"
libc = ctypes.CDLL(None, use_errno=True)
for what, where in ((source, target), (source / "shop.lock", file)):
    if libc.mount(os.fsencode(what), os.fsencode(where), None, 4096, None):
        sys.exit(77)
from tests.playbook.world import plan
for path in (target / "shop.lock", file):
    print(plan("move_aside", path=str(path), path_root=str(folder / "run")).detail)
"""


def test_a_bind_mount_of_the_same_file_system_is_refused_too(tmp_path, lock):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "shop.lock").write_text("another's\n")
    (tmp_path / "run" / "mounted").mkdir()
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", BIND_MOUNT, str(tmp_path)],
        capture_output=True, text=True, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    )  # fmt: skip
    if done.returncode == 77 or done.stderr.startswith("unshare:"):
        pytest.skip(f"mounts cannot be made here: {done.stderr.strip()[-200:]}")
    first, second = done.stdout.splitlines()
    assert "is on another mount than" in first
    assert second.endswith("is mounted there from elsewhere")


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@as_root
def test_a_file_of_another_owner_than_its_folder_is_refused(tmp_path, lock):
    os.chown(lock.parent, 4001, 4001)
    assert "is not of the owner of its folder (uid 0, not 4001)" in below(tmp_path, lock).detail
    os.chown(lock, 4001, 4001)
    assert do(below(tmp_path, lock).command).ok


@as_root
def test_in_a_folder_of_root_the_file_may_be_of_the_service(tmp_path, lock):
    os.chown(lock, 4001, 4001)
    assert do(below(tmp_path, lock).command).ok


@as_root
def test_a_good_copy_that_another_user_could_have_written_is_refused(tmp_path):
    config, good = tmp_path / "app.json", tmp_path / "app.json.good"
    config.write_text("{")
    good.write_text("{}")
    os.chown(good, 4001, 4001)
    refused = plan("restore_file", path=str(config), from_=str(good))
    assert "is neither root's nor of the owner of what it would replace (uid 0)" in refused.detail


def test_the_good_copy_lies_below_a_root_as_well(tmp_path):
    config, good = tmp_path / "app.json", tmp_path / "app.json.good"
    config.write_text("{")
    good.write_text("{}")
    refused = plan("restore_file", path=str(config), from_=str(good), from_root=str(tmp_path / "elsewhere"))
    assert f"{good} is not below" in refused.detail


# Deleting.


def old_logs(folder: Path, count: int) -> None:
    now = SteppingClock().now().timestamp()
    for number in range(count):
        path = folder / f"app.log.{number}.gz"
        path.write_text("x" * 10)
        os.utime(path, (now - (number + 1) * 86400, now - (number + 1) * 86400))


def deletion(folder: Path, **how):
    return {"directory": str(folder), "pattern": "*.gz", "older_than": "3d", **how}


def test_old_files_are_deleted_and_the_newest_stay(tmp_path):
    old_logs(tmp_path, 6)
    (tmp_path / "app.log").write_text("now")
    result = ask("delete_old", **deletion(tmp_path))
    assert (result.ok, result.detail) == (True, f"deleted 3 files in {tmp_path}, 30 bytes")
    assert names(tmp_path) == ["app.log", "app.log.0.gz", "app.log.1.gz", "app.log.2.gz"]


def test_the_last_ones_are_kept_however_old(tmp_path):
    old_logs(tmp_path, 6)
    ask("delete_old", **deletion(tmp_path, older_than="1s", keep=2))
    assert names(tmp_path) == ["app.log.0.gz", "app.log.1.gz"]


def test_no_more_are_deleted_at_once_than_was_said_the_oldest_first_and_done_again_nothing(tmp_path):
    old_logs(tmp_path, 6)
    deleting = planned("delete_old", **deletion(tmp_path, older_than="1s", most=2))
    assert do(deleting.command).ok
    left = names(tmp_path)
    assert left == [f"app.log.{number}.gz" for number in range(4)]
    assert not do(deleting.command).ok
    assert names(tmp_path) == left


def test_nothing_old_enough_is_nothing_to_do(tmp_path):
    old_logs(tmp_path, 2)
    assert "is old enough and to spare" in ask("delete_old", **deletion(tmp_path)).detail


def test_links_second_names_open_files_and_folders_are_left(tmp_path):
    old_logs(tmp_path, 9)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "app.log.5.gz").unlink()
    (tmp_path / "app.log.5.gz").symlink_to(victim)
    (tmp_path / "app.log.6.gz").unlink()
    (tmp_path / "app.log.6.gz").mkdir()
    os.link(tmp_path / "app.log.7.gz", tmp_path / "second")
    with (tmp_path / "app.log.8.gz").open():
        result = ask("delete_old", **deletion(tmp_path))
    assert "app.log.7.gz has 2 names (hard links)" in result.detail
    assert "app.log.8.gz: process" in result.detail
    assert {"app.log.5.gz", "app.log.6.gz", "app.log.7.gz", "app.log.8.gz", "victim"} <= set(names(tmp_path))
    assert victim.read_text() == "precious"


def test_a_deletion_that_is_stopped_says_how_far_it_came(tmp_path):
    old_logs(tmp_path, 6)
    deleting = planned("delete_old", **deletion(tmp_path))
    answers = iter([False, True, True])
    result = EmbeddedExecutor(SteppingClock()).run(replace(deleting.command), lambda: next(answers, True))
    assert (result.half_done, result.detail) == (True, f"stopped: deleted 1 files in {tmp_path}")
    assert EmbeddedExecutor(SteppingClock()).run(deleting.command, never).ok
