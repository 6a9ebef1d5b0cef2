"""What was done: each action intended before it is done, finished after, and counted against the caps."""

from datetime import datetime

from aiops_agent.model.decision import History, PastRun
from aiops_agent.model.event import Fingerprint
from aiops_agent.model.incident import Outcome
from aiops_agent.noun import dataclass
from aiops_agent.state.database import Database, stamp, unstamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.attempt import Attempt

MOST_RUNS = 1000
"""Of the host that are counted: more than a week of all that its budget allows, and mostly years."""

MOST_OF_ONE = 200
"""Of one playbook, beside those; and of those for one fault."""

_RUN = "playbook, digest, target, intended, finished, outcome, cleared IS NOT NULL"
_TOUCHED = "(outcome IS NOT NULL OR finished IS NULL)"
_FAILED = "outcome IN ('failed', 'undone')"
_UNSUCCESSFUL = f"{_FAILED} AND cleared IS NULL"


@dataclass(frozen=True, slots=True)
class Action:
    """One run of one playbook on one target."""

    id: str
    incident: str | None
    """None: a person ran it, for no incident."""

    playbook: str
    digest: str
    target: str
    intended: datetime


class Actions:
    """Read and write actions; call writers inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(self, action: Action) -> None:
        """Record it before anything is done."""
        self._database.rows(
            "INSERT INTO actions (id, incident, playbook, digest, target, intended, fingerprint) "
            "VALUES (?1,?2,?3,?4,?5,?6,(SELECT fingerprint FROM incidents WHERE id=?2))",
            action.id,
            action.incident,
            action.playbook,
            action.digest,
            action.target,
            stamp(action.intended),
        )

    def withdraw(self, identity: str) -> None:
        """Forget an action that could not be recorded: it was not begun."""
        self._database.rows("DELETE FROM actions WHERE id=?", identity)

    def finish(self, identity: str, outcome: Outcome | None, now: datetime) -> None:
        """Record what came of it; outcome None: the evidence did not hold and nothing was touched.

        What was said about it may quote a program, and stands in the audit log and the report only.
        """
        self._database.rows("UPDATE actions SET finished=?, outcome=? WHERE id=?", stamp(now), outcome, identity)

    def interrupted(self) -> list[Action]:
        """Return actions with an intent and no result: a crash came between."""
        rows = self._database.rows(
            "SELECT id, incident, playbook, digest, target, intended FROM actions "
            "WHERE finished IS NULL ORDER BY intended"
        )
        return [
            Action(
                id=str(r[0]),
                incident=str(r[1]) if r[1] is not None else None,
                playbook=str(r[2]),
                digest=str(r[3]),
                target=str(r[4]),
                intended=unstamp(r[5]),
            )
            for r in rows
        ]

    def last_touched_nothing(self, incident: str) -> bool:
        """Tell whether the last run for an incident ended with its evidence."""
        return bool(
            self._database.value(
                "SELECT outcome IS NULL FROM actions WHERE incident=? AND finished IS NOT NULL "
                "ORDER BY intended DESC LIMIT 1",
                incident,
            )
        )

    def last_try(self, incident: str, playbook: str) -> datetime | None:
        """Return when a playbook was last begun for an incident, also if its evidence did not hold; None: never."""
        last = self._database.value(
            "SELECT max(intended) FROM actions WHERE incident=? AND playbook=?", incident, playbook
        )
        return unstamp(last) if last is not None else None

    def history(self, playbook: str | None = None) -> History:
        """Return what was done on this host, and further back what this playbook did.

        A run whose evidence did not hold touched nothing, and is not counted.
        """
        newest = f"SELECT {_RUN} FROM actions WHERE {_TOUCHED}"
        rows = self._database.rows(
            f"SELECT * FROM ({newest} ORDER BY intended DESC LIMIT {MOST_RUNS}) "
            f"UNION SELECT * FROM ({newest} AND playbook=? ORDER BY intended DESC LIMIT {MOST_OF_ONE}) "
            "ORDER BY intended DESC",
            playbook,
        )
        return History(tuple(_past(row) for row in rows))

    def attempts(self, fault: Fingerprint) -> "list[Attempt]":
        """Return the runs for one fault that have touched something and ended, the newest first."""
        from aiops_agent.model.attempt import Attempt  # most ticks look for no playbook

        rows = self._database.rows(
            "SELECT playbook, target, intended, outcome, returned, forgiven IS NOT NULL FROM actions "
            f"WHERE fingerprint=? AND outcome IS NOT NULL ORDER BY intended DESC LIMIT {MOST_OF_ONE}",
            fault,
        )
        return [
            Attempt(
                playbook=str(playbook),
                target=str(target),
                began=unstamp(began),
                outcome=Outcome(str(outcome)),
                returned=unstamp(returned) if returned is not None else None,
                forgiven=bool(forgiven),
            )
            for playbook, target, began, outcome, returned, forgiven in rows
        ]

    def last_repair(self, fault: Fingerprint, target: str, *, since: datetime) -> str | None:
        """Return which run has last ended a fault on a target since then, as far as is known; None: none."""
        found = self._database.value(
            "SELECT iif(outcome='succeeded' AND returned IS NULL AND finished>=?, id, NULL) FROM actions "
            "WHERE fingerprint=? AND target=? AND outcome IS NOT NULL ORDER BY intended DESC LIMIT 1",
            stamp(since),
            fault,
            target,
        )
        return str(found) if found is not None else None

    def returned(self, identity: str, now: datetime) -> None:
        """Note that the fault came back that a run had ended."""
        self._database.rows("UPDATE actions SET returned=? WHERE id=?", stamp(now), identity)

    def forgive(self, fault: Fingerprint, playbook: str, now: datetime) -> None:
        """Note that a person agrees to a playbook against a fault, whatever came of it before."""
        self._database.rows(
            "UPDATE actions SET forgiven=? WHERE fingerprint=? AND playbook=? AND forgiven IS NULL",
            stamp(now),
            fault,
            playbook,
        )

    def clear(self, incident: str, now: datetime) -> None:
        """Note that a person has taken care of what did not succeed for an incident."""
        self._database.rows(f"UPDATE actions SET cleared=? WHERE incident=? AND {_UNSUCCESSFUL}", stamp(now), incident)

    def recovered(self, playbook: str, target: str, now: datetime) -> None:
        """Note that a target was found well although the last runs of a playbook there did not succeed."""
        self._database.rows(
            f"UPDATE actions SET cleared=? WHERE playbook=? AND target=? AND {_UNSUCCESSFUL}",
            stamp(now),
            playbook,
            target,
        )

    def looked(self, playbook: str, target: str, now: datetime) -> None:
        """Note that it was looked at, and was not well."""
        self._database.rows(
            f"UPDATE actions SET looked=? WHERE playbook=? AND target=? AND {_UNSUCCESSFUL}",
            stamp(now),
            playbook,
            target,
        )

    def unsuccessful(self) -> list[tuple[str, str, datetime]]:
        """Return each playbook and target whose trouble is not known to be over, and when that was looked at."""
        rows = self._database.rows(
            f"SELECT playbook, target, max(ifnull(looked, finished)) FROM actions WHERE {_UNSUCCESSFUL} "
            "GROUP BY playbook, target"
        )
        return [(str(playbook), str(target), unstamp(when)) for playbook, target, when in rows]

    def failed_ever(self) -> list[tuple[str, str]]:
        """Return each playbook and target of which a run once failed: whose circuit may be open."""
        rows = self._database.rows(f"SELECT DISTINCT playbook, target FROM actions WHERE {_FAILED}")
        return [(str(playbook), str(target)) for playbook, target in rows]


def _past(row: tuple[object, ...]) -> PastRun:
    playbook, digest, target, began, ended, outcome, cleared = row
    return PastRun(
        playbook=str(playbook),
        digest=str(digest),
        target=str(target),
        began=unstamp(began),
        ended=unstamp(ended) if ended is not None else None,
        outcome=Outcome(str(outcome)) if outcome is not None else None,
        cleared=bool(cleared),
    )
