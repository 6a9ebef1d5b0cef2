"""What the student is shown: rendered families of the systems it may see, mined sayings, articles; and the answers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aiops_agent.diagnosis.articles import load_articles
from aiops_agent.diagnosis.condense import condense
from aiops_agent.diagnosis.index import pieces_of
from aiops_agent.training.apart import is_apart
from aiops_agent.training.family import Family
from aiops_agent.training.mine import Saying
from aiops_agent.training.render import render_all

COPIES = 2
"""Renderings of each body of a family. More families teach more than more copies."""

PARAGRAPH = 40
"""Characters; what is shorter in an article says little by itself."""

NO_CATEGORY = -1


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Texts and what is to be learnt of each."""

    texts: tuple[str, ...]
    means: tuple[str | None, ...]
    """The English text whose teacher vector is the target of each; None: Chinese nobody has translated."""

    answers: NDArray[np.int64]
    """The number of its category, or NO_CATEGORY."""

    @property
    def taught(self) -> tuple[str, ...]:
        """Return each text the teacher is asked about, once."""
        return tuple(dict.fromkeys(text for text in self.means if text is not None))


@dataclass(frozen=True, slots=True)
class Lesson:
    """One text."""

    text: str
    means: str | None
    category: str | None


def compose(
    families: Sequence[Family], sayings: Sequence[Saying], shelf: Path, categories: Sequence[str], *, seed: int
) -> Curriculum:
    """Return everything the student is shown, each text once, in the same order for the same input."""
    lessons: dict[str, Lesson] = {}
    for lesson in (*_rendered(families, seed), *_mined(sayings), *_articles(shelf)):
        lessons.setdefault(lesson.text, lesson)
    numbers = {category: number for number, category in enumerate(categories)}
    return Curriculum(
        tuple(lessons),
        tuple(lesson.means for lesson in lessons.values()),
        np.array(
            [NO_CATEGORY if lesson.category is None else numbers[lesson.category] for lesson in lessons.values()],
            dtype=np.int64,
        ),
    )


def _rendered(families: Sequence[Family], seed: int) -> Iterator[Lesson]:
    english = {family.id: family.locale == "en" for family in families}
    seen = [family for family in families if not is_apart(family.system)]
    for record in render_all(seen, copies=COPIES, seed=seed):
        brief = condense(record.text).brief  # what the encoder reads on a server
        yield Lesson(brief, brief if english[record.family] else None, record.category)


def _mined(sayings: Sequence[Saying]) -> Iterator[Lesson]:
    for saying in sayings:
        yield Lesson(saying.text, saying.means, saying.category)


def _articles(shelf: Path) -> Iterator[Lesson]:
    for article in load_articles([shelf]).articles:
        if is_apart(article.id):
            continue
        for piece in pieces_of(article):
            if piece.isascii():
                yield Lesson(piece, piece, None)
        if not article.title_zh.isascii():
            yield Lesson(article.title_zh, article.title, None)
        for paragraph in article.body.split("\n\n"):
            if len(paragraph) >= PARAGRAPH and paragraph.isascii():
                yield Lesson(paragraph[:600], paragraph[:600], None)
