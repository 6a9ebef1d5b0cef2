"""The auditor's key: its public half seals what this host must not be able to open again."""

import hashlib
import os
from pathlib import Path

from aiops_agent.audit.record import KEY_ID_LENGTH
from aiops_agent.errors import AuditError, UsageError

_KEY_LENGTH = 32
_LONGEST_FILE = 2 * _KEY_LENGTH + 2
"""Bytes: hex digits and the end of a line."""


def name_auditor(public: bytes) -> bytes:
    """Return the id of an auditor's X25519 public key."""
    return hashlib.sha256(b"AIA1 auditor" + public).digest()[:KEY_ID_LENGTH]


def read_public(path: Path) -> bytes:
    """Return the public key in a file: 32 bytes, or 64 hex digits.

    Raises:
        AuditError: There is none that could be used.
    """
    hint = "copy the .pub file that `aiops-agent audit make-auditor-key` made on the auditor's machine"
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_FILE + 1)
        is_private = path.suffix != ".pub" and path.with_name(f"{path.name}.pub").exists()
    except OSError as error:
        raise AuditError(f"the auditor's key {path} cannot be read: {error.strerror}", hint=hint) from error
    if is_private:
        raise AuditError(
            f"{path} is the private half of the auditor's key: {path.name}.pub lies beside it",
            hint=f"name {path}.pub, and take {path} off this host: who has it can forge what it is to prove",
        )
    key = content if len(content) == _KEY_LENGTH else _unhex(content.strip())
    if key is None:
        raise AuditError(f"the auditor's key {path} is neither 32 bytes nor 64 hex digits", hint=hint)
    try:
        seal(key, b"", b"AIA1 trial")
    except ValueError as error:  # a point that gives every sender the same secret
        raise AuditError(f"the auditor's key {path} is no X25519 public key that is safe to use", hint=hint) from error
    return key


def _unhex(text: bytes) -> bytes | None:
    if len(text) != 2 * _KEY_LENGTH or not all(digit in b"0123456789abcdefABCDEF" for digit in text):
        return None
    return bytes.fromhex(text.decode("ascii"))


def make_pair(path: Path) -> bytes:
    """Write a new private key to `path` (32 bytes, mode 0600) and its public half in hex to `path`.pub; return that.

    Raises:
        UsageError: One of them exists already, or cannot be written.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    published = path.with_name(f"{path.name}.pub")
    if published.exists():
        raise _not_written(published, "exists already")
    _write_new(path, private.private_bytes_raw(), 0o600)
    _write_new(published, f"{public.hex()}\n".encode(), 0o644)
    return public


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise _not_written(path, "exists already") from error
    except OSError as error:
        raise _not_written(path, f"{error.strerror}") from error


def _not_written(path: Path, why: str) -> UsageError:
    return UsageError(
        f"{path} is not written: {why}", hint="name a new file; a key that was given to hosts is never overwritten"
    )


def seal(public: bytes, secret: bytes, context: bytes) -> bytes:
    """Return `secret` so that only the private key of `public` opens it, in the same context.

    Auditor id | HPKE encapsulated key 32 | cipher text, which is 16 bytes longer than the secret.
    """
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    return name_auditor(public) + suite.encrypt(secret, X25519PublicKey.from_public_bytes(public), info=context)


def unwrap_sealed(private: bytes, body: bytes, context: bytes) -> bytes | None:
    """Return what `seal` was given, on the auditor's side; None when it is not for this key or context."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    key = X25519PrivateKey.from_private_bytes(private)
    if body[:KEY_ID_LENGTH] != name_auditor(key.public_key().public_bytes_raw()):
        return None
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    try:
        return suite.decrypt(body[KEY_ID_LENGTH:], key, info=context)
    except InvalidTag:
        return None
