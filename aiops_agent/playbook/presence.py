"""Which processes of this host are of a program and a user, as far as we may look."""

from pathlib import Path

import psutil

from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook.refusal import RefusedError

_COMM = 15
"""Letters that the kernel keeps of a program's name (TASK_COMM_LEN less its end)."""


def processes_of(executable: str, user: str) -> list[psutil.Process]:
    """Return the processes of a program and a user.

    Told by the path of the executable or, where that of another user's process is not shown to us and a name is looked
    for, by the name the kernel has for it.

    Raises:
        RefusedError: One of this user may be of this program, and it cannot be seen whether it is.
    """
    found = []
    for process in psutil.process_iter(["exe", "name", "username"]):
        seen = process.info
        if seen["username"] != user:
            continue
        if seen["exe"]:
            is_it = seen["exe"] == executable or Path(seen["exe"]).name == executable
        else:
            name = Path(executable).name
            is_it = bool(seen["name"]) and seen["name"][:_COMM] == name[:_COMM]
            if is_it and (executable.startswith("/") or len(name) > _COMM):
                raise RefusedError(f"process {process.pid} of {user} may be {executable}, and cannot be looked at")
        if is_it:
            found.append(process)
    return found


def process(command: Command) -> CommandResult:
    """Look for a process of a program and a user."""
    executable, user = str(command.arguments["executable"]), str(command.arguments["user"])
    found = processes_of(executable, user)
    state = "present" if found else "absent"
    numbers = f" (process {', '.join(str(each.pid) for each in found[:3])})" if found else ""
    return CommandResult(ok=state == command.arguments["is"], detail=f"{executable} of {user} is {state}{numbers}")


def started(pid: int) -> int:
    """Return when a process started, in ticks since the boot: with its number, it is this one and no other.

    Raises:
        OSError: It is gone.
    """
    # Field 22 of proc(5); the second one is a name in parentheses that may hold anything, also a parenthesis.
    after_name = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return int(after_name[19])
