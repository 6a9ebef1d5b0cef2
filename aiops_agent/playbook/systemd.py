"""What systemd says of units: asked by a list of words, answered in its own `NAME=VALUE` lines."""

from collections.abc import Mapping

from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.spawn import printed, spawn
from aiops_agent.ports import Stopped, never

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAM = ("systemctl", "--no-pager", "--no-ask-password")


def systemctl(*words: str, seconds: float, path: str = SYSTEM_PATH, stopped: Stopped = never) -> str:
    """Return what systemctl prints.

    Raises:
        RefusedError: It failed, or took too long.
        OSError: It is not there.
    """
    return printed("systemctl", lambda: spawn([*_PROGRAM, *words], path=path, seconds=seconds, stopped=stopped))


def properties(
    unit: str, *names: str, seconds: float, path: str = SYSTEM_PATH, stopped: Stopped = never
) -> Mapping[str, str]:
    """Return these properties of a unit, and its LoadState.

    Raises:
        RefusedError: The unit is not loaded, or systemd does not say.
    """
    asked = f"--property={','.join(('LoadState', *names))}"
    said = systemctl("show", asked, "--", unit, seconds=seconds, path=path, stopped=stopped)
    found = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
    if found.get("LoadState") != "loaded":
        raise RefusedError(f"{unit} is not a loaded unit here ({found.get('LoadState', 'systemd says nothing')})")
    return found


def main_process(unit: str, *, seconds: float, path: str = SYSTEM_PATH, stopped: Stopped = never) -> int | None:
    """Return the number of a unit's main process; None when it has none now."""
    number = properties(unit, "MainPID", seconds=seconds, path=path, stopped=stopped).get("MainPID", "")
    if not number.isdecimal():
        raise RefusedError(f"systemd does not say which process is the main one of {unit}")
    return int(number) or None
