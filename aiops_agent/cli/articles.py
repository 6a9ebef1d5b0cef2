"""`kb`: the knowledge base."""

import argparse
import os
from pathlib import Path

from aiops_agent import config as configuration
from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.errors import UsageError
from aiops_agent.wiring import LateDiagnostician, Library

NEEDS_ATTENTION = 1


def _library(arguments: argparse.Namespace) -> Library:
    if not arguments.config:
        return Library()
    config = configuration.load(Path(arguments.config), os.environ)
    return Library(config.playbooks, config.knowledge_base)


def search(arguments: argparse.Namespace) -> int:
    """Print the articles that fit a text."""
    found = LateDiagnostician(_library(arguments)).search(arguments.text)
    if arguments.json:
        print_json({"articles": [{"id": c.id, "title": c.title, "score": round(c.score, 4)} for c in found]})
    else:
        print_table(
            ("SCORE", "ID", "TITLE"), ((f"{c.score:.3f}", c.id, c.title) for c in found), empty="no article fits"
        )
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print one article."""
    article = _library(arguments).articles.get(arguments.id)
    if article is None:
        raise UsageError(f"there is no article {arguments.id}", hint="`aiops-agent kb search TEXT` finds one")
    print(safe(Path(article.path).read_text(encoding="utf-8")))
    return 0


def lint(arguments: argparse.Namespace) -> int:
    """Print the faults of every article, and playbooks they name that do not exist."""
    library = _library(arguments)
    shelf = library.articles
    known = {playbook.name for playbook in library.playbooks.all()}
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
