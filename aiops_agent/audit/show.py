"""Gives out what a log holds, in the clear."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from aiops_agent.audit.damage import Kind
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.proof import Raw
from aiops_agent.audit.record import KEY_ID_LENGTH, Type, parse_opening, parse_tombstone
from aiops_agent.audit.seal import datetime_of, decrypt, entry_of
from aiops_agent.audit.segments import list_segments
from aiops_agent.audit.walk import Walk, refuse_missing
from aiops_agent.model.audit import AuditEntry, Value
from aiops_agent.model.incident import rfc3339


def show(directory: Path, keys: KeyProvider) -> Iterator[AuditEntry]:
    """Yield every entry, oldest first, each proven before it is given out.

    What the log records about itself is an entry too: `unclean_start` about what a crash left behind, `retention` about
    segments that were removed, `wrapping_key.replaced`.

    Raises:
        AuditError: The keys are gone, or the log is damaged: nothing behind that place is given out. That segments
            before the first are gone without a record of it shows only at the end.
    """
    segments = list_segments(directory)
    if not segments:
        return
    walk = Walk(segments, keys)
    for raw in walk:
        entry = _entry(raw, walk)
        if entry:
            yield entry
    refuse_missing(walk)


def as_json(entry: AuditEntry) -> dict[str, object]:
    """Return an entry as it is printed, a line each."""
    return {
        "time": rfc3339(entry.time),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "detail": dict(entry.detail),
    }


def _entry(raw: Raw, walk: Walk) -> AuditEntry | None:
    if raw.type == Type.ENTRY and walk.cipher:
        plain = decrypt(walk.cipher, walk.proof.log_id, raw.header, raw.sequence, raw.body)
        entry = entry_of(plain, raw.time_us) if plain else None
        return entry or raw.refuse(Kind.ALTERED, "holds no entry")
    detail: Mapping[str, Value]
    if raw.type == Type.UNCLEAN_START and (tear := parse_opening(raw.body).tear):
        action, subject = "unclean_start", f"segment {tear.segment}"
        detail = {"offset": tear.offset, "torn_bytes": tear.length, "sha256": tear.digest.hex()}
    elif raw.type == Type.TOMBSTONE:
        tombstone = parse_tombstone(raw.body)
        action, subject = "retention", f"segments before {tombstone.segment}"
        last = datetime_of(tombstone.time_us).isoformat()
        detail = {"records": tombstone.sequence, "last": last, "chain": tombstone.chain.hex()}
    elif raw.type == Type.REKEY:
        old, new = raw.body[:KEY_ID_LENGTH].hex(), raw.body[KEY_ID_LENGTH : 2 * KEY_ID_LENGTH].hex()
        action, subject, detail = "wrapping_key.replaced", f"key {old}", {"by": new}
    else:
        return None
    return AuditEntry(datetime_of(raw.time_us), "agent", action, subject, detail)
