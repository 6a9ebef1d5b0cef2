"""The units under a real systemd: the hardened service reads, diagnoses, reports and records, without any privilege."""

import json
import os
import shutil
import subprocess

import pytest

from tests.services.machine import booted_machine

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="boots a container"),
    pytest.mark.skipif(shutil.which("systemd-nspawn") is None and "CI" not in os.environ, reason="no systemd-nspawn"),
]


@pytest.fixture(scope="module")
def machine():
    with booted_machine() as booted:
        yield booted


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
    assert listed.returncode in {0, 3}, listed.stderr  # 3: a shell without the unit's credential is shown no evidence
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


AGENT = "/opt/aiops-agent/bin/aiops-agent"
WRAPPING = "aiops-agent.wrapping"
STORE = "/etc/credstore.encrypted"
FAULT = "2026-11-23 03:00:00,001 ERROR shop: OSError: [Errno 28] No space left on device {}"


def shell(machine, script: str) -> str:
    done = machine("sh", "-ec", script)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def scan(machine, *words: str) -> int:
    """Run the unit of the scan once and return how its process ended."""
    shell(machine, f"echo '{FAULT.format(' '.join(words))}' >> /var/log/shop/shop.log")
    machine("systemctl", "start", "aiops-agent.service")
    return int(machine("systemctl", "show", "aiops-agent.service", "-p", "ExecMainStatus", "--value").stdout)


def inside(machine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as the hint of the program says: in a unit that is given the credential."""
    given = [f"-pLoadCredentialEncrypted={WRAPPING}", f"-pLoadCredentialEncrypted={WRAPPING}.old"]
    return machine("systemd-run", "--pipe", "--wait", "-q", "--uid=aiops-agent", *given, AGENT, *words)


def recorded(machine) -> list[str]:
    shown = inside(machine, "audit", "show", "--jsonl")
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line)["action"] for line in shown.stdout.splitlines()]


@pytest.fixture(scope="module")
def sealed(machine):
    """The same machine begun anew, its wrapping key a credential that the host's key encrypts."""
    machine("systemctl", "stop", "aiops-agent.timer", "aiops-agent-daemon.service", "aiops-agent.service")
    shell(
        machine,
        f"""
        find /var/lib/aiops-agent -mindepth 1 -delete
        echo 'audit: {{key: {{type: credential}}}}' >> /etc/aiops-agent/config.yaml
        sed -i 's/^#\\(LoadCredentialEncrypted=aiops-agent.wrapping\\)/\\1/' /etc/systemd/system/aiops-agent.service
        grep -c ^LoadCredentialEncrypted= /etc/systemd/system/aiops-agent.service | grep -qx 2
        systemctl daemon-reload
        mkdir -p {STORE}
        systemd-creds setup
        head -c 32 /dev/urandom | systemd-creds encrypt --with-key=host --name={WRAPPING} - {STORE}/{WRAPPING}
        """,
    )
    return machine


def test_the_log_opens_with_a_credential_inside_of_the_unit_only_and_the_disk_holds_no_key(sealed):
    assert scan(sealed, "first") == 0, sealed.said()
    verdict = inside(sealed, "audit", "verify", "--json")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert json.loads(verdict.stdout)["intact"]
    assert "without the keys" not in verdict.stdout
    assert "decision" in recorded(sealed)
    held = shell(sealed, "cd /var/lib/aiops-agent/keys; for each in *; do stat -c '%n %s %a' $each; done")
    files = {name: (size, mode) for name, size, mode in (line.split() for line in held.splitlines())}
    assert "wrapping.key" not in files
    assert files["signing.key"] == ("68", "600")
    outside = sealed(AGENT, "audit", "show")
    assert (outside.returncode, "systemd-run --pipe --wait" in outside.stderr) == (3, True)
    publicly = sealed(AGENT, "audit", "verify")
    assert (publicly.returncode, "intact" in publicly.stdout) == (0, True)


def test_the_credential_is_replaced_by_the_steps_that_the_program_prints(sealed):
    refused = inside(sealed, "audit", "rotate-key")
    assert refused.returncode == 2
    first = shell(sealed, "cat /var/lib/aiops-agent/audit/*.aia1 | sha256sum; stat -c %s /var/lib/aiops-agent/audit/*")
    before = recorded(sealed)
    shell(sealed, "\n".join(refused.stderr.splitlines()[1:]))
    assert sealed("test", "-e", f"{STORE}/{WRAPPING}.old").returncode != 0
    assert recorded(sealed) == [*before, "wrapping_key.replaced", "key.rotated"]
    assert scan(sealed, "after") == 0, sealed.said()
    verdict = inside(sealed, "audit", "verify", "--json")
    assert json.loads(verdict.stdout)["intact"], verdict.stdout
    size = first.split()[-1]
    again = shell(sealed, f"cat /var/lib/aiops-agent/audit/*.aia1 | head -c {size} | sha256sum")
    assert again.split()[0] == first.split()[0], "nothing is written anew"


def test_without_its_credential_the_unit_still_observes_and_makes_no_key(sealed):
    shell(sealed, f"mv {STORE}/{WRAPPING} {STORE}/elsewhere")
    before = shell(sealed, "ls /var/lib/aiops-agent/keys")
    found = occurrences(sealed)
    assert scan(sealed, "lost") == 3
    assert f"gave this unit no credential {WRAPPING}" in sealed.journal()
    assert occurrences(sealed) == found + 2, "the fault, and the incident about the key"
    assert shell(sealed, "ls /var/lib/aiops-agent/keys") == before
    shell(sealed, f"mv {STORE}/elsewhere {STORE}/{WRAPPING}")
    assert scan(sealed, "back") == 0, sealed.said()


def test_a_log_that_began_with_a_key_in_a_file_goes_on_with_that_key_as_a_credential(sealed):
    keys, line = "/var/lib/aiops-agent/keys", "audit: {key: {type: credential}}"
    shell(
        sealed,
        f"""
        find /var/lib/aiops-agent -mindepth 1 -delete
        rm {STORE}/*
        sed -i '/^audit:/d' /etc/aiops-agent/config.yaml
        """,
    )
    assert scan(sealed, "file") == 0, sealed.said()
    shell(
        sealed,
        f"""
        systemd-creds encrypt --with-key=host --name={WRAPPING} {keys}/wrapping.key {STORE}/{WRAPPING}
        echo '{line}' >> /etc/aiops-agent/config.yaml
        """,
    )
    assert scan(sealed, "credential") == 0, sealed.said()
    shell(sealed, f"shred -u {keys}/wrapping.key")
    verdict = inside(sealed, "audit", "verify", "--json")
    assert json.loads(verdict.stdout)["intact"], verdict.stdout
    assert recorded(sealed).count("decision") >= 2
    assert inside(sealed, "doctor").stdout.count("in the clear") == 1, "what no copy of the disk has"
