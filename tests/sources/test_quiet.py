"""A tick with nothing to do is recognised; one with something to do never mistaken for it."""

import ast
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from aiops_agent.assembly.assemble import Assembly
from aiops_agent.sources import quiet
from aiops_agent.sources.file import FileSource

NOW = datetime.now(UTC) + timedelta(hours=1)
LATER = NOW.timestamp() + 300


class Host:
    """A configuration, a state and a log that a tick has just read."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "state"
        self.logs = folder / "logs"
        self.state.mkdir()
        self.logs.mkdir()
        (self.state / "state.db").write_bytes(b"db")
        self.config = folder / "config.yaml"
        self.config.write_text(f"state_dir: {self.state}  # here\nsources: []\n")
        self.log = self.logs / "app.log"
        self.log.write_text("all is well\n")
        self.known = {}

    def tick(self, due=None, now=NOW):
        source = FileSource(
            [f"{self.logs}/*.log"], service=None, start="beginning", seen_before=True, assembly=Assembly()
        )
        for batch in source.read(dict(self.known)):
            self.known[batch.checkpoint.key] = batch.checkpoint
        quiet.save(self.config, self.state, quiet.watched([source]), self.known.values(), due, now=now)

    def is_quiet(self, now=LATER):
        return quiet.check(str(self.config), now) is not None


@pytest.fixture
def host(tmp_path):
    host = Host(tmp_path)
    host.tick()
    return host


def rewrite_in_place(host):
    host.log.write_text("ALL is well\n")


def append(host):
    with host.log.open("a") as file:
        file.write("more\n")


def replace_log(host):
    other = host.logs / "other"
    other.write_text(host.log.read_text())
    other.rename(host.log)


CHANGES = {
    "a line is appended": append,
    "a log is rewritten in place at the same size": rewrite_in_place,
    "a log is replaced": replace_log,
    "a log is removed": lambda host: host.log.unlink(),
    "a log appears": lambda host: (host.logs / "new.log").write_text(""),
    "the configuration is edited": lambda host: host.config.write_text(host.config.read_text() + "\n"),
    "the state moves": lambda host: (host.state / "state.db").write_bytes(b"xx"),
    "the state gets a write-ahead log": lambda host: (host.state / "state.db-wal").write_bytes(b"x"),
    "the log folder is removed": lambda host: (host.log.unlink(), host.logs.rmdir()),
    "the snapshot is cut": lambda host: os.truncate(host.state / "quiet", 60),
    "the snapshot is of another format": lambda host: (host.state / "quiet").write_text("other\n"),
}


def test_nothing_changed_is_quiet(host):
    assert host.is_quiet()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_not_quiet(host, change):
    change(host)
    assert not host.is_quiet()


def test_a_tick_after_a_change_is_quiet_again(host):
    append(host)
    host.tick()
    assert host.is_quiet()


def test_what_is_due_is_not_quiet(host):
    host.tick(due=NOW + timedelta(seconds=200))
    assert host.is_quiet(NOW.timestamp() + 199)
    assert not host.is_quiet(NOW.timestamp() + 201)


def test_a_clock_set_back_is_not_quiet(host):
    assert not host.is_quiet(NOW.timestamp() - 1)


def test_a_log_that_grew_while_the_tick_ran_leaves_no_snapshot(host):
    source = FileSource([f"{host.logs}/*.log"], service=None, start="beginning", seen_before=True, assembly=Assembly())
    list(source.read(host.known))
    append(host)
    quiet.save(host.config, host.state, quiet.watched([source]), host.known.values(), None, now=NOW)
    assert not (host.state / "quiet").exists()


def test_a_configuration_written_just_before_the_tick_leaves_no_snapshot(host):
    host.tick(now=datetime.fromtimestamp(host.config.stat().st_ctime, UTC))
    assert not host.is_quiet()


def test_a_name_with_a_newline_leaves_no_snapshot(host):
    (host.logs / "a\nb.log").write_text("")
    host.tick()
    assert not host.is_quiet()


def test_the_snapshot_of_another_configuration_is_not_taken(host):
    other = host.folder / "other.yaml"
    other.write_text(host.config.read_text())
    assert quiet.check(str(other), LATER) is None


def test_only_the_owner_may_read_the_snapshot(host):
    assert (host.state / "quiet").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "line",
    [
        "state_dir: relative",
        "state_dir: ~/x",
        "state_dir: *anchor",
        "state_dir: >",
        "state_dir: /a\n  /b",
        "",
        "state_dir: /a\nstate_dir: /b",
    ],
)
def test_a_state_dir_written_in_an_unusual_way_is_not_quiet(host, line):
    host.config.write_text(line + "\n")
    assert not host.is_quiet()


@pytest.mark.parametrize("quote", ["'", '"', ""])
def test_a_quoted_state_dir_is_understood(host, quote):
    host.config.write_text(f"# state_dir: /else\nstate_dir: {quote}{host.state}{quote}\n")
    host.tick()
    assert host.is_quiet()


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--unknown"], ["--config"]])
def test_other_ways_to_scan_are_left_to_the_real_tick(host, arguments):
    assert quiet.scan([*arguments]) is None


def test_a_quiet_scan_says_so_in_json(host, capsys):
    lines = (host.state / "quiet").read_text().split("\n")
    (host.state / "quiet").write_text("\n".join([*lines[:2], "0.0", *lines[3:]]))
    assert quiet.scan(["--json", "--config", str(host.config)]) == 0
    assert json.loads(capsys.readouterr().out)["errors"] == 0


def test_nothing_is_imported_that_python_had_not_loaded():
    program = (
        "import sys; before = set(sys.modules); import aiops_agent.sources.quiet; print(set(sys.modules) - before)"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert ast.literal_eval(loaded) <= {"aiops_agent", "aiops_agent.sources", "aiops_agent.sources.quiet"}


def test_a_thousand_files_take_milliseconds(host):
    for number in range(1_000):
        (host.logs / f"{number}.log").write_text("well\n")
    host.tick()
    began = time.perf_counter()
    assert host.is_quiet()
    assert time.perf_counter() - began < 0.1
