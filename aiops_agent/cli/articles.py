"""`kb`: the knowledge base."""

import argparse
from pathlib import Path

from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import library
from aiops_agent.errors import UsageError
from aiops_agent.wiring.late import LateDiagnostician, Model

NEEDS_ATTENTION = 1


def search(arguments: argparse.Namespace) -> int:
    """Print the articles that fit a text."""
    found = LateDiagnostician(library(arguments.config)).search(arguments.text)
    if arguments.json:
        print_json({"articles": [{"id": c.id, "title": c.title, "score": round(c.score, 4)} for c in found]})
    else:
        print_table(
            ("SCORE", "ID", "TITLE", "WHY"),
            ((f"{c.score:.3f}", c.id, c.title, c.why) for c in found),
            empty="no article fits",
        )
    return 0


def index(arguments: argparse.Namespace) -> int:
    """Write the vectors that articles are found by: of the shipped ones they travel with the package."""
    out = Path(arguments.out)
    try:
        written = Model().index(library(arguments.config), out)
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}", hint="name a file with --out that you may write") from error
    print(f"{out}: the vectors of {written} titles, signs and beginnings")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print one article."""
    article = library(arguments.config).articles.get(arguments.id)
    if article is None:
        raise UsageError(f"there is no article {arguments.id}", hint="`aiops-agent kb search TEXT` finds one")
    print(safe(Path(article.path).read_text(encoding="utf-8")))
    return 0


def lint(arguments: argparse.Namespace) -> int:
    """Print the faults of every article, and playbooks they name that do not exist."""
    written = library(arguments.config)
    shelf = written.articles
    known = {playbook.name for playbook in written.playbooks.all()}
    faults = [str(fault) for fault in shelf.faults]
    faults += [
        f"{a.path}: playbook: there is no playbook {a.playbook}; known: {', '.join(sorted(known))}"
        for a in shelf.articles
        if a.playbook and a.playbook not in known
    ]
    if arguments.json:
        print_json({"articles": len(shelf.articles), "faults": faults})
    else:
        print("\n".join(faults) or f"{len(shelf.articles)} articles, no faults")
    return NEEDS_ATTENTION if faults else 0
