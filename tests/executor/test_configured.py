"""executor.yaml: root's alone, and every fault at once."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.errors import ConfigError
from aiops_agent.executor.configured import KEYS, load
from aiops_agent.executor.persons import Approvers
from aiops_agent.model.decision import Mode
from aiops_agent.policy.limits import Group

GOOD = """\
agent: daemon
state_dir: /var/lib/elsewhere
socket: /run/elsewhere/executor.sock
mode: auto
approval_expires: 30m
playbooks: [/etc/aiops-agent/playbooks]
approvers: {users: [bin], groups: [adm]}
services:
  shop.service: {port: 8080, lock_file: /run/shop/lock}
  nginx.service:
groups: [{name: web, services: [nginx.service, shop.service], minimum: 1}]
"""
SHIPPED = Path("/usr/share/playbooks")


def read(folder: Path, text: str, mode: int = 0o640):
    path = folder / "executor.yaml"
    path.write_text(text)
    path.chmod(mode)
    return load(path, SHIPPED)


def faults(folder: Path, text: str, mode: int = 0o640) -> list[tuple[int, str]]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, mode)
    return [(fault.line, fault.key) for fault in caught.value.faults]


def test_what_the_file_says_is_what_is_allowed(tmp_path):
    settings = read(tmp_path, GOOD)
    assert settings.agent == 1
    assert settings.services == {"shop.service": {"port": 8080, "lock_file": "/run/shop/lock"}, "nginx.service": {}}
    assert settings.playbooks == (SHIPPED, Path("/etc/aiops-agent/playbooks"))
    assert settings.approvers == Approvers(("bin",), ("adm",))
    assert settings.limits.groups == (Group(name="web", services=("nginx.service", "shop.service"), minimum=1),)
    assert (settings.mode, settings.approval_expires) == (Mode.AUTO, timedelta(minutes=30))


def test_what_is_left_out_is_the_careful_thing(tmp_path):
    settings = read(tmp_path, "agent: daemon\n")
    assert (settings.services, settings.approvers) == ({}, Approvers((), ()))
    assert settings.mode is Mode.APPROVE


def test_every_fault_is_told_with_its_line(tmp_path):
    text = """\
agent: no-such-user
mode: brave
approval_expires: soon
playbooks: [relative]
approvers: {user: [ann]}
services: {"shop": {}, "a.service": {x: [1]}}
socket: 7
more: 1
groups:
  - {name: web, services: [a.service], minimum: 1}
  - {name: web, services: [a.service, "-b.service"], minimum: true, more: 1}
"""
    assert sorted(faults(tmp_path, text)) == [
        (1, "agent"),
        (2, "mode"),
        (3, "approval_expires"),
        (4, "playbooks.0"),
        (5, "approvers.user"),
        (6, "services.a.service.x"),
        (6, "services.shop"),
        (7, "socket"),
        (8, "more"),
        (10, "groups.0.services"),
        (11, "groups.1.minimum"),
        (11, "groups.1.more"),
        (11, "groups.1.services.1"),
    ]


def test_two_groups_of_one_name_are_a_fault(tmp_path):
    group = "{name: web, services: [a.service, b.service], minimum: 1}"
    assert faults(tmp_path, f"agent: daemon\ngroups: [{group}, {group}]\n") == [(2, "groups")]


@pytest.mark.parametrize(("services", "minimum"), [("a.service, b.service", 2), ("a.service, a.service", 1)])
def test_a_group_of_which_so_many_can_never_be_left_is_a_fault(tmp_path, services, minimum):
    text = f"agent: daemon\ngroups:\n  - name: web\n    services: [{services}]\n    minimum: {minimum}\n"
    assert faults(tmp_path, text) == [(5, "groups.0.minimum")]


def test_the_agent_is_not_root(tmp_path):
    assert faults(tmp_path, "agent: root\n") == [(1, "agent")]


@pytest.mark.parametrize("text", ["", "- a\n", "a: &b c\n", "agent: daemon\nagent: bin\n", "\x00"])
def test_what_is_no_mapping_is_refused(tmp_path, text):
    assert faults(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot be looked at"):
        load(tmp_path / "executor.yaml", SHIPPED)


@pytest.mark.parametrize("mode", [0o660, 0o646, 0o666])
def test_c08_a_file_that_others_can_write_is_refused(tmp_path, mode):
    with pytest.raises(ConfigError, match="can be written by others"):
        read(tmp_path, GOOD, mode)


def test_c08_a_folder_that_others_can_write_is_refused(tmp_path):
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigError, match="can be written by others"):
        read(tmp_path, GOOD)


def test_a_link_is_refused(tmp_path):
    (tmp_path / "real.yaml").write_text(GOOD)
    (tmp_path / "executor.yaml").symlink_to(tmp_path / "real.yaml")
    with pytest.raises(ConfigError, match="is a link"):
        load(tmp_path / "executor.yaml", SHIPPED)


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_another_users_file_is_refused(tmp_path):
    read(tmp_path, GOOD)
    os.chown(tmp_path / "executor.yaml", 1, 1)
    with pytest.raises(ConfigError, match="belongs to uid 1"):
        load(tmp_path / "executor.yaml", SHIPPED)


def test_the_packaged_file_can_be_used_and_allows_nothing(tmp_path):
    packaged = Path(__file__).parent.parent.parent / "packaging" / "executor.yaml"
    settings = read(tmp_path, packaged.read_text().replace("agent: aiops-agent", "agent: daemon"))
    assert (settings.services, settings.approvers) == ({}, Approvers((), ()))
    assert settings.mode is Mode.APPROVE


def test_every_key_is_documented():
    documented = (Path(__file__).parent.parent.parent / "docs" / "executor.md").read_text()
    for key in KEYS:
        assert f"| `{key}` |" in documented, key
