"""config.yaml -> Config, or every fault of the file at once, each with its line."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta, tzinfo
from itertools import product
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from aiops_agent.assembly.local import check_literal, check_pattern
from aiops_agent.audit.auditor import read_public
from aiops_agent.errors import AuditError, ConfigError, Fault
from aiops_agent.model.connection import Connection
from aiops_agent.model.decision import Mode
from aiops_agent.model.event import LocalPattern, Severity
from aiops_agent.model.order import SOCKET
from aiops_agent.model.signature import MANIFEST, TRUSTED, SigningRules
from aiops_agent.playbook.kinds import PORT, parse_duration, parse_host, parse_name, parse_root, parse_unit
from aiops_agent.policy.decide import PolicySettings, Rule
from aiops_agent.policy.limits import Group, Limits
from aiops_agent.policy.windows import A_DAY, Window
from aiops_agent.settings import ChatSettings, Config, SourceSettings, is_credential_name, looked_up
from aiops_agent.sources.container import PATHS as CONTAINER_LOGS


def load(path: Path, environment: Mapping[str, str] | None) -> Config:
    """Read and check a configuration file.

    Args:
        path: Where it lies.
        environment: Where `env:NAME` secrets are looked up. None: secrets are not looked up and tokens stay empty, for
            what delivers nothing; a person's shell does not hold the secrets of the agent.

    Raises:
        ConfigError: Every fault of it, with file, line, key and what would be right.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            is_open_to_all = stat.S_ISREG(mode) and mode & stat.S_IWOTH  # what is written to /dev/null says nothing
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        hint = "name a file with --config FILE; docs/configuration.md says what goes into it"
        raise ConfigError([Fault(str(path), 0, "", f"cannot be read: {why}")], hint=hint) from error
    if is_open_to_all:
        why = "anyone on this host can write to it, and so say what is done here"
        raise ConfigError([Fault(str(path), 0, "", why)], hint=f"chmod o-w {path}, and look what it says now")
    return _checked(text, path, environment)


def scalars(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the key and the text of every single value in a YAML document that can be read."""
    try:
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    yield from _scalars(node, "")


def _scalars(node: yaml.Node | None, key: str) -> Iterator[tuple[int, str, str]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield from _scalars(value, str(name.value))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item, key)
    elif node is not None:
        yield node.start_mark.line + 1, key, str(node.value)


class _Loader(yaml.CSafeLoader):
    """Reads no dates: 2026-99-99 would be an error without a line. Nor is 22:30 a number of base sixty."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML declares it
        first: [(tag, form) for tag, form in known if not tag.endswith(":timestamp")]
        for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _whole_number(loader: _Loader, node: yaml.ScalarNode) -> str | int:
    return str(node.value) if ":" in node.value else int(loader.construct_yaml_int(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def _checked(text: str, path: Path, environment: Mapping[str, str] | None) -> Config:
    try:
        node = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader that knows one type less
        repeated = list(_repeated(node))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError([Fault(str(path), line, "", f"is not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: `!!int many`
        raise ConfigError([Fault(str(path), 0, "", "is not YAML that can be read")]) from error
    faults = [Fault(str(path), line, key, "stands twice; keep one") for line, key in repeated]
    try:
        checked = _File.model_validate(data if data is not None else {})
    except ValidationError as error:
        faults += [_fault(path, node, problem) for problem in error.errors()]
        raise ConfigError(sorted(faults, key=lambda fault: fault.line)) from error
    tokens: list[str] = []
    names = {"files"}  # the folder of reports is a destination too
    for position, chat in enumerate(checked.chat):
        if chat.name in names:
            key = f"chat.{position}.name"
            why = f"another destination is called {chat.name!r}; give each its own name, or one gets no letters"
            faults.append(Fault(str(path), _line(node, ("chat", position, "name")), key, why))
        names.add(chat.name)
        try:
            tokens.append(looked_up(chat.token, environment))
        except ValueError as error:
            faults.append(
                Fault(str(path), _line(node, ("chat", position, "token")), f"chat.{position}.token", str(error))
            )
    passwords: dict[str, str] = {}
    unknown = _look_up(checked, environment, passwords)
    disputed = [*_disputed(checked), *_misplaced(checked), *unknown]
    faults += [Fault(str(path), _line(node, place), ".".join(map(str, place)), why) for place, why in disputed]
    if faults:
        raise ConfigError(faults)
    return checked.settled(path, tokens, passwords)


def _look_up(
    checked: "_File", environment: Mapping[str, str] | None, passwords: dict[str, str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Fill in the password of each connection; yield each that is not where it is said to be."""
    for name, connection in checked.connections.items():
        if isinstance(connection, _Server) and connection.password is not None:
            try:
                passwords[name] = looked_up(connection.password, environment)
            except ValueError as error:
                yield ("connections", name, "password"), str(error)


def _disputed(checked: "_File") -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each parameter that two sources of one service set differently: playbooks would act on either."""
    first: dict[tuple[str, str], object] = {}
    for position, source in enumerate(checked.sources):
        for service, (name, value) in product(source.settled().services, source.parameters.items()):
            if first.setdefault((service, name), value) != value:
                why = f"another source of {service} says {first[service, name]!r}; make them agree"
                yield ("sources", position, "parameters", name), why


def _misplaced(checked: "_File") -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the file of anchors if it would be restored, cut or lost together with what it speaks for."""
    file = checked.audit.anchors.file
    if file and Path(os.path.normpath(file)).is_relative_to(os.path.normpath(checked.state_dir)):
        yield ("audit", "anchors", "file"), "lies in state_dir, and would be cut or restored together with the log"


def _fault(path: Path, node: yaml.Node | None, problem: ErrorDetails) -> Fault:
    location = tuple(part for part in problem["loc"] if part not in _TAGS)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] in ("union_tag_invalid", "union_tag_not_found") and location[:1] == ("sources",):
        location = (*location, "type")
        message = "must be one of: " + ", ".join(_SOURCES)
    key = ".".join(str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        message = f"is not a known key; {_known_beside(problem['loc'])}"
    elif problem["type"] == "missing":
        message = "is missing"
    return Fault(str(path), _line(node, location), key, message)


def _known_beside(location: Sequence[object]) -> str:
    """Return the keys that are known where this one is not; `location` names the types on the way."""
    if location[:1] == ("chat",):
        return "known: type, name, token, channel (slack), chat_id (telegram), base_url, locale"
    if location[:1] == ("sources",):
        model: type[BaseModel] = _SOURCES[str(location[2])]
    elif location[:1] == ("connections",):
        model = _Sqlite if location[2] == "sqlite" else _Server
    else:
        beside = tuple(map(str, location[:-1]))
        model = next((_SECTIONS[beside[:end]] for end in (2, 1) if beside[:end] in _SECTIONS), _File)
    return "known: " + ", ".join(known.alias or name for name, known in model.model_fields.items())


def _line(node: yaml.Node | None, location: Sequence[object]) -> int:
    """Return the line of the deepest part of `location` that stands in the file."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _repeated(node: yaml.Node | None, prefix: str = "") -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = f"{prefix}{key.value}"
            if key.value in seen:
                yield key.start_mark.line + 1, name
            seen.add(key.value)
            yield from _repeated(value, f"{name}.")
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _repeated(item, f"{prefix}{position}.")


def _duration(value: object) -> object:
    return timedelta(seconds=parse_duration(value))


def _silence(value: object) -> object:
    if value is False or value == "off":  # which YAML reads as a word for false
        return None
    if value in (None, "auto"):
        return value
    try:
        return timedelta(seconds=parse_duration(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is neither off, auto nor a duration such as 30m, 4h or 2d") from error


def _keep(value: object) -> object:
    return None if value == "forever" else _duration(value)


def _absolute(value: object) -> object:
    if isinstance(value, str) and (not value.startswith("/") or "\0" in value):
        raise ValueError(f"{value!r} must be an absolute path: it begins with / and holds no NUL")
    return value


def _host(value: object) -> object:
    return _absolute(value) if isinstance(value, str) and value.startswith("/") else parse_host(value)


def _port(value: object) -> object:
    return None if value is None else PORT.parse(value)


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Silence = Annotated[timedelta | Literal["auto"] | None, BeforeValidator(_silence)]
Keep = Annotated[timedelta | None, BeforeValidator(_keep)]
AbsolutePath = Annotated[str, BeforeValidator(_absolute)]
Root = Annotated[str, BeforeValidator(parse_root)]
Unit = Annotated[str, BeforeValidator(parse_unit)]
Name = Annotated[str, BeforeValidator(parse_name)]
Host = Annotated[str, BeforeValidator(_host)]
Patterns = Annotated[list[str], Field(min_length=1)]
Locale = Literal["en", "zh"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Source(_Strict):
    service: str | None = None
    start: Literal["end", "beginning"] = "end"
    parameters: dict[str, str | int | float | bool] = {}
    roots: list[Root] = []
    silence: Silence = None

    @field_validator("service")
    @classmethod
    def _is_a_unit(cls, value: str | None) -> str | None:
        return value if value is None else parse_unit(value)


class _Files(_Source):
    type: Literal["file"]
    paths: list[AbsolutePath] = Field(min_length=1)

    def settled(self) -> SourceSettings:
        """Return it as the rest of the program reads it."""
        return SourceSettings(
            tuple(self.paths),
            self.service,
            self.start,
            self.parameters,
            roots=tuple(self.roots),
            silence=self.silence,
        )


class _Containers(_Source):
    type: Literal["container"]
    paths: list[AbsolutePath] = Field(default=list(CONTAINER_LOGS), min_length=1)

    def settled(self) -> SourceSettings:
        """Return it as the rest of the program reads it."""
        return SourceSettings(
            tuple(self.paths),
            self.service,
            self.start,
            self.parameters,
            self.type,
            roots=tuple(self.roots),
            silence=self.silence,
        )


class _Journald(_Source):
    type: Literal["journald"]
    units: list[Unit] = Field(default=[], validate_default=True)

    @field_validator("units")
    @classmethod
    def _are_of_the_service(cls, units: list[str], info: ValidationInfo) -> list[str]:
        if not units and info.data.get("service"):
            raise ValueError("must be named beside `service`: of the whole journal, the service is the unit that wrote")
        return units

    def settled(self) -> SourceSettings:
        """Return it as the rest of the program reads it."""
        return SourceSettings(
            (),
            self.service,
            self.start,
            self.parameters,
            self.type,
            tuple(self.units),
            tuple(self.roots),
            self.silence,
        )


_SOURCES: dict[str, type[_Source]] = {"file": _Files, "journald": _Journald, "container": _Containers}
_TAGS = ("slack", "telegram", "sqlite", "postgresql", "mysql", *_SOURCES)


def _literal(value: object) -> object:
    if isinstance(value, str):
        check_literal(value)
    return value


def _linear(value: object) -> object:
    if isinstance(value, str):
        check_pattern(value)
    return value


class _Ignored(_Strict):
    contains: Annotated[str, BeforeValidator(_literal)]
    matches: Annotated[str, BeforeValidator(_linear)] = ""


class _Fault(_Ignored):
    severity: Literal["warning", "error", "critical"] = "error"

    def settled(self) -> LocalPattern:
        """Return it as the rest of the program reads it."""
        return LocalPattern(self.contains, self.matches, Severity[self.severity.upper()])


class _Patterns(_Strict):
    faults: list[_Fault] = []
    ignore: list[_Ignored] = []


class _Rule(_Strict):
    playbooks: Patterns | None = None
    services: Patterns | None = None
    mode: Literal["observe", "approve", "auto"]

    @model_validator(mode="after")
    def _is_for_something(self) -> "_Rule":
        if self.playbooks is None and self.services is None:
            raise ValueError("needs `playbooks` or `services`; for everything there is `policy.mode`")
        return self

    def settled(self) -> Rule:
        """Return it as the rest of the program reads it."""
        return Rule(
            playbooks=tuple(self.playbooks or ("*",)), services=tuple(self.services or ("*",)), mode=Mode(self.mode)
        )


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _minutes(value: object) -> object:
    if isinstance(value, str) and len(value) == len("22:30") and value[2] == ":":
        hour, minute = value[:2], value[3:]
        if hour.isdecimal() and minute.isdecimal() and int(minute) < _MINUTES:
            minutes = int(hour) * _MINUTES + int(minute)
            if minutes <= A_DAY:
                return minutes
    raise ValueError(f"{value!r} is no time of day: 22:30, at the most 24:00")


_MINUTES = 60


def _dates(value: object) -> object:
    first, _, last = str(value).partition("..")
    last = last or first
    try:
        read = [date.fromisoformat(each).isoformat() for each in (first, last)]
    except ValueError as error:
        raise ValueError(f"{value!r} is neither a date such as 2026-12-24 nor two: 2026-12-24..2027-01-02") from error
    if read != [first, last] or first > last:
        raise ValueError(f"{value!r} must go from the earlier date to the later: 2026-12-24..2027-01-02")
    return (first, last)


def _zone(value: object) -> object:
    from zoneinfo import ZoneInfo  # who has no window reads no time zone

    try:
        return UTC if value == "UTC" else ZoneInfo(str(value))
    except (ValueError, OSError, LookupError) as error:
        raise ValueError(
            f"{value!r} is no time zone that this host knows: Europe/Berlin, or UTC; the package tzdata brings them"
        ) from error


Minutes = Annotated[int, BeforeValidator(_minutes)]
Dates = Annotated[tuple[str, str], BeforeValidator(_dates)]
Zone = Annotated[tzinfo, BeforeValidator(_zone)]


class _Window(_Strict):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    services: Patterns | None = None
    days: Annotated[list[Day], Field(min_length=1)] = [*_DAYS]
    dates: Annotated[list[Dates], Field(min_length=1)] | None = None
    begins: Minutes = Field(default=0, alias="from")
    ends: Minutes = Field(default=A_DAY, alias="to")
    timezone: Zone = UTC
    what: Literal["observe", "approve"] = "observe"

    @field_validator("ends")
    @classmethod
    def _lasts(cls, ends: int, info: ValidationInfo) -> int:
        if ends == info.data.get("begins"):
            raise ValueError("is the same as `from`; leave both out for whole days")
        return ends

    def settled(self) -> Window:
        """Return it as the rest of the program reads it."""
        return Window(
            services=tuple(self.services or ("*",)),
            days=tuple(sorted({_DAYS.index(day) for day in self.days})),
            dates=tuple(self.dates or ()),
            begins=self.begins,
            ends=self.ends,
            zone=self.timezone,
            what=Mode(self.what),
        )


class _Group(_Strict):
    name: str = Field(min_length=1)
    services: list[Unit] = Field(min_length=2)
    minimum: int = Field(ge=1)

    @field_validator("minimum")
    @classmethod
    def _can_be_met(cls, minimum: int, info: ValidationInfo) -> int:
        others = len(set(info.data.get("services", ()))) - 1
        if 0 < others < minimum:
            raise ValueError(f"can never be met: beside the one that is restarted there are {others} others")
        return minimum


class _Limits(_Strict):
    runs_per_hour: int = Field(default=Limits().runs_per_hour, ge=1, le=60)
    host_runs_per_hour: int = Field(default=Limits().host_runs_per_hour, ge=1, le=600)
    repairs_per_day: int = Field(default=Limits().repairs_per_day, ge=1, le=100)
    half_open_after: Duration = Limits().half_open_after
    self_effect: Duration = Limits().self_effect
    systemic_services: int = Field(default=Limits().systemic_services, ge=1)


class _Policy(_Strict):
    mode: Literal["observe", "approve", "auto"] = "approve"
    unlock_after: int = Field(default=Limits().unlock_after, ge=0, le=100)
    rules: list[_Rule] = []
    windows: list[_Window] = []
    groups: list[_Group] = []
    limits: _Limits = _Limits()
    repeat_interval: Duration = timedelta(hours=4)
    approval_expires: Duration = timedelta(hours=1)

    @field_validator("groups")
    @classmethod
    def _have_names_of_their_own(cls, groups: list[_Group]) -> list[_Group]:
        if len({group.name for group in groups}) < len(groups):
            raise ValueError("two have one name: what is counted for one would count for the other")
        return groups

    def settled(self) -> PolicySettings:
        """Return it as the rest of the program reads it."""
        groups = (Group(name=g.name, services=tuple(g.services), minimum=g.minimum) for g in self.groups)
        return PolicySettings(
            mode=Mode(self.mode),
            rules=tuple(rule.settled() for rule in self.rules),
            windows=tuple(window.settled() for window in self.windows),
            limits=Limits(**dict(self.limits), unlock_after=self.unlock_after, groups=tuple(groups)),
            repeat_interval=self.repeat_interval,
            approval_expires=self.approval_expires,
        )


class _Slack(_Strict):
    type: Literal["slack"]
    name: str = "slack"
    token: str
    channel: str
    base_url: str | None = None
    locale: Locale | None = None


class _Telegram(_Strict):
    type: Literal["telegram"]
    name: str = "telegram"
    token: str
    chat_id: str | int
    base_url: str | None = None
    locale: Locale | None = None


class _Sqlite(_Strict):
    type: Literal["sqlite"]
    database: AbsolutePath

    def settled(self, password: str) -> Connection:  # noqa: ARG002 - a file has none
        """Return it as the rest of the program reads it."""
        return Connection(type=self.type, database=self.database)


class _Server(_Strict):
    type: Literal["postgresql", "mysql"]
    database: Name
    user: Name
    host: Host = "localhost"
    port: Annotated[int | None, BeforeValidator(_port)] = None
    password: str | None = None

    def settled(self, password: str) -> Connection:
        """Return it as the rest of the program reads it."""
        return Connection(
            type=self.type,
            database=self.database,
            host=self.host,
            port=self.port,
            user=self.user,
            reference=self.password or "",
            password=password,
        )


WRAPPING = "aiops-agent.wrapping"


class _Key(_Strict):
    type: Literal["file", "credential"] = "file"
    name: str | None = None

    @field_validator("name")
    @classmethod
    def _is_a_credential(cls, name: str | None, info: ValidationInfo) -> str | None:
        if name is not None and info.data.get("type") == "file":
            raise ValueError("is for `type: credential` only: a file has its name")
        if name is not None and (not is_credential_name(name) or name.endswith(".old")):
            raise ValueError(
                f"{name!r} is no name of a credential: letters, digits, dots, dashes; one that ends in .old is the one "
                "before it"
            )
        return name

    @property
    def credential(self) -> str | None:
        """Return which credential is the wrapping key; None for a file."""
        return None if self.type == "file" else self.name or WRAPPING


def _auditor(value: object) -> object:
    if isinstance(value, str) and value == _absolute(value):
        try:
            read_public(Path(value))
        except AuditError as error:
            raise ValueError(f"{error.message}; {error.hint}") from error
    return value


class _Anchors(_Strict):
    journal: bool = True
    file: AbsolutePath | None = None


class _Audit(_Strict):
    key: _Key = _Key()
    anchors: _Anchors = _Anchors()
    auditor_key: Annotated[str | None, BeforeValidator(_auditor)] = None
    keep: Keep = timedelta(days=400)


class _Signing(_Strict):
    manifest: AbsolutePath = str(MANIFEST)
    trusted: AbsolutePath = str(TRUSTED)
    group: Annotated[str, Field(pattern="^[A-Za-z0-9._-]*$", max_length=64)] = ""
    two_signatures: bool = False

    def settled(self) -> SigningRules:
        """Return it as the rest of the program reads it."""
        return SigningRules(Path(self.manifest), Path(self.trusted), self.group, self.two_signatures)


class _Schedule(_Strict):
    every: Duration = timedelta(minutes=5)


class _File(_Strict):
    state_dir: AbsolutePath = "/var/lib/aiops-agent"
    schedule: _Schedule = _Schedule()
    patterns: _Patterns = _Patterns()
    sources: list[Annotated[_Files | _Journald | _Containers, Field(discriminator="type")]] = []
    knowledge_base: list[AbsolutePath] = []
    playbooks: list[AbsolutePath] = []
    signing: _Signing = _Signing()
    policy: _Policy = _Policy()
    locale: Locale = "en"
    chat: list[Annotated[_Slack | _Telegram, Field(discriminator="type")]] = []
    report_dir: AbsolutePath | None = None
    audit: _Audit = _Audit()
    connections: dict[Name, Annotated[_Sqlite | _Server, Field(discriminator="type")]] = {}
    executor: AbsolutePath | None = SOCKET

    def settled(self, path: Path, tokens: Sequence[str], passwords: Mapping[str, str]) -> Config:
        """Return it as the rest of the program reads it."""
        return Config(
            path=path,
            state_dir=Path(self.state_dir),
            sources=tuple(source.settled() for source in self.sources),
            faults=tuple(fault.settled() for fault in self.patterns.faults),
            ignore=tuple(LocalPattern(ignored.contains, ignored.matches) for ignored in self.patterns.ignore),
            policy=self.policy.settled(),
            every=self.schedule.every,
            keep=self.audit.keep,
            locale=self.locale,
            report_dir=Path(self.report_dir or f"{self.state_dir}/reports"),
            chat=tuple(
                ChatSettings(
                    chat.type,
                    chat.name,
                    chat.token,
                    token,
                    chat.channel if isinstance(chat, _Slack) else str(chat.chat_id),
                    chat.base_url,
                    chat.locale or self.locale,
                )
                for chat, token in zip(self.chat, tokens, strict=True)
            ),
            knowledge_base=tuple(map(Path, self.knowledge_base)),
            playbooks=tuple(map(Path, self.playbooks)),
            signing=self.signing.settled(),
            anchor_journal=self.audit.anchors.journal,
            anchor_file=Path(self.audit.anchors.file) if self.audit.anchors.file else None,
            executor=Path(self.executor) if self.executor else None,
            credential=self.audit.key.credential,
            connections={name: known.settled(passwords.get(name, "")) for name, known in self.connections.items()},
            auditor_key=Path(self.audit.auditor_key) if self.audit.auditor_key else None,
        )


_SECTIONS: Mapping[tuple[str, ...], type[BaseModel]] = {
    ("policy",): _Policy,
    ("policy", "rules"): _Rule,
    ("policy", "windows"): _Window,
    ("policy", "groups"): _Group,
    ("policy", "limits"): _Limits,
    ("signing",): _Signing,
    ("patterns",): _Patterns,
    ("patterns", "faults"): _Fault,
    ("patterns", "ignore"): _Ignored,
    ("audit",): _Audit,
    ("audit", "key"): _Key,
    ("audit", "anchors"): _Anchors,
}
"""Where keys stand below another, and which are known there."""
