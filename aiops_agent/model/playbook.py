"""A repair that a person wrote, and what running it gave."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum

from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass, field, replace

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Command:
    """One thing the runner wants done: a probe that only looks, or a verb that changes something."""

    verb: str
    """From the closed vocabulary: `unit_state`, `http`, `file_absent`, `move_aside`, ..."""

    arguments: Mapping[str, Scalar]
    """Parameters already filled in, each typed and checked by the verb's schema."""

    changes: bool
    """False for a probe: it may be run at any time, also in a dry run."""

    privileged: bool
    """True when it needs root: the embedded executor refuses it."""

    timeout: timedelta

    probe: "Command | None" = None
    """What `wait_until` waits for; None for every other word."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of one command."""

    ok: bool
    """For a probe: the condition holds. For a verb: it was done."""

    detail: str
    """For people and the audit log: what was seen or done, at most 2,000 characters; redacted by who keeps it."""

    half_done: bool = False
    """Of a verb that is not ok: it was cut off in the middle, and something may have been changed all the same."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A change with everything decided that doing it would decide: doing it twice is doing it once."""

    command: Command
    """As written, and with what was decided: under which name a file is kept, which process is meant, ..."""

    undo: Command | None
    """What takes back exactly this change, however far it came; None: it cannot be taken back.

    It looks for itself: it does nothing where nothing was changed or all is taken back already, and refuses where what
    it finds is not what this change left. So it may be run after a crash, and again.
    """


class StepState(StrEnum):
    """How far a change came, as far as is known for certain."""

    INTENDED = "intended"
    """It was about to be done: it may have been, also in part."""

    DONE = "done"
    REFUSED = "refused"
    """It was not done, and nothing was changed."""

    TAKING_BACK = "taking_back"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class Journalled:
    """A change as the undo journal holds it."""

    number: int
    """From 0, in the order in which they were done."""

    planned: Planned
    state: StepState


@dataclass(frozen=True, slots=True)
class Template:
    """A probe or step as written: arguments may be `$name`, filled from the parameters."""

    verb: str
    arguments: Mapping[str, Scalar]
    changes: bool
    privileged: bool
    timeout: timedelta | None = None
    """How long it may take, where the playbook says it; None: as long as the word does."""

    probe: "Template | None" = None
    """What `wait_until` waits for."""

    needs_signature: bool = False
    """Done only when the playbook is signed: a command line of its author's own."""


@dataclass(frozen=True, slots=True)
class Param:
    """A value that steps and probes take, and where it comes from. Never the record."""

    origin: str
    """`source.service`, `source.parameters.NAME`, or `inventory.` and what of the live host is chosen from."""

    type: str = ""
    """What it must be: `unit`, `path`, `port`, `int`, `choice`, `duration`; empty: whatever takes it says so."""

    lowest: int | None = None
    highest: int | None = None
    choices: tuple[str, ...] = ()
    where: Mapping[str, Scalar] = field(default_factory=dict)
    """What chooses in the inventory; a value may be `$name` of a parameter from the source."""

    @property
    def is_live(self) -> bool:
        """Tell whether the host is looked at for it."""
        return self.origin.startswith("inventory.")


@dataclass(frozen=True, slots=True)
class Busy:
    """While what is at work nothing is done; package and configuration managers always belong to it."""

    processes: tuple[str, ...] = ()
    """Names of programs."""

    locks: tuple[str, ...] = ()
    """Files that are locked, or that name a living process, while somebody is at work."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """How much of a fault must have been seen before it is acted on, and how often it is; None: no such rule."""

    once_within: timedelta | None = None
    """Tried at most once in this time for one fault, also when nothing was touched."""

    once_after: timedelta | None = None
    """Only when the fault has gone on for this long: seen again and again, without as long a pause."""

    accumulate: tuple[int, timedelta] | None = None
    """Only when it was seen so often within so long."""

    error_without_recovery: timedelta | None = None
    """Only when it has not recovered by itself within this time; the evidence of the playbook tells."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How often at the most, for one playbook on one target."""

    per_hour: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Playbook:
    """One reviewed repair."""

    name: str
    version: int
    description: Mapping[str, str]
    """By locale: at least `en`."""

    risk: Risk
    categories: tuple[str, ...]
    services: tuple[str, ...]
    """Glob patterns of units it may act on."""

    params: Mapping[str, Param]
    """By name."""

    evidence: tuple[Template, ...]
    """Probes that must all hold immediately before the first step."""

    steps: tuple[Template, ...]
    verify_within: timedelta
    verify: tuple[Template, ...]
    """Probes that must all hold, within `verify_within` of the last step, for the run to have succeeded."""

    undo: tuple[Template, ...]
    """Run after the steps' own undo commands when a run fails."""

    cooldown: timedelta
    """After a run on a target: how long until the next one there."""

    caps: Caps
    path: str
    digest: str
    """SHA-256 of the file's bytes, hex: what was read is what is run."""

    roots: tuple[str, ...] = ()
    """Folders below which its steps may change files; none: those of the files that the source's parameters name."""

    grace: timedelta = timedelta(0)
    """Not done within this time of the host's boot or the start of its unit."""

    busy: Busy | None = Busy()
    """What is let to end its work first; None: nothing is."""

    throttle: Throttle = Throttle()
    says_undo: bool = True
    """Whether the file has the key `undo`, be it empty."""

    @property
    def _all(self) -> tuple[Template, ...]:
        written = (*self.evidence, *self.steps, *self.verify, *self.undo)
        return (*written, *(template.probe for template in written if template.probe))

    @property
    def privileged(self) -> bool:
        """Tell whether any of it needs root."""
        return any(template.privileged for template in self._all)

    @property
    def needs_signature(self) -> bool:
        """Tell whether it does what only a signed playbook may: run a command line of its author's own."""
        return any(template.needs_signature for template in self._all)


@dataclass(frozen=True, slots=True)
class Succeeded:
    """Every step was done and the verification held."""

    detail: str


@dataclass(frozen=True, slots=True)
class NotNeeded:
    """The evidence did not hold: nothing was touched."""

    probe: str
    detail: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A step failed or the verification did not hold in time."""

    at: str
    """The verb at which it ended."""

    detail: str
    undone: bool
    """Everything touched was taken back."""

    left_behind: tuple[str, ...]
    """What could not be taken back, in words."""


RunResult = Succeeded | NotNeeded | Failed


def reworded(result: RunResult, reword: Callable[[str], str]) -> RunResult:
    """Return a result with all that it says in words put through `reword`: what hides secrets, before it is kept."""
    detail = reword(result.detail)
    if isinstance(result, Failed):
        return replace(result, detail=detail, left_behind=tuple(map(reword, result.left_behind)))
    return replace(result, detail=detail)
