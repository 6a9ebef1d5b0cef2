import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
