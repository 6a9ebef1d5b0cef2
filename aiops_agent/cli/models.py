"""`model`: which model this is, and how well it does."""

import argparse
from pathlib import Path

from aiops_agent.cli.output import print_json
from aiops_agent.errors import UsageError


def info(arguments: argparse.Namespace) -> int:
    """Print what the shipped model is; its digests are checked on the way."""
    from aiops_agent.diagnosis.classifier import Classifier

    facts = Classifier.load().facts()
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
        print(report.as_text())
    return 0
