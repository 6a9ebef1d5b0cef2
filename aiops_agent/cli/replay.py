"""`replay`: what today's rules would have done with old logs. The first thing a careful user runs."""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiops_agent import config as configuration
from aiops_agent.agent import Agent
from aiops_agent.cli.output import category, print_json, safe
from aiops_agent.cli.session import SystemClock
from aiops_agent.cli.story import moment
from aiops_agent.errors import UsageError
from aiops_agent.model.incident import rfc3339
from aiops_agent.noun import dataclass
from aiops_agent.playbook.kinds import parse_unit
from aiops_agent.replay import Answer, Assumed, Decided, Found, Minutes, PastClock, Run
from aiops_agent.replay import replay as replayed
from aiops_agent.settings import Config
from aiops_agent.sources.quiet import DEFAULT_CONFIG
from aiops_agent.wiring import World, old_logs, past

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.sources.old import OldLog

_NAMED = 5
"""Files that are named in a remark; of more the number is told."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is replayed, and under which rules."""

    config: Config
    files: Sequence[str]
    assumed: Assumed
    service: str | None
    since: datetime | None
    until: datetime | None


def replay(arguments: argparse.Namespace) -> int:
    """Print what would have been done, when, and why not more."""
    started = time.monotonic()
    chosen = _chosen(arguments)
    clock, minutes = PastClock(), Minutes()
    logs = old_logs(chosen.config, chosen.files, _local, service=chosen.service, since=chosen.since)
    world = World(clock=clock, host=os.uname().nodename, complain=lambda _: None)
    try:
        with past(chosen.config, world, minutes) as agent:
            every, until = chosen.config.every, chosen.until
            found = replayed(agent, clock, minutes, logs, chosen.assumed, every=every, until=until)
            _check_read(logs, {os.path.abspath(name) for name in arguments.files})
            if arguments.json:
                print_json(_as_json(found, logs, agent, chosen.assumed, time.monotonic() - started))
            elif arguments.jsonl:
                print(
                    "".join(f"{json.dumps(_decision(made), ensure_ascii=False)}\n" for made in found.decisions), end=""
                )
            else:
                lines = _lines(found, logs, agent, chosen, time.monotonic() - started)
                print("".join(f"{safe(line)}\n" for line in lines), end="")
    finally:
        for log in logs:
            log.close()
    return 0


def _chosen(arguments: argparse.Namespace) -> Chosen:
    now = SystemClock().now()
    since, until = moment(arguments.since, now, "--since"), moment(arguments.until, now, "--until")
    if since and until and since >= until:
        raise UsageError(
            f"nothing lies between {rfc3339(since)} and {rfc3339(until)}", hint="--since is the earlier one"
        )
    try:
        service = parse_unit(arguments.service) if arguments.service else None
    except ValueError as error:
        raise UsageError(f"--service: {error}") from error
    assumed = Assumed(arguments.assume == "success", Answer(arguments.answer))
    return Chosen(_config(arguments.config), _files(arguments.files), assumed, service, since, until)


def _config(named: str | None) -> Config:
    """Return the rules: of the configuration named, else of the default one if there, else as shipped."""
    if named is None and os.access(DEFAULT_CONFIG, os.R_OK):
        named = DEFAULT_CONFIG
    # Never from memory, which lies in state_dir: a replay looks at nothing there.
    return configuration.load(Path(named or os.devnull), None)


def _local(time: datetime) -> datetime:
    """Return a time that the log gives without a zone as this host's clock would have."""
    return time.astimezone(UTC)


def _files(names: Sequence[str]) -> list[str]:
    """Return the files that are named, and those in folders that are.

    Raises:
        UsageError: Some cannot be read, or there are none.
    """
    faults, files = [], []
    for name in names:
        path = os.path.abspath(name)
        if os.path.isdir(path):
            inside = [os.path.join(folder, inner) for folder, _, inners in os.walk(path) for inner in sorted(inners)]
            files += [inner for inner in inside if os.path.isfile(inner) and not os.path.islink(inner)]
        elif not os.path.lexists(path):
            faults.append(f"there is no {name}")
        elif not os.path.isfile(path):
            faults.append(f"{name} is no file and no folder")
        elif not os.access(path, os.R_OK):
            faults.append(f"{name}: permission denied")
        else:
            files.append(path)
    if faults:
        raise UsageError("\n".join(map(safe, faults)), hint="name logs that you may read, or run this as root")
    if not files:
        raise UsageError(f"no files in {safe(', '.join(names))}")
    return files


def _check_read(logs: "Sequence[OldLog]", named: set[str]) -> None:
    """Refuse if a file that was named could not be read, or none could.

    Raises:
        UsageError: So it is.
    """
    left_out = [(path, why) for log in logs for path, why in log.left_out]
    faults = [f"{safe(path)}: {why}" for path, why in left_out if path in named]
    if faults:
        raise UsageError("\n".join(faults), hint="name the other files only; what is packed can be unpacked first")


def _as_json(
    found: Found, logs: "Sequence[OldLog]", agent: Agent, assumed: Assumed, seconds: float
) -> dict[str, object]:
    span = _span(logs)
    return {
        "files": sum(len(log.files) for log in logs),
        "bytes": sum(log.bytes for log in logs),
        "errors": found.records,
        "from": rfc3339(span[0]) if span else None,
        "to": rfc3339(span[1]) if span else None,
        "incidents": [incident.as_json() for incident in agent.state.incidents.all()],
        "decisions": [_decision(made) for made in found.decisions],
        "runs": [_run(run) for run in found.runs],
        "summary": {
            "seconds": round(seconds, 3),
            "ticks": found.ticks,
            "assumed": {
                "evidence": "holds",
                "outcome": "success" if assumed.succeeds else "failure",
                "answer": assumed.answer.value,
            },
            "runs": len(found.runs),
            "asked": _count(found, "ask"),
            "expired": found.expired,
            "reported": _count(found, "report"),
            "suppressed": _count(found, "suppress"),
            "why_not_more": dict(_reasons(found)),
            "timeless": [path for log in logs for path in log.timeless],
            "left_out": [{"path": path, "why": why} for log in logs for path, why in log.left_out],
            "turned_back": sum(log.turned_back for log in logs),
        },
    }


def _span(logs: "Sequence[OldLog]") -> tuple[datetime, datetime] | None:
    """Return when the first and the last line were written."""
    spans = [(log.begins, log.ends) for log in logs if log.begins and log.ends]
    return (min(begins for begins, _ in spans), max(ends for _, ends in spans)) if spans else None


def _decision(made: Decided) -> dict[str, object]:
    incident = made.incident
    return {
        "time": rfc3339(made.time),
        "incident": incident.id,
        "fingerprint": incident.fingerprint,
        "service": incident.service,
        "category": incident.category,
        "confidence": round(incident.confidence, 4),
        "decision": incident.decision,
        "reason": incident.reason,
        "playbook": incident.playbook,
        "title": incident.title,
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


def _count(found: Found, decision: str) -> int:
    return sum(count for (made, _), count in found.made.items() if made == decision)


def _reasons(found: Found) -> list[tuple[str, int]]:
    """Return for each reason that kept the agent from doing more how often it did; the commonest first."""
    counted: Counter[str] = Counter()
    for (decision, reason), count in found.made.items():
        if decision != "run":
            counted[reason] += count
    return counted.most_common()


def _lines(found: Found, logs: "Sequence[OldLog]", agent: Agent, chosen: Chosen, seconds: float) -> Iterator[str]:
    yield from _premises(chosen)
    yield ""
    yield from _timeline(found)
    yield ""
    yield from _summary(found, logs, agent, seconds)
    yield from _why_not_more(found)
    yield from _remarks(logs, agent)


def _premises(chosen: Chosen) -> Iterator[str]:
    outcome = "worked" if chosen.assumed.succeeds else "failed at its verification"
    said = {Answer.NONE: "nobody answers", Answer.APPROVE: "somebody agrees at once", Answer.DENY: "somebody says no"}
    named = str(chosen.config.path) if chosen.config.path != Path(os.devnull) else "the shipped defaults"
    yield f"Under the rules of {named}, mode {chosen.config.policy.mode}. Nothing was read but these logs, nothing written."
    yield (
        f"Assumed, for old logs do not say: every playbook's evidence held, every repair {outcome}, and to a question "
        f"{said[chosen.assumed.answer]}."
    )


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
    about = f"{kind} {sure}" if sure != "-" else kind
    playbook = f"  {incident.playbook}" if incident.decision in {"ask", "run"} else ""
    where = incident.service or incident.source
    return (
        f"{incident.decision:<7}{playbook}  {where}  {about}  {incident.reason}  {incident.id}\n{'':22}{incident.title}"
    )


def _done(run: Run) -> str:
    steps = "; ".join(run.steps) or "no step"
    return f"would run {run.playbook} for {run.service}: {steps}\n{'':22}assumed: {run.outcome}  ({run.incident})"


def _summary(found: Found, logs: "Sequence[OldLog]", agent: Agent, seconds: float) -> Iterator[str]:
    files, size = sum(len(log.files) for log in logs), sum(log.bytes for log in logs)
    span = _span(logs)
    times = f" from {rfc3339(span[0])} to {rfc3339(span[1])}" if span else ""
    yield f"{files} files, {size} bytes, {found.records} error records{times}; replayed in {seconds:.2f} s"
    yield (
        f"{len(agent.state.incidents.all())} incidents. Would have run {len(found.runs)} playbooks, "
        f"asked {_count(found, 'ask')} times ({found.expired} unanswered until they expired), "
        f"reported {_count(found, 'report')} times, stayed quiet {_count(found, 'suppress')} times."
    )


def _why_not_more(found: Found) -> Iterator[str]:
    reasons = _reasons(found)
    if not reasons:
        return
    from aiops_agent.chat.compose import TemplateComposer  # a log without an error needs no words

    words = TemplateComposer()
    yield ""
    yield "Why not more:"
    yield from (f"{count:>8}  {reason}: {words.why(reason, 'en')}" for reason, count in reasons)


def _remarks(logs: "Sequence[OldLog]", agent: Agent) -> Iterator[str]:
    """Yield what a person may wonder about."""
    remarks = []
    without = [path for log in logs if log.service is None for path in log.files]
    if without:
        remarks.append(f"no service, so report only (no source of the configuration, no --service): {_some(without)}")
    timeless = [path for log in logs for path in log.timeless]
    if timeless:
        remarks.append(f"no line says when it was written; taken together at the last change: {_some(timeless)}")
    remarks += [f"left out: {path} {why}" for log in logs for path, why in log.left_out]
    turned_back = sum(log.turned_back for log in logs)
    if turned_back:
        remarks.append(f"times went back {turned_back} times; taken as if time had stood still")
    remarks += [f"refused: {fault}" for fault in agent.library.faults]
    if remarks:
        yield ""
        yield from remarks


def _some(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more
