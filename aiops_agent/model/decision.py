"""What may be done about an incident, and why not more."""

from datetime import datetime, timedelta
from enum import StrEnum

from aiops_agent.model.incident import Outcome
from aiops_agent.model.playbook import Playbook
from aiops_agent.noun import dataclass


class Mode(StrEnum):
    """How far the agent may go by itself."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"


class Reason(StrEnum):
    """Why this decision and not a bolder one: the words of the JSON contract."""

    REPEAT_INTERVAL = "repeat_interval"
    BEFORE_REPAIR = "before_repair"
    SILENCED = "silenced"
    ACKNOWLEDGED = "acknowledged"
    AWAITING_APPROVAL = "awaiting_approval"
    HALTED = "halted"
    OBSERVE_ONLY = "observe_only"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    STATE_FORGED = "state_forged"
    UNSURE = "unsure"
    NO_SERVICE = "no_service"
    NO_PLAYBOOK = "no_playbook"
    PARAMETERS_MISSING = "parameters_missing"
    NO_EXECUTOR = "no_executor"
    EXECUTOR_REFUSES = "executor_refuses"
    COOLDOWN = "cooldown"
    CAP_REACHED = "cap_reached"
    LAST_RUN_FAILED = "last_run_failed"
    DENIED = "denied"
    MODE_APPROVE = "mode_approve"
    RISK_NEEDS_APPROVAL = "risk_needs_approval"
    AUTO_ALLOWED = "auto_allowed"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class History:
    """What one playbook did on one target lately."""

    runs_last_hour: int
    runs_last_day: int
    last_run: datetime | None
    last_outcome: Outcome | None
    """None also while a run has an intent and no result."""


NO_HISTORY = History(runs_last_hour=0, runs_last_day=0, last_run=None, last_outcome=None)


@dataclass(frozen=True, slots=True)
class Suppress:
    """Count it and stay quiet."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class ReportOnly:
    """Tell people, touch nothing."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class AskApproval:
    """Tell people, and run `playbook` if one of them agrees in time."""

    playbook: Playbook
    expires_in: timedelta
    reason: Reason = Reason.RISK_NEEDS_APPROVAL


@dataclass(frozen=True, slots=True)
class Run:
    """Run `playbook` now, then tell people what came of it."""

    playbook: Playbook
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
