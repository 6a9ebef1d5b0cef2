"""`model`: which model this is, and how well it does."""

import argparse
from pathlib import Path

from aiops_agent.cli.output import print_json, print_table
from aiops_agent.cli.session import library
from aiops_agent.errors import UsageError
from aiops_agent.model.risk import Risk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.training.evaluate import Evaluation
    from aiops_agent.training.figures import Share


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
        "acts_above": round(head.threshold, 4) if head.threshold <= 1 else None,
        "manifest_sha256": manifest_digest(folder),
        "folder": str(folder),
        **({"card": str(MODELS / "MODEL_CARD.md")} if folder == MODELS else {}),
    }
    enough = {
        risk.name.lower(): [round(float(one), 4) if one <= 1 else None for one in head.thresholds[risk - 1]]
        for risk in Risk
    }
    if arguments.json:
        print_json({**facts, "sure_enough": enough})
    else:
        print("\n".join(f"{name + ':':<18}{value}" for name, value in facts.items()))
        print_table(
            ("SURE ENOUGH FOR RISK", "THE MODEL ALONE", "WITH A DECISIVE SIGN"),
            ((risk, *("never" if one is None else one for one in given)) for risk, given in enough.items()),
            empty="none",
        )
    return 0


def evaluate(arguments: argparse.Namespace) -> int:
    """Print accuracy, calibration and coverage on labelled records, and what simpler ways come to."""
    from aiops_agent.training.evaluate import evaluate as measured

    if not Path(arguments.jsonl).is_file():
        raise UsageError(f"{arguments.jsonl} is not a file", hint='one {"id", "text", "category", "also_ok"} a line')
    report = measured(Path(arguments.jsonl), baselines=not arguments.quick)
    if arguments.json:
        print_json(report.as_json())
    else:
        _print(report)
    return 0


def _print(report: "Evaluation") -> None:
    facts = {
        "records": report.records,
        **{name.replace("_", " "): _percent(found) for name, found in report.intervals.items()},
        "macro F1": f"{report.macro_f1:.4f}",
        "calibration error": f"{report.calibration_error:.4f}",
        "abstains below": "always" if report.threshold is None else f"{report.threshold:.4f}",
    }
    print("\n".join(f"{name + ':':<21}{value}" for name, value in facts.items()))
    print_table(
        ("ANSWERED BY", "ACCURACY, 95 %", "MACRO F1"),
        (
            (way.name, _percent(way.accuracy), f"{way.macro_f1:.4f}")
            if way.accuracy
            else (way.name, f"needs {way.needs}", "-")
            for way in report.ways
        ),
        empty="no way",
    )
    print_table(
        ("SURE ENOUGH FOR RISK", "COVERAGE", "RIGHT THERE, 95 %"),
        ((one.risk, _percent(one.coverage), _percent(one.right)) for one in report.sure_for),
        empty="none",
    )
    print_table(
        ("WHERE", "RECORDS", "ACCURACY, 95 %", "COVERAGE", "WHERE SURE"),
        (
            (f"{one.field} {one.value}", one.accuracy.of, *map(_percent, (one.accuracy, one.coverage, one.where_sure)))
            for one in report.slices
        ),
        empty="no slices: the records have none of the fields locale, hard, runtime",
    )
    print_table(
        ("CONFIDENCE ABOVE", "ANSWERS", "CONFIDENCE", "RIGHT, 95 %"),
        (
            (f"{r.above:.1f}", r.answers, f"{r.confidence:.3f}", f"{r.right:.3f} ({r.low:.3f} to {r.high:.3f})")
            for r in report.reliability
        ),
        empty="no answers",
    )
    print_table(
        ("IS", "TAKEN FOR", "TIMES"), ((c.is_, c.taken_for, c.times) for c in report.confusions), empty="none wrong"
    )


def _percent(found: "Share") -> str:
    return f"{found.share:.4f} ({found.low:.3f} to {found.high:.3f}), {found.times} of {found.of}"
