"""Who is at the other end of a connection: what the kernel says, never what is sent."""

import grp
import os
import pwd
from pathlib import Path

from aiops_agent.noun import dataclass
from aiops_agent.playbook.wire import Peer

_NOBODY_LOGGED_IN = 2**32 - 1
"""What the kernel shows of a process that no login has begun."""

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Approvers:
    """Who may answer for this host, by the names of this host."""

    users: tuple[str, ...]
    groups: tuple[str, ...]

    def include(self, uid: int) -> bool:
        """Tell whether a user is one of them now: looked up each time, so that who has left a group has left."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return False
        if entry.pw_name in self.users:
            return True
        ids = os.getgrouplist(entry.pw_name, entry.pw_gid) if self.groups else []
        return any(_name_of_group(each) in self.groups for each in ids)


def person_behind(peer: Peer, proc: Path = PROC) -> int | None:
    """Return the uid of the person who answers for a process; None: that cannot be told.

    Root is who logged in, so that two people who both use sudo are two; without a login (a console of a container, a
    job of the system) it is root. Any other user answers for itself, unless somebody else's login has begun it.
    """
    try:
        login = int((proc / str(peer.pid) / "loginuid").read_text(encoding="ascii"))
    except FileNotFoundError:
        if (proc / "self" / "loginuid").exists():  # the process is gone
            return None
        login = _NOBODY_LOGGED_IN  # the kernel was built without it
    except (OSError, ValueError):
        return None
    if login == _NOBODY_LOGGED_IN:
        return peer.uid
    return login if peer.uid in (0, login) else None


def _name_of_group(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""
