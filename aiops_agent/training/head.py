"""Families -> the head: train, join, calibrate, choose the threshold, write it with its figures.

    python -m aiops_agent.training.head --out aiops_agent/models

Everything that is calibrated is calibrated on systems that neither the encoder (see `apart`) nor the linear models of
that fold ever saw: a family, and with it every other family of the same software, is either trained on or judged. Needs
the extra `[train]`.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from aiops_agent.diagnosis.artefact import write_manifest
from aiops_agent.diagnosis.classifier import UNKNOWN
from aiops_agent.diagnosis.condense import Condensed, condense
from aiops_agent.diagnosis.encoder import Reading, load_encoder
from aiops_agent.diagnosis.features import BUCKETS, cause_of, sign_columns, words
from aiops_agent.diagnosis.head import Floats, Head, log_softmax, save_head
from aiops_agent.diagnosis.signs import load_signs
from aiops_agent.training.apart import is_apart
from aiops_agent.training.evaluate import calibration_error, macro_f1
from aiops_agent.training.family import load_families
from aiops_agent.training.render import Rendered, render_all

SEED = 11
COPIES = 2
FOLDS = 5
DENSE_FREEDOM = 20.0
LEXICAL_FREEDOM = 20.0
JOINT_DECAY = 1e-4
RIGHT_ENOUGH = 0.95
"""Where the threshold lies: of the held-apart answers above it this share is right."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """The training records in numbers."""

    categories: tuple[str, ...]
    answers: NDArray[np.int64]
    systems: NDArray[np.str_]
    reading: Reading
    lexical: csr_matrix
    signs: Floats


def main() -> None:
    """Train the head and write it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder of the models; the encoder must be in it")
    print(json.dumps(fit(parser.parse_args().out), indent=1))


def fit(out: Path) -> dict[str, float]:
    """Train the head on the encoder of a folder of models, write it there, and return how good it is."""
    families = load_families()
    whole = prepare(render_all(families, copies=COPIES, seed=SEED), out)
    lesson, apart = judged(whole, *opinions_apart(whole))
    joint, joint_bias, probabilities = join_apart(lesson, *apart)
    named = probabilities.argmax(axis=1) != lesson.categories.index(UNKNOWN)  # `unknown` is never acted on
    threshold = choose_threshold(probabilities[named], lesson.answers[named])
    save_head(fit_head(whole, joint, joint_bias, threshold), out / "head.npz")
    figures = {
        "families": len(families),
        "systems": len(set(whole.systems)),
        "records": len(whole.answers),
        "systems_apart": len(set(lesson.systems)),
        "records_apart": len(lesson.answers),
        **held_apart_figures(lesson, apart, probabilities, threshold),
    }
    (out / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    write_manifest(out)
    return figures


def prepare(records: Sequence[Rendered], models: Path) -> Lesson:
    """Return the records in numbers, by the same code that runs on a server."""
    condensed = [condense(record.text) for record in records]
    categories = tuple(sorted({record.category for record in records}))
    signs = load_signs()
    return Lesson(
        categories=categories,
        answers=np.array([categories.index(record.category) for record in records]),
        systems=np.array([record.system for record in records]),
        reading=load_encoder(models).read([record.brief for record in condensed]),
        lexical=word_matrix(condensed),
        signs=np.stack([sign_columns(signs.find(record), categories) for record in condensed]),
    )


def word_matrix(records: Sequence[Condensed]) -> csr_matrix:
    """Return the words of whole records beside those of their causes, as `Head.of_words` weighs them."""
    whole = [words(record.text) for record in records]
    cause = [words(cause_of(record)) for record in records]
    return hstack([_bags(whole), _bags(cause)]).tocsr()


def _bags(bags: Sequence[NDArray[np.int32]]) -> csr_matrix:
    weights = np.concatenate([np.full(len(bag), max(1, len(bag)) ** -0.5, dtype=np.float32) for bag in bags])
    ends = np.cumsum([0, *(len(bag) for bag in bags)])
    return csr_matrix((weights, np.concatenate(bags), ends), shape=(len(bags), BUCKETS))


def _regression(freedom: float) -> LogisticRegression:
    return LogisticRegression(C=freedom, max_iter=300, tol=1e-3)


def folds(lesson: Lesson) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield training and held-apart rows; no software is in both."""
    yield from GroupKFold(FOLDS).split(lesson.answers, lesson.answers, lesson.systems)


def opinions_apart(lesson: Lesson) -> tuple[Floats, Floats]:
    """Return log-probabilities by vector and by words, each record judged by models that never saw its software."""
    shape = (len(lesson.answers), len(lesson.categories))
    by_vector, by_words = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    for trained, apart in folds(lesson):
        answers = lesson.answers[trained]
        if lesson.reading.logits is None:
            dense = _regression(DENSE_FREEDOM).fit(lesson.reading.vectors[trained], answers)
            by_vector[apart] = dense.predict_log_proba(lesson.reading.vectors[apart])
        else:
            by_vector[apart] = log_softmax(lesson.reading.logits[apart])
        lexical = _regression(LEXICAL_FREEDOM).fit(lesson.lexical[trained], answers)
        by_words[apart] = lexical.predict_log_proba(lesson.lexical[apart])
    return by_vector, by_words


def judged(lesson: Lesson, by_vector: Floats, by_words: Floats) -> tuple[Lesson, tuple[Floats, Floats]]:
    """Return the records, and the opinions on them, of the systems that no encoder of ours ever saw."""
    rows = np.flatnonzero([is_apart(system) for system in lesson.systems])
    kept = replace(
        lesson,
        answers=lesson.answers[rows],
        systems=lesson.systems[rows],
        reading=Reading(lesson.reading.vectors[rows], None),
        lexical=lesson.lexical[rows],
        signs=lesson.signs[rows],
    )
    return kept, (by_vector[rows], by_words[rows])


def join_apart(lesson: Lesson, by_vector: Floats, by_words: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the joint weights, their bias, and the probabilities by weights that never saw the record's software."""
    columns = np.concatenate([by_vector[:, :, None], by_words[:, :, None], lesson.signs], axis=2)
    probabilities = np.empty_like(by_vector)
    for trained, apart in folds(lesson):
        weights, bias = fit_joint(columns[trained], lesson.answers[trained])
        probabilities[apart] = np.exp(log_softmax(columns[apart] @ weights + bias))
    return *fit_joint(columns, lesson.answers), probabilities


def fit_joint(columns: Floats, answers: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the weights, shared by all categories, and biases that make the likelihood of the answers greatest.

    Likelihood is a proper score and the opinions are of held-apart software, so this is the calibration too.
    """
    rows, width = np.arange(len(answers)), columns.shape[2]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logs = log_softmax((columns @ parameters[:width] + parameters[width:]).astype(np.float32))
        slope = np.exp(logs)
        slope[rows, answers] -= 1
        gradient = np.concatenate([np.einsum("nc,nck->k", slope, columns), slope.sum(axis=0)]) / len(answers)
        penalty = JOINT_DECAY * float((parameters**2).sum())
        return -float(logs[rows, answers].mean()) + penalty, gradient + 2 * JOINT_DECAY * parameters

    found = minimize(loss, np.zeros(width + columns.shape[1]), jac=True, method="L-BFGS-B").x
    return found[:width].astype(np.float32), found[width:].astype(np.float32)


def choose_threshold(probabilities: Floats, answers: NDArray[np.int64]) -> float:
    """Return the lowest probability above which answers are right often enough."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence)
    share = np.cumsum(probabilities.argmax(axis=1)[order] == answers[order]) / np.arange(1, len(order) + 1)
    return float(confidence[order][np.flatnonzero(share >= RIGHT_ENOUGH).max()])


def fit_head(lesson: Lesson, joint: Floats, joint_bias: Floats, threshold: float) -> Head:
    """Return the head trained on everything, the word weights rounded to 8 bits."""
    dense, bias = np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    if lesson.reading.logits is None:
        fitted = _regression(DENSE_FREEDOM).fit(lesson.reading.vectors, lesson.answers)
        dense, bias = fitted.coef_.astype(np.float32), fitted.intercept_.astype(np.float32)
    lexical = _regression(LEXICAL_FREEDOM).fit(lesson.lexical, lesson.answers)
    scale = np.abs(lexical.coef_).max(axis=1) / 127
    return Head(
        categories=lesson.categories,
        dense=dense,
        dense_bias=bias,
        lexical=np.round(lexical.coef_ / scale[:, None]).astype(np.int8),
        lexical_scale=scale.astype(np.float32),
        lexical_bias=lexical.intercept_.astype(np.float32),
        joint=joint,
        joint_bias=joint_bias,
        threshold=threshold,
    )


def held_apart_figures(
    lesson: Lesson, apart: tuple[Floats, Floats], probabilities: Floats, threshold: float
) -> dict[str, float]:
    """Return how good the answers on held-apart software are."""
    right = probabilities.argmax(axis=1) == lesson.answers
    named = probabilities.argmax(axis=1) != lesson.categories.index(UNKNOWN)
    sure = named & (probabilities.max(axis=1) >= threshold)
    by_vector, by_words = apart
    return {
        "held_apart_accuracy": round(float(right.mean()), 4),
        "held_apart_macro_f1": round(macro_f1(lesson.answers.tolist(), probabilities.argmax(axis=1).tolist()), 4),
        "held_apart_calibration_error": round(calibration_error(probabilities.max(axis=1), right), 4),
        "held_apart_accuracy_vector_only": round(float((by_vector.argmax(axis=1) == lesson.answers).mean()), 4),
        "held_apart_macro_f1_vector_only": round(
            macro_f1(lesson.answers.tolist(), by_vector.argmax(axis=1).tolist()), 4
        ),
        "held_apart_accuracy_words_only": round(float((by_words.argmax(axis=1) == lesson.answers).mean()), 4),
        "threshold": round(threshold, 4),
        "held_apart_coverage": round(float(sure.mean()), 4),
        "held_apart_right_where_sure": round(float(right[sure].mean()), 4),
    }


if __name__ == "__main__":
    main()
