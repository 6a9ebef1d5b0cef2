"""What the root executor asks people: single use, expiring, bound to everything that is agreed to, answered once."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from aiops_agent.model.incident import rfc3339
from aiops_agent.model.playbook import Scalar
from aiops_agent.noun import dataclass
from aiops_agent.state.approvals import MOST_SET_BACK, ApprovalState
from aiops_agent.state.database import Database, stamp, unstamp

MOST_OPEN = 100
"""Questions that may wait for an answer: more is an agent gone wrong, and nobody would read them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One playbook on one service, and what people said to it."""

    id: str
    """The token: 16 random bytes, hex."""

    bound: bytes
    """SHA-256 of what is agreed to, by `Agreed.digested`."""

    playbook: str
    digest: str
    service: str
    incident: str
    risk: int
    needed: int
    """How many distinct people must agree."""

    asked: datetime
    expires: datetime
    state: ApprovalState = ApprovalState.PENDING
    agreed: tuple[int, ...] = ()
    """The uids of those who agreed, in the order in which they did."""

    @property
    def about(self) -> dict[str, str]:
        """Return what people answer to, for the record."""
        return {
            "playbook": self.playbook,
            "digest": self.digest,
            "service": self.service,
            "incident": self.incident,
            "bound": self.bound.hex(),
            "expires": rfc3339(self.expires),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What a person agrees to, all of it: another value in any place needs another question."""

    digest: str
    parameters: Mapping[str, Scalar]
    host: str
    incident: str
    service: str
    expires: datetime

    def digested(self) -> bytes:
        """Return its SHA-256: of JSON with sorted keys, in which no two of them are written alike."""
        parts = {
            "digest": self.digest,
            "parameters": dict(self.parameters),
            "host": self.host,
            "incident": self.incident,
            "service": self.service,
            "expires": stamp(self.expires),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).digest()


class Questions:
    """Read and write questions; call writers inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, question: Question) -> None:
        """Put a new one."""
        self._database.rows(
            "INSERT INTO questions "
            "(id, bound, playbook, digest, service, incident, risk, needed, asked, expires, state) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            question.id,
            question.bound,
            question.playbook,
            question.digest,
            question.service,
            question.incident,
            question.risk,
            question.needed,
            stamp(question.asked),
            stamp(question.expires),
            question.state.value,
        )

    def agree(self, identity: str, uid: int, now: datetime) -> bool:
        """Count a person's yes, and grant it when enough have said so; False when it is answered, over or unknown."""
        is_open = self._database.value(
            "SELECT 1 FROM questions WHERE id=? AND state='pending' AND expires>?", identity, stamp(now)
        )
        if not is_open:
            return False
        self._database.rows(
            "INSERT OR IGNORE INTO answers (question, uid, at) VALUES (?,?,?)", identity, uid, stamp(now)
        )
        self._database.rows(
            "UPDATE questions SET state='approved' WHERE id=? AND state='pending' "
            "AND (SELECT count(*) FROM answers WHERE question=questions.id) >= needed",
            identity,
        )
        return True

    def deny(self, identity: str, now: datetime) -> bool:
        """End it with a no; False when it is answered, over or unknown."""
        return bool(
            self._database.changed(
                "UPDATE questions SET state='denied' WHERE id=? AND state='pending' AND expires>?", identity, stamp(now)
            )
        )

    def use(self, identity: str, now: datetime) -> bool:
        """Take what was agreed to for its one run; False when it was taken, or its time is over."""
        return bool(
            self._database.changed(
                "UPDATE questions SET state='used' WHERE id=? AND state='approved' AND expires>?", identity, stamp(now)
            )
        )

    def expire(self, now: datetime) -> list[Question]:
        """Turn what was not answered, or not used, in time into a no, and return it.

        One from the far future was asked by a clock that has been set back since: it would stay open until then.
        """
        overdue = "state IN ('pending', 'approved') AND (expires<=? OR asked>?)"
        times = stamp(now), stamp(now + MOST_SET_BACK)
        expired = self._many(overdue, *times)
        self._database.rows(f"UPDATE questions SET state='expired' WHERE {overdue}", *times)
        return expired

    def by_id(self, identity: str) -> Question | None:
        """Return one, or None."""
        found = self._many("id=?", identity)
        return found[0] if found else None

    def about(self, *, playbook: str, service: str, incident: str) -> list[Question]:
        """Return what is asked or agreed to about one playbook on one service for one incident, newest first."""
        where = "state IN ('pending', 'approved') AND playbook=? AND service=? AND incident=? ORDER BY asked DESC"
        return self._many(where, playbook, service, incident)

    def waiting(self) -> list[Question]:
        """Return what waits for an answer, newest first."""
        return self._many("state='pending' ORDER BY asked DESC")

    def _many(self, where: str, *bindings: object) -> list[Question]:
        with self._database.alone:  # each with the answers of that moment
            rows = self._database.rows(
                "SELECT id, bound, playbook, digest, service, incident, risk, needed, asked, expires, state "
                f"FROM questions WHERE {where}",
                *bindings,
            )
            return [self._read(row) for row in rows]

    def _read(self, row: tuple[object, ...]) -> Question:
        identity, bound, playbook, digest, service, incident, risk, needed, asked, expires, state = row
        uids = self._database.rows("SELECT uid FROM answers WHERE question=? ORDER BY at, uid", identity)
        return Question(
            id=str(identity),
            bound=bound if isinstance(bound, bytes) else b"",
            playbook=str(playbook),
            digest=str(digest),
            service=str(service),
            incident=str(incident),
            risk=int(str(risk)),
            needed=int(str(needed)),
            asked=unstamp(asked),
            expires=unstamp(expires),
            state=ApprovalState(str(state)),
            agreed=tuple(int(str(uid)) for (uid,) in uids),
        )


class Orders:
    """What the agent asked for, by its own id, and what came of it: asked twice, done once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, identity: str, incident: str, question: str | None) -> None:
        """Note one that is about to be carried out; call inside the transaction of its intent."""
        self._database.rows("INSERT INTO orders (id, incident, question) VALUES (?,?,?)", identity, incident, question)

    def settle(self, identity: str, result: str) -> None:
        """Note what came of it."""
        self._database.rows("UPDATE orders SET result=? WHERE id=?", result, identity)

    def withdraw(self, identity: str) -> None:
        """Forget one that could not be recorded: it was not begun."""
        self._database.rows("DELETE FROM orders WHERE id=?", identity)

    def known(self, identity: str) -> bool:
        """Tell whether it was asked for before."""
        return self._database.value("SELECT 1 FROM orders WHERE id=?", identity) is not None

    def result(self, identity: str) -> str | None:
        """Return what came of it; None: nothing yet, or it is not known."""
        found = self._database.value("SELECT result FROM orders WHERE id=?", identity)
        return str(found) if found is not None else None

    def incident(self, identity: str) -> str:
        """Return for which incident it is; empty: for none."""
        return str(self._database.value("SELECT incident FROM orders WHERE id=?", identity) or "")
