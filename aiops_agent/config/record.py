"""The section `audit`: how what was done is kept."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ValidationInfo, field_validator

from aiops_agent.audit.auditor import read_public
from aiops_agent.config.values import Keep
from aiops_agent.errors import AuditError
from aiops_agent.sections import AbsolutePath, Strict, parse_absolute
from aiops_agent.settings import is_credential_name

WRAPPING = "aiops-agent.wrapping"


class Key(Strict):
    """Where the wrapping key is."""

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
    if isinstance(value, str) and value == parse_absolute(value):
        try:
            read_public(Path(value))
        except AuditError as error:
            raise ValueError(f"{error.message}; {error.hint}") from error
    return value


class Anchors(Strict):
    """Where else it is said how far the log stands."""

    journal: bool = True
    file: AbsolutePath | None = None


class AuditSection(Strict):
    """How the audit log is kept."""

    key: Key = Key()
    anchors: Anchors = Anchors()
    auditor_key: Annotated[str | None, BeforeValidator(_auditor)] = None
    keep: Keep = timedelta(days=400)
