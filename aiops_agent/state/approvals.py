"""What waits for a person's answer: single use, expiring, bound to the playbook as it was when asked."""

import json
from datetime import datetime, timedelta
from enum import StrEnum

from aiops_agent.errors import ForgedError
from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass, replace
from aiops_agent.state.database import Database, stamp, unstamp
from aiops_agent.state.vault import Vault

MOST_SET_BACK = timedelta(hours=2)
"""How far a clock may be set back with a question open: a wrong time zone. The question lives as much longer."""


class ApprovalState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    USED = "used"
    WITHDRAWN = "withdrawn"
    """What it was about was found to be something else."""


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
    service: str = ""
    """What the incident was about when the question was asked, and so what was agreed to."""

    bound: str = ""
    """SHA-256 of all that is agreed to, by `Agreed.digested`, hex: another parameter or host needs a new question."""

    needed: int = 1
    """How many distinct people must agree."""

    agreed: tuple[str, ...] = ()
    """Who has."""

    by_root: bool = False
    """The root executor asks it, under the same id: an answer counts there, and is only known here."""

    @property
    def about(self) -> dict[str, str]:
        """Return what a person answers to, for the record."""
        return {"incident": self.incident, "playbook": self.playbook, "digest": self.digest}

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
            "needed": self.needed,
            "agreed": list(self.agreed),
        }


class Approvals:
    """Read and write approvals; call writers inside a transaction.

    An approval is sealed whole, for its id. What stands beside it in the clear is there to be searched by: what is read
    must say the same in both, so that who can write the database, but has no key, can grant, redirect or reopen none.
    Such a writer can still take one away, or put back what it was before.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def ask(self, approval: Approval) -> None:
        """Record the question.

        Raises:
            AuditError: It cannot be encrypted; it must not be asked.
        """
        self._save(approval)

    def answer(self, identity: str, state: ApprovalState, by: str, now: datetime) -> bool:
        """Record the first answer in time; False when it was answered before, has expired or is unknown.

        A yes grants it when as many distinct people have said so as are needed. The same one twice is one.
        """
        approval = self.by_id(identity)
        if approval is None or approval.state is not ApprovalState.PENDING or approval.expires <= now:
            return False
        if state is ApprovalState.APPROVED:
            agreed = tuple(dict.fromkeys((*approval.agreed, by)))
            if len(agreed) < approval.needed:
                self._save(replace(approval, agreed=agreed))
                return len(agreed) > len(approval.agreed)
            approval = replace(approval, agreed=agreed)
        self._save(replace(approval, state=state, answered=now, answered_by=by))
        return True

    def heard(self, identity: str, state: ApprovalState, agreed: tuple[str, ...], now: datetime) -> None:
        """Take over where a question of the root executor's stands: it has counted the answers."""
        approval = self.by_id(identity)
        if approval is not None and approval.state is ApprovalState.PENDING:
            by = ", ".join(agreed) or None
            self._save(replace(approval, state=state, agreed=agreed, answered=now, answered_by=by))

    def use(self, identity: str) -> bool:
        """Take an approval for its one run; False when it was taken before."""
        approval = self.by_id(identity)
        if approval is None or approval.state is not ApprovalState.APPROVED:
            return False
        self._save(replace(approval, state=ApprovalState.USED))
        return True

    def withdraw(self, incident: str, by: str, now: datetime) -> list[Approval]:
        """Take back every question about an incident that is open, or was agreed to and not run yet; return them."""
        withdrawn = self._many("incident=? AND state IN ('pending', 'approved')", incident)
        for approval in withdrawn:
            self._save(replace(approval, state=ApprovalState.WITHDRAWN, answered=now, answered_by=by))
        return withdrawn

    def expire(self, now: datetime) -> list[Approval]:
        """Turn what was not answered in time into a denial, and return it.

        A question from the far future was asked by a clock that has been set back since: it would stay open until then.
        """
        overdue = "state='pending' AND (expires<=? OR requested>?)"
        expired = self._many(overdue, stamp(now), stamp(now + MOST_SET_BACK))
        for approval in expired:
            self._save(replace(approval, state=ApprovalState.EXPIRED))
        return expired

    def by_id(self, identity: str) -> Approval | None:
        """Return one, or None."""
        found = self._many("id=?", identity)
        return found[0] if found else None

    def all(self) -> list[Approval]:
        """Return every request, newest first."""
        return self._many("1 ORDER BY requested DESC")

    def asked_by_root(self) -> list[Approval]:
        """Return what waits for an answer at the root executor."""
        return [approval for approval in self.pending() if approval.by_root]

    def pending(self) -> list[Approval]:
        """Return what waits for an answer, the oldest first."""
        return self._many("state='pending' ORDER BY requested")

    def granted(self) -> list[Approval]:
        """Return what a person agreed to and was not run yet."""
        return self._many("state='approved' ORDER BY answered")

    def check(self) -> None:
        """Look through what waits for an answer or a run.

        Raises:
            AuditError: The key is gone or another one than they were encrypted with.
            ForgedError: One of them was not written by this agent.
        """
        self._many("state IN ('pending', 'approved')")

    def last_refusal(self, incident: str) -> datetime | None:
        """Return when a request for this incident was last denied or left to expire.

        Looked up in the clear: what is hidden or made up there leads to a question more or less.
        """
        when = self._database.value(
            "SELECT max(ifnull(answered, expires)) FROM approvals WHERE incident=? AND state IN ('denied', 'expired')",
            incident,
        )
        return unstamp(when) if when is not None else None

    def next_expiry(self) -> datetime | None:
        """Return when the next pending request expires."""
        when = self._database.value("SELECT min(expires) FROM approvals WHERE state='pending'")
        return unstamp(when) if when is not None else None

    def _save(self, approval: Approval) -> None:
        content = json.dumps([*_in_the_clear(approval), *_sealed_only(approval)]).encode()
        self._database.rows(
            "REPLACE INTO approvals (id, incident, state, requested, expires, answered, sealed) VALUES (?,?,?,?,?,?,?)",
            *_in_the_clear(approval),
            self._vault.seal(content, _place(approval.id)),
        )

    def _many(self, where: str, *bindings: object) -> list[Approval]:
        rows = self._database.rows(
            f"SELECT id, incident, state, requested, expires, answered, sealed FROM approvals WHERE {where}", *bindings
        )
        return [self._opened(row) for row in rows]

    def _opened(self, row: tuple[object, ...]) -> Approval:
        *clear, sealed = row
        identity = str(clear[0])
        content = self._vault.open(sealed if isinstance(sealed, bytes) else b"", _place(identity))
        read = json.loads(content)
        told, (playbook, digest, answered_by, service, bound, needed, agreed, by_root) = read[:_CLEAR], read[_CLEAR:]
        if told != clear:
            raise ForgedError(
                f"{self._database.path}: the approval {identity} was altered; it is {told[2]}, not {clear[2]}",
                hint="find out who can write that file; then move it aside and scan again",
            )
        return Approval(
            id=identity,
            incident=told[1],
            playbook=playbook,
            digest=digest,
            state=ApprovalState(told[2]),
            requested=unstamp(told[3]),
            expires=unstamp(told[4]),
            answered=unstamp(told[5]) if told[5] is not None else None,
            answered_by=answered_by,
            service=service,
            bound=bound,
            needed=needed,
            agreed=tuple(agreed),
            by_root=by_root,
        )


_CLEAR = 6
"""How many of its columns stand in the clear as well."""


def _place(identity: str) -> str:
    return f"approval {identity}"


def _in_the_clear(approval: Approval) -> tuple[object, ...]:
    answered = stamp(approval.answered) if approval.answered else None
    state, requested, expires = approval.state.value, stamp(approval.requested), stamp(approval.expires)
    return approval.id, approval.incident, state, requested, expires, answered


def _sealed_only(approval: Approval) -> tuple[object, ...]:
    parts = approval.bound, approval.needed, approval.agreed, approval.by_root
    return approval.playbook, approval.digest, approval.answered_by, approval.service, *parts
