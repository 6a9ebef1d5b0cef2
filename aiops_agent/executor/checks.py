"""What must hold before anything is done as root, asked in this order; the agent's word is taken for none of it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from aiops_agent.executor.configured import written_by_others
from aiops_agent.executor.desk import Desk
from aiops_agent.executor.signatures import refused_unsigned
from aiops_agent.model.decision import Mode, Reason
from aiops_agent.model.order import Order, Refused
from aiops_agent.model.playbook import CommandResult, NotNeeded, Playbook
from aiops_agent.noun import dataclass, replace
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.bind import HAND, Bound, bind
from aiops_agent.playbook.load import load_folders
from aiops_agent.policy.decide import UNATTENDED, people_needed
from aiops_agent.policy.limits import Moment, caution, healthy_others, refusal
from aiops_agent.ports import Executor, Inventory, Stopped
from aiops_agent.state.approvals import ApprovalState
from aiops_agent.state.questions import Agreed, Question


@dataclass(frozen=True, slots=True)
class Ready:
    """An order that nothing speaks against."""

    order: Order
    bound: Bound
    question: Question | None
    """What people agreed to; None: nobody needs to."""


def examine(
    desk: Desk, order: Order, inventory: Inventory, prober: Executor, now: datetime, stopped: Stopped
) -> Ready | Refused | NotNeeded:
    """Return the order ready to be carried out, or the first thing that speaks against it."""
    if desk.is_halted():
        return Refused("halted", "all acting is halted: `aiops-agent-executor resume`, as root")
    bound = aimed(desk, order.playbook, order.digest, order.service, inventory)
    if isinstance(bound, Refused):
        return bound
    hindered = hindering(desk, bound, now, prober, stopped)
    if hindered:
        return hindered
    question = agreed_to(desk, bound, order, now)
    if isinstance(question, Refused):
        return question
    unmet = unconfirmed(bound, prober, stopped)
    return unmet or Ready(order, bound, question)


def playbook_of(desk: Desk, name: str, digest: str) -> Playbook | Refused:
    """Return a playbook from the folders that only root can write, if it is the one the agent has read, and signed."""
    folders = [folder for folder in desk.settings.playbooks if not any(written_by_others(folder))]
    playbook = load_folders(folders).get(name)
    if playbook is None:
        left_out = [str(folder) for folder in desk.settings.playbooks if folder not in folders]
        others = f"; not looked into, as others than root can write there: {', '.join(left_out)}" if left_out else ""
        return Refused("unknown_playbook", f"no sound playbook {name} is in the executor's folders{others}")
    others = next(written_by_others(Path(playbook.path)), "")
    if others:
        return Refused("unknown_playbook", others)
    if playbook.digest != digest:
        why = f"{name} is another file here ({playbook.digest[:12]}) than the one that was asked for ({digest[:12]})"
        return Refused("digest_differs", why)
    with desk.transaction():
        return refused_unsigned(playbook, desk.settings.signing, desk.signed, desk.clock.now()) or playbook


def aimed(desk: Desk, name: str, digest: str, service: str, inventory: Inventory) -> Bound | Refused:
    """Return a playbook aimed at a service of root's own list, every unit it names there and loaded."""
    playbook = playbook_of(desk, name, digest)
    if isinstance(playbook, Refused):
        return playbook
    parameters = desk.settings.services.get(service)
    if parameters is None:
        return Refused("unknown_service", f"{service} is not under `services` of the executor's configuration")
    now = desk.clock.now()
    ours = desk.actions.history().at_work(now - 2 * HAND, now)
    bound = bind(playbook, service, parameters, ours=ours)
    if not isinstance(bound, Bound):
        return Refused("parameters", str(bound))
    for unit in bound.units:
        missing = inventory.missing(unit)
        if missing:
            return Refused("unit_missing", missing)
    # Who reads the logs listens to them, after this: the agent.
    return replace(bound, verify=tuple(probe for probe in bound.verify if probe.verb != "log_quiet"))


def hindering(desk: Desk, bound: Bound, now: datetime, prober: Executor, stopped: Stopped) -> Refused | None:
    """Return what the executor's own limits say against it: its mode, groups as they are now, caps, cooldown."""
    if desk.settings.mode is Mode.OBSERVE:
        return Refused(Reason.OBSERVE_ONLY.value, "the executor's own mode is observe")

    def is_active(unit: str) -> bool:
        return prober.run(vocabulary.command("unit_state", {"unit": unit, "is": "active"}), stopped).ok

    playbook, limits = bound.playbook, desk.settings.limits
    moment = _moment(bound.service, now, healthy_others(limits.groups, bound.service, is_active))
    reason = refusal(playbook, desk.actions.history(playbook.name), moment, limits)
    return Refused(reason.value, _IN_WORDS.get(reason, reason.value.replace("_", " "))) if reason else None


def _moment(service: str, now: datetime, healthy: Mapping[str, int]) -> Moment:
    """Return the moment as the limits want it: halt and record were asked before, who is at work is a probe."""
    return Moment(now=now, target=service, halted=False, audit_available=True, busy=None, healthy=healthy)


_IN_WORDS = {
    Reason.GROUP_MINIMUM: "too few others of its group are active, as the executor itself sees it",
    Reason.CAP_REACHED: "it was run here as often as its caps allow, by the executor's own count",
    Reason.COOLDOWN: "it was run here too short a time ago, by the executor's own record",
    Reason.CIRCUIT_OPEN: "repairs have failed too often in a short time, by the executor's own record",
    Reason.FIX_DOES_NOT_HOLD: "it was applied as often as a day allows, and the fault came back",
    Reason.BUDGET_SPENT: "so many repairs have run on this host within the hour as the executor allows",
}


def agreed_to(desk: Desk, bound: Bound, order: Order, now: datetime) -> Question | Refused | None:
    """Return what people agreed to, if that is exactly what is asked for; None: nobody needs to agree."""
    if is_unattended(desk, bound, now):
        return None
    for question in desk.questions.about(playbook=order.playbook, service=order.service, incident=order.incident):
        enough = sum(desk.settings.approvers.include(uid) for uid in question.agreed) >= people_needed(bound.playbook)
        granted = question.state is ApprovalState.APPROVED and question.expires > now and enough
        if granted and question.bound == bound_to(desk, bound, order.incident, question.expires):
            return question
    return Refused("not_approved", "nobody has agreed to exactly this: playbook, parameters, host, incident")


def is_unattended(desk: Desk, bound: Bound, now: datetime) -> bool:
    """Tell whether it may be run without a person: in mode auto, a low risk, that has earned it here."""
    playbook, limits = bound.playbook, desk.settings.limits
    if desk.settings.mode is not Mode.AUTO or playbook.risk > UNATTENDED:
        return False
    history = desk.actions.history(playbook.name)
    return caution(playbook, history, _moment(bound.service, now, {}), limits) is None


def bound_to(desk: Desk, bound: Bound, incident: str, expires: datetime) -> bytes:
    """Return the digest of what is agreed to."""
    return Agreed(
        digest=bound.playbook.digest,
        parameters=desk.settings.services[bound.service],
        host=desk.host,
        incident=incident,
        service=bound.service,
        expires=expires,
    ).digested()


def unconfirmed(bound: Bound, prober: Executor, stopped: Stopped) -> NotNeeded | None:
    """Look at the evidence itself: what the agent has seen, or a log says, counts for nothing."""
    for probe in bound.evidence:
        seen: CommandResult = prober.run(probe, stopped)
        if not seen.ok:
            return NotNeeded(probe.verb, seen.detail)
    return None
