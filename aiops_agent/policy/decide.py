"""Incident, playbook, history, circumstances -> Decision. Pure: the same arguments always give the same answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from aiops_agent.model.decision import AskApproval, Decision, History, Mode, Reason, ReportOnly, Run, Suppress
from aiops_agent.model.incident import Incident, Kind, Status
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass
from aiops_agent.policy.limits import Limits, Moment, caution, is_self_effect, is_systemic, refusal
from aiops_agent.policy.windows import Window
from aiops_agent.policy.windows import allowed as allowed_by_windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.playbook import Playbook

REPEAT_INTERVAL = timedelta(hours=4)
"""How long an unchanged incident stays quiet. Alertmanager's default, which on-call staff know."""

UNATTENDED = Risk.LOW
"""The highest risk that mode `auto` runs without asking."""

POSTPONED = timedelta(minutes=5)
"""How long to wait while somebody is at work before it is decided anew."""

REFUSED_FOR = timedelta(hours=4)
"""How long a denied or unanswered question is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A mode for some playbooks on some services."""

    playbooks: tuple[str, ...] = ("*",)
    """Glob patterns of names."""

    services: tuple[str, ...] = ("*",)
    """Glob patterns of units."""

    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """What the operators allow."""

    mode: Mode = Mode.APPROVE
    """Where no rule matches."""

    rules: tuple[Rule, ...] = ()
    """Of those that match, the most cautious counts."""

    windows: tuple[Window, ...] = ()
    limits: Limits = Limits()
    repeat_interval: timedelta = REPEAT_INTERVAL
    approval_expires: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What holds at this moment, beyond the incident itself."""

    now: datetime
    service: str
    """What a playbook would act on; empty: nothing."""

    silenced: bool
    settled: bool
    """The records were written before a repair of the service was verified: they are no evidence any more."""

    written: datetime | None
    """When the records were written, as the file system or the journal says; None: not known, or not about records."""

    halted: bool
    audit_available: bool
    forged: bool
    """The state holds what this agent did not write."""

    privileged_executor: bool
    parameters_found: bool
    """Every parameter of the playbook has a value from the source's configuration."""

    signed: bool
    """A trusted person has signed the playbook, by the very bytes it was read from."""

    busy: str | None
    """As in `Moment`."""

    healthy: Mapping[str, int]
    """As in `Moment`."""

    failing: frozenset[str]
    """Services with new faults in the last five minutes, this one's among them."""

    not_needed: bool
    """The playbook has just looked for its evidence there, and it did not hold."""

    asked: bool
    """People are being asked about the same repair for another fault of the service: one answer is enough."""

    last_refusal: datetime | None
    """When a question about this incident was last denied or left to expire."""

    last_try: datetime | None = None
    """When the playbook was last begun for this incident, whatever came of it."""

    unhelpful: bool = False
    """The playbook was tried in vain against this very fault, and nobody has agreed to it since: `attempts`."""

    @property
    def moment(self) -> Moment:
        """Return what of it the limits ask for."""
        return Moment(
            now=self.now,
            target=self.service,
            halted=self.halted,
            audit_available=self.audit_available,
            busy=self.busy,
            healthy=self.healthy,
        )


def decide(
    incident: Incident, playbook: "Playbook | None", history: History, at: Circumstances, settings: PolicySettings
) -> Decision:
    """Return what may be done about an incident that was just seen, and why not more."""
    quiet = _stay_quiet(incident, history, at, settings)
    if quiet:
        return Suppress(quiet)
    decision = _boldest(incident, playbook, history, at, settings)
    if isinstance(decision, ReportOnly) and _told_already(incident, decision.reason, at.now, settings):
        return Suppress(Reason.REPEAT_INTERVAL, decision.again)
    return decision


def hindrance(playbook: "Playbook", history: History, at: Circumstances, settings: PolicySettings) -> Reason | None:
    """Return what forbids a playbook at this moment, whoever agreed to it; None: nothing does."""
    hindrances = (
        (mode_of(playbook.name, at.service, settings) is Mode.OBSERVE, Reason.OBSERVE_ONLY),
        (allowed_by_windows(settings.windows, at.service, at.now) is Mode.OBSERVE, Reason.MAINTENANCE),
        (at.forged, Reason.STATE_FORGED),
        (playbook.privileged and not at.privileged_executor, Reason.NO_EXECUTOR),
        (playbook.privileged and not at.signed, Reason.UNSIGNED),  # whoever agrees: nothing else is done as root
    )
    hindered = next((reason for holds, reason in hindrances if holds), None)
    return hindered or refusal(playbook, history, at.moment, settings.limits)


def mode_of(playbook: str, service: str, settings: PolicySettings) -> Mode:
    """Return the mode for a playbook on a service: the most cautious of the rules that match, or that for all."""
    matching = {
        rule.mode for rule in settings.rules if _matches(playbook, rule.playbooks) and _matches(service, rule.services)
    }
    return next((mode for mode in Mode if mode in matching), settings.mode)


def people_needed(playbook: "Playbook") -> int:
    """Return how many distinct people must agree to a playbook, if anybody must."""
    return 2 if playbook.risk is Risk.CRITICAL else 1


def was_told_lately(incident: Incident, now: datetime, settings: PolicySettings) -> bool:
    """Tell whether people heard of it within the repeat interval; not from a clock that has been set back since."""
    return incident.last_told is not None and timedelta(0) <= now - incident.last_told < settings.repeat_interval


def _stay_quiet(incident: Incident, history: History, at: Circumstances, settings: PolicySettings) -> Reason | None:
    hushes = (
        (at.silenced, Reason.SILENCED),
        (incident.kind is Kind.AGENT and incident.last_told is not None, Reason.REPEAT_INTERVAL),  # said once
        (incident.status is Status.ACKNOWLEDGED, Reason.ACKNOWLEDGED),
        (incident.status is Status.WAITING_APPROVAL, Reason.AWAITING_APPROVAL),
        (incident.status is Status.RESOLVED and at.settled, Reason.BEFORE_REPAIR),
        (is_self_effect(history, at.service, at.written, settings.limits), Reason.SELF_EFFECT),
    )
    return next((reason for holds, reason in hushes if holds), None)


def _boldest(
    incident: Incident, playbook: "Playbook | None", history: History, at: Circumstances, settings: PolicySettings
) -> Decision:
    hindered = _of_the_case(incident, playbook, at)
    if hindered or playbook is None:
        return ReportOnly(hindered or Reason.NO_PLAYBOOK)
    hindered = hindrance(playbook, history, at, settings)
    if hindered:
        return ReportOnly(hindered, at.now + POSTPONED if hindered is Reason.BUSY else None)
    from aiops_agent.policy.throttle import hold  # most decisions are made before this

    held = hold(playbook.throttle, incident.recent, at.last_try, at.now)
    if held:
        return ReportOnly(held.reason, held.again)
    cautious = _caution(incident, playbook, history, at, settings)
    if cautious is None:
        return Run(playbook)
    unasked = _unasked(at)
    if unasked:
        return ReportOnly(unasked)
    return AskApproval(playbook, expires_in=settings.approval_expires, reason=cautious)


def _unasked(at: Circumstances) -> Reason | None:
    """Return why people are not asked now, though they would have to agree."""
    if at.asked:
        return Reason.AWAITING_APPROVAL
    return Reason.DENIED if at.last_refusal and at.now - at.last_refusal < REFUSED_FOR else None


def _of_the_case(incident: Incident, playbook: "Playbook | None", at: Circumstances) -> Reason | None:
    lacks = (
        (incident.kind is Kind.AGENT, Reason.NOTICE),
        (incident.abstained, Reason.UNSURE),
        (incident.service is None, Reason.NO_SERVICE),
        (playbook is None or not _is_for(playbook, incident), Reason.NO_PLAYBOOK),
        (not at.parameters_found, Reason.PARAMETERS_MISSING),
        (at.settled, Reason.BEFORE_REPAIR),
        (at.not_needed, Reason.NO_EVIDENCE),
    )
    return next((reason for holds, reason in lacks if holds), None)


def _is_for(playbook: "Playbook", incident: Incident) -> bool:
    return incident.category in playbook.categories and _matches(incident.service or "", playbook.services)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _caution(
    incident: Incident, playbook: "Playbook", history: History, at: Circumstances, settings: PolicySettings
) -> Reason | None:
    """Return why a person is asked first, or None."""
    cautions = (
        (at.unhelpful, Reason.DID_NOT_HELP),  # first: who is asked is to know, whatever else they are asked for
        (incident.sure_for < playbook.risk, Reason.UNSURE_FOR_RISK),  # who is asked should know it
        (mode_of(playbook.name, at.service, settings) is not Mode.AUTO, Reason.MODE_APPROVE),
        (allowed_by_windows(settings.windows, at.service, at.now) is not Mode.AUTO, Reason.MAINTENANCE),
        (playbook.risk > UNATTENDED, Reason.RISK_NEEDS_APPROVAL),
        (not at.signed, Reason.UNSIGNED),
        (is_systemic(history, at.failing, at.now, settings.limits), Reason.SYSTEMIC),
    )
    cautious = next((reason for holds, reason in cautions if holds), None)
    return cautious or caution(playbook, history, at.moment, settings.limits)


def _told_already(incident: Incident, reason: Reason, now: datetime, settings: PolicySettings) -> bool:
    told_same = incident.reason in (reason, Reason.REPEAT_INTERVAL)
    return told_same and was_told_lately(incident, now, settings)
