"""Attacks that take more than one place or moment: clones, pretended crashes and retention, keys that are not there.

Both verifiers judge each log. The thief has whatever the test hands over, and all the code.
"""

import os
import shutil
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.record import Tear, Tombstone, Type
from aiops_agent.audit.seal import Position, Sealer, canonical, time_us
from aiops_agent.audit.verify import verify
from aiops_agent.audit.walk import Walk
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor
from tests.audit.independent import judge, judge_with_keys, kind_of
from tests.audit.logs import NOON, Log, entry, kind, records
from tests.audit.test_attacks import copy
from tests.audit.test_crash import crash

NOON_US = time_us(NOON)


def verdicts(log: Log, *anchors: Anchor) -> tuple[str, str]:
    """Return what is found with the keys and without; the two verifiers must say the same."""
    keyed, public = kind(log.verify(*anchors)), kind(log.verify_publicly(*anchors))
    own = kind_of(judge_with_keys(log.audit, log.key_folder, *anchors)), kind_of(judge(log.audit, *anchors))
    assert own == (keyed, public)
    return keyed, public


def test_m27_of_two_clones_that_both_went_on_an_anchor_tells_which_it_saw(tmp_path):
    """M27: each clone is sound in itself, and nothing in either knows of the other."""
    first = Log(tmp_path / "first")
    before = first.write(entry(1))
    second = copy(first, tmp_path / "second")
    anchors = {log: log.write(entry(number)) for number, log in enumerate((first, second), start=2)}
    for log, other in ((first, second), (second, first)):
        assert verdicts(log, before, anchors[log]) == ("intact", "intact")
        assert verdicts(log, before, anchors[other]) == ("anchor_mismatch", "anchor_mismatch")


def position_after(log: Log, count: int) -> Position:
    walk = Walk([log.segment(1)], log.keys)
    for _ in zip(range(count), walk, strict=False):
        pass
    return walk.position


def forge_unclean_start(log: Log, keys: Log, signing: bytes, keep: int) -> None:
    """Cut segment 1 behind `keep` records and explain it with a start that never was."""
    position = position_after(log, keep)
    kept = b"".join(records(log.segment(1).read_bytes())[:keep])
    log.segment(1).write_bytes(kept)
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    forger = Sealer(keys.keys, signing, position, segment=2)
    forged = forger.open(NOON_US, Tear(1, len(kept), 0, bytes.fromhex(empty)))
    closing, successor = forger.checkpoint(Type.CLOSE, NOON_US)
    log.segment(2).write_bytes(forged + closing)
    keys.keys.prepare_successor(successor)
    keys.keys.adopt_successor()


def test_m31_a_pretended_crash_shows_by_its_signature_and_its_keys(tmp_path):
    """M31 without keys: the thief brings a wrapping and a signing key of his own, and the log's id."""
    log, thief = Log(tmp_path / "log"), Log(tmp_path / "thief")
    log.write(entry(1), entry(2), entry(3))
    anchor = Journal(log.audit, log.keys).anchor()
    thief.keys.create()
    shutil.copy(log.key_folder / "genesis.pub", thief.key_folder)
    forge_unclean_start(log, thief, (thief.key_folder / "signing.key").read_bytes(), keep=2)
    assert verdicts(log) == ("wrong_key", "bad_signature")
    assert "intact" not in verdicts(log, anchor)


def test_m31_a_pretended_crash_before_the_last_signature_shows_even_with_every_key_stolen(tmp_path):
    """M31."""
    log = Log(tmp_path)
    log.write(entry(1), entry(2), entry(3))
    forge_unclean_start(log, log, (log.key_folder / "signing.key").read_bytes(), keep=2)
    assert verdicts(log) == ("bad_signature", "bad_signature")


def test_m31_behind_the_last_signature_a_pretended_crash_with_stolen_keys_shows_only_by_an_anchor(tmp_path):
    """M31."""
    log = Log(tmp_path)
    log.write(entry(1))
    crash(log, 2, 3)
    whole = len(records(log.segment(1).read_bytes()))
    anchor = Journal(log.audit, log.keys).anchor()
    assert anchor.records == whole
    forge_unclean_start(log, log, (log.key_folder / "signing.key").read_bytes(), keep=whole - 1)
    assert verdicts(log) == ("intact", "intact")
    assert verdicts(log, anchor) == ("anchor_mismatch", "anchor_mismatch")


def bury(log: Log, keys: Log, first: int) -> None:
    """Let a forger with these keys write a tombstone for everything before segment `first`, then remove it."""
    segments = sorted(log.audit.iterdir())
    starts: dict[int, Tombstone] = {}
    walk = Walk(segments, log.keys)
    position = walk.position
    for raw in walk:
        if raw.offset == 0:
            starts[raw.number] = Tombstone(raw.number, position.records, position.sessions, position.chain, NOON_US)
        position = walk.position
    forger = Sealer(keys.keys, (keys.key_folder / "signing.key").read_bytes(), position, len(segments) + 1)
    forged = forger.open(NOON_US, None) + forger.tombstone(starts[first], NOON_US)
    for record_type in (Type.CHECKPOINT, Type.CLOSE):
        signed, successor = forger.checkpoint(record_type, NOON_US)
        forged += signed
    log.segment(len(segments) + 1).write_bytes(forged)
    keys.keys.prepare_successor(successor)
    keys.keys.adopt_successor()
    for path in segments[: first - 1]:
        path.unlink()


def test_m32_a_tombstone_without_authority_shows_by_its_signature_and_its_keys(tmp_path):
    """M32."""
    log, thief = Log(tmp_path / "log"), Log(tmp_path / "thief")
    log.write_days(4)
    thief.keys.create()
    shutil.copy(log.key_folder / "genesis.pub", thief.key_folder)
    bury(log, thief, first=3)
    assert verdicts(log) == ("wrong_key", "bad_signature")


def test_m32_a_tombstone_for_one_segment_does_not_speak_for_the_next(tmp_path):
    """M32."""
    log = Log(tmp_path)
    log.write_days(4)
    bury(log, log, first=3)
    assert verdicts(log) == ("intact", "intact")
    log.segment(3).unlink()
    assert verdicts(log) == ("missing_segment", "missing_segment")


def test_m32_a_record_changed_into_a_tombstone_shows(tmp_path):
    """M32."""
    log = Log(tmp_path)
    log.write_days(4)
    parts = records(log.segment(4).read_bytes())
    tombstone = Tombstone(3, 10, 2, bytes(32), NOON_US).pack()
    forged = parts[1][:5] + bytes([Type.TOMBSTONE]) + len(tombstone).to_bytes(4, "big") + parts[1][10:34] + tombstone
    log.segment(4).write_bytes(b"".join([parts[0], forged + bytes(31) + b"\1", *parts[2:]]))
    for number in (1, 2):
        log.segment(number).unlink()
    assert verdicts(log) == ("altered", "out_of_order")


def test_m32_a_log_made_up_as_what_retention_left_needs_no_key_and_shows_by_the_keys_or_an_anchor(tmp_path):
    """M32: the signing keys before the tombstone are gone: without keys only an anchor ties the rest to the genesis."""
    log, thief = Log(tmp_path / "log"), Log(tmp_path / "thief")
    log.write_days(4)
    anchor = Journal(log.audit, log.keys).anchor()
    genesis = (log.key_folder / "genesis.pub").read_bytes()
    thief.keys.create()
    shutil.copy(log.key_folder / "genesis.pub", thief.key_folder)
    signing = Ed25519PrivateKey.generate()
    begun = Position(signing.public_key().public_bytes_raw(), bytes(range(32)), anchor.records - 2, 3)
    forger = Sealer(thief.keys, signing.private_bytes_raw(), begun, segment=4)
    forged = forger.open(NOON_US, None) + forger.entry(canonical(entry(9)), NOON_US)
    forged += forger.tombstone(Tombstone(4, begun.records, begun.sessions, begun.chain, NOON_US), NOON_US)
    for record_type in (Type.CHECKPOINT, Type.CLOSE):
        forged += forger.checkpoint(record_type, NOON_US)[0]
    for path in log.audit.iterdir():
        path.unlink()
    log.segment(4).write_bytes(forged)
    assert verdicts(log) == ("wrong_key", "intact")
    assert kind(verify(log.audit, None, genesis=genesis)) == kind_of(judge(log.audit, genesis=genesis)) == "intact"
    assert "only their tombstone speaks for them" in log.verify_publicly().coverage
    assert verdicts(log, anchor) == ("wrong_key", "anchor_mismatch")


def test_m35_a_log_without_a_signature_gets_no_bare_pass(tmp_path):
    """M35."""
    log = Log(tmp_path)
    log.audit.mkdir()
    assert log.verify_publicly().coverage == "no record is proven"
    journal = Journal(log.audit, log.keys)
    journal.append(entry(1))
    report, own = log.verify_publicly(), judge(log.audit)
    assert (kind(report), report.checkpoints, own["checkpoints"]) == ("intact", 0, 0)  # its writer is at work
    assert "no signature was there to check" in report.coverage
    assert kind_of(own) == "unclosed"  # whoever has only the files does not see the writer
    journal.close()
    assert "no signature" not in log.verify_publicly().coverage
    assert judge(log.audit)["checkpoints"] == 1


def test_m36_another_genesis_key_is_named(tmp_path):
    """M36."""
    log, other = Log(tmp_path / "log"), Log(tmp_path / "other")
    log.write_days(2)
    other.keys.create()
    pinned = (other.key_folder / "genesis.pub").read_bytes()
    own = judge(log.audit, genesis=pinned)
    assert kind(verify(log.audit, None, genesis=pinned)) == kind_of(own) == "other_log"
    assert (own["records"], own["first_bad"]["segment"], own["first_bad"]["offset"]) == (0, "00000001.aia1", 0)


def test_m37_without_the_wrapping_key_the_signatures_still_prove_the_log(tmp_path):
    """M37."""
    log = Log(tmp_path)
    anchor = log.write_days(2)
    genesis = (log.key_folder / "genesis.pub").read_bytes()
    (log.key_folder / "wrapping.key").unlink()
    assert judge(log.audit, anchor, genesis=genesis)["intact"]
    report = log.verify(anchor)
    assert (kind(report), report.is_keyed) == ("intact", False)
    assert "wrapping.key" in report.key_problem


def test_m40_segments_with_a_second_name_or_none_of_their_own_are_refused(tmp_path):
    """M40."""
    log = Log(tmp_path)
    log.write_days(2)
    (tmp_path / "second name").hardlink_to(log.segment(2))
    assert verdicts(log) == ("linked", "linked")
    log.segment(2).unlink()
    log.segment(2).symlink_to(tmp_path / "second name")
    assert verdicts(log) == ("linked", "linked")
    log.segment(2).unlink()
    os.mkfifo(log.segment(2))
    assert verdicts(log) == ("not_a_file", "not_a_file")


def test_m41_of_two_writers_the_second_is_refused_and_nothing_is_mixed(tmp_path):
    """M41."""
    log = Log(tmp_path)
    first, second = Journal(log.audit, log.keys), Journal(log.audit, log.keys)
    first.append(entry(1))
    before = log.segment(1).read_bytes()
    with pytest.raises(AuditError, match=f"another process writes .*: pid {os.getpid()}"):
        second.append(entry(2))
    assert log.segment(1).read_bytes() == before
    first.append(entry(3))
    first.close()
    second.append(entry(4))
    second.close()
    assert verdicts(log) == ("intact", "intact")
    sessions = [(int.from_bytes(part[14:18], "big"), part[5]) for part in records(log.segment(1).read_bytes())]
    assert sessions == [(1, 1), (1, 3), (1, 3), (1, 5), (2, 1), (2, 3), (2, 5)]


def test_m41_a_writer_that_comes_while_the_other_crashes_explains_it_once(tmp_path):
    """M41."""
    log = Log(tmp_path)
    log.write(entry(1))
    crash(log, 2)
    first, second = Journal(log.audit, log.keys), Journal(log.audit, log.keys)
    first.append(entry(3, NOON + timedelta(minutes=1)))
    with pytest.raises(AuditError, match="another process writes"):
        second.append(entry(4))
    first.close()
    assert verdicts(log) == ("intact", "intact")
    assert log.verify().tears == judge(log.audit)["explained_tears"] == 1
