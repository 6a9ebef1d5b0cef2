"""A host used from outside: real commands in real processes on real files; nothing is replaced."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from aiops_agent.playbook.load import load
from tests.public import public_folder
from tests.sign import Signer

NOBODY = 65534
CHECKOUT = Path(__file__).resolve().parents[2]
KNOWN = "2026-11-23 03:00:00,001 ERROR worker: the thing with the other thing"
SERVICE = "shop.service"
FAILURE = "2026-11-23 03:00:00,001 ERROR supervisor: shop.service: Main process exited, code=exited, status=1/FAILURE"
"""What the model takes for a service failure, without doubt."""

REPAIR = """\
name: remove-stale-lock
version: 1
description: {en: Move the lock aside., zh: 移走锁文件。}
risk: low
for: {categories: [service_failure], services: ["*"]}
params: {lock: {from: source.parameters.lock_file}}
evidence: [{file_exists: {path: $lock}}]
steps: [{move_aside: {path: $lock}}]
verify: {within: 10s, probes: [{PROBE: {path: $lock}}]}
undo: []
cooldown: 15m
caps: {per_hour: 2, per_day: 3}
busy: false
"""
"""It waits for nobody: the machine that runs the tests may be installing something."""

# Python may lie where only root can go: another user is shown it, the libraries and the checkout somewhere else.
WHERE_ALL_CAN_READ = """
set -e
view=$1; python=$2; site=$3; checkout=$4; shift 4
mount -t tmpfs -o mode=755,size=1m none "$view"
mkdir "$view/python" "$view/site" "$view/checkout"
mount --bind "$python" "$view/python"; mount --bind "$site" "$view/site"
for each in aiops_agent playbooks knowledge_base; do
    mkdir "$view/checkout/$each"; mount --bind "$checkout/$each" "$view/checkout/$each"
done
export PYTHONHOME="$view/python" PYTHONPATH="$view/checkout:$view/site" LD_LIBRARY_PATH="$view/python/lib"
export PYTHONDONTWRITEBYTECODE=1 HOME=/nonexistent
exec $0 "$view/python/bin/python3" -m aiops_agent "$@"
"""
BECOME_NOBODY = f"setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups"


# The kernel counts the memory of whoever forks a process as its own: it is started by one that has next to none.
WEIGHED = """
import os, sys
process = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
with open(sys.argv[1], "w") as weight:
    weight.write(f"{usage.ru_maxrss * 1024} {usage.ru_utime + usage.ru_stime}")
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Finished(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        assert self.code == 0, self.err
        return json.loads(self.out)


def needs_namespaces() -> None:
    """Skip on a laptop; in CI what needs root is a failure."""
    able = os.geteuid() == 0 and shutil.which("unshare") and shutil.which("setpriv")
    if able:
        able = subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode == 0
    if not able and "CI" not in os.environ:
        pytest.skip("needs root, unshare and setpriv")
    assert able, "CI runs as root, with unshare and setpriv"


class Machine:
    """A configuration, a folder of logs, and the commands on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(exist_ok=True)
        self.log = self.logs / "worker.log"
        self.state = folder / "state"
        self.reports = self.state / "reports"
        self.lock = folder / "shop.lock"
        self.config = folder / "config.yaml"
        self.environment: dict[str, str] = {}
        self.signer: Signer | None = None
        self.configure()

    def configure(self, **keys: str) -> None:
        source = (
            f'  - {{type: file, paths: ["{self.logs}/*.log"], service: {SERVICE}, start: beginning, '
            f"parameters: {{lock_file: {self.lock}}}}}"
        )
        lines = [f"state_dir: {self.state}", "sources:", source, *(f"{key}: {value}" for key, value in keys.items())]
        self.config.write_text("\n".join([*lines, ""]))
        self.config.chmod(0o644)  # whatever umask a command that ran in this process has left

    def can_repair(self, *, mode: str = "auto", probe: str = "file_absent") -> None:
        """Configure a playbook of its own that moves the lock aside, and break the service."""
        playbooks = self.folder / "playbooks"
        playbooks.mkdir(exist_ok=True)
        repair = playbooks / "remove-stale-lock.yaml"
        repair.write_text(REPAIR.replace("PROBE", probe))
        if not self.signer:
            self.signer = Signer(self.folder)
        self.signer.sign(load(repair), now=datetime.now(UTC))
        policy = f"{{mode: {mode}, unlock_after: 0}}"
        self.configure(policy=policy, playbooks=f"[{playbooks}]", signing=self.signer.settings)
        self.lock.write_text("1\n")
        self.writes(FAILURE)

    def writes(self, *lines: str) -> None:
        with self.log.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def start(self, *words: str, before: tuple[str, ...] = (), **how) -> subprocess.Popen:
        argv = [*before, sys.executable, "-m", "aiops_agent", *words, "--config", str(self.config)]
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), **self.environment}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            argv, stdout=pipe, stderr=pipe, stdin=subprocess.DEVNULL, text=True, env=environment, **how
        )

    def run(self, *words: str, **how) -> Finished:
        process = self.start(*words, **how)
        out, err = process.communicate(timeout=120)
        assert "Traceback" not in err, err
        return Finished(process.returncode, out, err)

    def weighed(self, *words: str) -> tuple[Finished, int, float]:
        """Return what a command said, the bytes of memory that it took at the most, and its seconds of a processor."""
        weight = self.folder / "weight"
        done = self.run(*words, before=(sys.executable, "-S", "-E", "-c", WEIGHED, str(weight)))
        memory, seconds = weight.read_text().split()
        return done, int(memory), float(seconds)

    def scan(self, *words: str) -> dict:
        return self.run("scan", "--json", *words).json

    def run_as_nobody(self, *words: str) -> Finished:
        """Run a command as a user who may do nothing special; the folder must be open to all."""
        return self.run_where_all_can_read(*words, become=BECOME_NOBODY)

    def run_where_all_can_read(self, *words: str, become: str = "") -> Finished:
        needs_namespaces()
        view = self.folder / "view"
        view.mkdir(exist_ok=True)
        places = [str(view), sys.base_prefix, sysconfig.get_path("purelib"), str(CHECKOUT)]
        argv = ["unshare", "-m", "sh", "-c", WHERE_ALL_CAN_READ, become, *places, *words, "--config", str(self.config)]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
        assert "Traceback" not in done.stderr, done.stderr
        return Finished(done.returncode, done.stdout, done.stderr)

    def counts(self) -> dict[str, int]:
        """Return how often each fault was counted, by the end of its title."""
        found = self.run("incidents", "list", "--json").json["incidents"]
        logged = [incident for incident in found if incident["kind"] == "log"]
        return {incident["title"].rsplit(": ", 1)[-1]: incident["occurrences"] for incident in logged}

    def notices(self) -> list[str]:
        found = self.run("incidents", "list", "--json").json["incidents"]
        return sorted(incident["title"] for incident in found if incident["kind"] == "agent")

    def told(self) -> int:
        return len(list(self.reports.glob("*.txt"))) if self.reports.exists() else 0

    def recorded(self) -> list[str]:
        shown = self.run("audit", "show", "--jsonl")
        return [json.loads(line)["action"] for line in shown.out.splitlines()]


@contextmanager
def open_to_all():
    """Yield a machine in a folder that every user can enter."""
    with public_folder() as folder:
        yield Machine(folder)


def wait_until(holds, patience: float = 20.0) -> float:
    """Return how many seconds it took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < patience, "it did not come about"
        time.sleep(0.02)
    return time.monotonic() - began


@contextmanager
def small_disk(folder: Path, size: str):
    """Mount a file system on `folder` for those who start with what is yielded; also yield a way into it."""
    needs_namespaces()
    folder.mkdir(exist_ok=True)
    script = f'mount -t tmpfs -o size={size},mode=755 none "{folder}" && echo mounted && exec cat'
    pipe = subprocess.PIPE
    with subprocess.Popen(["unshare", "-m", "sh", "-c", script], stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout.readline() == "mounted\n"
        try:
            yield ("nsenter", "-m", "-t", str(holder.pid)), Path(f"/proc/{holder.pid}/root{folder}")
        finally:
            holder.stdin.close()
