"""One run of a playbook for one fault: whether it helped."""

from datetime import datetime

from aiops_agent.model.incident import Outcome
from aiops_agent.noun import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A run that has ended and touched something."""

    playbook: str
    target: str
    began: datetime
    outcome: Outcome
    returned: datetime | None
    """When the fault was logged again although this had been verified to end it; None: it was not."""

    forgiven: bool
    """A person has agreed since that the playbook be tried again."""

    @property
    def helped(self) -> bool:
        """Tell whether it ended the fault, as far as is known by now."""
        return self.outcome is Outcome.SUCCEEDED and self.returned is None
