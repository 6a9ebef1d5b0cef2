"""Wait for what cannot be interrupted, such as a name that is looked up, only as long as nobody says stop."""

from collections.abc import Callable
from threading import Thread

from aiops_agent.hints import TypeVar
from aiops_agent.playbook.refusal import RefusedError
from aiops_agent.ports import Stopped

LOOK_UP = 0.1
"""Seconds between two looks whether to go on."""

_Answer = TypeVar("_Answer")


def unless_stopped(look: Callable[[], _Answer], stopped: Stopped) -> _Answer:
    """Return what a probe sees, or raise what it raises.

    Args:
        look: Only looks, and ends by itself some time: it is left to itself when it is no longer waited for.
        stopped: Whether to wait no longer.

    Raises:
        RefusedError: It was stopped.
    """
    answers: list[_Answer] = []
    errors: list[Exception] = []

    def ask() -> None:
        try:
            answers.append(look())
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            errors.append(error)

    thread = Thread(target=ask, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_UP)
        if stopped():
            raise RefusedError("stopped")
    if errors:
        raise errors[0]
    return answers[0]
