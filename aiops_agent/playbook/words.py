"""The words of the vocabulary about units, processes, databases, disks and configurations; files stand beside it."""

from collections.abc import Mapping
from datetime import timedelta

from aiops_agent.model.risk import Risk
from aiops_agent.noun import replace
from aiops_agent.playbook.kinds import (
    ANSWER,
    ARGV,
    COUNT,
    DURATION,
    EXECUTABLE,
    INTERVAL,
    NAME,
    PATH,
    PATTERN,
    PERCENT,
    PROCESS,
    QUERY,
    UNIT,
    USER,
    choice,
    many,
    whole_number,
    words,
)
from aiops_agent.playbook.verb import Verb

STATES = ("active", "inactive", "failed", "activating", "deactivating", "reloading")
TESTERS = ("apachectl", "haproxy", "named-checkconf", "nginx", "php-fpm", "postfix", "sshd", "visudo")
SIGNALS = ("TERM", "HUP", "USR1", "USR2")
_SUB_STATES = (
    "auto-restart", "dead", "elapsed", "exited", "failed", "final-sigkill", "final-sigterm", "listening", "running",
    "start", "start-post", "start-pre", "stop", "stop-post", "stop-sigkill", "stop-sigterm", "waiting",
)  # fmt: skip
"""Of services, sockets and timers (systemd: `systemctl --state=help`), as far as one can act on them."""

_BOUNDS = frozenset({"above", "below"})

PROBES: Mapping[str, Verb] = {
    "unit_state": Verb(
        "The unit is loaded and in this state, or one of these; in this sub-state (`sub`), for at least so long "
        "(`for`), started again by systemd itself fewer times than this (`restarts_below`), where that is said.",
        {
            "unit": UNIT,
            "is": words(*STATES),
            "sub": words(*_SUB_STATES),
            "for": DURATION,
            "restarts_below": whole_number(1, 1000),
        },
        optional=frozenset({"sub", "for", "restarts_below"}),
    ),
    "process": Verb(
        "A process of this program (name or path of its executable) and this user is there, or none is. One that "
        "cannot be looked at proves neither.",
        {"executable": EXECUTABLE, "user": USER, "is": choice("present", "absent")},
    ),
    "inode_use": Verb(
        "So many of the file system's inodes are used, in percent, as df -i shows it.",
        {"path": PATH, "above": PERCENT, "below": PERCENT},
        one_of=_BOUNDS,
    ),
    "config_test": Verb(
        "The program's own test of its configuration says that it is valid, or not. Needs root.",
        {"program": choice(*TESTERS), "is": choice("valid", "invalid")},
        privileged=True,
        timeout=timedelta(seconds=30),
    ),
    "sql": Verb(
        "One statement that reads, over a connection of config.yaml, gives exactly one row whose first column is this "
        "(`is`), or a number above or below.",
        {
            "connection": NAME,
            "query": QUERY,
            "is": ANSWER,
            "above": whole_number(-(10**15), 10**15),
            "below": whole_number(-(10**15), 10**15),
            "timeout": DURATION,
        },
        {"timeout": 10},
        one_of=_BOUNDS | {"is"},
    ),
    "log_quiet": Verb(
        "The fault was not logged again for so long after the last step: the log is read anew for it.",
        {"for": replace(DURATION, literal=True)},
        only_in_verify=True,
    ),
    "not_busy": Verb(
        "No package manager, no configuration management and none of these is at work.",
        {"processes": many(EXECUTABLE), "locks": many(PATH)},
        optional=frozenset({"processes", "locks"}),
        written=False,
    ),
    "untouched": Verb(
        "Nobody has had systemd act on the unit for so long, but systemd itself, and we in our own time (`ours`).",
        {"unit": UNIT, "for": DURATION, "ours": many(INTERVAL)},
        optional=frozenset({"ours"}),
        written=False,
    ),
    "past_grace": Verb(
        "The host was booted, and the unit last begun, longer ago than this.",
        {"unit": UNIT, "for": DURATION},
        written=False,
    ),
}
"""What only looks."""

STEPS: Mapping[str, Verb] = {
    "delete_old": Verb(
        "Delete regular files of a folder that match, were last written longer ago than this, and that nobody has "
        "open: the oldest first, at most `most`; the newest `keep` of those that match always stay. Not undone.",
        {
            "directory": PATH,
            "pattern": PATTERN,
            "older_than": DURATION,
            "keep": whole_number(0, 100_000),
            "most": COUNT,
        },
        {"keep": 1, "most": 100},
        changes=True,
        timeout=timedelta(minutes=2),
        least_risk=Risk.MEDIUM,
        rooted={"directory": True},
    ),
    "signal": Verb(
        "Send a signal to the process whose number the file begins with, or that the inventory found, of the agent's "
        "own user. Others must not be able to write the file. Not undone.",
        {"pid_file": PATH, "process": PROCESS, "name": choice(*SIGNALS)},
        one_of=frozenset({"pid_file", "process"}),
        changes=True,
        least_risk=Risk.MEDIUM,
    ),
    "signal_unit": Verb(
        "Send a signal to the main process of a unit, as systemd knows it. Needs root. Not undone.",
        {"unit": UNIT, "name": choice(*SIGNALS)},
        changes=True,
        privileged=True,
        least_risk=Risk.MEDIUM,
    ),
    "unit": Verb(
        "Ask systemd to act on a unit. Needs root. A start or a stop that changed something is undone by its opposite.",
        {"restart": UNIT, "start": UNIT, "stop": UNIT, "reload": UNIT},
        one_of=frozenset({"restart", "start", "stop", "reload"}),
        changes=True,
        privileged=True,
        timeout=timedelta(seconds=90),
    ),
    "wait_until": Verb(
        "Wait until the probe holds; if it does not within this time, the step has failed. Changes nothing.",
        {"within": DURATION},
        waits_for_probe=True,
    ),
    "run": Verb(
        "Run a program, by its path and a list of words; no shell sees them. Needs root, a signed playbook and risk "
        "high or above. Undone by what `undo` says.",
        {"argv": ARGV},
        changes=True,
        privileged=True,
        timeout=timedelta(seconds=60),
        least_risk=Risk.HIGH,
        needs_signature=True,
    ),
}
"""What changes something, or waits."""
