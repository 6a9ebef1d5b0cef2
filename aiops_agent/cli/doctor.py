"""`doctor`: is this host set up so that the agent can be relied on?"""

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from aiops_agent.cli.health import places, record, secrets, signing, surroundings
from aiops_agent.cli.health.finding import Finding, Findings, Level, Place, fail, ok
from aiops_agent.cli.output import print_json, safe
from aiops_agent.cli.session import start
from aiops_agent.config.load import load as load_config
from aiops_agent.errors import AgentError, ConfigError
from aiops_agent.noun import replace

NEEDS_ATTENTION = 1

CHECKS: Mapping[str, Callable[[Place], Findings]] = {
    "config file": places.config_file,
    "plain secrets": secrets.plain_secrets,
    "state_dir": places.state_folder,
    "state": surroundings.state,
    "disk": places.disk,
    "reserve": places.reserve,
    "keys": places.key_files,
    "wrapping key": record.wrapping_key,
    "auditor": record.auditor,
    "audit log": record.intact,
    "anchors": record.anchors,
    "clock": record.clock,
    "sources": surroundings.sources,
    "chats": surroundings.chats,
    "library": surroundings.library,
    "signatures": signing.signatures,
    "model": surroundings.model,
    "unit": surroundings.unit,
    "root executor": surroundings.root_executor,
}


def doctor(arguments: argparse.Namespace) -> int:
    """Look at everything and say what needs attention; changes nothing, shows no secret."""
    try:
        config = load_config(Path(arguments.config), None)
    except ConfigError as error:
        faults = [("configuration", fail(str(fault), error.hint)) for fault in error.faults]
        _print(faults, as_json=arguments.json)
        return error.exit_code
    place = Place(config, datetime.now(UTC), os.environ, is_full=arguments.full)
    found = [("configuration", ok(f"{config.path} can be used"))]
    try:
        place = replace(place, config=start(arguments.config).config)  # as the owner of state_dir from here on
    except AgentError as error:
        found.append(("state_dir", _said(error)))
    found += examined(place)
    _print(found, as_json=arguments.json)
    return NEEDS_ATTENTION if any(finding.level is Level.FAIL for _, finding in found) else 0


def examined(place: Place) -> list[tuple[str, Finding]]:
    """Return what every check says, by its name: one that cannot be made hides no other."""
    return [(name, finding) for name, check in CHECKS.items() for finding in _answers(check, place)]


def _answers(check: Callable[[Place], Findings], place: Place) -> Iterator[Finding]:
    """Yield what a check found; that all is well only if nothing else was found."""
    said = False
    try:
        for finding in check(place):
            if finding.level is not Level.OK or not said:
                yield finding
            said = said or finding.level is not Level.OK
    except AgentError as error:
        yield _said(error)
    except OSError as error:
        yield fail(f"{error.filename or 'the system'}: {error.strerror or error}", "run this as root")
    except Exception as error:  # noqa: BLE001 - a fault of one check must not hide what the others find
        yield fail(
            f"this could not be looked at: {type(error).__name__} in {_place(error)}",
            "it is a fault of this program: tell its authors",
        )


def _place(error: Exception) -> str:
    """Return where an exception arose; its own words may quote what it was about."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "a place unknown"


def _said(error: AgentError) -> Finding:
    return fail(error.message, error.hint)


def _print(found: list[tuple[str, Finding]], *, as_json: bool) -> None:
    if as_json:
        rows = [{"name": name, "status": f.level.value, "detail": f.detail, "hint": f.hint} for name, f in found]
        print_json({"checks": rows})
        return
    width = max(len(name) for name, _ in found)
    for name, finding in found:
        print(safe(f"{finding.level.value:<4}  {name:<{width}}  {finding.detail}"))
        if finding.hint and finding.level is not Level.OK:
            print(safe(f"{'':<{width + 8}}{finding.hint}"))
    counted = {level: sum(finding.level is level for _, finding in found) for level in Level}
    print(f"{counted[Level.FAIL]} to mend, {counted[Level.WARN]} that could be better, {counted[Level.OK]} fine")
