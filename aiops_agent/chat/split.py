"""Blocks -> groups of blocks, each within what a platform takes at once."""

from collections.abc import Callable, Iterator, Sequence

from aiops_agent.chat.parse import Block, Item, Paragraph, Preformatted, Span

Measure = Callable[[Block], int]
"""The size of a block as the platform counts it. Half a block must be smaller than the whole."""


def split(blocks: Sequence[Block], limit: int, measure: Measure) -> list[list[Block]]:
    """Return the blocks in order, in as few groups as a single pass gives, none larger than `limit`.

    A block that is larger by itself is cut: at the end of a line where it has several, else in its middle.
    """
    groups: list[list[Block]] = []
    room = 0
    for block in blocks:
        for piece in _pieces(block, limit, measure):
            size = measure(piece)
            if not groups or size > room:
                groups.append([])
                room = limit
            groups[-1].append(piece)
            room -= size
    return groups


def _pieces(block: Block, limit: int, measure: Measure) -> Iterator[Block]:
    if measure(block) <= limit:
        yield block
        return
    for half in _halves(block):
        yield from _pieces(half, limit, measure)


def _halves(block: Block) -> tuple[Block, Block]:
    match block:
        case Preformatted(text=text):
            first, second = _halves_of_text(text)
            return Preformatted(first), Preformatted(second)
        case Paragraph(spans=spans):
            left, right = _halves_of_spans(spans)
            return Paragraph(left), Paragraph(right)
        case Item(spans=spans):
            left, right = _halves_of_spans(spans)
            return Item(left), Paragraph(right)


def _halves_of_spans(spans: tuple[Span, ...]) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    if len(spans) > 1:
        middle = len(spans) // 2
        return spans[:middle], spans[middle:]
    first, second = _halves_of_text(spans[0].text)
    return (Span(first, spans[0].style),), (Span(second, spans[0].style),)


def _halves_of_text(text: str) -> tuple[str, str]:
    middle = len(text) // 2
    line_end = text.rfind("\n", 1, middle + 1)
    return (text[:line_end], text[line_end + 1 :]) if line_end > 0 else (text[:middle], text[middle:])
