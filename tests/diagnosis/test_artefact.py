import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiops_agent.diagnosis import artefact
from aiops_agent.diagnosis.artefact import MANIFEST, MODELS, digest, manifest_digest, verified, write_manifest
from aiops_agent.diagnosis.encoder import load_encoder
from aiops_agent.diagnosis.head import load_head
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


def test_one_flipped_bit_is_refused_by_name(models, monkeypatch):
    monkeypatch.setattr(artefact, "MODELS", models)
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


@pytest.mark.parametrize(
    "written", ["", "[]", "{}", '{"sha256": {', '{"sha256": 3}', '{"sha256": ["head.npz"]}', "[" * 100_000]
)
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


SHIPPED = ("encoder/model.onnx", "encoder/tokenizer.json", "head.npz")
LOADERS = (load_encoder, load_encoder, load_head)


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copied") / "models"
    shutil.copytree(MODELS, folder)
    return folder


def damaged(path: Path, content: bytes):
    """Put other bytes in the place of a file; the old ones come back when it is closed."""
    whole = path.read_bytes()
    path.write_bytes(content)
    return lambda: path.write_bytes(whole)


@pytest.mark.parametrize(("name", "load"), list(zip(SHIPPED, LOADERS, strict=True)), ids=SHIPPED)
@pytest.mark.parametrize("kept", [0.0, 0.5, 1.0], ids=["nothing", "half", "all but a byte"])
def test_every_shipped_file_that_was_cut_short_is_refused_by_name(copied, name, load, kept):
    whole = (copied / name).read_bytes()
    restore = damaged(copied / name, whole[: int(kept * (len(whole) - 1))])
    try:
        with pytest.raises(ModelError, match=f"{name} is not the one") as refused:
            load(copied)
        assert "model import" in refused.value.hint, "it is not the shipped folder"
    finally:
        restore()


@pytest.mark.parametrize(("name", "load"), list(zip(SHIPPED, LOADERS, strict=True)), ids=SHIPPED)
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0], ids=["first", "middle", "last"])
def test_every_shipped_file_with_a_flipped_bit_is_refused_by_name(copied, name, load, place):
    whole = bytearray((copied / name).read_bytes())
    whole[int(place * (len(whole) - 1))] ^= 1
    restore = damaged(copied / name, bytes(whole))
    try:
        with pytest.raises(ModelError, match=f"{name} is not the one"):
            load(copied)
    finally:
        restore()


@given(st.data())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_bit_and_no_cut_anywhere_in_the_head_is_missed(copied, data):
    whole = bytearray((copied / "head.npz").read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        whole[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del whole[at:]
    restore = damaged(copied / "head.npz", bytes(whole))
    try:
        with pytest.raises(ModelError, match=r"head\.npz"):
            load_head(copied)
    finally:
        restore()


@pytest.mark.slow
@given(st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_manifest_with_a_flipped_bit_lets_no_other_file_pass(copied, data):
    """A flip may change nothing that is asked for (another file's line, white space); else it is refused."""
    whole = (copied / MANIFEST).read_bytes()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    flipped = whole[:at] + bytes([whole[at] ^ (1 << bit)]) + whole[at + 1 :]
    restore = damaged(copied / MANIFEST, flipped)
    right = f'"head.npz": "{digest(copied / "head.npz")}"'.encode()
    try:
        if right in flipped and _is_read(flipped):
            load_head(copied)
        else:
            with pytest.raises(ModelError, match=r"manifest\.json|head\.npz"):
                load_head(copied)
    finally:
        restore()


def _is_read(content: bytes) -> bool:
    try:
        return "head.npz" in json.loads(content)["sha256"]
    except (ValueError, KeyError):
        return False
