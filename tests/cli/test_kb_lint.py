"""`kb lint` as a person would type it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

AGENT = Path(sys.executable).with_name("aiops-agent")
ARTICLE = """---
id: a
title: A
categories: [CATEGORY]
playbook: PLAYBOOK
---
## Checks

```sh
COMMANDS
```
"""


def lint(folder: Path, commands: str = "true", playbook: str = "null", category: str = "timeout", **environment: str):
    article = folder / "a.md"
    text = ARTICLE.replace("COMMANDS", commands).replace("PLAYBOOK", playbook).replace("CATEGORY", category)
    article.write_text(text, encoding="utf-8")
    argv = [AGENT, "kb", "lint", article, "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, env={**os.environ, **environment})
    return done.returncode, json.loads(done.stdout)


def test_a_command_that_does_not_parse_is_named_with_its_line(tmp_path):
    code, said = lint(tmp_path, "echo one\nif true; then echo two")
    (fault,) = said["faults"]
    assert code == 1
    assert fault.startswith(f"{tmp_path}/a.md:")
    assert "does not parse" in fault
    assert int(fault.split(":")[1]) in (11, 12)


@pytest.mark.parametrize(
    "commands", ["touch OUT", "echo $(touch OUT)", "x=`touch OUT`", "cat <(touch OUT)", "[ -v 'a[$(touch OUT)]' ]"]
)
def test_no_command_of_an_article_is_run(tmp_path, commands):
    out = tmp_path / "out"
    start = tmp_path / "start.sh"
    start.write_text(f"touch {out}\n", encoding="utf-8")
    _, said = lint(tmp_path, commands.replace("OUT", str(out)), BASH_ENV=str(start), ENV=str(start))
    assert said["faults"] == []
    assert not out.exists()


def test_a_playbook_that_is_not_there_is_a_fault(tmp_path):
    code, said = lint(tmp_path, playbook="restart-everything")
    assert (code, ["restart-everything" in fault for fault in said["faults"]]) == (1, [True])


def test_a_file_that_is_not_there_is_a_wrong_use(tmp_path):
    done = subprocess.run([AGENT, "kb", "lint", tmp_path / "none.md"], capture_output=True, text=True)
    assert (done.returncode, "none.md" in done.stderr) == (2, True)


@pytest.mark.slow
def test_the_shipped_articles_have_no_faults():
    done = subprocess.run([AGENT, "kb", "lint", "--json"], capture_output=True, text=True)
    assert json.loads(done.stdout)["faults"] == []


def test_a_category_that_there_is_not_is_a_fault_and_the_nearest_is_named(tmp_path):
    code, said = lint(tmp_path, category="time_out")
    assert (code, ["no category time_out; timeout?" in fault for fault in said["faults"]]) == (1, [True])


def test_two_files_of_one_id_are_a_fault(tmp_path):
    lint(tmp_path)
    (tmp_path / "b.md").write_text((tmp_path / "a.md").read_text(encoding="utf-8"), encoding="utf-8")
    for named in ([tmp_path], [tmp_path / "a.md", tmp_path / "b.md"]):
        done = subprocess.run([AGENT, "kb", "lint", *named, "--json"], capture_output=True, text=True)
        [fault] = json.loads(done.stdout)["faults"]
        assert (done.returncode, f"{tmp_path}/a.md is a already" in fault) == (1, True), fault


def test_an_article_with_line_ends_of_windows_is_one(tmp_path):
    article = tmp_path / "a.md"
    lint(tmp_path)
    article.write_bytes(article.read_bytes().replace(b"\n", b"\r\n"))
    done = subprocess.run([AGENT, "kb", "lint", article, "--json"], capture_output=True, text=True)
    assert json.loads(done.stdout)["faults"] == []
