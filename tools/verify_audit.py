#!/usr/bin/env python3
"""Verify an audit log by docs/audit-format.md alone: nothing here is shared with the agent that wrote the log."""

import argparse
import hashlib
import json
import re
import struct
import sys
from contextlib import suppress
from hmac import digest as hmac
from pathlib import Path
from typing import Any, BinaryIO

try:
    from cryptography.exceptions import InvalidSignature, InvalidTag
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
except ImportError as missing:
    sys.exit(print(f"{missing}: pip install 'cryptography>=47'", file=sys.stderr) or 2)

OPEN, UNCLEAN_START, ENTRY, CHECKPOINT, CLOSE, TOMBSTONE, REKEY, SEALED = range(1, 9)
LENGTHS = {OPEN: 180, UNCLEAN_START: 232, CHECKPOINT: 96, CLOSE: 96, TOMBSTONE: 56, REKEY: 76, SEALED: 120}
YEARS_1_TO_9999 = range(-62_135_596_800_000_000, 253_402_300_800_000_000)
Record = tuple[int, tuple[int, ...], int, bytes, bytes, bytes]  # type, (segment, session, sequence), time, the bytes
TORN: Record = (0, (), 0, b"", b"", b"\0")
ANCHOR = re.compile(rb"\baudit ([0-9]{1,19})(?:\xc2\xb7|[. ])([0-9A-Fa-f]{12,64})\b")


class DamageError(Exception):
    """Kind and detail of what is wrong."""


def require(condition: object, kind: str, detail: str) -> None:
    if not condition:
        raise DamageError(kind, detail)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_record(file: BinaryIO) -> Record:
    """Return the next record as its bytes say, or TORN for bytes that a crash may have left."""
    header = file.read(34)
    zeros = not header[:4].strip(b"\0")
    require(zeros or header[:4] == b"AIA1"[: len(header)], "foreign", "does not begin like a record")
    if zeros or len(header) < 34:
        return TORN
    _, version, kind, length, *numbers, time = struct.unpack(">4sBBIIIQq", header)
    require(version == 1 and OPEN <= kind <= SEALED, "newer_version", f"has version {version}, type {kind}")
    require(16 <= length <= 1 << 20 and length == LENGTHS.get(kind, length), "malformed", f"has {length} bytes")
    require(time in YEARS_1_TO_9999, "malformed", "has a time off the calendar")
    body, mac = file.read(length), file.read(32)
    return (kind, tuple(numbers), time, header, body, mac) if len(mac) == 32 else TORN


class Log:
    """What the records read so far have established."""

    def __init__(self, genesis: bytes = b"", wrapping: list[bytes] = [], auditors: list[bytes] = []) -> None:
        private = [X25519PrivateKey.from_private_bytes(key) for key in auditors]
        self.auditors = {sha256(b"AIA1 auditor", key.public_key().public_bytes_raw())[:8]: key for key in private}
        self.wrapping = {sha256(b"AIA1 wrapping key", key)[:8]: key for key in wrapping}
        self.chain, self.announced, self.log_id = bytes(32), genesis, genesis and sha256(b"AIA1 log", genesis)[:16]
        self.records = self.session = self.time = self.last = self.first = self.covered = 0
        self.segments = self.entries = self.checkpoints = self.explained_tears = 0
        self.place, self.end, self.behind, self.length = ("", 0), (1, 0), hashlib.sha256(), 0
        self.starts: dict[int, list[object]] = {}
        self.crashes: set[tuple[int, int]] = set()
        self.data_key, self.mac_key, self.opening, self.kept = b"", b"", (b"", b"", b""), True

    def verify(self, folder: Path, anchors: dict[int, list[str]]) -> dict[str, Any]:
        """Return the verdict and what it rests on."""
        bad: dict[str, Any] | None = None
        try:
            self.walk(sorted(folder.iterdir()), anchors)
        except (DamageError, InvalidTag, InvalidSignature, OSError) as error:
            kinds = {InvalidTag: "altered", InvalidSignature: "bad_signature"}
            kind, detail = (
                error.args if isinstance(error, DamageError) else (kinds.get(type(error), "unreadable"), str(error))
            )
            bad = {"segment": self.place[0], "offset": self.place[1], "kind": kind, "detail": detail}
        names = ("records", "entries", "segments", "checkpoints", "explained_tears")
        counts = {name: getattr(self, name) for name in names} | {"uncovered": self.records - self.covered}
        return {"intact": bad is None, **counts, "head": self.chain.hex(), "first_bad": bad}

    def walk(self, paths: list[Path], anchors: dict[int, list[str]]) -> None:
        for path in paths:
            self.place, status = (path.name, 0), path.lstat()
            require(re.fullmatch(r"[0-9]{8}\.aia1", path.name), "foreign", "is not named like a segment")
            require(path.is_dir() or (status.st_nlink == 1 and not path.is_symlink()), "linked", "has a second name")
            require(path.is_file(), "not_a_file", "is not a plain file")
        numbers = [int(path.name[:8]) for path in paths] or [1]
        self.first, self.end = numbers[0], (numbers[0], 0)
        self.look_ahead(paths, numbers)
        for number, path in enumerate(paths, start=self.first):
            self.place = (path.name, 0)
            require(number == numbers[self.segments], "missing_segment", f"follows where segment {number} is missing")
            self.segments += 1
            self.read_segment(path, number, anchors)
        require(self.last in (0, CLOSE), "unclosed", "the last session has no end")
        require(self.kept, "missing_segment", "no tombstone names the first segment")
        require(max(anchors, default=0) <= self.records, "cut", "an anchor knows of more records")

    def look_ahead(self, paths: list[Path], numbers: list[int]) -> None:
        """Collect older wrapping keys, and where a crash is said to have left bytes: the walk proves both."""
        rekeys, log_id = [], b""
        for index, path in enumerate(paths):
            with suppress(DamageError), path.open("rb") as file:
                while (kind := (record := read_record(file))[0]) and (self.wrapping or kind == UNCLEAN_START):
                    log_id = record[4][64:80] if kind <= UNCLEAN_START else log_id
                    rekeys += [(record[4], log_id)] * (kind == REKEY)
                    if kind == UNCLEAN_START:
                        segment, offset = struct.unpack_from(">IQ", record[4], 180)
                        self.crashes |= {(segment, offset)} | {(n, 0) for n in numbers[:index] if n > segment}
        for body, log_id_then in reversed(rekeys):
            with suppress(DamageError, InvalidTag):
                self.take_old_key(body, log_id_then)

    def take_old_key(self, body: bytes, log_id: bytes) -> None:
        require(body[8:16] in self.wrapping, "wrong_key", f"leads to the wrapping key {body[8:16].hex()}")
        aad = b"AIA1 rekey" + log_id + body[:16]
        old = AESGCM(self.wrapping[body[8:16]]).decrypt(body[16:28], body[28:], aad)
        require(sha256(b"AIA1 wrapping key", old)[:8] == body[:8], "altered", "holds another key than it says")
        self.wrapping[body[:8]] = old

    def read_segment(self, path: Path, number: int, anchors: dict[int, list[str]]) -> None:
        size = path.stat().st_size
        with path.open("rb") as file:
            while (offset := file.tell()) < size or not size:
                self.place, record = (path.name, offset), read_record(file)
                if (number, offset) in self.crashes and record[-1][-1] == 0:
                    break
                require(record != TORN, "torn", "is no whole record, and no start of the agent explains it")
                self.take(number, offset, record)
                self.end, self.behind, self.length = (number, file.tell()), hashlib.sha256(), 0
                for head in anchors.get(self.records, ()):
                    require(self.chain.hex().startswith(head), "anchor_mismatch", "the anchor saw other records")
                    self.covered = self.records
            file.seek(offset)
            hashlib.file_digest(file, lambda: self.behind)
            self.length += size - offset

    def take(self, segment: int, offset: int, record: Record) -> None:
        """Check a record against all before it, then count it in."""
        kind, numbers, time, header, body, mac = record
        opens, second = kind <= UNCLEAN_START, 0 < self.last <= UNCLEAN_START
        if opens:
            self.check_opening(record, offset)
        fits = numbers == (segment, self.session + opens, self.records) and (opens or (offset and self.last != CLOSE))
        require(fits, "out_of_order", "is not the record that belongs here")
        head = sha256(self.chain, header, body)
        if opens:
            self.opening = (header, head, mac)
            self.take_session_keys(header, body)
        require(
            opens or self.last != TOMBSTONE or kind == CHECKPOINT,
            "malformed",
            "stands between a tombstone and its checkpoint",
        )
        require(kind != SEALED or (second and not self.mac_key), "malformed", "seals what is not to be sealed")
        if kind == SEALED and self.auditors:
            self.unseal(body)
        if kind == REKEY and self.wrapping:
            self.take_old_key(body, self.log_id)
        if kind == TOMBSTONE:
            first, *start = struct.unpack(">IQI32sq", body)
            fits = first < self.first or self.starts.get(first) in (start, [*start[:3], 0])
            require(fits, "malformed", "no segment begins as the tombstone says")
            self.kept |= first >= self.first
        if self.mac_key:
            self.check_mac(head, mac)
        if kind in (CHECKPOINT, CLOSE):
            signed = b"AIA1 checkpoint" + self.log_id + self.chain + header + body[:32]
            Ed25519PublicKey.from_public_bytes(self.announced).verify(body[32:], signed)
            self.announced, self.checkpoints = body[:32], self.checkpoints + 1
        if kind == ENTRY and self.data_key:
            AESGCM(self.data_key).decrypt(bytes(4) + header[18:26], body, b"AIA1 entry" + self.log_id + header)
        if not offset:
            self.starts[segment] = [self.records, self.session, self.chain, self.time]
        self.chain, self.session, self.time, self.last = sha256(b"AIA1 link", head, mac), numbers[1], time, kind
        self.records, self.entries = self.records + 1, self.entries + (kind == ENTRY)
        self.explained_tears += kind == UNCLEAN_START

    def check_opening(self, record: Record, offset: int) -> None:
        kind, (_, session, sequence), _, _, body, _ = record
        chain, announced, log_id = body[:32], body[32:64], body[64:80]
        require(kind == UNCLEAN_START or self.last in (0, CLOSE), "unclosed", "the session before has no end")
        if not self.last and self.first > 1:
            self.kept, self.chain, self.session, self.records = False, chain, session - 1, sequence
            self.announced, self.log_id = announced, self.log_id or log_id
        self.announced = self.announced or announced
        self.log_id = self.log_id or sha256(b"AIA1 log", announced)[:16]
        require(chain == self.chain, "altered", "repeats another chain")
        require(log_id == self.log_id, "other_log", "names another log")
        require(announced == self.announced, "altered", "repeats another announced key")
        if kind == UNCLEAN_START:
            explained, found = struct.unpack_from(">IQQ32s", body, 180), (*self.end, self.length, self.behind.digest())
            gone = not self.last and explained[0] < self.first
            require(not offset and (gone or found == explained), "torn", "explains other bytes than there are")

    def take_session_keys(self, header: bytes, body: bytes) -> None:
        self.data_key = self.mac_key = b""
        if self.wrapping:
            require(body[80:88] in self.wrapping, "wrong_key", f"needs the wrapping key {body[80:88].hex()}")
            aad = b"AIA1 session" + self.log_id + header
            keys = AESGCM(self.wrapping[body[80:88]]).decrypt(body[88:100], body[100:180], aad)
            self.data_key, self.mac_key = keys[:32], keys[32:] if any(keys[32:]) else b""

    def unseal(self, body: bytes) -> None:
        header, head, mac = self.opening
        require(body[:8] in self.auditors, "wrong_key", f"is sealed to the auditor {body[:8].hex()}")
        suite, info = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM), b"AIA1 sealed" + self.log_id + header
        keys = suite.decrypt(body[8:], self.auditors[body[:8]], info)
        require(self.data_key in (b"", keys[:32]), "altered", "seals another data key than the opening")
        self.data_key, self.mac_key = keys[:32], keys[32:]
        self.check_mac(head, mac)

    def check_mac(self, head: bytes, mac: bytes) -> None:
        fits = hmac(hmac(self.mac_key, b"mac", "sha256"), head, "sha256") == mac
        require(fits, "altered" if mac[-1] else "torn", "does not fit its MAC")
        self.mac_key = hmac(self.mac_key, b"evolve", "sha256")


def read_key(name: str) -> bytes:
    key = Path(name).read_bytes()
    if re.fullmatch(rb"\s*[0-9A-Fa-f]{64}\s*", key):
        key = bytes.fromhex(key.decode())
    if len(key) != 32:
        raise argparse.ArgumentTypeError(f"{name} is no key: give a file of 32 raw bytes or 64 hexadecimal digits")
    return key


def read_anchors(name: str) -> dict[int, list[str]]:
    text, anchors = Path(name).read_bytes(), {}
    for line in text.splitlines():
        with suppress(ValueError, TypeError, KeyError, RecursionError):
            row = json.loads(line)
            text += f"\naudit {row['records']}.{row['head']}".encode()
    for number, head in ANCHOR.findall(text):
        anchors.setdefault(int(number), []).append(head.decode().lower())
    if not anchors:
        raise argparse.ArgumentTypeError(f"{name} holds no anchor, like `audit 18231·9f3a1c5d7e0b`")
    return anchors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="Exit status: 0 intact, 3 not intact, 2 wrong use.")
    parser.add_argument("folder", type=Path, help="the folder of the segments, 00000001.aia1 and so on")
    parser.add_argument("--anchors", type=read_anchors, default={}, metavar="FILE", help="any text with anchors")
    for name in ("--genesis", "--wrapping-key", "--auditor-key"):
        parser.add_argument(name, type=read_key, action="append", default=[], metavar="FILE", help="a key of 32 bytes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    try:
        options = parser.parse_args()
        next(options.folder.iterdir(), None)
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}; name the log's folder, and files that exist")
    log = Log(b"".join(options.genesis), options.wrapping_key, options.auditor_key)
    verdict = log.verify(options.folder, options.anchors)
    print(json.dumps(verdict) if options.json else "\n".join(f"{key}: {verdict[key]}" for key in verdict))
    return 0 if verdict["intact"] else 3


if __name__ == "__main__":
    sys.exit(main())
