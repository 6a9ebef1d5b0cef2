"""A structured line becomes the text a person would have written: message, error, stack."""

import json

from aiops_agent.assembly import patterns
from aiops_agent.hints import NamedTuple
from aiops_agent.model.event import Severity

_LONGEST_NUMBER_WORTH_READING = 4


class Structured(NamedTuple):
    """One JSON line."""

    severity: Severity | None
    """None: the line reports no error."""

    text: str


def decode(line: bytes) -> Structured | None:
    """Return what a JSON line says, or None when it is no JSON object with a level.

    The first of several keys of the same name counts: a forged second one must not.
    """
    try:
        fields = json.loads(line, object_pairs_hook=_first_wins, parse_int=_short_int)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict):
        return None
    fields = _container_line(fields) or fields
    level = next((fields[key] for key in patterns.LEVEL_KEYS if key in fields), None)
    nested = fields.get("log")
    if level is None and isinstance(nested, dict):
        level = nested.get("level")
    if level is None:
        return None
    severity = patterns.VALUES.get(str(level).lower())
    if severity is None and any(sign in line for sign in patterns.STRUCTURED_FAULTS):
        said = "\n".join(str(fields[key]) for key in patterns.MESSAGE_KEYS if key in fields).encode()
        severity = Severity.ERROR if any(sign in said for sign in patterns.STRUCTURED_FAULTS) else None
    if severity is None and str(level).lower() in patterns.WARNING_VALUES and _carries_exception(fields):
        severity = Severity.ERROR
    return Structured(severity, _text(fields) if severity else "")


def _carries_exception(fields: dict[str, object]) -> bool:
    """Tell whether a record holds what was raised, with its trace: a fault was met, whatever level it was given.

    A trace alone tells none: zap adds one to each warning while a program is developed. Nor does Node's `Error`, which
    a program makes to show from where it warns; but those of the system are of that class too, and have a code besides.
    """
    holders = [fields.get(key) for key in patterns.EXCEPTION_KEYS]
    context = fields.get("context")
    if isinstance(context, dict):  # Monolog's
        holders.append(context.get("exception"))
    given = [holder for holder in holders if isinstance(holder, dict)]
    return _has_trace(fields) or any(_is_exception(holder) for holder in given)


def _is_exception(fields: dict[str, object]) -> bool:
    """Tell whether an object is what loggers make of an exception: Monolog gives its class and file.

    Of a record itself these say where it was logged.
    """
    return bool(fields.get("class") and fields.get("file")) or _has_trace(fields)


def _has_trace(fields: dict[str, object]) -> bool:
    """Tell whether an object has a stack, and the name of what was raised in it or beside it."""
    stack = next((text for key in patterns.STACK_KEYS for text in _strings(fields.get(key), depth=1)), "").lstrip()
    first = stack.partition("\n")[0]
    if first.startswith(("Traceback (most", "Error: ")):
        return first[0] == "T" or isinstance(fields.get("code"), str)
    names = (fields.get(key) for key in patterns.EXCEPTION_KEYS)
    return bool(stack) and (
        _names_a_class(first.partition(":")[0].partition(" [")[0]) or any(map(_names_a_class, names))
    )


def _names_a_class(value: object) -> bool:
    return isinstance(value, str) and value.endswith(("Error", "Exception")) and " " not in value and value != "Error"


def logfmt_level(line: bytes) -> str:
    """Return the lowered value of `level=`, `lvl=` or `severity=`; empty when the line has none."""
    for key in (b"level=", b"lvl=", b"severity="):
        at = line.find(key)
        if at == 0 or (at > 0 and line[at - 1] in b" \t"):
            value = line[at + len(key) : at + len(key) + 20].lstrip(b'"')
            return value.replace(b'"', b" ").split(b" ", 1)[0].decode("ascii", "replace").lower()
    return ""


def _first_wins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key, value in pairs:
        fields.setdefault(key, value)
    return fields


def _short_int(digits: str) -> object:
    return int(digits) if len(digits) <= _LONGEST_NUMBER_WORTH_READING else digits


def _container_line(fields: dict[str, object]) -> dict[str, object] | None:
    """Return the object that Docker's json-file driver wrapped, if it did."""
    inner = fields.get("log")
    if "stream" not in fields or not isinstance(inner, str) or not inner.startswith("{"):
        return None
    try:
        wrapped = json.loads(inner, object_pairs_hook=_first_wins, parse_int=_short_int)
    except (ValueError, RecursionError):
        return None
    return wrapped if isinstance(wrapped, dict) else None


def _text(fields: dict[str, object]) -> str:
    parts: list[str] = []
    for key in (*patterns.MESSAGE_KEYS, *patterns.ERROR_KEYS, *patterns.STACK_KEYS):
        for part in _strings(fields.get(key), depth=3):
            if part and not any(part in known for known in parts):
                parts.append(part)
    return "\n".join(parts)


def _strings(value: object, depth: int) -> list[str]:
    match value:
        case str():
            return [value]
        case dict() if depth:
            return [part for inner in value.values() for part in _strings(inner, depth - 1)]
        case list() if depth:
            return [part for inner in value for part in _strings(inner, depth - 1)]
        case _:
            return []
