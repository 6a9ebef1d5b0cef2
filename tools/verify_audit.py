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
    from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
except ImportError as missing:
    argparse.ArgumentParser().error(f"{missing}: pip install 'cryptography>=47'")

OPEN, UNCLEAN_START, ENTRY, CHECKPOINT, CLOSE, TOMBSTONE, REKEY, SEALED = range(1, 9)
LENGTHS = {OPEN: 180, UNCLEAN_START: 232, CHECKPOINT: 96, CLOSE: 96, TOMBSTONE: 56, REKEY: 76, SEALED: 120}
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KINDS = {InvalidTag: ("altered", "does not decrypt"), InvalidSignature: ("bad_signature", "is not signed as announced")}
ANCHOR = re.compile(rb'(?:\baudit |"records": ?)(\d{1,19})(?:\xc2\xb7|[. ]|, ?"head": ?")([0-9A-Fa-f]{12,64})\b')


def require(condition: object, kind: str, detail: str, *place: object) -> None:
    if not condition:
        raise AssertionError(kind, detail, *place)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_record(file: BinaryIO) -> tuple[Any, ...] | None:
    """Return the next record as its bytes say, or None where a crash may have left them."""
    header = file.read(34)
    require(header[:4] in (b"AIA1"[: len(header)], bytes(4)[: len(header)]), "foreign", "does not begin like a record")
    if len(header) < 34 or header[:4] == bytes(4):
        return None
    _, version, kind, length, *numbers, time = struct.unpack(">4sBBIIIQq", header)
    require(version == 1 and OPEN <= kind <= SEALED, "newer_version", f"has version {version} and type {kind}")
    require(length == LENGTHS.get(kind, min(length, 1 << 20)), "malformed", f"says it has {length} bytes")
    require(-62_135_596_800 <= time // 10**6 < 253_402_300_800, "malformed", "is not of the years 1 to 9999")
    body, mac = file.read(length), file.read(32)
    return (kind, tuple(numbers), header, body, mac) if len(mac) == 32 and any(mac) else None


class Log:
    def __init__(self, genesis: bytes, wrapping: list[bytes], auditors: list[bytes]) -> None:
        private = [x25519.X25519PrivateKey.from_private_bytes(key) for key in auditors]
        self.auditors = {sha256(b"AIA1 auditor", key.public_key().public_bytes_raw())[:8]: key for key in private}
        self.wrapping = {sha256(b"AIA1 wrapping key", key)[:8]: key for key in wrapping}
        self.announced, self.log_id = genesis, genesis and sha256(b"AIA1 log", genesis)[:16]
        self.chain, self.data_key, self.mac_key, self.opening, self.unproven = bytes(32), b"", b"", b"", [(b"", b"")]
        self.records = self.session = self.last = self.covered = 0
        self.counts, self.kept, self.starts = [0] * 9, True, {b""}
        self.place = self.end = ("", 0)  # of the record that is read; behind the last whole one
        self.torn, self.behind, self.length = False, hashlib.sha256(), 0  # what lies there

    def verify(self, paths: list[Path], anchors: dict[int, set[str]]) -> dict[str, Any]:
        bad = None
        try:
            self.look_ahead(paths)
            self.walk(paths, anchors)
        except (AssertionError, InvalidTag, InvalidSignature, OSError) as error:
            what = KINDS.get(type(error), ("unreadable", str(error)))
            what = error.args if isinstance(error, AssertionError) else what
            bad = dict(zip(("kind", "detail", "segment", "offset"), (*what, *self.place), strict=False))
        said = {"intact": not bad, "records": self.records, "entries": self.counts[ENTRY], "segments": len(paths)}
        said |= {"checkpoints": sum(self.counts[CHECKPOINT:TOMBSTONE]), "explained_tears": self.counts[UNCLEAN_START]}
        return {**said, "uncovered": self.records - self.covered, "head": self.chain.hex(), "first_bad": bad}

    def look_ahead(self, paths: list[Path]) -> None:  # nothing but segments, and the older keys in them
        log_id, rekeys = self.log_id, []
        for index, path in enumerate(paths):
            self.place = (path.name, 0)
            require(re.fullmatch(r"[0-9]{8}\.aia1", path.name), "foreign", "is not named like a segment")
            require(int(path.stem) == int(paths[0].stem) + index, "missing_segment", "stands where another is missing")
            require(path.is_dir() or (path.lstat().st_nlink == 1 and not path.is_symlink()), "linked", "has two names")
            require(path.is_file(), "not_a_file", "is not a plain file")
            with path.open("rb") as file:
                while self.wrapping and (header := file.read(34)).startswith(b"AIA1"):
                    body, _ = file.read(min(int.from_bytes(header[6:10]), 1 << 20)), file.read(32)
                    log_id = log_id or body[64:80]
                    rekeys += [body] * (header[5:6] == bytes([REKEY]) and len(body) == LENGTHS[REKEY])
        for body in reversed(rekeys):
            with suppress(KeyError, InvalidTag):
                cipher, aad = AESGCM(self.wrapping[body[8:16]]), b"AIA1 rekey" + log_id + body[:16]
                self.wrapping[body[:8]] = cipher.decrypt(body[16:28], body[28:], aad)

    def walk(self, paths: list[Path], anchors: dict[int, set[str]]) -> None:
        for path in paths:
            self.place, self.end = (path.name, 0), self.end if self.end[0] else (path.name, 0)
            with path.open("rb") as file:
                while record := read_record(file):
                    self.take(record)
                    self.place = self.end = (path.name, file.tell())
                    self.torn, self.behind, self.length = False, hashlib.sha256(), 0
                    for head in anchors.get(self.records, ()):
                        require(self.chain.hex().startswith(head), "anchor_mismatch", "was another for an anchor")
                        self.covered = self.records
                offset = file.seek(self.place[1])
                hashlib.file_digest(file, lambda: self.behind)
                self.length += file.tell() - offset
                self.torn |= self.length > 0 or not file.tell()
        require(not self.torn, "torn", "what follows is no whole record", *self.end)
        require(self.last in (0, CLOSE), "unclosed", "the session has no end", *self.end)
        require(self.kept, "missing_segment", "no tombstone speaks of the segments before the first")
        require(max(anchors, default=0) <= self.records, "cut", "an anchor knows of more records")

    def take(self, record: tuple[Any, ...]) -> None:
        """Check a record against all before it, then count it in."""
        kind, (_, session, _), header, body, mac = record
        opens, signs, second = kind <= UNCLEAN_START, kind in (CHECKPOINT, CLOSE), 0 < self.last <= UNCLEAN_START < kind
        if opens:
            self.check_opening(record)
        seals = (kind == SEALED) == (not self.mac_key) if second and self.wrapping else second or kind != SEALED
        goes_on = self.place[1] and self.last != CLOSE and (signs or self.last != TOMBSTONE) and seals
        fits = record[1] == (int(self.place[0][:8]), self.session + opens, self.records) and (opens or goes_on)
        require(fits, "out_of_order", "is not the record that belongs here")
        head = sha256(self.chain, header, body)
        self.unproven = [*self.unproven, (head, mac)] if kind == SEALED else [(head, mac)]
        if kind == SEALED and self.auditors:
            require(body[:8] in self.auditors, "wrong_key", f"is sealed to the auditor {body[:8].hex()}")
            keys = SUITE.decrypt(body[8:], self.auditors[body[:8]], b"AIA1 sealed" + self.log_id + self.opening)
            require(self.data_key in (b"", keys[:32]), "altered", "seals another data key than the opening")
            self.data_key, self.mac_key = keys[:32], keys[32:]
        for covered, tag in self.unproven if self.mac_key else ():
            fits = hmac.digest(sha256(b"AIA1 mac", self.mac_key), covered, "sha256") == tag
            require(fits, "altered", "does not fit its MAC")
            self.mac_key = sha256(b"AIA1 evolve", self.mac_key)
        if signs:
            signed = b"AIA1 checkpoint" + self.log_id + self.chain + header + body[:32]
            ed25519.Ed25519PublicKey.from_public_bytes(self.announced).verify(body[32:], signed)
            self.announced = body[:32]
        if kind == ENTRY and self.data_key:
            AESGCM(self.data_key).decrypt(bytes(4) + header[18:26], body, b"AIA1 entry" + self.log_id + header)
        self.kept |= kind == TOMBSTONE and body[:48] in self.starts
        self.chain, self.session, self.last = sha256(b"AIA1 link", head, mac), session, kind
        self.records, self.counts[kind] = self.records + 1, self.counts[kind] + 1

    def check_opening(self, record: tuple[Any, ...]) -> None:
        kind, (_, session, sequence), header, body, _ = record
        chain, announced, log_id, key, nonce, wrapped = struct.unpack_from(">32s32s16s8s12s80s", body)
        if not self.last and self.end[0] != "00000001.aia1":
            self.kept, self.chain, self.session, self.records = False, chain, session - 1, sequence
            self.announced, self.log_id = announced, self.log_id or log_id
        elif kind == UNCLEAN_START:
            found = struct.pack(">IQQ32s", int(self.end[0][:8]), self.end[1], self.length, self.behind.digest())
            require(found == body[180:] and not self.place[1], "torn", "is explained as something else", *self.end)
        require(kind != OPEN or not self.torn, "torn", "what follows is no whole record", *self.end)
        require(kind != OPEN or self.last in (0, CLOSE), "unclosed", "the session has no end", *self.end)
        self.announced, self.log_id = self.announced or announced, self.log_id or sha256(b"AIA1 log", announced)[:16]
        require(chain == self.chain, "altered", "repeats another chain")
        require(log_id == self.log_id, "other_log", "is of another log")
        require(announced == self.announced, "altered" if self.records else "other_log", "repeats another key")
        if not self.place[1]:
            self.starts.add(struct.pack(">IQI32s", int(self.place[0][:8]), self.records, self.session, chain))
        self.opening, self.data_key, self.mac_key = header, b"", b""
        if self.wrapping:
            require(key in self.wrapping, "wrong_key", f"needs the wrapping key {key.hex()}")
            keys = AESGCM(self.wrapping[key]).decrypt(nonce, wrapped, b"AIA1 session" + self.log_id + header)
            self.data_key, self.mac_key = keys[:32], keys[32:].strip(b"\0") and keys[32:]


def read_key(name: str) -> bytes:
    key = Path(name).read_bytes()
    key = bytes.fromhex(key.decode()) if len(key) > 32 else key
    if len(key) != 32:
        raise argparse.ArgumentTypeError(f"{name} is no key: it must hold 32 raw bytes or 64 hexadecimal digits")
    return key


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="Exit status: 0 intact, 3 not intact, 2 wrong use.")
    parser.add_argument("folder", type=Path, help="the folder of the segments, 00000001.aia1 and so on")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--anchors", type=Path, metavar="FILE", help="any text that holds anchors")
    for name in ("--genesis", "--wrapping-key", "--auditor-key"):
        parser.add_argument(name, type=read_key, action="append", default=[], metavar="FILE")
    try:
        options, anchors = parser.parse_args(), dict[int, set[str]]()
        for number, head in ANCHOR.findall(options.anchors.read_bytes() if options.anchors else b""):
            anchors.setdefault(int(number), set()).add(head.decode().lower())
        paths = sorted(options.folder.iterdir())
    except OSError as error:
        parser.error(str(error))
    if options.anchors and not anchors:
        parser.error(f"{options.anchors} holds no anchor, such as `audit 18231·9f3a1c5d7e0b`")
    verdict = Log(b"".join(options.genesis), options.wrapping_key, options.auditor_key).verify(paths, anchors)
    print(json.dumps(verdict, indent=None if options.json else 2))
    return 0 if verdict["intact"] else 3


if __name__ == "__main__":
    sys.exit(main())
