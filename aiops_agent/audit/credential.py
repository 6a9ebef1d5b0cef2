"""The wrapping key of an audit log as a credential of systemd: on this host's disk it is never in the clear."""

from pathlib import Path

from aiops_agent.audit.key_files import KEY_LENGTH
from aiops_agent.audit.keys import Keys
from aiops_agent.audit.wrapping import KEPT_LENGTH, keep, kept, name_key
from aiops_agent.errors import AuditError, UsageError

_SIGNING_CONTEXT = b"AIA1 signing key"
_REKEYED = "rekeyed"
"""Ids of an old and a new wrapping key that the log has a record of: the old credential stays until a person acts."""

STORE = "/etc/credstore.encrypted"


class CredentialKeys(Keys):
    """A wrapping key that systemd decrypts for the unit alone; signing keys in a folder, encrypted with it.

    A copy of the disk, or of state_dir, then gives neither contents nor a key to sign with. `NAME.old` beside the
    credential is the wrapping key before it. A wrapping key is never made here.
    """

    left_to_do = f"remove its credential, NAME.old in {STORE}"

    def __init__(
        self, directory: Path, credentials: Path | None, name: str, auditor: bytes | Path | None = None
    ) -> None:
        """Read nothing yet.

        Args:
            directory: Where the signing keys lie.
            credentials: $CREDENTIALS_DIRECTORY; None: this process was given none.
            name: Of the credential.
            auditor: As of `Keys`.
        """
        super().__init__(directory, auditor)
        self._credentials = credentials
        self._name = name
        self._given: dict[str, bytes] = {}

    def create(self) -> None:
        """Make the signing keys of a new log, for a wrapping key that is here.

        Raises:
            AuditError: There is no such key, or something is encrypted with one that was here.
        """
        self._current()
        self._folder.make()
        self._refuse_to_replace()
        self._create_signing()

    def _current(self) -> bytes:
        key = self._credential(self._name)
        if key is None:
            raise AuditError(f"systemd gave this unit no credential {self._name}", hint=self._way_to_make())
        return key

    def _old(self) -> bytes | None:
        return self._credential(f"{self._name}.old")

    def _credential(self, name: str) -> bytes | None:
        if name in self._given:  # they do not change while a unit runs
            return self._given[name]
        if self._credentials is None:
            raise AuditError(
                f"the wrapping key of the audit log is the credential {self._name}, which systemd gives to the agent's "
                "unit alone: $CREDENTIALS_DIRECTORY is not set here",
                hint="run the command as root in a unit that is given it:\n"
                f"  systemd-run --pipe --wait --uid=aiops-agent -p LoadCredentialEncrypted={self._name} "
                "/opt/aiops-agent/bin/aiops-agent ...",
            )
        try:
            with (self._credentials / name).open("rb") as file:
                key = file.read(KEY_LENGTH + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise AuditError(
                f"the credential {name} in {self._credentials} cannot be read: {error.strerror}",
                hint="run this as the user of the unit: systemd-run --uid=aiops-agent",
            ) from error
        if len(key) != KEY_LENGTH:
            raise AuditError(f"the credential {name} is not a key of {KEY_LENGTH} bytes", hint=self._way_to_make())
        self._given[name] = key
        return key

    def _way_to_make(self) -> str:
        give = f"add LoadCredentialEncrypted={self._name} to the unit"
        encrypt = f"systemd-creds encrypt --name={self._name} {{}} {STORE}/{self._name}"
        if self.exist():
            return (
                f"{give}; the log exists, and opens with the key it began with only: "
                f"{encrypt.format('BACKUP')} with the 32 bytes of its backup. No new key is made"
            )
        return f"head -c 32 /dev/urandom | {encrypt.format('-')}, keep a copy off this host, and {give}"

    def _shut(self, private: bytes) -> bytes:
        return keep(self._current(), private, _SIGNING_CONTEXT)

    def _signing(self, name: str) -> bytes:
        content = self._folder.read(name, KEPT_LENGTH, KEY_LENGTH)
        if len(content) == KEY_LENGTH:  # of the time when the wrapping key was a file too: replaced by the next one
            return content
        private = self._kept(content, _SIGNING_CONTEXT)
        if private is None:
            raise AuditError(
                f"{self._folder.path / name} is encrypted with the wrapping key {kept(content)[0].hex()}; "
                f"the credential {self._name} is {self.key_id.hex()}",
                hint=f"give the unit the credential it was encrypted with, as {self._name} or as {self._name}.old, or "
                "restore both from one backup",
            )
        return private

    def owed_rekey(self) -> bytes | None:
        """Return the body of the REKEY record that the log must get before anything else; None when it owes none."""
        old = self._old()
        if old and self._folder.holds(_REKEYED):
            done = self._folder.read(_REKEYED, 2 * len(self.key_id))
            if done == name_key(old) + self.key_id:
                return None
        return super().owed_rekey()

    def _let_go(self) -> None:
        """Encrypt the signing keys anew and note that the log has the record: a person does the rest."""
        for name in self._signing_names():
            self._folder.put(name, self._shut(self._signing(name)))
        if old := self._old():
            self._folder.put(_REKEYED, name_key(old) + self.key_id)

    def rotate(self) -> tuple[bytes, bytes]:
        """Return the ids of the old and the new key, if a person has put both there and the log has no record of it.

        Raises:
            UsageError: A person has to do it, and the hint says how.
            AuditError: The signing keys are gone.
        """
        old = self._old() if self._credentials else None
        if old is None or self.owed_rekey() is None:
            raise UsageError(
                f"the wrapping key is the credential {self._name}, which this program cannot write. As root, where the "
                f"unit has the lines LoadCredentialEncrypted={self._name} and {self._name}.old:",
                hint=self._steps(),
            )
        self.check()
        return name_key(old), self.key_id

    def _steps(self) -> str:
        name, place = self._name, f"{STORE}/{self._name}"
        old = f"systemd-creds encrypt --name={name}.old - {place}.old"
        run = f"systemd-run --pipe --wait --uid=aiops-agent -p LoadCredentialEncrypted={name}"
        return "\n  ".join(
            (
                f"systemd-creds decrypt --name={name} {place} - | {old}",
                f"head -c 32 /dev/urandom | systemd-creds encrypt --name={name} - {place}.new  # keep a copy elsewhere",
                f"mv {place}.new {place}",
                "systemctl try-restart aiops-agent-daemon.service",
                f"{run} -p LoadCredentialEncrypted={name}.old /opt/aiops-agent/bin/aiops-agent audit rotate-key",
                f"rm {place}.old  # not before that has succeeded",
            )
        )
