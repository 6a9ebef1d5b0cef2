"""The root executor as a process of its own, on a host with units of our own; what it reaches for is noted."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiops_agent.errors import ExecutorError
from aiops_agent.model.order import Order, Refused
from aiops_agent.model.playbook import NotNeeded
from aiops_agent.playbook import wire
from aiops_agent.playbook.load import load, load_folders
from aiops_agent.playbook.remote import Remote
from tests.attacks.witness import Witness
from tests.executor.desk import RESTART, SERVICE
from tests.journeys.machine import CHECKOUT
from tests.sign import Signer

AGENT = pwd.getpwnam("nobody").pw_uid

ALLOWED = {"systemctl", "bwrap"}
"""What the executor may start; a step is a process inside of bubblewrap."""

SYSTEMCTL = """\
#!/bin/sh
# A systemd whose units' states are in files; each restart leaves a line.
for last; do :; done
env > {folder}/environment
state={folder}/active; [ -e "$state-$last" ] && state="$state-$last"
case " $* " in
    *" show "*) echo "LoadState=loaded"; echo "ActiveState=$(cat $state)" ;;
    *" restart "*) echo "$last" >> {folder}/restarts; sleep "$(cat {folder}/slow)"; echo active > $state ;;
esac
"""

PROGRAM = """\
import sys
from pathlib import Path
from aiops_agent.executor import __main__
from aiops_agent.executor.hands import RootHands
from aiops_agent.playbook.inventory import SYSTEM_PATH, Systemd
folder = sys.argv[1]
path = f"{folder}/bin:{SYSTEM_PATH}"
__main__.shipped = lambda name: Path(folder, name)
__main__._world = lambda clock: (RootHands(clock, booted=False, token=lambda: "", path=path), Systemd(path))
sys.exit(__main__.main(["serve", "--config", f"{folder}/executor.yaml"]))
"""
OFTEN = RESTART.replace("{per_hour: 2, per_day: 3}", "{per_hour: 900, per_day: 900}")
PLAYBOOK = OFTEN.replace("cooldown: 15m", "cooldown: 1s") + "busy: false\n"


class Process:
    """An executor that runs, as root, on a host with one unit, or more."""

    def __init__(self, folder: Path, **playbooks: str) -> None:
        """Make the host; a playbook is named with `_` for `-`, and is there beside the one that restarts the shop."""
        self.folder = folder
        self.path = folder / "run" / "executor.sock"
        self.running: subprocess.Popen[bytes] | None = None
        for name in ("bin", "playbooks", "run", "state"):
            (folder / name).mkdir(mode=0o755)
        folder.chmod(0o755)
        self.witness = Witness(folder, [folder / "state", folder / "run"])
        (folder / "bin" / "systemctl").write_text(SYSTEMCTL.format(folder=folder))
        (folder / "bin" / "systemctl").chmod(0o755)
        for name, text in {"restart_shop": PLAYBOOK, **playbooks}.items():
            (folder / "playbooks" / f"{name.replace('_', '-')}.yaml").write_text(text)
        self.signer = Signer(folder)
        self.sign()
        self.configure("approve")
        self.says(active="failed", slow="0")

    def sign(self) -> None:
        """Sign the playbooks as they stand."""
        self.signer.sign(*load_folders([self.folder / "playbooks"]).all(), now=datetime.now(UTC))

    def configure(self, mode: str, **keys: object) -> None:
        given = {
            "agent": "nobody",
            "services": {SERVICE: {}},
            "approvers": {"users": ["daemon", "bin"]},
            "mode": mode,
            "state_dir": f"{self.folder}/state",
            "socket": str(self.path),
            "signing": {"manifest": str(self.signer.rules.manifest), "trusted": str(self.signer.rules.trusted)},
            "limits": {"unlock_after": 0, "runs_per_hour": 900, "host_runs_per_hour": 900, "repairs_per_day": 900},
            **keys,
        }
        (self.folder / "executor.yaml").write_text(json.dumps(given, indent=1))

    def says(self, **words: str) -> None:
        for name, word in words.items():
            (self.folder / name).write_text(word)

    @property
    def restarts(self) -> int:
        return len(self.restarted)

    @property
    def restarted(self) -> list[str]:
        path = self.folder / "restarts"
        return path.read_text().splitlines() if path.exists() else []

    def start(self, *before: str) -> None:
        environment = {**os.environ, **self.witness.environment}
        argv = [*before, sys.executable, "-c", PROGRAM, str(self.folder)]
        self.running = subprocess.Popen(argv, cwd=CHECKOUT, env=environment)
        self.until(Remote(self.path).answers)

    def until(self, condition: Callable[[], object]) -> None:
        """Wait for what it does by itself, for half a minute at most."""
        for _ in range(600):
            if condition():
                return
            assert self.running and self.running.poll() is None, "it has ended"
            time.sleep(0.05)
        raise AssertionError("it does not come to it")

    def kill(self) -> None:
        if self.running:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()

    def end(self) -> None:
        assert self.running
        self.running.terminate()
        assert self.running.wait(30) == 0

    def command(self, name: str, file: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run another command of it, as root at a shell."""
        config = str(file or self.folder / "executor.yaml")
        argv = [sys.executable, "-m", "aiops_agent.executor", name, "--config", config]
        return subprocess.run(argv, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    def verify(self) -> None:
        verdict = self.command("verify")
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr

    def record(self) -> list[dict]:
        shown = self.command("show")
        assert shown.returncode == 0, shown.stderr
        return [json.loads(line) for line in shown.stdout.splitlines()]

    def forget(self) -> None:
        """Make it a new host: where a last run did not succeed, the next one needs a person."""
        shutil.rmtree(self.folder / "state")
        (self.folder / "state").mkdir(mode=0o700)

    def order(self, **changes: str) -> Order:
        name = changes.get("playbook", "restart-shop")
        file = self.folder / "playbooks" / f"{name}.yaml"
        digest = load(file).digest if file.exists() else "0" * 64
        plain = {"id": "order-1", "playbook": name, "digest": digest, "service": SERVICE, "incident": "inc-1"}
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

    def runs(self, **changes: str):
        """Have an order of the agent carried out, and return what came of it."""
        order = self.order(**changes)
        said = self.says_as(AGENT, wire.order_request(order))
        assert "refused" not in said, said
        return self.ended(order.id)

    def examines_what_is_good(self, identity: str) -> None:
        """Have an order examined to its end: the unit is well, so nothing is done."""
        found = self.runs(id=identity)
        assert isinstance(found, NotNeeded), found
        assert found.probe == "unit_state", found

    def refusal(self, message: bytes) -> str:
        """Return the name under which a message of the agent is refused, at once or when its order is examined."""
        said = self.says_as(AGENT, message)
        if said.get("state") != "running":
            return str(said.get("refused", said))
        found = self.ended(json.loads(message)["id"])
        return found.name if isinstance(found, Refused) else str(found)

    def stands(self) -> dict[str, bytes]:
        """Return what the host has beside the executor's own folders."""
        own = [self.folder / name for name in ("state", "run", "witness", "notes", "environment", "restarts")]
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files if not any(path.is_relative_to(o) for o in own)}

    def kept_to_itself(self) -> None:
        """See that it started nothing but what it may, and wrote nowhere but in its own folders."""
        reached = self.witness.reached_for()
        started = [line for line in reached if line.startswith("subprocess.Popen")]
        assert {line.split("'")[1] for line in started} <= ALLOWED
        assert [line for line in reached if line not in started] == []


@contextmanager
def executor(folder: Path, mode: str = "approve", **keys: object):
    process = Process(folder)
    process.configure(mode, **keys)
    process.start()
    try:
        yield process
    finally:
        process.kill()
