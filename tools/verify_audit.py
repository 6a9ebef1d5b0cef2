#!/usr/bin/env python3
"""Verify an audit log by docs/audit-format.md alone: nothing here is shared with the agent that wrote the log."""

import argparse
import hashlib
import hmac
import json
import re
import struct
import sys
from contextlib import suppress
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
ANCHOR = re.compile(rb"\baudit ([0-9]{1,19})(?:\xc2\xb7|[. ])([0-9A-Fa-f]{12,64})\b")
Record = tuple[int, tuple[int, ...], bytes, bytes, bytes]  # type; segment, session, sequence; header, body, MAC
OPENINGS: tuple[int, int] = (OPEN, UNCLEAN_START)
TORN: Record = (0, (), b"", b"", b"")


class DamageError(Exception):
    """Kind and detail of what is wrong."""


def require(condition: object, kind: str, detail: str) -> None:
    if not condition:
        raise DamageError(kind, detail)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_record(file: BinaryIO) -> Record:
    """Return the next record as its bytes say, or TORN where a crash may have left them."""
    header = file.read(34)
    zeros = not header[:4].strip(b"\0")
    require(zeros or header[:4] == b"AIA1"[: len(header)], "foreign", "does not begin like a record")
    if zeros or len(header) < 34:
        return TORN
    _, version, kind, length, *numbers, time = struct.unpack(">4sBBIIIQq", header)
    require(version == 1 and OPEN <= kind <= SEALED, "newer_version", f"has version {version} and type {kind}")
    require(length <= 1 << 20 and length == LENGTHS.get(kind, length), "malformed", f"says it has {length} bytes")
    require(time in YEARS_1_TO_9999, "malformed", "is of no time on the calendar")
    body, mac = file.read(length), file.read(32)
    return (kind, tuple(numbers), header, body, mac) if len(mac) == 32 and any(mac) else TORN


class Log:
    """What the records read so far have established."""

    def __init__(self, genesis: bytes, wrapping: list[bytes], auditors: list[bytes]) -> None:
        private = [X25519PrivateKey.from_private_bytes(key) for key in auditors]
        self.auditors = {sha256(b"AIA1 auditor", key.public_key().public_bytes_raw())[:8]: key for key in private}
        self.wrapping = {sha256(b"AIA1 wrapping key", key)[:8]: key for key in wrapping}
        self.chain, self.announced, self.log_id = bytes(32), genesis, genesis and sha256(b"AIA1 log", genesis)[:16]
        self.records = self.session = self.last = self.first = self.covered = 0
        self.segments = self.entries = self.checkpoints = self.explained_tears = 0
        self.place = self.end = ("", 0)  # of the record that is read; behind the last whole one
        self.torn, self.behind, self.length = False, hashlib.sha256(), 0  # what lies behind the last whole one
        self.opening, self.data_key, self.mac_key = (b"", b"", b""), b"", b""
        self.starts, self.kept = {b""}, True

    def walk(self, folder: Path, anchors: dict[int, list[str]]) -> None:
        """Check everything; what is wrong is raised, and is at `place`."""
        paths = sorted(folder.iterdir())
        self.first = int(paths[0].name[:8]) if paths and re.match("[0-9]{8}", paths[0].name) else 1
        for number, path in enumerate(paths, start=self.first):
            self.place, self.segments = (path.name, 0), len(paths)
            require(re.fullmatch(r"[0-9]{8}\.aia1", path.name), "foreign", "is not named like a segment")
            require(int(path.name[:8]) == number, "missing_segment", f"stands where segment {number} is missing")
            require(path.is_dir() or path.lstat().st_nlink == 1 and not path.is_symlink(), "linked", "has two names")
            require(path.is_file(), "not_a_file", "is not a plain file")
        self.end = (paths[0].name, 0) if paths else (folder.name, 0)
        self.collect_wrapping_keys(paths)
        for number, path in enumerate(paths, start=self.first):
            self.read_segment(path, number, anchors)
        require(self.kept, "missing_segment", "no tombstone speaks of the segments before the first")
        self.check_end()
        require(max(anchors, default=0) <= self.records, "cut", "an anchor knows of more records")

    def check_end(self) -> None:
        """Check that a session may begin here without explaining anything."""
        self.place = self.end
        require(not self.torn, "torn", "what follows is no whole record, and no start of the agent explains it")
        require(self.last in (0, CLOSE), "unclosed", "the session before has no end")

    def collect_wrapping_keys(self, paths: list[Path]) -> None:
        bodies, log_id = [], b""
        for path in paths if self.wrapping else ():
            with suppress(DamageError), path.open("rb") as file:
                while (record := read_record(file)) != TORN:
                    log_id = record[3][64:80] if record[0] <= UNCLEAN_START else log_id
                    bodies += [(record[3], log_id)] * (record[0] == REKEY)
        for body, log_id_then in reversed(bodies):
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
            while (offset := file.tell()) < size:
                self.place = (path.name, offset)
                if (record := read_record(file)) == TORN:
                    break
                self.take(number, offset, record)
                self.end, self.torn, self.behind, self.length = (path.name, file.tell()), False, hashlib.sha256(), 0
                for head in anchors.get(self.records, ()):
                    require(self.chain.hex().startswith(head), "anchor_mismatch", "is where an anchor saw another")
                    self.covered = self.records
            self.torn |= offset < size or not size
            file.seek(offset)
            hashlib.file_digest(file, lambda: self.behind)
            self.length += size - offset

    def take(self, segment: int, offset: int, record: Record) -> None:
        """Check a record against all before it, then count it in."""
        kind, numbers, header, body, mac = record
        opens, second = kind in OPENINGS, self.last in OPENINGS and kind not in OPENINGS
        if opens:
            self.check_opening(segment, offset, record)
        fits = numbers == (segment, self.session + opens, self.records) and (opens or (offset and self.last != CLOSE))
        require(fits, "out_of_order", "is not the record that belongs here")
        head = sha256(self.chain, header, body)
        if opens:
            self.opening, self.data_key, self.mac_key = (header, head, mac), b"", b""
        if opens and self.wrapping:
            require(body[80:88] in self.wrapping, "wrong_key", f"needs the wrapping key {body[80:88].hex()}")
            aad = b"AIA1 session" + self.log_id + header
            keys = AESGCM(self.wrapping[body[80:88]]).decrypt(body[88:100], body[100:180], aad)
            self.data_key, self.mac_key = keys[:32], keys[32:].strip(b"\0") and keys[32:]
        if self.mac_key:
            self.check_mac(head, mac)
        fits = (kind == SEALED) == (second and not self.mac_key) if self.wrapping else kind != SEALED or second
        fits &= self.last != TOMBSTONE or opens or kind in (CHECKPOINT, CLOSE)
        require(fits, "out_of_order", "is not of the type that belongs here")
        if kind == SEALED and self.auditors:
            self.unseal(body)
            self.check_mac(head, mac)
        if kind == REKEY and self.wrapping:
            self.take_old_key(body, self.log_id)
        if kind in (CHECKPOINT, CLOSE):
            signed = b"AIA1 checkpoint" + self.log_id + self.chain + header + body[:32]
            Ed25519PublicKey.from_public_bytes(self.announced).verify(body[32:], signed)
            self.announced, self.checkpoints = body[:32], self.checkpoints + 1
        if kind == ENTRY and self.data_key:
            AESGCM(self.data_key).decrypt(bytes(4) + header[18:26], body, b"AIA1 entry" + self.log_id + header)
        self.chain, self.session, self.records, self.last = (
            sha256(b"AIA1 link", head, mac),
            numbers[1],
            self.records + 1,
            kind,
        )
        self.entries, self.explained_tears = (
            self.entries + (kind == ENTRY),
            self.explained_tears + (kind == UNCLEAN_START),
        )
        self.kept |= kind == TOMBSTONE and body[:48] in self.starts

    def check_opening(self, segment: int, offset: int, record: Record) -> None:
        kind, (_, session, sequence), _, body, _ = record
        chain, announced, log_id = body[:32], body[32:64], body[64:80]
        require(kind == OPEN or not offset, "malformed", "explains a crash, but begins no segment")
        if not self.last and self.first != 1:
            self.kept, self.chain, self.session, self.records = False, chain, session - 1, sequence
            self.announced, self.log_id = announced, self.log_id or log_id
        elif kind == OPEN:
            self.check_end()
        else:
            found = struct.pack(">IQQ32s", int(self.end[0][:8]), self.end[1], self.length, self.behind.digest())
            self.place = self.end
            require(found == body[180:], "torn", "what follows is not what the next start says")
        self.place = (f"{segment:08}.aia1", offset)
        self.announced = self.announced or announced
        self.log_id = self.log_id or sha256(b"AIA1 log", announced)[:16]
        require(chain == self.chain, "altered", "repeats another chain")
        require(log_id == self.log_id, "other_log", "is of another log")
        require(announced == self.announced, "altered", "repeats another key for the next checkpoint")
        self.starts |= {struct.pack(">IQI32s", segment, self.records, self.session, chain)} if not offset else set()

    def unseal(self, body: bytes) -> None:
        header, head, mac = self.opening
        require(body[:8] in self.auditors, "wrong_key", f"is sealed to the auditor {body[:8].hex()}")
        info = b"AIA1 sealed" + self.log_id + header
        keys = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).decrypt(body[8:], self.auditors[body[:8]], info)
        require(self.data_key in (b"", keys[:32]), "altered", "seals another data key than the opening")
        self.data_key, self.mac_key = keys[:32], keys[32:]
        self.check_mac(head, mac)

    def check_mac(self, head: bytes, mac: bytes) -> None:
        require(
            hmac.digest(sha256(b"AIA1 mac", self.mac_key), head, "sha256") == mac, "altered", "does not fit its MAC"
        )
        self.mac_key = sha256(b"AIA1 evolve", self.mac_key)


def verify(folder: Path, log: Log, anchors: dict[int, list[str]]) -> dict[str, Any]:
    """Return the verdict and what it rests on."""
    bad: tuple[str, str] | None = None
    try:
        log.walk(folder, anchors)
    except DamageError as error:
        bad = error.args[0], error.args[1]
    except InvalidTag:
        bad = "altered", "does not decrypt"
    except InvalidSignature:
        bad = "bad_signature", "is not signed with the key announced last"
    except OSError as error:
        bad = "unreadable", str(error.strerror)
    first_bad = bad and {"segment": log.place[0], "offset": log.place[1], "kind": bad[0], "detail": bad[1]}
    names = ("records", "entries", "segments", "checkpoints", "explained_tears")
    counts = {name: getattr(log, name) for name in names} | {"uncovered": log.records - log.covered}
    return {"intact": bad is None, **counts, "head": log.chain.hex(), "first_bad": first_bad}


def read_key(name: str) -> bytes:
    key = Path(name).read_bytes()
    key = bytes.fromhex(key.decode()) if re.fullmatch(rb"[0-9A-Fa-f]{64}\s*", key) else key
    if len(key) != 32:
        raise argparse.ArgumentTypeError(f"{name} is no key: give a file of 32 raw bytes or 64 hexadecimal digits")
    return key


def read_anchors(name: str) -> dict[int, list[str]]:
    text, anchors = Path(name).read_bytes(), dict[int, list[str]]()
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
        parser.add_argument(name, type=read_key, action="append", default=[], metavar="FILE", help="32 bytes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    try:
        options = parser.parse_args()
    except OSError as error:
        parser.error(f"{error.filename}: {error.strerror}")
    if not options.folder.is_dir():
        parser.error(f"{options.folder} is no folder: give the one in which 00000001.aia1 lies")
    log = Log(b"".join(options.genesis), options.wrapping_key, options.auditor_key)
    verdict = verify(options.folder, log, options.anchors)
    print(json.dumps(verdict) if options.json else "\n".join(f"{key}: {verdict[key]}" for key in verdict))
    return 0 if verdict["intact"] else 3


if __name__ == "__main__":
    sys.exit(main())
