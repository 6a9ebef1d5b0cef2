"""What waits for a person's answer: single use, expiring, bound to the playbook as it was when asked."""

from datetime import datetime, timedelta
from enum import StrEnum

from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass
from aiops_agent.state.database import Database, stamp, unstamp

MOST_SET_BACK = timedelta(hours=2)
"""How far a clock may be set back with a question open: a wrong time zone. The question lives as much longer."""


class ApprovalState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Approval:
    """One question to the people on call."""

    id: str
    incident: str
    playbook: str
    digest: str
    """Of the playbook's file when the question was asked: an edited playbook needs a new question."""

    state: ApprovalState
    requested: datetime
    expires: datetime
    answered: datetime | None = None
    answered_by: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the object of `approvals list --json`."""
        return {
            "id": self.id,
            "incident": self.incident,
            "playbook": self.playbook,
            "state": self.state.value,
            "requested": rfc3339(self.requested),
            "expires": rfc3339(self.expires),
            "answered": rfc3339(self.answered) if self.answered else None,
            "answered_by": self.answered_by,
        }


class Approvals:
    """Read and write approvals; call writers inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, approval: Approval) -> None:
        """Record the question."""
        self._database.rows(
            "INSERT INTO approvals (id, incident, playbook, digest, state, requested, expires) VALUES (?,?,?,?,?,?,?)",
            approval.id,
            approval.incident,
            approval.playbook,
            approval.digest,
            approval.state,
            stamp(approval.requested),
            stamp(approval.expires),
        )

    def answer(self, identity: str, state: ApprovalState, by: str, now: datetime) -> bool:
        """Record the first answer in time; False when it was answered before, has expired or is unknown."""
        return (
            self._database.changed(
                "UPDATE approvals SET state=?, answered=?, answered_by=? WHERE id=? AND state='pending' AND expires>?",
                state,
                stamp(now),
                by,
                identity,
                stamp(now),
            )
            == 1
        )

    def use(self, identity: str) -> bool:
        """Take an approval for its one run; False when it was taken before."""
        return (
            self._database.changed("UPDATE approvals SET state='used' WHERE id=? AND state='approved'", identity) == 1
        )

    def expire(self, now: datetime) -> list[Approval]:
        """Turn what was not answered in time into a denial, and return it.

        A question from the far future was asked by a clock that has been set back since: it would stay open until then.
        """
        overdue = "state='pending' AND (expires<=? OR requested>?)"
        times = (stamp(now), stamp(now + MOST_SET_BACK))
        expired = self._many(overdue, *times)
        self._database.rows(f"UPDATE approvals SET state='expired' WHERE {overdue}", *times)
        return expired

    def by_id(self, identity: str) -> Approval | None:
        """Return one, or None."""
        found = self._many("id=?", identity)
        return found[0] if found else None

    def all(self) -> list[Approval]:
        """Return every request, newest first."""
        return self._many("1 ORDER BY requested DESC")

    def granted(self) -> list[Approval]:
        """Return what a person agreed to and was not run yet."""
        return self._many("state='approved' ORDER BY answered")

    def last_refusal(self, incident: str) -> datetime | None:
        """Return when a request for this incident was last denied or left to expire."""
        when = self._database.value(
            "SELECT max(ifnull(answered, expires)) FROM approvals WHERE incident=? AND state IN ('denied', 'expired')",
            incident,
        )
        return unstamp(when) if when is not None else None

    def next_expiry(self) -> datetime | None:
        """Return when the next pending request expires."""
        when = self._database.value("SELECT min(expires) FROM approvals WHERE state='pending'")
        return unstamp(when) if when is not None else None

    def _many(self, where: str, *bindings: object) -> list[Approval]:
        rows = self._database.rows(
            "SELECT id, incident, playbook, digest, state, requested, expires, answered, answered_by "
            f"FROM approvals WHERE {where}",
            *bindings,
        )
        return [
            Approval(
                id=str(r[0]),
                incident=str(r[1]),
                playbook=str(r[2]),
                digest=str(r[3]),
                state=ApprovalState(str(r[4])),
                requested=unstamp(r[5]),
                expires=unstamp(r[6]),
                answered=unstamp(r[7]) if r[7] is not None else None,
                answered_by=str(r[8]) if r[8] is not None else None,
            )
            for r in rows
        ]
