"""executor.yaml -> Settings, or every fault of the file at once. Root's own: the agent's configuration is not asked."""

import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from aiops_agent.errors import ConfigError, Fault
from aiops_agent.executor.persons import Approvers
from aiops_agent.host import SOCKET
from aiops_agent.model.decision import Mode
from aiops_agent.model.playbook import Scalar
from aiops_agent.model.signature import SigningRules
from aiops_agent.noun import dataclass, field
from aiops_agent.playbook.document import Document, Place
from aiops_agent.policy.limits import Limits
from aiops_agent.sections import AbsolutePath, Duration, Groups, GroupSection, SigningSection, Strict, Unit

CONFIG = "/etc/aiops-agent/executor.yaml"
STATE_DIR = "/var/lib/aiops-agent-executor"
APPROVAL_EXPIRES = timedelta(hours=1)

_HINT = "every key is in docs/executor.md"
_WRITABLE = stat.S_IWGRP | stat.S_IWOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What root allows, checked."""

    agent: int
    """The uid that gives orders: the agent's. It can never approve."""

    services: Mapping[str, Mapping[str, Scalar]]
    """The units that may be acted on, and the parameters that playbooks get for each."""

    playbooks: tuple[Path, ...]
    approvers: Approvers
    mode: Mode = Mode.APPROVE
    approval_expires: timedelta = APPROVAL_EXPIRES
    limits: Limits = field(default_factory=Limits)
    """What is done at the most, by the executor's own count; in a group, by its own look at the others."""

    signing: SigningRules = field(default_factory=SigningRules)
    """Whose signatures count: nothing else is done as root, whoever agrees."""

    state_dir: Path = Path(STATE_DIR)
    socket: Path = Path(SOCKET)


def load(path: Path, shipped: Path) -> Settings:
    """Return what the file says; `shipped` are the playbooks that come with the package.

    Raises:
        ConfigError: Every fault of it; also when others than root could have written it.
    """
    document = Document(str(path), faults=[Fault(str(path), 0, "", why) for why in written_by_others(path)])
    try:
        if not document.faults:
            document.read(path.read_bytes())
        if not document.faults:
            return _File.model_validate(document.data).settled(shipped)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = tuple(part for part in problem["loc"] if part != "[key]")
            document.fault(place, _message(place, problem["type"], problem["msg"]))
    except OSError as error:
        document.faults.append(Fault(str(path), 0, "", f"cannot be read: {error.strerror}"))
    raise ConfigError(sorted(document.faults, key=lambda fault: fault.line), hint=_HINT)


def written_by_others(path: Path) -> Iterator[str]:
    """Yield why somebody other than root, or who runs this, could have put there what lies at a path, or above it."""
    for each in (path, *path.parents):
        try:
            found = each.lstat()
        except OSError as error:
            yield f"{each} cannot be looked at: {error.strerror}"
            return
        if found.st_uid not in (0, os.geteuid()):
            yield f"{each} belongs to uid {found.st_uid}: chown root {each}"
        if stat.S_ISLNK(found.st_mode):
            yield f"{each} is a link: put the file itself here"
        # In a folder with the sticky bit nobody can rename what is root's.
        elif found.st_mode & _WRITABLE and (each == path or not found.st_mode & stat.S_ISVTX):
            yield f"{each} can be written by others (mode {stat.S_IMODE(found.st_mode):o}): chmod go-w {each}"


def _uid(name: object) -> int:
    try:
        uid = pwd.getpwnam(str(name)).pw_uid
    except (KeyError, ValueError) as error:  # a name with a NUL
        raise ValueError(f"{name!r} is not a user of this host; it is whom the agent runs as") from error
    if uid == 0:
        raise ValueError("is root: the agent needs a user of its own, without any privilege")
    return uid


def _plain(given: object) -> object:
    if isinstance(given, str | int | bool):
        return given
    raise ValueError("is not a text, a whole number, true or false")


_Parameters = Annotated[
    dict[str, Annotated[str | int | bool, BeforeValidator(_plain)]],
    BeforeValidator(lambda given: {} if given is None else given),
]
_Count = Annotated[int, Field(ge=1, le=1000)]


class _Approvers(Strict):
    users: list[str] = []
    groups: list[str] = []


class _Limits(Strict):
    unlock_after: int = Field(default=Limits().unlock_after, ge=0, le=1000)
    runs_per_hour: _Count = Limits().runs_per_hour
    host_runs_per_hour: _Count = Limits().host_runs_per_hour
    repairs_per_day: _Count = Limits().repairs_per_day


class _File(Strict):
    agent: Annotated[int, BeforeValidator(_uid)] = Field(default="aiops-agent", validate_default=True)
    services: dict[Unit, _Parameters] = {}
    playbooks: list[AbsolutePath] = []
    approvers: _Approvers = _Approvers()
    mode: Annotated[Mode, Field(strict=False)] = Mode.APPROVE
    approval_expires: Duration = APPROVAL_EXPIRES
    limits: _Limits = _Limits()
    groups: Groups = []
    signing: SigningSection = SigningSection()
    state_dir: AbsolutePath = STATE_DIR
    socket: AbsolutePath = SOCKET

    def settled(self, shipped: Path) -> Settings:
        """Return it as the rest of the program reads it."""
        return Settings(
            agent=self.agent,
            services=self.services,
            playbooks=(shipped, *map(Path, self.playbooks)),
            approvers=Approvers(tuple(self.approvers.users), tuple(self.approvers.groups)),
            mode=self.mode,
            approval_expires=self.approval_expires,
            limits=Limits(**dict(self.limits), groups=tuple(group.settled() for group in self.groups)),
            signing=self.signing.settled(os.geteuid()),
            state_dir=Path(self.state_dir),
            socket=Path(self.socket),
        )


KEYS = tuple(_File.model_fields)
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "approvers": _Approvers, "limits": _Limits, "groups": GroupSection, "signing": SigningSection
}  # fmt: skip


def _message(place: Place, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        known = _File if len(place) == 1 else _SECTIONS[str(place[0])]
        return f"is not known here; known: {', '.join(known.model_fields)}"
    return message.removeprefix("Value error, ")
