"""The units under a real systemd: the hardened service reads, diagnoses, reports and records, without any privilege."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
INSTALLING = 300.0
pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="boots a container"),
    pytest.mark.skipif(shutil.which("systemd-nspawn") is None and "CI" not in os.environ, reason="no systemd-nspawn"),
]


class Machine:
    """A booted container."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.leader = ""

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        inside = ["nsenter", "-t", self.leader, "-a", *words]
        return subprocess.run(inside, capture_output=True, text=True, timeout=60, check=False)

    def wait(self, condition, what: str, patience: float = 60.0) -> None:
        deadline = time.monotonic() + patience
        while not condition():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, f"{what}: {self.said()}"
            time.sleep(0.2)

    def said(self) -> str:
        inside = self.journal() if self.leader else ""
        return self.log.read_text(errors="replace")[-2000:] + inside[-4000:]

    def booted(self) -> bool:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        names = {child: Path(f"/proc/{child}/comm").read_text().strip() for child in children}
        self.leader = next((child for child, name in names.items() if name == "systemd"), "")
        return bool(self.leader) and self("systemctl", "is-active", "agent-test.target").stdout.strip() == "active"

    def journal(self) -> str:
        return self("journalctl", "-u", "aiops-agent.service", "--no-pager", "-o", "cat").stdout


@pytest.fixture(scope="module")
def machine():
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
        for name in filter(None, tracked.stdout.split("\0")):
            if (ROOT / name).exists():
                (checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, checkout / name)
        log = Path(folder) / "boot.log"
        script = [str(ROOT / "tests" / "services" / "boot_systemd.sh"), str(checkout), f"{folder}/overlay"]
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", *script], stdout=out, stderr=subprocess.STDOUT
            )
            booted = Machine(process, log)
            try:
                booted.wait(booted.booted, "the container did not boot", INSTALLING)
                yield booted
            finally:
                if booted.leader:
                    booted("systemctl", "poweroff")
                try:
                    process.wait(timeout=30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def test_the_timer_runs_the_service_and_the_service_does_its_work(machine):
    machine.wait(lambda: "disk_full" in machine.journal(), "no tick found the fault")
    listed = machine("/opt/aiops-agent/bin/aiops-agent", "incidents", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    [incident] = json.loads(listed.stdout)["incidents"]
    assert (incident["category"], incident["occurrences"]) == ("disk_full", 1)
    assert machine("sh", "-c", "ls /var/lib/aiops-agent/reports/").stdout.count(".txt") == 1


def test_the_timer_goes_on_and_quiet_ticks_succeed(machine):
    machine.wait(lambda: machine.journal().count("nothing new") >= 2, "no quiet ticks")
    shown = machine("systemctl", "show", "aiops-agent.service", "-p", "Result", "-p", "ExecMainStatus")
    assert set(shown.stdout.split()) == {"Result=success", "ExecMainStatus=0"}


def test_root_acts_as_the_owner_and_the_record_is_intact(machine):
    assert machine("/opt/aiops-agent/bin/aiops-agent", "silence", "add", "--category", "timeout").returncode == 0
    verdict = machine("/opt/aiops-agent/bin/aiops-agent", "audit", "verify", "--json")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    owners = machine("sh", "-c", "find /var/lib/aiops-agent/ -printf '%u\\n' | sort -u").stdout.split()
    assert "root" not in owners


def occurrences(machine) -> int:
    listed = machine("/opt/aiops-agent/bin/aiops-agent", "incidents", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return sum(incident["occurrences"] for incident in json.loads(listed.stdout)["incidents"])


def test_the_daemon_takes_the_place_of_the_timer_says_when_it_is_ready_and_finds_what_is_appended(machine):
    before = occurrences(machine)
    started = machine("systemctl", "start", "aiops-agent-daemon.service")
    assert started.returncode == 0, started.stderr + machine("journalctl", "-u", "aiops-agent-daemon").stdout
    assert machine("systemctl", "is-active", "aiops-agent.timer").stdout.strip() == "inactive"
    append = "echo '2026-11-23 03:00:00,001 ERROR shop: OSError: [Errno 28] No space left on device' >> {}"
    assert machine("sh", "-c", append.format("/var/log/shop/shop.log")).returncode == 0
    machine.wait(lambda: occurrences(machine) == before + 1, "the daemon found nothing")
    said = machine("journalctl", "-u", "aiops-agent-daemon", "-o", "cat").stdout
    assert "events:" not in said, "inotify works under the unit's restrictions"


def test_the_daemon_reloads_and_ends_well(machine):
    reloaded = machine("systemctl", "reload", "aiops-agent-daemon.service")
    assert reloaded.returncode == 0, reloaded.stderr
    machine.wait(
        lambda: "was read anew" in machine("journalctl", "-u", "aiops-agent-daemon", "-o", "cat").stdout, "no reload"
    )
    assert machine("systemctl", "stop", "aiops-agent-daemon.service").returncode == 0
    shown = machine(
        "systemctl", "show", "aiops-agent-daemon", "-p", "Result", "-p", "ExecMainStatus", "-p", "NRestarts"
    )
    assert set(shown.stdout.split()) == {"Result=success", "ExecMainStatus=0", "NRestarts=0"}
