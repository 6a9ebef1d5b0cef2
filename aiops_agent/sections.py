"""What stands in both configuration files, the agent's and root's own: written alike, and refused alike."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from aiops_agent.model.signature import MANIFEST, TRUSTED, SigningRules
from aiops_agent.playbook.kinds import parse_duration, parse_unit
from aiops_agent.policy.limits import Group


def parse_absolute(value: object) -> object:
    """Return an absolute path as it is.

    Raises:
        ValueError: It is none.
    """
    if isinstance(value, str) and (not value.startswith("/") or "\0" in value):
        raise ValueError(f"{value!r} must be an absolute path: it begins with / and holds no NUL")
    return value


def _duration(value: object) -> object:
    return timedelta(seconds=parse_duration(value))


AbsolutePath = Annotated[str, BeforeValidator(parse_absolute)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Unit = Annotated[str, BeforeValidator(parse_unit)]


class Strict(BaseModel):
    """A section that knows its keys, and takes no value for another."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GroupSection(Strict):
    """Services of which some must stay."""

    name: str = Field(min_length=1)
    services: list[Unit] = Field(min_length=2)
    minimum: int = Field(ge=1)

    @field_validator("minimum")
    @classmethod
    def _can_be_met(cls, minimum: int, info: ValidationInfo) -> int:
        services = info.data.get("services")  # None: there is something else wrong with them
        if services and minimum >= len(set(services)):
            others = len(set(services)) - 1
            raise ValueError(f"can never be met: beside the one that is restarted there are {others} others")
        return minimum

    def settled(self) -> Group:
        """Return it as the rest of the program reads it."""
        return Group(name=self.name, services=tuple(self.services), minimum=self.minimum)


def _with_names_of_their_own(groups: list[GroupSection]) -> list[GroupSection]:
    if len({group.name for group in groups}) < len(groups):
        raise ValueError("two have one name: what is counted for one would count for the other")
    return groups


Groups = Annotated[list[GroupSection], AfterValidator(_with_names_of_their_own)]


class SigningSection(Strict):
    """Whose playbooks are trusted, and where that is written."""

    manifest: AbsolutePath = str(MANIFEST)
    trusted: AbsolutePath = str(TRUSTED)
    group: Annotated[str, Field(pattern="^[A-Za-z0-9._-]*$", max_length=64)] = ""
    two_signatures: bool = False

    def settled(self, *owners: int) -> SigningRules:
        """Return it as the rest of the program reads it; `owners`: whose keys count beside root's."""
        return SigningRules(Path(self.manifest), Path(self.trusted), self.group, self.two_signatures, (0, *owners))
