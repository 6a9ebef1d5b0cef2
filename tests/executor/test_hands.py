"""What a step may do: what it names, and nothing else. The sandboxes are real."""

import contextlib
import ctypes
import json
import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.executor import hand
from aiops_agent.executor.hands import OF_NO_FOLDER, OF_SYSTEMD, OVER_THE_NETWORK, RootHands, confined
from aiops_agent.executor.sandbox import NOBODY, Confinement, under_bubblewrap, under_systemd
from aiops_agent.model.playbook import Command, CommandResult, Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.spawn import CutOffError, spawn
from tests.executor.desk import ANN
from tests.fakes import SteppingClock
from tests.playbook.world import parsed
from tests.public import public_folder

PATH = os.environ["PATH"]
needs_bubblewrap = pytest.mark.skipif(
    os.geteuid() != 0 or (shutil.which("bwrap") is None and "CI" not in os.environ), reason="root makes sandboxes"
)


def others_can_run_this() -> bool:
    """Whether a user without rights can run this interpreter: not where a checkout lies in somebody's home."""
    if os.geteuid() != 0 or shutil.which("bwrap") is None:
        return False
    argv = under_bubblewrap([sys.executable, "-I", "-c", ""], Confinement(user=ANN, group=ANN))
    return subprocess.run(argv, check=False, capture_output=True).returncode == 0


needs_others = pytest.mark.skipif(not others_can_run_this(), reason="tests/services runs it where it is installed")


def never() -> bool:
    return False


def command(verb: str, **arguments: object) -> Command:
    given = {name.rstrip("_"): value for name, value in arguments.items()}
    return vocabulary.command(verb, parsed(verb, given))


def aside(path: Path) -> Command:
    """Move a file aside, in the folder that was declared for it."""
    plain = command("move_aside", path=str(path))
    return replace(plain, arguments={**plain.arguments, "path_root": str(path.parent)})


@pytest.fixture
def hands():
    return RootHands(SteppingClock(), booted=False, token=lambda: "token", path=PATH)


@pytest.fixture
def place():
    """A folder of a service's user, below one that everybody can enter."""
    with public_folder() as folder:
        service = folder / "service"
        service.mkdir(mode=0o755)
        (service / "lock").write_text("1")
        if os.geteuid() == 0:
            for each in (service, service / "lock"):
                os.chown(each, ANN, ANN)
        yield service


def inside(confinement: Confinement, program: str) -> str:
    argv = under_bubblewrap([sys.executable, "-I", "-c", program], confinement)
    return spawn(argv, path=PATH, seconds=20, stopped=never).output


TRY_TO_WRITE = """\
for place in {!r}:
    try:
        open(place, "a").close()
    except OSError:
        print(0)
    else:
        print(1)
"""


@needs_bubblewrap
def test_only_what_is_named_can_be_written(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "other").mkdir()
    places = [str(tmp_path / "mine" / "a"), str(tmp_path / "other" / "a"), "/etc/a", "/usr/a"]
    said = inside(Confinement(writable=(str(tmp_path / "mine"),)), TRY_TO_WRITE.format(places))
    assert said.split() == ["1", "0", "0", "0"]


@needs_bubblewrap
def test_without_the_word_there_is_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        connect = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2); print('in')"
        assert inside(Confinement(network=True), connect) == "in\n"
        assert inside(Confinement(), connect) == ""


def capabilities(confinement: Confinement) -> dict[str, str]:
    argv = under_bubblewrap(["grep", "-E", "^(CapEff|Uid|NoNewPrivs):", "/proc/self/status"], confinement)
    said = spawn(argv, path=PATH, seconds=20, stopped=never).output
    return {line.split()[0]: line.split()[1] for line in said.splitlines()}


@needs_bubblewrap
def test_a_step_has_the_capabilities_it_needs_and_no_other():
    assert capabilities(Confinement())["CapEff:"] == "0" * 16
    assert capabilities(Confinement(capabilities=("CAP_KILL",)))["CapEff:"] == f"{1 << 5:016x}"


@needs_bubblewrap
def test_as_another_user_it_has_none_at_all():
    assert capabilities(Confinement(user=ANN, group=ANN)) == {
        "Uid:": str(ANN),
        "CapEff:": "0" * 16,
        "NoNewPrivs:": "1",
    }


def test_what_systemd_is_asked_for_names_everything_that_is_allowed():
    argv = under_systemd(["true"], Confinement(user=7, group=8, writable=('/srv/a "b" 100%',), seconds=30), "x.service")
    assert argv[:5] == ["systemd-run", "--quiet", "--wait", "--pipe", "--collect"]
    for given in (
        "--unit=x.service",
        "--property=User=7",
        "--property=Group=8",
        '--property=ReadWritePaths="/srv/a \\"b\\" 100%"',
        "--property=PrivateNetwork=yes",
        "--property=ProtectSystem=strict",
        "--property=NoNewPrivileges=yes",
        "--property=CapabilityBoundingSet=",
        "--property=RuntimeMaxSec=35",
        "--property=UMask=0077",
    ):
        assert given in argv
    assert argv[-2:] == ["--", "true"]
    over_network = under_systemd(["true"], Confinement(network=True), "x.service")
    assert not [word for word in over_network if "PrivateNetwork" in word]


def test_a_change_is_made_as_the_owner_of_its_folder(place):
    found = confined(command("move_aside", path=str(place / "lock")))
    owner = ANN if os.geteuid() == 0 else os.geteuid()
    assert (found.user, found.writable, found.capabilities, found.network) == (owner, (str(place),), (), False)


def test_all_below_the_declared_root_is_one_mount_in_the_sandbox(place):
    below = replace(
        aside(place / "lock"), arguments={**aside(place / "lock").arguments, "path_root": str(place.parent)}
    )
    assert confined(below).writable == (str(place.parent),), "else what is around the folder is another mount"


def test_a_folder_of_roots_is_changed_as_root(tmp_path):
    if os.geteuid() == 0:
        assert confined(command("move_aside", path=str(tmp_path / "roots"))).user == 0


def test_a_probe_changes_nothing_and_one_over_the_network_is_nobodys(place):
    look = confined(command("file_exists", path=str(place / "lock")))
    assert (look.user, look.writable, look.network) == (0, (), False)
    ask = confined(command("http", url="http://127.0.0.1/"))
    assert (ask.user, ask.writable, ask.capabilities, ask.network) == (NOBODY, (), (), True)


@pytest.mark.parametrize("verb", sorted(vocabulary.VERBS))
def test_every_word_is_done_somewhere(verb):
    word = vocabulary.VERBS[verb]
    is_placed = not word.changes or {"path", "directory", "pid_file"} & set(word.arguments)
    assert verb == "unit" or verb in OF_SYSTEMD | OVER_THE_NETWORK | set(OF_NO_FOLDER) or is_placed


def test_what_names_no_place_is_not_done():
    with pytest.raises(RefusedError):
        confined(Command("reboot", {"now": True}, changes=True, privileged=True, timeout=timedelta(seconds=1)))


@needs_bubblewrap
@needs_others
def test_a_step_is_planned_done_and_taken_back_in_its_sandbox(hands, place):
    planned = hands.plan(aside(place / "lock"))
    assert isinstance(planned, Planned)
    assert hands.run(planned.command, never).ok
    assert [path.name.startswith("lock.aside-") for path in place.iterdir()] == [True]
    assert planned.undo is not None
    assert hands.run(planned.undo, never).ok
    assert [path.name for path in place.iterdir()] == ["lock"]
    assert (place / "lock").stat().st_uid == ANN


@needs_bubblewrap
def test_c04_a_link_that_a_service_puts_in_the_way_leads_to_nothing(hands, place):
    shutil.rmtree(place)
    place.symlink_to("/etc")
    assert isinstance(hands.plan(command("move_aside", path=str(place / "passwd"))), CommandResult)
    assert Path("/etc/passwd").exists()


@pytest.mark.slow
@needs_bubblewrap
def test_a_probe_sees_the_whole_house(hands, place):
    assert hands.run(command("file_exists", path=str(place / "lock")), never).ok
    assert hands.run(command("file_absent", path=str(place / "gone")), never).ok
    assert not hands.run(command("file_absent", path="/etc/shadow"), never).ok
    home = Path("/root")
    if home.exists():
        assert not hands.run(command("file_absent", path=str(home)), never).ok


@needs_bubblewrap
@needs_others
def test_a_port_is_looked_at_on_the_host(hands):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert hands.run(command("port", host="127.0.0.1", port=port, is_="open"), never).ok
    assert not hands.run(command("port", host="127.0.0.1", port=port, is_="open"), never).ok


@needs_bubblewrap
def test_a_step_of_roots_is_planned_done_and_taken_back_in_its_sandbox(hands, tmp_path):
    wanted = aside(tmp_path / "roots")
    assert isinstance(hands.plan(wanted), CommandResult), "it is not there"
    (tmp_path / "roots").write_text("root's")
    planned = hands.plan(wanted)
    assert isinstance(planned, Planned)
    assert hands.run(planned.command, never).ok
    assert [path.name.startswith("roots.aside-") for path in tmp_path.iterdir()] == [True]
    assert planned.undo is not None
    assert hands.run(planned.undo, never).ok
    assert [path.name for path in tmp_path.iterdir()] == ["roots"]


@needs_bubblewrap
def test_a_step_is_stopped_with_everything_it_started_within_a_second(tmp_path):
    argv = under_bubblewrap(
        ["sh", "-c", f"echo > {tmp_path}/begun; sleep 60 & sleep 60"], Confinement(writable=(str(tmp_path),))
    )
    stop_at = []

    def stopped() -> bool:
        if (tmp_path / "begun").exists() and not stop_at:
            stop_at.append(time.monotonic())
        return bool(stop_at)

    with pytest.raises(CutOffError):
        spawn(argv, path=PATH, seconds=30, stopped=stopped)
    assert time.monotonic() - stop_at[0] < 1


def test_a_sandbox_that_cannot_be_made_is_a_result(place):
    hands = RootHands(SteppingClock(), booted=False, token=lambda: "token", path=str(place))
    assert not hands.run(command("file_exists", path="/etc/passwd"), never).ok
    assert not hands.run(command("unit", restart="shop.service"), never).ok


def test_what_is_handed_in_and_out_comes_back_as_it_was():
    move = command("move_aside", path="/srv/shop/lock")
    for answer in (Planned(move, None), Planned(move, move), CommandResult(ok=False, detail="no", half_done=True)):
        assert hand.heard(json.loads(json.dumps(hand.told(answer)))) == answer


FORGED = {
    "an answer that is no object": "[]",
    "one that nests": "[" * 60_000,
    "a time that is none": '{"planned": [["move_aside", {}, true, false, "inf"], null]}',
    "a time without an end": '{"planned": [["move_aside", {}, true, false, Infinity], null]}',
    "a plan": json.dumps(hand.told(Planned(command("unit", start="evil.service"), None))),
}


def bubblewrap_that_says(folder: Path, said: str, status: int = 0) -> RootHands:
    """Hands whose sandbox is a program of the attacker's: who may change the hand inside may have it say anything."""
    folder.mkdir()
    (folder / "said").write_text(said)
    (folder / "bwrap").write_text(f"#!/bin/sh\ncat {folder}/said\nexit {status}\n")
    (folder / "bwrap").chmod(0o755)
    return RootHands(SteppingClock(), booted=False, token=lambda: "token", path=f"{folder}:{PATH}")


@pytest.mark.parametrize("said", FORGED.values(), ids=FORGED)
def test_whatever_a_hand_says_it_is_a_result_and_no_end_of_the_executor(tmp_path, place, said):
    hands = bubblewrap_that_says(tmp_path / "bin", said)
    found = hands.run(aside(place / "lock"), never)
    assert (found.ok, found.half_done) == (False, True)


def test_a_hand_that_was_killed_has_not_said_that_it_is_done(tmp_path, place):
    hands = bubblewrap_that_says(tmp_path / "bin", json.dumps(hand.told(CommandResult(ok=True, detail=""))), 137)
    found = hands.run(aside(place / "lock"), never)
    assert (found.ok, found.half_done) == (False, True)


@pytest.mark.parametrize("said", FORGED.values(), ids=FORGED)
def test_no_plan_is_taken_for_another_word_than_was_to_be_planned(tmp_path, place, said):
    hands = bubblewrap_that_says(tmp_path / "bin", said)
    assert isinstance(hands.plan(aside(place / "lock")), CommandResult)


def speak_for_hands(forged: bytes) -> None:
    """Be a process of the service's user that answers in the place of every hand that it may, and kills that one."""
    os.setgroups([])
    os.setgid(ANN)
    os.setuid(ANN)
    pidfd_getfd = 438
    while True:
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (folder / "cmdline").read_bytes().endswith(b"a hand\0") and folder.stat().st_uid == ANN:
                    time.sleep(0.1)  # the one that lives, not who is about to become something else
                    theirs = os.pidfd_open(int(folder.name))
                    os.write(ctypes.CDLL(None).syscall(pidfd_getfd, theirs, 1, 0), forged)
                    signal.pidfd_send_signal(theirs, signal.SIGKILL)
                    return


@needs_bubblewrap
def test_a_service_cannot_speak_for_the_hand_that_plans(hands, place, monkeypatch):
    wanted = aside(place / "lock")
    slow = f"sleep 0.5; echo '{json.dumps(hand.told(Planned(wanted, None)))}'"
    monkeypatch.setattr("aiops_agent.executor.hands._HAND", ["sh", "-c", slow, "a hand"])
    forged = json.dumps(hand.told(Planned(wanted, aside(Path("/etc/hosts")))))
    service = multiprocessing.get_context("fork").Process(target=speak_for_hands, args=[forged.encode()])
    service.start()
    try:
        time.sleep(0.2)
        assert hands.plan(wanted) == Planned(wanted, None)
    finally:
        service.kill()
        service.join()


@pytest.mark.skipif(os.geteuid() != 0, reason="as whom it is done is root's to say")
def test_a_link_to_a_folder_of_roots_makes_no_step_be_done_as_root(place):
    (place / "way").symlink_to("/")
    for named in ({"path": f"{place}/way/etc/hosts"}, {"path": f"{place}/way/hosts"}):
        with pytest.raises(RefusedError, match="is a link"):
            confined(command("move_aside", **named))
    with pytest.raises(RefusedError, match="is a link"):
        confined(command("compress", directory=f"{place}/way/etc", pattern="*.log"))
