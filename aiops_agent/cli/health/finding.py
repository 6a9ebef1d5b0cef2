"""What a check says, and what it is given to look at."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from aiops_agent.noun import dataclass
from aiops_agent.settings import Config


class Level(StrEnum):
    """How much it matters."""

    OK = "ok"
    WARN = "warn"
    """It works, and could be safer or is soon to fail."""

    FAIL = "fail"
    """Something a person must mend: exit 1."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer. Never holds a secret."""

    level: Level
    detail: str
    hint: str = ""
    """The operator's next move."""


@dataclass(frozen=True, slots=True)
class Place:
    """The host, as far as a check looks at it."""

    config: Config
    now: datetime
    environment: Mapping[str, str]
    """Of the shell of the person who asks; that of the unit is another one."""

    is_full: bool = False
    """Whether to take the time to read the whole audit log."""

    system: Path = Path("/")
    """Where systemd keeps its units and sockets, below etc and run."""

    @property
    def audit(self) -> Path:
        """Return where the segments of the audit log lie."""
        return self.config.state_dir / "audit"


Findings = Iterator[Finding]


def ok(detail: str, hint: str = "") -> Finding:
    """Return that all is well."""
    return Finding(Level.OK, detail, hint)


def warn(detail: str, hint: str) -> Finding:
    """Return what could be better."""
    return Finding(Level.WARN, detail, hint)


def fail(detail: str, hint: str) -> Finding:
    """Return what must be mended."""
    return Finding(Level.FAIL, detail, hint)
