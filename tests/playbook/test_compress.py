import gzip
import os
import stat
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.ports import never
from tests.fakes import SteppingClock
from tests.playbook.world import ask, date, names, parsed

ROTATED = "*.log[.-][0-9]*"


def test_rotated_logs_are_compressed_and_the_live_one_is_not(tmp_path):
    for name in ("app.log", "app.log.1", "app.log-20261122", "app.log.2.gz", "notes.txt"):
        (tmp_path / name).write_text(name * 100)
    result = ask("compress", directory=str(tmp_path), pattern=ROTATED)
    assert result.ok
    assert names(tmp_path) == [
        "app.log",
        "app.log-20261122.gz",
        "app.log.1.gz",
        "app.log.2.gz",
        "notes.txt",
    ]
    assert "compressed 2 files" in result.detail


@given(st.binary(max_size=5000))
def test_nothing_is_lost(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("logs")
    log = folder / "app.log.1"
    log.write_bytes(content)
    log.chmod(0o640)
    date(log, -86400)
    written = log.stat().st_mtime_ns
    assert ask("compress", directory=str(folder), pattern=ROTATED).ok
    packed = folder / "app.log.1.gz"
    assert gzip.decompress(packed.read_bytes()) == content
    assert stat.S_IMODE(packed.stat().st_mode) == 0o640
    assert packed.stat().st_mtime_ns == written
    assert packed.stat().st_nlink == 1


def test_a_log_that_is_open_is_left_alone_and_said_so(tmp_path):
    with (tmp_path / "app.log.1").open("w") as still_open:
        still_open.write("line\n")
        still_open.flush()
        result = ask("compress", directory=str(tmp_path), pattern=ROTATED)
    assert not result.ok
    assert f"app.log.1: process {os.getpid()} has it open" in result.detail
    assert names(tmp_path) == ["app.log.1"]


def test_links_second_names_folders_and_pipes_are_left_alone(tmp_path):
    logs, secret = tmp_path / "logs", tmp_path / "secret"
    logs.mkdir()
    secret.write_text("secret")
    (logs / "link.log.1").symlink_to(secret)
    os.link(secret, logs / "second.log.1")
    (logs / "folder.log.1").mkdir()
    os.mkfifo(logs / "pipe.log.1")
    before = names(logs)
    assert not ask("compress", directory=str(logs), pattern=ROTATED).ok
    assert names(logs) == before
    assert secret.read_text() == "secret"


def test_a_folder_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "app.log.1").write_text("x")
    (tmp_path / "logs").symlink_to(tmp_path / "real")
    assert not ask("compress", directory=str(tmp_path / "logs"), pattern=ROTATED).ok
    assert names(tmp_path / "real") == ["app.log.1"]


def test_a_compressed_form_that_is_there_already_is_not_overwritten(tmp_path):
    (tmp_path / "app.log.1").write_text("new")
    (tmp_path / "app.log.1.gz").write_text("older")
    result = ask("compress", directory=str(tmp_path), pattern=ROTATED)
    assert not result.ok
    assert (tmp_path / "app.log.1").read_text() == "new"
    assert (tmp_path / "app.log.1.gz").read_text() == "older"
    assert names(tmp_path) == ["app.log.1", "app.log.1.gz"]


def test_what_a_run_that_was_cut_short_left_is_done_anew(tmp_path):
    (tmp_path / "app.log.1").write_text("whole")
    (tmp_path / "app.log.1.gz.partial").write_text("ha")
    assert ask("compress", directory=str(tmp_path), pattern=ROTATED).ok
    assert names(tmp_path) == ["app.log.1.gz"]


def test_nothing_to_compress_is_said(tmp_path):
    result = ask("compress", directory=str(tmp_path), pattern=ROTATED)
    assert (result.ok, result.detail) == (False, f"no file in {tmp_path} is {ROTATED}")


def test_when_the_time_is_over_the_rest_is_left_as_it_is(tmp_path):
    class Hurrying(SteppingClock):
        def now(self):
            self.sleep(60)
            return super().now()

    for number in range(1, 9):
        (tmp_path / f"app.log.{number}").write_text("x" * number)
    command = vocabulary.command(
        "compress", {"directory": str(tmp_path), "directory_root": str(tmp_path), "pattern": ROTATED}
    )
    result = EmbeddedExecutor(Hurrying()).run(command, never)
    assert command.timeout == timedelta(minutes=5)
    assert result.ok
    assert "the time was over" in result.detail
    left = [name for name in names(tmp_path) if not name.endswith(".gz")]
    assert left
    assert not any(name.endswith(".partial") for name in names(tmp_path))


@pytest.mark.parametrize("pattern", ["*", "**", "?*", "a/*", "../*", "", "[*]"])
def test_a_pattern_that_means_everything_or_elsewhere_is_refused(pattern):
    with pytest.raises(ValueError, match=r"pattern|matches every file"):
        parsed("compress", {"directory": "/var/log", "pattern": pattern})
