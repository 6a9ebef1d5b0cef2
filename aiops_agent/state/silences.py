"""What people asked the agent to keep quiet about."""

from datetime import datetime
from fnmatch import fnmatchcase

from aiops_agent.model.incident import Incident, rfc3339
from aiops_agent.noun import dataclass
from aiops_agent.state.database import Database, stamp, unstamp


@dataclass(frozen=True, slots=True)
class Silence:
    """Incidents that match every matcher given are counted, neither told nor acted on, until `ends`."""

    id: str
    service: str | None
    """Glob pattern of the unit."""

    category: str | None
    fingerprint: str | None
    starts: datetime
    ends: datetime
    comment: str
    created_by: str

    def matches(self, incident: Incident) -> bool:
        """Tell whether it covers this incident."""
        return (
            (self.service is None or fnmatchcase(incident.service or "", self.service))
            and (self.category is None or incident.category == self.category)
            and (self.fingerprint is None or incident.fingerprint == self.fingerprint)
        )

    def as_json(self) -> dict[str, object]:
        """Return the object of `silence list --json`."""
        return {
            "id": self.id,
            "service": self.service,
            "category": self.category,
            "fingerprint": self.fingerprint,
            "starts": rfc3339(self.starts),
            "ends": rfc3339(self.ends),
            "comment": self.comment,
            "created_by": self.created_by,
        }


class Silences:
    """Read and write silences; call writers inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, silence: Silence) -> None:
        """Record it."""
        self._database.rows(
            "INSERT INTO silences (id, service, category, fingerprint, starts, ends, comment, created_by) "
            "VALUES (?,?,?,?,?,?,?,?)",
            silence.id,
            silence.service,
            silence.category,
            silence.fingerprint,
            stamp(silence.starts),
            stamp(silence.ends),
            silence.comment,
            silence.created_by,
        )

    def end(self, identity: str, now: datetime) -> bool:
        """End it now; False when there is no such silence in force."""
        return (
            self._database.changed("UPDATE silences SET ends=? WHERE id=? AND ends>?", stamp(now), identity, stamp(now))
            == 1
        )

    def in_force(self, now: datetime) -> list[Silence]:
        """Return those that hold now."""
        return self._many("starts<=? AND ends>?", stamp(now), stamp(now))

    def all(self) -> list[Silence]:
        """Return every silence, the one ending last first."""
        return self._many("1 ORDER BY ends DESC")

    def _many(self, where: str, *bindings: object) -> list[Silence]:
        rows = self._database.rows(
            f"SELECT id, service, category, fingerprint, starts, ends, comment, created_by FROM silences WHERE {where}",
            *bindings,
        )
        return [
            Silence(
                id=str(r[0]),
                service=_text(r[1]),
                category=_text(r[2]),
                fingerprint=_text(r[3]),
                starts=unstamp(r[4]),
                ends=unstamp(r[5]),
                comment=str(r[6]),
                created_by=str(r[7]),
            )
            for r in rows
        ]


def _text(value: object) -> str | None:
    return str(value) if value is not None else None
