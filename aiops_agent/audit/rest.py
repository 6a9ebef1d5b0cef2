"""The cipher of the state: evidence, letters and approvals at rest, with a key that the log's wrapping key protects."""

import secrets
from pathlib import Path

from aiops_agent.audit.key_files import KEY_LENGTH, KeyFolder
from aiops_agent.audit.keys import KeyProvider
from aiops_agent.audit.record import KEY_ID_LENGTH
from aiops_agent.audit.segments import list_segments
from aiops_agent.audit.wrapping import KEPT_LENGTH
from aiops_agent.errors import AuditError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NAME = "state.key"
_CONTEXT = b"AIA1 state key"
_FORMAT = b"\x01"
_NONCE_LENGTH = 12


class StateCipher:
    """AES-256-GCM under one key for as long as the state lives; sealed is: format byte, nonce, ciphertext, tag.

    The key lies beside the keys of the log as `state.key`: the id of the wrapping key, and the key wrapped by it; a
    rotation of that one wraps it anew (`Keys.forget_old`). Nonces are 96 random bits: NIST SP 800-38D allows 2^32
    messages under such a key, for then two nonces are equal with a chance of one in 2^32. At 500 new incidents every
    five minutes, each told to three destinations, that is 20 years; what is only counted is not encrypted anew.
    """

    def __init__(self, keys: KeyProvider, state_dir: Path) -> None:
        """Take the keys of the audit log of a state. Nothing is read or made before it is needed."""
        self._keys = keys
        self._log = state_dir / "audit"
        self._folder = KeyFolder(state_dir / "keys")
        self._opened: AESGCM | None = None

    def exists(self) -> bool:
        """Tell whether there is a key; opens nothing."""
        return self._folder.holds(_NAME)

    def create(self) -> None:
        """Make the key of a state that has encrypted nothing yet; keeps one that is there.

        Raises:
            AuditError: The wrapping key is gone, or the key cannot be written.
        """
        if self.exists():
            return
        try:
            if not self._keys.exist() and not self._has_log():
                self._keys.create()
            self._folder.put(_NAME, self._keys.key_id + self._keys.wrap(secrets.token_bytes(KEY_LENGTH), _CONTEXT))
        except OSError as error:
            raise AuditError(
                f"the key of the state, {self._folder.path / _NAME}, cannot be written: {error.strerror}",
                hint="check the disk's space and health, and who owns the folder",
            ) from error

    def _has_log(self) -> bool:
        if self._log.exists() and not self._log.is_dir():
            raise AuditError(
                f"{self._log} stands where the audit log belongs and is no folder", hint="move it away, and scan again"
            )
        return bool(list_segments(self._log))

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return `plain` encrypted so that it opens in the same `context` only.

        Raises:
            AuditError: The key is gone or cannot be used.
        """
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return _FORMAT + nonce + self._cipher().encrypt(nonce, plain, _FORMAT + context)

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what was sealed; None when it was not, with this key in this context.

        Raises:
            AuditError: The key is gone or cannot be used.
        """
        from cryptography.exceptions import InvalidTag

        cipher = self._cipher()
        form, nonce, body = sealed[:1], sealed[1 : 1 + _NONCE_LENGTH], sealed[1 + _NONCE_LENGTH :]
        if form != _FORMAT or len(nonce) != _NONCE_LENGTH:
            return None
        try:
            return cipher.decrypt(nonce, body, _FORMAT + context)
        except InvalidTag:
            return None

    def _cipher(self) -> "AESGCM":
        if self._opened is None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._opened = AESGCM(self._key())
        return self._opened

    def _key(self) -> bytes:
        path = self._folder.path / _NAME
        if not self.exists():
            raise AuditError(
                f"what the state keeps encrypted cannot be used without its key {path}",
                hint="restore it from its backup; a new key is never made for a state that exists. Without a backup: "
                "move state.db aside and scan again",
            )
        content = self._folder.read(_NAME, KEPT_LENGTH)
        key = self._keys.unwrap(content[:KEY_ID_LENGTH], content[KEY_ID_LENGTH:], _CONTEXT)
        if key is None:
            raise AuditError(
                f"{path} was not protected by the wrapping key that is here, or is damaged",
                hint="restore both from one backup",
            )
        return key
