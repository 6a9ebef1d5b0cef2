"""`playbook`: the repairs people wrote."""

import argparse
import difflib
import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from aiops_agent.agent import Agent, Tick
from aiops_agent.cli.named import named
from aiops_agent.cli.output import print_json, print_table, safe
from aiops_agent.cli.session import acting, library, stages, start, user
from aiops_agent.errors import Fault, PlaybookError, UsageError
from aiops_agent.host import shipped
from aiops_agent.model.incident import outcome_of
from aiops_agent.model.playbook import Playbook, Succeeded
from aiops_agent.noun import replace
from aiops_agent.playbook.bind import HAND, Bound, bind
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.playbook.lint import placed
from aiops_agent.playbook.load import load, load_folders
from aiops_agent.playbook.load import schema as json_schema
from aiops_agent.playbook.run import dry_run
from aiops_agent.repair import perform, resolve_all
from aiops_agent.wiring.build import rehearsal

NEEDS_ATTENTION = 1
NOT_KNOWN = "not known: run as root or as the owner of state_dir"


def list_all(arguments: argparse.Namespace) -> int:
    """Print every playbook, and which files were refused."""
    catalogue = library(arguments.config).playbooks
    found = catalogue.all()
    stage = stages(arguments.config, found)
    if arguments.json:
        listed = [_as_json(p, stage[p.name]) for p in found]
        print_json({"playbooks": listed, "faults": [str(fault) for fault in catalogue.faults]})
        return 0
    print_table(
        ("NAME", "VERSION", "RISK", "STAGE", "NEEDS ROOT", "FOR"),
        (
            (
                p.name,
                p.version,
                p.risk.name.lower(),
                stage[p.name] or NOT_KNOWN,
                "yes" if p.privileged else "no",
                " ".join(p.categories),
            )
            for p in found
        ),
        empty="no playbooks",
        below=[f"{p.description['en']}{_wants(p)}" for p in found],
    )
    for fault in catalogue.faults:
        print(f"refused: {fault}")
    return 0


def _wants(playbook: Playbook) -> str:
    origins = (param.origin for param in playbook.params.values() if param.origin.startswith("source.parameters."))
    wanted = sorted(origin.removeprefix("source.parameters.") for origin in origins)
    return f" Parameters: {', '.join(wanted)}." if wanted else ""


def show(arguments: argparse.Namespace) -> int:
    """Print one playbook as it stands in its file."""
    playbook = named(library(arguments.config).playbooks, arguments.name)
    text = Path(playbook.path).read_text(encoding="utf-8")
    stage = stages(arguments.config, [playbook])[playbook.name]
    if arguments.json:
        print_json(_as_json(playbook, stage))
    else:
        print(f"# {playbook.path}\n# stage: {stage or NOT_KNOWN}")
        print(safe(text))
    return 0


def lint(arguments: argparse.Namespace) -> int:
    """Print faults and advice; 1 when there is any."""
    missing = [name for name in arguments.files if not Path(name).exists()]
    if missing:
        raise UsageError(f"there is no {', '.join(missing)}", hint="`aiops-agent playbook lint` checks every playbook")
    if arguments.files:
        found, faults = _loaded([Path(name) for name in arguments.files])
    else:
        catalogue = library(arguments.config).playbooks
        found, faults = list(catalogue.all()), list(catalogue.faults)
    advice = [each for playbook in found for each in placed(playbook, Path(playbook.path).read_bytes())]
    if arguments.json:
        said = {"faults": list(map(str, faults)), "advice": list(map(str, advice))}
        print_json({"playbooks": len(found), **said})
    else:
        for fault in faults:
            print(safe(f"{fault}"))
        for each in advice:
            print(safe(f"{replace(each, key=f'advice: {each.key}')}"))
        print(_verdict(found, faults, advice))
    return NEEDS_ATTENTION if faults or advice else 0


def _verdict(found: Sequence[Playbook], faults: Sequence[Fault], advice: Sequence[Fault]) -> str:
    usable = f"{len(found)} playbook{'s' if len(found) != 1 else ''} can be used"
    refused = f"{len({fault.file for fault in faults})} refused until mended, " if faults else ""
    return f"{usable}, {refused}{len(advice) or 'no'} advice"


def _loaded(paths: list[Path]) -> tuple[list[Playbook], list[Fault]]:
    found: list[Playbook] = []
    faults: list[Fault] = []
    for path in paths:
        if path.is_dir():
            held = load_folders([path])
            found += held.all()
            faults += held.faults
            continue
        try:
            found.append(load(path))
        except PlaybookError as error:
            faults += error.faults
    return found, faults


def schema(_: argparse.Namespace) -> int:
    """Print the JSON Schema of a playbook file."""
    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0


def diff(arguments: argparse.Namespace) -> int:
    """Print how a playbook that overrides a shipped one differs from it."""
    mine = named(library(arguments.config).playbooks, arguments.name)
    theirs = next((p for p in shipped("playbooks").rglob("*.yaml") if p.name == Path(mine.path).name), None)
    if theirs is None:
        raise UsageError(f"{arguments.name} is not shipped: there is nothing to compare it with")
    before, after = (path.read_text(encoding="utf-8").splitlines(keepends=True) for path in (theirs, Path(mine.path)))
    changes = list(difflib.unified_diff(before, after, fromfile=str(theirs), tofile=mine.path))
    print(safe("".join(changes)) or f"{arguments.name} is as shipped", end="" if changes else "\n")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Run a playbook on a service because a person says so: same evidence, same verification, same record."""
    if arguments.dry_run:
        return _rehearse(arguments)
    with acting(arguments.config) as (_, agent):
        bound, service = _bound(agent.library.playbooks, agent, arguments)
        if agent.state.halt.is_set():
            raise UsageError("all acting is halted", hint="`aiops-agent resume` first")
        report = Tick()
        result = perform(agent, report, bound, incident=None, actor=user())
        if isinstance(result, Succeeded):
            resolve_all(agent, report, arguments.name, service)
    if result is None or report.audit_error:
        raise report.audit_error or AssertionError("a run without a record")
    outcome = outcome_of(result) or "not needed"
    if arguments.json:
        print_json({"playbook": arguments.name, "service": service, "outcome": outcome, "detail": result.detail})
    else:
        print(f"{outcome}: {safe(result.detail)}")
    return 0 if isinstance(result, Succeeded) else NEEDS_ATTENTION


def _rehearse(arguments: argparse.Namespace) -> int:
    session = start(arguments.config)
    with rehearsal(session.config, session.world) as agent:
        bound, service = _bound(agent.library.playbooks, agent, arguments)
        plan = dry_run(bound, agent.executor)
    evidence = [{"probe": probe.verb, "holds": seen.ok, "detail": seen.detail} for probe, seen in plan.evidence]
    steps = [{"verb": step.verb, "arguments": dict(step.arguments)} for step in plan.steps]
    if arguments.json:
        print_json({"playbook": arguments.name, "service": service, "evidence": evidence, "would_do": steps})
        return 0
    for probe, seen in plan.evidence:
        print(f"{'holds' if seen.ok else 'DOES NOT HOLD'}: {probe.verb}: {safe(seen.detail)}")
    for step in plan.steps:
        print(f"would do: {step.verb} {safe(' '.join(f'{name}={value}' for name, value in step.arguments.items()))}")
    if not plan.steps:
        print("nothing would be done")
    return 0


def _bound(catalogue: Catalogue, agent: Agent, arguments: argparse.Namespace) -> tuple[Bound, str]:
    playbook = named(catalogue, arguments.name)
    fitting = [s for s in agent.parameters if any(fnmatchcase(s, pattern) for pattern in playbook.services)]
    if arguments.service is None and len(fitting) != 1:
        raise UsageError(
            f"--service is needed; {arguments.name} is for: {', '.join(fitting) or 'none of the configured services'}"
        )
    service = arguments.service or fitting[0]
    if service not in fitting:
        raise UsageError(
            f"{service} is not a configured service that {arguments.name} is for", hint=f"known: {', '.join(fitting)}"
        )
    now = agent.clock.now()
    known = [(now - 2 * HAND, now)]  # whoever asks for it may well have had a hand on the unit
    bound = bind(playbook, service, agent.parameters_of(service), roots=agent.roots_of(service), ours=known)
    if not isinstance(bound, Bound):
        raise UsageError(str(bound), hint="give it under `parameters:` of a source of that service")
    return bound, service


def _as_json(playbook: Playbook, stage: str | None) -> dict[str, object]:
    return {
        "name": playbook.name,
        "version": playbook.version,
        "description": dict(playbook.description),
        "risk": playbook.risk.name.lower(),
        "stage": stage,
        "categories": list(playbook.categories),
        "services": list(playbook.services),
        "params": {name: param.origin for name, param in playbook.params.items()},
        "privileged": playbook.privileged,
        "path": playbook.path,
        "digest": playbook.digest,
    }
