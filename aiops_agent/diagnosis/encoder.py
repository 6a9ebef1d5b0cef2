"""Text -> unit vectors and, where the model has learnt them, categories: one int8 ONNX graph, one pass, one thread."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors
from tokenizers import Tokenizer

from aiops_agent.diagnosis.artefact import REINSTALL, digest, verified
from aiops_agent.errors import ModelError
from aiops_agent.noun import dataclass

R = TypeVar("R", bound="Reader")
R_co = TypeVar("R_co", bound="Reader", covariant=True)

MAX_TOKENS = 160
"""Room for what `Condensed.brief` gives: 420 characters of log text are seldom more."""

AS_MADE = 0.998
"""Lowest cosine to a stored vector. Another processor rounds otherwise and stays above 0.9999; one whose 8-bit products
saturate (x86 without VNNI) comes far below."""

FILES = ("encoder/model.onnx", "encoder/tokenizer.json", "encoder/encoder.json")
"""Of the folder of models: the graph, how text is cut into pieces, and what is written about both."""

FAST, PRECISE = "int8, fast kernel", "int8, precise kernel"
_PRECISE_KEY = "session.x64quantprecision"
"""Of onnxruntime (onnxruntime_session_options_config_keys.h): unsigned weights, whose products do not saturate."""

SLOWER = ("SkipLayerNormFusion",)
"""What onnxruntime must not do to the graph: its one kernel for a sum and its normalization takes twice as long as the
two that it replaces, of a text 6 % (onnxruntime 1.32, x86)."""

LOAD_ERRORS = (
    onnx_errors.Fail,
    onnx_errors.InvalidGraph,
    onnx_errors.InvalidProtobuf,
    onnx_errors.NoSuchFile,
    onnx_errors.NotImplemented,
    onnx_errors.RuntimeException,
)


@dataclass(frozen=True, slots=True)
class Golden:
    """What the model said of a few texts where it was made."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    """One row of unit length each."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is written about an encoder beside its graph."""

    name: str
    """For people."""

    categories: tuple[str, ...]
    """What its category output means, in order; empty: it has none."""

    golden: Golden


@dataclass(frozen=True, slots=True)
class Reading:
    """What one pass of the model says of texts, in order."""

    vectors: NDArray[np.float32]
    """Each row of unit length, so a dot product is the cosine."""

    logits: NDArray[np.float32] | None
    """Of the categories, in the order of `Encoder.categories`; None: this model has learnt none."""


class Reader(Protocol):
    """What turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector a text."""


class Load(Protocol[R_co]):
    """What loads a reader with one of the two kernels."""

    def __call__(self, *, precise: bool) -> R_co:
        """Return it."""


class Encoder:
    """The loaded model. Loading takes about 0.1 s; the figures of one text are in the model card."""

    def __init__(
        self, model: Path, tokenizer: Path, identity: str, *, categories: Sequence[str] = (), precise: bool = False
    ) -> None:
        self.identity = identity
        """Names these weights: vectors of another identity are not comparable."""

        self.variant = PRECISE if precise else FAST
        """Which kernel runs."""

        self.categories = tuple(categories)
        """What its category output means, in order; empty: it has none."""

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        if precise:
            options.add_session_config_entry(_PRECISE_KEY, "1")
        try:
            self._session = onnxruntime.InferenceSession(
                str(model), options, providers=["CPUExecutionProvider"], disabled_optimizers=SLOWER
            )
        except LOAD_ERRORS as error:
            raise ModelError(f"{model} does not load: {error}", hint=REINSTALL) from error
        shapes = {output.name: output.shape for output in self._session.get_outputs()}
        self.width = int(shapes["embedding"][1])
        """Numbers in a vector."""

        self._outputs = ["embedding", "category"] if self.categories else ["embedding"]
        if self.categories and shapes.get("category", [0, 0])[1] != len(self.categories):
            raise ModelError(f"{model} has another number of categories than {len(self.categories)}", hint=REINSTALL)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector for each text, in order.

        Shape (len(texts), width), each row of unit length, so a dot product is the cosine.
        """
        return self.read(texts).vectors

    def read(self, texts: Sequence[str]) -> Reading:
        """Return vectors and categories of the texts, one pass of the model each.

        Several in one pass are no faster, and the 8-bit steps would be chosen for all of them together: what is said of
        a text would depend on its neighbours.
        """
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        logits = np.zeros((len(texts), len(self.categories)), dtype=np.float32)
        for row, text in enumerate(texts):
            tokens = self._tokenizer.encode(text)
            fed = {
                "input_ids": np.array([tokens.ids], dtype=np.int64),
                "attention_mask": np.array([tokens.attention_mask], dtype=np.int64),
            }
            vectors[row : row + 1], *rest = self._session.run(self._outputs, fed)
            if rest:
                logits[row] = rest[0][0]
        return Reading(vectors, logits if self.categories else None)


def load_encoder(models: Path) -> Encoder:
    """Return the encoder of a folder of models, its files checked against the manifest, its kernel by stored vectors.

    Raises:
        ModelError: A file is missing, altered or does not load, or this processor gets wrong numbers by either kernel.
    """
    model, tokenizer, _ = verified(models, *FILES)
    facts, identity = read_facts(models), digest(model)

    def load(*, precise: bool) -> Encoder:
        return Encoder(model, tokenizer, identity, categories=facts.categories, precise=precise)

    return sound(load, facts.golden, f"the model {model}")


def sound(load: Load[R], golden: Golden, what: str) -> R:
    """Return a reader whose vectors of the golden texts are as they were stored: with the fast kernel, or the precise.

    Args:
        load: Loads it.
        golden: What is expected.
        what: Names it in an error.

    Raises:
        ModelError: They are not by either.
    """
    lowest = []
    for precise in (False, True):
        reader = load(precise=precise)
        lowest.append(float((reader.embed(golden.texts) * golden.vectors).sum(axis=1).min()))
        if lowest[-1] >= AS_MADE:
            return reader
    raise ModelError(
        f"{what} does not compute here what it did where it was made: cosine {lowest[0]:.3f}, with the precise kernel "
        f"{lowest[1]:.3f}, expected {AS_MADE}",
        hint="this processor or this onnxruntime is not fit for it; install another version of onnxruntime",
    )


def read_facts(models: Path) -> Facts:
    """Return what is written about the encoder of a folder of models.

    Raises:
        ModelError: The file is missing, altered or cannot be read.
    """
    (path,) = verified(models, FILES[-1])
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        vectors = np.array(told["golden_vectors"], dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return Facts(
            str(told["name"]),
            tuple(map(str, told["categories"])),
            Golden(tuple(map(str, told["golden_texts"])), vectors),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} cannot be read: {error}", hint=REINSTALL) from error


def write_facts(path: Path, facts: Facts) -> None:
    """Write what `read_facts` reads; vectors to four digits, which moves a cosine by a millionth."""
    told = {
        "name": facts.name,
        "categories": facts.categories,
        "golden_texts": facts.golden.texts,
        "golden_vectors": [[round(float(number), 4) for number in row] for row in facts.golden.vectors],
    }
    path.write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")
