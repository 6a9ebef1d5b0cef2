"""Writes the test vectors of the audit log anew: `python -m tests.audit.make_vectors`.

The keys are fixed. What the product draws at random (data keys, nonces, later signing keys) differs in each run, so the
vectors are committed, and this says what they are. Everything in their `keys/` is public: never use it for a log.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.verify import verify
from tests.audit.logs import NOON, Log, entry
from tests.audit.test_crash import crash

VECTORS = Path(__file__).parent / "vectors"
AUDITOR = hashlib.sha256(b"public test key: auditor").digest()


class FixedLog(Log):
    """One whose keys everybody knows."""

    def __init__(self, folder: Path, *, is_audited: bool = False) -> None:
        super().__init__(folder)
        self.is_audited = is_audited
        self.key_folder.mkdir(mode=0o700, parents=True)
        signing = hashlib.sha256(b"public test key: signing").digest()
        genesis = Ed25519PrivateKey.from_private_bytes(signing).public_key().public_bytes_raw()
        self.put("signing.key", signing)
        self.put("genesis.pub", genesis)
        self.put("wrapping.key", hashlib.sha256(b"public test key: wrapping").digest())

    def put(self, name: str, content: bytes) -> None:
        (self.key_folder / name).write_bytes(content)
        (self.key_folder / name).chmod(0o600)

    @property
    def keys(self) -> FileKeys:
        public = X25519PrivateKey.from_private_bytes(AUDITOR).public_key().public_bytes_raw()
        return FileKeys(self.key_folder, public if self.is_audited else None)


def plain(log: FixedLog) -> None:
    log.write(*(entry(number) for number in range(5)))


def two_sessions(log: FixedLog) -> None:
    log.write(entry(1))
    log.write(entry(2))
    log.write(entry(3, NOON + timedelta(days=1)))


def crash_explained(log: FixedLog) -> None:
    torn(log)
    log.write(entry(4))


def torn(log: FixedLog) -> None:
    log.write(entry(1))
    crash(log, 2, 3)
    os.truncate(log.segment(1), log.segment(1).stat().st_size - 50)


def rekeyed(log: FixedLog) -> None:
    log.write(entry(1))
    for number in (2, 3):
        log.keys.rotate()
        log.write(entry(number))


def sealed(log: FixedLog) -> None:
    log.is_audited = True
    log.write(entry(1))
    log.write(entry(2))


def retention(log: FixedLog) -> None:
    log.write_days(4, entries=1)
    now = NOON + timedelta(days=4)
    journal = Journal(log.audit, log.keys)
    journal.append(entry(9, now))
    assert journal.retire(now - timedelta(days=2), now) == 1
    journal.close()


def altered(log: FixedLog) -> None:
    plain(log)
    content = bytearray(log.segment(1).read_bytes())
    content[300] ^= 1
    log.segment(1).write_bytes(content)


MAKERS: dict[str, Callable[[FixedLog], None]] = {
    "plain": plain,
    "two_sessions": two_sessions,
    "crash_explained": crash_explained,
    "torn": torn,
    "rekeyed": rekeyed,
    "sealed": sealed,
    "retention": retention,
    "altered": altered,
}


def said(log: Log, *, keyed: bool) -> dict[str, object]:
    """Return what a verdict on a vector must say."""
    report = verify(log.audit, log.keys if keyed else None, genesis=log.keys.genesis).as_json()
    bad = report["first_bad"]
    names = ("intact", "records", "entries", "segments", "checkpoints", "explained_tears", "head")
    place = {name: bad[name] for name in ("segment", "offset", "kind")} if bad else None
    return {name: report[name] for name in names} | {"first_bad": place}


def make(name: str, to: Path) -> None:
    """Write one vector: the segments, the keys that a verifier may be given, and what it must say."""
    with tempfile.TemporaryDirectory() as folder:
        log = FixedLog(Path(folder))
        MAKERS[name](log)
        expected = {"public": said(log, keyed=False), "keyed": said(log, keyed=True)}
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(log.audit, to / "audit")
        (to / "keys").mkdir()
        for key in ("genesis.pub", "wrapping.key", "signing.key"):
            (to / "keys" / f"{key}.hex").write_text((log.key_folder / key).read_bytes().hex() + "\n")
        if log.is_audited:
            (to / "keys" / "auditor.key.hex").write_text(AUDITOR.hex() + "\n")
        (to / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    for each in MAKERS:
        make(each, VECTORS / each)
