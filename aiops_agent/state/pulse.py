"""When the agent last said in the record that it is alive."""

from datetime import datetime, timedelta

from aiops_agent.state.database import Database, stamp, unstamp

EVERY = timedelta(hours=24)


class Pulse:
    """One moment that survives restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> datetime | None:
        """Return when, or None before the first tick."""
        when = self._database.value("SELECT at FROM pulse")
        return unstamp(when) if when is not None else None

    def next_due(self) -> datetime | None:
        """Return when the next is due."""
        last = self.last()
        return last + EVERY if last else None

    def beat(self, now: datetime) -> None:
        """Remember that it is now; call inside a transaction."""
        self._database.rows("DELETE FROM pulse")
        self._database.rows("INSERT INTO pulse (at) VALUES (?)", stamp(now))
