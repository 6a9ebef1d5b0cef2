"""How bold a repair is: every fault is judged by it, also where no playbook is read."""

from enum import IntEnum


class Risk(IntEnum):
    """How much harm a repair can do when it is the wrong one."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4
