"""What a replay came to: a timeline and a sum for people, one object for programs."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from aiops_agent.agent import Agent
from aiops_agent.cli.output import category
from aiops_agent.model.decision import Reason
from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass
from aiops_agent.replay import Answer, Assumed, Decided, Found, Run
from aiops_agent.settings import Config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.sources.old import OldLog

_NAMED = 5
"""Files that are named in a remark; of more the number is told."""

_TRUST = frozenset({Reason.UNSIGNED, Reason.SHADOW, Reason.UNPROVEN})
"""What holds a playbook back until a person has signed it, and it has proved itself."""

_BELOW = " " * 22
"""Under the first word behind a time."""


@dataclass(frozen=True, slots=True)
class CameTo:
    """A replay and what it was made of."""

    config: Config
    assumed: Assumed
    found: Found
    logs: "Sequence[OldLog]"
    agent: Agent
    seconds: float

    def as_json(self) -> dict[str, object]:
        """Return the object of `replay --json`."""
        span = self._span()
        return {
            "files": sum(len(log.files) for log in self.logs),
            "bytes": sum(log.bytes for log in self.logs),
            "errors": self.found.records,
            "from": rfc3339(span[0]) if span else None,
            "to": rfc3339(span[1]) if span else None,
            "incidents": [incident.as_json() for incident in self.agent.state.incidents.all()],
            "decisions": [decision(made) for made in self.found.decisions],
            "runs": [_run(run) for run in self.found.runs],
            "summary": self._summary(),
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads."""
        yield from self._premises()
        yield ""
        yield from _timeline(self.found)
        yield ""
        yield from self._sum()
        yield from _why_not_more(self.found)
        if not self.assumed.trusted and any(reason in _TRUST for _, reason in self.found.made):
            yield f"{'':>8}  with --trusted: what would be done once playbooks are signed and have proved themselves"
        yield from self._remarks()

    def _summary(self) -> dict[str, object]:
        return {
            "seconds": round(self.seconds, 3),
            "ticks": self.found.ticks,
            "assumed": {
                "evidence": "holds",
                "outcome": "success" if self.assumed.succeeds else "failure",
                "answer": self.assumed.answer.value,
                "trusted": self.assumed.trusted,
            },
            "runs": len(self.found.runs),
            "asked": self._count("ask"),
            "expired": self.found.expired,
            "reported": self._count("report"),
            "suppressed": self._count("suppress"),
            "why_not_more": dict(_reasons(self.found)),
            "timeless": [path for log in self.logs for path in log.timeless],
            "left_out": [{"path": path, "why": why} for log in self.logs for path, why in log.left_out],
            "turned_back": sum(log.turned_back for log in self.logs),
        }

    def _count(self, made: str) -> int:
        return sum(count for (decision, _), count in self.found.made.items() if decision == made)

    def _span(self) -> tuple[datetime, datetime] | None:
        """Return when the first and the last line were written."""
        spans = [(log.begins, log.ends) for log in self.logs if log.begins and log.ends]
        return (min(begins for begins, _ in spans), max(ends for _, ends in spans)) if spans else None

    def _premises(self) -> Iterator[str]:
        outcome = "worked" if self.assumed.succeeds else "failed at its verification"
        said = {Answer.NONE: "nobody answers", Answer.APPROVE: "somebody agrees at once", Answer.DENY: "all say no"}
        named = self.config.path if self.config.path != Path(os.devnull) else "the shipped defaults"
        yield f"Under the rules of {named}, in mode {self.config.policy.mode}; only these logs were read."
        yield (
            f"Assumed, for old logs do not say: all evidence held, every repair {outcome}, and to a question "
            f"{said[self.assumed.answer]}."
        )
        yield (
            "Every playbook counts as signed, and as one that has earned `auto` here (--trusted)."
            if self.assumed.trusted
            else "Playbooks are signed as they are today; none has earned `auto` yet: a replay begins as a new host."
        )

    def _sum(self) -> Iterator[str]:
        files, size = sum(len(log.files) for log in self.logs), sum(log.bytes for log in self.logs)
        span = self._span()
        times = f" from {rfc3339(span[0])} to {rfc3339(span[1])}" if span else ""
        yield f"{files} files, {size} bytes, {self.found.records} error records{times}; {self.seconds:.2f} s"
        yield (
            f"{len(self.agent.state.incidents.all())} incidents. Would have run {len(self.found.runs)} playbooks, "
            f"asked {self._count('ask')} times (unanswered: {self.found.expired}), "
            f"reported {self._count('report')} times, stayed quiet {self._count('suppress')} times."
        )

    def _remarks(self) -> Iterator[str]:
        """Yield what a person may wonder about."""
        remarks = []
        without = [path for log in self.logs if log.service is None for path in log.files]
        if without:
            remarks.append(f"report only, without a service (a source's or --service): {_some(without)}")
        timeless = [path for log in self.logs for path in log.timeless]
        if timeless:
            remarks.append(f"no line says when it was written: all of it is at the last change: {_some(timeless)}")
        remarks += [f"left out: {path}: {why}" for log in self.logs for path, why in log.left_out]
        turned_back = sum(log.turned_back for log in self.logs)
        if turned_back:
            remarks.append(f"times were found to go back, {turned_back} times: time stood still there")
        if remarks:
            yield ""
            yield from remarks


def decision(made: Decided) -> dict[str, object]:
    """Return one decision as `replay --jsonl` prints it."""
    incident = made.incident
    return {
        "time": rfc3339(made.time),
        "incident": incident.id,
        "decision": incident.decision,
        "reason": incident.reason,
        "playbook": incident.playbook,
        "title": incident.title,
        "service": incident.service,
        "category": incident.category,
        "confidence": round(incident.confidence, 4),
    }


def _run(run: Run) -> dict[str, object]:
    return {
        "time": rfc3339(run.time),
        "incident": run.incident,
        "playbook": run.playbook,
        "service": run.service,
        "steps": run.steps,
        "outcome": run.outcome,
    }


def _reasons(found: Found) -> list[tuple[str, int]]:
    """Return for each reason that kept the agent from doing more how often it did; the commonest first."""
    counted: Counter[str] = Counter()
    for (made, reason), count in found.made.items():
        if made != "run":
            counted[reason] += count
    return counted.most_common()


def _timeline(found: Found) -> Iterator[str]:
    told = [(made.time, 0, _told(made)) for made in found.decisions if made.incident.decision != "suppress"]
    done = [(run.time, 1, _done(run)) for run in found.runs]
    events = sorted((*told, *done), key=lambda event: event[:2])
    yield from (f"{rfc3339(at)}  {text}" for at, _, text in events)
    if not events:
        yield "Nothing would have been told or done."


def _told(made: Decided) -> str:
    incident = made.incident
    kind, sure = category(incident)
    playbook = incident.playbook if incident.decision in {"ask", "run"} else None
    said = (incident.decision, playbook, incident.service or incident.source, f"{kind} {sure}", incident.reason)
    return f"{'  '.join(filter(None, said))}  {incident.id}\n{_BELOW}{' '.join(incident.title.split())}"


def _done(run: Run) -> str:
    steps = "; ".join(run.steps) or "no step"
    return f"would run {run.playbook} for {run.service}  {run.incident}\n{_BELOW}{steps}: {run.outcome}, as assumed"


def _why_not_more(found: Found) -> Iterator[str]:
    reasons = _reasons(found)
    if not reasons:
        return
    from aiops_agent.chat.compose import TemplateComposer  # a log without an error needs no words

    words = TemplateComposer()
    yield ""
    yield "Why not more:"
    yield from (f"{count:>8}  {reason}: {words.why(reason, 'en')}" for reason, count in reasons)


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
