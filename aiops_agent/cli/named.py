"""The playbook a person names, or why there is none of that name that can be used."""

from pathlib import Path

from aiops_agent.errors import UsageError
from aiops_agent.model.playbook import Playbook
from aiops_agent.playbook.catalogue import Catalogue


def named(catalogue: Catalogue, name: str) -> Playbook:
    """Return the playbook of a name.

    Raises:
        UsageError: There is none, or its file is refused: then with the first fault of it, and how to see them all.
    """
    playbook = catalogue.get(name)
    if playbook:
        return playbook
    refused = [fault for fault in catalogue.faults if Path(fault.file).stem == name]
    if refused:
        why = f"{name} is refused: {refused[0]}" + (f"; and {len(refused) - 1} more" if refused[1:] else "")
        raise UsageError(why, hint=f"all of it: aiops-agent playbook lint {refused[0].file}")
    known = ", ".join(playbook.name for playbook in catalogue.all())
    raise UsageError(f"there is no playbook {name}", hint=f"known: {known}")
