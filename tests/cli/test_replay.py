"""`replay` as a person or program calls it: what it prints, what it refuses, and that it touches nothing."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aiops_agent.cli.main import run
from tests.build import REPAIR

ROOT = Path(__file__).parent.parent.parent
HEALTHY = "2026-11-23T03:00:00.001Z INFO worker: job done, errors=0\n"
FAULT = "2026-11-23T03:00:00.001Z ERROR worker: OSError: [Errno 28] No space left on device\n"


class Shell:
    """Logs and a configuration in a folder, and the command on them."""

    def __init__(self, folder: Path, capsys) -> None:
        self.folder = folder
        self.capsys = capsys
        self.log = folder / "worker.log"
        self.log.write_text(HEALTHY * 10)
        self.config = folder / "config.yaml"
        source = f'{{type: file, paths: ["{folder}/worker.log"], service: worker.service}}'
        self.config.write_text(f"state_dir: {folder}/state\nsources:\n  - {source}\n")

    def __call__(self, *words: object) -> tuple[int, str, str]:
        code = run(["replay", *map(str, words), "--config", str(self.config)])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def json(self, *words: object):
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def shell(tmp_path, capsys):
    return Shell(tmp_path, capsys)


def test_it_prints_the_object_of_the_contract(shell):
    found = shell.json(shell.log)
    keys = ["files", "bytes", "errors", "from", "to", "incidents", "decisions", "runs", "summary"]
    assert list(found) == keys
    assert (found["files"], found["bytes"], found["errors"]) == (1, len(HEALTHY) * 10, 0)
    assert (found["from"], found["to"]) == ("2026-11-23T03:00:00Z", "2026-11-23T03:00:00Z")
    assert found["incidents"] == found["decisions"] == found["runs"] == []
    assert found["summary"]["assumed"] == {
        "evidence": "holds",
        "outcome": "success",
        "answer": "none",
        "trusted": False,
    }


def test_the_assumptions_are_said_once_and_clearly(shell):
    _, out, _ = shell(shell.log, "--assume", "failure", "--answer", "deny")
    assert out.count("Assumed, for old logs do not say") == 1
    assert "every repair failed at its verification, and to a question all say no" in out
    assert "Nothing would have been told or done." in out
    assert "Playbooks are signed as they are today; none has earned `auto` yet" in out


def test_what_is_to_be_trusted_is_said(shell):
    _, out, _ = shell(shell.log, "--trusted")
    assert "Every playbook counts as signed, and as one that has earned `auto` here (--trusted)." in out
    assert shell.json(shell.log, "--trusted")["summary"]["assumed"]["trusted"] is True


def test_an_empty_log_has_no_incidents(shell):
    shell.log.write_text("")
    found = shell.json(shell.log)
    assert (found["files"], found["bytes"], found["incidents"], found["from"]) == (0, 0, [], None)


def test_a_folder_stands_for_the_files_in_it(shell):
    logs = shell.folder / "logs" / "deeper"
    logs.mkdir(parents=True)
    (logs.parent / "a.log").write_text(HEALTHY)
    (logs / "b.log.1").write_text(HEALTHY)
    (logs / "c.log.2.gz").write_bytes(gzip.compress(HEALTHY.encode()))
    (logs / "wtmp").write_bytes(b"\7\0\0\0\1\0" * 50)
    (logs / "link").symlink_to("/etc/passwd")
    found = shell.json(logs.parent)
    assert (found["files"], found["bytes"]) == (3, 3 * len(HEALTHY))
    assert [left["path"] for left in found["summary"]["left_out"]] == [str(logs / "wtmp")]


def test_what_has_no_service_is_said_to_be_reported_only(shell):
    other = shell.folder / "other.log"
    other.write_text(HEALTHY)
    _, out, _ = shell(shell.log, other)
    assert f"report only, without a service (a source's or --service): {other}\n" in out
    _, out, _ = shell(shell.log, other, "--service", "other.service")
    assert "report only" not in out


def test_a_name_that_would_drive_a_terminal_is_shown_as_an_escape(shell):
    other = shell.folder / "\x1b]0;owned\x07.log"
    other.write_text(HEALTHY)
    _, out, _ = shell(other)
    assert "\\x1b]0;owned\\x07.log" in out
    code, _, err = shell(f"{other}.1")
    assert code == 2
    assert not {"\x1b", "\x07"} & {*out, *err}


def test_a_rotated_log_belongs_to_the_source_of_its_log(shell):
    old = shell.folder / "worker.log.3"
    old.write_text(HEALTHY)
    _, out, _ = shell(old)
    assert "report only" not in out


WRONG = {
    "a file that is not there": (("gone.log",), "there is no"),
    "two that are not there": (("gone.log", "away.log"), "away.log"),
    "a device": (("/dev/zero",), "is no file and no folder"),
    "an empty folder": (("empty",), "no files in"),
    "binary": (("binary.log",), "holds NUL bytes"),
    "a damaged packed file": (("damaged.gz",), "is no intact gz file"),
    "a service that is none": (("worker.log", "--service", "../x"), "--service"),
    "a time that is none": (("worker.log", "--since", "yesterdayish"), "--since"),
    "times the wrong way round": (("worker.log", "--since", "1h", "--until", "2h"), "nothing lies between"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_use_is_exit_2_and_names_the_thing(shell, monkeypatch, wrong):
    monkeypatch.chdir(shell.folder)
    (shell.folder / "empty").mkdir()
    (shell.folder / "binary.log").write_bytes(bytes(range(256)) * 8)
    (shell.folder / "damaged.gz").write_bytes(b"no gzip")
    words, said = WRONG[wrong]
    code, out, err = shell(*words)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_exit_2(shell):
    shell.log.chmod(0)
    code, _, err = shell(shell.log)
    assert (code, "permission denied" in err) == (2, True)


def test_a_configuration_that_is_named_and_broken_is_exit_2(shell):
    shell.config.write_text("polcy: {}\n")
    code, _, err = shell(shell.log)
    assert code == 2
    assert "polcy" in err


def test_without_a_configuration_the_shipped_rules_are_used(shell):
    if os.access("/etc/aiops-agent/config.yaml", os.R_OK):
        pytest.skip("this host has one")
    assert run(["replay", str(shell.log)]) == 0
    assert "the shipped defaults" in shell.capsys.readouterr().out


GUARDED = """
import sys
ACTS = {
    "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "os.system", "socket.connect", "socket.bind",
    "socket.getaddrinfo", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.chown", "os.truncate",
    "os.link", "os.symlink", "os.utime",
}
def guard(event, said):
    is_write = event == "open" and isinstance(said[2], int) and said[2] & 3 and said[0] != "/dev/null"
    is_of_state = event in ("open", "os.listdir", "os.scandir") and str(said[0]).startswith(sys.argv[1])
    if event in ACTS or is_write or is_of_state:
        print(event, said, file=sys.stderr)
from aiops_agent.cli.main import run
sys.addaudithook(guard)
sys.exit(run(sys.argv[2:]))
"""
"""A program that tells of everything it does beyond reading; its first argument is the folder not even to be read."""


def tree(folder: Path) -> dict[str, tuple[int, ...]]:
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return found


@pytest.mark.slow
def test_nothing_is_written_run_connected_to_or_taken_from_the_state(shell):
    shell.config.write_text(
        f"state_dir: {shell.folder}/state\npolicy: {{mode: auto}}\n"
        f'sources:\n  - {{type: file, paths: ["{shell.folder}/worker.log"], service: worker.service, '
        f"parameters: {{log_directory: {shell.folder}}}}}\n"
        "chat:\n  - {type: telegram, token: 'env:NO_SUCH', chat_id: 1}\n"
    )
    state = shell.folder / "state"
    state.mkdir()
    (state / "state.db").write_bytes(b"not a database: to open it would be a fault")
    (state / "halt").write_text("a halt of today says nothing of the past\n")
    shell.log.write_text(HEALTHY + FAULT)
    before = tree(shell.folder)
    options = ["--json", "--answer", "approve"]
    done = subprocess.run(
        [sys.executable, "-c", GUARDED, state, "replay", shell.log, "--config", shell.config, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=shell.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert [(ran["playbook"], ran["outcome"]) for ran in found["runs"]] == [("compress-rotated-logs", "succeeded")]
    assert tree(shell.folder) == before


@pytest.mark.slow
def test_a_person_reads_a_timeline_and_why_not_more_and_no_escape_of_the_log(shell):
    shell.log.write_text(FAULT.replace("No space", "\x1b]0;owned\x07\u202eNo space"))
    code, out, _ = shell(shell.log)
    assert code == 0
    assert "2026-11-23T03:05:00Z  report  worker.service  disk_full" in out
    assert "Why not more:" in out
    assert "parameters_missing: The playbook needs values" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


@pytest.mark.slow
def test_jsonl_is_a_decision_a_line(shell):
    shell.log.write_text(FAULT)
    code, out, _ = shell(shell.log, "--jsonl")
    (line,) = out.splitlines()
    made = json.loads(line)
    assert code == 0
    assert list(made)[:6] == ["time", "incident", "decision", "reason", "playbook", "title"]
    assert (made["decision"], made["category"]) == ("report", "disk_full")


@pytest.mark.slow
def test_a_person_is_told_how_to_see_what_is_done_once_it_is_trusted(shell):
    folder = shell.folder / "playbooks"
    folder.mkdir()
    repair = REPAIR.replace("RISK", "low").replace("PROBE", "file_absent").replace("service_failure", "disk_full")
    (folder / "remove-lock.yaml").write_text(repair.replace('"*.service"', '"worker.service"'))
    source = f'{{type: file, paths: ["{shell.log}"], service: worker.service, parameters: {{lock_file: /srv/w/lock}}}}'
    shell.config.write_text(
        f"state_dir: {shell.folder}/state\npolicy: {{mode: auto}}\nplaybooks: [{folder}]\nsources:\n  - {source}\n"
    )
    shell.log.write_text(FAULT)
    _, out, _ = shell(shell.log)
    assert "ask  remove-lock" in out
    assert "       1  unsigned: By itself, and as root, only a playbook runs that a person has signed" in out
    assert "          with --trusted: what would be done once" in out
    _, out, _ = shell(shell.log, "--trusted")
    assert "would run remove-lock for worker.service" in out
    assert "with --trusted" not in out
