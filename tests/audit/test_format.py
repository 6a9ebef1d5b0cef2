"""The bytes of the format, computed once more by hand from docs/audit-format.md."""

import hashlib
import hmac
import struct
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiops_agent.audit.record import (
    MAX_BODY,
    MacKey,
    Tear,
    Type,
    chain_head,
    chain_link,
    name_log,
    pack_header,
    parse_opening,
)
from aiops_agent.audit.seal import Sealer, canonical, time_us
from aiops_agent.audit.show import show
from aiops_agent.audit.walk import walk_tail
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import AuditEntry
from tests.audit.logs import NOON, Log, entry, kind, records

KEY = bytes(range(32))
HEAD = bytes(range(32, 64))


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def test_a_header_is_34_bytes_big_endian():
    packed = pack_header(Type.ENTRY, 700, 2, 3, 5, -1)
    assert packed == b"AIA1\x01\x03" + struct.pack(">IIIQq", 700, 2, 3, 5, -1)
    assert len(packed) == 34


def test_head_link_and_name_are_hashes_of_all_they_speak_of():
    assert chain_head(KEY, b"header", b"body") == sha(KEY, b"header", b"body")
    assert chain_link(HEAD, KEY) == sha(b"AIA1 link", HEAD, KEY)
    assert name_log(KEY) == sha(b"AIA1 log", KEY)[:16]


def test_the_mac_key_steps_on_with_every_record_and_is_not_the_key_that_signs():
    key, expected = MacKey(KEY), KEY
    for _ in range(3):
        assert key.tag(HEAD) == hmac.digest(sha(b"AIA1 mac", expected), HEAD, "sha256")
        expected = sha(b"AIA1 evolve", expected)


def test_an_entry_opens_with_the_key_of_its_session_its_sequence_and_its_header(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1), entry(2))
    opening, first, second, _ = records(log.segment(1).read_bytes())
    header, body = opening[:34], opening[34:-32]
    keys = log.keys
    fields = parse_opening(body)
    wrapping = (log.key_folder / "wrapping.key").read_bytes()
    nonce, wrapped = fields.wrapped[:12], fields.wrapped[12:]
    session = AESGCM(wrapping).decrypt(nonce, wrapped, b"AIA1 session" + keys.log_id + header)
    assert len(session) == 64
    for number, record in enumerate((first, second), start=1):
        nonce, aad = number.to_bytes(12, "big"), b"AIA1 entry" + keys.log_id + record[:34]
        assert AESGCM(session[:32]).decrypt(nonce, record[34:-32], aad) == canonical(entry(number))
    mac_key = sha(b"AIA1 evolve", session[32:])  # the opening's own MAC was the first
    head = sha(sha(b"AIA1 link", sha(bytes(32), opening[:-32]), opening[-32:]), first[:-32])
    assert first[-32:] == hmac.digest(sha(b"AIA1 mac", mac_key), head, "sha256")


def sealer_behind(log: Log) -> tuple[Sealer, Tear]:
    """Return who can write the next records of a log's first segment, and what could be said of a crash before them."""
    walk = walk_tail([log.segment(1)], log.keys)
    signing = log.keys.signing_key(walk.position.announced)
    assert signing
    return Sealer(log.keys, signing, walk.position, segment=1), walk.left.explained()


def test_an_entry_behind_the_end_of_its_session_is_refused(tmp_path):
    """Only who has all keys could write it."""
    log = Log(tmp_path)
    log.write(entry(1))
    sealer, _ = sealer_behind(log)
    opening, at = sealer.open(time_us(NOON), None), time_us(NOON)
    with log.segment(1).open("ab") as file:
        file.write(opening + sealer.checkpoint(Type.CLOSE, at)[0] + sealer.entry(canonical(entry(2)), at))
        file.write(sealer.checkpoint(Type.CLOSE, at)[0])
    assert kind(log.verify_publicly()) == "out_of_order"


def test_an_explained_crash_in_the_middle_of_a_segment_is_refused(tmp_path):
    """Only who has all keys could write it; a writer that crashed begins a new segment."""
    log = Log(tmp_path)
    log.write(entry(1))
    sealer, tear = sealer_behind(log)
    opening = sealer.open(time_us(NOON), tear)
    with log.segment(1).open("ab") as file:
        file.write(opening + sealer.checkpoint(Type.CLOSE, time_us(NOON))[0])
    assert kind(log.verify_publicly()) == "malformed"


def test_the_first_and_the_last_moment_of_the_calendar_are_recorded(tmp_path):
    log = Log(tmp_path)
    ends = [entry(1, datetime.min.replace(tzinfo=UTC)), entry(2, datetime.max.replace(tzinfo=UTC))]
    log.write(*ends)
    assert list(show(log.audit, log.keys)) == ends
    assert log.verify().intact


def test_an_entry_of_a_mebibyte_with_its_tag_is_recorded_and_one_byte_more_is_refused(tmp_path):
    log = Log(tmp_path)
    empty = AuditEntry(NOON, "agent", "note", "long", {"x": ""})
    room = MAX_BODY - 16 - len(canonical(empty))
    log.write(replace(empty, detail={"x": "x" * room}))
    with pytest.raises(AuditError, match="cannot be recorded"):
        log.write(replace(empty, detail={"x": "x" * (room + 1)}))
    assert log.verify().entries == 1


def test_the_writer_signs_every_256_records(tmp_path):
    log = Log(tmp_path)
    log.write(*map(entry, range(600)))
    types = [record[5] for record in records(log.segment(1).read_bytes())]
    signed = [number for number, each in enumerate(types) if each == Type.CHECKPOINT]
    assert signed == [256, 513]


def test_without_an_auditor_nothing_can_be_sealed(tmp_path):
    with pytest.raises(ValueError, match="no auditor"):
        Log(tmp_path).keys.seal(b"secret", b"context")
