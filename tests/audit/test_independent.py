"""Two programs that share no code, one of them written from the specification alone, give the same verdicts."""

import ast
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.verify import VerifyReport
from aiops_agent.model.audit import Anchor
from tests.audit.independent import TOOL, judge, judge_with_keys, kind_of
from tests.audit.logs import NOON, Log, entry, records
from tests.audit.make_vectors import MAKERS, FixedLog
from tests.audit.test_attacks import ATTACKS, copy
from tests.audit.test_auditor import AuditedLog
from tests.audit.test_crash import crash

ONLY_WITH_THE_SIGNING_KEY = {"M12 last segment dropped", "all segments dropped"}
"""Whoever has only the files cannot know that the host's signing key was announced by more of them."""


def facts(verdict: Mapping[str, Any] | VerifyReport) -> dict[str, object]:
    """Leave out in whose words it is said, and how many files there are where one of them is no segment."""
    verdict = verdict.as_json() if isinstance(verdict, VerifyReport) else verdict
    same = ("intact", "records", "entries", "checkpoints", "head", "explained_tears", "uncovered")
    return {name: verdict[name] for name in same} | {"kind": kind_of(verdict)}


def assert_agreement(log: Log, *anchors: Anchor) -> str:
    """Return the kind that both found with the keys."""
    public, keyed = judge(log.audit, *anchors), judge_with_keys(log.audit, log.key_folder, *anchors)
    assert facts(public) == facts(log.verify_publicly(*anchors))
    assert facts(keyed) == facts(log.verify(*anchors))
    return kind_of(keyed)


def test_it_is_short_enough_to_be_read_and_shares_nothing_with_the_product():
    text = TOOL.read_text()
    assert len(text.splitlines()) <= 200
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])
        if isinstance(node, ast.Import):
            names |= {each.name.partition(".")[0] for each in node.names}
    assert names <= set(sys.stdlib_module_names) | {"cryptography"}
    assert not names & {"importlib", "runpy"}


def test_both_agree_on_whole_logs(tmp_path):
    log = Log(tmp_path)
    log.audit.mkdir()
    assert facts(judge(log.audit)) == facts(log.verify_publicly())
    log.write(entry(1))
    log.write(entry(2), entry(3))
    early = log.write_days_from(1, 4)
    late = log.write(*(entry(number) for number in range(600)))
    assert assert_agreement(log) == "intact"
    assert assert_agreement(log, early, late) == "intact"
    assert assert_agreement(log, early, Anchor(late.records, "0" * 64)) == "anchor_mismatch"
    assert assert_agreement(log, Anchor(late.records + 1, late.head)) == "cut"


@pytest.mark.slow
def test_both_agree_on_crashes_before_and_after_they_are_explained(tmp_path):
    crashed = Log(tmp_path / "crashed")
    crashed.write(entry(1))
    crash(crashed, 2, 3)
    whole = crashed.segment(1).read_bytes()
    closed = sum(len(part) for part in records(whole)[:3])
    explained = 0
    for length in range(closed, len(whole), 29):
        for zeros in (0, 1, 40, 5000):
            log = copy(crashed, tmp_path / f"{length}-{zeros}")
            log.segment(1).write_bytes(whole[:length] + bytes(zeros))
            if assert_agreement(log) in {"torn", "unclosed"}:
                log.write(entry(4))
                assert assert_agreement(log) == "intact"
                explained += 1
    assert explained > 50


def test_both_agree_on_segments_that_a_crash_left_empty_or_torn(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    whole = log.segment(1).read_bytes()
    log.segment(2).write_bytes(b"")
    assert assert_agreement(log) == "torn"
    log.segment(3).write_bytes(whole[:50])
    assert assert_agreement(log) == "torn"
    log.write(entry(2))
    assert assert_agreement(log) == "intact"
    log.segment(3).write_bytes(whole[:49])
    assert assert_agreement(log) == "torn"


def test_both_agree_when_the_first_write_of_all_was_torn(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    log.audit.mkdir()
    log.segment(1).write_bytes(b"AIA1")
    assert kind_of(judge(log.audit)) == "torn"
    log.write(entry(1))
    assert assert_agreement(log) == "intact"


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Log, Log, Anchor]:
    """Two logs of three segments, and the anchor of the first."""
    folder = tmp_path_factory.mktemp("written")
    log, other = Log(folder / "log"), Log(folder / "other")
    other.write_days(3)
    return log, other, log.write_days(3)


@pytest.mark.parametrize("name", ATTACKS)
def test_both_agree_on_every_attack(tmp_path, written, name):
    original, other, anchor = written
    attack, keyed, public = ATTACKS[name]
    log = copy(original, tmp_path / "log")
    attack(log, other)
    assert kind_of(judge(log.audit)) == public
    assert facts(judge(log.audit)) == facts(log.verify_publicly())
    assert facts(judge(log.audit, anchor)) == facts(log.verify_publicly(anchor))
    assert not judge(log.audit, anchor)["intact"]
    if name not in ONLY_WITH_THE_SIGNING_KEY:
        assert assert_agreement(log) == keyed
        assert_agreement(log, anchor)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Log:
    """A log of 2 kB with all that a host without an auditor writes."""
    log = Log(tmp_path_factory.mktemp("small"))
    log.write(entry(1))
    crash(log, 2)
    with log.segment(1).open("ab") as file:
        file.write(b"AIA1")
    log.keys.rotate()
    log.write(entry(3))
    return log


def bits(length: int) -> range:
    return range(8 * length)


@pytest.mark.slow
@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("segment", [1, 2])
def test_both_agree_on_every_flipped_bit(tmp_path, small, segment, keyed):
    log = copy(small, tmp_path / "log")
    content = bytearray(log.segment(segment).read_bytes())
    odd, unseen = [], []
    for bit in bits(len(content)):
        content[bit // 8] ^= 1 << bit % 8
        log.segment(segment).write_bytes(content)
        own = judge_with_keys(log.audit, log.key_folder) if keyed else judge(log.audit)
        if facts(own) != facts(log.verify() if keyed else log.verify_publicly()):
            odd.append((bit, kind_of(own)))
        if own["intact"]:
            unseen.append(bit // 8)
        content[bit // 8] ^= 1 << bit % 8
    assert odd == []
    last_mac = range(len(content) - 32, len(content)) if segment == 2 and not keyed else range(0)
    assert set(unseen) == set(last_mac)  # nothing follows that repeats the chain: an anchor shows it


@pytest.mark.slow
@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("segment", [1, 2])
def test_both_agree_on_a_flipped_bit_of_every_byte(tmp_path, small, segment, keyed):
    log = copy(small, tmp_path / "log")
    content = bytearray(log.segment(segment).read_bytes())
    for place in range(len(content)):
        content[place] ^= 1 << place % 8
        log.segment(segment).write_bytes(content)
        own = judge_with_keys(log.audit, log.key_folder) if keyed else judge(log.audit)
        assert facts(own) == facts(log.verify() if keyed else log.verify_publicly()), place
        content[place] ^= 1 << place % 8


@pytest.mark.slow
@pytest.mark.parametrize("segment", [1, 2])
def test_both_agree_on_every_prefix(tmp_path, small, segment):
    log = copy(small, tmp_path / "log")
    whole = log.segment(segment).read_bytes()
    found = set()
    for length in range(len(whole)):
        log.segment(segment).write_bytes(whole[:length])
        own, product = judge(log.audit), log.verify_publicly()
        assert facts(own) == facts(product), length
        found.add(kind_of(own))
    assert "intact" not in found


def test_both_agree_on_new_wrapping_keys(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    first = (log.key_folder / "wrapping.key").read_bytes()
    for number in range(2, 5):
        log.keys.rotate()
        log.write(entry(number))
    assert assert_agreement(log) == "intact"
    verdict = judge(log.audit, wrapping=[first])
    assert kind_of(verdict) == "wrong_key"


def test_both_agree_on_what_retention_left(tmp_path):
    log = Log(tmp_path)
    log.write_days(6)
    kept = {path.name: path.read_bytes() for path in log.audit.iterdir()}
    now = NOON + timedelta(days=6)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(99, now))
    assert journal.retire(now - timedelta(days=2), now) == 3
    journal.close()
    anchor = journal.anchor()
    assert assert_agreement(log, anchor) == "intact"
    log.segment(3).write_bytes(kept["00000003.aia1"])
    assert assert_agreement(log) == "intact"
    log.segment(3).unlink()
    log.segment(4).unlink()
    assert assert_agreement(log) == "missing_segment"


def test_an_auditor_proves_macs_and_contents_with_no_key_of_the_host(tmp_path):
    log = AuditedLog(tmp_path)
    log.write(entry(1), entry(2))
    log.write(entry(3))
    private = log.private.private_bytes_raw()
    assert assert_agreement(log) == "intact"
    assert judge(log.audit, auditors=[private])["intact"]
    assert kind_of(judge(log.audit, auditors=[X25519PrivateKey.generate().private_bytes_raw()])) == "wrong_key"
    content = bytearray(log.segment(1).read_bytes())
    content[-1] ^= 1  # the last MAC: neither signature nor chain speaks of it, and the host has no key for it
    log.segment(1).write_bytes(content)
    assert kind_of(judge(log.audit, auditors=[private])) == "altered"
    assert assert_agreement(log) == "intact"


@pytest.mark.parametrize("byte", range(0, 120, 3))
def test_what_is_sealed_for_the_auditor_cannot_be_changed(tmp_path, byte):
    log = AuditedLog(tmp_path)
    log.write(entry(1))
    opening = len(records(log.segment(1).read_bytes())[0])
    content = bytearray(log.segment(1).read_bytes())
    content[opening + 34 + byte] ^= 4
    log.segment(1).write_bytes(content)
    found = kind_of(judge(log.audit, auditors=[log.private.private_bytes_raw()]))
    assert found == ("wrong_key" if byte < 8 else "altered")
    assert assert_agreement(log) == "bad_signature"


def edited(content: bytes, chance: random.Random) -> bytes:
    """Return a segment with one edit that knows where records and fields begin."""
    parts = records(content)
    index, other = chance.randrange(len(parts)), chance.randrange(len(parts))
    part = bytearray(parts[index])
    match chance.randrange(6):
        case 0:
            parts[index] = parts[other]
        case 1:
            parts[index], parts[other] = parts[other], parts[index]
        case 2:
            del parts[index]
        case 3:
            parts.insert(other, parts[index])
        case 4:
            part[chance.choice((5, 9, 13, 17, 25, 33, 34, -33, -1))] = chance.randrange(10)
            parts[index] = bytes(part)
        case _:
            begin = chance.randrange(len(part))
            part[begin : begin + chance.randrange(40)] = bytes(chance.randrange(40))
            parts[index] = bytes(part)
    return b"".join(parts)


def place(verdict: Mapping[str, Any]) -> tuple[object, ...]:
    bad = verdict["first_bad"]
    return tuple(bad[name] for name in ("segment", "offset", "kind")) if bad else ()


@pytest.mark.parametrize("name", ["rekeyed", "sealed", "crash_explained", "retention"])
def test_both_agree_on_edits_that_know_the_format(tmp_path, name):
    log = FixedLog(tmp_path / "log")
    MAKERS[name](log)
    whole = {path: path.read_bytes() for path in sorted(log.audit.iterdir())}
    chance = random.Random(name)
    seen = set()
    for _ in range(150):
        path = chance.choice(list(whole))
        path.write_bytes(edited(whole[path], chance))
        keyed = judge_with_keys(log.audit, log.key_folder)
        assert place(keyed) == place(log.verify().as_json())
        assert place(judge(log.audit)) == place(log.verify_publicly().as_json())
        seen.add(kind_of(keyed))
        path.write_bytes(whole[path])
    assert len(seen) > 4


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, timeout=60)


def test_the_command_prints_the_verdict_and_says_it_with_its_exit_status(tmp_path):
    log = Log(tmp_path)
    anchor = log.write(entry(1))
    genesis, wrapping = log.key_folder / "genesis.pub", log.key_folder / "wrapping.key"
    (tmp_path / "pinned").write_text(genesis.read_bytes().hex() + "\n")
    for text in (f"seen audit {anchor.records}·{anchor.head[:12]}.\n", json.dumps({"records": 3, "head": anchor.head})):
        (tmp_path / "anchors").write_text(text)
        keys = ("--genesis", tmp_path / "pinned", "--wrapping-key", wrapping, "--anchors", tmp_path / "anchors")
        done = run(log.audit, *keys, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        assert facts(json.loads(done.stdout)) == facts(log.verify(anchor))
    os.truncate(log.segment(1), 300)
    done = run(log.audit)
    assert (done.returncode, json.loads(done.stdout)["first_bad"]["kind"]) == (3, "torn")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["missing"], "missing"),
        (["file"], "file"),
        (["audit", "--genesis", "missing"], "missing"),
        (["audit", "--genesis", "file"], "64 hexadecimal digits"),
        (["audit", "--wrapping-key", "audit"], "audit"),
        (["audit", "--auditor-key", "binary"], "binary"),
        (["audit", "--anchors", "file"], "no anchor"),
        (["audit", "--anchors", "missing"], "missing"),
        ([], "folder"),
    ],
)
def test_wrong_use_is_named_and_is_no_verdict(tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    Path("audit").mkdir()
    Path("file").write_text("audit 12·abc")
    Path("binary").write_bytes(b"\xff" * 40)
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_it_runs_from_any_folder_beside_the_segments(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    (tmp_path / "verify_audit.py").write_bytes(TOOL.read_bytes())
    done = subprocess.run([sys.executable, "verify_audit.py", "audit"], cwd=tmp_path, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
