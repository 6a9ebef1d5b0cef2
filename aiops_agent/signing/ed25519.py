"""Ed25519 keys: made, kept under a passphrase, used to sign and to verify. The only file here that needs a library."""

import base64
import hashlib
import os
import stat
from pathlib import Path

from aiops_agent.errors import UsageError
from aiops_agent.hints import Self

LEAST_PASSPHRASE = 12
"""Characters. PKCS#8, as the library writes it, makes each guess cost 2,048 rounds of PBKDF2: length has to do the rest
(NIST SP 800-63B asks for 8 where guesses are counted, which a stolen file does not do)."""

_LONGEST_FILE = 4096
_BEGIN, _END = b"-----BEGIN PUBLIC KEY-----", b"-----END PUBLIC KEY-----"
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410)."""

_KEY_LENGTH = 32


def name_key(public: bytes) -> str:
    """Return the id of a public key: 16 hex digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def verifies(public: bytes, signature: bytes, content: bytes) -> bool:
    """Tell whether the key's owner has signed exactly this."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except (InvalidSignature, ValueError):  # ValueError: no point of the curve
        return False
    return True


def read_public(text: bytes) -> bytes | None:
    """Return the 32 bytes of the Ed25519 public key in a PEM file; None when it is none."""
    lines = text.strip().split(b"\n")
    if (lines[0].strip(), lines[-1].strip()) != (_BEGIN, _END):
        return None
    try:
        encoded = base64.b64decode(b"".join(line.strip() for line in lines[1:-1]), validate=True)
    except ValueError:
        return None
    return encoded[len(_SPKI) :] if encoded.startswith(_SPKI) and len(encoded) == len(_SPKI) + _KEY_LENGTH else None


def write_public(public: bytes) -> bytes:
    """Return the PEM file of a public key, as openssl reads it."""
    return b"\n".join((_BEGIN, base64.b64encode(_SPKI + public), _END, b""))


class SigningKey:
    """A private key that was opened with its passphrase."""

    def __init__(self, private: bytes) -> None:
        """Take the 32 bytes of a private key."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.public = self._key.public_key().public_bytes_raw()
        self.id = name_key(self.public)

    @classmethod
    def make(cls) -> Self:
        """Return a new one, kept nowhere."""
        return cls(os.urandom(_KEY_LENGTH))

    @classmethod
    def open(cls, path: Path, passphrase: bytes) -> Self:
        """Return the key in a file.

        Raises:
            UsageError: It cannot be read, is open to others, or is no Ed25519 key that this passphrase opens.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        content = _private(path)
        try:
            key = load_pem_private_key(content, passphrase)
        except TypeError as error:  # what the library says of a key without a passphrase
            hint = f"openssl pkcs8 -topk8 -in {path} -out FILE gives it one"
            raise UsageError(f"{path} is not encrypted: whoever copies it can sign", hint=hint) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            hint = "is it the passphrase of this key? `aiops-agent playbook keygen --out FILE` makes a new one"
            raise UsageError(f"{path} cannot be opened with this passphrase", hint=hint) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise UsageError(f"{path} is no Ed25519 key", hint="`aiops-agent playbook keygen --out FILE` makes one")
        return cls(key.private_bytes_raw())

    def keep(self, path: Path, passphrase: bytes) -> Path:
        """Write it to a new file of mode 0600, encrypted, and its public half to `path`.pub; return where that is.

        Raises:
            UsageError: One of them exists already, or cannot be written; or the passphrase is too short.
        """
        from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

        if len(passphrase.decode(errors="replace")) < LEAST_PASSPHRASE:
            hint = "four words that nobody would put together are long enough, and can be remembered"
            raise UsageError(f"the passphrase has fewer than {LEAST_PASSPHRASE} characters", hint=hint)
        published = path.with_name(f"{path.name}.pub")
        if os.path.lexists(published):
            raise _not_written(published, "exists already")
        encrypted = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
        _write_new(path, encrypted, 0o600)
        _write_new(published, write_public(self.public), 0o644)
        return published

    def sign(self, content: bytes) -> bytes:
        """Return the signature of `content`: 64 bytes."""
        return self._key.sign(content)


def _private(path: Path) -> bytes:
    hint = "name the key with --key FILE; `aiops-agent playbook keygen --out FILE` makes one"
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UsageError(f"{path} is no plain file", hint=hint)
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise UsageError(
                    f"{path} is open to others (mode {stat.S_IMODE(status.st_mode):o})",
                    hint=f"chmod 600 {path}; if others use this machine, make a new key and revoke this one",
                )
            return file.read(_LONGEST_FILE)
    except OSError as error:
        raise UsageError(f"the key {path} cannot be read: {error.strerror}", hint=hint) from error


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            # Whatever the umask: the public half must be readable, and by no means writable.
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise _not_written(path, "exists already") from error
    except OSError as error:
        raise _not_written(path, str(error.strerror)) from error


def _not_written(path: Path, why: str) -> UsageError:
    return UsageError(f"{path} is not written: {why}", hint="name a new file; no key is ever overwritten")
