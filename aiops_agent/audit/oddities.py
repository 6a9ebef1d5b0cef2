"""What is odd about the times in a log: nothing is wrong with its bytes, and a person should know why it is so."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from aiops_agent.audit.proof import Raw
from aiops_agent.audit.seal import LATEST_US, datetime_of, time_us
from aiops_agent.noun import dataclass

LONGEST_SILENCE = timedelta(hours=26)
"""An agent that runs records a heartbeat every 24 hours; two more for a timer that was late."""

_SILENCE_US = LONGEST_SILENCE // timedelta(microseconds=1)
_STEP_BACK_US = 2 * 10**6
"""Two seconds: a clock that is kept by NTP is slewed, not set."""

_AHEAD_US = 5 * 60 * 10**6
"""Five minutes: as far as clocks of two machines may differ by the rules of Kerberos."""

_MOST = 20
"""Noted of each kind: the rest is counted with the last of them."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """One place where the times ask for an explanation."""

    kind: str
    """`silence`, `clock_set_back` or `ahead_of_clock`."""

    segment: str
    offset: int
    detail: str

    def __str__(self) -> str:
        return f"{self.segment} at byte {self.offset}: {self.kind}: {self.detail}"

    def as_json(self) -> Mapping[str, object]:
        """Return it as in `audit verify --json`."""
        return {"kind": self.kind, "segment": self.segment, "offset": self.offset, "detail": self.detail}


class Oddities:
    """Looks at one record after the other; `now` is the time of the machine that verifies."""

    def __init__(self, now: datetime | None) -> None:
        self._latest_us = time_us(now) + _AHEAD_US if now else LATEST_US
        self._last_us: int | None = None
        self._counts: dict[str, int] = {}
        self.noted: tuple[Oddity, ...] = ()

    def look_at(self, raw: Raw) -> None:
        """Compare its time with the one before and with the clock."""
        last, self._last_us = self._last_us, raw.time_us
        if raw.time_us > self._latest_us:
            self._note(raw, "ahead_of_clock", f"is dated {_said(raw.time_us)}, which is still to come")
        if last is None or 0 <= raw.time_us - last <= _SILENCE_US:
            return
        if raw.time_us - last > _SILENCE_US:
            detail = f"nothing was recorded since {_said(last)}: the agent did not run, or was kept from it"
            self._note(raw, "silence", detail)
        elif last - raw.time_us > _STEP_BACK_US:
            self._note(raw, "clock_set_back", f"is dated {_said(raw.time_us)}, after a record of {_said(last)}")

    def _note(self, raw: Raw, kind: str, detail: str) -> None:
        count = self._counts[kind] = self._counts.get(kind, 0) + 1
        if count <= _MOST:
            self.noted += (Oddity(kind, raw.segment, raw.offset, detail),)


def _said(microseconds: int) -> str:
    return datetime_of(microseconds).isoformat(timespec="seconds")
