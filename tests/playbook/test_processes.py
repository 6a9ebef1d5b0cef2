import fcntl
import os
import time
from pathlib import Path

import pytest

from aiops_agent.playbook.processes import OpenFiles, Unseen, is_shared
from tests.playbook.world import ask, dead_pid, living


@pytest.fixture
def pid_file(tmp_path) -> Path:
    return tmp_path / "shop.pid"


def test_the_process_that_wrote_its_pid_is_alive(pid_file):
    with living() as process:
        pid_file.write_text(f"{process.pid}\n/srv/shop\n")
        assert ask("process_of", pid_file=str(pid_file), is_="alive").ok
        assert not ask("process_of", pid_file=str(pid_file), is_="gone").ok


def test_a_process_that_ended_is_gone(pid_file):
    pid_file.write_text(f"{dead_pid()}")
    assert ask("process_of", pid_file=str(pid_file), is_="gone").ok
    assert not ask("process_of", pid_file=str(pid_file), is_="alive").ok


def test_a_process_that_ended_and_waits_to_be_collected_is_gone(pid_file):
    with living() as process:
        pid_file.write_text(f"{process.pid}")
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert ask("process_of", pid_file=str(pid_file), is_="gone").ok


def test_an_innocent_process_that_was_given_the_pid_later_is_not_the_owner(pid_file):
    with living() as process:
        pid_file.write_text(f"{process.pid}")
        written = time.time() - 3600
        os.utime(pid_file, (written, written))
        assert ask("process_of", pid_file=str(pid_file), is_="gone").ok
        assert not ask("signal", pid_file=str(pid_file), name="TERM").ok
        assert process.poll() is None


@pytest.mark.parametrize(
    "content", ["", "\n", "shop", "-1", "0", "1", "99999999999999999999", "4194305", "47 11", "pid=4711", "٤٧"]
)
@pytest.mark.parametrize("state", ["alive", "gone"])
def test_a_file_that_names_no_process_proves_nothing(pid_file, content, state):
    pid_file.write_text(content)
    assert not ask("process_of", pid_file=str(pid_file), is_=state).ok


@pytest.mark.parametrize("state", ["alive", "gone"])
def test_a_file_that_is_missing_proves_nothing(pid_file, state):
    assert not ask("process_of", pid_file=str(pid_file), is_=state).ok


def test_a_file_that_nobody_has_open_is_unused(pid_file):
    pid_file.write_text("4711")
    assert ask("file_unused", path=str(pid_file)).ok


def test_a_file_that_a_process_has_open_is_in_use(pid_file):
    pid_file.write_text("4711")
    with living("sh", "-c", f"exec 9<{pid_file}; echo ready; read line") as process:
        result = ask("file_unused", path=str(pid_file))
        assert not result.ok
        assert f"process {process.pid} has it open" in result.detail


def test_a_file_with_a_kernel_lock_is_never_stale(pid_file):
    with pid_file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert not ask("file_unused", path=str(pid_file)).ok


def test_a_file_that_is_a_link_or_missing_is_not_called_unused(tmp_path, pid_file):
    pid_file.symlink_to(tmp_path / "elsewhere")
    assert not ask("file_unused", path=str(pid_file)).ok
    assert not ask("file_unused", path=str(tmp_path / "absent")).ok


def test_a_signal_reaches_the_owner(pid_file):
    with living() as process:
        pid_file.write_text(f"{process.pid}")
        result = ask("signal", pid_file=str(pid_file), name="TERM")
        assert result.ok
        assert process.wait(timeout=5) == -15


def test_no_signal_is_sent_to_a_process_that_is_gone(pid_file):
    pid_file.write_text(f"{dead_pid()}")
    assert "is gone" in ask("signal", pid_file=str(pid_file), name="TERM").detail


def test_no_signal_is_sent_to_the_agent_itself(pid_file):
    pid_file.write_text(f"{os.getpid()}")
    assert "left alone" in ask("signal", pid_file=str(pid_file), name="TERM").detail


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to start a process of another user")
def test_no_signal_is_sent_to_a_process_of_another_user(pid_file):
    with living("setpriv", "--reuid=65534", "--clear-groups", "sh", "-c", "echo ready; read line") as process:
        pid_file.write_text(f"{process.pid}")
        assert "left alone" in ask("signal", pid_file=str(pid_file), name="TERM").detail
        assert process.poll() is None


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs", "ocfs2"])
def test_a_file_system_that_other_hosts_use_is_known(kind):
    assert is_shared(kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk"])
def test_a_file_system_of_this_host_is_known(kind):
    assert not is_shared(kind)


def test_a_process_that_cannot_be_looked_into_counts_by_its_user_and_its_age(pid_file):
    pid_file.write_text("4711")
    status = pid_file.stat()

    def used(user, started):
        seen = OpenFiles({}, frozenset(), (Unseen(frozenset({user}), started),))
        return seen.why_used(status, since=1000.0) is not None

    assert used(status.st_uid, 1001.0)
    assert not used(status.st_uid, 999.0)
    assert not used(status.st_uid + 1, 1001.0)


def test_a_lock_of_a_user_we_cannot_look_at_is_seen_in_the_table_of_the_kernel(pid_file):
    pid_file.write_text("4711")
    status = pid_file.stat()
    assert OpenFiles({}, frozenset({status.st_ino}), ()).why_used(status) == "a process holds a lock on it"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a pid namespace")
def test_a_process_in_a_container_is_not_gone_because_its_number_means_nothing_here(pid_file):
    number = int(Path("/proc/sys/kernel/pid_max").read_text()) - 3
    script = f"echo {number - 1} >/proc/sys/kernel/ns_last_pid; sh -c 'echo ready; read line'; true"
    with living("unshare", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", script):
        pid_file.write_text(f"{number}")
        result = ask("process_of", pid_file=str(pid_file), is_="gone")
    assert not result.ok
    assert "in its container" in result.detail
