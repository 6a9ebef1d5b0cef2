"""Is somebody at work on this host whom a repair would disturb? Package and configuration managers always count."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.processes import locked_inodes
from aiops_agent.ports import Stopped

AT_WORK = frozenset({
    "ansible-playbook", "apk", "apt", "apt-get", "aptitude", "dnf", "dnf5", "dpkg", "dpkg-preconfigure", "microdnf",
    "packagekitd", "pacman", "rpm", "yum", "zypper",
})  # fmt: skip
"""Programs that run only while they work. `puppet agent`, `salt-minion`, `chef-client` wait in between: see below."""

ANSIBLE = "AnsiballZ_"
"""In the command line of what Ansible runs on the hosts it manages."""

_LOCKS = (
    "/var/lib/dpkg/lock",
    "/var/lib/dpkg/lock-frontend",
    "/var/lib/apt/lists/lock",
    "/var/lib/rpm/.rpm.lock",
    "/usr/lib/sysimage/rpm/.rpm.lock",
    "/var/lib/pacman/db.lck",
    "/var/cache/chef/chef-client-running.pid",
    "/var/chef/cache/chef-client-running.pid",
    "/opt/puppetlabs/puppet/cache/state/agent_catalog_run.lock",
    "/var/lib/puppet/state/agent_catalog_run.lock",
)
"""Locked by the kernel, or naming a living process, during a run."""

_JOBS = ("/var/cache/salt/minion/proc",)
"""Folders with a file for each job at work."""

_LARGEST_PID = 8


def not_busy(
    command: Command, stopped: Stopped, *, root: str = "/", known: frozenset[str] = AT_WORK, mark: str = ANSIBLE
) -> CommandResult:
    """Prove that nobody is at work, as far as that can be seen.

    Args:
        command: Which programs and locks are waited for beside those that always are.
        stopped: Whether to look no further.
        root: Where the files of the host are.
        known: Programs that are always waited for.
        mark: What Ansible is known by, in a command line.
    """
    given = {name: str(value) for name, value in command.arguments.items()}
    programs = known | {value for name, value in given.items() if name.startswith("processes.")}
    locks = (*_LOCKS, *(value for name, value in given.items() if name.startswith("locks.")))
    for why in (*_programs(programs, mark, stopped), *_held(locks, root), *_jobs(root)):
        return CommandResult(ok=False, detail=f"{why}: nothing is touched meanwhile")
    return CommandResult(ok=True, detail="no package or configuration manager is at work")


def _programs(wanted: frozenset[str], mark: str, stopped: Stopped) -> Iterator[str]:
    for process in psutil.process_iter(["exe", "name", "cmdline"]):
        if stopped():
            yield "stopped before every process was looked at"
        seen = process.info
        names = {seen["name"], seen["exe"], Path(seen["exe"] or "").name, *_script(seen["cmdline"] or [])}
        at_work = sorted(wanted & names)
        if at_work:
            yield f"{at_work[0]} is at work (process {process.pid})"
        if any(mark in word for word in seen["cmdline"] or ()):
            yield f"Ansible is at work (process {process.pid})"


def _script(words: list[str]) -> list[str]:
    """Return the name of the script that an interpreter runs, such as `ansible-playbook` or `yum`."""
    return [Path(words[1]).name] if len(words) > 1 and words[1].startswith("/") else []


def _held(locks: tuple[str, ...], root: str) -> Iterator[str]:
    held = locked_inodes()
    for lock in locks:
        path = Path(root, lock.lstrip("/"))
        with suppress(FileNotFoundError, NotADirectoryError):
            if path.stat().st_ino in held:
                yield f"{lock} is locked"
            elif _names_living(path):
                yield f"the process that {lock} names is at work"


def _names_living(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.read(64).strip().removeprefix(b'"')
    except PermissionError:  # a lock of root's: that it is locked would be seen all the same
        return False
    number = first[:_LARGEST_PID].split(b"\n")[0].split(b'"')[0]
    return number.isdigit() and int(number) > 0 and psutil.pid_exists(int(number))


def _jobs(root: str) -> Iterator[str]:
    for folder in _JOBS:
        with suppress(FileNotFoundError, PermissionError, NotADirectoryError):
            if any(Path(root, folder.lstrip("/")).iterdir()):
                yield f"Salt is at work ({folder})"
