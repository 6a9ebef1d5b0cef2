"""When one file names more faults than people can read: each record is counted, and one notice stands for the rest.

A log made of novelties - an attack, or a program that writes an id where a word should be - would have every line
diagnosed by the model and told to every chat. It is bounded here and not where lines are counted, because only the
journey knows which faults are new, and only new ones cost: a fault that has an incident is counted into it however many
others there are. The bounds are those of one tick and one file, so that one noisy program takes nothing from others.
"""

from collections.abc import Sequence

from aiops_agent.model.event import Batch, Notice
from aiops_agent.model.incident import Incident, Kind
from aiops_agent.noun import dataclass, field, replace

MOST_NEW = 500
"""Faults of one file that get an incident of their own in one tick: some three seconds of the model."""

MOST_TOLD = 50
"""New faults of one file that are told one by one in one tick: about as many as people read before they mute a chat."""

_NAMED = 20


@dataclass(slots=True)
class Crowd:
    """What one file brought in one tick."""

    opened: int = 0
    told: int = 0
    together: list[str] = field(default_factory=list)
    """Titles of those that are told by one notice."""

    def admit(self, batch: Batch, is_known: Sequence[bool]) -> tuple[Batch, int]:
        """Return the batch with as many new faults as may have incidents, and how many records the others are.

        The worst come first: many forged warnings must not take the place of what is critical.
        """
        new = [sighting for sighting, known in zip(batch.sightings, is_known, strict=True) if not known]
        room = MOST_NEW - self.opened
        if len(new) <= room:
            self.opened += len(new)
            return batch, 0
        worst = sorted(new, key=lambda sighting: (-sighting.severity, -sighting.count))
        left_out = {sighting.fingerprint for sighting in worst[max(room, 0) :]}
        self.opened = MOST_NEW
        return replace(batch, sightings=tuple(s for s in batch.sightings if s.fingerprint not in left_out)), sum(
            sighting.count for sighting in new if sighting.fingerprint in left_out
        )

    def is_told_alone(self, incident: Incident) -> bool:
        """Tell whether a report of its own is due for it; else the notice names it."""
        if incident.kind is not Kind.LOG or incident.last_told is not None:
            return True
        self.told += 1
        if self.told > MOST_TOLD:
            self.together.append(incident.title)
        return self.told <= MOST_TOLD

    def notices(self, path: str, left_out: int) -> list[tuple[Notice, int]]:
        """Return what is to be told of the file, each with the number of records it stands for."""
        told = []
        if self.together:
            named = "\n".join(self.together[:_NAMED])
            detail = (
                f"more than {MOST_TOLD} new faults at once: the others are in `aiops-agent incidents list`\n{named}"
            )
            told.append((Notice("many_faults", path, detail), 1))
            self.together = []
        if left_out:
            detail = (
                f"more than {MOST_NEW} different new faults at once: error records beyond them are counted here, "
                "not diagnosed. A program that writes ids in place of words, or somebody who floods the log?"
            )
            told.append((Notice("cardinality", path, detail), left_out))
        return told
