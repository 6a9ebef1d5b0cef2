"""Curriculum -> trained student: sentence-transformers runs the loop, this says what is learnt and when it is kept.

A run that was killed goes on where its last checkpoint was, and ends as it would have ended: weights, optimizer, place
in the data and random numbers are all in a checkpoint, and one thread adds in one order.
"""

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.base.sampler import DefaultBatchSampler
from transformers import PrinterCallback, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.utils.logging import disable_progress_bar

from aiops_agent.errors import UsageError
from aiops_agent.training.curriculum import NO_CATEGORY, Curriculum
from aiops_agent.training.student import CATEGORY, FEED_FORWARD, LAYERS

EPOCHS = 2
SEED = 11
BATCH = 48
RATE = 3e-4
WARM_UP = 0.05
"""Share of the steps in which the rate rises."""

COSINE, SIMILARITY, CATEGORIES = 1.0, 10.0, 0.5
"""What the three losses weigh: each begins near one."""

SMOOTHING = 0.05
"""Of the categories: logits that grow without bound are of no use to what is fitted on them."""

POOL = 40
"""Batches that are sorted by length together: little padding, and still another neighbourhood each time."""

CHUNK = 2048
"""Texts the teacher reads between two files."""

KEEP_EVERY = 180.0
"""Seconds between checkpoints: what a kill costs at most."""

COMPLETE = "trainer_state.json"
"""What is written last into a checkpoint: one without it was cut short."""

Told = Callable[[str, int, int], None]
"""What is being done, how much of it is done, how much there is."""


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how a student learns."""

    epochs: int = EPOCHS
    seed: int = SEED
    keep_every: float = KEEP_EVERY
    batch: int = BATCH


def begin(work: Path, curriculum: Curriculum, course: Course, teacher: str) -> None:
    """Make the working folder that of this curriculum, course and teacher (a digest of its weights).

    Raises:
        UsageError: Another training was begun there: to go on with other texts would end nowhere.
    """
    told = json.dumps([curriculum.texts, curriculum.means, curriculum.answers.tolist()], ensure_ascii=False)
    begun = {
        "texts": hashlib.sha256(told.encode()).hexdigest(),
        "teacher": teacher,
        "student": [*LAYERS, FEED_FORWARD],
        "epochs": course.epochs,
        "seed": course.seed,
        "batch": course.batch,
    }
    path = work / "begun.json"
    work.mkdir(parents=True, exist_ok=True)
    if path.exists() and json.loads(path.read_text(encoding="utf-8")) != begun:
        raise UsageError(
            f"another training was begun in {work}: of other texts, by another teacher, of another student or length",
            hint=f"remove {work}, or name another folder with --work",
        )
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(begun), encoding="utf-8")
    partial.replace(path)


def teach(teacher: SentenceTransformer, texts: Sequence[str], kept: Path, told: Told) -> NDArray[np.float32]:
    """Return the teacher's unit vector of each text, in order; what an earlier process has asked is not asked again."""
    kept.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(texts), CHUNK):
        told("the teacher reads", start, len(texts))
        path = kept / f"{start}.npy"
        if not path.exists():
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=has_bf16()):
                vectors = teacher.encode(
                    list(texts[start : start + CHUNK]),
                    batch_size=16,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            partial = path.with_suffix(".partial")
            with partial.open("wb") as file:
                np.save(file, vectors.astype(np.float16))
            partial.replace(path)
        parts.append(np.load(path))
    told("the teacher reads", len(texts), len(texts))
    return np.concatenate(parts).astype(np.float32)


class Lessons(torch.nn.Module):  # type: ignore[misc]  # torch is untyped where it is not installed
    """The loss: as the teacher says of each text and of each two of a batch, and the category."""

    def __init__(self, model: SentenceTransformer, targets: torch.Tensor, answers: torch.Tensor) -> None:
        """Targets of shape (texts, 384), zero where there is none; answers of shape (texts,)."""
        super().__init__()
        self.model = model
        self._targets = targets
        self._answers = answers
        self._classes = torch.nn.CrossEntropyLoss(ignore_index=NO_CATEGORY, label_smoothing=SMOOTHING, reduction="sum")

    def forward(self, sentence_features: Sequence[dict[str, torch.Tensor]], labels: torch.Tensor) -> torch.Tensor:
        """Return the loss of a batch; `labels` are the numbers of its texts."""
        (features,) = sentence_features
        said = self.model(features)
        with torch.autocast("cpu", enabled=False):  # a cosine needs more than eight bits
            return self._of(said["sentence_embedding"].float(), said[CATEGORY].float(), labels)

    def _of(self, vectors: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        target, answers = self._targets[labels], self._answers[labels]
        has_target = target.abs().sum(1) > 0
        vectors, target = vectors[has_target], target[has_target]
        apart = 1 - (vectors * target).sum(1)
        similar = (vectors @ vectors.T - target @ target.T) ** 2
        return (
            COSINE * apart.sum() / max(1, len(apart))
            + SIMILARITY * similar.sum() / max(1, similar.numel())
            + CATEGORIES * self._classes(logits, answers) / max(1, int((answers != NO_CATEGORY).sum()))
        )


class ByLength(DefaultBatchSampler):  # type: ignore[misc]  # the same
    """Batches of texts of like length, in another order in each epoch, the same for the same seed."""

    def __init__(self, lengths: Sequence[int], batch: int, seed: int) -> None:
        super().__init__(range(len(lengths)), batch_size=batch, drop_last=False, seed=seed)
        self._lengths = lengths
        self.epoch = 0

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the numbers of the texts of each batch of this epoch."""
        random = Random(f"{self.seed}/{self.epoch}")
        order = list(range(len(self._lengths)))
        random.shuffle(order)
        batches = []
        pool = POOL * self.batch_size
        for start in range(0, len(order), pool):
            like = sorted(order[start : start + pool], key=lambda number: (self._lengths[number], number))
            batches += [like[at : at + self.batch_size] for at in range(0, len(like), self.batch_size)]
        random.shuffle(batches)
        yield from batches


@dataclass(frozen=True)
class _Sampling:
    """What makes the sampler: it is pickled into each checkpoint, so it is no closure."""

    batch: int
    seed: int

    def __call__(self, dataset: Dataset, **_: object) -> ByLength:
        """Return the sampler of a data set."""
        return ByLength([len(text) for text in dataset["text"]], self.batch, self.seed)


class _Trainer(SentenceTransformerTrainer):  # type: ignore[misc]  # the same
    """The trainer without its card, which would speak of other things than ours does."""

    def add_model_card_callback(self, default_args_dict: dict[str, object]) -> None:
        """Add none."""


class _Keeping(TrainerCallback):  # type: ignore[misc]  # the same
    """Asks for a checkpoint every few minutes, and tells how far it is."""

    def __init__(self, every: float, told: Told) -> None:
        self._every = every
        self._told = told
        self._kept = time.monotonic()

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - the signature is theirs
        state: TrainerState,
        control: TrainerControl,
        **_: object,
    ) -> TrainerControl:
        self._told("the student learns", state.global_step, state.max_steps)
        if time.monotonic() - self._kept >= self._every:
            self._kept = time.monotonic()
            control.should_save = True
        return control


def train(
    student: SentenceTransformer,
    curriculum: Curriculum,
    vectors: NDArray[np.float32],
    work: Path,
    course: Course,
    told: Told,
) -> SentenceTransformer:
    """Return the student, taught; a run that was cut short in `work` goes on from its last checkpoint.

    Args:
        student: As it begins.
        curriculum: What it is shown.
        vectors: The teacher's, of `curriculum.taught`, in that order.
        work: Where checkpoints are.
        course: How long.
        told: Is called after each step.
    """
    row = {text: number for number, text in enumerate(curriculum.taught)}
    targets = np.zeros((len(curriculum.texts), vectors.shape[1]), dtype=np.float32)
    for number, text in enumerate(curriculum.means):
        if text is not None:
            targets[number] = vectors[row[text]]
    trainer = _Trainer(
        model=student,
        args=SentenceTransformerTrainingArguments(
            output_dir=str(work / "checkpoints"),
            num_train_epochs=course.epochs,
            per_device_train_batch_size=course.batch,
            learning_rate=RATE,
            warmup_steps=math.ceil(WARM_UP * course.epochs * math.ceil(len(curriculum.texts) / course.batch)),
            lr_scheduler_type="cosine",
            weight_decay=0.01,
            max_grad_norm=1.0,
            seed=course.seed,
            batch_sampler=_Sampling(course.batch, course.seed),
            save_strategy="steps",
            save_steps=1_000_000_000,  # by the clock: `_Keeping` asks
            save_total_limit=2,
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            use_cpu=True,
            bf16=has_bf16(),
        ),
        train_dataset=Dataset.from_dict({"text": list(curriculum.texts), "label": list(range(len(curriculum.texts)))}),
        loss=Lessons(student, torch.from_numpy(targets), torch.from_numpy(curriculum.answers)),
        callbacks=[_Keeping(course.keep_every, told)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train(resume_from_checkpoint=_last_complete(work / "checkpoints"))
    return student


def _last_complete(folder: Path) -> str | None:
    """Return the newest checkpoint that was written to its end; those that a kill cut short are removed."""
    complete = None
    for checkpoint in sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2])):
        try:
            json.loads((checkpoint / COMPLETE).read_text(encoding="utf-8"))
            complete = str(checkpoint)
        except (OSError, ValueError):
            shutil.rmtree(checkpoint)
    return complete


def has_bf16() -> bool:
    """Tell whether this processor multiplies in bfloat16: a quarter faster; elsewhere it would be slower."""
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 - there is no public question


def prepare(seed: int) -> None:
    """Make torch's numbers the same in each run, and keep every library from the network."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    disable_progress_bar()  # `told` says how far it is
    torch.set_num_threads(1)  # sums of several threads come in another order on another number of cores
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)
