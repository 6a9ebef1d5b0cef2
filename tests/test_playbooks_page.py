"""The first playbook of docs/playbooks.md is made as the page says: every command, at a terminal, in one folder."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_docs import ROOT

PAGE = (ROOT / "docs" / "playbooks.md").read_text()
WALK = PAGE[PAGE.index("## Your first playbook") : PAGE.index("## The file")]
BLOCKS = [part.partition("```")[0] for part in WALK.split("```sh\n")[1:]]
PASSPHRASE = b"four words that nobody\n"

FROM_THE_LISTS = {
    "ID": 'aiops-agent approvals list --config my.yaml --json | tr , "\\n" | grep -m 1 -o "[0-9a-f]\\{10\\}"',
    "INCIDENT": 'aiops-agent incidents list --config my.yaml | grep -m 1 -o "inc-[0-9a-f]*"',
}
"""What a person copies from the command before."""

CLAIMS = {
    "the number of no process": "",
    "category: service_failure": "category:  service_failure, ",
    "your editor completes and explains by it": "",
    "faults and advice, each with its line": "1 playbook can be used, no advice\n",
    "signed": "clear-pid  1        low   signed\n",
    "succeeded: the pid file is now till.pid.aside-TIME": "till.pid.aside-",
    "what, why grouped, why not more": "The policy is to ask before every repair",
    "stage: proven 1 of 3": "# stage: proven 1 of 3\n",
    "stage: auto": "# stage: auto\n",
    "stage: shadow": "# stage: shadow\n",
    "exit 1: edited since it was signed": "clear-pid  1        low   edited since it was signed\n",
    "stops everything, now": "halted: nothing is acted on",
    "exit 2: all acting is halted": "all acting is halted",
}
"""What stands behind a command on the page, and what it must then print."""


def commands_of(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block, a here-document with it, and what the page says behind it."""
    lines = iter(block.splitlines())
    for line in lines:
        command, _, said = line.partition("  # ")
        ending = re.search(r"<<'?(\w+)'?$", line)
        while ending and command.splitlines()[-1] != ending[1]:
            command += f"\n{next(lines)}"
        yield command, said.strip()


def script() -> str:
    """Return the walk as one script that says before each command which it is, and ends with what nobody expected."""
    written = ["set -eu"]
    for number, (command, said) in enumerate(done for block in BLOCKS for done in commands_of(block)):
        for word, found in FROM_THE_LISTS.items():
            command = re.sub(rf"\b{word}\b", f"$({found})", command)  # noqa: PLW2901
        code = re.match(r"exit (\d):", said)
        written.append(f"echo @@{number}")
        written.append(f"if {command}; then exit 9; else test $? = {code[1]}; fi" if code else command)
    return "\n".join([*written, "echo @@end", ""])


def typed(folder: Path) -> str:
    """Run the walk at a terminal, where somebody answers each question for the passphrase; return what was printed."""
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "activate").write_text(f'PATH="{folder}/.venv/bin:$PATH"\n')
    program = folder / ".venv" / "bin" / "aiops-agent"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m aiops_agent "$@"\n')
    program.chmod(0o755)
    (folder / "script").write_text(script())
    master, terminal = pty.openpty()

    def answer() -> None:
        asked = b""
        try:
            while more := os.read(master, 1024):
                asked += more
                if asked.endswith((b"passphrase of the key: ", b"the same again: ")):
                    os.write(master, PASSPHRASE)
                    asked = b""
        except OSError:  # nobody has the terminal open any more
            return

    person = threading.Thread(target=answer)
    person.start()
    try:
        ran = subprocess.run(
            ["setsid", "--ctty", "--wait", "bash", "script"],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
        )
    finally:
        os.close(terminal)
        person.join(10)
        os.close(master)
    return ran.stdout


@pytest.mark.slow
def test_every_command_of_the_first_playbook_does_what_the_page_says(tmp_path):
    out = typed(tmp_path)
    for probe in ("not_busy", "untouched"):
        if f"DOES NOT HOLD: {probe}" in out:
            pytest.skip(f"this host does not let anything be done now: {probe}")
    assert "@@end\n" in out, out
    printed = dict(part.split("\n", 1) for part in out.split("@@")[1:])
    done = [each for block in BLOCKS for each in commands_of(block)]
    assert {said for _, said in done if said} == set(CLAIMS)
    for number, (command, said) in enumerate(done):
        assert CLAIMS.get(said, "") in printed[str(number)], (command, printed[str(number)])
    first = tmp_path / "first"
    assert len(list(first.glob("till.pid.aside-*"))) == 3, "moved aside three times, and never otherwise"
    schema = json.loads((first / "playbook.schema.json").read_text())
    keys = {line.partition(":")[0] for line in (first / "playbooks" / "clear-pid.yaml").read_text().splitlines()[1:]}
    assert set(schema["required"]) <= keys <= set(schema["properties"])


def test_the_page_begins_with_the_first_playbook():
    headings = [line for line in PAGE.splitlines() if line.startswith("#")]
    assert headings[:2] == ["# Playbooks", "## Your first playbook"]
