"""Advice on a playbook that loads: what its author will be sorry for."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePath

from aiops_agent.model.playbook import Playbook, Risk, Template
from aiops_agent.playbook.vocabulary import VERBS

_LIVE_LOGS = ("app.log", "access_log", "syslog", "messages")
"""Names a program writes to, as opposed to those a rotation leaves behind."""


def lint(playbook: Playbook) -> list[str]:
    """Return advice, one sentence each; none when there is nothing to say."""
    return [*_of_the_file(playbook), *_of_the_steps(playbook), *_of_the_probes(playbook)]


def _of_the_file(playbook: Playbook) -> Iterator[str]:
    if PurePath(playbook.path).stem != playbook.name:
        yield f"name: the file is called {PurePath(playbook.path).name}; {playbook.name}.yaml is found sooner"
    if playbook.cooldown < playbook.verify_within:
        yield "cooldown: is shorter than verify.within, so a second run could begin before the first has its verdict"


def _of_the_steps(playbook: Playbook) -> Iterator[str]:
    for step in playbook.steps:
        least = VERBS[step.verb].least_risk
        if "stop" in step.arguments:
            least = max(least, Risk.MEDIUM)
        if playbook.risk < least:
            yield f"risk: {playbook.risk.name.lower()} is too low for {step.verb}; say {least.name.lower()}"
        if step.privileged and not any(str(value).startswith("$") for value in step.arguments.values()):
            yield f"steps: {step.verb} names its unit outright; take it from source.service, so that it fits the source"
        if step.verb == "compress" and any(fnmatchcase(name, str(step.arguments["pattern"])) for name in _LIVE_LOGS):
            yield "steps: the pattern of compress matches logs that are being written; name rotated ones only"


def _of_the_probes(playbook: Playbook) -> Iterator[str]:
    if not playbook.evidence:
        yield "evidence: is missing; probe that the fault is there before acting on what a log says"
    if not playbook.verify:
        yield "verify: is missing; without a probe nobody knows whether it helped"
    for probe in (*playbook.evidence, *playbook.verify):
        if _cannot_fail(probe):
            yield f"{probe.verb}: this probe cannot fail"
    for probe in playbook.verify:
        if probe in playbook.evidence:
            yield f"verify: {probe.verb} already holds before the repair, so it proves nothing"


def _cannot_fail(probe: Template) -> bool:
    return probe.verb == "disk_use" and (probe.arguments.get("above"), probe.arguments.get("below")) in (
        (0, None),
        (None, 100),
    )
