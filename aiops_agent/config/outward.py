"""The sections `chat` and `connections`: whom it speaks to, and which databases a playbook may."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from aiops_agent.config.values import Host, Locale, Name, parse_port
from aiops_agent.model.connection import Connection
from aiops_agent.sections import AbsolutePath, Strict


class Slack(Strict):
    """A channel of Slack."""

    type: Literal["slack"]
    name: str = "slack"
    token: str
    channel: str
    base_url: str | None = None
    locale: Locale | None = None


class Telegram(Strict):
    """A chat of Telegram."""

    type: Literal["telegram"]
    name: str = "telegram"
    token: str
    chat_id: str | int
    base_url: str | None = None
    locale: Locale | None = None


class Sqlite(Strict):
    """A database in a file."""

    type: Literal["sqlite"]
    database: AbsolutePath

    def settled(self, _password: str) -> Connection:
        """Return it as the rest of the program reads it; a file has no password."""
        return Connection(type=self.type, database=self.database)


class Server(Strict):
    """A database on a server."""

    type: Literal["postgresql", "mysql"]
    database: Name
    user: Name
    host: Host = "localhost"
    port: Annotated[int | None, BeforeValidator(parse_port)] = None
    password: str | None = None

    def settled(self, password: str) -> Connection:
        """Return it as the rest of the program reads it."""
        return Connection(
            type=self.type,
            database=self.database,
            host=self.host,
            port=self.port,
            user=self.user,
            reference=self.password or "",
            password=password,
        )
