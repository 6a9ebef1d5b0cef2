"""The tables of the model card, written from the figures that training and `model eval` have left.

aiops-agent model eval --jsonl FILE --json > dev.json
python -m aiops_agent.training.card --models aiops_agent/models --evaluation dev.json
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

CARD = "MODEL_CARD.md"
END = "<!-- end of table -->"
FIGURES = {"held apart": "figures.json", "encoder": "encoder/figures.json"}

Table = Iterable[tuple[object, ...]]


def main() -> None:
    """Write the tables into the card anew."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of the models and their card")
    parser.add_argument("--evaluation", type=Path, help="what `model eval --json` printed for the development set")
    arguments = parser.parse_args()
    tables = measured(arguments.models)
    if arguments.evaluation:
        tables |= evaluated(json.loads(arguments.evaluation.read_text(encoding="utf-8")))
    card: Path = arguments.models / CARD
    card.write_text(filled(card.read_text(encoding="utf-8"), tables), encoding="utf-8")


def filled(card: str, tables: Mapping[str, str]) -> str:
    """Return the card with the named tables in their places; others stay as they are.

    Raises:
        ValueError: The card has no place for one of them.
    """
    for name, table in tables.items():
        before, begins, rest = card.partition(_begin(name))
        _, ends, after = rest.partition(END)
        if not begins or not ends:
            raise ValueError(f"the card has no place for the table {name!r}")
        card = f"{before}{begins}\n{table}\n{ends}{after}"
    return card


def measured(models: Path) -> dict[str, str]:
    """Return the tables of what training measured."""
    read = {name: json.loads((models / path).read_text(encoding="utf-8")) for name, path in FIGURES.items()}
    tables = {
        name: _table(("figure", "value"), ((f"`{key}`", value) for key, value in figures.items() if key != "risks"))
        for name, figures in read.items()
    }
    return {**tables, "risks": _risks(read["held apart"]["risks"])}


def evaluated(report: Mapping[str, Any]) -> dict[str, str]:
    """Return the tables of one evaluation."""
    one_by_one = ("records", "macro_f1", "calibration_error", "threshold")
    return {
        "evaluation": _table(
            ("figure", "value"),
            (
                *((name.replace("_", " "), report[name]) for name in one_by_one),
                *((name.replace("_", " "), _share(found)) for name, found in report["intervals"].items()),
            ),
        ),
        "ways": _table(
            ("answered by", "accuracy", "macro F1"),
            (
                (way["name"], f"needs {way['needs']}" if way["needs"] else _share(way["accuracy"]), way["macro_f1"])
                for way in report["ways"]
            ),
        ),
        "slices": _table(
            ("records with", "accuracy", "coverage", "right where sure"),
            (
                (f"{one['field']} {one['value']}", *map(_share, (one["accuracy"], one["coverage"], one["where_sure"])))
                for one in report["slices"]
                if one["field"] != "runtime"
            ),
        ),
        "sure": _table(
            ("sure enough for risk", "coverage", "right there"),
            ((one["risk"], _share(one["coverage"]), _share(one["right"])) for one in report["sure_for"]),
        ),
        "reliability": _table(
            ("confidence above", "answers", "mean confidence", "right"),
            (
                (band["above"], band["answers"], f"{band['confidence']:.3f}", f"{band['right']:.3f}")
                for band in report["reliability"]
            ),
        ),
    }


def _risks(risks: Mapping[str, Mapping[str, object]]) -> str:
    columns = list(next(iter(risks.values())))
    return _table(
        ("risk", *(column.replace("_", " ") for column in columns)),
        ((risk, *(figures[column] for column in columns)) for risk, figures in risks.items()),
    )


def _table(head: tuple[str, ...], rows: Table) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _share(found: Mapping[str, float]) -> str:
    return f"{found['share']:.4f} ({found['low']:.3f} to {found['high']:.3f})"


def _begin(name: str) -> str:
    return f"<!-- table: {name} -->"


if __name__ == "__main__":
    main()
