"""C09, C10, C15, A08: what somebody tries who is on the host, or has the agent. The executor is a real process."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aiops_agent.errors import ExecutorError
from aiops_agent.model.order import Order, Unknown
from aiops_agent.model.playbook import Failed, NotNeeded, Succeeded
from aiops_agent.playbook import wire
from aiops_agent.playbook.load import load
from aiops_agent.playbook.remote import Remote
from tests.executor.desk import ANN, EVE, RESTART, SERVICE
from tests.public import public_folder
from tests.sign import Signer

ROOT = Path(__file__).parent.parent.parent
AGENT = pwd.getpwnam("nobody").pw_uid
pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="becomes other users"), pytest.mark.slow]

SYSTEMCTL = """\
#!/bin/sh
# A systemd with one unit: its state is in a file, and each restart leaves a line.
for last; do :; done
case " $* " in
    *" --property=LoadState --value "*) echo loaded ;;
    *" show "*) echo "LoadState=loaded"; echo "ActiveState=$(cat {folder}/active)" ;;
    *" restart "*) echo "$last" >> {folder}/restarts; sleep "$(cat {folder}/slow)"; echo active > {folder}/active ;;
esac
"""

PROGRAM = """\
import sys
from pathlib import Path
from aiops_agent.executor import __main__
from aiops_agent.executor.hands import RootHands
from aiops_agent.executor.units import SYSTEM_PATH, Systemd
folder = sys.argv[1]
path = f"{folder}/bin:{SYSTEM_PATH}"
__main__._shipped = lambda: Path(folder, "playbooks")
__main__._world = lambda clock: (RootHands(clock, booted=False, token=lambda: "", path=path), Systemd(path))
sys.exit(__main__.main(["serve", "--config", f"{folder}/executor.yaml"]))
"""


class Process:
    """An executor that runs, as root, on a host with one unit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "run" / "executor.sock"
        self.running: subprocess.Popen[bytes] | None = None
        for name in ("bin", "playbooks", "run", "state"):
            (folder / name).mkdir(mode=0o755)
        folder.chmod(0o755)
        (folder / "bin" / "systemctl").write_text(SYSTEMCTL.format(folder=folder))
        (folder / "bin" / "systemctl").chmod(0o755)
        restart = folder / "playbooks" / "restart-shop.yaml"
        often = RESTART.replace("{per_hour: 2, per_day: 3}", "{per_hour: 900, per_day: 900}")
        restart.write_text(often.replace("cooldown: 15m", "cooldown: 1s") + "busy: false\n")
        signer = Signer(folder)
        signer.sign(load(restart), now=datetime.now(UTC))
        self.signing = signer.settings
        self.configure("approve")
        self.says(active="failed", slow="0")

    def configure(self, mode: str) -> None:
        (self.folder / "executor.yaml").write_text(
            f"agent: nobody\nservices: {{{SERVICE}: {{}}}}\napprovers: {{users: [daemon, bin]}}\nmode: {mode}\n"
            f"state_dir: {self.folder}/state\nsocket: {self.path}\nsigning: {self.signing}\n"
            "limits: {unlock_after: 0, runs_per_hour: 900, host_runs_per_hour: 900, repairs_per_day: 900}\n"
        )

    def says(self, **words: str) -> None:
        for name, word in words.items():
            (self.folder / name).write_text(word)

    @property
    def restarts(self) -> int:
        path = self.folder / "restarts"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def start(self) -> None:
        self.running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(self.folder)], cwd=ROOT)
        for _ in range(600):
            if Remote(self.path).answers():
                return
            assert self.running.poll() is None, "it did not start"
            time.sleep(0.05)
        raise AssertionError("it does not answer")

    def kill(self) -> None:
        if self.running:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()

    def end(self) -> None:
        assert self.running
        self.running.terminate()
        assert self.running.wait(30) == 0

    def verify(self) -> None:
        argv = [sys.executable, "-m", "aiops_agent.executor", "verify", "--config", str(self.folder / "executor.yaml")]
        verdict = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr

    def forget(self) -> None:
        """Make it a new host: where a last run did not succeed, the next one needs a person."""
        shutil.rmtree(self.folder / "state")
        (self.folder / "state").mkdir(mode=0o700)

    def order(self, **changes: str) -> Order:
        playbook = load(self.folder / "playbooks" / "restart-shop.yaml")
        plain = {
            "id": "order-1",
            "playbook": playbook.name,
            "digest": playbook.digest,
            "service": SERVICE,
            "incident": "inc-1",
        }
        return Order(**{**plain, **changes})

    def says_as(self, uid: int, message: bytes) -> dict:
        """Send a message as another user, from a process of its own; what comes back."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            said = b"{}"
            try:
                os.setgroups([])
                os.setgid(uid)
                os.setuid(uid)
                said = json.dumps(Remote(self.path)._say(message)).encode()
            except ExecutorError as error:
                said = json.dumps({"refused": error.refusal, "why": error.message}).encode()
            finally:
                os.write(writing, said)
                os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            answer = json.loads(pipe.read())
        os.waitpid(child, 0)
        return answer

    def ended(self, identity: str = "order-1"):
        for _ in range(400):
            said = self.says_as(AGENT, wire.request("status", id=identity))
            if said.get("state") != "running":
                return wire.heard(said)
            time.sleep(0.05)
        raise AssertionError("it does not end")

    def record(self) -> list[dict]:
        argv = [sys.executable, "-m", "aiops_agent.executor", "show", "--config", str(self.folder / "executor.yaml")]
        shown = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in shown.stdout.splitlines()]


@contextmanager
def executor(folder: Path):
    process = Process(folder)
    process.start()
    try:
        yield process
    finally:
        process.kill()


@pytest.fixture
def tmp_path():
    """A folder that other users can reach, as they can reach /run."""
    with public_folder() as folder:
        yield folder


def test_c09_a_socket_that_another_user_has_squatted_is_not_spoken_to(tmp_path):
    path = tmp_path / "executor.sock"
    tmp_path.chmod(0o777)
    ready, done = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(EVE)
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as squatter:
                squatter.bind(str(path))
                squatter.listen()
                os.write(ready[1], b"1")
                line, _ = squatter.accept()
                heard = line.recv(wire.LONGEST)
                os.write(done[1], heard or b"-")
                line.send(wire.answer(halted=False, services=[SERVICE]))
        finally:
            os._exit(0)
    os.close(ready[1])
    os.close(done[1])
    assert os.read(ready[0], 1), "the squatter listens"
    with pytest.raises(ExecutorError, match=f"is uid {EVE}, and not root"):
        Remote(path).greet()
    assert os.read(done[0], 100) == b"-", "nothing was said to it"
    os.waitpid(child, 0)


def test_c10_another_user_is_denied_before_anything_is_read_and_it_is_flagged(tmp_path):
    with executor(tmp_path) as process:
        for message in (wire.order_request(process.order()), wire.request("approve", id="a"), b"\x00" * 100):
            assert process.says_as(EVE, message)["refused"] == "stranger"
        flagged = [entry for entry in process.record() if entry["action"] == "stranger"]
        assert {entry["detail"]["uid"] for entry in flagged} == {EVE}
        assert process.restarts == 0


def test_c15_a_pending_or_approved_action_that_the_agent_makes_up_is_nothing(tmp_path):
    """The agent's state is replaced, the agent itself taken over: the executor has its own questions and answers."""
    with executor(tmp_path) as process:
        asked = process.says_as(
            AGENT, wire.request("ask", **{n: getattr(process.order(), n) for n in wire.REQUESTS["ask"]})
        )
        assert asked["question"] == "pending"
        assert process.says_as(AGENT, wire.request("approve", id=asked["id"]))["refused"] == "not_allowed"
        process.says_as(AGENT, wire.order_request(process.order()))
        assert process.ended().name == "not_approved"
        forged = process.order(id="order-2", incident="inc-forged")
        process.says_as(AGENT, wire.order_request(forged))
        assert process.ended("order-2").name == "not_approved"
        assert process.restarts == 0
        assert process.says_as(ANN, wire.request("approve", id=asked["id"]))["question"] == "approved"
        process.says_as(AGENT, wire.order_request(process.order(id="order-3")))
        assert isinstance(process.ended("order-3"), Succeeded)
        process.says(active="failed")
        time.sleep(1.1)
        process.says_as(AGENT, wire.order_request(process.order(id="order-4")))
        assert process.ended("order-4").name == "not_approved", "a yes is for one run"
        assert process.restarts == 1


def test_a08_a_forged_line_about_a_service_that_is_well_moves_nothing(tmp_path):
    process = Process(tmp_path)
    process.configure("auto")
    process.says(active="active")
    process.start()
    try:
        process.says_as(AGENT, wire.order_request(process.order()))
        assert isinstance(process.ended(), NotNeeded)
        assert process.restarts == 0
    finally:
        process.kill()


KILLS = 30


def test_killed_at_any_moment_it_repeats_nothing_and_knows_what_it_began(tmp_path):
    """kill -9 at points spread over a run: at most one restart, an end after the next start, a sound record."""
    process = Process(tmp_path)
    process.configure("auto")
    process.says(slow="0.2")
    begun = 0
    try:
        for number in range(KILLS):
            process.says(active="failed")
            process.start()
            before, order = process.restarts, process.order(id=f"order-{number}")
            process.says_as(AGENT, wire.order_request(order))
            time.sleep(number * 0.9 / KILLS)
            process.kill()
            process.start()
            found = process.ended(order.id)
            assert process.restarts - before <= 1
            if isinstance(found, Succeeded | Failed):
                begun += 1
                process.says_as(AGENT, wire.order_request(order))
                assert process.ended(order.id) == found, "what was begun is never begun again"
                assert process.restarts - before <= 1
            else:
                assert isinstance(found, Unknown), "nothing is known of what was not begun"
                assert process.restarts == before
            process.end()
            process.verify()
            process.forget()
    finally:
        process.kill()
    assert begun > KILLS // 4, "most kills fell before the first step"
