"""The story of one incident: which entries belong to it, and each of them in words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta

from aiops_agent.errors import UsageError
from aiops_agent.model.audit import AuditEntry, Value
from aiops_agent.noun import dataclass

_TIES = ("incident", "approval", "action")
"""Keys of a detail that hold the id of something else: what an entry is tied to."""

_SHOWN = 8
"""Ids named when a prefix fits several."""


@dataclass(frozen=True, slots=True)
class Story:
    """What belongs to one incident, or to an action that a person began without one."""

    id: str
    ids: frozenset[str]
    """Of the incident, its questions and its actions."""

    def tells(self, entry: AuditEntry) -> bool:
        """Tell whether an entry is part of it."""
        return entry.subject in self.ids or any(tie in self.ids for tie in _ties(entry))


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a story."""

    after: timedelta
    """Since the first; negative where the clock was set back."""

    entry: AuditEntry
    words: str


def story(entries: Iterable[AuditEntry], prefix: str) -> Story:
    """Return the story whose incident, question or action has an id that begins with `prefix`, wherever it stands.

    Raises:
        UsageError: Nothing of that name was recorded, or several things.
    """
    owners: dict[str, str] = {}
    fitting: dict[str, None] = {}
    for entry in entries:
        ties = _ties(entry)
        owner = next((owners.get(tie, tie) for tie in ties), owners.get(entry.subject, entry.subject))
        for one in (entry.subject, *ties):
            owners.setdefault(one, owner)
            if one.startswith(prefix):
                fitting[one] = None
    if not prefix or not fitting:
        raise UsageError(
            f"the audit log knows of no incident {prefix!r}",
            hint="`aiops-agent incidents list` names them; entries that retention removed are gone",
        )
    found = {owners[prefix]} if prefix in fitting else {owners[one] for one in fitting}
    if len(found) > 1:
        named = ", ".join(sorted(found)[:_SHOWN])
        raise UsageError(f"{prefix!r} fits {len(found)} of them: {named}", hint="give more of the id")
    (chosen,) = found
    return Story(chosen, frozenset(one for one, owner in owners.items() if owner == chosen))


def _ties(entry: AuditEntry) -> list[str]:
    return [tie for name in _TIES if isinstance(tie := entry.detail.get(name), str)]


def steps(entries: Iterable[AuditEntry], told: Story) -> Iterator[Step]:
    """Yield what belongs to a story, in the order it was recorded."""
    began = None
    for entry in entries:
        if told.tells(entry):
            began = began or entry.time
            yield Step(entry.time - began, entry, words(entry))


def unfinished(told: Iterable[Step]) -> list[str]:
    """Return the actions that were intended and have no result."""
    open_: dict[str, None] = {}
    for step in told:
        if step.entry.action == "intent":
            open_[step.entry.subject] = None
        elif step.entry.action == "result":
            open_.pop(step.entry.subject, None)
    return list(open_)


def words(entry: AuditEntry) -> str:
    """Return what an entry says, in a line for a person."""
    said = _WORDS.get(entry.action)
    if said:
        return said(entry)
    detail = " ".join(f"{name}={value}" for name, value in entry.detail.items() if value is not None)
    return f"{entry.action.replace('.', ' ').replace('_', ' ')} {entry.subject} {detail}".rstrip()


_DECISIONS = {
    "run": "decided to run the playbook",
    "ask": "decided to ask people first",
    "report": "decided to report, and do nothing",
    "suppress": "decided to keep quiet",
}


def _decision(entry: AuditEntry) -> str:
    detail = entry.detail
    what = _DECISIONS.get(str(detail.get("decision")), f"decided: {detail.get('decision')}")
    why = str(detail.get("reason", "")).replace("_", " ")
    times = detail.get("occurrences")
    seen = "seen once" if times == 1 else f"seen {times} times"
    return f"{what} ({why}); {detail.get('category')} at {_percent(detail)}, {seen}"


def _percent(detail: Mapping[str, Value]) -> str:
    try:
        return f"{min(int(float(str(detail.get('confidence'))) * 100), 99)}%"
    except (ValueError, OverflowError):
        return "an unknown confidence"


def _playbook(entry: AuditEntry) -> str:
    return str(entry.detail.get("playbook") or "what was asked")


def _outcome(entry: AuditEntry) -> str:
    return f"result of {entry.subject}: {entry.detail.get('outcome')}: {entry.detail.get('detail')}"


_WORDS: Mapping[str, Callable[[AuditEntry], str]] = {
    "decision": _decision,
    "approval.granted": lambda entry: f"agreed to {_playbook(entry)} (question {entry.subject})",
    "approval.denied": lambda entry: f"refused {_playbook(entry)} (question {entry.subject})",
    "approval.expired": lambda entry: f"nobody answered question {entry.subject} in time: taken for a no",
    "approval.withdrawn": lambda entry: f"withdrew question {entry.subject}: it was about something else",
    "incident.relabelled": lambda entry: f"says it is {entry.detail.get('category')}, not {entry.detail.get('was')}",
    "incident.label_withdrawn": lambda entry: f"takes back that it is {entry.detail.get('was')}",
    "intent": lambda entry: (
        f"about to run {entry.detail.get('playbook')} on {entry.detail.get('target')} (action {entry.subject})"
    ),
    "step": lambda entry: f"does {entry.detail.get('verb')} {entry.detail.get('arguments')}",
    "result": _outcome,
    "refused": lambda entry: f"{entry.detail.get('playbook')} was not run: {entry.detail.get('detail')}",
    "resolved": lambda entry: f"over: the run of {entry.detail.get('playbook')} that repaired the service ended it too",
    "incident.closed": lambda entry: f"closed{_why(entry)}",
    "incident.acknowledged": lambda _: "has it: acknowledged",
}


def _why(entry: AuditEntry) -> str:
    why = entry.detail.get("detail")
    return f": {why}" if why else ""
