"""Incident, playbook, history, circumstances -> Decision. Pure: the same arguments always give the same answer."""

from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from aiops_agent.model.decision import AskApproval, Decision, History, Mode, Reason, ReportOnly, Run, Suppress
from aiops_agent.model.incident import Incident, Kind, Outcome, Status
from aiops_agent.model.playbook import Playbook, Risk
from aiops_agent.noun import dataclass

REPEAT_INTERVAL = timedelta(hours=4)
"""How long an unchanged incident stays quiet. Alertmanager's default, which on-call staff know."""

UNATTENDED = Risk.LOW
"""The highest risk that mode `auto` runs without asking."""

REFUSED_FOR = timedelta(hours=4)
"""How long a denied or unanswered question is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What the operators allow."""

    mode: Mode = Mode.APPROVE
    repeat_interval: timedelta = REPEAT_INTERVAL
    approval_expires: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What holds at this moment, beyond the incident itself."""

    now: datetime
    silenced: bool
    settled: bool
    """The records were written before a repair of the service was verified."""

    halted: bool
    audit_available: bool
    forged: bool
    """The state holds what this agent did not write."""

    privileged_executor: bool
    parameters_found: bool
    """Every parameter of the playbook has a value from the source's configuration."""

    last_refusal: datetime | None
    """When a question about this incident was last denied or left to expire."""


def decide(
    incident: Incident, playbook: Playbook | None, history: History, at: Circumstances, settings: PolicySettings
) -> Decision:
    """Return what may be done about an incident that was just seen, and why not more."""
    quiet = _stay_quiet(incident, at)
    if quiet:
        return Suppress(quiet)
    decision = _boldest(incident, playbook, history, at, settings)
    if isinstance(decision, ReportOnly) and _told_already(incident, decision.reason, at.now, settings):
        return Suppress(Reason.REPEAT_INTERVAL)
    return decision


def hindrance(playbook: Playbook, history: History, at: Circumstances, settings: PolicySettings) -> Reason | None:
    """Return what forbids a playbook at this moment, whoever agreed to it; None: nothing does."""
    too_soon = history.last_run is not None and at.now - history.last_run < playbook.cooldown
    capped = history.runs_last_hour >= playbook.caps.per_hour or history.runs_last_day >= playbook.caps.per_day
    hindrances = (
        (settings.mode is Mode.OBSERVE, Reason.OBSERVE_ONLY),
        (at.halted, Reason.HALTED),
        (not at.audit_available, Reason.AUDIT_UNAVAILABLE),
        (at.forged, Reason.STATE_FORGED),
        (playbook.privileged and not at.privileged_executor, Reason.NO_EXECUTOR),
        (capped, Reason.CAP_REACHED),
        (too_soon, Reason.COOLDOWN),
    )
    return next((reason for holds, reason in hindrances if holds), None)


def people_needed(playbook: Playbook) -> int:
    """Return how many distinct people must agree to a playbook, if anybody must."""
    return 2 if playbook.risk is Risk.CRITICAL else 1


def was_told_lately(incident: Incident, now: datetime, settings: PolicySettings) -> bool:
    """Tell whether people heard of it within the repeat interval; not from a clock that has been set back since."""
    return incident.last_told is not None and timedelta(0) <= now - incident.last_told < settings.repeat_interval


def _stay_quiet(incident: Incident, at: Circumstances) -> Reason | None:
    if at.silenced:
        return Reason.SILENCED
    if incident.kind is Kind.AGENT and incident.last_told:
        return Reason.REPEAT_INTERVAL  # said once
    if incident.status is Status.ACKNOWLEDGED:
        return Reason.ACKNOWLEDGED
    if incident.status is Status.WAITING_APPROVAL:
        return Reason.AWAITING_APPROVAL
    if incident.status is Status.RESOLVED and at.settled:
        return Reason.BEFORE_REPAIR
    return None


def _boldest(
    incident: Incident, playbook: Playbook | None, history: History, at: Circumstances, settings: PolicySettings
) -> Decision:
    refusal = _of_the_case(incident, playbook, at)
    if refusal or playbook is None:
        return ReportOnly(refusal or Reason.NO_PLAYBOOK)
    hindered = hindrance(playbook, history, at, settings)
    if hindered:
        return ReportOnly(hindered)
    caution = _of_the_risk(playbook, history, settings)
    if caution is None:
        return Run(playbook)
    if at.last_refusal and at.now - at.last_refusal < REFUSED_FOR:
        return ReportOnly(Reason.DENIED)
    return AskApproval(playbook, expires_in=settings.approval_expires, reason=caution)


def _of_the_case(incident: Incident, playbook: Playbook | None, at: Circumstances) -> Reason | None:
    if incident.kind is Kind.AGENT:
        return Reason.NOTICE
    if incident.abstained:
        return Reason.UNSURE
    if incident.service is None:
        return Reason.NO_SERVICE
    if playbook is None or not _is_for(playbook, incident):
        return Reason.NO_PLAYBOOK
    if not at.parameters_found:
        return Reason.PARAMETERS_MISSING
    return None


def _is_for(playbook: Playbook, incident: Incident) -> bool:
    return incident.category in playbook.categories and any(
        fnmatchcase(incident.service or "", pattern) for pattern in playbook.services
    )


def _of_the_risk(playbook: Playbook, history: History, settings: PolicySettings) -> Reason | None:
    if settings.mode is Mode.APPROVE:
        return Reason.MODE_APPROVE
    if playbook.risk > UNATTENDED:
        return Reason.RISK_NEEDS_APPROVAL
    # What did not help, or was cut short, is not tried again without a person.
    if history.last_run and history.last_outcome is not Outcome.SUCCEEDED:
        return Reason.LAST_RUN_FAILED
    return None


def _told_already(incident: Incident, reason: Reason, now: datetime, settings: PolicySettings) -> bool:
    told_same = incident.reason in (reason, Reason.REPEAT_INTERVAL)
    return told_same and was_told_lately(incident, now, settings)
