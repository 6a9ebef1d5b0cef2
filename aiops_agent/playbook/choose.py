"""Diagnosis -> the playbook that fits best, if any. Only what a person wrote is ever named."""

from collections.abc import Mapping

from aiops_agent.model.diagnosis import Diagnosis
from aiops_agent.model.playbook import Playbook, Scalar
from aiops_agent.playbook.bind import Bound, bind
from aiops_agent.playbook.load import Catalogue


def choose(
    catalogue: Catalogue, diagnosis: Diagnosis, service: str | None, parameters: Mapping[str, Scalar]
) -> Playbook | None:
    """Return the playbook for a diagnosis: the one the article names before others, a usable one before all.

    One whose parameters are missing is returned only when there is no other: the report then says what to configure.
    """
    candidates = catalogue.candidates(diagnosis.prediction.category, service)
    named = diagnosis.article.playbook if diagnosis.article else None
    candidates.sort(key=lambda playbook: playbook.name != named)
    usable = (playbook for playbook in candidates if isinstance(bind(playbook, service or "", parameters), Bound))
    return next(usable, None) or next(iter(candidates), None)
