"""Text -> unit vectors, by the shipped int8 ONNX model on one thread."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors
from tokenizers import Tokenizer

from aiops_agent.diagnosis.artefact import REINSTALL, digest, verified
from aiops_agent.errors import ModelError

WIDTH = 384
MAX_TOKENS = 160
"""Room for what `Condensed.brief` gives: 420 characters of log text are seldom more."""

BATCH = 4
"""Texts in one run of the model: 16 are no faster, and take 60 MB more for the articles of the knowledge base."""

LOAD_ERRORS = (
    onnx_errors.Fail,
    onnx_errors.InvalidGraph,
    onnx_errors.InvalidProtobuf,
    onnx_errors.NoSuchFile,
    onnx_errors.NotImplemented,
    onnx_errors.RuntimeException,
)


class Encoder:
    """The loaded model. Loading takes about 0.15 s and 60 MB; one text about 4 ms."""

    def __init__(self, model: Path, tokenizer: Path, identity: str) -> None:
        self.identity = identity
        """Names these weights: vectors of another identity are not comparable."""

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except LOAD_ERRORS as error:
            raise ModelError(f"{model} does not load: {error}", hint=REINSTALL) from error
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector for each text, in order.

        Shape (len(texts), 384), each row of unit length, so a dot product is the cosine.
        """
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))  # little padding in a batch
        for start in range(0, len(by_length), BATCH):
            chosen = by_length[start : start + BATCH]
            tokens = self._tokenizer.encode_batch([texts[index] for index in chosen])
            fed = {
                "input_ids": np.array([token.ids for token in tokens], dtype=np.int64),
                "attention_mask": np.array([token.attention_mask for token in tokens], dtype=np.int64),
            }
            vectors[chosen] = self._session.run(["embedding"], fed)[0]
        return vectors


def load_encoder(models: Path) -> Encoder:
    """Return the shipped encoder, its files checked against the manifest.

    Raises:
        ModelError: A file is missing, altered or does not load.
    """
    model, tokenizer = verified(models, "encoder/model.onnx", "encoder/tokenizer.json")
    return Encoder(model, tokenizer, digest(model))
