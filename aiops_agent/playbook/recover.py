"""A run that a kill cut short: looked at, never repeated; what it left half done is taken back, or told."""

from collections.abc import Callable

from aiops_agent.model.playbook import Command, Failed, Journalled, RunResult, StepState, Succeeded
from aiops_agent.playbook.bind import Bound
from aiops_agent.playbook.run import holds
from aiops_agent.ports import Executor, UndoJournal, never

_FAILED = (StepState.REFUSED, StepState.TAKING_BACK, StepState.TAKEN_BACK)
"""States that only a run has which was not to go on."""


def recover(
    bound: Bound | None, executor: Executor, *, record: Callable[[Command], None], journal: UndoJournal
) -> RunResult:
    """Return what came of a run that a kill cut short.

    If its verification holds it has succeeded. If not, or if it was already being taken back, each change that its
    journal names is taken back, newest first, by the command that was written down for it before it was made. That
    command finds out for itself how far the change came, and refuses where it cannot be sure: then a person is told.
    It may be killed as well, at any point, and is called again.

    Args:
        bound: The playbook as it was when the run began; None: it was changed since, or cannot be aimed any more.
        executor: What looks and takes back.
        record: Makes a change durable in the audit log before it is made.
        journal: What the run put down.

    Raises:
        AuditError: Something cannot be recorded, or the journal not be opened: it is to be called again.
        StateError: The journal cannot be read or written. The same.
        ForgedError: The journal holds what this agent did not write. Nothing was done.
    """
    entries = list(journal.entries())
    has_failed = any(entry.state in _FAILED for entry in entries)
    if bound is not None and not has_failed and holds(bound, executor):
        return Succeeded("interrupted by a crash, and found repaired when looked at again")
    left: list[str] = []
    for entry in reversed(entries):
        if entry.state not in (StepState.REFUSED, StepState.TAKEN_BACK):
            left += _taken_back(entry, executor, record, journal)
    if left and bound is not None and bound.undo:
        own = "; ".join(_named(command) for command in bound.undo)
        left.append(f"the playbook's own undo was not done, or not to its end: {own}")
    came = "what it had done was taken back" if entries else "nothing had been done"
    why = f"interrupted by a crash and not repeated; {'look at what is named' if left else came}"
    return Failed("interrupted", why, undone=not left, left_behind=tuple(left))


def _taken_back(
    entry: Journalled, executor: Executor, record: Callable[[Command], None], journal: UndoJournal
) -> list[str]:
    """Take a change back; return what is left of it, in words."""
    undo, name = entry.planned.undo, _named(entry.planned.command)
    if undo is None:
        was = "was done" if entry.state is StepState.DONE else "may have been done, also in part,"
        return [f"{name} {was} and cannot be taken back: look at it"]
    record(undo)
    journal.settle(entry.number, StepState.TAKING_BACK)
    result = executor.run(undo, never)
    if not result.ok:
        return [f"{name}: taking it back failed: {result.detail}: look at it"]
    journal.settle(entry.number, StepState.TAKEN_BACK)
    return []


def _named(command: Command) -> str:
    """Return a command in words: its verb and what it acts on."""
    return f"{command.verb} {next(iter(command.arguments.values()), '')}".strip()
