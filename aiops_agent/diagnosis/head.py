"""The trained numbers on top of the encoder: from vector, words and signs to calibrated probabilities."""

from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.artefact import REINSTALL, verified
from aiops_agent.diagnosis.condense import Condensed
from aiops_agent.diagnosis.encoder import Reading
from aiops_agent.diagnosis.features import BUCKETS, SIGN_COLUMNS, cause_of, words
from aiops_agent.errors import ModelError
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass

Floats = NDArray[np.float32]

FORMAT = 3
"""Of the file: 1 had one threshold for every risk, 2 had the numbers of a word far apart."""


@dataclass(frozen=True, slots=True)
class Head:
    """Two opinions (meaning, words) and the few weights that join them with the signs."""

    categories: tuple[str, ...]

    dense: Floats
    """Shape (categories, width of the encoder); no rows where the encoder has learnt the categories itself."""

    dense_bias: Floats

    lexical: NDArray[np.int8]
    """Shape (2 * BUCKETS, categories): words of the whole record, then those of the innermost cause."""

    lexical_scale: Floats
    """What one step of `lexical` is worth, for each category."""

    lexical_bias: Floats

    joint: Floats
    """Weights of: vector log-probability, word log-probability, the columns of `features.sign_columns`."""

    joint_bias: Floats

    thresholds: NDArray[np.float64]
    """How sure is enough, shape (4, 2): for a playbook of each risk; by the model alone, with a decisive sign.

    Infinite: never enough.
    """

    @property
    def threshold(self) -> float:
        """Return the probability below which it abstains."""
        return float(self.thresholds[0].min())

    def sure_for(self, probability: float, *, stated: bool) -> Risk | None:
        """Return the highest risk of a playbook that an answer is sure enough for; None: abstain.

        `stated` tells that a decisive sign says the same.
        """
        borne = sum(probability >= least for least in self.thresholds[:, int(stated)].tolist())
        return Risk(borne) if borne else None

    def of_meaning(self, reading: Reading) -> Floats:
        """Return log-probabilities by meaning alone, shape (records, categories)."""
        if reading.logits is not None:
            return log_softmax(reading.logits)
        return log_softmax(reading.vectors @ self.dense.T + self.dense_bias)

    def of_words(self, records: Sequence[Condensed]) -> Floats:
        """Return log-probabilities by words alone, shape (records, categories)."""
        scores = np.empty((len(records), len(self.categories)), dtype=np.float32)
        for row, record in enumerate(records):
            ending = cause_of(record)
            whole = words(record.text)
            cause = whole if ending == record.text else words(ending)  # a short record is its own cause
            score = self.lexical[whole].sum(axis=0) / max(1, len(whole)) ** 0.5
            score = score + self.lexical[BUCKETS + cause].sum(axis=0) / max(1, len(cause)) ** 0.5
            scores[row] = score * self.lexical_scale + self.lexical_bias
        return log_softmax(scores)

    def join(self, by_vector: Floats, by_words: Floats, by_signs: Floats) -> Floats:
        """Return calibrated probabilities, shape (records, categories)."""
        columns = np.concatenate([by_vector[:, :, None], by_words[:, :, None], by_signs], axis=2)
        return np.exp(log_softmax(columns @ self.joint + self.joint_bias))


def log_softmax(scores: Floats) -> Floats:
    """Return the logarithm of the softmax of each row."""
    logs: Floats = scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)
    return logs


def load_head(models: Path) -> Head:
    """Return the shipped head.

    Raises:
        ModelError: The file is missing, altered or of another version.
    """
    (path,) = verified(models, "head.npz")
    try:
        with np.load(path, allow_pickle=False) as stored:
            if "format" not in stored or int(stored["format"]) != FORMAT:
                raise ModelError(f"{path} was made for another version of this program", hint=REINSTALL)
            head = Head(
                categories=tuple(str(name) for name in stored["categories"]),
                dense=stored["dense"].astype(np.float32),
                dense_bias=stored["dense_bias"],
                lexical=stored["lexical"],
                lexical_scale=stored["lexical_scale"],
                lexical_bias=stored["lexical_bias"],
                joint=stored["joint"],
                joint_bias=stored["joint_bias"],
                thresholds=stored["thresholds"],
            )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise ModelError(f"{path} does not load: {error}", hint=REINSTALL) from error
    shapes = (head.lexical.shape[0], len(head.joint), head.thresholds.shape)
    if shapes != (2 * BUCKETS, 2 + SIGN_COLUMNS, (len(Risk), 2)):
        raise ModelError(f"{path} was made for another version of this program", hint=REINSTALL)
    return head


def save_head(head: Head, path: Path) -> None:
    """Write the head, as small as it loads back the same."""
    np.savez_compressed(
        path,
        format=np.int64(FORMAT),
        categories=np.array(head.categories),
        dense=head.dense.astype(np.float16),
        dense_bias=head.dense_bias,
        lexical=head.lexical,
        lexical_scale=head.lexical_scale,
        lexical_bias=head.lexical_bias,
        joint=head.joint,
        joint_bias=head.joint_bias,
        thresholds=head.thresholds,
    )
