"""The units are exposed to no more than they need, by systemd's own measure."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parent.parent / "packaging" / "systemd"
pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None and "CI" not in os.environ, reason="no systemd-analyze"
)


@pytest.mark.parametrize(
    ("unit", "most"), [("aiops-agent", 2.0), ("aiops-agent-daemon", 2.0), ("aiops-agent-executor", 4.0)]
)
def test_a_unit_is_exposed_to_no_more_than_it_needs(unit, most):
    argv = ["systemd-analyze", "security", "--offline=true", f"--threshold={most * 10:.0f}", "--no-pager"]
    done = subprocess.run([*argv, str(UNITS / f"{unit}.service")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    assert "Overall exposure level" in done.stdout


def test_what_runs_as_root_has_no_network_and_one_capability():
    lines = (UNITS / "aiops-agent-executor.service").read_text().splitlines()
    for line in ("PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "CapabilityBoundingSet=CAP_DAC_READ_SEARCH"):
        assert line in lines
    assert not [line for line in lines if line.startswith("AmbientCapabilities=") and line != "AmbientCapabilities="]
