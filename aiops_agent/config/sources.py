"""The sections `sources` and `patterns`: what is read, and what is a fault there."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from aiops_agent.assembly.local import check_literal, check_pattern
from aiops_agent.config.values import Root, Silence
from aiops_agent.model.event import LocalPattern, Severity
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.playbook.kinds import parse_unit
from aiops_agent.sections import AbsolutePath, Strict, Unit
from aiops_agent.settings import SourceSettings
from aiops_agent.sources.container import PATHS as CONTAINER_LOGS


class Source(Strict):
    """What all sources may say."""

    service: str | None = None
    start: Literal["end", "beginning"] = "end"
    parameters: dict[str, str | int | float | bool] = {}
    roots: list[Root] = []
    silence: Silence = None

    @field_validator("service")
    @classmethod
    def _is_a_unit(cls, value: str | None) -> str | None:
        return value if value is None else parse_unit(value)


class Paths(Source):
    """What is read by its paths."""

    type: Literal["file", "container"]
    paths: list[AbsolutePath] = Field(min_length=1)

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


class Files(Paths):
    """Log files as programs write them."""

    type: Literal["file"]


class Containers(Paths):
    """Log files as a container runtime wraps them."""

    type: Literal["container"]
    paths: list[AbsolutePath] = Field(default=list(CONTAINER_LOGS), min_length=1)


class Journald(Source):
    """systemd's journal, or some of its units."""

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


TELLING = tuple(category for category in CATEGORIES if category != "unknown")
"""What a fault can be said to be."""

SOURCES: dict[str, type[Source]] = {"file": Files, "journald": Journald, "container": Containers}


def _literal(value: object) -> object:
    if isinstance(value, str):
        check_literal(value)
    return value


def _linear(value: object) -> object:
    if isinstance(value, str):
        check_pattern(value)
    return value


def _known(value: object) -> object:
    if value not in TELLING:
        raise ValueError(f"{value!r} is not a category; known: {', '.join(TELLING)}")
    return value


class Ignored(Strict):
    """What is no fault on this host."""

    contains: Annotated[str, BeforeValidator(_literal)]
    matches: Annotated[str, BeforeValidator(_linear)] = ""


class FaultPattern(Ignored):
    """What is a fault on this host."""

    severity: Literal["warning", "error", "critical"] = "error"
    category: Annotated[str, BeforeValidator(_known)] = ""

    def settled(self) -> LocalPattern:
        """Return it as the rest of the program reads it."""
        return LocalPattern(self.contains, self.matches, Severity[self.severity.upper()], self.category)


class LocalPatterns(Strict):
    """What this host adds to the patterns that are built in."""

    faults: list[FaultPattern] = []
    ignore: list[Ignored] = []
