"""A disk that fills while something is repaired, and a process that may open no more files: on a real file system."""

import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.reserve import SIZE
from aiops_agent.audit.verify import verify
from aiops_agent.errors import StateError
from aiops_agent.model.audit import AuditEntry
from tests.journeys.host import Clock, Host
from tests.journeys.machine import Machine, needs_namespaces

DISK = 4 << 20
LIMITED = """
import resource, runpy, sys
_, limit, _, _, _, *sys.argv[1:] = sys.argv
resource.setrlimit(resource.RLIMIT_NOFILE, (int(limit), int(limit)))
runpy.run_module("aiops_agent", run_name="__main__", alter_sys=True)
"""
"""Python itself does not start with less than six; the agent is to be measured."""

AN_HOUR = timedelta(hours=1)


@dataclass(slots=True)
class Meanwhile(Clock):
    """Time in which something happens: when the repair waits for its verification."""

    happens: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        self.happens()
        Clock.sleep(self, seconds)


@contextmanager
def mounted(folder: Path) -> Iterator[Path]:
    """Put a small disk of its own on a folder, in this very process: SQLite goes no other way to its file."""
    needs_namespaces()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path, leaving: int = 0) -> None:
    with (disk / "ballast").open("ab", buffering=0) as file:
        while shutil.disk_usage(disk).free > leaving:
            file.write(bytes(4096))


@pytest.mark.slow
def test_a_disk_that_fills_during_a_repair_keeps_its_result_and_nothing_is_begun_until_it_has_room(tmp_path):
    """Whether the result still fits into the last block of the log or not."""
    needed_the_reserve = [
        full_during_a_repair(tmp_path / str(padding), padding) for padding in range(0, resource.getpagesize(), 300)
    ]
    assert set(needed_the_reserve) == {True, False}


def full_during_a_repair(folder: Path, padding: int) -> bool:
    """Return whether the audit log had to use its reserve for the result."""
    folder.mkdir()
    host = Host(folder, probe="file_exists")
    with mounted(host.state_dir) as disk:
        host.clock = Meanwhile()
        journal = Journal(disk / "audit", FileKeys(disk / "keys"))
        journal.append(AuditEntry(host.clock.time, "operator", "note", "padding", {"x": "x" * padding}))
        journal.close()

        def fills() -> None:
            fill(disk)
            host.lock.write_text("2\n")

        host.clock.happens = fills
        host.fails()
        first = recorded_by(host)
        host.clock.happens = lambda: None
        assert first.index("intent") < first.index("result")
        assert not (disk / "audit.reserve").exists()
        fill(disk, leaving=SIZE * 3 // 4)  # of what the state no longer needs somebody else makes use
        moved = sorted(path.name for path in folder.glob("shop.lock*"))

        host.tick(AN_HOUR)  # looks at what the state knows no end of
        for _ in range(3):
            host.fails()
            found = host.tick(AN_HOUR)
            assert found.audit_error
            assert "is full" in found.audit_error.message
            assert "free some space" in found.audit_error.hint
        assert host.recorded().count("intent") == 1, "nothing was begun"
        assert sorted(path.name for path in folder.glob("shop.lock*")) == moved
        assert len([title for title in host.phone.titles if "audit" in title]) == 1, host.phone.titles

        (disk / "ballast").unlink()
        host.fails()
        assert host.tick(AN_HOUR).audit_error is None
        assert host.recorded().count("intent") == 2
        assert (disk / "audit.reserve").stat().st_size == SIZE
        report = verify(disk / "audit", FileKeys(disk / "keys"))
        assert (report.first_bad, report.key_problem, report.tears) == (None, "", 1)
        return first.index("disk_full") < first.index("result")


def recorded_by(host: Host) -> list[str]:
    """Return what is in the record after a tick that may end with the state's own full disk."""
    with suppress(StateError):
        host.tick()
    return host.recorded()


@pytest.mark.slow
def test_a_scan_that_may_open_no_more_files_says_so_and_nothing_is_damaged(tmp_path):
    machine = Machine(tmp_path)
    machine.can_repair()
    assert machine.scan()["errors"] == 1
    told_by_the_log = 0
    for limit in range(5, 14):
        machine.writes(f"2026-11-23 03:00:00,001 ERROR worker: valve {'abcdefghijklmn'[limit]} gave way")
        done = machine.run("scan", "--json", before=(sys.executable, "-c", LIMITED, str(limit)))
        assert "damaged" not in done.err
        if "audit log" in done.err or "/keys/" in done.err:
            told_by_the_log += 1
            assert done.code == 3
            assert "Too many open files" in done.err
            assert "LimitNOFILE=" in done.err
    assert done.code == 0, "the last had enough"
    assert told_by_the_log >= 1
    machine.scan()
    assert set(machine.counts().values()) == {1}
    assert machine.run("audit", "verify").code == 0
