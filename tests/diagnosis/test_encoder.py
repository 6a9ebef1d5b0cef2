import numpy as np
import pytest

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.diagnosis.encoder import WIDTH, Encoder, load_encoder
from aiops_agent.errors import ModelError


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(MODELS)


def test_every_vector_has_unit_length(encoder):
    vectors = encoder.embed(["disk full", "connection refused by the peer", "x" * 5000])
    assert vectors.shape == (3, WIDTH)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_no_texts_give_no_rows(encoder):
    assert encoder.embed([]).shape == (0, WIDTH)


def test_a_text_has_nearly_the_same_vector_alone_and_among_others(encoder):
    texts = [f"error {number}: " + "cannot write the file " * (number % 7) for number in range(40)]
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    assert (alone * encoder.embed(texts)).sum(axis=1).min() > 0.97


def test_like_texts_are_closer_than_unlike_ones(encoder):
    disk, space, name = encoder.embed(["disk is full", "no space left on the disk", "host name cannot be resolved"])
    assert disk @ space > disk @ name


def test_what_is_no_model_is_refused_by_name(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"model\.onnx does not load"):
        Encoder(tmp_path / "model.onnx", MODELS / "encoder" / "tokenizer.json", "none")
