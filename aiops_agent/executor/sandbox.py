"""A program in a sandbox: under systemd a unit of its own that lives as long as it does, elsewhere bubblewrap."""

from collections.abc import Mapping
from pathlib import Path

from aiops_agent.noun import dataclass

NOBODY = 65534
SYSTEMD = Path("/run/systemd/system")
"""Is there when systemd is process 1 (sd_booted(3))."""

MEMORY, TASKS = "512M", 32
"""What a step may take: compressing a log needs some megabytes, and no step needs more."""

_ALWAYS: Mapping[str, str] = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    # Read-only and not hidden: a probe that looks for what is not there must not be shown an empty house.
    "ProtectHome": "read-only",
    "PrivateDevices": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectControlGroups": "yes",
    "ProtectClock": "yes",
    "ProtectHostname": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "KeyringMode": "private",
    "UMask": "0077",
    "WorkingDirectory": "/",
    "MemoryMax": MEMORY,
    "TasksMax": str(TASKS),
    # When it is stopped, at once and with all its children.
    "KillMode": "control-group",
    "TimeoutStopSec": "300ms",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What a program may do; everything else it may not."""

    user: int = 0
    group: int = 0
    writable: tuple[str, ...] = ()
    """Folders; the rest of the host it sees and cannot change."""

    capabilities: tuple[str, ...] = ()
    network: bool = False
    seconds: float = 10.0
    """After which it is killed, also when nobody is left who waits for it."""


def under_systemd(argv: list[str], confinement: Confinement, unit: str) -> list[str]:
    """Return what runs a program as a unit of that name."""
    if confinement.network:
        network = {"RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6 AF_NETLINK"}
    else:
        network = {"PrivateNetwork": "yes", "RestrictAddressFamilies": "AF_UNIX AF_NETLINK"}
    properties = {
        **_ALWAYS,
        **network,
        "User": str(confinement.user),
        "Group": str(confinement.group),
        "CapabilityBoundingSet": " ".join(confinement.capabilities),
        "ReadWritePaths": " ".join(_quoted(folder) for folder in confinement.writable),
        "RuntimeMaxSec": f"{confinement.seconds + 5:.0f}",
    }
    given = [f"--property={name}={value}" for name, value in properties.items()]
    return ["systemd-run", "--quiet", "--wait", "--pipe", "--collect", f"--unit={unit}", *given, "--", *argv]


def under_bubblewrap(argv: list[str], confinement: Confinement) -> list[str]:
    """Return what runs a program inside of bubblewrap; it dies with who waits for it."""
    words = ["bwrap", "--ro-bind", "/", "/", "--die-with-parent", "--new-session", "--unshare-ipc", "--unshare-uts"]
    for folder in confinement.writable:
        words += ["--bind", folder, folder]
    if not confinement.network:
        words.append("--unshare-net")
    capabilities = [*confinement.capabilities, *(("CAP_SETUID", "CAP_SETGID") if confinement.user else ())]
    words += ["--cap-drop", "ALL"]
    for name in capabilities:
        words += ["--cap-add", name]
    words += ["--chdir", "/", "--"]
    if confinement.user:
        # Bounding what it could have again is systemd's part: without a capability to drop them with it has none.
        words += ["setpriv", f"--reuid={confinement.user}", f"--regid={confinement.group}", "--clear-groups"]
        words += ["--inh-caps=-all", "--no-new-privs", "--"]
    return [*words, *argv]


def _quoted(folder: str) -> str:
    """Return a path as one word of systemd-run; a `%` stands for itself in what it is given, unlike in a unit file."""
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
