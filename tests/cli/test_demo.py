"""The demo: a real service, really broken, really repaired, in less than 15 seconds and without root."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

AGENT = Path(sys.executable).with_name("aiops-agent")


def ran(*argv: str, **how) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=60, **how)


@pytest.mark.slow
def test_it_finds_repairs_and_proves_within_15_seconds(tmp_path):
    started = time.monotonic()
    result = ran(AGENT, "demo", "--keep", tmp_path / "demo")
    assert result.returncode == 0, result.stdout + result.stderr
    assert time.monotonic() - started < 15
    said = result.stdout.splitlines()
    assert [line[:2] for line in said if line.startswith(("ok", "NO"))] == ["ok"] * 4
    assert str(tmp_path / "demo" / "state" / "audit") in result.stdout
    config = tmp_path / "demo" / "config.yaml"
    found = json.loads(ran(AGENT, "incidents", "list", "--json", "--config", config).stdout)["incidents"]
    categories = {Path(incident["source"]).name: incident["category"] for incident in found}
    assert categories["java.log"] == "connection_refused"
    assert categories["python.log"] == "disk_full"
    assert categories["go.log"] == "application_bug"
    assert len({Path(incident["source"]).name for incident in found}) == 10
    assert {i["outcome"] for i in found if i["category"] == "service_failure"} == {"succeeded"}


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "mine").write_text("precious")
    result = ran(AGENT, "demo", "--keep", tmp_path)
    assert result.returncode == 2
    assert (tmp_path / "mine").read_text() == "precious"


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root has powers to give up")
def test_it_needs_none_of_the_powers_of_root(tmp_path):
    powerless = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs"]
    result = ran(*powerless, AGENT, "demo", "--keep", tmp_path / "demo")
    assert result.returncode == 0, result.stdout + result.stderr
