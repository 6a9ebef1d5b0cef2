"""What a terminal is shown: JSON for programs, tables for people, and nothing that could drive the terminal."""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on one line, UTF-8."""
    print(json.dumps(value, ensure_ascii=False))


def print_table(headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str) -> None:
    """Print rows under headings, or `empty` when there are none."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    lines = list(rows)
    if not lines:
        print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in ("ID", "NAME"))
    for line in lines:
        table.add_row(*(Text(safe(str(cell if cell is not None else "-"))) for cell in line))
    Console(highlight=False).print(table)


def safe(text: str) -> str:
    """Return text with control, format and bidirectional characters shown as escapes, newlines kept.

    A log line can hold sequences that move the cursor, rename the window or turn the reading direction round.
    """
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else ascii(c)[1:-1] for c in text
    )
