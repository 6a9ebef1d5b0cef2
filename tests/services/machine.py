"""A real systemd in a container, with the agent installed from this checkout."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
INSTALLING = 300.0


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


def copied(checkout: Path) -> Path:
    """Copy what is tracked of this checkout, as it stands, to a folder; return that."""
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, tracked.stdout.split("\0")):
        if (ROOT / name).exists():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    return checkout


@contextmanager
def booted_machine() -> Iterator[Machine]:
    """A container that has booted to its target; thrown away at the end."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = copied(Path(folder) / "checkout")
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
