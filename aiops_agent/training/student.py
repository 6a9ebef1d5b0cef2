"""The student: two layers of the teacher, narrower, a smaller vocabulary, and a category beside the vector.

All of it are modules that sentence-transformers has: a folder of it is an ordinary sentence-transformers model.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

from aiops_agent.diagnosis.encoder import MAX_TOKENS
from aiops_agent.training import vocabulary
from aiops_agent.training.vocabulary import Vocabulary

LAYERS = (0, 5)
"""Of the six: the first and the last. A third (2) cost half as much time again, and gained 0.2 points of macro-F1."""

WIDTH = 384
"""Of the teacher's vectors, and so of the student's."""

FEED_FORWARD = 512
"""Of the 1,536 neurons that each layer of the teacher has: those with the weightiest inputs and outputs. All of them
are two thirds of what a layer computes, and a second epoch makes up for those that are gone."""

POSITIONS = 256

CATEGORY = "category"
"""What the model calls its logits. An intent head would stand beside it: one more pair of `Dense` on the same mean,
one more output of the same graph."""


def build(teacher: Path, kept: Vocabulary, categories: int, folder: Path) -> SentenceTransformer:
    """Return the untrained student; its transformer is written to `folder`, whence it is read.

    What the teacher has, it takes from it; Han characters the teacher lacks begin as the mean of all pieces. The
    random numbers are those of torch as it is seeded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary.write(teacher / "tokenizer.json", kept, folder / "tokenizer.json")
    config = json.loads((teacher / "config.json").read_text(encoding="utf-8"))
    weights = _weights(load_file(teacher / "model.safetensors"), kept)
    config |= {
        "num_hidden_layers": len(LAYERS),
        "intermediate_size": len(weights["encoder.layer.0.intermediate.dense.bias"]),
        "vocab_size": len(kept.pieces),
        "max_position_embeddings": POSITIONS,
        "hidden_dropout_prob": 0.0,  # 17 million texts are never seen: what is too little is freedom, not restraint
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    naming = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": MAX_TOKENS}
    naming |= {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(naming, indent=1), encoding="utf-8")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return SentenceTransformer(modules=modules(folder, categories), device="cpu")


def modules(transformer: Path, categories: int) -> list[torch.nn.Module]:
    """Return the chain: tokens, their mean, the category of it, the mean at unit length."""
    return [
        # attention written out: in bfloat16, on one thread, a fifth faster here than the fused one
        Transformer(str(transformer), max_seq_length=MAX_TOKENS, model_kwargs={"attn_implementation": "eager"}),
        Pooling(WIDTH, "mean"),
        Dense(WIDTH, WIDTH, activation_function=torch.nn.Tanh(), module_output_name="category_hidden"),
        Dense(
            WIDTH,
            categories,
            activation_function=torch.nn.Identity(),
            module_input_name="category_hidden",
            module_output_name=CATEGORY,
        ),
        Normalize(),
    ]


def _weights(of_teacher: dict[str, torch.Tensor], kept: Vocabulary) -> dict[str, torch.Tensor]:
    table = of_teacher["embeddings.word_embeddings.weight"]
    mean, spread = table.mean(dim=0), table.std(dim=0)
    rows = [
        mean + 0.5 * spread * torch.randn(table.shape[1]) if number is None else table[number] for number in kept.old
    ]
    weights = {
        "embeddings.word_embeddings.weight": torch.stack(rows),
        "embeddings.position_embeddings.weight": of_teacher["embeddings.position_embeddings.weight"][
            :POSITIONS
        ].clone(),
    }
    for name, weight in of_teacher.items():
        match name.split("."):
            case ["encoder", "layer", number, *rest] if int(number) in LAYERS:
                weights[".".join(("encoder", "layer", str(LAYERS.index(int(number))), *rest))] = weight
            case ["embeddings" | "pooler", *_] if name not in weights and not name.endswith("position_ids"):
                weights[name] = weight
    for layer in range(len(LAYERS)):
        narrow(weights, f"encoder.layer.{layer}")
    return weights


def narrow(weights: dict[str, torch.Tensor], layer: str) -> None:
    """Leave a layer the neurons of its feed-forward part that weigh most, in their order."""
    first, bias, second = (
        f"{layer}.{name}" for name in ("intermediate.dense.weight", "intermediate.dense.bias", "output.dense.weight")
    )
    weight = weights[first].norm(dim=1) * weights[second].norm(dim=0)
    kept = weight.argsort(descending=True, stable=True)[:FEED_FORWARD].sort().values
    weights[first], weights[bias] = weights[first][kept], weights[bias][kept]
    weights[second] = weights[second][:, kept].contiguous()
