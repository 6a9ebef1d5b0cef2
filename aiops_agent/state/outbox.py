"""What is to be delivered: no network means later, not lost."""

import json
from datetime import datetime, timedelta

from aiops_agent.digest import blake2b
from aiops_agent.errors import AuditError, ForgedError
from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass
from aiops_agent.state.database import Database, stamp, unstamp
from aiops_agent.state.vault import Vault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.message import Message

FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=1)
"""Doubling from 30 s to an hour: a chat that is down for a night costs about twenty tries."""

LONGEST_ASKED = timedelta(days=1)
"""How long a platform, or what answers in its place, can make us wait."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message for one destination."""

    id: int
    key: str
    """What was told, to whom and when, as a digest: the place its message was sealed for."""

    destination: str
    incident: str
    sealed: bytes
    """The message; empty when it could not be encrypted: it is composed anew from what the state has in the clear."""

    state: str
    """`waiting`, `sent`, or `dead`: refused for good by the platform, or for a destination that is gone."""

    attempts: int
    next_at: datetime
    created: datetime
    error: str
    """Why it was not delivered. A platform, or what answers in its place, may quote the message: sealed like it."""

    def as_json(self, title: str) -> dict[str, object]:
        """Return the object of `outbox list --json`."""
        return {
            "id": self.id,
            "destination": self.destination,
            "incident": self.incident,
            "title": title,
            "state": self.state,
            "attempts": self.attempts,
            "next_at": rfc3339(self.next_at),
            "created": rfc3339(self.created),
            "error": self.error,
        }


class Outbox:
    """Read and write letters; `put` inside the transaction of what they tell."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._unkept: dict[str, Message] = {}
        """By key: what could not be encrypted, for as long as this process has it."""

    def put(self, destination: str, incident: str, message: "Message", now: datetime) -> None:
        """Queue a message; the same message for the same destination at the same moment is queued once.

        Where it cannot be encrypted it is not kept, only that something is to be told: this process can still deliver
        it, a later one has none. Why is in the `failure` of the vault.
        """
        told = f"{destination}\0{incident}\0{stamp(now)}\0{message.title}".encode("utf-8", "surrogatepass")
        key = blake2b(told, digest_size=16).hexdigest()
        content = (message.title, message.text, message.markdown, dict(message.fields))
        try:
            sealed = self._vault.seal(json.dumps(content).encode(), _place(key))
        except AuditError as error:
            self._vault.note(error)
            sealed = b""
            self._unkept[key] = message
        self._database.rows(
            "INSERT OR IGNORE INTO outbox (key, destination, incident, sealed, state, attempts, next_at, created) "
            "VALUES (?,?,?,?,'waiting',0,?,?)",
            key,
            destination,
            incident,
            sealed,
            stamp(now),
            stamp(now),
        )

    def message(self, letter: Letter) -> "Message | None":
        """Return what is to be delivered; None when it could not be kept.

        Raises:
            AuditError: The key is gone or another one than it was encrypted with.
            ForgedError: This agent has written no such letter.
        """
        if not letter.sealed:
            return self._unkept.get(letter.key)
        from aiops_agent.model.message import Message  # most ticks tell nothing

        title, text, markdown, fields = json.loads(self._vault.open(letter.sealed, _place(letter.key)).decode())
        return Message(title=title, text=text, markdown=markdown, fields=fields)

    def due(self, now: datetime) -> list[Letter]:
        """Return what should be tried now, oldest first.

        What was put here later than now, or waits for longer than anything waits, was put here by a clock that has
        been set back since: it must not wait for that time to come again.
        """
        return self._many(
            "state='waiting' AND (next_at<=? OR created>? OR next_at>?) ORDER BY id",
            stamp(now),
            stamp(now),
            stamp(now + LONGEST_ASKED),
        )

    def all(self) -> list[Letter]:
        """Return everything not delivered, oldest first."""
        return self._many("state!='sent' ORDER BY id")

    def sent(self, letter: Letter) -> None:
        """Record that the platform took it."""
        self._database.rows("UPDATE outbox SET state='sent' WHERE id=?", letter.id)

    def forget_sent(self) -> None:
        """Drop what was delivered: all at once, which writes a tenth of what one by one does."""
        self._database.rows("DELETE FROM outbox WHERE state='sent'")

    def failed(self, letter: Letter, error: str, now: datetime, *, retry_after: float | None) -> None:
        """Try again later, as the platform asked or after a doubling wait; what else is for it waits as long."""
        wait = (
            timedelta(seconds=min(retry_after, LONGEST_ASKED.total_seconds()))
            if retry_after
            else min(FIRST_RETRY * 2 ** min(letter.attempts, 10), LONGEST_RETRY)
        )
        self._database.rows(
            "UPDATE outbox SET attempts=attempts+1, error=? WHERE id=?", self._sealed_error(letter, error), letter.id
        )
        self._database.rows(
            "UPDATE outbox SET next_at=max(next_at, ?) WHERE destination=? AND state='waiting'",
            stamp(now + wait),
            letter.destination,
        )

    def refused(self, letter: Letter, error: str) -> None:
        """Record that nobody will ever take it as things stand; `retry` puts it back."""
        self._database.rows(
            "UPDATE outbox SET state='dead', attempts=attempts+1, error=? WHERE id=?",
            self._sealed_error(letter, error),
            letter.id,
        )

    def retry(self, now: datetime) -> int:
        """Make everything undelivered due now, what was refused too; return how many."""
        return self._database.changed("UPDATE outbox SET state='waiting', next_at=? WHERE state!='sent'", stamp(now))

    def next_due(self) -> datetime | None:
        """Return when the next try is due."""
        when = self._database.value("SELECT min(next_at) FROM outbox WHERE state='waiting'")
        return unstamp(when) if when is not None else None

    def _many(self, where: str, *bindings: object) -> list[Letter]:
        rows = self._database.rows(
            "SELECT id, key, destination, incident, sealed, state, attempts, next_at, created, error "
            f"FROM outbox WHERE {where}",
            *bindings,
        )
        return [
            Letter(
                id=int(str(r[0])),
                key=str(r[1]),
                destination=str(r[2]),
                incident=str(r[3]),
                sealed=r[4] if isinstance(r[4], bytes) else b"",
                state=str(r[5]),
                attempts=int(str(r[6])),
                next_at=unstamp(r[7]),
                created=unstamp(r[8]),
                error=self._opened_error(str(r[1]), r[9] if isinstance(r[9], bytes) else b""),
            )
            for r in rows
        ]

    def _sealed_error(self, letter: Letter, error: str) -> bytes:
        try:
            return self._vault.seal(error.encode("utf-8", "replace"), f"error {letter.key}")
        except AuditError as failure:  # which is why it was not delivered, most likely
            self._vault.note(failure)
            return b""

    def _opened_error(self, key: str, sealed: bytes) -> str:
        if not sealed:
            return ""
        try:
            return self._vault.open(sealed, f"error {key}").decode()
        except (AuditError, ForgedError) as failure:
            return f"[withheld: {self._vault.note(failure)}]"


def _place(key: str) -> str:
    return f"letter {key}"
