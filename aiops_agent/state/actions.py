"""What was done: each action intended before it is done, finished after, and counted against the caps."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiops_agent.model.incident import Outcome
from aiops_agent.model.decision import History
from aiops_agent.state.database import Database, stamp, unstamp


@dataclass(frozen=True, slots=True)
class Action:
    """One run of one playbook on one target."""

    id: str
    incident: str
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
            action.id, action.incident, action.playbook, action.digest, action.target, stamp(action.intended),
        )  # fmt: skip

    def finish(self, identity: str, outcome: Outcome | None, detail: str, now: datetime) -> None:
        """Record what came of it; outcome None: the evidence did not hold and nothing was touched."""
        self._database.rows(
            "UPDATE actions SET finished=?, outcome=?, detail=? WHERE id=?", stamp(now), outcome, detail, identity
        )

    def interrupted(self) -> list[Action]:
        """Return actions with an intent and no result: a crash came between."""
        rows = self._database.rows(
            "SELECT id, incident, playbook, digest, target, intended FROM actions WHERE finished IS NULL ORDER BY intended"
        )
        return [Action(*map(str, row[:5]), intended=unstamp(row[5])) for row in rows]

    def history(self, playbook: str, target: str, now: datetime) -> History:
        """Return what this playbook did on this target lately. A run whose evidence did not hold touched nothing and is not counted."""

        def since(age: timedelta) -> int:
            count = self._database.value(
                "SELECT count(*) FROM actions WHERE playbook=? AND target=? AND intended>? AND (outcome IS NOT NULL OR finished IS NULL)",
                playbook, target, stamp(now - age),
            )  # fmt: skip
            return int(str(count))

        last = self._database.rows(
            "SELECT intended, outcome FROM actions WHERE playbook=? AND target=? AND (outcome IS NOT NULL OR finished IS NULL) "
            "ORDER BY intended DESC LIMIT 1",
            playbook, target,
        )  # fmt: skip
        last_run, last_outcome = last[0] if last else (None, None)
        return History(
            runs_last_hour=since(timedelta(hours=1)),
            runs_last_day=since(timedelta(days=1)),
            last_run=unstamp(last_run) if last_run is not None else None,
            last_outcome=Outcome(str(last_outcome)) if last_outcome is not None else None,
        )
