"""CommonMark becomes blocks and spans, and only what is read of it."""

from hypothesis import given

from aiops_agent.chat.parse import Item, Paragraph, Preformatted, Span, Style, parse, plain
from tests.chat.reports import hostile

MARKDOWN = """**Error** on `web-01`

- **Where:** `shop`
- next

```
two
  lines
```
"""
BLOCKS = [
    Paragraph((Span("Error", Style.STRONG), Span(" on "), Span("web-01", Style.CODE))),
    Item((Span("Where:", Style.STRONG), Span(" "), Span("shop", Style.CODE))),
    Item((Span("next"),)),
    Preformatted("two\n  lines"),
]


def test_a_report_is_paragraphs_points_and_lines():
    assert parse(MARKDOWN) == BLOCKS


def test_plain_text_keeps_points_together_and_blocks_apart():
    assert plain(BLOCKS) == "Error on web-01\n\n- Where: shop\n- next\n\n    two\n      lines"


def test_a_link_keeps_its_words_and_loses_its_target():
    assert parse("see [the page](https://evil.example)") == [Paragraph((Span("see "), Span("the page")))]


def test_html_is_text():
    assert parse("<script>\n") == [Preformatted("<script>")]


@given(hostile)
def test_any_text_can_be_parsed(text):
    assert isinstance(plain(parse(text)), str)
