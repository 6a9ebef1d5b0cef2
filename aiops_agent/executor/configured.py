"""executor.yaml -> Settings, or every fault of the file at once. Root's own: the agent's configuration is not asked."""

import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from aiops_agent.errors import ConfigError, Fault
from aiops_agent.executor.persons import Approvers
from aiops_agent.model.decision import Mode
from aiops_agent.model.order import SOCKET
from aiops_agent.model.playbook import Scalar
from aiops_agent.model.signature import MANIFEST, TRUSTED, SigningRules
from aiops_agent.noun import dataclass, field
from aiops_agent.playbook.document import Document, Place
from aiops_agent.playbook.kinds import parse_duration, parse_unit
from aiops_agent.policy.limits import Group, Limits

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
    others = [Fault(str(path), 0, "", why) for why in written_by_others(path)]
    if others:
        raise ConfigError(others, hint=_HINT)
    document = Document(str(path))
    try:
        document.read(path.read_bytes())
    except OSError as error:
        raise ConfigError([Fault(str(path), 0, "", f"cannot be read: {error.strerror}")], hint=_HINT) from error
    try:
        if not document.faults:
            return _File.model_validate(document.data).settled(shipped)
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = tuple(part for part in problem["loc"] if part != "[key]")
            document.fault(place, _message(place, problem["type"], problem["msg"]))
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


def _absolute(given: object) -> Path:
    if isinstance(given, str) and given.startswith("/") and "\0" not in given:
        return Path(given)
    raise ValueError(f"{given!r} is not an absolute path")


def _plain(given: object) -> object:
    if isinstance(given, str | int | bool):
        return given
    raise ValueError("is not a text, a whole number, true or false")


_Unit = Annotated[str, AfterValidator(parse_unit)]
_Path = Annotated[Path, BeforeValidator(_absolute)]
_Parameters = Annotated[
    dict[str, Annotated[str | int | bool, BeforeValidator(_plain)]],
    BeforeValidator(lambda given: {} if given is None else given),
]
_Duration = Annotated[timedelta, BeforeValidator(lambda given: timedelta(seconds=parse_duration(given)))]
_Count = Annotated[int, Field(ge=1, le=1000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Approvers(_Strict):
    users: list[str] = []
    groups: list[str] = []


class _Limits(_Strict):
    unlock_after: int = Field(default=Limits().unlock_after, ge=0, le=1000)
    runs_per_hour: _Count = Limits().runs_per_hour
    host_runs_per_hour: _Count = Limits().host_runs_per_hour
    repairs_per_day: _Count = Limits().repairs_per_day


class _Group(_Strict):
    name: str
    services: list[_Unit]
    minimum: _Count

    @model_validator(mode="after")
    def _can_be_met(self) -> "_Group":
        if self.minimum >= len(set(self.services)):
            raise ValueError("can never be met: so many others are not there beside the one that is restarted")
        return self


class _Signing(_Strict):
    manifest: _Path = MANIFEST
    trusted: _Path = TRUSTED
    group: str = ""
    two_signatures: bool = False


class _File(_Strict):
    agent: Annotated[int, BeforeValidator(_uid)] = Field(default="aiops-agent", validate_default=True)
    services: dict[_Unit, _Parameters] = {}
    playbooks: list[_Path] = []
    approvers: _Approvers = _Approvers()
    mode: Annotated[Mode, Field(strict=False)] = Mode.APPROVE
    approval_expires: _Duration = timedelta(hours=1)
    limits: _Limits = _Limits()
    groups: list[_Group] = []
    signing: _Signing = _Signing()
    state_dir: _Path = Path(STATE_DIR)
    socket: _Path = Path(SOCKET)

    @field_validator("groups")
    @classmethod
    def _have_names_of_their_own(cls, groups: list[_Group]) -> list[_Group]:
        if len({group.name for group in groups}) < len(groups):
            raise ValueError("two have one name: what is counted for one would count for the other")
        return groups

    def settled(self, shipped: Path) -> Settings:
        """Return it as the rest of the program reads it."""
        groups = (Group(name=g.name, services=tuple(g.services), minimum=g.minimum) for g in self.groups)
        return Settings(
            agent=self.agent,
            services=self.services,
            playbooks=(shipped, *self.playbooks),
            approvers=Approvers(tuple(self.approvers.users), tuple(self.approvers.groups)),
            mode=self.mode,
            approval_expires=self.approval_expires,
            limits=Limits(**dict(self.limits), groups=tuple(groups)),
            signing=SigningRules(**dict(self.signing), owners=(0, os.geteuid())),
            state_dir=self.state_dir,
            socket=self.socket,
        )


KEYS = tuple(_File.model_fields)
_SECTIONS: Mapping[str, type[BaseModel]] = {
    "approvers": _Approvers, "limits": _Limits, "groups": _Group, "signing": _Signing
}  # fmt: skip


def _message(place: Place, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        known = _File if len(place) == 1 else _SECTIONS[str(place[0])]
        return f"is not known here; known: {', '.join(known.model_fields)}"
    return message.removeprefix("Value error, ")
