"""The playbooks of all folders. Apart from loading them, which needs the libraries that read and check YAML."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from aiops_agent.errors import Fault
from aiops_agent.model.playbook import Playbook
from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The playbooks that can be used, and why the others cannot."""

    playbooks: Mapping[str, Playbook]
    """By name."""

    faults: tuple[Fault, ...]

    def get(self, name: str) -> Playbook | None:
        """Return the playbook of that name, or None when there is none that can be used."""
        return self.playbooks.get(name)

    def all(self) -> list[Playbook]:
        """Return every playbook by name."""
        return [self.playbooks[name] for name in sorted(self.playbooks)]

    def candidates(self, category: str, service: str | None) -> list[Playbook]:
        """Return the playbooks for a category and a service, the least risky first; None is a service not known yet."""
        fitting = (
            playbook
            for playbook in self.all()
            if category in playbook.categories
            and (service is None or any(fnmatchcase(service, pattern) for pattern in playbook.services))
        )
        return sorted(fitting, key=lambda playbook: playbook.risk)
