"""Kinds of values in a configuration: each read from what people type, or refused by what would be right."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from aiops_agent.playbook.kinds import PORT, parse_duration, parse_host, parse_name, parse_root
from aiops_agent.sections import parse_absolute


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
    return None if value == "forever" else timedelta(seconds=parse_duration(value))


def _host(value: object) -> object:
    return parse_absolute(value) if isinstance(value, str) and value.startswith("/") else parse_host(value)


def parse_port(value: object) -> object:
    """Return the number of a port, or None as it is.

    Raises:
        ValueError: It is none.
    """
    return None if value is None else PORT.parse(value)


Silence = Annotated[timedelta | Literal["auto"] | None, BeforeValidator(_silence)]
Keep = Annotated[timedelta | None, BeforeValidator(_keep)]
Root = Annotated[str, BeforeValidator(parse_root)]
Name = Annotated[str, BeforeValidator(parse_name)]
Host = Annotated[str, BeforeValidator(_host)]
Patterns = Annotated[list[str], Field(min_length=1)]
Locale = Literal["en", "zh"]
