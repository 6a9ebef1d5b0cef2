"""config.yaml -> Config, or every fault of the file at once, each with its line."""

import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from aiops_agent.config.file import SECTIONS, TAGS, File
from aiops_agent.config.outward import Server, Sqlite
from aiops_agent.config.sources import SOURCES
from aiops_agent.errors import ConfigError, Fault
from aiops_agent.settings import Config, looked_up


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

    yaml_implicit_resolvers = {
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
        checked = File.model_validate(data if data is not None else {})
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
    checked: "File", environment: Mapping[str, str] | None, passwords: dict[str, str]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Fill in the password of each connection; yield each that is not where it is said to be."""
    for name, connection in checked.connections.items():
        if isinstance(connection, Server) and connection.password is not None:
            try:
                passwords[name] = looked_up(connection.password, environment)
            except ValueError as error:
                yield ("connections", name, "password"), str(error)


def _disputed(checked: "File") -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield each parameter that two sources of one service set differently: playbooks would act on either."""
    first: dict[tuple[str, str], object] = {}
    for position, source in enumerate(checked.sources):
        for service, (name, value) in product(source.settled().services, source.parameters.items()):
            if first.setdefault((service, name), value) != value:
                why = f"another source of {service} says {first[service, name]!r}; make them agree"
                yield ("sources", position, "parameters", name), why


def _misplaced(checked: "File") -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the file of anchors if it would be restored, cut or lost together with what it speaks for."""
    file = checked.audit.anchors.file
    if file and Path(os.path.normpath(file)).is_relative_to(os.path.normpath(checked.state_dir)):
        yield ("audit", "anchors", "file"), "lies in state_dir, and would be cut or restored together with the log"


def _fault(path: Path, node: yaml.Node | None, problem: ErrorDetails) -> Fault:
    location = tuple(part for part in problem["loc"] if part not in TAGS)
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] in ("union_tag_invalid", "union_tag_not_found") and location[:1] == ("sources",):
        location = (*location, "type")
        message = "must be one of: " + ", ".join(SOURCES)
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
        model: type[BaseModel] = SOURCES[str(location[2])]
    elif location[:1] == ("connections",):
        model = Sqlite if location[2] == "sqlite" else Server
    else:
        beside = tuple(map(str, location[:-1]))
        model = next((SECTIONS[beside[:end]] for end in (2, 1) if beside[:end] in SECTIONS), File)
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
