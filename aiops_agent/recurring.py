"""How often is a fault logged from now on? Sources are read ahead of the tick, and nothing of it is kept."""

from collections.abc import Callable, Collection

from aiops_agent.agent import Agent
from aiops_agent.model.event import Batch, Fingerprint


def listen(agent: Agent, service: str, faults: Collection[Fingerprint]) -> Callable[[], int]:
    """Return what counts the records of these faults of a service that are written from now on; of no fault: any.

    What it reads is read again, and counted, by the next tick: the places where that goes on are left as they are.

    Raises:
        OSError: A source cannot be read; also when counting.
    """
    places = agent.state.checkpoints.known()

    def read_on() -> list[Batch]:
        batches = []
        for source in agent.sources.values():
            for batch in source.read(places):
                places[batch.checkpoint.key] = batch.checkpoint
                batches.append(batch)
        return batches

    read_on()
    heard = 0

    def count() -> int:
        nonlocal heard
        heard += sum(
            sighting.count
            for batch in read_on()
            if batch.service == service
            for sighting in batch.sightings
            if not faults or sighting.fingerprint in faults
        )
        return heard

    return count
