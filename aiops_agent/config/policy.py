"""The section `policy`: what may be done, when, and how much of it."""

from datetime import UTC, date, timedelta, tzinfo
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from aiops_agent.config.values import Patterns
from aiops_agent.model.decision import Mode
from aiops_agent.policy.decide import PolicySettings, Rule
from aiops_agent.policy.limits import Limits
from aiops_agent.policy.windows import A_DAY, Window
from aiops_agent.sections import Duration, Groups, Strict


class RuleSection(Strict):
    """A mode for some playbooks or services."""

    playbooks: Patterns | None = None
    services: Patterns | None = None
    mode: Literal["observe", "approve", "auto"]

    @model_validator(mode="after")
    def _is_for_something(self) -> "RuleSection":
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


class WindowSection(Strict):
    """A time in which less is done."""

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


class LimitsSection(Strict):
    """How much is done at the most."""

    runs_per_hour: int = Field(default=Limits().runs_per_hour, ge=1, le=60)
    host_runs_per_hour: int = Field(default=Limits().host_runs_per_hour, ge=1, le=600)
    repairs_per_day: int = Field(default=Limits().repairs_per_day, ge=1, le=100)
    half_open_after: Duration = Limits().half_open_after
    self_effect: Duration = Limits().self_effect
    systemic_services: int = Field(default=Limits().systemic_services, ge=1)


class PolicySection(Strict):
    """What may be done, by whom, and how much of it."""

    mode: Literal["observe", "approve", "auto"] = "approve"
    unlock_after: int = Field(default=Limits().unlock_after, ge=0, le=100)
    rules: list[RuleSection] = []
    windows: list[WindowSection] = []
    groups: Groups = []
    limits: LimitsSection = LimitsSection()
    repeat_interval: Duration = timedelta(hours=4)
    approval_expires: Duration = timedelta(hours=1)

    def settled(self) -> PolicySettings:
        """Return it as the rest of the program reads it."""
        groups = tuple(group.settled() for group in self.groups)
        return PolicySettings(
            mode=Mode(self.mode),
            rules=tuple(rule.settled() for rule in self.rules),
            windows=tuple(window.settled() for window in self.windows),
            limits=Limits(**dict(self.limits), unlock_after=self.unlock_after, groups=groups),
            repeat_interval=self.repeat_interval,
            approval_expires=self.approval_expires,
        )
