"""What the agent has met before: a source it has read once, an edition of the playbooks and articles."""

from aiops_agent.state.database import Database


def lessons(database: Database) -> int:
    """Return how often people have said, or taken back, what a fault is: another number, another answer."""
    return int(str(database.value("SELECT number FROM lessons") or 0))


class Seen:
    """A set of words that survives restarts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __contains__(self, word: str) -> bool:
        return self._database.value("SELECT 1 FROM seen WHERE word=?", word) is not None

    def add(self, word: str) -> None:
        """Remember it; call inside a transaction."""
        self._database.rows("INSERT OR IGNORE INTO seen (word) VALUES (?)", word)
