"""Who is at the other end is what the kernel says."""

import os
import socket

import pytest

from aiops_agent.executor.persons import Approvers, person_behind
from aiops_agent.executor.server import Caller, Role, caller
from aiops_agent.playbook.wire import Peer, peer_of
from tests.executor.desk import AGENT, ANN, BOB, EVE, desk_in

NO_LOGIN = 2**32 - 1


@pytest.fixture
def proc(tmp_path):
    """A /proc in which process 7 belongs to a login."""

    def with_login(uid: int | None):
        for name, login in (("self", NO_LOGIN), ("7", uid)):
            (tmp_path / name).mkdir(exist_ok=True)
            if login is not None:
                (tmp_path / name / "loginuid").write_text(str(login))
        return tmp_path

    return with_login


@pytest.mark.parametrize(
    ("uid", "login", "person"),
    [
        (0, ANN, ANN),  # ann, through sudo
        (0, BOB, BOB),  # bob, through sudo: another one
        (0, NO_LOGIN, 0),
        (ANN, ANN, ANN),
        (ANN, NO_LOGIN, ANN),
        (ANN, BOB, None),  # bob's login began what runs as ann: neither answers for it
        (0, None, None),  # gone: what it was cannot be told
    ],
)
def test_a_person_is_who_logged_in(proc, uid, login, person):
    assert person_behind(Peer(7, uid), proc(login)) == person


def test_a_kernel_without_logins_tells_users_apart(tmp_path):
    assert person_behind(Peer(7, ANN), tmp_path) == ANN


def test_the_kernel_says_who_connected():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        assert peer_of(ours) == Peer(os.getpid(), os.geteuid())


def test_approvers_are_named_by_user_or_group():
    assert Approvers(("daemon",), ()).include(ANN)
    assert not Approvers(("daemon",), ()).include(BOB)
    assert Approvers((), ("bin",)).include(BOB)
    assert not Approvers((), ()).include(ANN)


@pytest.mark.parametrize(
    ("uid", "login", "expected"),
    [
        (AGENT, NO_LOGIN, Caller(Role.AGENT, AGENT)),
        (AGENT, ANN, Caller(Role.AGENT, AGENT)),  # started by ann in her shell: still what reads hostile text
        (ANN, ANN, Caller(Role.APPROVER, ANN)),
        (0, BOB, Caller(Role.APPROVER, BOB)),
        (0, AGENT, Caller(Role.ROOT, AGENT)),
        (0, NO_LOGIN, Caller(Role.ROOT, 0)),
        (0, EVE, Caller(Role.ROOT, EVE)),
        (EVE, EVE, None),
        (65534, NO_LOGIN, None),
    ],
)
def test_what_somebody_may_say_follows_from_who_they_are(tmp_path, proc, uid, login, expected):
    with desk_in(tmp_path) as desk:
        assert caller(Peer(7, uid), desk, proc(login)) == expected


def test_only_the_agent_gives_orders_and_only_people_answer():
    assert {role for role in Role if "run" in role.value} == {Role.AGENT}
    assert {role for role in Role if "approve" in role.value} == {Role.APPROVER}
    assert {role for role in Role if "deny" in role.value} == {Role.APPROVER}
    assert {role for role in Role if "halt" in role.value} == set(Role), "anyone who has a say may stop it"
