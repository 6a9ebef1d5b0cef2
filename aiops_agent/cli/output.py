"""What a terminal is shown: JSON for programs, tables for people, and nothing that could drive the terminal."""

import json
from collections.abc import Iterable, Mapping, Sequence

from aiops_agent.model.incident import Incident, Kind


def print_json(value: Mapping[str, object]) -> None:
    """Print one JSON object on one line, UTF-8."""
    print(json.dumps(value, ensure_ascii=False))


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], empty: str, *, below: Sequence[str] = ()
) -> None:
    """Print rows under headings, aligned and never folded, or `empty` when there are none.

    `below`: for each row what is too long for a column, printed on a line of its own.
    """
    lines = [[safe(str(cell if cell is not None else "-")) for cell in row] for row in rows]
    if not lines:
        print(empty)
        return
    widths = [max(map(len, column)) for column in zip(headings, *lines, strict=True)]
    for number, line in enumerate([headings, *lines]):
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        if number and below:
            print(f"    {safe(below[number - 1])}")


def category(incident: Incident) -> tuple[str, str]:
    """Return what an incident was found to be and how sure that is; a notice of the agent itself needs no diagnosis."""
    if incident.kind is Kind.AGENT:
        return "notice", "-"
    return incident.category, "not sure" if incident.abstained else percent(incident.confidence)


def percent(confidence: float) -> str:
    """Return a probability for people: never 100, for nothing in a log is that certain."""
    return f"{min(int(confidence * 100), 99)}%"


def safe(text: str) -> str:
    """Return text with control, format and bidirectional characters shown as escapes, newlines kept.

    A log line can hold sequences that move the cursor, rename the window or turn the reading direction round.
    """
    import unicodedata  # JSON is shown without

    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else ascii(c)[1:-1] for c in text
    )
