"""Incidents: one fault on one service, counted exactly."""

import json
from datetime import datetime, timedelta

from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.model.event import Fingerprint, Severity
from aiops_agent.model.evidence import Evidence, Words
from aiops_agent.model.incident import Incident, Kind, Outcome, Status
from aiops_agent.model.occurrences import Spell
from aiops_agent.model.risk import Risk
from aiops_agent.noun import astuple, fields, replace
from aiops_agent.state.database import Database, damaged, stamp, unstamp
from aiops_agent.state.vault import Vault

COLUMNS = tuple(field.name for field in fields(Incident))
_LIST = ", ".join(COLUMNS)
_MARKS = ", ".join("?" for _ in COLUMNS)
_UPDATES = ", ".join(
    # What cannot be encrypted takes nothing from what was before.
    "evidence=iif(length(excluded.evidence), excluded.evidence, evidence)"
    if column == "evidence"
    else f"{column}=excluded.{column}"
    for column in COLUMNS
    if column != "id"
)

_LIVE = "kind=? AND fingerprint=? AND ifnull(service,'')=? AND status!='closed'"


class Incidents:
    """Read and write incidents; call writers inside a transaction. Their evidence is opened when it is asked for."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def live(self, kind: Kind, fingerprint: Fingerprint, service: str | None) -> Incident | None:
        """Return the incident that new records of this fault on this service belong to."""
        return self._one(_LIVE, kind, fingerprint, service or "")

    def is_known(self, kind: Kind, fingerprint: Fingerprint, service: str | None) -> bool:
        """Tell whether there is a `live` one; reads no more of it."""
        found = self._database.value(f"SELECT 1 FROM incidents WHERE {_LIVE}", kind, fingerprint, service or "")
        return found is not None

    def by_id(self, identity: str) -> Incident | None:
        """Return one incident, or None."""
        return self._one("id=?", identity)

    def of(self, fingerprint: Fingerprint) -> list[Incident]:
        """Return every incident of a fault, on whatever service, those that are closed too."""
        return self._many("kind='log' AND fingerprint=? ORDER BY first_seen, id", fingerprint)

    def all(self) -> list[Incident]:
        """Return every incident, the one seen last first."""
        return self._many("1 ORDER BY last_seen DESC, id")

    def to_run(self) -> list[Incident]:
        """Return those whose playbook was decided to run and has not been begun."""
        return self._many(
            "status='running' AND NOT EXISTS (SELECT 1 FROM actions WHERE incident=incidents.id AND finished IS NULL)"
        )

    def due(self, now: datetime) -> list[Incident]:
        """Return the open ones about which it is time to decide anew."""
        return self._many("look_again<=? AND status='open' ORDER BY look_again, id", stamp(now))

    def next_due(self) -> datetime | None:
        """Return when it is time to decide anew about one of them; None: about none."""
        due = self._database.value("SELECT min(look_again) FROM incidents WHERE status='open'")
        return unstamp(due) if due is not None else None

    def is_asked_about(self, playbook: str, service: str, *, beside: str) -> bool:
        """Tell whether another incident than one waits for an answer about a playbook on a service."""
        return bool(
            self._database.value(
                "SELECT 1 FROM incidents WHERE status='waiting_approval' AND playbook=? AND service=? AND id!=?",
                playbook,
                service,
                beside,
            )
        )

    def unsolved(self, playbook: str, service: str) -> list[Incident]:
        """Return those for which a playbook on a service is the repair, and that it has not been run for."""
        return self._many(
            "playbook=? AND service=? AND status IN ('open', 'acknowledged', 'waiting_approval')", playbook, service
        )

    def failing(self, since: datetime) -> frozenset[str]:
        """Return the services with an error that is new since then, or that was seen since and is to be repaired."""
        rows = self._database.rows(
            "SELECT DISTINCT service FROM incidents WHERE last_seen>=? AND kind='log' AND service IS NOT NULL "
            "AND severity>=? AND (first_seen>=? OR status IN ('running', 'waiting_approval'))",
            stamp(since),
            int(Severity.ERROR),
            stamp(since),
        )
        return frozenset(str(service) for (service,) in rows)

    def sealed(self, incident: Incident) -> Incident:
        """Return it with its evidence as it will be kept: encrypted; not at all where that cannot be.

        Why is then in the `failure` of the vault. The fault is counted and told all the same, from memory.
        """
        if incident.evidence.sealed is not None:
            return incident
        words = incident.evidence.words
        try:
            sealed = self._vault.seal(json.dumps(astuple(words)).encode(), _place(incident.id))
        except AuditError as error:
            self._vault.note(error)
            sealed = b""
        return replace(incident, evidence=Evidence(words, sealed))

    def save(self, incident: Incident) -> None:
        """Insert or replace it. Evidence that was not opened is written back as it was."""
        self._database.rows(
            f"INSERT INTO incidents ({_LIST}) VALUES ({_MARKS}) ON CONFLICT (id) DO UPDATE SET {_UPDATES}",
            *_to_row(self.sealed(incident)),
        )

    def _one(self, where: str, *bindings: object) -> Incident | None:
        found = self._many(where, *bindings)
        return found[0] if found else None

    def _many(self, where: str, *bindings: object) -> list[Incident]:
        rows = self._database.rows(f"SELECT {_LIST} FROM incidents WHERE {where}", *bindings)
        try:
            return [self._from_row(row) for row in rows]
        except ValueError as error:
            raise damaged(self._database.path, error) from error

    def _from_row(self, row: tuple[object, ...]) -> Incident:
        values = dict(zip(COLUMNS, row, strict=True))
        sealed = values["evidence"]
        values.update(
            kind=Kind(str(values["kind"])),
            status=Status(str(values["status"])),
            severity=Severity(int(str(values["severity"]))),
            abstained=bool(values["abstained"]),
            sure_for=Risk(int(str(values["sure_for"]))),
            first_seen=unstamp(values["first_seen"]),
            last_seen=unstamp(values["last_seen"]),
            last_told=unstamp(values["last_told"]) if values["last_told"] is not None else None,
            recent=tuple(_spell(*numbers) for numbers in json.loads(str(values["recent"]))),
            look_again=unstamp(values["look_again"]) if values["look_again"] is not None else None,
            outcome=Outcome(str(values["outcome"])) if values["outcome"] is not None else None,
            evidence=Evidence(lambda: self._opened(incident), sealed if isinstance(sealed, bytes) else b""),
        )
        incident = Incident(**values)  # type: ignore[arg-type]
        return incident

    def _opened(self, incident: Incident) -> Words:
        if not incident.evidence.sealed:
            self._vault.check(thoroughly=True)
            failure = self._vault.failure
            why = f":\n{failure.message}\n{failure.hint}" if failure else ""
            return incident.without_evidence(f"it could not be encrypted when it was read{why}")
        try:
            return Words(*json.loads(self._vault.open(incident.evidence.sealed, _place(incident.id)).decode()))
        except (AuditError, ForgedError) as error:
            return incident.without_evidence(self._vault.note(error))


def _place(identity: str) -> str:
    return f"evidence {identity}"


def _spell(first: int, last: int, count: int, widest: int) -> Spell:
    return Spell(unstamp(first), unstamp(last), count, timedelta(microseconds=widest))


def _numbers(spell: Spell) -> tuple[int, int, int, int]:
    return stamp(spell.first), stamp(spell.last), spell.count, spell.widest // timedelta(microseconds=1)


def _to_row(incident: Incident) -> tuple[object, ...]:
    values = {column: getattr(incident, column) for column in COLUMNS}
    for column in ("first_seen", "last_seen"):
        values[column] = stamp(values[column])
    for column in ("last_told", "look_again"):
        values[column] = stamp(values[column]) if values[column] else None
    values["recent"] = json.dumps([_numbers(spell) for spell in incident.recent], separators=(",", ":"))
    values["abstained"] = int(incident.abstained)
    values["severity"] = int(incident.severity)
    values["sure_for"] = int(incident.sure_for)
    values["evidence"] = incident.evidence.sealed
    return tuple(values.values())
