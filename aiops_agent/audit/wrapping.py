"""What a wrapping key does: it has an id, keeps other keys, and hands over to the next one."""

import hashlib
import secrets

from aiops_agent.audit.key_files import KEY_LENGTH
from aiops_agent.audit.record import KEY_ID_LENGTH

_NONCE_LENGTH = 12
_TAG_LENGTH = 16
KEPT_LENGTH = KEY_ID_LENGTH + _NONCE_LENGTH + KEY_LENGTH + _TAG_LENGTH
"""Bytes of a key in a file that names the wrapping key it is wrapped with."""


def name_key(wrapping: bytes) -> bytes:
    """Return which wrapping key this is; tells nothing about the key itself."""
    return hashlib.sha256(b"AIA1 wrapping key" + wrapping).digest()[:KEY_ID_LENGTH]


def wrap(wrapping: bytes, secret: bytes, context: bytes) -> bytes:
    """Return `secret` encrypted so that only the same key and `context` open it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_LENGTH)
    return nonce + AESGCM(wrapping).encrypt(nonce, secret, context)


def unwrap(wrapping: bytes, wrapped: bytes, context: bytes) -> bytes | None:
    """Return what was wrapped, or None when it was not by this key in this context."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(wrapped) < _NONCE_LENGTH + _TAG_LENGTH:
        return None
    try:
        return AESGCM(wrapping).decrypt(wrapped[:_NONCE_LENGTH], wrapped[_NONCE_LENGTH:], context)
    except InvalidTag:
        return None


def keep(wrapping: bytes, secret: bytes, context: bytes) -> bytes:
    """Return a secret as it lies in a file: the id of the wrapping key, then the secret wrapped by it."""
    return name_key(wrapping) + wrap(wrapping, secret, context)


def kept(content: bytes) -> tuple[bytes, bytes]:
    """Return the id of the wrapping key of such a file, and what is wrapped."""
    return content[:KEY_ID_LENGTH], content[KEY_ID_LENGTH:]


def hand_over(log_id: bytes, old: bytes, new: bytes) -> bytes:
    """Return the body of a REKEY record: who has `new` has `old` from it."""
    names = name_key(old) + name_key(new)
    return names + wrap(new, old, b"AIA1 rekey" + log_id + names)


def rekeyed(body: bytes) -> tuple[bytes, bytes]:
    """Return the ids of the old and the new key of a REKEY record."""
    return body[:KEY_ID_LENGTH], body[KEY_ID_LENGTH : 2 * KEY_ID_LENGTH]


def take_over(log_id: bytes, new: bytes, body: bytes) -> bytes | None:
    """Return the old key in the body of a REKEY record; None when `new` does not open it, or it is another key."""
    names, wrapped = body[: 2 * KEY_ID_LENGTH], body[2 * KEY_ID_LENGTH :]
    old = unwrap(new, wrapped, b"AIA1 rekey" + log_id + names)
    return old if old and name_key(old) == rekeyed(body)[0] else None
