import json

import pytest

from aiops_agent.diagnosis.artefact import MODELS, manifest_digest, verified, write_manifest
from aiops_agent.errors import ModelError


@pytest.fixture
def models(tmp_path):
    (tmp_path / "encoder").mkdir()
    (tmp_path / "encoder" / "model.onnx").write_bytes(b"weights")
    (tmp_path / "head.npz").write_bytes(b"head")
    write_manifest(tmp_path)
    return tmp_path


def test_files_as_they_were_shipped_are_found(models):
    assert verified(models, "head.npz", "encoder/model.onnx") == [
        models / "head.npz",
        models / "encoder" / "model.onnx",
    ]


def test_one_flipped_bit_is_refused_by_name(models):
    (models / "head.npz").write_bytes(b"heae")
    with pytest.raises(ModelError, match=r"head\.npz is not the one") as refused:
        verified(models, "head.npz")
    assert "reinstall" in refused.value.hint


@pytest.mark.parametrize("place", [".", "encoder", "manifest.json", "encoder/model.onnx"])
def test_c08_models_that_anyone_can_write_are_not_loaded(models, place):
    (models / place).chmod(0o777)
    with pytest.raises(ModelError, match="anyone on this host can write to") as refused:
        verified(models, "head.npz", "encoder/model.onnx")
    assert f"chmod o-w {models / place}" in refused.value.hint


def test_a_missing_file_is_named(models):
    (models / "encoder" / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"encoder/model\.onnx cannot be read"):
        verified(models, "encoder/model.onnx")


def test_a_file_that_the_manifest_does_not_know_is_refused(models):
    (models / "other.npz").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"other\.npz"):
        verified(models, "other.npz")


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"sha256": {'])
def test_a_broken_manifest_is_refused(models, written):
    (models / "manifest.json").write_text(written)
    with pytest.raises(ModelError, match=r"manifest\.json cannot be read"):
        verified(models, "head.npz")


def test_a_missing_manifest_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"manifest\.json"):
        manifest_digest(tmp_path)


def test_the_shipped_manifest_lists_exactly_what_is_shipped():
    listed = json.loads((MODELS / "manifest.json").read_text())["sha256"]
    shipped = {
        path.relative_to(MODELS).as_posix()
        for path in MODELS.rglob("*")
        if path.is_file() and path.suffix in {".onnx", ".json", ".npz"} and path.name != "manifest.json"
    }
    assert set(listed) == shipped
    verified(MODELS, *listed)
