"""Any sentence-transformers model -> a folder of models: exported, quantized, checked, with a head of its own."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from aiops_agent.diagnosis.encoder import MAX_TOKENS, Encoder
from aiops_agent.errors import UsageError
from aiops_agent.training import head
from aiops_agent.training.export import (
    Named,
    compare,
    export,
    read_model,
    texts_apart,
    write_encoder,
    write_figures,
)
from aiops_agent.training.train import SEED, Told, prepare

AS_EXPORTED = 0.9999
"""Lowest cosine of the exported graph, unrounded, to what sentence-transformers computes: the same but for rounding."""

AS_ROUNDED, SAME_NEIGHBOUR = 0.97, 0.7
"""Lowest mean cosine in 8 bits, and lowest share of texts that keep their nearest neighbour. all-MiniLM-L6-v2 has 0.992
and 0.82; with one scale for a whole matrix 0.936 and 0.76, and tasks begin to suffer."""


Fit = Callable[[Path], Mapping[str, object]]
"""Writes a head into a folder of models, and returns how good it is."""


def adopt(folder: Path, out: Path, told: Told, *, fit: Fit = head.fit) -> Mapping[str, object]:
    """Make a folder of models of a sentence-transformers model; return what was measured.

    Raises:
        UsageError: It is no such model, cannot be one graph, or is another model in 8 bits; it is named, and `out` is
            not written.
    """
    if out.exists():
        raise UsageError(f"{out} is there already", hint="name a folder that is not there, or remove it")
    prepare(SEED)
    model = _read(folder)
    partial = out.with_name(f"{out.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        partial.mkdir(parents=True)
        told("the graph is written and measured", 0, 1)
        figures = _checked(folder, model, partial)
        write_figures(partial, figures)
        told("the head is fitted", 0, 1)
        fitted = fit(partial)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return {**figures, **fitted}


def _read(folder: Path) -> SentenceTransformer:
    if not (folder / "modules.json").is_file():
        raise UsageError(f"{folder} is no sentence-transformers model", hint="a folder with modules.json in it")
    if not (folder / "tokenizer.json").is_file():
        raise UsageError(
            f"{folder} has no tokenizer.json: this program reads no other form of tokenizer",
            hint="save the model again with a fast tokenizer",
        )
    try:
        model = read_model(folder)
    except (OSError, ValueError, KeyError, RuntimeError, json.JSONDecodeError) as error:
        raise UsageError(f"{folder} does not load: {error}") from error
    model.max_seq_length = min(MAX_TOKENS, model.max_seq_length or MAX_TOKENS)
    return model


def _checked(folder: Path, model: SentenceTransformer, out: Path) -> Mapping[str, object]:
    exact = out / "fp32.onnx"
    try:
        export(model, exact, categories=False)
    except (AttributeError, KeyError, TypeError, RuntimeError) as error:
        raise UsageError(f"{folder} cannot be written as one graph: {error}") from error
    texts = texts_apart(100)
    full = Encoder(exact, folder / "tokenizer.json", "").embed(texts)
    said = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    exported = float((full * said).sum(axis=1).min())
    _refuse(folder, "as exported, the lowest cosine to the model itself", exported, AS_EXPORTED)
    write_encoder(exact, folder / "tokenizer.json", out, Named(f"{folder.resolve().name}, int8 per channel"))
    figures = compare(exact, exact, out / "encoder")
    exact.unlink()
    _refuse(folder, "in 8 bits, the mean cosine", float(str(figures["cosine_mean"])), AS_ROUNDED)
    neighbours = float(str(figures["nearest_neighbour_agreement"]))
    _refuse(folder, "in 8 bits, the share of nearest neighbours that stay", neighbours, SAME_NEIGHBOUR)
    return {**figures, "cosine_as_exported": round(exported, 5)}


def _refuse(folder: Path, what: str, found: float, least: float) -> None:
    if not np.isfinite(found) or found < least:
        raise UsageError(
            f"{folder} is refused: {what} is {found:.4f}, at least {least} is needed",
            hint="another model; a fine-tuned one with its weights in reasonable bounds",
        )
