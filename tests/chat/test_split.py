"""Blocks in groups within a limit: nothing lost, nothing turned round."""

from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.chat.parse import Item, Paragraph, Preformatted, Span, Style, words
from aiops_agent.chat.split import split

SPANS = st.lists(st.builds(Span, st.text(min_size=1), st.sampled_from(Style)), min_size=1, max_size=5).map(tuple)
BLOCKS = st.lists(st.one_of(st.builds(Paragraph, SPANS), st.builds(Item, SPANS), st.builds(Preformatted, st.text())))


def content(block):
    return block.text if isinstance(block, Preformatted) else words(block.spans)


def size(block):
    return len(content(block))


@given(BLOCKS, st.integers(min_value=1, max_value=50))
def test_no_group_is_larger_than_the_limit_and_no_text_is_lost(blocks, limit):
    groups = split(blocks, limit, size)
    assert all(sum(map(size, group)) <= limit for group in groups)
    assert joined(block for group in groups for block in group) == joined(blocks)


def joined(blocks):
    return "".join(content(block) for block in blocks).replace("\n", "")


def test_lines_are_cut_between_each_other():
    lines = Preformatted("aaaa\nbbbb\ncccc\ndddd")
    assert split([lines], 9, size) == [[Preformatted("aaaa\nbbbb")], [Preformatted("cccc\ndddd")]]


def test_what_fits_stays_together():
    blocks = [Paragraph((Span("one"),)), Preformatted("two")]
    assert split(blocks, 6, size) == [blocks]


def test_a_span_that_is_cut_keeps_its_style():
    assert split([Item((Span("abcd", Style.CODE),))], 2, size) == [
        [Item((Span("ab", Style.CODE),))],
        [Paragraph((Span("cd", Style.CODE),))],
    ]
