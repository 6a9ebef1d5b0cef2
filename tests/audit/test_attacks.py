"""Each attack on a log by name, and what verification answers: with the keys, without, and with an anchor."""

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from aiops_agent.audit.record import Type
from aiops_agent.audit.seal import Sealer, canonical
from aiops_agent.audit.show import show
from aiops_agent.audit.walk import walk_tail
from aiops_agent.errors import AuditError
from aiops_agent.model.audit import Anchor, AuditEntry
from tests.audit.logs import NOON, Log, entry, kind, records

Attack = Callable[[Log, Log], None]


def edit(change: Callable[[list[bytes]], object], segment: int = 2) -> Attack:
    """Change the list of records in a segment: opening, three entries, close."""

    def attack(log: Log, _: Log) -> None:
        parts = records(log.segment(segment).read_bytes())
        change(parts)
        log.segment(segment).write_bytes(b"".join(parts))

    return attack


def flip(index: int, byte: int) -> Attack:
    def change(parts: list[bytes]) -> None:
        part = bytearray(parts[index])
        part[byte] ^= 0x10
        parts[index] = bytes(part)

    return edit(change)


def renumber(log: Log) -> None:
    for number, path in enumerate(sorted(log.audit.iterdir()), start=1):
        path.rename(log.segment(number))


def drop_middle_segment(log: Log, _: Log) -> None:
    log.segment(2).unlink()


def drop_middle_segment_and_renumber(log: Log, _: Log) -> None:
    log.segment(2).unlink()
    renumber(log)


def drop_first_segment(log: Log, _: Log) -> None:
    log.segment(1).unlink()
    renumber(log)


def drop_last_segment(log: Log, _: Log) -> None:
    log.segment(3).unlink()


def drop_all_segments(log: Log, _: Log) -> None:
    for path in log.audit.iterdir():
        path.unlink()


def empty_last_segment(log: Log, _: Log) -> None:
    log.segment(3).write_bytes(b"")


def swap_segments(log: Log, _: Log) -> None:
    log.segment(1).rename(log.audit / "spare")
    log.segment(2).rename(log.segment(1))
    (log.audit / "spare").rename(log.segment(2))


def repeat_a_segment(log: Log, _: Log) -> None:
    shutil.copy(log.segment(3), log.segment(4))


def append_garbage(log: Log, _: Log) -> None:
    with log.segment(3).open("ab") as file:
        file.write(b"garbage")


def append_zeros(log: Log, _: Log) -> None:
    with log.segment(3).open("ab") as file:
        file.write(bytes(512))


def splice_a_segment_of_another_log(log: Log, other: Log) -> None:
    shutil.copy(other.segment(2), log.segment(2))


def splice_a_record_of_another_log(log: Log, other: Log) -> None:
    edit(lambda parts: parts.__setitem__(2, records(other.segment(2).read_bytes())[2]))(log, other)


def replace_the_whole_log(log: Log, other: Log) -> None:
    shutil.rmtree(log.audit)
    shutil.copytree(other.audit, log.audit)


def claim_a_time_off_the_calendar(log: Log, _: Log) -> None:
    edit(lambda parts: parts.__setitem__(1, parts[1][:26] + b"\x7f" * 8 + parts[1][34:]))(log, log)


def put_session_keys_of_another_segment(log: Log, _: Log) -> None:
    donor = records(log.segment(3).read_bytes())[0]
    wrapped = slice(34 + 32 + 32 + 16 + 8, 34 + 32 + 32 + 16 + 8 + 92)
    edit(lambda parts: parts.__setitem__(0, parts[0][: wrapped.start] + donor[wrapped] + parts[0][wrapped.stop :]))(
        log, log
    )


def claim_a_huge_body(log: Log, _: Log) -> None:
    edit(lambda parts: parts.__setitem__(1, parts[1][:6] + struct.pack(">I", 2**32 - 1) + parts[1][10:]))(log, log)


def claim_a_newer_version(log: Log, _: Log) -> None:
    edit(lambda parts: parts.__setitem__(1, parts[1][:4] + b"\x02" + parts[1][5:]))(log, log)


def claim_an_unknown_type(log: Log, _: Log) -> None:
    edit(lambda parts: parts.__setitem__(1, parts[1][:5] + b"\x63" + parts[1][6:]))(log, log)


ATTACKS: dict[str, tuple[Attack, str, str]] = {
    # attack: (how, what the keys find, what the public finds)
    "M01 ciphertext bit": (flip(1, 40), "altered", "bad_signature"),
    "M02 time bit": (flip(1, 30), "altered", "bad_signature"),
    "M03 MAC bit": (flip(1, -1), "altered", "bad_signature"),
    "signature bit": (flip(4, 80), "altered", "bad_signature"),
    "bit of the announced key": (flip(4, 40), "altered", "bad_signature"),
    "chain bit in an opening": (flip(0, 40), "altered", "altered"),
    "session key bit in an opening": (flip(0, 130), "altered", "bad_signature"),
    "MAC bit of the last record": (flip(4, -1), "altered", "altered"),
    "M04 middle record deleted": (edit(lambda parts: parts.pop(2)), "out_of_order", "out_of_order"),
    "M05 first record deleted": (edit(lambda parts: parts.pop(1)), "out_of_order", "out_of_order"),
    "opening deleted": (edit(lambda parts: parts.pop(0)), "out_of_order", "out_of_order"),
    "M06 neighbours swapped": (edit(lambda parts: parts.insert(1, parts.pop(2))), "out_of_order", "out_of_order"),
    "M07 record repeated": (edit(lambda parts: parts.insert(2, parts[1])), "out_of_order", "out_of_order"),
    "M08 record replayed at the end": (edit(lambda parts: parts.append(parts[1])), "out_of_order", "out_of_order"),
    "session replayed": (edit(lambda parts: parts.extend(parts[:])), "altered", "altered"),
    "M09 close cut": (edit(lambda parts: parts.pop()), "unclosed", "unclosed"),
    "M09 last close cut": (edit(lambda parts: parts.pop(), segment=3), "unclosed", "unclosed"),
    "M10 tail cut": (edit(lambda parts: parts.__delitem__(slice(2, None)), segment=3), "unclosed", "unclosed"),
    "M11 torn last record": (edit(lambda parts: parts.append(parts.pop()[:-1]), segment=3), "torn", "torn"),
    "torn in the middle": (edit(lambda parts: parts.append(parts.pop()[:-1])), "torn", "torn"),
    "M12 last segment dropped": (drop_last_segment, "cut", "intact"),
    "all segments dropped": (drop_all_segments, "cut", "intact"),
    "M13 middle segment dropped": (drop_middle_segment, "missing_segment", "missing_segment"),
    "M13 middle segment dropped, renumbered": (drop_middle_segment_and_renumber, "altered", "altered"),
    "M14 first segment dropped": (drop_first_segment, "altered", "altered"),
    "M15 segments swapped": (swap_segments, "altered", "altered"),
    "M16 segment repeated": (repeat_a_segment, "altered", "altered"),
    "M17 garbage appended": (append_garbage, "foreign", "foreign"),
    "M18 zeros appended": (append_zeros, "torn", "torn"),
    "M19 last segment emptied": (empty_last_segment, "torn", "torn"),
    "M20 segment of another log": (splice_a_segment_of_another_log, "altered", "altered"),
    "M21, M23 another log": (replace_the_whole_log, "other_log", "intact"),
    "M22 record of another log": (splice_a_record_of_another_log, "altered", "bad_signature"),
    "M33 session keys of another segment": (put_session_keys_of_another_segment, "altered", "bad_signature"),
    "M34 huge length": (claim_a_huge_body, "malformed", "malformed"),
    "time off the calendar": (claim_a_time_off_the_calendar, "malformed", "malformed"),
    "M42 newer version": (claim_a_newer_version, "newer_version", "newer_version"),
    "unknown type": (claim_an_unknown_type, "newer_version", "newer_version"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Log, Log, Anchor]:
    """Two logs of three segments, and the anchor of the first."""
    folder = tmp_path_factory.mktemp("written")
    log, other = Log(folder / "log"), Log(folder / "other")
    other.write_days(3)
    return log, other, log.write_days(3)


def copy(log: Log, to: Path) -> Log:
    shutil.copytree(log.audit.parent, to)
    return Log(to)


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_found(tmp_path, written, name):
    original, other, anchor = written
    attack, keyed, public = ATTACKS[name]
    log = copy(original, tmp_path / "log")
    attack(log, other)
    assert (kind(log.verify()), kind(log.verify_publicly())) == (keyed, public)
    assert not log.verify_publicly(anchor).intact


def test_the_first_bad_position_is_that_of_the_record(tmp_path, written):
    log = copy(written[0], tmp_path / "log")
    flip(2, 50)(log, log)
    bad = log.verify().first_bad
    parts = records(log.segment(2).read_bytes())
    assert bad
    assert (bad.segment, bad.offset) == ("00000002.aia1", len(parts[0]) + len(parts[1]))
    assert log.verify().records == 5 + 2


@pytest.mark.slow
def test_every_flipped_bit_is_found(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    content = bytearray(log.segment(1).read_bytes())
    unseen = []
    for bit in range(8 * len(content)):
        content[bit // 8] ^= 1 << bit % 8
        log.segment(1).write_bytes(content)
        if log.verify().intact:
            unseen.append(bit)
        content[bit // 8] ^= 1 << bit % 8
    assert unseen == []


def write_five_kilobytes(log: Log) -> bytes:
    """Write two sessions of three kinds of records, and return the segment."""
    log.write(*(entry(number) for number in range(10)), AuditEntry(NOON, "agent", "intent", "act-1", {}))
    log.write(*(entry(number) for number in range(10, 22)))
    content = log.segment(1).read_bytes()
    assert len(content) > 5_000
    return content


@pytest.mark.slow
def test_every_flipped_bit_of_five_kilobytes_is_found(tmp_path):
    log = Log(tmp_path)
    content = bytearray(write_five_kilobytes(log))
    unseen = []
    for bit in range(8 * len(content)):
        content[bit // 8] ^= 1 << bit % 8
        log.segment(1).write_bytes(content)
        if log.verify().intact:
            unseen.append(bit)
        content[bit // 8] ^= 1 << bit % 8
    assert unseen == []


@pytest.mark.slow
def test_every_prefix_of_five_kilobytes_is_found(tmp_path):
    log = Log(tmp_path)
    whole = write_five_kilobytes(log)
    unseen = []
    for length in range(len(whole)):
        log.segment(1).write_bytes(whole[:length])
        if log.verify().intact:
            unseen.append(length)
    assert unseen == []


@pytest.mark.slow
def test_every_shorter_log_is_found(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    log.write(entry(2))
    whole = log.segment(1).read_bytes()
    unseen = []
    for length in range(len(whole)):
        log.segment(1).write_bytes(whole[:length])
        if log.verify().intact:
            unseen.append(length)
    assert unseen == []


def test_log_and_keys_put_back_together_show_only_by_an_anchor(tmp_path):
    """M26: an older snapshot of the machine."""
    log = Log(tmp_path / "log")
    early = log.write(entry(1))
    shutil.copytree(tmp_path / "log", tmp_path / "snapshot")
    late = log.write(entry(2))
    restored = Log(tmp_path / "snapshot")
    assert kind(restored.verify(early)) == "intact"
    assert kind(restored.verify(early, late)) == "cut"
    restored.write(entry(3))
    assert kind(restored.verify(early, late)) == "anchor_mismatch"


def test_a_log_set_back_without_its_keys_takes_no_entry(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    before = log.segment(1).read_bytes()
    log.write(entry(2))
    log.segment(1).write_bytes(before)
    with pytest.raises(AuditError, match="knows of more"):
        log.write(entry(3))


def test_history_rewritten_with_stolen_keys_shows_by_the_signature(tmp_path):
    """M24: the thief has every key on the machine and all the code, and rewrites the second of two sessions."""
    log = Log(tmp_path)
    log.write(entry(1))
    before = log.segment(1).read_bytes()
    then = walk_tail([log.segment(1)], log.keys).position
    log.write(entry(2))
    stolen = (log.key_folder / "signing.key").read_bytes()
    forger = Sealer(log.keys, stolen, then, segment=1)
    forged = forger.open(0, None) + forger.entry(canonical(entry(99)), 0)
    closing, successor = forger.checkpoint(Type.CLOSE, 0)
    log.segment(1).write_bytes(before + forged + closing)
    log.keys.prepare_successor(successor)
    log.keys.adopt_successor()
    assert (kind(log.verify()), kind(log.verify_publicly())) == ("bad_signature", "bad_signature")


def test_a_log_rebuilt_with_new_keys_shows_by_the_pinned_genesis_and_an_anchor(tmp_path):
    """M25."""
    log = Log(tmp_path / "log")
    anchor = log.write(entry(1))
    pinned = (log.key_folder / "genesis.pub").read_bytes()
    shutil.rmtree(tmp_path / "log")
    log.write(entry(1))
    assert kind(log.verify(anchor)) == "anchor_mismatch"
    (log.key_folder / "genesis.pub").write_bytes(pinned)
    assert kind(log.verify()) == "other_log"


def test_another_wrapping_key_is_named(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    (log.key_folder / "wrapping.key").write_bytes(bytes(32))
    assert kind(log.verify()) == "wrong_key"


@pytest.mark.parametrize(
    ("name", "sound"),
    [("M01 ciphertext bit", 3), ("M04 middle record deleted", 4), ("M14 first segment dropped", 0)],
)
def test_show_gives_out_nothing_behind_the_damage(tmp_path, written, name, sound):
    original, other, _ = written
    log = copy(original, tmp_path / "log")
    whole = list(show(log.audit, log.keys))
    ATTACKS[name][0](log, other)
    shown = []
    with pytest.raises(AuditError, match="damaged"):
        shown.extend(show(log.audit, log.keys))
    assert shown == whole[:sound]
