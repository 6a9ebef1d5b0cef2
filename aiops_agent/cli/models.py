"""`model`: which model this is, and how well it does."""

import argparse
from pathlib import Path

from aiops_agent.cli.output import print_json, print_table
from aiops_agent.cli.session import library
from aiops_agent.errors import UsageError
from aiops_agent.noun import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.training.evaluate import Evaluation


def info(arguments: argparse.Namespace) -> int:
    """Print which model it is and which kernel runs; its digests are checked on the way."""
    from aiops_agent.diagnosis.artefact import MODELS, manifest_digest
    from aiops_agent.diagnosis.diagnose import load_classifier
    from aiops_agent.diagnosis.encoder import load_encoder, read_facts

    folder = library(arguments.config).models or MODELS
    encoder = load_encoder(folder)
    head = load_classifier(encoder, folder).head  # every digest is checked on the way
    facts = {
        "encoder": read_facts(folder).name,
        "kernel": encoder.variant,
        "categories": len(head.categories),
        "acts_above": round(float(head.threshold), 4),
        "manifest_sha256": manifest_digest(folder),
        "folder": str(folder),
        **({"card": str(MODELS / "MODEL_CARD.md")} if folder == MODELS else {}),
    }
    if arguments.json:
        print_json(facts)
    else:
        print("\n".join(f"{name + ':':<18}{value}" for name, value in facts.items()))
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """Print accuracy, calibration and coverage on labelled records."""
    from aiops_agent.training.evaluate import evaluate as measured

    if not Path(arguments.jsonl).is_file():
        raise UsageError(f"{arguments.jsonl} is not a file", hint='one {"id", "text", "category", "also_ok"} a line')
    report = measured(Path(arguments.jsonl))
    if arguments.json:
        print_json(report.as_json())
    else:
        _print(report)
    return 0


def _print(report: "Evaluation") -> None:
    for figure in fields(report):
        value = getattr(report, figure.name)
        if not isinstance(value, tuple):
            print(f"{figure.name.replace('_', ' ') + ':':<30}{value:.4g}")
    print_table(
        ("CONFIDENCE ABOVE", "ANSWERS", "CONFIDENCE", "RIGHT"),
        ((f"{r.above:.1f}", r.answers, f"{r.confidence:.3f}", f"{r.right:.3f}") for r in report.reliability),
        empty="no answers",
    )
    print_table(
        ("IS", "TAKEN FOR", "TIMES"), ((c.is_, c.taken_for, c.times) for c in report.confusions), empty="none wrong"
    )
