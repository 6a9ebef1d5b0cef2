"""The types an argument can have. Each parses a value of a playbook or a configuration, or says what would be right."""

import string
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from aiops_agent.model.playbook import Scalar
from aiops_agent.noun import dataclass, replace

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION_DIGITS = 5
_UNIT_LETTERS = frozenset(string.ascii_letters + string.digits + ":_.@-")
_UNIT_SUFFIXES = (".service", ".socket", ".timer")
_HOST_LETTERS = frozenset(string.ascii_letters + string.digits + ".-:")
_HEX_DIGITS = frozenset("0123456789abcdef")
_DIGEST_LENGTH = 64
_NAME_BYTES = 255
_PATH_BYTES = 4095
_URL_LENGTH = 2000
_PORTS = range(1, 65536)
_KERNEL_FOLDERS = ("/proc/", "/sys/", "/dev/")
_PROGRAM_LETTERS = frozenset(string.ascii_letters + string.digits + "._+-@")
_USER_LETTERS = frozenset(string.ascii_letters + string.digits + "._-")
_USER_LENGTH = 64
_QUERY_LENGTH = 1000
_ARGUMENT_LENGTH = 1000
_PID_DIGITS = 7
_READING = frozenset({"SELECT", "SHOW", "WITH", "VALUES", "TABLE"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What one argument takes."""

    parse: Callable[[object], Scalar]
    """Returns the value as the executor takes it; raises ValueError that says what would be right."""

    schema: Mapping[str, object]
    """The same for editors, as JSON Schema."""

    literal: bool = False
    """Written in the playbook itself: no parameter stands in its place."""

    many: bool = False
    """A list of such values: they are handed on numbered, as `argv.0`, `argv.1`, each an argument of its own."""


def parse_duration(value: object) -> int:
    """Return the seconds of `90s`, `15m`, `4h` or `2d`."""
    if isinstance(value, str):
        digits, unit = value[:-1], value[-1:]
        if unit in SECONDS and len(digits) <= _DURATION_DIGITS and _is_number(digits) and int(digits) > 0:
            return int(digits) * SECONDS[unit]
    raise ValueError(f"{value!r} is not a duration: write a whole number and a unit, such as 30s, 15m, 4h or 2d")


def parse_unit(value: object) -> str:
    """Return the whole name of a systemd unit."""
    if (
        isinstance(value, str)
        and value.endswith(_UNIT_SUFFIXES)
        and len(value) <= _NAME_BYTES
        and value[0] not in "-.@"
        and set(value) <= _UNIT_LETTERS
    ):
        return value
    raise ValueError(f"{value!r} is not a unit: write its whole name, such as nginx.service")


def parse_unit_pattern(value: object) -> str:
    """Return a glob pattern for the names of units: not one that fits every unit."""
    if (
        isinstance(value, str)
        and value.endswith(_UNIT_SUFFIXES)
        and len(value) <= _NAME_BYTES
        and set(value) <= _UNIT_LETTERS | set("*?[]")
        and value[0] not in "-.@*?["
    ):
        return value
    raise ValueError(f"{value!r} is not a pattern for units: it begins with a name, such as shop-worker@*.service")


def parse_path(value: object) -> str:
    """Return an absolute path that names one place only: nothing in it is expanded, climbed or left out."""
    if not isinstance(value, str) or not value.startswith("/"):
        raise ValueError(f"{value!r} is not an absolute path: it begins with /")
    if value == "/":
        return value
    names = value.split("/")[1:]
    if not value.isprintable():
        raise ValueError(f"{value!r} has characters that cannot be printed")
    if any(name in ("", ".", "..") for name in names):
        raise ValueError(f"{value!r} is not the plain path: leave out .., . and slashes that are doubled or last")
    encoded = [len(name.encode()) for name in names]
    if max(encoded) > _NAME_BYTES or sum(encoded) + len(encoded) > _PATH_BYTES:
        raise ValueError(f"{value[:60]!r}... is too long for a path")
    if value.startswith(_KERNEL_FOLDERS):
        raise ValueError(f"{value!r} is not a file on a disk: nothing below /proc, /sys and /dev is taken")
    return value


def parse_pattern(value: object) -> str:
    """Return a glob pattern for the names in one folder."""
    if not isinstance(value, str) or not value.isprintable() or "/" in value or len(value.encode()) > _NAME_BYTES:
        raise ValueError(f"{value!r} is not a pattern for file names: such as *.log.[0-9]*, without a slash")
    if not set(value) - set("*?[]!"):
        raise ValueError(f"{value!r} matches every file: name what the wanted ones have in common")
    return value


def parse_url(value: object) -> str:
    """Return an http or https address without credentials."""
    if isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _URL_LENGTH:
        parts = urlsplit(value)
        if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and " " not in value:
            try:
                usable = parts.port is None or parts.port in _PORTS
            except ValueError:  # "port" is parsed when it is asked for
                usable = False
            if usable:
                return value
    raise ValueError(f"{value!r} is not an address such as http://127.0.0.1:8080/healthz (no user or password in it)")


def parse_host(value: object) -> str:
    """Return a host name or address."""
    if isinstance(value, str) and value and len(value) <= _NAME_BYTES and set(value) <= _HOST_LETTERS:
        return value
    raise ValueError(f"{value!r} is not a host: write its name or its address, such as 127.0.0.1")


def parse_executable(value: object) -> str:
    """Return the name of a program, or where it lies."""
    if isinstance(value, str) and value.startswith("/"):
        return parse_path(value)
    if isinstance(value, str) and 0 < len(value) <= _NAME_BYTES and set(value) <= _PROGRAM_LETTERS:
        return value
    raise ValueError(f"{value!r} is not a program: write its name or its path, such as nginx or /usr/sbin/nginx")


def parse_user(value: object) -> str:
    """Return the name of a user of this host."""
    if isinstance(value, str) and 0 < len(value) <= _USER_LENGTH and set(value) <= _USER_LETTERS and value[0] != "-":
        return value
    raise ValueError(f"{value!r} is not the name of a user, such as www-data")


def parse_root(value: object) -> str:
    """Return a folder below which files may be changed."""
    path = parse_path(value)
    if path == "/":
        raise ValueError("'/' is everything, and no boundary: name the folders that the files are in")
    return path


def parse_name(value: object) -> str:
    """Return a plain name, such as that of a connection."""
    if isinstance(value, str) and 0 < len(value) <= _USER_LENGTH and set(value) <= _USER_LETTERS and value[0] != "-":
        return value
    raise ValueError(f"{value!r} is not a name: letters, digits, dots, dashes and underscores")


def parse_query(value: object) -> str:
    """Return one SQL statement that reads; what it may read is up to the user that the connection has."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > _QUERY_LENGTH:
        raise ValueError(f"{value!r} is not a statement on one line of at most {_QUERY_LENGTH} characters")
    if value.split(None, 1)[:1] == [] or value.split(None, 1)[0].upper() not in _READING:
        raise ValueError(f"{value!r} is not a statement that reads: it begins with {', '.join(sorted(_READING))}")
    if set(value) & set(";\\$"):
        raise ValueError(f"{value!r} has ; or \\ or $: one statement, of the playbook's own words")
    return value


def parse_word_of_argv(value: object) -> str:
    """Return one word of a command: it reaches the program as it is, no shell sees it."""
    if isinstance(value, str) and value.isprintable() and "$" not in value and len(value) <= _ARGUMENT_LENGTH:
        return value
    raise ValueError(f"{value!r} is not a word for a program: text that can be printed, without $")


def parse_answer(value: object) -> str:
    """Return a value as the first column of a row shows it."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{value!r} is not a value to compare with: text or a whole number")


def parse_process(value: object) -> str:
    """Return a process that the inventory found: its number and when it started, so that no other is meant by it."""
    pid, _, ticks = value.partition("/") if isinstance(value, str) else ("", "", "")
    if _is_number(pid) and _is_number(ticks) and len(pid) <= _PID_DIGITS and int(pid) > 1:
        return f"{pid}/{ticks}"
    raise ValueError(f"{value!r} is not a process: take it from inventory.process")


def whole_number(lowest: int, highest: int) -> Kind:
    """Return the kind of a whole number within a range, both ends included."""

    def parse(value: object) -> Scalar:
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        raise ValueError(f"{value!r} is not a whole number from {lowest} to {highest}")

    return Kind(parse, {"type": "integer", "minimum": lowest, "maximum": highest})


def parse_digest(value: object) -> str:
    """Return a SHA-256 in hex, or nothing."""
    if isinstance(value, str) and (not value or (len(value) == _DIGEST_LENGTH and set(value) <= _HEX_DIGITS)):
        return value
    raise ValueError(f"{value!r} is not a SHA-256 in 64 hex digits")


def parse_interval(value: object) -> Scalar:
    """Return two moments in seconds since 1970, as they are."""
    if isinstance(value, str):
        began, _, ended = value.partition(" ")
        if float(began) <= float(ended):
            return value
    raise ValueError(f"{value!r} is not the beginning and the end of a time")


def interval(began: datetime, ended: datetime) -> str:
    """Return a time between two moments as a command has it."""
    return f"{began.timestamp():.6f} {ended.timestamp():.6f}"


def choice(*words: str) -> Kind:
    """Return the kind of one word of a few."""

    def parse(value: object) -> Scalar:
        if isinstance(value, str) and value in words:
            return value
        raise ValueError(f"{value!r} is not one of {', '.join(words)}")

    return Kind(parse, {"enum": list(words)})


def words(*known: str) -> Kind:
    """Return the kind of one word of a few, or of a list of them: handed on as words with a space between."""
    one = choice(*known)

    def parse(value: object) -> Scalar:
        if isinstance(value, list):
            if not value or len(set(map(str, value))) != len(value):
                raise ValueError("must name each state once, and at least one")
            return " ".join(str(one.parse(word)) for word in value)
        if isinstance(value, str) and " " in value:  # as it was handed on
            return parse(value.split())
        return one.parse(value)

    many = {"type": "array", "items": {"enum": list(known)}, "minItems": 1, "uniqueItems": True}
    return Kind(parse, {"anyOf": [{"enum": list(known)}, many]})


def many(kind: Kind) -> Kind:
    """Return the kind of a list of such values."""
    return replace(kind, many=True)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


DURATION = Kind(parse_duration, {"type": "string", "pattern": "^[0-9]{1,5}[smhd]$"})
UNIT_PATTERN = Kind(parse_unit_pattern, {"type": "string", "pattern": r"\.(service|socket|timer)$"})
UNIT = Kind(parse_unit, {"type": "string", "pattern": r"^[A-Za-z0-9:_][A-Za-z0-9:_.@-]*\.(service|socket|timer)$"})
PATH = Kind(parse_path, {"type": "string", "pattern": "^/"})
PATTERN = Kind(parse_pattern, {"type": "string", "pattern": "^[^/]+$"})
URL = Kind(parse_url, {"type": "string", "pattern": "^https?://"})
HOST = Kind(parse_host, {"type": "string"})
DIGEST = Kind(parse_digest, {"type": "string", "pattern": "^([0-9a-f]{64})?$"})
INTERVAL = Kind(parse_interval, {"type": "string"})
PORT = whole_number(1, 65535)
PERCENT = whole_number(0, 100)
EXECUTABLE = Kind(parse_executable, {"type": "string", "pattern": "^[A-Za-z0-9._+@/-]+$"})
USER = Kind(parse_user, {"type": "string", "pattern": "^[A-Za-z0-9._][A-Za-z0-9._-]*$"})
ROOT = Kind(parse_root, {"type": "string", "pattern": "^/.+"}, literal=True)
NAME = Kind(parse_name, {"type": "string", "pattern": "^[A-Za-z0-9._][A-Za-z0-9._-]*$"}, literal=True)
QUERY = Kind(parse_query, {"type": "string", "pattern": "^[A-Za-z]"}, literal=True)
ARGV = many(Kind(parse_word_of_argv, {"type": "string"}))
ANSWER = Kind(parse_answer, {"type": ["string", "integer"]})
PROCESS = Kind(parse_process, {"type": "string"})
COUNT = whole_number(1, 100_000)
