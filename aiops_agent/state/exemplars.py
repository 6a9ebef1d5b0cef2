"""What people said a fault is: sealed with its record, and searched by its fingerprint, or by its vector."""

import json
from pathlib import Path

from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.exemplar import Exemplar
from aiops_agent.noun import dataclass
from aiops_agent.state.database import Database, stamp, unstamp
from aiops_agent.state.seen import lessons
from aiops_agent.state.vault import Vault

MOST = 10_000
"""Faults that can be relabelled on one host: so many are searched in about a millisecond."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The vector of one exemplar, as it is kept."""

    fingerprint: Fingerprint
    vector: bytes | None
    """None: it is not known for this encoder, or cannot be opened."""


class Exemplars:
    """Read and write exemplars; call writers inside a transaction.

    Who said what of which fault is sealed for its fingerprint, the record and the vector apart from it: who can write
    the database, but has no key, can name no fault, and can have none taken for another. What cannot be opened is left
    out, and why is the `failure` of the vault: nothing is acted on then.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def number(self) -> int:
        """Return how often people have said, or taken back, what a fault is: `State.lessons`."""
        return lessons(self._database)

    def stands(self) -> tuple[Path, int]:
        """Return what is another one after any change of them: of which database, and its `number`."""
        return self._database.path, self.number()

    def count(self) -> int:
        """Return how many there are."""
        return int(str(self._database.value("SELECT count(*) FROM exemplars")))

    def of(self, fingerprint: Fingerprint) -> Exemplar | None:
        """Return what was said of a fault; None: nothing."""
        rows = self._database.rows(
            "SELECT fingerprint, sealed, article, edition FROM exemplars WHERE fingerprint=?", fingerprint
        )
        return self._opened(rows[0]) if rows else None

    def holds(self, fingerprint: Fingerprint) -> bool:
        """Tell whether something was said of a fault; opens nothing."""
        return bool(self._database.value("SELECT 1 FROM exemplars WHERE fingerprint=?", fingerprint))

    def all(self) -> list[Exemplar]:
        """Return every one, what was said last first."""
        rows = self._database.rows("SELECT fingerprint, sealed, article, edition FROM exemplars ORDER BY number DESC")
        return [exemplar for row in rows if (exemplar := self._opened(row))]

    def record(self, fingerprint: Fingerprint) -> str | None:
        """Return the record that it was said of, redacted; None: there is none that can be opened."""
        sealed = self._database.value("SELECT record FROM exemplars WHERE fingerprint=?", fingerprint)
        content = self._open(sealed, f"record {fingerprint}")
        return content.decode(errors="surrogateescape") if content is not None else None

    def keep(self, exemplar: Exemplar, record: str) -> None:
        """Keep what was said of a fault, in the place of what was said before.

        Raises:
            AuditError: It cannot be encrypted.
        """
        name = exemplar.fingerprint
        said = exemplar.category, exemplar.incident, exemplar.by, stamp(exemplar.said), exemplar.title
        self._database.rows(
            "REPLACE INTO exemplars (fingerprint, number, sealed, record, article, edition) VALUES (?,?,?,?,?,?)",
            name,
            self._next(),
            self._vault.seal(json.dumps(said).encode(), f"exemplar {name}"),
            self._vault.seal(record.encode(errors="surrogateescape"), f"record {name}"),
            exemplar.article,
            exemplar.edition,
        )

    def forget(self, fingerprint: Fingerprint) -> None:
        """Take back what was said of a fault."""
        self._next()
        self._database.rows("DELETE FROM exemplars WHERE fingerprint=?", fingerprint)

    def cite(self, fingerprint: Fingerprint, article: str | None, edition: str) -> None:
        """Note which article was found for it among those of an edition."""
        self._database.rows(
            "UPDATE exemplars SET article=?, edition=? WHERE fingerprint=?", article, edition, fingerprint
        )

    def vectors(self, encoder: str) -> list[Kept]:
        """Return the vectors of all by one encoder; the order is that of the fingerprints."""
        rows = self._database.rows("SELECT fingerprint, encoder=?, vector FROM exemplars ORDER BY fingerprint", encoder)
        return [
            Kept(name, self._open(vector, f"vector {name} {encoder}") if is_known else None)
            for name, is_known, vector in ((Fingerprint(str(row[0])), row[1], row[2]) for row in rows)
        ]

    def keep_vector(self, fingerprint: Fingerprint, encoder: str, vector: bytes) -> None:
        """Keep the vector of one; those of another encoder are computed anew.

        Raises:
            AuditError: It cannot be encrypted.
        """
        sealed = self._vault.seal(vector, f"vector {fingerprint} {encoder}")
        self._database.rows(
            "UPDATE exemplars SET encoder=?, vector=? WHERE fingerprint=?", encoder, sealed, fingerprint
        )

    def _next(self) -> int:
        number = self.number() + 1
        self._database.rows("DELETE FROM lessons")
        self._database.rows("INSERT INTO lessons (number) VALUES (?)", number)
        return number

    def _opened(self, row: tuple[object, ...]) -> Exemplar | None:
        fingerprint, sealed, article, edition = row
        content = self._open(sealed, f"exemplar {fingerprint}")
        if content is None:
            return None
        category, incident, by, said, title = json.loads(content)
        return Exemplar(
            fingerprint=Fingerprint(str(fingerprint)),
            category=category,
            incident=incident,
            by=by,
            said=unstamp(said),
            title=title,
            article=str(article) if article is not None else None,
            edition=str(edition),
        )

    def _open(self, sealed: object, place: str) -> bytes | None:
        if not isinstance(sealed, bytes):
            return None
        try:
            return self._vault.open(sealed, place)
        except (AuditError, ForgedError) as error:
            self._vault.note(error)
            return None
