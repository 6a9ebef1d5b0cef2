"""The errors a user can meet, each naming the thing at fault and the way out.

    AgentError
    ├── UsageError          a command was called wrongly                                    exit 2
    ├── ConfigError         config.yaml has faults; all of them are in `faults`             exit 2
    ├── ModelError          the shipped model is missing, altered or does not load          exit 2
    ├── PlaybookError       a playbook is broken, unknown or was refused                    exit 2
    ├── ArticleError        an article of the knowledge base is broken                      exit 2
    ├── SigningError        a manifest of signed playbooks cannot be read                   exit 2
    ├── ExecutorError       the root executor is not there, is not root's, or said no       exit 2
    ├── ChatError           a report could not be delivered; `retryable` says if later helps
    ├── StateError          the state cannot be read or written                             exit 3
    │   └── ForgedError     the state holds what this agent did not write                   exit 3
    └── AuditError          the audit log is damaged, unreadable or cannot be written       exit 3

Foreign exceptions are translated where they arise (`raise ChatError(...) from error`). Ours are caught where something
else must go on - the journey keeps an AuditError in its `Tick`, acts on nothing any more and tells it; the daemon tries
what passes by itself again - and in the end by `cli` and the root executor's own program: message, hint, exit code.
"""

from collections.abc import Sequence

from aiops_agent.hints import ClassVar
from aiops_agent.noun import dataclass


class AgentError(Exception):
    """Anything this program tells its user; `hint` is the operator's next move."""

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a file a person wrote."""

    file: str
    line: int
    """Counted from 1; 0 when the fault is of the file as a whole."""

    key: str
    """Dotted path of the key, `sources.0.paths`; empty for the file as a whole."""

    message: str
    """What is wrong, and what would be right."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class FaultyFileError(AgentError):
    """A file has faults: every one of them is listed, not only the first."""

    def __init__(self, faults: Sequence[Fault], *, hint: str = "") -> None:
        super().__init__("\n".join(str(fault) for fault in faults), hint=hint)
        self.faults = tuple(faults)


class UsageError(AgentError):
    """A command was called wrongly."""


class ConfigError(FaultyFileError):
    """config.yaml cannot be used as it stands."""


class PlaybookError(FaultyFileError):
    """A playbook file cannot be used as it stands."""


class ArticleError(FaultyFileError):
    """An article of the knowledge base cannot be used as it stands."""


class SigningError(AgentError):
    """A manifest of signed playbooks cannot be read: nothing in it counts as signed."""


class ModelError(AgentError):
    """The shipped model is missing, altered or does not load. There is no fallback, on purpose."""


class ExecutorError(AgentError):
    """The root executor is not there, is not root's, or said no; `refusal` is its word for why, when it said so."""

    def __init__(self, message: str, *, refusal: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.refusal = refusal


class ChatError(AgentError):
    """A report was not delivered."""

    def __init__(self, message: str, *, retryable: bool, retry_after: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.retry_after = retry_after
        """Seconds the platform asked us to wait; None when it did not say."""


class StateError(AgentError):
    """The state database cannot be read or written."""

    exit_code = 3

    def __init__(self, message: str, *, passing: bool = False, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.passing = passing
        """Whether it may be over in a while without anybody mending the database: a full disk, a lock held too long."""


class ForgedError(StateError):
    """The state holds what somebody without its key has written: nothing may be acted on."""


class AuditError(AgentError):
    """The audit log is damaged, unreadable or cannot be written: nothing may be acted on."""

    exit_code = 3
