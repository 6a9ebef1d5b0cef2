"""What a tick without a new fault loads, and that its short ways give what the long ways give."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.cli.arguments import parser
from aiops_agent.cli.plain import plain_scan
from tests.sign import Signer

FAULT = "2026-11-23 03:00:00,001 ERROR worker: OSError: [Errno 28] No space left on device\n"
HEAVY = {
    "argparse",
    "cryptography",
    "dataclasses",
    "gzip",
    "hashlib",
    "inspect",
    "jinja2",
    "markdown_it",
    "numpy",
    "onnxruntime",
    "psutil",
    "pydantic",
    "rich",
    "secrets",
    "slack_sdk",
    "subprocess",
    "tempfile",
    "threading",
    "tokenizers",
    "urllib.request",
    "yaml",
}
NEEDLESS = {
    "aiops_agent.assembly.findings",
    "aiops_agent.audit.damage",
    "aiops_agent.model.attempt",
    "aiops_agent.model.audit",
    "aiops_agent.model.diagnosis",
    "aiops_agent.model.message",
    "aiops_agent.model.order",
    "aiops_agent.model.playbook",
    "aiops_agent.model.voice",
    "aiops_agent.playbook",
    "aiops_agent.policy.attempts",
    "aiops_agent.policy.throttle",
    "aiops_agent.ports",
    "aiops_agent.recovery",
    "aiops_agent.repair",
    "aiops_agent.signing",
    "aiops_agent.state.undo",
}
"""Of our own: a tick that finds nothing new runs no line of them, and each costs it a third of a millisecond."""

WORDS = ["--json", "--check", "--dry-run", "--config", "--config=/a", "--config=", "/b", "--con", "-h", "x", "--json=1"]
COMMAND = [sys.executable, "-m", "aiops_agent", "scan", "--json", "--config"]


def tick(config, *flags):
    done = subprocess.run(
        [sys.executable, *flags, "-m", "aiops_agent", "scan", "--json", "--config", str(config)], capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def known(tmp_path):
    """A host that has told of a fault, and has been given a line of the same fault since."""
    log = tmp_path / "worker.log"
    log.write_text(FAULT)
    config = tmp_path / "config.yaml"
    source = f"{{type: file, paths: [{log}], start: beginning}}"
    signer = Signer(tmp_path)
    signer.sign(now=datetime.now(UTC))  # verified with the first tick, and not again
    config.write_text(f"state_dir: {tmp_path}/state\nsources:\n  - {source}\nsigning: {signer.settings}\n")
    time.sleep(1.1)  # a file that has just been edited is not vouched for
    for _ in range(2):
        tick(config)
        with log.open("a") as file:
            file.write(FAULT)
    return config


def test_a_tick_without_a_new_fault_loads_nothing_heavy_and_nothing_needless(known):
    loaded = {line.rsplit("|", 1)[-1].strip() for line in tick(known, "-X", "importtime").stderr.decode().splitlines()}
    assert "aiops_agent.assembly.assemble" in loaded
    assert sorted(loaded & (HEAVY | NEEDLESS)) == []


def test_a_tick_whose_output_cannot_be_written_says_so(known):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*COMMAND, str(known)], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode != 0
    assert b"No space left on device" in done.stderr


@given(st.lists(st.sampled_from(WORDS), max_size=4))
def test_the_short_way_reads_arguments_as_argparse_does(words):
    short = plain_scan(["scan", *words])
    if short is not None:
        long = parser().parse_args(["scan", *words])
        assert [(getattr(short, name), name) for name in ("config", "json", "check", "dry_run")] == [
            (getattr(long, name), name) for name in ("config", "json", "check", "dry_run")
        ]


def test_the_words_of_the_shipped_timer_go_the_short_way():
    words = ["scan", "--json", "--check", "--dry-run", "--config", "/etc/aiops-agent/config.yaml"]
    assert plain_scan(words) is not None
    assert plain_scan(["scan"]) is not None
    assert plain_scan(["incidents", "list"]) is None
