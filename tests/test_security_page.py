"""docs/security.md is run as it stands: on a host in one folder, and on an auditor's machine in another."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from aiops_agent.cli.arguments import parser
from tests.test_docs import ROOT, commands, words_between

PAGE = (ROOT / "docs" / "security.md").read_text()
FAULT = "2026-11-23 03:00:00,001 ERROR worker: OSError: [Errno 28] No space left on device\n"

AGENT = """\
#!/bin/sh
case "$1 $2" in
    "audit make-auditor-key" | "audit open") exec "{python}" -m aiops_agent "$@" ;;
    *) exec "{python}" -m aiops_agent "$@" --config "$CONFIG" ;;
esac
"""
JOURNALCTL = """\
#!/bin/sh
# What the journal of systemd would say: it was told what the file of anchors was told.
test "$*" = "-t aiops-agent _UID=$AGENT_UID -o cat" || exit 2
cut -d ' ' -f 2-3 "$ANCHORS"
"""


def blocks(*infos: str) -> list[tuple[str, str]]:
    """Return the info string and the text of the fenced blocks of the page, in order."""
    found = [part.partition("\n") for part in PAGE.split("```")[1::2]]
    return [(info, text) for info, _, text in found if info in infos]


class Machines:
    """The host and the auditor's machine; what one makes is carried to the other, but for the private key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("host", "auditor", "bin"):
            (folder / name).mkdir()
        self.shim("aiops-agent", AGENT.format(python=sys.executable))
        self.shim("journalctl", JOURNALCTL)
        self.shim("python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
        self.environment = {
            "PATH": f"{folder}/bin:/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "CONFIG": f"{folder}/config.yaml",
            "STATE_DIR": f"{folder}/state",
            "ANCHORS": f"{folder}/anchors",
            "AGENT_UID": str(os.geteuid()),
        }

    def shim(self, name: str, text: str) -> None:
        (self.folder / "bin" / name).write_text(text)
        (self.folder / "bin" / name).chmod(0o755)

    def configure(self) -> None:
        """Write the configuration as the page has it."""
        [(_, text)] = blocks("yaml")
        told = yaml.safe_load(text)
        assert told["audit"]["anchors"]["journal"] is True
        told["audit"]["auditor_key"] = f"{self.folder}/host/auditor.key.pub"
        told["audit"]["anchors"] |= {"file": self.environment["ANCHORS"], "journal": False}
        told["state_dir"] = self.environment["STATE_DIR"]
        told["sources"] = [{"type": "file", "paths": [f"{self.folder}/*.log"], "start": "beginning"}]
        (self.folder / "config.yaml").write_text(yaml.safe_dump(told))
        (self.folder / "config.yaml").chmod(0o600)
        (self.folder / "worker.log").write_text(FAULT)

    def run(self, machine: str, script: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script],
            cwd=self.folder / machine,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        there = "auditor" if machine == "host" else "host"
        for path in (self.folder / machine).iterdir():
            if path.is_file() and path.name != "auditor.key":
                shutil.copy(path, self.folder / there)
        return ran


@pytest.fixture
def machines(tmp_path):
    return Machines(tmp_path)


@pytest.mark.slow
def test_every_command_on_the_page_works_in_the_order_it_stands_there(machines):
    steps = blocks("sh auditor", "sh host")
    assert [info for info, _ in steps][:2] == ["sh auditor", "sh host"]
    assert len(steps) == 6
    for number, (info, script) in enumerate(steps):
        if number == 1:
            machines.configure()
            assert machines.run("host", "aiops-agent scan").returncode == 0
        if "witness.txt" in script:
            shutil.copy(machines.folder / "anchors", machines.folder / "auditor" / "witness.txt")
        ran = machines.run(info.removeprefix("sh "), script)
        assert ran.returncode == 0, f"{script}\n{ran.stdout}{ran.stderr}"
    assert not (machines.folder / "host" / "auditor.key").exists()
    assert '"action": "resume"' in (machines.folder / "auditor" / "entries.jsonl").read_text()
    assert machines.run("host", "aiops-agent audit verify").stdout.count("an outside anchor covers all") == 1


@pytest.mark.slow
def test_acting_can_be_stopped_when_the_log_is_not_intact(machines):
    machines.run("auditor", blocks("sh auditor")[0][1])
    machines.configure()
    machines.run("host", "aiops-agent scan")
    [segment] = (machines.folder / "state" / "audit").iterdir()
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    assert machines.run("host", "aiops-agent audit verify").returncode == 3
    machines.run("host", "aiops-agent halt")
    assert (machines.folder / "state" / "halt").exists()
    assert machines.run("host", "aiops-agent audit show").returncode == 3


@pytest.mark.parametrize("name", ["security.md", "keys.md", "playbooks.md"])
def test_every_command_a_page_names_is_one(name):
    known = commands(parser())
    said = [
        words for words in words_between((ROOT / "docs" / name).read_text(), "`") if words.startswith("aiops-agent ")
    ]
    assert said
    for words in said:
        assert any(words.removeprefix("aiops-agent ").startswith(command) for command in known), words


def test_every_kind_of_damage_it_explains_is_one():
    from aiops_agent.audit.damage import Kind

    explained = PAGE[PAGE.index("3. Read the kind") : PAGE.index("4. What stands before")]
    named = words_between(explained, "`") - {"aiops-agent scan", "chown"}
    assert named <= {kind.value for kind in Kind}
    assert {"torn", "unclosed", "cut", "anchor_mismatch", "altered"} <= named
