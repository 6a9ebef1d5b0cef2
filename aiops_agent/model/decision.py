"""What may be done about an incident, and why not more."""

from datetime import datetime, timedelta
from enum import StrEnum

from aiops_agent.model.incident import Outcome
from aiops_agent.noun import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Playbook


class Mode(StrEnum):
    """How far the agent may go by itself."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"


class Reason(StrEnum):
    """Why this decision and not a bolder one: the words of the JSON contract."""

    REPEAT_INTERVAL = "repeat_interval"
    BEFORE_REPAIR = "before_repair"
    SELF_EFFECT = "self_effect"
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_APPROVAL = "awaiting_approval"
    HALTED = "halted"
    OBSERVE_ONLY = "observe_only"
    MAINTENANCE = "maintenance"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    STATE_FORGED = "state_forged"
    UNSURE = "unsure"
    UNSURE_FOR_RISK = "unsure_for_risk"
    NO_SERVICE = "no_service"
    NO_PLAYBOOK = "no_playbook"
    PARAMETERS_MISSING = "parameters_missing"
    NO_EVIDENCE = "no_evidence"
    NO_EXECUTOR = "no_executor"
    BUSY = "busy"
    GROUP_MINIMUM = "group_minimum"
    AT_WORK = "at_work"
    CIRCUIT_OPEN = "circuit_open"
    FIX_DOES_NOT_HOLD = "fix_does_not_hold"
    EXECUTOR_REFUSES = "executor_refuses"
    COOLDOWN = "cooldown"
    CAP_REACHED = "cap_reached"
    BUDGET_SPENT = "budget_spent"
    UNSIGNED = "unsigned"
    HALF_OPEN = "half_open"
    LAST_RUN_FAILED = "last_run_failed"
    DID_NOT_HELP = "did_not_help"
    SYSTEMIC = "systemic"
    SHADOW = "shadow"
    UNPROVEN = "unproven"
    DENIED = "denied"
    MODE_APPROVE = "mode_approve"
    RISK_NEEDS_APPROVAL = "risk_needs_approval"
    AUTO_ALLOWED = "auto_allowed"
    NOTICE = "notice"
    ONCE_WITHIN = "once_within"
    ONCE_AFTER = "once_after"
    ACCUMULATE_WITHIN = "accumulate_within"
    ERROR_WITHOUT_RECOVERY = "error_without_recovery"


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run of a playbook on a target that has touched something, or may have."""

    playbook: str
    digest: str
    target: str
    began: datetime
    ended: datetime | None
    """None: it is at work, or was cut short and has not been looked at."""

    outcome: Outcome | None
    """None until it has ended."""

    cleared: bool = False
    """It did not succeed, and a person or a probe has found since that the trouble is over."""


@dataclass(frozen=True, slots=True)
class History:
    """What was done on this host: enough of it to count every limit."""

    runs: tuple[PastRun, ...]
    """The newest first, of every playbook on every target. A run whose evidence did not hold is not among them."""

    def of(self, playbook: str, target: str) -> tuple[PastRun, ...]:
        """Return the runs of one playbook on one target, the newest first."""
        return tuple(run for run in self.runs if (run.playbook, run.target) == (playbook, target))

    def at_work(self, since: datetime, now: datetime) -> list[tuple[datetime, datetime]]:
        """Return from when to when each run went on that had not ended before."""
        return [(run.began, run.ended or now) for run in self.runs if (run.ended or now) >= since]


NO_HISTORY = History(())


@dataclass(frozen=True, slots=True)
class Suppress:
    """Count it and stay quiet."""

    reason: Reason
    again: datetime | None = None
    """When to decide anew although it is not seen again; None: then there is no need to."""


@dataclass(frozen=True, slots=True)
class ReportOnly:
    """Tell people, touch nothing."""

    reason: Reason
    again: datetime | None = None
    """When to decide anew although it is not seen again; None: then there is no need to."""


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Tell people, and run `playbook` if one of them agrees in time."""

    playbook: "Playbook"
    expires_in: timedelta
    reason: Reason = Reason.RISK_NEEDS_APPROVAL


@dataclass(frozen=True, slots=True)
class Run:
    """Run `playbook` now, then tell people what came of it."""

    playbook: "Playbook"
    reason: Reason = Reason.AUTO_ALLOWED


Decision = Suppress | ReportOnly | AskApproval | Run


def name_of(decision: Decision) -> str:
    """Return the word of the JSON contract: suppress, report, ask or run."""
    match decision:
        case Suppress():
            return "suppress"
        case ReportOnly():
            return "report"
        case AskApproval():
            return "ask"
        case Run():
            return "run"
