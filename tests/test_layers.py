"""The import contracts hold, and each of them is seen to bite: a gate never seen red is not a gate."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
LINTER = Path(sys.executable).with_name("lint-imports")

PLANTED = {
    "a room that knows another": ("aiops_agent/chat/slack.py", "import aiops_agent.audit.keys\n"),
    "policy that does I/O": ("aiops_agent/policy/decide.py", "import socket\n"),
    "file events anywhere but in the daemon": ("aiops_agent/pipeline.py", "import aiops_agent.sources.events\n"),
    "an adapter named outside wiring": ("aiops_agent/pipeline.py", "import aiops_agent.chat.telegram\n"),
    "a module without a place": ("aiops_agent/utils.py", '"""Odds and ends."""\n'),
    "a training tool at run time": ("aiops_agent/diagnosis/encoder.py", "import torch\n"),
}


HOMES = {
    "ahocorasick_rs": {"assembly"},
    "apsw": {"diagnosis", "state"},
    "cryptography": {"audit", "signing"},
    "jinja2": {"chat"},
    "markdown_it": {"chat"},
    "markupsafe": {"chat"},
    "numpy": {"diagnosis", "training"},
    "onnxruntime": {"diagnosis", "training"},
    "psutil": {"playbook"},
    "pydantic": {"config", "executor", "playbook", "sections"},
    "pydantic_core": {"config"},
    "re2": {"assembly", "audit", "cli", "diagnosis", "training"},
    "rich": {"cli"},
    "slack_sdk": {"chat"},
    "subprocess": {"cli", "playbook", "sources", "training"},
    "tokenizers": {"diagnosis", "training"},
    "yaml": {"config", "diagnosis", "playbook", "training"},
}
"""Where each library lives; `cli` spawns only the service of its demo and `bash -n`, `sources` only journalctl,
`training` only the faults it provokes on a test machine."""


def linted(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "aiops_agent", folder / "aiops_agent", ignore=shutil.ignore_patterns("models", "families", "__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold(copy):
    result = linted(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("fault", PLANTED)
def test_a_contract_bites(copy, fault):
    name, line = PLANTED[fault]
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.write_text((before or "") + line)
    try:
        assert linted(copy).returncode == 1
    finally:
        path.unlink() if before is None else path.write_text(before)


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("aiops_agent", include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("library", HOMES)
def test_a_library_lives_in_its_room(graph, library):
    importers = graph.find_modules_that_directly_import(library)
    assert {importer.split(".")[1] for importer in importers} <= HOMES[library]


def test_every_third_party_library_has_a_home(graph):
    squashed = {name for name in graph.modules if graph.is_module_squashed(name)}
    foreign = {name for name in squashed if name.split(".")[0] not in sys.stdlib_module_names}
    train_only = {
        "datasets",
        "torch",
        "sklearn",
        "transformers",
        "onnx",
        "safetensors",
        "scipy",
        "sentence_transformers",
    }
    assert foreign <= HOMES.keys() | train_only
