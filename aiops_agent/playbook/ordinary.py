"""The words that need no root: how each is planned and done."""

from collections.abc import Mapping

from aiops_agent.model.connection import Connection
from aiops_agent.model.playbook import Command, CommandResult
from aiops_agent.playbook import (
    busy,
    compress,
    deleting,
    files,
    network,
    presence,
    processes,
    settings,
    sql,
    touched,
    units,
)
from aiops_agent.playbook.doing import Doing, at_once, waiting
from aiops_agent.ports import Clock, Stopped


def words(clock: Clock, *, path: str, connections: Mapping[str, Connection]) -> Mapping[str, Doing]:
    """Return how each word is done.

    Args:
        clock: What ages and deadlines are told by.
        path: Where programs are looked for.
        connections: The databases that can be asked.
    """

    def compressed(command: Command, stopped: Stopped) -> CommandResult:
        deadline = clock.now() + command.timeout
        return compress.compress(command, lambda: clock.now() >= deadline, stopped)

    def asked(command: Command, stopped: Stopped) -> CommandResult:
        return sql.sql(command, stopped, connections=connections, path=path)

    return {
        "unit_state": Doing(lambda command, stopped: units.unit_state(command, stopped, path=path)),
        "past_grace": Doing(lambda command, stopped: units.past_grace(command, stopped, path=path)),
        "not_busy": Doing(busy.not_busy),
        "untouched": Doing(lambda command, stopped: touched.untouched(command, stopped, now=clock.now(), path=path)),
        "process": at_once(presence.process),
        "process_of": Doing(lambda command, stopped: processes.process_of(command, stopped, path=path)),
        "file_exists": at_once(files.file_exists),
        "file_absent": at_once(files.file_absent),
        "file_unused": at_once(processes.file_unused),
        "older_than": at_once(lambda command: files.older_than(command, clock.now())),
        "http": waiting(network.http_answers),
        "http_down": waiting(network.http_down),
        "port": waiting(network.port),
        "sql": Doing(asked),
        "disk_use": at_once(files.disk_use),
        "inode_use": at_once(files.inode_use),
        "config": at_once(settings.config),
        "move_aside": at_once(files.move_aside, lambda command: files.plan_move_aside(command, clock.now())),
        "compress": Doing(compressed),
        "delete_old": Doing(deleting.delete_old, lambda command: deleting.plan_delete_old(command, clock.now())),
        "restore_file": at_once(files.restore_file, lambda command: files.plan_restore_file(command, clock.now())),
        "signal": at_once(processes.send_signal, processes.plan_signal),
        "put_back": at_once(files.put_back),
    }
