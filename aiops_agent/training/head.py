"""Families -> the head: train, join, calibrate, choose the thresholds, write it with its figures.

    python -m aiops_agent.training.head --out aiops_agent/models

Everything that is calibrated is calibrated on systems that neither the encoder (see `apart`) nor the linear models of
that fold ever saw: a family, and with it every other family of the same software, is either trained on or judged. Needs
the extra `[train]`.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
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
from aiops_agent.model.risk import Risk
from aiops_agent.training.apart import is_apart
from aiops_agent.training.family import load_families
from aiops_agent.training.figures import calibration_error, macro_f1
from aiops_agent.training.render import Rendered, render_all
from aiops_agent.training.thresholds import BOUNDS, Answers, bears, choose_thresholds, highest_error

SEED = 11
COPIES = 2
FOLDS = 5
DENSE_FREEDOM = 20.0
LEXICAL_FREEDOM = 20.0
JOINT_DECAY = 1e-4

Rows = NDArray[np.int64]


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


def fit(out: Path) -> dict[str, object]:
    """Train the head on the encoder of a folder of models, write it there, and return how good it is."""
    families = load_families()
    whole = prepare(render_all(families, copies=COPIES, seed=SEED), out)
    lesson, apart = judged(whole, by_vector_apart(whole), by_words_apart(whole))
    joint, joint_bias, probabilities = join_apart(lesson, *apart)
    thresholds = choose_thresholds(answers_apart(lesson, probabilities))
    save_head(fit_head(whole, joint, joint_bias, thresholds), out / "head.npz")
    figures: dict[str, object] = {
        "families": len(families),
        "systems": len(set(whole.systems)),
        "records": len(whole.answers),
        "systems_apart": len(set(lesson.systems)),
        "records_apart": len(lesson.answers),
        **held_apart_figures(lesson, apart, probabilities, thresholds),
        "risks": risk_figures(lesson, probabilities, thresholds),
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


def by_vector_apart(lesson: Lesson) -> Floats:
    """Return log-probabilities by meaning, each record judged by a model that never saw its software.

    An encoder that has learnt the categories itself has not seen the software that is `apart` only.
    """
    vectors, logits = lesson.reading.vectors, lesson.reading.logits
    if logits is not None:
        return log_softmax(logits)
    return _apart(lesson, lambda trained, apart: _fit_dense(lesson, trained).predict_log_proba(vectors[apart]))


def by_words_apart(lesson: Lesson) -> Floats:
    """Return log-probabilities by words, each record judged by a model that never saw its software."""
    return _apart(lesson, lambda trained, apart: _fit_lexical(lesson, trained).predict_log_proba(lesson.lexical[apart]))


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


def _apart(lesson: Lesson, judge: Callable[[Rows, Rows], Floats]) -> Floats:
    logs = np.empty((len(lesson.answers), len(lesson.categories)), dtype=np.float32)
    for trained, apart in folds(lesson):
        logs[apart] = judge(trained, apart)
    return logs


def _fit_dense(lesson: Lesson, rows: Rows) -> LogisticRegression:
    return _regression(DENSE_FREEDOM).fit(lesson.reading.vectors[rows], lesson.answers[rows])


def _fit_lexical(lesson: Lesson, rows: Rows) -> LogisticRegression:
    """Return a model of words, the rare ones given more weight: it takes the columns of `word_matrix` as they are."""
    columns = lesson.lexical[rows]
    rarity = np.sqrt(np.log((1 + len(rows)) / (1 + columns.getnnz(axis=0))))
    rarity /= rarity[columns.getnnz(axis=0) > 0].mean()
    model = _regression(LEXICAL_FREEDOM).fit(columns.multiply(rarity).tocsr(), lesson.answers[rows])
    model.coef_ *= rarity
    return model


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


def answers_apart(lesson: Lesson, probabilities: Floats) -> Answers:
    """Return the answers that name something to act on."""
    given = probabilities.argmax(axis=1)
    answers = Answers(
        confidence=probabilities.max(axis=1),
        right=given == lesson.answers,
        stated=lesson.signs[np.arange(len(given)), given, 0] == 1,  # the first column of `features.sign_columns`
        systems=np.unique(lesson.systems, return_inverse=True)[1],
    )
    return answers.where(given != lesson.categories.index(UNKNOWN))


def fit_head(lesson: Lesson, joint: Floats, joint_bias: Floats, thresholds: NDArray[np.float64]) -> Head:
    """Return the head trained on everything, the word weights rounded to 8 bits."""
    everything = np.arange(len(lesson.answers))
    dense, bias = np.zeros((0, 0), dtype=np.float32), np.zeros(0, dtype=np.float32)
    if lesson.reading.logits is None:
        fitted = _fit_dense(lesson, everything)
        dense, bias = fitted.coef_.astype(np.float32), fitted.intercept_.astype(np.float32)
    lexical = _fit_lexical(lesson, everything)
    scale = np.abs(lexical.coef_).max(axis=1) / 127
    return Head(
        categories=lesson.categories,
        dense=dense,
        dense_bias=bias,
        lexical=np.round(lexical.coef_ / scale[:, None]).astype(np.int8).T.copy(),
        lexical_scale=scale.astype(np.float32),
        lexical_bias=lexical.intercept_.astype(np.float32),
        joint=joint,
        joint_bias=joint_bias,
        thresholds=thresholds,
    )


def held_apart_figures(
    lesson: Lesson, apart: tuple[Floats, Floats], probabilities: Floats, thresholds: NDArray[np.float64]
) -> dict[str, float | None]:
    """Return how good the answers on held-apart software are."""
    right = probabilities.argmax(axis=1) == lesson.answers
    by_vector, by_words = apart
    answers = answers_apart(lesson, probabilities)
    sure = answers.where(bears(thresholds, answers, Risk.LOW))
    return {
        "held_apart_accuracy": round(float(right.mean()), 4),
        "held_apart_macro_f1": round(macro_f1(lesson.answers.tolist(), probabilities.argmax(axis=1).tolist()), 4),
        "held_apart_calibration_error": round(calibration_error(probabilities.max(axis=1), right), 4),
        "held_apart_accuracy_vector_only": round(float((by_vector.argmax(axis=1) == lesson.answers).mean()), 4),
        "held_apart_macro_f1_vector_only": round(
            macro_f1(lesson.answers.tolist(), by_vector.argmax(axis=1).tolist()), 4
        ),
        "held_apart_accuracy_words_only": round(float((by_words.argmax(axis=1) == lesson.answers).mean()), 4),
        "threshold": round(float(thresholds[0].min()), 4),
        "held_apart_coverage": round(len(sure.right) / len(right), 4),
        "held_apart_right_where_sure": round(float(sure.right.mean()), 4) if len(sure.right) else None,
    }


def risk_figures(
    lesson: Lesson, probabilities: Floats, thresholds: NDArray[np.float64]
) -> dict[str, dict[str, object]]:
    """Return for each risk how sure is enough, what of the held-apart records that covers, and how often it errs.

    `error_elsewhere`: half of the software chooses the thresholds, the other half is judged by them, and the other way
    round; who chooses and is judged on the same answers looks a little better than he is.
    """
    answers = answers_apart(lesson, probabilities)
    half = answers.systems % 2 == 0
    elsewhere = [(answers.where(part), choose_thresholds(answers.where(~part))) for part in (half, ~half)]
    figures: dict[str, dict[str, object]] = {}
    for risk in Risk:
        borne = answers.where(bears(thresholds, answers, risk))
        others = [part.where(bears(chosen, part, risk)) for part, chosen in elsewhere]
        alone, stated = thresholds[risk - 1]
        figures[risk.name.lower()] = {
            "bound": BOUNDS[risk],
            "by_the_model_alone": _limit(alone),
            "with_a_decisive_sign": _limit(stated),
            "coverage": round(len(borne.right) / len(lesson.answers), 4),
            "error": _wrong(borne.right),
            "error_at_most": round(float(highest_error(borne.right, borne.systems)), 4),
            "error_elsewhere": _wrong(np.concatenate([part.right for part in others])),
        }
    return figures


def _wrong(right: NDArray[np.bool_]) -> float | None:
    """Return the share of wrong answers; None: there are no answers."""
    return round(1 - float(right.mean()), 4) if len(right) else None


def _limit(threshold: float) -> float | str:
    return round(float(threshold), 4) if np.isfinite(threshold) else "never"


if __name__ == "__main__":
    main()
