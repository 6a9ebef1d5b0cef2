"""When each source that is expected to speak last did."""

from datetime import datetime, timedelta

from aiops_agent.state.database import Database, stamp, unstamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.voice import Voice

_MICROSECOND = timedelta(microseconds=1)


class Voices:
    """Read and write voices by the key of their source; call writers inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def one(self, source: str) -> "Voice | None":
        """Return what is remembered of a source, or None."""
        found = self._many("source=?", source)
        return found[0][0] if found else None

    def all(self) -> "list[tuple[Voice, datetime | None]]":
        """Return every source remembered, each with the deadline that it was saved with."""
        return self._many("1 ORDER BY source")

    def save(self, voice: "Voice", due: datetime | None) -> None:
        """Remember a source, and when its silence must be looked at; None: never."""
        self._database.rows(
            "REPLACE INTO voices (source, name, first, spoke, since, turns, longest, was_away, told, due) "
            "VALUES (?,?,?,?,?,?,?,?,?,?)",
            voice.source,
            voice.name,
            stamp(voice.first),
            stamp(voice.spoke),
            stamp(voice.since),
            voice.turns,
            voice.longest // _MICROSECOND,
            int(voice.was_away),
            int(voice.told),
            stamp(due) if due else None,
        )

    def forget(self, source: str) -> None:
        """Forget a source that nobody expects to speak any more."""
        self._database.rows("DELETE FROM voices WHERE source=?", source)

    def next_due(self) -> datetime | None:
        """Return when the first silence is to be looked at."""
        when = self._database.value("SELECT min(due) FROM voices")
        return unstamp(when) if when is not None else None

    def _many(self, where: str, *bindings: object) -> "list[tuple[Voice, datetime | None]]":
        rows = self._database.rows(
            f"SELECT source, name, first, spoke, since, turns, longest, was_away, told, due FROM voices WHERE {where}",
            *bindings,
        )
        if not rows:
            return []
        from aiops_agent.model.voice import Voice  # of most sources nobody expects to hear

        return [
            (
                Voice(
                    source=str(r[0]),
                    name=str(r[1]),
                    first=unstamp(r[2]),
                    spoke=unstamp(r[3]),
                    since=unstamp(r[4]),
                    turns=int(str(r[5])),
                    longest=int(str(r[6])) * _MICROSECOND,
                    was_away=bool(r[7]),
                    told=bool(r[8]),
                ),
                unstamp(r[9]) if r[9] is not None else None,
            )
            for r in rows
        ]
