"""The tail matrix, what happens around the tailer: T18, T37, T39, T40, T44 - devices, kills, damaged state, clocks."""

import gzip
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from aiops_agent.errors import StateError
from aiops_agent.state.state import State
from tests.build import cipher
from tests.journeys.host import Host
from tests.journeys.machine import CHECKOUT, KNOWN, Machine, needs_namespaces

TWO_DEVICES = """
set -e
logs=$1; shift
mkdir "$logs/a" "$logs/b"
mount -t tmpfs none "$logs/a"; mount -t tmpfs none "$logs/b"
for folder in a b; do printf '%s\\n' "$LINE" > "$logs/$folder/app.log"; done
stat -c %i "$logs/a/app.log" "$logs/b/app.log" >&2
"$@"
printf '%s\\n' "$LINE" >> "$logs/b/app.log"
"$@"
"""


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.mark.slow
def test_t18_the_same_inode_number_on_two_devices_is_two_files(machine):
    needs_namespaces()
    source = f'{{type: file, paths: ["{machine.logs}/*/app.log"], start: beginning}}'
    machine.config.write_text(f"state_dir: {machine.state}\nsources: [{source}]\n")
    scan = [sys.executable, "-m", "aiops_agent", "scan", "--json", "--config", str(machine.config)]
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", TWO_DEVICES, "sh", str(machine.logs), *scan],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "LINE": KNOWN},
    )
    assert done.returncode == 0, done.stderr
    one, other = done.stderr.split()[:2]
    assert one == other
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["files"], first["errors"], second["files"], second["errors"]) == (2, 2, 1, 1)
    assert sum(machine.counts().values()) == 3


WORKER = """
import sys
from pathlib import Path
from tests.journeys.host import Host
host = Host(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    host.tick()
"""
FAULTS = ("connection refused by the database", "no space left on device", "bad certificate from the peer")


class Writer:
    """Writes faults in pieces, and turns its log over by every method that loses nothing itself."""

    def __init__(self, host, chance):
        self.host, self.chance = host, chance
        self.written = self.turns = 0

    def write(self):
        with self.host.log.open("a") as file:
            for fault in self.chance.choices(FAULTS, k=20):
                file.write(f"2026-11-23 03:00:00,001 ERROR shop: {fault}")
                file.flush()  # a kill may find half a line
                file.write("\n")
                self.written += 1

    def turn_over(self):
        self.turns += 1
        aside = self.host.log.with_name(f"shop.log-20261123{self.turns:06d}")
        self.host.log.rename(aside)
        self.host.log.touch()
        if self.chance.random() < 0.4:
            found = aside.stat()
            packed = aside.with_name(f"{aside.name}.gz")
            packed.write_bytes(gzip.compress(aside.read_bytes()))
            os.utime(packed, ns=(found.st_atime_ns, found.st_mtime_ns))
            aside.unlink()


@pytest.mark.slow
def test_t37_two_hundred_kills_at_random_moments_of_a_scan_under_rotation_lose_and_repeat_nothing(tmp_path):
    chance = random.Random(20261126)
    host = Host(tmp_path)
    writer = Writer(host, chance)
    writer.write()
    host.tick()  # from now on the log is known: what is turned over before a first tick was there before the agent
    for _ in range(200):
        process = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path)], stdout=subprocess.PIPE)
        process.stdout.readline()
        end = time.monotonic() + chance.uniform(0.0, 0.12)
        while time.monotonic() < end:
            writer.write()
            if chance.random() < 0.03:
                writer.turn_over()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    host.tick()
    host.tick()
    assert writer.turns > 20
    incidents = host.incidents()
    assert {incident.kind for incident in incidents} == {"log"}
    assert len(incidents) == len(FAULTS)
    assert sum(incident.occurrences for incident in incidents) == writer.written


@pytest.mark.slow
def test_t39_a_state_that_is_missing_is_a_fresh_start(machine):
    machine.writes(KNOWN)
    machine.scan()
    for file in machine.state.glob("state.db*"):
        file.unlink()
    machine.writes(KNOWN)
    assert machine.scan()["errors"] == 2
    assert list(machine.counts().values()) == [2]


def cut_short(path):
    os.truncate(path, 5_000)


def emptied_of_its_head(path):
    with path.open("r+b") as file:
        file.write(bytes(100))


def flipped_in_every_page(path):
    content = bytearray(path.read_bytes())
    for page in range(0, len(content), 4_096):
        content[page : page + 8] = bytes(byte ^ 0xFF for byte in content[page : page + 8])
    path.write_bytes(content)


@pytest.mark.parametrize(
    "harm",
    [cut_short, *(pytest.param(each, marks=pytest.mark.slow) for each in (emptied_of_its_head, flipped_in_every_page))],
)
def test_t39_a_damaged_state_is_exit_3_with_the_way_out_each_time_and_moved_aside_by_a_person(machine, harm):
    """The state is not moved aside by the agent itself, as a plain reader of logs might do.

    It also holds what the agent may do and has done: counts against the caps, cooldowns, who agreed to what, what is
    waiting to be told. An agent that forgot this by itself would be free to act again on the first damaged page, so a
    person has to say so. Until then every start says the same and changes nothing: no loop, no traceback, no loss.
    """
    machine.writes(KNOWN)
    machine.scan()
    database = machine.state / "state.db"
    harm(database)
    harmed = database.read_bytes()
    machine.writes(KNOWN)
    for _ in range(3):
        done = machine.run("scan", "--json")
        assert (done.code, done.out) == (3, "")
        assert str(database) in done.err
        assert "aside" in done.err
    assert database.read_bytes() == harmed
    for file in machine.state.glob("state.db*"):
        file.rename(machine.folder / f"aside-{file.name}")
    assert machine.scan()["errors"] == 2
    assert machine.scan()["errors"] == 0


def test_t39_what_only_looks_sound_is_refused_with_the_way_out_before_anything_is_decided_by_it(tmp_path):
    host = Host(tmp_path)
    host.fails(3)
    host.tick()
    database = host.state_dir / "state.db"
    whole = database.read_bytes()
    [incident] = host.incidents()
    outbox = whole.index(b"outbox_waiting")
    harms = {
        "a word that means nothing": (b"log" + incident.fingerprint.encode(), b"lof" + incident.fingerprint.encode()),
        "a text that is none": (b"shop.service", b"shop\xffservice"),
        "a table's layout": (whole[outbox : outbox + 40], b"outbox_waiting" + bytes(26)),
    }
    for name, (sound, harmed) in harms.items():
        assert sound in whole
        database.write_bytes(whole.replace(sound, harmed))
        with pytest.raises(StateError) as caught, State.open(host.state_dir, cipher(host.state_dir)) as state:
            state.incidents.all()
        assert "aside" in caught.value.hint, name


@pytest.mark.slow
def test_t40_an_older_backup_of_the_state_loses_no_line(machine):
    """What the newer state had counted is counted again into the older one, which had not: each line once in it."""
    machine.writes(KNOWN)
    machine.scan()
    backup = machine.folder / "backup"
    shutil.copytree(machine.state, backup)
    machine.writes(KNOWN)
    machine.scan()
    machine.log.rename(f"{machine.log}.1")
    machine.writes(KNOWN)
    machine.scan()
    machine.writes(KNOWN)
    for file in machine.state.glob("state.db*"):
        file.unlink()
    for file in backup.glob("state.db*"):
        shutil.copy(file, machine.state)
    machine.scan()
    assert machine.scan()["errors"] == 0
    assert list(machine.counts().values()) == [4]


def test_t40_the_state_of_another_host_with_the_same_paths_loses_no_line(tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    one, other = Host(tmp_path / "one"), Host(tmp_path / "other")
    one.writes("2026-11-23 03:00:00,001 ERROR shop: the one thing")
    one.tick()
    other.writes(*["2026-11-23 03:00:00,001 ERROR shop: another matter"] * 5)
    shutil.copytree(one.state_dir, other.state_dir, dirs_exist_ok=True)
    other.tick()
    other.tick()
    assert sorted(incident.occurrences for incident in other.incidents()) == [1, 5]


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=365)])
def test_t44_a_clock_that_jumps_stalls_loses_and_repeats_nothing(tmp_path, jump):
    host = Host(tmp_path)
    line = "2026-11-23 03:00:00,001 ERROR shop: connection refused by the database"
    for leap in (timedelta(minutes=5), jump, timedelta(minutes=5), -jump, timedelta(minutes=5)):
        host.writes(line, line)
        host.tick(leap)
        then = host.clock.time.timestamp()
        os.utime(host.log, (then, then))  # as files written under that clock
        if leap == jump:
            host.log.rename(f"{host.log}.1")
    host.tick()
    assert [incident.occurrences for incident in host.incidents()] == [10]
    with host.agent() as agent:
        assert agent.state.outbox.all() == []
