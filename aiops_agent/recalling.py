"""What a record means: first what a person said of this very fault, which needs no model; then what it is near to."""

from collections.abc import Mapping, Sequence

from aiops_agent.agent import Agent
from aiops_agent.model.diagnosis import Citation, Diagnosis
from aiops_agent.model.event import Fingerprint, Sighting
from aiops_agent.model.exemplar import Exemplar


def diagnoses(agent: Agent, sightings: Sequence[Sighting], service: str | None) -> Mapping[Fingerprint, Diagnosis]:
    """Return what each fault means; call inside a transaction. A fault that a person has named loads no model."""
    known: dict[Fingerprint, Diagnosis] = {}
    for sighting in sightings:
        exemplar = agent.state.exemplars.of(sighting.fingerprint)
        if exemplar:
            known[sighting.fingerprint] = exemplar.diagnosis(citations(agent, exemplar, sighting.text, service))
    asked = [sighting for sighting in sightings if sighting.fingerprint not in known]
    answers = agent.diagnostician.diagnose([s.text for s in asked], [service] * len(asked)) if asked else []
    return {**known, **{s.fingerprint: answer for s, answer in zip(asked, answers, strict=True)}}


def citations(agent: Agent, exemplar: Exemplar, text: str, service: str | None) -> tuple[Citation, ...]:
    """Return the article for a fault that a person has named: looked for again after an edit of the articles only."""
    if exemplar.edition == agent.library.edition:
        article = agent.library.article(exemplar.article) if exemplar.article else None
        return (article,) if article else ()
    found = agent.diagnostician.cite(text, service, exemplar.category)
    agent.state.exemplars.cite(exemplar.fingerprint, found[0].id if found else None, agent.library.edition)
    return found
