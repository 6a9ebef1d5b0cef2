"""Diagnosis -> the playbook that fits best, if any. Only what a person wrote is ever named."""

from collections.abc import Collection, Mapping, Sequence

from aiops_agent.model.diagnosis import Diagnosis
from aiops_agent.model.playbook import Playbook, Scalar
from aiops_agent.playbook.bind import fits
from aiops_agent.playbook.catalogue import Catalogue


def choose(  # noqa: PLR0913 - all that it is chosen by
    catalogue: Catalogue,
    diagnosis: Diagnosis,
    service: str | None,
    parameters: Mapping[str, Scalar],
    *,
    privileged: bool,
    roots: Sequence[str] = (),
    unhelpful: Collection[str] = (),
) -> Playbook | None:
    """Return the playbook for a diagnosis, or None when there is none worth naming.

    First the one that the article names, if it can be run here; then any other that can, the least risky first: its
    evidence decides. One that cannot be run - no service, a parameter missing, root needed and `privileged` false - is
    returned only when the article names it: the report then says what to configure.

    `unhelpful`: names of those that did not help against this fault; one of them is returned only when nothing else can
    be run.
    """
    named = diagnosis.article.playbook if diagnosis.article else None
    candidates = catalogue.candidates(diagnosis.prediction.category, service)
    usable = [
        playbook
        for playbook in candidates
        if fits(playbook, service or "", parameters, roots=roots) is None and (privileged or not playbook.privileged)
    ]
    wanted = [playbook for playbook in candidates if playbook.name == named]
    first = [*(playbook for playbook in wanted if playbook in usable), *usable]
    untried = [playbook for playbook in first if playbook.name not in unhelpful]
    return next(iter([*untried, *first, *wanted]), None)
