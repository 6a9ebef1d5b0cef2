"""A log whose keys are lost: the agent observes and reports, acts on nothing, says so loudly, makes no new key."""

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aiops_agent.playbook.load import load
from tests.cli.test_commands import Shell
from tests.journeys.machine import FAILURE, REPAIR
from tests.sign import Signer

NAME = "aiops-agent.wrapping"
FULL = "2026-11-23 03:00:00,001 ERROR worker: OSError: [Errno 28] No space left on device\n"
REFUSED = {"decision": "report", "reason": "audit_unavailable"}


class Host(Shell):
    """A service whose stale lock is removed when it fails, unattended."""

    def __init__(self, folder: Path, capsys, audit: str) -> None:
        self.audit = audit
        self.signer: Signer | None = None
        super().__init__(folder, capsys)

    @property
    def lock(self) -> Path:
        return self.folder / "stale.lock"

    @property
    def keys(self) -> Path:
        return self.folder / "state/keys"

    def configure(self, **keys: str) -> None:
        playbooks = self.folder / "playbooks"
        playbooks.mkdir(exist_ok=True)
        repair = playbooks / "remove-stale-lock.yaml"
        repair.write_text(REPAIR.replace("PROBE", "file_absent"))
        self.signer = self.signer or Signer(self.folder)
        self.signer.sign(load(repair), now=datetime.now(UTC))
        source = (
            f'{{type: file, paths: ["{self.folder}/*.log"], service: worker.service, start: beginning, '
            f"parameters: {{lock_file: {self.lock}}}}}"
        )
        self.config.write_text(
            f"state_dir: {self.folder}/state\nsources: [{source}]\nplaybooks: [{playbooks}]\n"
            f"policy: {{mode: auto, unlock_after: 0}}\nsigning: {self.signer.settings}\naudit: {self.audit}\n"
        )
        os.utime(self.config, (0, 0))

    def fails(self) -> None:
        self.lock.write_text("")
        with self.log.open("a") as file:
            file.write(f"{FAILURE}\n")

    def scan(self) -> tuple[int, list[dict], str]:
        code, out, err = self("scan", "--json")
        return code, json.loads(out)["incidents"], err

    def reports(self) -> dict[Path, str]:
        return {path: path.read_text() for path in (self.folder / "state/reports").glob("*.txt")}


@pytest.fixture(params=["file", pytest.param("credential", marks=pytest.mark.slow)])
def host(request, tmp_path, capsys, monkeypatch):
    given = tmp_path / "credentials"
    given.mkdir()
    (given / NAME).write_bytes(os.urandom(32))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    before = os.umask(0o022)
    made = Host(tmp_path, capsys, f"{{key: {{type: {request.param}}}}}")
    made.log.write_text(FULL)
    code, [found], err = made.scan()
    assert (code, found["category"]) == (0, "disk_full"), err
    yield made
    os.umask(before)


def lose_wrapping(host) -> None:
    (host.keys / "wrapping.key").unlink(missing_ok=True)
    (host.folder / "credentials" / NAME).unlink()


def lose_the_unit(host) -> None:
    """As when a person types `scan` outside of the unit, or the unit lost its line."""
    (host.keys / "wrapping.key").unlink(missing_ok=True)
    os.environ.pop("CREDENTIALS_DIRECTORY")


def change_wrapping(host) -> None:
    for path in (host.keys / "wrapping.key", host.folder / "credentials" / NAME):
        if path.exists():
            path.write_bytes(os.urandom(32))


def lose(name):
    def lost(host) -> None:
        (host.keys / name).unlink()

    lost.__name__ = name
    return lost


def lose_all(host) -> None:
    shutil.rmtree(host.keys)


LOSSES = (
    lose_wrapping,
    pytest.param(lose_the_unit, marks=pytest.mark.slow),
    pytest.param(change_wrapping, marks=pytest.mark.slow),
    pytest.param(lose("signing.key"), marks=pytest.mark.slow),
    pytest.param(lose("genesis.pub"), marks=pytest.mark.slow),
    pytest.param(lose_all, marks=pytest.mark.slow),
)


def key_files(host) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(host.keys.glob("*"))}


@pytest.mark.parametrize("lost", LOSSES, ids=lambda lost: lost.__name__)
def test_faults_are_found_and_told_nothing_is_done_and_no_key_is_made(host, lost):
    lost(host)
    left, before = key_files(host), host.reports()
    host.fails()
    code, found, err = host.scan()
    assert code == 3
    assert "key" in err
    told = {incident["kind"]: incident for incident in found}
    assert told["log"].items() >= REFUSED.items()
    assert told["log"]["category"] == "service_failure"
    assert (told["agent"]["title"], told["agent"]["severity"]) == ("audit unavailable: audit log", "critical")
    assert host.lock.exists(), "nothing is done"
    assert key_files(host) == left
    fresh = [text for path, text in host.reports().items() if path not in before]
    assert [report for report in fresh if "audit unavailable" in report]
    assert [report for report in fresh if "Main process exited" in report]


def test_with_its_keys_the_same_is_repaired(host):
    host.fails()
    code, [found], err = host.scan()
    assert (code, found["decision"], found["outcome"], host.lock.exists()) == (0, "run", "succeeded", False), err


def test_it_is_told_at_once_though_no_log_has_grown_and_told_once(host):
    host.scan()
    assert host("scan", "--json")[0] == 0, "quiet"
    before = len(host.reports())
    shutil.rmtree(host.keys)
    for _ in range(3):
        assert host.scan()[0] == 3, "as long as it lasts"
    assert len(host.reports()) == before + 1
    assert not host.keys.exists()


@pytest.mark.slow
def test_restored_keys_are_used_and_the_incident_is_closed(host):
    saved = host.folder / "saved"
    shutil.copytree(host.keys, saved)
    shutil.rmtree(host.keys)
    host.fails()
    assert host.scan()[0] == 3
    shutil.copytree(saved, host.keys)
    code, found, err = host.scan()
    assert code == 0, err
    assert [each["status"] for each in found if each["kind"] == "agent"] == ["closed"]
    assert host.json("audit", "verify")["intact"]
    before = len(host.reports())
    shutil.rmtree(host.keys)
    assert host.scan()[0] == 3
    assert len(host.reports()) == before + 1, "a second loss is told again"
