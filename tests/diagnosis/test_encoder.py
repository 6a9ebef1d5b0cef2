import shutil

import numpy as np
import pytest

from aiops_agent.diagnosis.artefact import MODELS, write_manifest
from aiops_agent.diagnosis.encoder import (
    FAST,
    FILES,
    PRECISE,
    Encoder,
    Facts,
    Golden,
    load_encoder,
    read_facts,
    sound,
    write_facts,
)
from aiops_agent.errors import ModelError


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(MODELS)


def test_every_vector_has_unit_length(encoder):
    vectors = encoder.embed(["disk full", "connection refused by the peer", "x" * 5000])
    assert vectors.shape == (3, encoder.width)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_no_texts_give_no_rows(encoder):
    assert encoder.embed([]).shape == (0, encoder.width)


def test_a_text_has_the_same_vector_alone_and_among_others(encoder):
    texts = [f"error {number}: " + "cannot write the file " * (number % 7) for number in range(40)]
    alone = np.concatenate([encoder.embed([text]) for text in texts])
    assert np.array_equal(alone, encoder.embed(texts))


def test_like_texts_are_closer_than_unlike_ones(encoder):
    disk, space, name = encoder.embed(["disk is full", "no space left on the disk", "host name cannot be resolved"])
    assert disk @ space > disk @ name


def test_what_is_no_model_is_refused_by_name(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"model\.onnx does not load"):
        Encoder(tmp_path / "model.onnx", MODELS / "encoder" / "tokenizer.json", "none")


GOLDEN = Golden(("disk full", "timed out"), np.eye(2, 4, dtype=np.float32))


class Processor:
    """Loads a reader that turns its vectors by as much as a kernel is wrong; remembers which kernels were asked for."""

    def __init__(self, *, fast, precise):
        self.wrong = {False: fast, True: precise}
        self.asked = []

    def __call__(self, *, precise):
        self.asked.append(precise)
        return Turned(self.wrong[precise], PRECISE if precise else FAST)


class Turned:
    def __init__(self, wrong, variant):
        self.wrong = wrong
        self.variant = variant

    def embed(self, texts):
        right = GOLDEN.vectors[: len(texts)]
        return np.cos(self.wrong) * right + np.sin(self.wrong) * np.roll(right, 2, axis=1)


def test_a_processor_that_computes_what_was_stored_runs_the_fast_kernel_alone():
    processor = Processor(fast=0.01, precise=0.0)
    assert sound(processor, GOLDEN, "the model").variant == FAST
    assert processor.asked == [False]


def test_a_processor_whose_products_saturate_runs_the_precise_kernel():
    assert sound(Processor(fast=0.4, precise=0.01), GOLDEN, "the model").variant == PRECISE


def test_a_model_that_no_kernel_computes_as_it_was_is_refused_with_both_cosines():
    with pytest.raises(
        ModelError, match=r"the model does not compute here .* cosine 0\.825, .* 0\.921, expected 0\.998"
    ):
        sound(Processor(fast=0.6, precise=0.4), GOLDEN, "the model")


def test_both_kernels_of_this_processor_give_what_the_shipped_model_has_stored():
    model, tokenizer, _ = (MODELS / name for name in FILES)
    golden = read_facts(MODELS).golden
    for precise in (False, True):
        vectors = Encoder(model, tokenizer, "", precise=precise).embed(golden.texts)
        assert (vectors * golden.vectors).sum(axis=1).min() > 0.999


def test_a_folder_whose_stored_vectors_are_of_another_model_is_refused(tmp_path):
    shutil.copytree(MODELS, tmp_path, dirs_exist_ok=True)
    facts = read_facts(tmp_path)
    other = Golden(facts.golden.texts, np.roll(facts.golden.vectors, 1, axis=0))
    write_facts(tmp_path / FILES[-1], Facts(facts.name, facts.categories, other))
    write_manifest(tmp_path)
    with pytest.raises(ModelError, match=r"model\.onnx does not compute here what it did where it was made"):
        load_encoder(tmp_path)


def test_facts_that_lack_something_are_refused_by_name(tmp_path):
    shutil.copytree(MODELS, tmp_path, dirs_exist_ok=True)
    (tmp_path / FILES[-1]).write_text('{"name": "half"}')
    write_manifest(tmp_path)
    with pytest.raises(ModelError, match=r"encoder\.json cannot be read"):
        load_encoder(tmp_path)


def test_facts_are_read_as_they_were_written(tmp_path):
    (tmp_path / "encoder").mkdir()
    write_facts(tmp_path / FILES[-1], Facts("small", ("disk_full", "timeout"), GOLDEN))
    write_manifest(tmp_path)
    facts = read_facts(tmp_path)
    assert (facts.name, facts.categories, facts.golden.texts) == ("small", ("disk_full", "timeout"), GOLDEN.texts)
    assert np.allclose(facts.golden.vectors, GOLDEN.vectors)


def test_an_encoder_with_another_number_of_categories_than_its_facts_say_is_refused():
    model, tokenizer, _ = (MODELS / name for name in FILES)
    with pytest.raises(ModelError, match="categories"):
        Encoder(model, tokenizer, "", categories=("disk_full", "timeout"))
