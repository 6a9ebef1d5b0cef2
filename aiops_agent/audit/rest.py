"""The cipher of the state: evidence, letters and approvals at rest, with a key that the log's wrapping key protects."""

import os
import secrets
from pathlib import Path

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.record import KEY_ID_LENGTH
from aiops_agent.audit.segments import list_segments
from aiops_agent.errors import AuditError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NAME = "state.key"
_FORMAT = b"\x01"
_CONTEXT = b"AIA1 state key"
_KEY_LENGTH = 32
_NONCE_LENGTH = 12
_WRAPPED_LENGTH = KEY_ID_LENGTH + _NONCE_LENGTH + _KEY_LENGTH + 16


class StateCipher:
    """AES-256-GCM under one key for as long as the state lives; its form is format byte, nonce, ciphertext, tag.

    The key lies beside the keys of the log as `state.key`: the id of the wrapping key, and the key wrapped by it.
    Nonces are 96 random bits. NIST SP 800-38D allows 2^32 messages under such a key: two nonces are then equal with a
    chance of one in 2^32. At 500 new incidents, each told to three destinations, every five minutes, that is 20 years;
    what was seen before is not encrypted anew.
    """

    def __init__(self, keys: FileKeys, log: Path) -> None:
        """Take the keys of the audit log in the folder `log`. Nothing is read or made before it is needed."""
        self._keys = keys
        self._log = log
        self._path = keys.directory / NAME
        self._opened: AESGCM | None = None

    def create(self) -> None:
        """Make the key of a state that has encrypted nothing yet; keeps one that is there.

        Raises:
            AuditError: There is a log, and its wrapping key is gone.
        """
        if self._path.exists():
            return
        if not self._keys.exist() and not list_segments(self._log):
            self._keys.create()
        self._write(secrets.token_bytes(_KEY_LENGTH))

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return `plain` encrypted so that it opens in the same `context` only.

        Raises:
            AuditError: The key is gone or cannot be used.
        """
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plain, _FORMAT + context)

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what was sealed; None when it was not, with this key in this context.

        Raises:
            AuditError: The key is gone or cannot be used.
        """
        from cryptography.exceptions import InvalidTag

        cipher = self._cipher
        form, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
        if form != _FORMAT or len(nonce) != _NONCE_LENGTH:
            return None
        try:
            return cipher.decrypt(nonce, body, _FORMAT + context)
        except InvalidTag:
            return None

    def rewrap(self) -> None:
        """Have the current wrapping key protect the key, after a rotation. What is encrypted stays as it is.

        Raises:
            AuditError: The key cannot be used.
        """
        if self._path.exists() and self._read()[:KEY_ID_LENGTH] != self._keys.key_id:
            self._write(self._key())

    @property
    def _cipher(self) -> "AESGCM":
        if self._opened is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._opened = AESGCM(self._key())
        return self._opened

    def _key(self) -> bytes:
        content = self._read()
        key = self._keys.unwrap(content[KEY_ID_LENGTH:], _CONTEXT)
        if key is None or len(content) != _WRAPPED_LENGTH:
            raise AuditError(
                f"{self._path} was not protected by the wrapping key that is here, or is damaged",
                hint="restore both from one backup",
            )
        return key

    def _read(self) -> bytes:
        try:
            with os.fdopen(os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                return file.read(_WRAPPED_LENGTH + 1)
        except OSError as error:
            raise AuditError(
                f"what the state keeps encrypted cannot be used without its key {self._path} ({error.strerror})",
                hint="run this as the agent's own user, or restore the file from its backup; a new key is never made "
                "for a state that exists. Without a backup: move state.db aside and scan again",
            ) from error

    def _write(self, key: bytes) -> None:
        """Put the key there whole, wrapped, in the place of an older form of it."""
        content = self._keys.key_id + self._keys.wrap(key, _CONTEXT)
        fresh = self._path.with_name(f"{NAME}.new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._path)
            descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise AuditError(
                f"the key of the state, {self._path}, cannot be written: {error.strerror}",
                hint="check the disk's space and health, and who owns the folder",
            ) from error
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
