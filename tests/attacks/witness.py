"""A witness in a process of ours notes each program, file and name that it reaches for."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiops_agent.playbook.load import load_folders
from tests.journeys.machine import CHECKOUT, REPAIR, Machine

WITNESS = """
import os, sys
_note = os.open(os.environ["WITNESS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
_SEEN = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn",
         "socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "urllib.Request", "pickle.find_class",
         "ctypes.dlsym", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.chmod", "os.chown", "os.link",
         "os.symlink", "os.mkdir")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
def _see(event, arguments):
    if arguments and isinstance(arguments[0], int):
        return  # a descriptor: noted by its name when it was opened
    if event == "ctypes.dlsym" and arguments[1] != "renameat2":
        return
    if event in _SEEN or (event == "open" and (arguments[2] or 0) & _WRITES):
        os.write(_note, (event + " " + repr(arguments) + chr(10)).encode("utf-8", "backslashreplace"))
sys.addaudithook(_see)
"""
GOOD = "2026-11-23 03:00:00,001 ERROR shop: write /var/lib/shop/data: no space left on device"
"""What the model knows without doubt, and for which nothing is done here."""

OTHER_REPAIR = (
    REPAIR.replace("name: remove-stale-lock", "name: wipe-disk")
    .replace("categories: [service_failure]", "categories: [out_of_memory]")
    .replace("PROBE", "file_absent")
)


class Witness:
    """What a process reached for that runs in its environment; one with `-I` has no witness."""

    def __init__(self, folder: Path, own: Sequence[object] = ()) -> None:
        """Take a folder to keep the notes in, and what the process may write to."""
        (folder / "witness").mkdir()
        (folder / "witness" / "sitecustomize.py").write_text(WITNESS)
        self.notes = folder / "notes"
        self.own = tuple(map(str, own))
        self.environment = {"PYTHONPATH": f"{folder}/witness:{CHECKOUT}", "WITNESS": str(self.notes)}

    def reached_for(self) -> list[str]:
        """Return what was reached for outside of the process's own folders and the system's journal."""
        lines = self.notes.read_text().splitlines() if self.notes.exists() else []
        own = (*self.own, "/dev/null", "/run/systemd/journal/socket", "__pycache__")
        return [line for line in lines if not any(place in line for place in own)]


class Watched(Machine):
    """A machine on which it is noted what the agent reaches for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.witness = Witness(folder, [self.state])
        self.environment = self.witness.environment

    def reads(self, pattern: str) -> None:
        """Have it read what this pattern names, and nothing else."""
        said = self.config.read_text()
        self.config.write_text(said.replace(f"{self.logs}/*.log", pattern))

    def reached_for(self) -> list[str]:
        return self.witness.reached_for()

    def stands(self) -> dict[str, bytes]:
        """Return what the host has beside the state and the notes."""
        own = (self.state, self.witness.notes)
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files if not any(path.is_relative_to(o) for o in own)}

    def is_healthy(self, mode: str = "auto") -> None:
        """Have two playbooks at hand, signed and trusted, and nothing for them to repair."""
        self.can_repair(mode=mode)
        self.adds("wipe-disk", OTHER_REPAIR)
        self.lock.unlink()
        self.log.write_text("")

    def is_broken(self, mode: str = "auto") -> None:
        """Have two playbooks at hand, and what both of them would find and move aside."""
        self.is_healthy(mode)
        self.lock.write_text("1\n")

    def adds(self, name: str, text: str) -> None:
        """Put one more playbook beside the other, and sign them all."""
        folder = self.folder / "playbooks"
        (folder / f"{name}.yaml").write_text(text)
        assert self.signer
        self.signer.sign(*load_folders([folder]).all(), now=datetime.now(UTC))

    def steps(self) -> list[dict]:
        return self._details("step")

    def outcomes(self) -> list[str]:
        """Return what came of each run, the first of them first."""
        return [detail["outcome"] for detail in self._details("result")]

    def _details(self, action: str) -> list[dict]:
        entries = map(json.loads, self.run("audit", "show", "--jsonl").out.splitlines())
        return [entry["detail"] for entry in entries if entry["action"] == action]

    def reports_text(self) -> str:
        return "".join(path.read_text() for path in sorted(self.reports.glob("*.txt")))

    def suffers(self, *lines: str) -> dict:
        """Scan these lines: nothing is done, started or changed, and the next good line is read for what it is."""
        self.writes(*lines)
        before = self.stands()
        found = self.scan()
        assert self.stands() == before
        assert self.steps() == []
        self.reads_on()
        assert self.reached_for() == []
        return found

    def reads_on(self) -> None:
        """See that the agent is alive, and knows a good line for what it is."""
        self.writes(GOOD)
        found = self.scan()["incidents"]
        known = [(incident["category"], incident["abstained"]) for incident in found if incident["title"] in GOOD]
        assert known == [("disk_full", False)]
