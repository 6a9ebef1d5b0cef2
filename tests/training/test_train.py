import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

for needed in ("torch", "sentence_transformers", "datasets", "accelerate", "onnx", "sklearn"):
    pytest.importorskip(needed, reason="needs pip install '.[train]'")

import torch
from transformers import BertConfig, BertModel

from aiops_agent.diagnosis.artefact import digest, write_manifest
from aiops_agent.diagnosis.encoder import FILES, load_encoder
from aiops_agent.errors import UsageError
from aiops_agent.training import adopt, export, student, train
from aiops_agent.training.curriculum import Curriculum
from aiops_agent.training.export import Named
from aiops_agent.training.train import COMPLETE, ByLength, Course
from tests.training.learning import CATEGORIES, CURRICULUM, TEXTS, WORDS
from tests.training.learning import main as learnt
from tests.training.pieces import tokenizer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # those of torch and its family are not ours
]
PROGRAM = Path(__file__).with_name("learning.py")
ROOT = PROGRAM.parents[2]


def silent(what, done, total):
    pass


def write_teacher(folder):
    """Write a model of the teacher's form, six layers wide and random, in the form of sentence-transformers."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import PreTrainedTokenizerFast

    torch.manual_seed(1)
    small = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 32}
    plain = folder / "plain"
    pieces = tokenizer(*WORDS)
    BertModel(BertConfig(vocab_size=pieces.get_vocab_size(), **small)).save_pretrained(plain)
    special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=pieces, mask_token="[MASK]", **special).save_pretrained(plain)
    modules = [Transformer(str(plain)), Pooling(384, "mean"), Normalize()]
    SentenceTransformer(modules=modules, device="cpu").save(str(folder / "model"), create_model_card=False)
    return folder / "model"


@pytest.fixture(scope="module")
def teacher(tmp_path_factory):
    return write_teacher(tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="module")
def uninterrupted(teacher, tmp_path_factory):
    return learnt(teacher, tmp_path_factory.mktemp("whole"))


def weights(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.safetensors")}


@pytest.mark.parametrize("step", [3, 6, 9])  # in the first epoch, at its end, in the second
def test_a_run_that_was_killed_ends_as_one_that_was_not(teacher, uninterrupted, tmp_path, step):
    program = [sys.executable, str(PROGRAM), str(teacher), str(tmp_path), str(step)]
    killed = subprocess.run(program, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert list((tmp_path / "checkpoints").iterdir())
    resumed = learnt(teacher, tmp_path)
    assert len(weights(resumed)) == 3
    assert weights(resumed) == weights(uninterrupted)


def test_the_same_texts_and_seed_give_the_same_artefact_byte_for_byte(teacher, uninterrupted, tmp_path):
    again = learnt(teacher, tmp_path / "again")
    made = []
    for number, folder in enumerate((uninterrupted, again)):
        exact, out = tmp_path / f"{number}.onnx", tmp_path / str(number)
        export.export(export.read_model(folder), exact, categories=True)
        export.write_encoder(exact, folder / "tokenizer.json", out, Named("tiny", CATEGORIES))
        made.append([digest(out / name) for name in FILES])
    assert made[0] == made[1]


def test_the_graph_says_what_the_model_says_vectors_and_categories(uninterrupted, tmp_path):
    model = export.read_model(uninterrupted)
    export.export(model, tmp_path / "exact.onnx", categories=True)
    export.write_encoder(tmp_path / "exact.onnx", uninterrupted / "tokenizer.json", tmp_path, Named("tiny", CATEGORIES))
    write_manifest(tmp_path)
    encoder = load_encoder(tmp_path)
    reading = encoder.read(TEXTS[:6])
    assert encoder.categories == CATEGORIES
    assert (reading.vectors * model.encode(list(TEXTS[:6]))).sum(axis=1).min() > 0.98
    with torch.no_grad():
        said = model(model.preprocess(list(TEXTS[:6])))["category"].numpy()
    assert np.abs(reading.logits - said).max() < 0.1


def test_the_student_learns(uninterrupted, teacher):
    from sentence_transformers import SentenceTransformer

    student, asked = (SentenceTransformer(str(folder), device="cpu") for folder in (uninterrupted, teacher))
    chinese, meant, other = student.encode(["磁盘空间不足"]), asked.encode(["disk full"]), asked.encode(["waiting"])
    assert (chinese @ meant.T).item() > (chinese @ other.T).item()


def test_a_folder_of_another_training_is_refused_by_name(tmp_path, monkeypatch):
    train.begin(tmp_path, CURRICULUM, Course(epochs=1), "a teacher")
    train.begin(tmp_path, CURRICULUM, Course(epochs=1), "a teacher")
    with pytest.raises(UsageError, match="another teacher"):
        train.begin(tmp_path, CURRICULUM, Course(epochs=1), "another one")
    with monkeypatch.context() as wider, pytest.raises(UsageError, match="another student"):
        wider.setattr(train, "FEED_FORWARD", 1536)
        train.begin(tmp_path, CURRICULUM, Course(epochs=1), "a teacher")
    with pytest.raises(UsageError, match=f"another training was begun in {tmp_path}"):
        train.begin(
            tmp_path,
            Curriculum(CURRICULUM.texts[1:], CURRICULUM.means[1:], CURRICULUM.answers[1:]),
            Course(1),
            "a teacher",
        )


def test_a_checkpoint_that_a_kill_cut_short_is_not_gone_on_from(tmp_path):
    for step in (8, 9, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-8" / COMPLETE).write_text("{}")
    (tmp_path / "checkpoint-10" / COMPLETE).write_text('{"global_st')
    assert train._last_complete(tmp_path) == str(tmp_path / "checkpoint-8")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-8"]


class Teacher:
    """Answers with the length of a text, and counts what it was asked."""

    def __init__(self):
        self.asked = 0

    def encode(self, texts, **_):
        self.asked += len(texts)
        return np.array([[len(text), 1] for text in texts], dtype=np.float32)


def test_the_teacher_is_asked_once_for_each_text(tmp_path):
    texts, teacher = [f"{'x' * (n % 9)}" for n in range(train.CHUNK + 5)], Teacher()
    first = train.teach(teacher, texts, tmp_path, silent)
    (tmp_path / f"{train.CHUNK}.npy").unlink()  # a kill came before the second part was written
    assert np.array_equal(train.teach(teacher, texts, tmp_path, silent), first)
    assert teacher.asked == len(texts) + 5
    assert first[8].tolist() == [8, 1]


def test_each_epoch_shows_each_text_once_in_another_order():
    sampler = ByLength([n % 17 for n in range(500)], 8, seed=1)
    epochs = []
    for epoch in (0, 1, 0):
        sampler.set_epoch(epoch)
        epochs.append([number for batch in sampler for number in batch])
    assert all(sorted(epoch) == list(range(500)) for epoch in epochs)
    assert epochs[0] == epochs[2] != epochs[1]


def fitted(out):
    return {"head": "fitted"}


def test_any_model_of_sentence_transformers_becomes_a_folder_of_models(teacher, tmp_path):
    figures = adopt.adopt(teacher, tmp_path / "other", silent, fit=fitted)
    assert figures["cosine_as_exported"] >= adopt.AS_EXPORTED
    assert figures["head"] == "fitted"
    encoder = load_encoder(tmp_path / "other")
    assert (encoder.width, encoder.categories) == (384, ())


def without(name):
    def spoilt(folder):
        (folder / name).unlink()

    return spoilt


def with_weights_of_another_kind(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["encoder.layer.3.intermediate.dense.weight"] *= float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("modules.json"), "is no sentence-transformers model"),
        (without("tokenizer.json"), r"has no tokenizer\.json"),
        (without("model.safetensors"), "does not load"),
        (with_weights_of_another_kind, "is refused: as exported"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_by_name_and_leaves_nothing(teacher, tmp_path, spoil, said):
    import shutil

    spoilt = tmp_path / "spoilt"
    shutil.copytree(teacher, spoilt)
    spoil(spoilt)
    with pytest.raises(UsageError, match=said) as refused:
        adopt.adopt(spoilt, tmp_path / "out", silent, fit=fitted)
    assert str(spoilt) in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["spoilt"]


def test_what_is_there_already_is_not_overwritten(teacher, tmp_path):
    with pytest.raises(UsageError, match="is there already"):
        adopt.adopt(teacher, tmp_path, silent, fit=fitted)


def test_a_text_means_the_same_beside_a_longer_one(teacher, tmp_path):
    import onnxruntime

    export.export(export.read_model(teacher), tmp_path / "graph.onnx", categories=False)
    session = onnxruntime.InferenceSession(str(tmp_path / "graph.onnx"))
    alone, longer = np.array([[3, 20, 30, 4]]), np.array([[3, 20, 30, 4, 40, 50, 60]])
    (expected,) = session.run(None, {"input_ids": alone, "attention_mask": np.ones_like(alone)})
    beside = {"input_ids": np.stack([longer[0], longer[0]]), "attention_mask": np.ones((2, 7), dtype=np.int64)}
    beside["attention_mask"][0, 4:] = 0
    (both,) = session.run(None, beside)
    assert np.abs(both[0] - expected[0]).max() < 1e-5
    assert np.abs(both[0] - both[1]).max() > 1e-2


def test_of_a_layer_the_neurons_are_kept_that_weigh_most(monkeypatch):
    monkeypatch.setattr(student, "FEED_FORWARD", 2)
    weights = {
        "a.intermediate.dense.weight": torch.tensor([[3.0], [1.0], [2.0]]),
        "a.intermediate.dense.bias": torch.tensor([3.0, 1.0, 2.0]),
        "a.output.dense.weight": torch.tensor([[1.0, 1.0, -9.0]]),
    }
    student.narrow(weights, "a")
    assert [weight.flatten().tolist() for weight in weights.values()] == [[3.0, 2.0], [3.0, 2.0], [1.0, -9.0]]


def test_two_sources_that_differ_are_refused(tmp_path):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(name.encode())
    with pytest.raises(UsageError, match="hold different weights"):
        export.teacher_of(tmp_path / "one", tmp_path / "other", tmp_path)


def test_figures_are_written_beside_the_graph_and_count_for_the_manifest(tmp_path):
    (tmp_path / "encoder").mkdir()
    export.write_figures(tmp_path, {"texts": 3})
    assert json.loads((tmp_path / "encoder" / "figures.json").read_text()) == {"texts": 3}
    assert "encoder/figures.json" in json.loads((tmp_path / "manifest.json").read_text())["sha256"]
