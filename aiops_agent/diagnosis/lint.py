"""Advice on articles that load: what a person at three in the morning would miss in them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import re2

from aiops_agent.diagnosis.articles import Article
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.terms import terms
from aiops_agent.errors import Fault
from aiops_agent.noun import dataclass

SECTIONS = ("Signs", "Cause", "Checks", "Remedy", "Verification", "When to call a person")
"""Headings of the second level, in the order in which they are needed."""

FEW = 3
"""Terms: a shorter sign may well be part of a longer one, as `Connection refused` is of many."""

_HEADING = re2.compile(r"(?m)^## (.+?)\s*$")
_BLOCK = re2.compile(r"(?ms)^```(\w*)\n(.*?)^```$")


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
    titles: dict[str, Article] = {}
    for article in articles:
        other = titles.setdefault(article.title.casefold(), article)
        if other is not article:
            yield Fault(str(article.path), 0, "title", f"{other.id} has the same title: say what this one is for")
    signs = [(article, sign, frozenset(terms(condense(sign).text))) for article in articles for sign in article.signs]
    holding: dict[str, list[int]] = defaultdict(list)
    for number, (_, _, words) in enumerate(signs):
        for word in words:
            holding[word].append(number)
    for number, (article, sign, words) in enumerate(signs):
        rarest = min(words, key=lambda word: len(holding[word]), default="")
        for place in holding[rarest]:
            longer, text, of_longer = signs[place]
            same = words == of_longer and place > number
            nearly = len(words) >= FEW and words < of_longer and len(of_longer - words) <= 1
            if longer is not article and (same or nearly):
                said = f"`{sign}` stands in {longer.id} too (`{text}`): leave it where it fits best"
                yield Fault(str(article.path), 0, "signs", said)


def _line(article: Article, at: int) -> int:
    return article.body_line + article.body.count("\n", 0, at)
