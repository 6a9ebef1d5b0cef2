"""The keys of an audit log in files: a wrapping key, a signing key that is replaced at each checkpoint, its genesis."""

import hashlib
import os
import secrets
import stat
from functools import cached_property
from pathlib import Path
from typing import Protocol

from aiops_agent.audit.record import KEY_ID_LENGTH, name_log
from aiops_agent.errors import AuditError

_WRAPPING = "wrapping.key"
_SIGNING = "signing.key"
_SUCCESSOR = "signing.next"
_GENESIS = "genesis.pub"
_KEY_LENGTH = 32
_NONCE_LENGTH = 12


class KeyProvider(Protocol):
    genesis: bytes
    log_id: bytes
    key_id: bytes
    auditor: bytes | None

    def exist(self) -> bool: ...
    def create(self) -> None: ...
    def wrap(self, secret: bytes, context: bytes) -> bytes: ...
    def knows(self, key_id: bytes) -> bool: ...
    def unwrap(self, key_id: bytes, wrapped: bytes, context: bytes) -> bytes | None: ...
    def learn(self, body: bytes) -> bool: ...
    def owed_rekey(self) -> bytes | None: ...
    def forget_old(self) -> None: ...
    def seal(self, secret: bytes, context: bytes) -> bytes: ...
    def verifying_keys(self) -> list[bytes]: ...
    def signing_key(self, announced: bytes) -> bytes | None: ...
    def prepare_successor(self, private: bytes) -> None: ...
    def adopt_successor(self) -> None: ...


class FileKeys:
    auditor = None

    def knows(self, key_id):
        return key_id == self.key_id

    def learn(self, body):
        return False

    def owed_rekey(self):
        return None

    def forget_old(self):
        return None

    def seal(self, secret, context):
        raise NotImplementedError

    """Keys in a folder of mode 0700, in files of mode 0600. Nothing is read or made before it is needed."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def exist(self) -> bool:
        """Tell whether the keys of a log were made here."""
        try:
            return (self.directory / _GENESIS).exists()
        except OSError as error:
            raise self._unusable(self.directory, error) from error

    def create(self) -> None:
        """Make the keys of a new log. Never called for a log that exists: a lost key is not replaced."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing = Ed25519PrivateKey.generate()
        self._write(_WRAPPING, secrets.token_bytes(_KEY_LENGTH))
        self._write(_SIGNING, signing.private_bytes_raw())
        # Last: a crash before it leaves keys of no log, which may be made anew.
        self._write(_GENESIS, signing.public_key().public_bytes_raw())
        _sync_directory(self.directory)
        _sync_directory(self.directory.parent)

    @cached_property
    def genesis(self) -> bytes:
        """The Ed25519 public key that the log begins with: all an auditor has to pin."""
        return self._read(_GENESIS)

    @property
    def log_id(self) -> bytes:
        """The name of the log these keys belong to."""
        return name_log(self.genesis)

    @cached_property
    def key_id(self) -> bytes:
        """Which wrapping key this is; tells nothing about the key itself."""
        return hashlib.sha256(b"AIA1 wrapping key" + self._wrapping).digest()[:KEY_ID_LENGTH]

    @cached_property
    def _wrapping(self) -> bytes:
        return self._read(_WRAPPING)

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted so that only the same `context` opens it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return nonce + AESGCM(self._wrapping).encrypt(nonce, secret, context)

    def unwrap(self, key_id: bytes, wrapped: bytes, context: bytes) -> bytes | None:
        """Return what was wrapped, or None when it was not by this key in this context."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            return AESGCM(self._wrapping).decrypt(wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:], context)
        except InvalidTag:
            return None

    def verifying_keys(self) -> list[bytes]:
        """Return the public keys of the signing key and, if one is prepared, of its successor.

        The log announces one of them for the next checkpoint, unless it or the keys were put back.
        """
        return [_public(self._read(name)) for name in self._signing_names()]

    def signing_key(self, announced: bytes) -> bytes | None:
        """Return the private key of `announced`, making it the current one; None when it is not here."""
        for name in self._signing_names():
            private = self._read(name)
            if _public(private) == announced:
                if name == _SUCCESSOR:  # the last writer ended between announcing and adopting it
                    self.adopt_successor()
                return private
        return None

    def _signing_names(self) -> list[str]:
        return [_SIGNING, _SUCCESSOR] if (self.directory / _SUCCESSOR).exists() else [_SIGNING]

    def prepare_successor(self, private: bytes) -> None:
        """Keep the next signing key, durably, before the log announces it."""
        self._write(_SUCCESSOR, private)
        _sync_directory(self.directory)

    def adopt_successor(self) -> None:
        """Forget the signing key for its successor, once the log has announced that one durably."""
        (self.directory / _SUCCESSOR).replace(self.directory / _SIGNING)

    def _write(self, name: str, content: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self.directory / name, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _read(self, name: str) -> bytes:
        path = self.directory / name
        try:
            _refuse_open_mode(self.directory, self.directory.stat(), "700")
            with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                _refuse_open_mode(path, os.fstat(file.fileno()), "600")
                content = file.read(_KEY_LENGTH + 1)
        except OSError as error:
            raise self._unusable(path, error) from error
        if len(content) != _KEY_LENGTH:
            raise AuditError(f"{path} is not a key of {_KEY_LENGTH} bytes", hint="restore it from its backup")
        return content

    def _unusable(self, path: Path, error: OSError) -> AuditError:
        return AuditError(
            f"the audit log cannot be used without its key {path} ({error.strerror})",
            hint="run this as the agent's own user, or restore the folder from its backup; "
            "a new key is never made for a log that exists",
        )


def _public(private: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _refuse_open_mode(path: Path, status: os.stat_result, mode: str) -> None:
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AuditError(
            f"{path} holds keys of the audit log and is open to others (mode {stat.S_IMODE(status.st_mode):o})",
            hint=f"chmod {mode} {path}, and find out who could read it",
        )


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
