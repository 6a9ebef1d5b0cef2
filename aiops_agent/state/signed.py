"""What this host has seen signed: the floors below which nothing counts, and when the next signature expires."""

from datetime import datetime

from aiops_agent.model.signature import Floors
from aiops_agent.state.database import Database, stamp, unstamp

_SERIAL, _EXPIRY, _VERSION = "serial", "expiry", "version "


class Signed:
    """Numbers that only grow, and one moment; survives restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def floors(self) -> Floors:
        """Return the highest serial and versions seen."""
        rows = {str(word): int(str(number)) for word, number in self._database.rows("SELECT word, number FROM signed")}
        versions = {w.removeprefix(_VERSION): number for w, number in rows.items() if w.startswith(_VERSION)}
        return Floors(rows.get(_SERIAL, 0), versions)

    def next_due(self) -> datetime | None:
        """Return when the next of what is signed expires, and a person is to be told."""
        when = self._database.value("SELECT number FROM signed WHERE word=?", _EXPIRY)
        return unstamp(when) if when is not None else None

    def keep(self, floors: Floors, next_expiry: datetime | None) -> None:
        """Remember them; a number that is lower than what is remembered changes nothing. Call inside a transaction."""
        self._database.rows("DELETE FROM signed WHERE word=?", _EXPIRY)
        numbers = {_SERIAL: floors.serial, **{f"{_VERSION}{name}": each for name, each in floors.versions.items()}}
        if next_expiry:
            numbers[_EXPIRY] = stamp(next_expiry)
        for word, number in numbers.items():
            self._database.rows(
                "INSERT INTO signed (word, number) VALUES (?,?) "
                "ON CONFLICT (word) DO UPDATE SET number=max(number, excluded.number)",
                word,
                number,
            )
