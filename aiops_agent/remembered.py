"""The checked configuration, remembered from one command to the next: reading and checking the file costs 0.1 s.

A command that may write leaves `state_dir/config.checked`. It holds while `stat` says the same of the configuration
and of the code that checks it; config.yaml stays the only truth, and an edit takes effect with the next command.
Tokens are never in it, only where they are: each is looked up again, and one that is missing is a fault as ever.
"""

import json
import os
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, timedelta, tzinfo
from enum import Enum
from pathlib import Path

from aiops_agent.hints import cast
from aiops_agent.model.connection import Connection
from aiops_agent.model.decision import Mode
from aiops_agent.model.event import LocalPattern, Severity
from aiops_agent.model.signature import SigningRules
from aiops_agent.noun import fields
from aiops_agent.policy.decide import PolicySettings, Rule
from aiops_agent.policy.limits import Group, Limits
from aiops_agent.policy.windows import Window
from aiops_agent.settings import ChatSettings, Config, SourceSettings, looked_up
from aiops_agent.sources.quiet import stamp, state_dir_in

NAME = "config.checked"
_SETTLED = 1.0
"""Seconds a configuration must have been left alone before it was read: a second edit would then show in its times."""

CHECKED_BY = (
    "settings.py",
    *(f"config/{name}.py" for name in ("file", "load", "outward", "policy", "record", "sources", "values")),
    "sections.py",
)
"""The code that checks a configuration: an upgrade writes each of these files anew."""

# As it was when it was loaded: a daemon runs on with the old code after an upgrade.
_CODE = [stamp(f"{__file__.rpartition('/')[0]}/{name}") for name in CHECKED_BY]
_NOUNS = (
    *(Config, SourceSettings, ChatSettings, Connection, PolicySettings, Rule, Window, Limits, Group),
    *(SigningRules, LocalPattern),
)
_KINDS: dict[str, Callable[..., object]] = {kind.__name__: kind for kind in (*_NOUNS, Mode, Severity)}
"""What a configuration is made of, beside plain values: nothing else is made of what was remembered."""

_MOST_BYTES = 16 << 20


def load(path: Path, environment: Mapping[str, str] | None) -> Config:
    """Return what `config.load.load` would, from memory if that still holds.

    Raises:
        ConfigError: Every fault of the configuration.
    """
    remembered = _recall(path, environment)
    if remembered:
        return remembered
    from aiops_agent.config.load import load as load_config

    return load_config(path, environment)


def save(config: Config, *, began: float) -> None:
    """Remember a configuration that was read after `began` (seconds since 1970), unless it was being edited then."""
    try:
        if os.stat(config.path).st_ctime > began - _SETTLED:  # noqa: PTH116 - as `stamp` does
            return
        document = json.dumps([*_premises(config.path), _plain(config)])
        target = config.state_dir / NAME
        with suppress(OSError):
            if own(str(target)) == document.encode():
                return
    except OSError:
        return  # it is gone
    leave(target, document.encode())


def _premises(path: Path) -> list[str]:
    return [stamp(str(path)), *_CODE, sys.version]


def _recall(path: Path, environment: Mapping[str, str] | None) -> Config | None:
    """Return what is remembered, or None when that cannot be vouched for.

    It is believed only when nobody but this very user can have written it: as whom root acts, and with which tokens, is
    never taken from a file of somebody else.
    """
    try:
        premises = _premises(path)
        state_dir = state_dir_in(path.read_bytes())
        if state_dir is None:
            return None
        content = own(os.path.join(state_dir, NAME))  # noqa: PTH118 - `state_dir_in` gives text
        *remembered, checked = json.loads(content)
        config = cast("Config", _made(checked, environment)) if remembered == premises else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # missing, damaged, or a token that is gone: `config.load.load` tells what is wrong
    return config if config and config.state_dir == Path(state_dir) else None


def leave(target: Path, content: bytes) -> None:
    """Put a file whole in the place of an older one; a full disk leaves that, or none."""
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        fresh.replace(target)
    except OSError:
        return  # the next command works out by itself what is not remembered


def own(path: str) -> bytes:
    """Return what a file holds that nobody but this very user can have written.

    Raises:
        OSError: It cannot be read, or somebody else can have written it.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        for found in (os.fstat(file.fileno()), os.stat(os.path.dirname(path))):  # noqa: PTH116, PTH120 - text, as above
            if found.st_uid != os.geteuid() or found.st_mode & stat.S_IWOTH:
                raise PermissionError
        return file.read(_MOST_BYTES)


def _plain(value: object) -> object:
    """Return a value as JSON has it: what is no number, text or null as [kind, content]; secrets are left out."""
    plain: object
    match value:
        case str() | int() | float() | None if not isinstance(value, Enum):
            plain = value
        case Enum():
            plain = [type(value).__name__, value.value]
        case Path() | tzinfo():
            plain = ["Path" if isinstance(value, Path) else "tzinfo", str(value)]
        case timedelta():
            plain = ["timedelta", [value.days, value.seconds, value.microseconds]]
        case tuple():
            plain = ["tuple", [_plain(item) for item in value]]
        case dict():
            plain = ["dict", {name: _plain(item) for name, item in value.items()}]
        case _ if isinstance(value, _NOUNS):
            kept = {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.repr}
            plain = [type(value).__name__, kept]
        case _:
            raise TypeError(f"a configuration with a {type(value).__name__} cannot be remembered")
    return plain


def _made(value: object, environment: Mapping[str, str] | None) -> object:
    """Return what `_plain` was given, each token looked up."""
    if not isinstance(value, list):
        return value
    kind, content = value
    match kind:
        case "Mode" | "Severity":
            made = _KINDS[kind](content)
        case "Path":
            made = Path(content)
        case "tzinfo":
            made = _zone(content)
        case "timedelta":
            made = timedelta(*content)
        case "tuple":
            made = tuple(_made(item, environment) for item in content)
        case _:
            named = {name: _made(item, environment) for name, item in content.items()}
            if kind == "ChatSettings":
                named["token"] = looked_up(str(named["reference"]), environment)
            elif kind == "Connection" and named["reference"]:
                named["password"] = looked_up(str(named["reference"]), environment)
            made = named if kind == "dict" else _KINDS[kind](**named)
    return made


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # who has no window reads no time zone

    return ZoneInfo(name)  # KeyError when it is gone: `config.load.load` then tells
