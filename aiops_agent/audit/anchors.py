"""Finds anchors in whatever kept them: reports, an export of a chat, the journal, the agent's own file of anchors."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import re2

from aiops_agent.errors import UsageError
from aiops_agent.hints import IO
from aiops_agent.model.audit import Anchor
from aiops_agent.noun import dataclass

# The dot as it is, and as JSON and HTML write it.
_DOT = r"(?:·|\\u00[bB]7|&middot;|&#183;|&#x[bB]7;)"
_ANCHOR = re2.compile(rf"audit ([0-9]{{1,19}}){_DOT}([0-9a-f]{{12,64}})\b(?: log ([0-9a-f]{{32}})\b)?".encode())
_HEAD = re2.compile(r"[0-9a-f]{12,64}")
_LOG = re2.compile(r"[0-9a-f]{32}")
_LONGEST = 256
"""Bytes that an anchor and its log can take, with room: what is kept when a line is read in pieces."""

_PIECE = 1 << 16
_MOST = 20_000
"""Anchors kept of one text, the newest: each covers everything before it, and memory stays below 20 MB."""

_KEYS = (("records", "head", "log"), ("AIOPS_AUDIT_RECORDS", "AIOPS_AUDIT_HEAD", "AIOPS_AUDIT_LOG"))
"""Of a line that is a JSON object: as `audit verify --json` has them, and as `journalctl -o json` does."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An anchor as it was found."""

    anchor: Anchor
    log: str | None
    """Id of the log it is of, hex; None where nothing says so, as in a report."""


def read_anchors(path: str) -> list[Sighting]:
    """Return the anchors in a file, the oldest first.

    Raises:
        UsageError: It cannot be read, or holds none.
    """
    try:
        with Path(path).open("rb") as file:
            return find_anchors(file, path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", hint="name a file that holds anchors") from error


def find_anchors(text: IO[bytes], name: str) -> list[Sighting]:
    """Return the anchors in a text, the oldest first; each once, and of more than 20,000 the newest.

    Raises:
        UsageError: It holds none.
    """
    found: dict[Sighting, None] = {}
    for sighting in _sightings(text):
        found[sighting] = None
        if len(found) >= 2 * _MOST:
            found = dict.fromkeys(_in_order(found)[-_MOST:])
    if not found:
        raise UsageError(
            f"{name} holds no anchor",
            hint="an anchor reads `audit 231·9f3a1c2b77e0`: reports end with one, `journalctl -t aiops-agent` has them",
        )
    return _in_order(found)[-_MOST:]


def _in_order(found: dict[Sighting, None]) -> list[Sighting]:
    return sorted(found, key=lambda sighting: sighting.anchor.records)


def _sightings(text: IO[bytes]) -> Iterator[Sighting]:
    rest = b""
    while piece := text.readline(_PIECE):
        is_end = piece.endswith(b"\n") or len(piece) < _PIECE
        if is_end and not rest and (sighting := _in_json(piece)):
            yield sighting
            continue
        content = rest + piece
        limit = len(content) if is_end else len(content) - _LONGEST
        seen = 0
        for match in _ANCHOR.finditer(content):
            if match.start() >= limit:
                break
            seen = match.end()
            records, head, log = match.groups()
            yield Sighting(Anchor(int(records), head.decode()), log.decode() if log else None)
        rest = b"" if is_end else content[max(limit, seen) :]


def _in_json(line: bytes) -> Sighting | None:
    """Return what a line says that is a JSON object with the fields of an anchor."""
    if not line.lstrip().startswith(b"{"):
        return None
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    for names in _KEYS:
        records, head, log = map(content.get, names)
        if isinstance(records, str) and records.isascii() and records.isdecimal():
            records = int(records[:20])
        if isinstance(records, int) and records >= 0 and isinstance(head, str) and _HEAD.fullmatch(head):
            named = log if isinstance(log, str) and _LOG.fullmatch(log) else None
            return Sighting(Anchor(int(records), head), named)
    return None


def of_log(sightings: Sequence[Sighting], log: str | None) -> list[Anchor]:
    """Return the anchors that are, or may be, of this log; all of them when it has no name yet."""
    return [sighting.anchor for sighting in sightings if log is None or sighting.log in (None, log)]
