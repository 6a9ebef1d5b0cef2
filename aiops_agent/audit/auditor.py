"""The auditor's key: its public half seals what this host must not be able to open again."""

import hashlib

from aiops_agent.audit.record import KEY_ID_LENGTH

_ENCAPSULATED_LENGTH = 32


def name_auditor(public: bytes) -> bytes:
    """Return the id of an auditor's X25519 public key."""
    return hashlib.sha256(b"AIA1 auditor" + public).digest()[:KEY_ID_LENGTH]


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
