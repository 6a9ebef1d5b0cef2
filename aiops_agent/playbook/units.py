"""Probes of units: what state they are in and since when, as systemd says."""

import time
from collections.abc import Mapping

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.systemd import properties
from aiops_agent.ports import Stopped

_MICROSECONDS = 1_000_000


def unit_state(command: Command, stopped: Stopped, *, path: str) -> CommandResult:
    """Compare the state of a unit, and whatever else of it is asked for."""
    given = command.arguments
    unit, wanted = str(given["unit"]), str(given["is"]).split()
    extra = {"sub": "SubState", "for": "StateChangeTimestampMonotonic", "restarts_below": "NRestarts"}
    names = ("ActiveState", *(name for argument, name in extra.items() if argument in given))
    found = properties(unit, *names, seconds=command.timeout.total_seconds(), path=path, stopped=stopped)
    state = found.get("ActiveState", "unknown")
    ok, said = state in wanted, f"{unit} is {state}"
    if "sub" in given:
        sub = found.get("SubState", "unknown")
        ok, said = ok and sub == given["sub"], f"{said} ({sub})"
    if "for" in given:
        since = _seconds_since(_number(found, "StateChangeTimestampMonotonic", unit))
        ok, said = ok and since >= float(given["for"]), f"{said} for {since:.0f} s"
    if "restarts_below" in given:
        restarts = _number(found, "NRestarts", unit)
        ok, said = ok and restarts < float(given["restarts_below"]), f"{said}, started again {restarts} times"
    return CommandResult(ok=ok, detail=said)


def past_grace(command: Command, stopped: Stopped, *, path: str) -> CommandResult:
    """Ask whether the start-up of the host and of the unit is long enough ago."""
    unit, grace = str(command.arguments["unit"]), float(command.arguments["for"])
    booted = time.clock_gettime(time.CLOCK_BOOTTIME)
    if booted < grace:
        return CommandResult(ok=False, detail=f"the host was booted {booted:.0f} s ago, less than {grace:.0f} s")
    name = "InactiveExitTimestampMonotonic"
    found = properties(unit, name, seconds=command.timeout.total_seconds(), path=path, stopped=stopped)
    begun = _number(found, name, unit)
    since = _seconds_since(begun)
    if begun and since < grace:
        return CommandResult(ok=False, detail=f"{unit} was begun {since:.0f} s ago, less than {grace:.0f} s")
    return CommandResult(ok=True, detail=f"the host and {unit} were begun more than {grace:.0f} s ago")


def _number(found: Mapping[str, str], name: str, unit: str) -> int:
    value = found.get(name, "")
    if not value.isdecimal():
        raise RefusedError(f"systemd does not say {name} of {unit}")
    return int(value)


def _seconds_since(microseconds: int) -> float:
    """Return how long ago a moment of systemd's monotonic clock was: the same clock as Python's on Linux."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) - microseconds / _MICROSECONDS
