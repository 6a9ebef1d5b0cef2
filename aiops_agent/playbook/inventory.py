"""What the host has now: units, mounts, listening ports and processes, for parameters that are chosen from them."""

import os
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase

import psutil

from aiops_agent.model.playbook import Scalar
from aiops_agent.playbook.presence import processes_of, started
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.playbook.systemd import SYSTEM_PATH, main_process, properties, systemctl

_SECONDS = 10.0


def look(name: str, arguments: Mapping[str, Scalar], *, path: str = SYSTEM_PATH) -> Sequence[Scalar]:
    """Return everything that the arguments of a selector fit; `path`: where systemctl is looked for.

    Raises:
        ValueError: It cannot be told: what could be one of them cannot be looked at, systemd does not answer.
        OSError: The same, in the words of the kernel.
    """
    given = {key: str(value) for key, value in arguments.items()}
    try:
        return _SELECT[name](given, path)
    except (RefusedError, psutil.Error) as error:
        raise ValueError(str(error)) from error


class Systemd:
    """The units of this host, as systemd knows them: `ports.Inventory`."""

    def __init__(self, path: str = SYSTEM_PATH) -> None:
        """Take where systemctl is looked for."""
        self._path = path

    def missing(self, unit: str) -> str | None:
        """Return why there is no such unit to act on; None: it is loaded."""
        try:
            properties(unit, seconds=_SECONDS, path=self._path)
        except (RefusedError, OSError) as error:
            return str(error)
        return None


def _units(given: Mapping[str, str], path: str) -> list[Scalar]:
    state = [f"--state={given['state']}"] if "state" in given else []
    said = systemctl("list-units", "--all", "--plain", "--no-legend", "--full", *state, seconds=_SECONDS, path=path)
    lines = (line.split() for line in said.splitlines())
    # Fitted here and not by systemd, whose patterns know more than ours and would be looked at as options first.
    return [
        words[0] for words in lines if len(words) > 1 and words[1] == "loaded" and fnmatchcase(words[0], given["named"])
    ]


def _mounts(given: Mapping[str, str], _path: str) -> list[Scalar]:
    place = given["path"]
    if os.path.realpath(place) != place:
        raise RefusedError(f"{place} is reached through a link; write the path that it leads to")
    points = [each.mountpoint for each in psutil.disk_partitions(all=True)]
    around = [point for point in points if f"{place}/".startswith(f"{point.rstrip('/')}/")]
    return [max(around, key=len)] if around else []


def _ports(given: Mapping[str, str], path: str) -> list[Scalar]:
    if "unit" in given:
        number = main_process(given["unit"], seconds=_SECONDS, path=path)
        first = [psutil.Process(number)] if number else []
        owners = [*first, *(child for process in first for child in process.children(recursive=True))]
    else:
        owners = processes_of(given["executable"], given["user"])
    listening = (c for process in owners for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN)
    return sorted({connection.laddr.port for connection in listening})


def _processes(given: Mapping[str, str], _path: str) -> list[Scalar]:
    found = processes_of(given["executable"], given["user"])
    among = {process.pid for process in found}
    return [f"{process.pid}/{started(process.pid)}" for process in found if process.ppid() not in among]


_SELECT: Mapping[str, Callable[[Mapping[str, str], str], list[Scalar]]] = {
    "unit": _units,
    "mount": _mounts,
    "port": _ports,
    "process": _processes,
}
