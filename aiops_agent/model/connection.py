"""A database that playbooks may ask, as the configuration names it."""

from aiops_agent.hints import Literal
from aiops_agent.noun import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where it is and as whom it is asked. That user should be allowed to read only what the questions are about."""

    type: Literal["postgresql", "mysql", "sqlite"]
    database: str
    """Its name; of SQLite: the path of its file."""

    host: str = ""
    """A name, an address, or the folder or path of a socket; empty: as the client finds it."""

    port: int | None = None
    user: str = ""
    reference: str = ""
    """Where the password is: `file:PATH`, `env:NAME` or `credential:NAME`; empty: it has none."""

    password: str = field(default="", repr=False)
