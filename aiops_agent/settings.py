"""What config.yaml comes to: the nouns of the configuration, apart from the libraries that read and check the file."""

import os
import stat
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from aiops_agent.hints import Literal
from aiops_agent.host import SOCKET
from aiops_agent.model.event import LocalPattern
from aiops_agent.noun import dataclass, field
from aiops_agent.policy.decide import PolicySettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.connection import Connection
    from aiops_agent.model.playbook import Scalar
    from aiops_agent.model.signature import SigningRules

CREDENTIALS = "CREDENTIALS_DIRECTORY"
"""The variable in which systemd says where a unit's credentials are."""

LONGEST_NAME = 200
"""Characters of a credential's name: with `.old` behind it still a file's."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """One source: files, logs of containers, or the journal."""

    paths: tuple[str, ...]
    """None for the journal."""

    service: str | None
    start: Literal["end", "beginning"]
    parameters: "dict[str, Scalar]"
    type: Literal["file", "journald", "container"] = "file"
    units: tuple[str, ...] = ()
    """Of the journal; none: the whole of it."""

    roots: tuple[str, ...] = ()
    """Below which folders playbooks may change files for its service; none: it does not say."""

    silence: timedelta | Literal["auto"] | None = None
    """After how long a silence is told; `auto`: as learned; None: never."""

    @property
    def key(self) -> str:
        """Return what the source is remembered by: another pattern, unit or service makes it another source."""
        kind = () if self.type == "file" else (self.type,)
        return "\0".join((self.service or "", *self.paths, *self.units, *kind))

    @property
    def services(self) -> tuple[str, ...]:
        """Return what its parameters are for."""
        return (self.service,) if self.service else self.units

    @property
    def name(self) -> str:
        """Return what people call it."""
        return ", ".join(self.paths or self.units or ("journald",))


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """One destination for reports."""

    type: Literal["slack", "telegram"]
    name: str
    reference: str
    """Where the token is: `file:PATH`, `env:NAME` or `credential:NAME`."""

    token: str = field(repr=False)
    """Empty in a command that delivers nothing."""

    target: str
    """Slack: the channel; Telegram: the chat id."""

    base_url: str | None
    locale: str


@dataclass(frozen=True, slots=True)
class Config:
    """What the operators want, checked."""

    path: Path
    state_dir: Path
    sources: tuple[SourceSettings, ...]
    faults: tuple[LocalPattern, ...]
    """What is a fault on this host, beside what is one everywhere."""

    ignore: tuple[LocalPattern, ...]
    """What is none here, whatever it says."""

    policy: PolicySettings
    every: timedelta
    """How long the daemon lets pass at most between two whole ticks."""

    locale: str
    report_dir: Path
    chat: tuple[ChatSettings, ...]
    keep: timedelta | None
    """How long the audit log holds what was done; None: for ever."""

    knowledge_base: tuple[Path, ...]
    playbooks: tuple[Path, ...]
    models: Path | None
    """A folder that `aiops-agent model import` or `model train` has written; None: the shipped one."""

    anchor_journal: bool
    """Whether the system's journal is told where the audit log stands."""

    anchor_file: Path | None
    """A file outside of state_dir that is told too."""

    signing: "SigningRules"
    """Whose signatures of playbooks count."""
    executor: Path | None = Path(SOCKET)
    """Where the root executor listens; None: it is never asked."""

    credential: str | None = None
    """Which credential of systemd is the wrapping key of the audit log; None: it is a file in state_dir/keys."""

    auditor_key: Path | None = None
    """Where the public key of an auditor is, to whom the first MAC keys are sealed."""

    connections: "Mapping[str, Connection]" = field(default_factory=dict)
    """By name: databases that playbooks may ask."""

    credentials: Path | None = field(default=None, repr=False)
    """Where systemd put the credentials of this process: who reads the environment fills it in."""


_FOR_OTHERS = stat.S_IRWXO | stat.S_IWGRP
_LONGEST_SECRET = 1 << 16


def looked_up(reference: str, environment: Mapping[str, str] | None) -> str:
    """Return what a reference points to: a secret itself does not belong in a file that is copied and backed up."""
    kind, _, place = reference.partition(":")
    is_one = {"env": bool(place), "file": place.startswith("/"), "credential": is_credential_name(place)}
    if not is_one.get(kind):
        raise ValueError(
            'must point to the secret: "file:/etc/aiops-agent/NAME" (mode 0600), "env:NAME" or "credential:NAME"'
        )
    if environment is None:
        return ""
    if kind == "env":
        if not environment.get(place):
            raise ValueError(f"the environment variable {place} is not set")
        return environment[place]
    return _text(_private(place), place) if kind == "file" else _read(_credential(place, environment))


def is_credential_name(name: str) -> bool:
    """Tell whether systemd takes it as the name of a credential, as far as it needs no quotes in a unit."""
    plain = name.replace(".", "").replace("-", "").replace("_", "")
    return plain.isalnum() and name.isascii() and len(name) <= LONGEST_NAME


def _credential(name: str, environment: Mapping[str, str]) -> Path:
    folder = environment.get(CREDENTIALS)
    place = Path(folder or "", name)
    if folder is None or not place.exists():
        raise ValueError(
            f"systemd gave no credential {name}: add LoadCredentialEncrypted={name} to the unit, "
            f"`systemd-creds encrypt --name={name} FILE /etc/credstore.encrypted/{name}`, and run this in the unit"
        )
    return place


def _read(place: Path) -> str:
    try:
        return _text(place.read_bytes(), place)
    except OSError as error:
        raise ValueError(f"{place} cannot be read: {error.strerror}") from error


def _private(place: str) -> bytes:
    """Return what a file holds that is for its owner, and perhaps a group that may read it, alone."""
    try:
        with os.fdopen(os.open(place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ValueError(f"{place} is no plain file")
            if status.st_mode & _FOR_OTHERS:
                mode = stat.S_IMODE(status.st_mode)
                raise ValueError(
                    f"{place} is open to others (mode {mode:o}): chmod 600 {place}, or 640 where the agent reads it as "
                    "a member of its group; and have the secret replaced if others use this host"
                )
            return file.read(_LONGEST_SECRET)
    except OSError as error:
        raise ValueError(f"{place} cannot be read: {error.strerror}") from error


def _text(secret: bytes, place: Path | str) -> str:
    try:
        return secret.decode().strip()
    except UnicodeDecodeError as error:  # whose own words quote the secret
        raise ValueError(f"{place} holds what is no text") from error
