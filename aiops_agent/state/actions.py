"""What was done: each action intended before it is done, finished after, and counted against the caps."""

from datetime import datetime, timedelta

from aiops_agent.model.decision import History
from aiops_agent.model.incident import Outcome
from aiops_agent.noun import dataclass
from aiops_agent.state.database import Database, stamp, unstamp


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
            "INSERT INTO actions (id, incident, playbook, digest, target, intended) VALUES (?,?,?,?,?,?)",
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

    def history(self, playbook: str, target: str, now: datetime) -> History:
        """Return what this playbook did on this target lately.

        A run whose evidence did not hold touched nothing, and is not counted.
        """
        runs = self._database.rows(
            "SELECT intended, outcome FROM actions WHERE playbook=? AND target=? "
            "AND (outcome IS NOT NULL OR finished IS NULL) ORDER BY intended DESC LIMIT 1000",
            playbook,
            target,
        )
        times = [unstamp(intended) for intended, _ in runs]
        outcome = runs[0][1] if runs else None
        return History(
            runs_last_hour=sum(now - time < timedelta(hours=1) for time in times),
            runs_last_day=sum(now - time < timedelta(days=1) for time in times),
            last_run=times[0] if times else None,
            last_outcome=Outcome(str(outcome)) if outcome is not None else None,
        )
