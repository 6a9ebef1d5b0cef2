import os
import stat
import sys
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.model.playbook import Command, Planned
from tests.playbook.world import ask, date, do, planned, tree


@pytest.fixture
def lock(tmp_path) -> Path:
    path = tmp_path / "shop.lock"
    path.write_text("4711\n")
    return path


def test_a_regular_file_is_there_and_anything_else_is_not(tmp_path, lock):
    (tmp_path / "link").symlink_to(lock)
    os.mkfifo(tmp_path / "pipe")
    assert ask("file_exists", path=str(lock)).ok
    for other in ("link", "pipe", "absent"):
        assert not ask("file_exists", path=str(tmp_path / other)).ok
    assert not ask("file_exists", path=str(tmp_path)).ok


def test_nothing_is_absent_but_what_is_not_there(tmp_path, lock):
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    assert ask("file_absent", path=str(tmp_path / "absent")).ok
    assert ask("file_absent", path=str(tmp_path / "no-folder" / "absent")).ok
    assert not ask("file_absent", path=str(lock)).ok
    assert not ask("file_absent", path=str(tmp_path / "dangling")).ok


def test_age_is_counted_from_the_last_write(lock):
    date(lock, -301)
    assert ask("older_than", path=str(lock), age="5m").ok
    date(lock, -299)
    assert not ask("older_than", path=str(lock), age="5m").ok
    date(lock, +999)
    assert not ask("older_than", path=str(lock), age="5m").ok


def test_disk_use_is_compared_both_ways(tmp_path):
    assert ask("disk_use", path=str(tmp_path), above=0).ok
    assert not ask("disk_use", path=str(tmp_path), below=0).ok
    assert "% of the file system of / is used" in ask("disk_use", path="/", above=0).detail
    assert not ask("disk_use", path=str(tmp_path / "absent"), above=0).ok


def test_a_file_moved_aside_keeps_its_content_and_says_where_it_is(tmp_path, lock):
    result = ask("move_aside", path=str(lock))
    assert result.ok
    assert not lock.exists()
    assert (tmp_path / "shop.lock.aside-20261123T030000Z").read_text() == "4711\n"
    assert "shop.lock.aside-20261123T030000Z" in result.detail


def test_moving_aside_overwrites_nothing_kept_before(tmp_path, lock):
    kept = tmp_path / "shop.lock.aside-20261123T030000Z"
    kept.write_text("older")
    assert ask("move_aside", path=str(lock)).ok
    assert kept.read_text() == "older"
    assert (tmp_path / "shop.lock.aside-20261123T030000Z-2").read_text() == "4711\n"


def test_moving_aside_ends_when_every_name_is_taken(tmp_path, lock):
    for number in ("", *(f"-{n}" for n in range(2, 10))):
        (tmp_path / f"shop.lock.aside-20261123T030000Z{number}").touch()
    result = ask("move_aside", path=str(lock))
    assert not result.ok
    assert lock.exists()


@given(
    content=st.binary(max_size=300),
    mode=st.sampled_from([0o600, 0o640, 0o644, 0o4755]),
    others=st.sets(st.sampled_from("abc")),
)
def test_moving_aside_and_undoing_it_gives_the_same_folder(tmp_path_factory, content, mode, others):
    folder = tmp_path_factory.mktemp("run")
    for name in (*others, "shop.lock"):
        (folder / name).write_bytes(content)
        (folder / name).chmod(mode)
    before = tree(folder)
    moving = planned("move_aside", path=str(folder / "shop.lock"))
    assert tree(folder) == before
    assert do(moving.command).ok
    assert tree(folder) != before
    assert do(moving.undo).ok
    assert tree(folder) == before


@given(bad=st.binary(max_size=300), good=st.binary(max_size=300), mode=st.sampled_from([0o600, 0o640, 0o644]))
def test_restoring_puts_the_good_content_in_place_and_undoing_it_gives_the_same_folder(
    tmp_path_factory, bad, good, mode
):
    folder = tmp_path_factory.mktemp("etc")
    config, copy = folder / "app.json", folder / "app.json.good"
    config.write_bytes(bad)
    config.chmod(mode)
    copy.write_bytes(good)
    before = tree(folder)
    restoring = planned("restore_file", path=str(config), from_=str(copy))
    assert tree(folder) == before
    assert do(restoring.command).ok
    assert config.read_bytes() == good
    assert stat.S_IMODE(config.stat().st_mode) == mode
    assert bad in {content for content, *_ in tree(folder).values()}
    assert do(restoring.undo).ok
    assert tree(folder) == before


def test_a_lock_that_was_made_anew_is_not_overwritten_by_the_undo(tmp_path, lock):
    moving = planned("move_aside", path=str(lock))
    assert do(moving.command).ok
    lock.write_text("4712\n")
    back = do(moving.undo)
    assert not back.ok
    assert "was made anew since" in back.detail
    assert lock.read_text() == "4712\n"


def test_a_configuration_that_a_person_edited_since_is_not_overwritten_by_the_undo(tmp_path):
    config, copy = tmp_path / "app.json", tmp_path / "app.json.good"
    config.write_text("{")
    copy.write_text("{}")
    restoring = planned("restore_file", path=str(config), from_=str(copy))
    assert do(restoring.command).ok
    edited = tmp_path / "edited"
    edited.write_text('{"mine": 1}')
    edited.rename(config)
    back = do(restoring.undo)
    assert not back.ok
    assert "was changed since" in back.detail
    assert config.read_text() == '{"mine": 1}'


def test_a_restore_that_was_cut_short_does_not_stop_the_next(tmp_path):
    (tmp_path / "app.json").write_text("{")
    (tmp_path / "app.json.good").write_text("{}")
    (tmp_path / ".app.json.restored").write_text("half")
    assert ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "app.json.good")).ok
    assert sorted(tree(tmp_path)) == ["app.json", "app.json.aside-20261123T030000Z", "app.json.good"]


def test_a_copy_that_anyone_can_write_is_not_taken_for_a_good_one(tmp_path):
    (tmp_path / "app.json").write_text("{")
    (tmp_path / "app.json.good").write_text("{}")
    (tmp_path / "app.json.good").chmod(0o666)
    result = ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "app.json.good"))
    assert not result.ok
    assert (tmp_path / "app.json").read_text() == "{"


def test_a_copy_that_is_missing_changes_nothing(tmp_path):
    (tmp_path / "app.json").write_text("{")
    before = tree(tmp_path)
    assert not ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "absent")).ok
    assert tree(tmp_path) == before


def test_a_restore_that_finds_every_name_taken_leaves_no_trace(tmp_path):
    (tmp_path / "app.json").write_text("{")
    (tmp_path / "app.json.good").write_text("{}")
    for number in ("", *(f"-{n}" for n in range(2, 10))):
        (tmp_path / f"app.json.aside-20261123T030000Z{number}").touch()
    before = tree(tmp_path)
    assert not ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "app.json.good")).ok
    assert tree(tmp_path) == before


def link_to_the_file(folder: Path, secret: Path) -> Path:
    (folder / "shop.lock").symlink_to(secret)
    return folder / "shop.lock"


def second_name(folder: Path, secret: Path) -> Path:
    os.link(secret, folder / "shop.lock")
    return folder / "shop.lock"


def linked_folder(folder: Path, secret: Path) -> Path:
    (folder / "run").symlink_to(secret.parent)
    return folder / "run" / secret.name


def pipe(folder: Path, secret: Path) -> Path:
    os.mkfifo(folder / "shop.lock")
    return folder / "shop.lock"


def a_folder(folder: Path, secret: Path) -> Path:
    (folder / "shop.lock").mkdir()
    return folder / "shop.lock"


def nothing(folder: Path, secret: Path) -> Path:
    return folder / "shop.lock"


ATTACKS = {
    "C01 link in place of the file": (link_to_the_file, "is a link"),
    "C03 hard link to a file of someone else": (second_name, "has 2 names"),
    "C04 folder that is a link": (linked_folder, "is a link or no folder; write the path it leads to"),
    "C05 pipe": (pipe, "is not a regular file"),
    "folder in place of the file": (a_folder, "is not a regular file"),
    "nothing there": (nothing, "No such file or directory"),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("verb", ["move_aside", "restore_file"])
def test_only_a_plain_file_of_its_own_is_changed(tmp_path, attack, verb):
    prepare, expected = ATTACKS[attack]
    (tmp_path / "private").mkdir()
    (tmp_path / "run").mkdir() if prepare is not linked_folder else None
    secret = tmp_path / "private" / "secret"
    secret.write_text("secret")
    good = tmp_path / "good"
    good.write_text("good")
    folder = tmp_path if prepare is linked_folder else tmp_path / "run"
    path = prepare(folder, secret)
    before = sorted(tmp_path.rglob("*"))
    result = ask(verb, path=str(path), **({"from_": str(good)} if verb == "restore_file" else {}))
    assert not result.ok
    assert expected in result.detail
    assert secret.read_text() == "secret"
    assert sorted(tmp_path.rglob("*")) == before


def test_a_good_copy_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "app.json").write_text("{")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "good").symlink_to(tmp_path / "secret")
    assert not ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "good")).ok
    assert (tmp_path / "app.json").read_text() == "{"


def test_a_good_copy_that_is_a_pipe_does_not_block(tmp_path):
    (tmp_path / "app.json").write_text("{")
    os.mkfifo(tmp_path / "good")
    assert not ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "good")).ok


def test_a_good_copy_without_end_is_not_read_into_memory(tmp_path):
    (tmp_path / "app.json").write_text("{")
    with (tmp_path / "good").open("wb") as huge:
        huge.truncate(1 << 40)
    result = ask("restore_file", path=str(tmp_path / "app.json"), from_=str(tmp_path / "good"))
    assert "is larger than 1024 KiB" in result.detail


# --- killed in the middle: what undoes it finds out how far it came


@pytest.fixture
def config(tmp_path) -> Path:
    (tmp_path / "app.json").write_text("{")
    (tmp_path / "app.json.good").write_text("{}")
    return tmp_path / "app.json"


def moving(folder: Path) -> Planned:
    (folder / "app.json").write_text("{")
    return planned("move_aside", path=str(folder / "app.json"))


def restoring(folder: Path) -> Planned:
    (folder / "app.json").write_text("{")
    (folder / "app.json.good").write_text("{}")
    return planned("restore_file", path=str(folder / "app.json"), from_=str(folder / "app.json.good"))


CHANGES = {"move_aside": moving, "restore_file": restoring}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_is_cut_off_after_any_call_of_the_system_is_taken_back_whole(tmp_path, change):
    for calls in count():
        planning = CHANGES[change](tmp_path)
        before = tree(tmp_path)
        whole = was_done(planning.command, calls)
        assert (tree(tmp_path) != before) or not whole
        assert do(planning.undo).ok
        assert tree(tmp_path) == before
        assert do(planning.undo).ok, "and once more"
        assert tree(tmp_path) == before
        if whole:
            break
    assert calls > {"move_aside": 1, "restore_file": 6}[change]


@pytest.mark.parametrize("change", CHANGES)
def test_taking_back_that_is_cut_off_after_any_call_of_the_system_is_taken_up_again(tmp_path, change):
    for calls in count():
        planning = CHANGES[change](tmp_path)
        before = tree(tmp_path)
        assert do(planning.command).ok
        whole = was_done(planning.undo, calls)
        assert do(planning.undo).ok
        assert tree(tmp_path) == before
        if whole:
            break
    assert calls > 1


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_planned_is_done_once(tmp_path, change):
    planning = CHANGES[change](tmp_path)
    assert do(planning.command).ok
    after = tree(tmp_path)
    assert not do(planning.command).ok
    assert tree(tmp_path) == after


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_was_replaced_after_it_was_planned_is_left_alone(tmp_path, change):
    planning = CHANGES[change](tmp_path)
    (tmp_path / "other").write_text("of somebody else")
    (tmp_path / "other").rename(tmp_path / "app.json")
    untouched = (tmp_path / "app.json").stat().st_ctime_ns
    result = do(planning.command)
    assert "was replaced while it was looked at" in result.detail
    assert not result.half_done
    assert (tmp_path / "app.json").stat().st_ctime_ns == untouched, "not even for a moment"
    assert (tmp_path / "app.json").read_text() == "of somebody else"


def test_a_good_copy_that_was_changed_after_it_was_planned_is_not_used(tmp_path):
    planning = restoring(tmp_path)
    (tmp_path / "app.json.good").write_text('{"other": 1}')
    assert "was changed while it was looked at" in do(planning.command).detail
    assert (tmp_path / "app.json").read_text() == "{"


def test_a_configuration_that_was_edited_in_place_since_is_not_overwritten_by_the_undo(tmp_path):
    planning = restoring(tmp_path)
    assert do(planning.command).ok
    (tmp_path / "app.json").write_text('{"mine": 1}')
    assert "was changed since" in do(planning.undo).detail
    assert (tmp_path / "app.json").read_text() == '{"mine": 1}'


def test_what_came_to_stand_in_the_name_of_the_kept_file_is_not_put_back(tmp_path):
    planning = moving(tmp_path)
    assert do(planning.command).ok
    [kept] = tmp_path.glob("app.json.aside-*")
    (tmp_path / "other").write_text("other")
    (tmp_path / "other").rename(kept)
    assert "is not what was kept there" in do(planning.undo).detail
    assert not (tmp_path / "app.json").exists()


CHANGING_CALLS = {"os.rename", "os.link", "os.remove", "os.chmod", "os.chown", "open", "ctypes.dlsym", "os.truncate"}
_cut_off = {"after": None}


def _audited(event, arguments):
    if _cut_off["after"] is not None and event in CHANGING_CALLS:
        _cut_off["after"] -= 1
        if _cut_off["after"] < 0:
            os._exit(9)


def was_done(command: Command | None, calls: int) -> bool:
    """Do it in a process that is gone before its next call of the system after so many; tell if it was done."""
    pid = os.fork()
    if pid == 0:
        _cut_off["after"] = calls
        sys.addaudithook(_audited)
        do(command)
        os._exit(0)
    return os.waitpid(pid, 0)[1] == 0
