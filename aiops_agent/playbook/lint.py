"""Advice on a playbook that loads: what its author will be sorry for."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import PurePath

from aiops_agent.errors import Fault
from aiops_agent.model.playbook import Playbook, Scalar, Template
from aiops_agent.model.risk import Risk
from aiops_agent.playbook.document import Document
from aiops_agent.playbook.vocabulary import VERBS
from aiops_agent.playbook.words import STATES

_LIVE_LOGS = ("app.log", "access_log", "syslog", "messages")
"""Names a program writes to, as opposed to those a rotation leaves behind."""

_MOST_PER_HOUR = 3
_MOST_PER_DAY = 12
"""Runs on one target beyond which a repair hides its fault; systemd itself gives up after 5 starts in 10 s."""

_FRESH = timedelta(days=1).total_seconds()

_OPPOSITES: Mapping[str, str] = {
    "http": "http_down",
    "http_down": "http",
    "file_exists": "file_absent",
    "file_absent": "file_exists",
}
"""Probes that deny one another as words; most others do by `is`, `above` or `below`."""

_READS = {"process_of": "pid_file", "file_unused": "path", "older_than": "path", "config": "path"}
"""Probes that hold only where a file is, and which argument names it."""


def lint(playbook: Playbook) -> list[str]:
    """Return advice, one sentence each; none when there is nothing to say."""
    return [
        *_of_the_file(playbook),
        *_of_the_limits(playbook),
        *_of_the_steps(playbook),
        *_of_deleting(playbook),
        *_of_the_undo(playbook),
        *_of_the_probes(playbook),
        *_of_the_proof(playbook),
    ]


def placed(playbook: Playbook, content: bytes) -> list[Fault]:
    """Return the advice with the line that each piece is about: 0 where the file does not have it."""
    document = Document(playbook.path)
    document.read(content)
    found: list[Fault] = []
    for said in lint(playbook):
        key, _, message = said.partition(": ")
        places = sorted((place for place in document.lines if key in place[-1:]), key=len)
        found.append(Fault(playbook.path, document.lines[places[0]] if places else 0, key, message))
    return sorted(found, key=lambda fault: fault.line)


def _of_the_file(playbook: Playbook) -> Iterator[str]:
    if PurePath(playbook.path).stem != playbook.name:
        yield f"name: the file is called {PurePath(playbook.path).name}; {playbook.name}.yaml is found sooner"
    is_chosen = any(param.origin.startswith("source.parameters.") for param in playbook.params.values())
    if not is_chosen and any(set(pattern) == {"*"} for pattern in playbook.services):
        yield "for: services says * and nothing has to be configured for it, so it acts on every service; name them"
    if playbook.busy is None:
        yield "busy: false lets it act in the middle of an upgrade; leave it out, or say what else is to be waited for"


def _of_the_limits(playbook: Playbook) -> Iterator[str]:
    if playbook.cooldown < playbook.verify_within:
        yield "cooldown: is shorter than verify.within, so a second run could begin before the first has its verdict"
    if playbook.caps.per_hour > _MOST_PER_HOUR or playbook.caps.per_day > _MOST_PER_DAY:
        most = f"{_MOST_PER_HOUR} an hour and {_MOST_PER_DAY} a day"
        yield f"caps: are above {most}; a repair that is needed so often hides the fault"


def _of_the_steps(playbook: Playbook) -> Iterator[str]:
    for step in playbook.steps:
        least = VERBS[step.verb].least_risk
        if "stop" in step.arguments or (step.privileged and not VERBS[step.verb].privileged):
            least = max(least, Risk.MEDIUM)
        if playbook.risk < least:
            yield f"risk: {playbook.risk.name.lower()} is too low for {step.verb}; say {least.name.lower()}"
        if step.verb in {"unit", "signal_unit"} and not any(map(_is_parameter, step.arguments.values())):
            yield f"steps: {step.verb} names its unit outright; take it from source.service, so that it fits the source"
        if step.verb == "compress" and _matches_live_logs(step):
            yield "steps: the pattern of compress matches logs that are being written; name rotated ones only"
    if playbook.steps and not any(step.changes for step in playbook.steps):
        yield "steps: only wait and change nothing; a probe under evidence says the same"


def _of_deleting(playbook: Playbook) -> Iterator[str]:
    for step in playbook.steps:
        if step.verb != "delete_old":
            continue
        age, keep = step.arguments["older_than"], step.arguments["keep"]
        if keep == 0:
            yield "steps: delete_old has no lower bound (keep: 0), and may leave nothing; keep at least one"
        if isinstance(age, int | float) and age < _FRESH:
            yield "steps: delete_old takes what is younger than a day; a person may want to look at it first"
        if _matches_live_logs(step):
            yield "steps: the pattern of delete_old matches logs that are being written; name rotated ones only"


def _of_the_undo(playbook: Playbook) -> Iterator[str]:
    lasting = sorted({step.verb for step in playbook.steps if step.changes and not VERBS[step.verb].is_undone})
    if playbook.risk >= Risk.MEDIUM and not playbook.says_undo and lasting:
        yield f"undo: is missing, and {', '.join(lasting)} is not taken back by itself; say what does, or `undo: []`"


def _of_the_probes(playbook: Playbook) -> Iterator[str]:
    if not playbook.evidence:
        yield "evidence: is missing; probe that the fault is there before acting on what a log says"
    if not playbook.verify:
        yield "verify: is missing; without a probe nobody knows whether it helped"
    for probe in (*playbook.evidence, *playbook.verify):
        if _cannot_fail(probe):
            yield f"{probe.verb}: this probe cannot fail"


def _of_the_proof(playbook: Playbook) -> Iterator[str]:
    for probe in playbook.verify:
        if probe in playbook.evidence:
            yield f"verify: {probe.verb} already holds before the repair, so it proves nothing"
    proving = [probe for probe in playbook.verify if probe.verb != "log_quiet"]
    if playbook.verify and not proving:
        yield "verify: only the log is listened to, and a dead service is quiet too; probe the service as well"
    denied = (_denies(seen, wanted) for seen in playbook.evidence for wanted in proving)
    if playbook.evidence and proving and not any(denied):
        add = f"add its opposite{_opposite(proving[0])}"
        yield f"evidence: nothing there denies what verify wants, so a healthy service may be repaired; {add}"


def _is_parameter(value: Scalar) -> bool:
    return str(value).startswith("$")


def _matches_live_logs(step: Template) -> bool:
    return any(fnmatchcase(name, str(step.arguments["pattern"])) for name in _LIVE_LOGS)


def _cannot_fail(probe: Template) -> bool:
    if probe.verb in {"disk_use", "inode_use"}:
        return (probe.arguments.get("above"), probe.arguments.get("below")) in {(0, None), (None, 100)}
    if probe.verb == "unit_state":
        is_all = set(str(probe.arguments["is"]).split()) == set(STATES)
        return is_all and not {"sub", "for", "restarts_below"} & set(probe.arguments)
    return False


def _opposite(wanted: Template) -> str:
    """Return how the probe that denies it is written, where one word says it."""
    verb = _OPPOSITES.get(wanted.verb, wanted.verb)
    takes = VERBS[verb].arguments
    if verb != wanted.verb:
        same = {name: value for name, value in wanted.arguments.items() if name in takes and name != "timeout"}
    elif {"above", "below"} & set(wanted.arguments):
        turned = {"above": "below", "below": "above"}
        same = {turned.get(name, name): value for name, value in wanted.arguments.items()}
    else:
        return f": {verb} with another answer" if "is" in takes else ""
    return f": {verb}: {{{', '.join(f'{name}: {value}' for name, value in same.items())}}}"


def _denies(seen: Template, wanted: Template) -> bool:
    """Tell whether one probe holds only while the other does not: of the same thing, with another answer."""
    if seen.verb != wanted.verb and _OPPOSITES.get(seen.verb) != wanted.verb:
        read = seen.arguments.get(_READS.get(seen.verb, ""))
        return wanted.verb == "file_absent" and read == wanted.arguments["path"]
    same = (set(seen.arguments) & set(wanted.arguments)) - {"is", "status", "timeout", "above", "below", "sub", "for"}
    if any(seen.arguments[name] != wanted.arguments[name] for name in same):
        return False
    if seen.verb != wanted.verb:
        return True
    bounds = {"above", "below"}
    if bounds & set(seen.arguments):
        return (bounds & set(seen.arguments)) != (bounds & set(wanted.arguments))
    if "is" in seen.arguments:
        return not set(str(seen.arguments["is"]).split()) & set(str(wanted.arguments.get("is", "")).split())
    return seen.arguments.get("status") != wanted.arguments.get("status")
