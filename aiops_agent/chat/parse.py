"""Markdown of a message -> blocks and spans, which adapters send as data: nothing is escaped, so nothing is missed."""

from collections.abc import Iterator, Sequence
from enum import Enum

from markdown_it import MarkdownIt
from markdown_it.token import Token

from aiops_agent.noun import dataclass


class Style(Enum):
    """How a span is set."""

    PLAIN = "plain"
    STRONG = "strong"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Span:
    """Text in one style."""

    text: str
    style: Style = Style.PLAIN


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One point of a list."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Preformatted:
    """Lines shown as they are."""

    text: str


Block = Paragraph | Item | Preformatted


def parse(markdown: str) -> list[Block]:
    """Return the blocks of CommonMark. A link loses its target, an image its source: only what is read stays."""
    blocks: list[Block] = []
    lists = 0
    for token in MarkdownIt("commonmark").parse(markdown):
        match token.type:
            case "list_item_open":
                lists += 1
            case "list_item_close":
                lists -= 1
            case "inline":
                spans = tuple(_spans(token.children or []))
                blocks.append(Item(spans) if lists else Paragraph(spans))
            case "fence" | "code_block" | "html_block":
                blocks.append(Preformatted(token.content.removesuffix("\n")))
            case _:  # what opens or closes something else
                pass
    return blocks


def plain(blocks: Sequence[Block]) -> str:
    """Return the blocks as text for a terminal, an empty line between any two but the points of a list."""
    text = ""
    before: Block | None = None
    for block in blocks:
        if before:
            text += "\n" if isinstance(before, Item) and isinstance(block, Item) else "\n\n"
        match block:
            case Paragraph():
                text += words(block.spans)
            case Item():
                text += f"- {words(block.spans)}"
            case Preformatted():
                text += "\n".join(f"    {line}" for line in block.text.split("\n"))
        before = block
    return text


def words(spans: Sequence[Span]) -> str:
    """Return the text of spans without their styles."""
    return "".join(span.text for span in spans)


def _spans(children: Sequence[Token]) -> Iterator[Span]:
    strong = 0
    for token in children:
        match token.type:
            case "strong_open":
                strong += 1
            case "strong_close":
                strong -= 1
            case "code_inline":
                yield Span(token.content, Style.CODE)
            case "softbreak" | "hardbreak":
                yield Span("\n")
            case _:
                if token.content:
                    yield Span(token.content, Style.STRONG if strong else Style.PLAIN)
