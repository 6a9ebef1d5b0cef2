"""A real journald: ticks, units, a restart of the machine, vacuum between and during reads: exact counts."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.services.machine import ROOT, Machine, copied

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="boots a container"),
    pytest.mark.skipif(shutil.which("systemd-nspawn") is None and "CI" not in os.environ, reason="no systemd-nspawn"),
]

BOOTING = 60.0
SAID = {"kind": "log", "service": "shop.service"}
TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/shop/till.py", line 12, in charge',
    "    raise OrderError(order)",
    "shop.OrderError: order 4711 has no amount",
)


def children(process: str, name: str) -> list[str]:
    """Return the children of a process that have this name."""
    try:
        found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return [child for child in found if Path(f"/proc/{child}/comm").read_text().strip() == name]
    except OSError:  # it has just ended
        return []


class Journal(Machine):
    """A booted container whose services log what they are given."""

    def boots(self) -> bool:
        [runner, *_] = [*children(str(self.process.pid), "systemd-nspawn"), ""]
        [self.leader, *_] = [*(children(runner, "systemd") if runner else []), ""]
        return bool(self.leader) and self("systemctl", "is-active", "journal-test.target").stdout.strip() == "active"

    def writes(self, *lines: str, service: str = "shop") -> None:
        text = "".join(f"{line}\n" for line in lines)
        inside = ["nsenter", "-t", self.leader, "-a", "sh", "-c", f"cat > /run/{service}.pipe"]
        subprocess.run(inside, input=text.encode(), timeout=60, check=True)
        self.wait(lambda: self.has(lines[-1]), f"{lines[-1]} did not come into the journal")

    def has(self, line: str) -> bool:
        self("journalctl", "--sync")
        return line in self("journalctl", "-q", "-o", "cat", "--lines=20").stdout

    def ticks(self, *words: str) -> dict:
        done = self(sys.executable, "-m", "aiops_agent", "scan", "--json", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return super().__call__("env", "-C", "/opt/checkout", "PYTHONPATH=/opt/checkout", *words)

    def incidents(self, **wanted: str | None) -> list[dict]:
        listed = self(sys.executable, "-m", "aiops_agent", "incidents", "list", "--json")
        incidents = json.loads(listed.stdout)["incidents"]
        return [incident for incident in incidents if wanted.items() <= incident.items()]

    def restarts(self) -> None:
        before = self.leader
        self("systemctl", "reboot")
        self.wait(lambda: self.boots() and self.leader != before, "the container did not boot again", BOOTING)


@pytest.fixture(scope="module")
def machine():
    with tempfile.TemporaryDirectory() as folder:
        checkout = copied(Path(folder) / "checkout")
        log = Path(folder) / "boot.log"
        script = [str(ROOT / "tests" / "services" / "boot_journald.sh"), str(checkout), f"{folder}/overlay"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", *script], stdout=out, stderr=subprocess.STDOUT
            )
            booted = Journal(process, log)
            try:
                booted.wait(booted.boots, "the container did not boot", BOOTING)
                booted.ticks()
                yield booted
            finally:
                if booted.leader:
                    booted("systemctl", "poweroff")
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def errors(*names: str) -> list[str]:
    return [f"ERROR order {name} failed" for name in names]


def test_t45_ticks_over_a_growing_journal_count_each_unit_exactly(machine):
    machine.writes(*errors(*"abcde"))
    machine.writes("served order 16", *TRACE[:2])
    assert machine.ticks("--dry-run")["errors"] == 6
    assert machine.ticks()["errors"] == 6
    machine.writes(*errors("x"), service="bank")
    machine.writes(*TRACE[2:], "served order 17")
    assert machine.ticks()["errors"] == 1
    assert machine.ticks()["errors"] == 0
    shop = machine.incidents(**SAID, source="journald:shop.service")
    assert sum(incident["occurrences"] for incident in shop) == 6
    [traced] = [incident for incident in shop if "has no amount" in incident["title"]]
    assert traced["occurrences"] == 1
    assert len(machine.incidents(service="bank.service")) == 1
    assert machine.incidents(kind="agent") == []


def test_t45_what_systemd_says_of_a_unit_that_fails_belongs_to_the_unit(machine):
    machine("systemctl", "kill", "--signal=SEGV", "bank.service")
    machine.wait(lambda: machine.has("bank.service: Failed with result"), "systemd did not notice")
    machine.ticks()
    machine("systemctl", "restart", "bank.service")
    titles = [incident["title"] for incident in machine.incidents(service="bank.service")]
    assert any("Failed with result" in title for title in titles), titles


def test_t45_a_restart_of_the_machine_loses_and_repeats_nothing(machine):
    machine.writes(*errors(*"fghij"))
    machine.restarts()
    machine.writes(*errors(*"klm"))
    assert machine.ticks()["errors"] == 8
    assert machine.ticks()["errors"] == 0
    assert machine.incidents(kind="agent") == []


def test_t45_a_vacuum_between_two_ticks_is_told_once_with_how_many_entries_are_gone(machine):
    machine.ticks()
    machine.writes(*errors(*"nopq"))
    machine("journalctl", "--rotate")
    machine("journalctl", "--vacuum-time=1us")
    machine("journalctl", "--vacuum-files=1")
    machine.writes(*errors(*"rs"))
    assert machine.ticks()["errors"] == 2
    assert machine.ticks()["errors"] == 0
    [gap] = machine.incidents(kind="agent")
    assert gap["occurrences"] == 1
    shown = machine(sys.executable, "-m", "aiops_agent", "incidents", "show", gap["id"]).stdout
    [missing] = [int(word) for word in shown.split(" entries until ")[0].split()[-1:]]
    assert 4 <= missing <= 200, shown


def test_t45_a_vacuum_during_a_read_counts_what_is_left_once_and_tells_how_much_is_not(machine):
    machine.writes(*(f"ERROR order {number} failed" for number in range(20_000)), "the last of many")
    machine("journalctl", "--rotate")
    done = machine(sys.executable, "tests/services/read_journal.py", "5")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    [(kind, detail)] = found["notices"]
    missing = int(detail.split("up to ")[1].split()[0])
    assert kind == "journal_gap"
    assert found["errors"] < 20_000 <= found["errors"] + missing <= 20_200, found
    assert found["again"] == 0


def test_t45_a_rotation_during_a_read_loses_and_repeats_nothing(machine):
    machine.writes(*(f"ERROR order {number} failed" for number in range(5_000)), "the last of these")
    expected = machine("sh", "-c", "journalctl -q -o cat _SYSTEMD_UNIT=shop.service | grep -c '^ERROR order'").stdout
    found = json.loads(machine(sys.executable, "tests/services/read_journal.py", "0").stdout)
    assert (found["errors"], found["again"], found["notices"]) == (int(expected), 0, [])


def test_t45_growth_of_the_real_journal_changes_the_stamps_and_quiet_leaves_them(machine):
    stamps = (
        "from aiops_agent.sources.journald import _stamps; print(*_stamps(('/run/log/journal', '/var/log/journal')))"
    )
    machine("journalctl", "--sync")
    time.sleep(1.0)
    before = machine(sys.executable, "-c", stamps).stdout
    assert machine(sys.executable, "-c", stamps).stdout == before
    machine.writes("served order 18")
    assert machine(sys.executable, "-c", stamps).stdout != before
