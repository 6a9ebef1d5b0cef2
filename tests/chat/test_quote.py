"""Quoted text is shown and does nothing else: proved with a CommonMark parser that knows links, HTML and more."""

import unicodedata

import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from aiops_agent.chat.quote import block, code, prose, visible
from tests.chat.reports import HARM, hostile

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ENOUGH = 100_000


def inline(markdown):
    """Return the (type, content) of what is between `a` and `b` in a point of a list."""
    tokens = MARKDOWN.parse(f"- **x:** a{markdown}b\n")
    assert [t.type for t in tokens if t.nesting >= 0] == [
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
        "inline",
    ]
    (line,) = [t for t in tokens if t.type == "inline"]
    return [(t.type, t.content) for t in line.children if t.content][1:]


@given(hostile)
def test_a_code_span_reads_as_what_was_quoted(text):
    shown = visible(text) or '""'
    assert inline(code(text, ENOUGH)) == [("text", " a"), ("code_inline", shown), ("text", "b")]


@given(hostile)
def test_quoted_prose_reads_as_what_was_quoted(text):
    assert inline(prose(text, ENOUGH)) == [("text", f" a{visible(text).strip()}b")]


@given(hostile)
def test_a_code_block_holds_every_line_and_ends_where_it_should(text):
    tokens = MARKDOWN.parse(f"before\n\n{block(text, 1_000)}\n\nafter\n")
    assert [t.type for t in tokens if t.nesting >= 0] == [
        "paragraph_open",
        "inline",
        "fence",
        "paragraph_open",
        "inline",
    ]
    lines = tokens[3].content.removesuffix("\n").split("\n")
    assert [
        line.rstrip("…") in visible(given.rstrip().expandtabs(4))
        for line, given in zip(lines, text.split("\n"), strict=True)
    ]


@given(hostile)
def test_nothing_visible_moves_a_cursor_or_hides(text):
    assert not {unicodedata.category(each) for each in visible(text)} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("hidden", "escape"),
    [
        ("\n", "\\n"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202e", "\\u202e"),
        ("\u3164", "\\u3164"),
        ("\udc80", "\\udc80"),
        ("\u2028", "\\u2028"),
    ],
)
def test_what_hides_is_shown_as_its_escape(hidden, escape):
    assert visible(f"a{hidden}b") == f"a{escape}b"


@pytest.mark.parametrize("text", ["写入失败：设备上没有空间", "naïve 'quotes' \\ 100 %", "🔥"])
def test_what_people_write_is_not_touched(text):
    assert visible(text) == text


def test_a_long_value_is_cut_and_says_so():
    assert code("x" * 500, limit=10) == "`xxxxxxxxx…`"


def test_a_long_block_keeps_the_beginning_and_more_of_the_end():
    assert block("a\nb\nc\nd\ne\nf", 4) == "```\na\n…\ne\nf\n```"
    assert block("a\nb\nc\nd", 4) == "```\na\nb\nc\nd\n```"


def test_tabs_of_a_stack_trace_become_spaces():
    assert block("\tat App.main", 1) == "```\n    at App.main\n```"


@pytest.mark.parametrize("text", HARM)
def test_no_harm_grows_beyond_its_limit(text):
    assert len(code(text * 50, limit=100)) <= 100 + 2 * 60
