"""What one word of the vocabulary takes, and what it means to have it done."""

from collections.abc import Mapping
from datetime import timedelta

from aiops_agent.model.playbook import Scalar
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass, field
from aiops_agent.playbook.kinds import Kind


@dataclass(frozen=True, slots=True)
class Verb:
    """One word of the vocabulary."""

    summary: str
    """For editors: what it asks or does."""

    arguments: Mapping[str, Kind]
    defaults: Mapping[str, Scalar] = field(default_factory=dict)
    """What an argument is when it is left out; the others must be given."""

    one_of: frozenset[str] = frozenset()
    """Of these arguments exactly one is given."""

    optional: frozenset[str] = frozenset()
    """These may be left out, and then nothing stands for them."""

    changes: bool = False
    privileged: bool = False
    timeout: timedelta = timedelta(seconds=10)
    least_risk: Risk = Risk.LOW
    """What a playbook with this step should at least declare."""

    written: bool = True
    """False for what only an executor asks for, to undo, or a key of the playbook stands for."""

    rooted: Mapping[str, bool] = field(default_factory=dict)
    """Arguments that name what must lie below a declared root, and whether each is a folder."""

    as_root: bool = False
    """Whether a step may say `as: root`."""

    is_undone: bool = False
    """Whether it can take itself back."""

    needs_signature: bool = False
    waits_for_probe: bool = False
    """Whether it has a probe inside, and is a step that changes nothing."""

    only_in_verify: bool = False

    @property
    def required(self) -> frozenset[str]:
        """Return the arguments that must be given."""
        return frozenset(self.arguments) - frozenset(self.defaults) - self.one_of - self.optional

    @property
    def takes(self) -> frozenset[str]:
        """Return the names that can be written."""
        return frozenset(self.arguments) | ({"probe"} if self.waits_for_probe else set())

    def kind(self, argument: str) -> Kind:
        """Return what an argument takes; those of a list are numbered, such as `argv.0`."""
        return self.arguments[argument.partition(".")[0]]


def root_of(argument: str) -> str:
    """Return the name under which the root of an argument goes with a command."""
    return f"{argument}_root"
