"""The keys of an audit log: a wrapping key, a signing key that is replaced at each checkpoint, its genesis."""

import secrets
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

from aiops_agent.audit.auditor import read_public, seal
from aiops_agent.audit.damage import way_out
from aiops_agent.audit.key_files import GENESIS, KEY_LENGTH, SIGNING, WRAPPING, KeyFolder, sync_directory
from aiops_agent.audit.record import name_log
from aiops_agent.audit.wrapping import (
    KEPT_LENGTH,
    hand_over,
    keep,
    kept,
    name_key,
    rekeyed,
    take_over,
    unwrap,
    wrap,
)
from aiops_agent.errors import AuditError
from aiops_agent.hints import ClassVar, Protocol

_OLD = "wrapping.old"
_NEXT = "wrapping.next"
_SUCCESSOR = "signing.next"
_STATE = "state.key"
_STATE_CONTEXT = b"AIA1 state key"
"""What the state encrypts with lies here too: key id | wrapped."""


class KeyProvider(Protocol):
    """What a log needs of whoever keeps its keys. Nothing is read or made before it is needed."""

    @property
    def genesis(self) -> bytes:
        """The Ed25519 public key that the log begins with: all an auditor has to pin."""

    @property
    def log_id(self) -> bytes:
        """The name of the log these keys belong to."""

    @property
    def key_id(self) -> bytes:
        """Which wrapping key is the current one; tells nothing about the key itself."""

    @property
    def auditor(self) -> bytes | None:
        """The X25519 public key of an auditor off this host."""

    def exist(self) -> bool:
        """Tell whether the keys of a log were made here."""

    def create(self) -> None:
        """Make the keys of a new log. Never called for a log that exists: a lost key is not replaced."""

    def check(self) -> None:
        """Read every key that the next record needs.

        Raises:
            AuditError: One is missing or cannot be used.
        """

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted with the current key, so that only the same `context` opens it."""

    def knows(self, key_id: bytes) -> bool:
        """Tell whether this wrapping key is here: the current one, the one before, or one learnt from the log."""

    def unwrap(self, key_id: bytes, wrapped: bytes, context: bytes) -> bytes | None:
        """Return what was wrapped, or None when it was not by this key in this context, or the key is not here."""

    def learn(self, rekey_body: bytes) -> bool:
        """Take the old key out of a REKEY record; False when its new key is unknown or does not open it.

        Keys hang one on the other from the newest back: learn the last record of a log first.
        """

    def owed_rekey(self) -> bytes | None:
        """Return the body of the REKEY record that the log must get before anything else; None when it owes none."""

    def forget_old(self) -> None:
        """Let go of the old wrapping key, once that record is durable."""

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """Return the body of a SEALED record: only the auditor opens it. Needs an `auditor`."""

    def verifying_keys(self) -> list[bytes]:
        """Return the public keys of the signing key and, if one is prepared, of its successor.

        The log announces one of them for the next checkpoint, unless it or the keys were put back.
        """

    def signing_key(self, announced: bytes) -> bytes | None:
        """Return the private key of `announced`, making it the current one; None when it is not here."""

    def prepare_successor(self, private: bytes) -> None:
        """Keep the next signing key, durably, before the log announces it."""

    def adopt_successor(self) -> None:
        """Forget the signing key for its successor, once the log has announced that one durably."""


class Keys(ABC):
    """What all providers have in common: signing keys in a folder, and wrapping keys that are handed over."""

    def __init__(self, directory: Path, auditor: bytes | Path | None = None) -> None:
        """Read nothing yet.

        Args:
            directory: Where the keys lie, or those of them that are files.
            auditor: The X25519 public key of an auditor, or the file it is in.
        """
        self.directory = directory
        self._auditor = auditor
        self._folder = KeyFolder(directory)
        self._learnt: dict[bytes, bytes] = {}
        self._owed: bytes | None = None

    @abstractmethod
    def create(self) -> None:
        """Make the keys of a new log. Never called for a log that exists: a lost key is not replaced.

        Raises:
            AuditError: Something is encrypted with a wrapping key that was here.
        """

    @abstractmethod
    def rotate(self) -> tuple[bytes, bytes]:
        """See to it that there is a new wrapping key beside the old one, and return their ids, the old one first.

        The next record then takes the old one over.

        Raises:
            UsageError: A person has to do it, and the hint says how.
            AuditError: The keys of the log are gone, or the disk refused.
        """

    left_to_do: ClassVar[str]
    """What is to be done about the old wrapping key, when the log has taken it over."""

    @abstractmethod
    def _current(self) -> bytes:
        """Return the wrapping key."""

    @abstractmethod
    def _old(self) -> bytes | None:
        """Return the wrapping key before it, while that is still here."""

    @abstractmethod
    def _let_go(self) -> None:
        """Do what is left to do about the old wrapping key."""

    @abstractmethod
    def _shut(self, private: bytes) -> bytes:
        """Return a signing key as it lies in its file."""

    @abstractmethod
    def _signing(self, name: str) -> bytes:
        """Return the signing key in a file."""

    @property
    def auditor(self) -> bytes | None:
        """The X25519 public key of an auditor off this host."""
        return read_public(self._auditor) if isinstance(self._auditor, Path) else self._auditor

    def check(self) -> None:
        """Read every key that the next record needs.

        Raises:
            AuditError: One is missing or cannot be used.
        """
        self._folder.read(GENESIS)
        self._current()
        for name in self._signing_names():
            self._signing(name)

    def _refuse_to_replace(self) -> None:
        if self._folder.holds(_STATE):
            raise AuditError(
                f"{self.directory / GENESIS} is gone, and what the state keeps encrypted hangs on the keys beside it",
                hint="restore the folder from its backup; no new keys are made",
            )

    def exist(self) -> bool:
        """Tell whether the keys of a log were made here."""
        return self._folder.holds(GENESIS)

    def _create_signing(self) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        signing = Ed25519PrivateKey.generate()
        genesis = signing.public_key().public_bytes_raw()
        self._folder.write(SIGNING, self._shut(signing.private_bytes_raw()))
        # Last: a crash before it leaves keys of no log, which may be made anew.
        self._folder.put(GENESIS, genesis)
        sync_directory(self.directory.parent)

    @cached_property
    def genesis(self) -> bytes:
        """The Ed25519 public key that the log begins with: all an auditor has to pin."""
        return self._folder.read(GENESIS)

    @property
    def log_id(self) -> bytes:
        """The name of the log these keys belong to."""
        return name_log(self.genesis)

    @property
    def key_id(self) -> bytes:
        """Which wrapping key is the current one; tells nothing about the key itself."""
        return name_key(self._current())

    def wrap(self, secret: bytes, context: bytes) -> bytes:
        """Return `secret` encrypted with the current key, so that only the same `context` opens it."""
        return wrap(self._current(), secret, context)

    def knows(self, key_id: bytes) -> bool:
        """Tell whether this wrapping key is here: the current one, the one before, or one learnt from the log."""
        return self._key(key_id) is not None

    def unwrap(self, key_id: bytes, wrapped: bytes, context: bytes) -> bytes | None:
        """Return what was wrapped, or None when it was not by this key in this context, or the key is not here."""
        key = self._key(key_id)
        return unwrap(key, wrapped, context) if key else None

    def _key(self, key_id: bytes) -> bytes | None:
        if key_id in self._learnt:
            return self._learnt[key_id]
        return next((key for key in (self._current(), self._old()) if key and name_key(key) == key_id), None)

    def learn(self, rekey_body: bytes) -> bool:
        """Take the old key out of a REKEY record; False when its new key is unknown or does not open it."""
        old_id, new_id = rekeyed(rekey_body)
        new = self._key(new_id)
        old = take_over(self.log_id, new, rekey_body) if new else None
        if old is None:
            return False
        self._learnt[old_id] = old
        return True

    def owed_rekey(self) -> bytes | None:
        """Return the body of the REKEY record that the log must get before anything else; None when it owes none."""
        old, current = self._old(), self._current()
        if not old or old == current:
            return None
        self._owed = old
        return hand_over(self.log_id, old, current)

    def forget_old(self) -> None:
        """Let go of the old wrapping key, once the record that was owed is durable.

        What lies beside the keys and is still protected by the old one is protected by the current one first. A key
        that was put in the place of another meanwhile is not forgotten: the log has no record of that yet.
        """
        if self._owed is None or self._owed != self._old():
            return
        if self._folder.holds(_STATE):
            content = self._folder.read(_STATE, KEPT_LENGTH)
            secret = self._kept(content, _STATE_CONTEXT)
            if secret and kept(content)[0] != self.key_id:  # what opens with neither key is lost already
                self._folder.put(_STATE, keep(self._current(), secret, _STATE_CONTEXT))
        self._let_go()
        self._owed = None

    def _kept(self, content: bytes, context: bytes) -> bytes | None:
        """Return the secret in a file that names its wrapping key; None when that is not here or does not open it."""
        return self.unwrap(*kept(content), context)

    def seal(self, secret: bytes, context: bytes) -> bytes:
        """Return the body of a SEALED record: only the auditor opens it. Needs an `auditor`."""
        if self.auditor is None:
            raise ValueError("no auditor is configured")
        return seal(self.auditor, secret, context)

    def verifying_keys(self) -> list[bytes]:
        """Return the public keys of the signing key and, if one is prepared, of its successor."""
        return [_public(self._signing(name)) for name in self._signing_names()]

    def signing_key(self, announced: bytes) -> bytes | None:
        """Return the private key of `announced`, making it the current one; None when it is not here."""
        for name in self._signing_names():
            private = self._signing(name)
            if _public(private) == announced:
                if name == _SUCCESSOR:  # the last writer ended between announcing and adopting it
                    self.adopt_successor()
                return private
        return None

    def _signing_names(self) -> list[str]:
        return [SIGNING, _SUCCESSOR] if self._folder.holds(_SUCCESSOR) else [SIGNING]

    def prepare_successor(self, private: bytes) -> None:
        """Keep the next signing key, durably, before the log announces it."""
        self._folder.put(_SUCCESSOR, self._shut(private))  # whole or not at all: whoever verifies reads it too

    def adopt_successor(self) -> None:
        """Forget the signing key for its successor, once the log has announced that one durably."""
        self._folder.rename(_SUCCESSOR, SIGNING)


class FileKeys(Keys):
    """Keys in a folder of mode 0700, in files of mode 0600."""

    left_to_do = "it is gone from state_dir; destroy its backups when you trust the new ones"

    def create(self) -> None:
        """Make the keys of a new log. Never called for a log that exists: a lost key is not replaced.

        Raises:
            AuditError: Something is encrypted with a wrapping key that was here.
        """
        self._folder.make()
        self._refuse_to_replace()
        self._folder.write(WRAPPING, secrets.token_bytes(KEY_LENGTH))
        self._create_signing()

    def _current(self) -> bytes:
        return self._folder.read(WRAPPING)

    def _old(self) -> bytes | None:
        return self._folder.read(_OLD) if self._folder.holds(_OLD) else None

    def _shut(self, private: bytes) -> bytes:
        return private

    def _signing(self, name: str) -> bytes:
        return self._folder.read(name)

    def rotate(self) -> tuple[bytes, bytes]:
        """Put a new wrapping key in the place of the current one, which is kept until the log has taken it over.

        A kill at any point leaves either the current key alone or both. A rotation that was begun is not begun again.
        """
        self.check()
        try:
            return self._rotated()
        except OSError as error:
            raise AuditError(
                f"no new wrapping key could be written to {self.directory}: {error.strerror}",
                hint=way_out(
                    error, "the one before it goes on; check the disk's space and health, and who owns the folder"
                ),
            ) from error

    def _rotated(self) -> tuple[bytes, bytes]:
        current, old = self._current(), self._old()
        if old and old != current:
            return name_key(old), name_key(current)
        new = secrets.token_bytes(KEY_LENGTH)
        self._folder.put(_NEXT, new)
        self._folder.put(_OLD, current)
        self._folder.rename(_NEXT, WRAPPING)
        self._folder.sync()
        return name_key(current), name_key(new)

    def _let_go(self) -> None:
        self._folder.remove(_OLD)


def _public(private: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
