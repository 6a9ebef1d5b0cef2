"""executor.yaml -> Settings, or every fault of the file at once. Root's own: the agent's configuration is not asked."""

import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

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

KEYS = (
    *("agent", "services", "playbooks", "approvers", "mode", "approval_expires", "limits", "groups", "signing"),
    *("state_dir", "socket"),
)
_HINT = "every key is in docs/executor.md"
_COUNTS = ("unlock_after", "runs_per_hour", "host_runs_per_hour", "repairs_per_day")
_MOST = 1000
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
    read = _Reader(document, shipped).settings()
    if read is None:
        raise ConfigError(sorted(document.faults, key=lambda fault: fault.line), hint=_HINT)
    return read


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


class _Reader:
    """Goes through the document, and notes each fault on its line."""

    def __init__(self, document: Document, shipped: Path) -> None:
        self._document = document
        self._shipped = shipped

    def settings(self) -> Settings | None:
        """Return the settings, or None when there are faults."""
        document = self._document
        data = document.data
        if not isinstance(data, dict):
            document.fault((), "is not a mapping of keys")
            return None
        for key in data:
            if key not in KEYS:
                document.fault((key,), f"is not a key of this file; known: {', '.join(KEYS)}")
        settings = Settings(
            agent=self._agent(data.get("agent", "aiops-agent")),
            services=self._services(data.get("services", {})),
            playbooks=(self._shipped, *map(Path, self._texts(("playbooks",), data.get("playbooks", []), "/"))),
            approvers=self._approvers(data.get("approvers", {})),
            mode=self._mode(data.get("mode", Mode.APPROVE.value)),
            approval_expires=self._expires(data.get("approval_expires", "1h")),
            limits=self._limits(data.get("limits", {}), self._groups(data.get("groups", []))),
            signing=self._signing(data.get("signing", {})),
            state_dir=Path(self._path("state_dir", data.get("state_dir", STATE_DIR))),
            socket=Path(self._path("socket", data.get("socket", SOCKET))),
        )
        return None if document.faults else settings

    def _agent(self, name: object) -> int:
        try:
            uid = pwd.getpwnam(str(name)).pw_uid
        except (KeyError, ValueError):  # a name with a NUL
            self._document.fault(("agent",), f"{name!r} is not a user of this host; it is whom the agent runs as")
            return -1
        if uid == 0:
            self._document.fault(("agent",), "is root: the agent needs a user of its own, without any privilege")
        return uid

    def _services(self, given: object) -> dict[str, dict[str, Scalar]]:
        services: dict[str, dict[str, Scalar]] = {}
        for unit, parameters in self._mapping(("services",), given).items():
            place = ("services", unit)
            self._unit(place, unit)
            values = self._mapping(place, {} if parameters is None else parameters)
            services[unit] = {}
            for name, value in values.items():
                if isinstance(value, str | int | bool):
                    services[unit][name] = value
                else:
                    self._document.fault((*place, name), "is not a text, a whole number, true or false")
        return services

    def _approvers(self, given: object) -> Approvers:
        found = self._mapping(("approvers",), given)
        for key in found:
            if key not in ("users", "groups"):
                self._document.fault(("approvers", key), "is not a key of approvers; known: users, groups")
        users, groups = (self._texts(("approvers", key), found.get(key, []), "") for key in ("users", "groups"))
        return Approvers(users, groups)

    def _mode(self, given: object) -> Mode:
        if given in (*Mode,):
            return Mode(str(given))
        self._document.fault(("mode",), f"{given!r} is not one of {', '.join(Mode)}")
        return Mode.OBSERVE

    def _groups(self, given: object) -> tuple[Group, ...]:
        if not isinstance(given, list):
            self._document.fault(("groups",), "is not a list of groups")
            return ()
        groups = tuple(self._group(("groups", number), each) for number, each in enumerate(given))
        if len({group.name for group in groups}) < len(groups):
            self._document.fault(("groups",), "has two of one name")
        return groups

    def _group(self, place: Place, given: object) -> Group:
        found = self._mapping(place, given)
        if found.keys() != {"name", "services", "minimum"}:
            self._document.fault(place, "is not of these keys: name, services, minimum")
        services = self._texts((*place, "services"), found.get("services", []), "")
        for unit in services:
            self._unit((*place, "services"), unit)
        minimum = found.get("minimum")
        if type(minimum) is not int or not 1 <= minimum < len(set(services)):
            self._document.fault((*place, "minimum"), "is not from 1 to as many others as there are beside one of them")
            minimum = 1
        return Group(name=str(found.get("name")), services=services, minimum=minimum)

    def _limits(self, given: object, groups: tuple[Group, ...]) -> Limits:
        counts: dict[str, int] = {}
        for key, value in self._mapping(("limits",), given).items():
            if key not in _COUNTS:
                self._document.fault(("limits", key), f"is not a key of limits; known: {', '.join(_COUNTS)}")
            elif isinstance(value, int) and not isinstance(value, bool) and (key != _COUNTS[0]) <= value <= _MOST:
                counts[key] = value
            else:
                self._document.fault(("limits", key), f"{value!r} is not a whole number up to {_MOST}")
        usual = Limits()
        return Limits(
            unlock_after=counts.get("unlock_after", usual.unlock_after),
            runs_per_hour=counts.get("runs_per_hour", usual.runs_per_hour),
            host_runs_per_hour=counts.get("host_runs_per_hour", usual.host_runs_per_hour),
            repairs_per_day=counts.get("repairs_per_day", usual.repairs_per_day),
            groups=groups,
        )

    def _signing(self, given: object) -> SigningRules:
        found = self._mapping(("signing",), given)
        for key in found:
            if key not in ("manifest", "trusted", "group", "two_signatures"):
                known = "manifest, trusted, group, two_signatures"
                self._document.fault(("signing", key), f"is not a key of signing; known: {known}")
        group, two = found.get("group", ""), found.get("two_signatures", False)
        if not isinstance(group, str):
            self._document.fault(("signing", "group"), "is not a name")
        if not isinstance(two, bool):
            self._document.fault(("signing", "two_signatures"), "is neither true nor false")
        return SigningRules(
            manifest=Path(self._path("manifest", found.get("manifest", str(MANIFEST)))),
            trusted=Path(self._path("trusted", found.get("trusted", str(TRUSTED)))),
            group=str(group),
            two_signatures=two is True,
            owners=(0, os.geteuid()),
        )

    def _unit(self, place: Place, name: str) -> None:
        try:
            parse_unit(name)
        except ValueError as error:
            self._document.fault(place, str(error))

    def _expires(self, given: object) -> timedelta:
        try:
            return timedelta(seconds=parse_duration(given))
        except ValueError as error:
            self._document.fault(("approval_expires",), str(error))
            return APPROVAL_EXPIRES

    def _path(self, key: str, given: object) -> str:
        if isinstance(given, str) and given.startswith("/") and "\0" not in given:
            return given
        self._document.fault((key,), f"{given!r} is not an absolute path")
        return "/"

    def _texts(self, place: Place, given: object, prefix: str) -> tuple[str, ...]:
        if isinstance(given, list) and all(isinstance(each, str) and each.startswith(prefix) for each in given):
            return tuple(given)
        self._document.fault(place, "is not a list of " + ("absolute paths" if prefix else "names"))
        return ()

    def _mapping(self, place: Place, given: object) -> dict[str, object]:
        if isinstance(given, dict):
            return given
        self._document.fault(place, "is not a mapping of keys")
        return {}
