"""`kb`: the knowledge base."""

import argparse
import difflib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import library
from aiops_agent.errors import ArticleError, Fault, UsageError
from aiops_agent.noun import replace
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.wiring.diagnostician import LateDiagnostician, Model
from aiops_agent.wiring.library import Library

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.diagnosis.articles import Article, Shelf

NEEDS_ATTENTION = 1
PARSED_WITHIN = 10.0
"""Seconds."""


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
    """Print the faults of articles and advice on them; 1 when there is any."""
    from aiops_agent.diagnosis.lint import lint as advise

    written = library(arguments.config)
    missing = [name for name in arguments.files if not Path(name).exists()]
    if missing:
        raise UsageError(f"there is no {', '.join(missing)}", hint="`aiops-agent kb lint` checks every article")
    shelf = _shelf_of(arguments.files) if arguments.files else written.articles
    faults = [
        *shelf.faults,
        *_no_categories(shelf),
        *_dead_playbooks(shelf, written),
        *_same_ids(shelf),
        *_broken_commands(shelf),
    ]
    advice = advise(shelf.articles)
    if arguments.json:
        said = {"faults": list(map(str, faults)), "advice": list(map(str, advice))}
        print_json({"articles": len(shelf.articles), **said})
    else:
        for fault in faults:
            print(safe(f"{fault}"))
        for each in advice:
            print(safe(f"{replace(each, key=f'advice: {each.key}' if each.key else 'advice')}"))
        print(f"{len(shelf.articles)} articles, {len(faults) or 'no'} faults, {len(advice) or 'no'} advice")
    return NEEDS_ATTENTION if faults or advice else 0


def _shelf_of(names: Sequence[str]) -> "Shelf":
    """Return the articles of the named files and folders."""
    from aiops_agent.diagnosis.articles import Shelf, load_articles, read_article

    articles: list[Article] = []
    faults: list[Fault] = []
    for path in map(Path, names):
        if path.is_dir():
            held = load_articles([path])
            articles += held.articles
            faults += held.faults
            continue
        try:
            articles.append(read_article(path))
        except ArticleError as error:
            faults += error.faults
    return Shelf(tuple(articles), tuple(faults))


def _no_categories(shelf: "Shelf") -> Iterator[Fault]:
    for article in shelf.articles:
        for category in article.categories:
            if category not in CATEGORIES:
                near = difflib.get_close_matches(category, CATEGORIES, n=1, cutoff=0.5)
                meant = f"; {near[0]}?" if near else f"; known: {', '.join(CATEGORIES)}"
                yield Fault(str(article.path), 0, "categories", f"there is no category {category}{meant}")


def _same_ids(shelf: "Shelf") -> Iterator[Fault]:
    """Yield each article whose id another file has: of one folder the loader says so, files may be of several."""
    first: dict[str, Article] = {}
    for article in shelf.articles:
        other = first.setdefault(article.id, article)
        if other is not article and other.path.resolve() != article.path.resolve():
            yield Fault(str(article.path), 0, "id", f"{other.path} is {article.id} already")


def _dead_playbooks(shelf: "Shelf", written: Library) -> Iterator[Fault]:
    known = {playbook.name for playbook in written.playbooks.all()}
    for article in shelf.articles:
        if article.playbook and article.playbook not in known:
            message = f"there is no playbook {article.playbook}; known: {', '.join(sorted(known))}"
            yield Fault(str(article.path), 0, "playbook", message)


def _broken_commands(shelf: "Shelf") -> Iterator[Fault]:
    """Yield the first fault of each block of shell commands that does not parse. Nothing is run: `bash -n` reads."""
    from aiops_agent.diagnosis.lint import commands

    shell = shutil.which("bash")
    if shell is None:
        print("aiops-agent: there is no bash here: whether commands parse was not looked at", file=sys.stderr)
        return
    for article in shelf.articles:
        for block in commands(article):
            read = subprocess.run(
                [shell, "--noprofile", "--norc", "-n"],
                input=block.text,
                env={},  # a BASH_ENV would be read before
                capture_output=True,
                text=True,
                check=False,
                timeout=PARSED_WITHIN,
            )
            if read.returncode:
                first = read.stderr.partition("\n")[0]
                _, _, after = first.partition(": line ")
                number, _, message = after.partition(": ")
                line = block.line + (int(number) - 1 if number.isdecimal() else 0)
                yield Fault(str(article.path), line, "", f"this command does not parse: {message or first}")
