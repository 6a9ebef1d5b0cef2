"""Advice on articles that load: what a person at three in the morning would miss in them."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from aiops_agent.diagnosis.articles import Article
from aiops_agent.diagnosis.terms import terms
from aiops_agent.errors import Fault
from aiops_agent.noun import dataclass

SECTIONS = ("Signs", "Cause", "Checks", "Remedy", "Verification", "When to call a person")
"""Headings of the second level, in the order in which they are needed."""

_HEADING = re.compile(r"^## (.+?)\s*$", re.MULTILINE)
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Commands:
    """A block of shell commands of an article."""

    article: Article
    line: int
    """Of the file, from 1: the first command."""

    text: str


def lint(articles: Sequence[Article]) -> list[Fault]:
    """Return advice on each article, and on what several of them share; none when there is nothing to say."""
    return [*(fault for article in articles for fault in _of_one(article)), *_of_all(articles)]


def commands(article: Article) -> Iterator[Commands]:
    """Yield the blocks marked as shell."""
    for block in _BLOCK.finditer(article.body):
        if block[1] == "sh":
            yield Commands(article, _line(article, block.start(2)), block[2])


def _of_one(article: Article) -> Iterator[Fault]:
    path = str(article.path)
    headings = {found[1]: found.start() for found in _HEADING.finditer(article.body)}
    for name in SECTIONS:
        if name not in headings:
            yield Fault(path, 0, "", f"has no `## {name}`")
    places = [headings[name] for name in SECTIONS if name in headings]
    if places != sorted(places):
        yield Fault(path, _line(article, min(places)), "", f"its headings are not in the order {', '.join(SECTIONS)}")
    if not article.signs:
        yield Fault(path, 0, "signs", "are missing; an article is found by the wordings of its faults first of all")
    for sign in article.signs:
        if not [*terms(sign)]:
            yield Fault(path, 0, "signs", f"`{sign}` has no word or code that a record could be found by")
    if article.title_zh == article.title:
        yield Fault(path, 0, "title_zh", "is missing; reports in Chinese show the English title")
    if not any(headings.get("Checks", 0) < block.start() for block in _BLOCK.finditer(article.body)):
        yield Fault(path, 0, "", "has no command below `## Checks`; who reads it at night wants to copy one")


def _of_all(articles: Sequence[Article]) -> Iterator[Fault]:
    """Yield what stands in two articles: neither would be sure to come first."""
    by_title, by_sign = defaultdict(list), defaultdict(list)
    for article in articles:
        by_title[article.title.casefold()].append((article, article.title))
        for sign in article.signs:
            by_sign[frozenset(terms(sign))].append((article, sign))
    for key, found in (("title", by_title), ("signs", by_sign)):
        for (first, text), *others in found.values():
            for article, _ in others:
                yield Fault(str(article.path), 0, key, f"`{text}` stands in {first.id} too: leave it where it fits best")


def _line(article: Article, at: int) -> int:
    return article.body_line + article.body.count("\n", 0, at)
