"""`aiops-agent-executor`: serve, or for root at a shell: verify, resume. Reads the clock and the environment."""

import argparse
import json
import os
import secrets
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from aiops_agent.audit.keys import FileKeys
from aiops_agent.errors import AgentError, StateError, UsageError
from aiops_agent.executor import configured, persons
from aiops_agent.executor.configured import CONFIG, Settings
from aiops_agent.executor.desk import Desk
from aiops_agent.executor.hands import RootHands
from aiops_agent.executor.sandbox import SYSTEMD
from aiops_agent.executor.server import Server, listening
from aiops_agent.executor.work import Work
from aiops_agent.host import SystemClock, name_of, shipped
from aiops_agent.playbook import wire
from aiops_agent.playbook.inventory import Systemd
from aiops_agent.state.database import exclusive
from aiops_agent.supervisor import Supervisor

TAMPERED = 3
PATIENCE = timedelta(seconds=10)
"""How long a command at a shell waits until the executor has nothing to do, and lets go of the record."""

LEFT_BEHIND = timedelta(seconds=2)
"""How long the lock of one that was killed may be held by a program that it was just starting."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 wrong use or configuration, 3 state or record damaged."""
    arguments = _parser().parse_args(argv)
    try:
        if os.geteuid() != 0:
            raise UsageError("only root can run this", hint="systemctl start aiops-agent-executor")
        os.umask(0o077)
        settings = configured.load(Path(arguments.config), shipped("playbooks"))
        _make_private(settings.state_dir)
        return int(arguments.command(settings))
    except AgentError as error:
        print(f"aiops-agent-executor: {error}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return error.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aiops-agent-executor", description="Runs as root what needs root, for the aiops agent. docs/executor.md."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command, text in (
        ("serve", serve, "take orders at the socket until told to end; what the unit runs"),
        ("resume", resume, "allow acting again after a halt"),
        ("verify", verify, "is the executor's own record intact? 0 yes, 3 no"),
        ("show", show, "what was asked, agreed to and done; one JSON object a line"),
        ("check", check, "can the configuration be used?"),
    ):
        each = commands.add_parser(name, help=text, description=text)
        each.set_defaults(command=command)
        each.add_argument("--config", metavar="FILE", default=CONFIG, help=f"default: {CONFIG}")
    return parser


def serve(settings: Settings) -> int:
    """Settle what a kill cut short, then take orders."""
    told_to_end: list[int] = []
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda number, _: told_to_end.append(number))
    supervisor = Supervisor(os.environ.get("NOTIFY_SOCKET"))
    clock = SystemClock()
    with exclusive(settings.state_dir, wait=LEFT_BEHIND) as is_only:
        if not is_only:
            raise UsageError("another executor is at work", hint="systemctl status aiops-agent-executor")
        with Desk(settings, clock, os.uname().nodename) as desk:
            hands, inventory = _world(clock)
            work = Work(desk, hands, inventory)
            desk.record("started", "executor")  # also explains in the record what a kill left open there
            hands.end_left_behind()
            work.settle_interrupted()
            desk.rest()
            with listening(settings.socket) as listener:
                supervisor.tell("READY=1")
                try:
                    Server(listener, desk, work, inventory).serve(lambda: bool(told_to_end) or work.fault is not None)
                finally:
                    supervisor.tell("STOPPING=1")
                    work.end()
                    with suppress(OSError):
                        settings.socket.unlink()
            if work.fault:
                raise work.fault
    return 0


def resume(settings: Settings) -> int:
    """Allow acting again: recorded first."""
    person = persons.person_behind(wire.Peer(os.getpid(), os.getuid()))
    with Desk(settings, SystemClock(), os.uname().nodename, patience=PATIENCE) as desk:
        desk.record("resume", "all", f"user:{name_of(os.getuid() if person is None else person)}")
        was_set = desk.halt.clear()
    print("acting is allowed again" if was_set else "acting was not halted")
    return 0


def verify(settings: Settings) -> int:
    """Say whether the record is what was written; writes nothing."""
    from aiops_agent.audit.verify import verify as verified

    keys = FileKeys(settings.state_dir / "keys")
    report = verified(settings.state_dir / "audit", keys, (), now=SystemClock().now())
    print(*report.in_words, sep="\n")
    return 0 if report.intact and not report.key_problem else TAMPERED


def show(settings: Settings) -> int:
    """Print every entry of the record, the oldest first; a record without its keys is not shown."""
    from aiops_agent.audit.show import as_json
    from aiops_agent.audit.show import show as entries

    for entry in entries(settings.state_dir / "audit", FileKeys(settings.state_dir / "keys")):
        print(json.dumps(as_json(entry)))
    return 0


def check(settings: Settings) -> int:
    """Say what the configuration comes to."""
    print(f"orders from uid {settings.agent}, at {settings.socket}; mode {settings.mode}")
    print(f"services: {', '.join(settings.services) or 'none: nothing is ever done'}")
    approvers = [*settings.approvers.users, *(f"the group {name}" for name in settings.approvers.groups)]
    print(f"approvers: {', '.join(approvers) or 'none: nothing that asks is ever done'}")
    return 0


def _make_private(state_dir: Path) -> None:
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = next(configured.written_by_others(state_dir), "")
        if others:
            raise StateError(f"{state_dir}: {others}", hint="the executor's state must be root's alone")
        state_dir.chmod(0o700)
    except OSError as error:
        raise StateError(f"{state_dir}: {error.strerror}", hint="name another `state_dir`") from error


def _world(clock: SystemClock) -> tuple[RootHands, Systemd]:
    return RootHands(clock, booted=SYSTEMD.is_dir(), token=lambda: secrets.token_hex(8)), Systemd()


if __name__ == "__main__":
    sys.exit(main())
