"""Both processes under a real systemd: a unit fails, the agent asks, a person agrees, root restarts it."""

import json
import os
import shutil
import textwrap
import time

import pytest

from tests.services.machine import booted_machine

AGENT, EXECUTOR = "/opt/aiops-agent/bin/aiops-agent", "/opt/aiops-agent/bin/aiops-agent-executor"
pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="boots a container"),
    pytest.mark.skipif(shutil.which("systemd-nspawn") is None and "CI" not in os.environ, reason="no systemd-nspawn"),
]

SET_UP = """\
systemctl stop aiops-agent.timer aiops-agent.service
rm -rf /var/lib/aiops-agent  # where the timer was quicker than this
useradd ann
useradd bob
useradd eve
for unit in shop desk till; do
cat > /etc/systemd/system/$unit.service <<UNIT
[Unit]
Description=The $unit
[Service]
# It needs something that is away, and comes back.
ExecStart=/bin/sh -c 'test -e /run/$unit-data || { echo "ERROR $unit: no database"; exit 1; }; exec sleep infinity'
UNIT
# What a timer starts was started by nobody.
cat > /etc/systemd/system/$unit.timer <<UNIT
[Timer]
OnActiveSec=0
AccuracySec=10ms
UNIT
done
cat > /etc/aiops-agent/config.yaml <<'CONFIG'
state_dir: /var/lib/aiops-agent
sources:
  - {type: journald, units: [shop.service, desk.service, till.service]}
policy: {mode: approve, limits: {self_effect: 1s}}
CONFIG
cat > /etc/aiops-agent/executor.yaml <<'CONFIG'
agent: aiops-agent
services: {shop.service: {}, desk.service: {}, till.service: {}}
approvers: {users: [ann, bob]}
CONFIG
umask 077
echo 'a long passphrase' > /root/passphrase
/opt/aiops-agent/bin/aiops-agent playbook keygen --out /root/root.key --passphrase-file /root/passphrase
install -d -m 755 /etc/aiops-agent/trusted
install -m 644 /root/root.key.pub /etc/aiops-agent/trusted/
/opt/aiops-agent/bin/aiops-agent playbook sign --key /root/root.key --passphrase-file /root/passphrase --all
systemctl daemon-reload
systemctl start aiops-agent-executor.service
systemctl start aiops-agent.service
"""


def shell(machine, script: str) -> str:
    done = machine("sh", "-ec", textwrap.dedent(script))
    assert done.returncode == 0, done.stdout + done.stderr + said(machine)
    return done.stdout


def said(machine) -> str:
    units = [word for unit in ("aiops-agent", "aiops-agent-executor", "shop") for word in ("-u", unit)]
    return machine("journalctl", "--no-pager", *units).stdout[-6000:]


def incidents(machine, unit: str = "shop.service") -> list[dict]:
    listed = machine(AGENT, "incidents", "list", "--json")
    assert listed.returncode == 0, listed.stderr
    return [found for found in json.loads(listed.stdout)["incidents"] if found["service"] == unit]


def fails(machine, unit: str) -> None:
    machine("systemctl", "start", f"{unit}.timer")
    machine.wait(lambda: machine("systemctl", "is-failed", unit).stdout.strip() == "failed", "it did not fail")


def questions(machine) -> list[dict]:
    listed = machine(AGENT, "approvals", "list", "--json")
    return [found for found in json.loads(listed.stdout)["approvals"] if found["state"] == "pending"]


def as_user(machine, name: str, *words: str):
    return machine("runuser", "-u", name, "--", *words)


def tick(machine) -> None:
    machine("systemctl", "start", "aiops-agent.service")


@pytest.fixture(scope="module")
def machine():
    with booted_machine() as booted:
        shell(booted, SET_UP)
        yield booted


def test_the_executor_is_up_and_the_agent_knows_it_for_roots(machine):
    assert shell(machine, "systemctl is-active aiops-agent-executor").strip() == "active"
    checked = json.loads(machine(AGENT, "doctor", "--json").stdout)["checks"]
    [found] = [check for check in checked if check["name"] == "root executor"]
    assert found["status"] == "ok", found
    assert "shop.service" in found["detail"]


def test_a_unit_that_failed_is_restarted_once_a_person_agreed(machine):
    fails(machine, "shop")
    tick(machine)
    [question] = questions(machine)
    assert question["playbook"] == "restart-failed-unit"
    refused = as_user(machine, "eve", AGENT, "approvals", "approve", question["id"])
    assert (refused.returncode, "has no say here" in refused.stderr) == (2, True), refused.stderr
    by_itself = as_user(machine, "aiops-agent", AGENT, "approvals", "approve", question["id"])
    assert (by_itself.returncode, "is not for you" in by_itself.stderr) == (2, True), by_itself.stderr
    shell(machine, "touch /run/shop-data")
    agreed = as_user(machine, "ann", AGENT, "approvals", "approve", question["id"])
    assert (agreed.returncode, "is agreed to" in agreed.stdout) == (0, True), agreed.stderr + said(machine)
    tick(machine)
    assert machine("systemctl", "is-active", "shop.service").stdout.strip() == "active", said(machine)
    outcomes = {(found["status"], found["outcome"]) for found in incidents(machine) if found["playbook"]}
    assert ("resolved", "succeeded") in outcomes, incidents(machine)
    reports = shell(machine, "cat /var/lib/aiops-agent/reports/*.txt")
    assert "restart-failed-unit" in reports


def test_a_unit_that_a_person_has_just_had_a_hand_on_is_left_alone_and_told(machine):
    machine("systemctl", "restart", "desk.service")
    machine.wait(lambda: machine("systemctl", "is-failed", "desk").stdout.strip() == "failed", "it did not fail")
    tick(machine)
    assert "busy" in {found["reason"] for found in incidents(machine, "desk.service")}, incidents(
        machine, "desk.service"
    )
    assert questions(machine) == []
    reports = shell(machine, "cat /var/lib/aiops-agent/reports/*.txt")
    assert "somebody had systemd start, stop or reload desk.service less than a minute ago" in reports


FORGED = """\
MESSAGE=Stopped till.service - The till.
UNIT=till.service
JOB_ID=4711
JOB_TYPE=stop
JOB_RESULT=done
MESSAGE_ID=9d1aaa27d60140bd96365438aad20286
"""


def test_what_others_than_systemd_write_about_a_unit_is_no_hand_on_it(machine):
    shell(machine, f"runuser -u eve -- logger --journald <<'ENTRY'\n{FORGED}ENTRY\n")
    assert "till.service" in shell(machine, "journalctl -q -o cat UNIT=till.service"), "it is in the journal"
    fails(machine, "till")
    tick(machine)
    [question] = questions(machine)
    asked = {found["id"] for found in incidents(machine, "till.service") if found["decision"] == "ask"}
    assert question["incident"] in asked, incidents(machine)
    assert as_user(machine, "ann", AGENT, "approvals", "deny", question["id"]).returncode == 0
    tick(machine)
    assert questions(machine) == [], "the agent has heard it"


def test_both_records_are_intact_and_tell_the_same_story(machine):
    verdict = machine(AGENT, "audit", "verify", "--json")
    assert (verdict.returncode, json.loads(verdict.stdout)["intact"]) == (0, True), verdict.stdout
    time.sleep(1.5)  # until the executor has nothing to do, and has signed its record
    own = machine(EXECUTOR, "verify")
    assert (own.returncode, own.stdout[:6]) == (0, "intact"), own.stdout + own.stderr
    told = [json.loads(line) for line in machine(AGENT, "audit", "show", "--jsonl").stdout.splitlines()]
    assert [entry["actor"] for entry in told if entry["action"] == "approval.granted"] == ["user:ann"]
    kept = machine(EXECUTOR, "show").stdout
    for action in ("asked", "approval.granted", "intent", "step", "result", "stranger", "not_allowed"):
        assert action in kept, kept


def test_what_is_halted_does_nothing_until_root_resumes_it(machine):
    halted = machine(AGENT, "halt")
    assert "the root executor is halted too" in halted.stdout, halted.stdout + halted.stderr
    resumed = machine(AGENT, "resume")
    assert "still halted" in resumed.stdout, resumed.stdout + resumed.stderr
    assert machine("test", "-e", "/var/lib/aiops-agent-executor/halt").returncode == 0
    assert machine(EXECUTOR, "resume").returncode == 0
    assert machine("test", "-e", "/var/lib/aiops-agent-executor/halt").returncode != 0


def test_an_executor_that_was_killed_is_back_and_its_record_explains_it(machine):
    before = shell(machine, "systemctl show -P MainPID aiops-agent-executor").strip()
    shell(machine, "systemctl kill --signal=KILL aiops-agent-executor")
    machine.wait(
        lambda: shell(machine, "systemctl show -P MainPID aiops-agent-executor").strip() not in {before, "0"},
        "it is not back",
    )
    machine.wait(lambda: machine(AGENT, "doctor").stdout.count("the root executor answers") == 1, "it does not answer")
    shell(machine, "systemctl stop aiops-agent-executor")
    assert machine(EXECUTOR, "verify").returncode == 0
    assert machine("test", "-e", "/run/aiops-agent/executor.sock").returncode != 0


def test_without_the_executor_it_is_only_reported(machine):
    shell(machine, "rm /run/shop-data; systemctl stop shop.service; systemctl reset-failed shop.service || true")
    machine("systemctl", "start", "shop.service")
    tick(machine)
    assert "no_executor" in [found["reason"] for found in incidents(machine)], incidents(machine)
    assert questions(machine) == []


STEP = """\
import sys
from dataclasses import replace
sys.path[:0] = [p for p in sys.path if p.endswith("site-packages")]
from aiops_agent.executor.hands import RootHands
from aiops_agent.host import SystemClock
from aiops_agent.playbook import vocabulary as v
hands = RootHands(SystemClock(), booted=True, token=lambda: "test")
def command(verb, **given):
    word = v.VERBS[verb]
    return v.command(verb, {**word.defaults, **{name: word.kind(name).parse(value) for name, value in given.items()}})
def below(root, plain):
    return replace(plain, arguments={**plain.arguments, "path_root": root})
folder = sys.argv[1]
planned = hands.plan(below(folder, command("move_aside", path=f"{folder}/lock")))
print(planned)
print(hands.run(planned.command, lambda: False))
print(hands.run(planned.undo, lambda: False))
print(hands.run(command("file_absent", path="/etc/shadow"), lambda: False))
print(hands.run(command("disk_use", path="/", above=0), lambda: False))
"""


@pytest.mark.parametrize("folder", ["/srv/steps", "/srv/100%n steps"])
def test_a_step_is_done_in_a_unit_of_its_own(machine, folder):
    """Also where systemd, in a file of its own, would take a part of the name for another word."""
    shell(machine, f"mkdir -p '{folder}'; echo 1 > '{folder}/lock'; chown -R ann '{folder}'")
    done = machine("/opt/aiops-agent/bin/python", "-c", STEP, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok=True") == 3, done.stdout + machine("journalctl", "-n", "40", "--no-pager").stdout
    assert shell(machine, f"stat -c '%n %U' '{folder}'/*").strip() == f"{folder}/lock ann"
