"""`run`: the daemon."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from aiops_agent.agent import Tick
from aiops_agent.cli.output import category, print_json, safe
from aiops_agent.cli.scan import WHY_SHORT, as_json, in_order
from aiops_agent.cli.session import start, with_credentials
from aiops_agent.config.load import load as load_config
from aiops_agent.daemon import Daemon, Orders, Surroundings
from aiops_agent.errors import UsageError
from aiops_agent.sources.events import FileEvents
from aiops_agent.state.database import exclusive
from aiops_agent.supervisor import Supervisor


def run(arguments: argparse.Namespace) -> int:
    """Tick until a signal says to stop."""
    session = start(arguments.config, create=True, delivers=True)
    config = session.config
    with exclusive(config.state_dir, name="daemon.lock") as is_only, heeded() as (orders, interrupt):
        if not is_only:
            raise UsageError(
                f"another `aiops-agent run` is at work on {config.state_dir}",
                hint="one is enough: `systemctl status aiops-agent-daemon`; for one tick now, `aiops-agent scan`",
            )
        with FileEvents(interrupt) as events:
            around = Surroundings(
                load=lambda: with_credentials(load_config(Path(arguments.config), os.environ)),
                world=session.world,
                events=events,
                supervisor=Supervisor(os.environ.get("NOTIFY_SOCKET")),
                orders=orders,
                report=_print_line if arguments.jsonl else _print_words,
                warn=_warn,
            )
            Daemon(config, around).run()
    return 0


@contextmanager
def heeded() -> Iterator[tuple[Orders, int]]:
    """Yield what signals ask for, and a descriptor that can be read when one has come."""
    orders = Orders()

    def stop(_: int, __: FrameType | None) -> None:
        orders.stop = True

    def read_anew(_: int, __: FrameType | None) -> None:
        orders.reload = True

    interrupt, bell = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    before = {
        number: signal.signal(number, answer)
        for number, answer in ((signal.SIGTERM, stop), (signal.SIGINT, stop), (signal.SIGHUP, read_anew))
    }
    rung = signal.set_wakeup_fd(bell, warn_on_full_buffer=False)
    try:
        yield orders, interrupt
    finally:
        signal.set_wakeup_fd(rung)
        for number, answer in before.items():
            signal.signal(number, answer)
        os.close(interrupt)
        os.close(bell)


def _print_line(found: Tick, seconds: float) -> None:
    print_json(as_json(found, seconds))
    sys.stdout.flush()


def _print_words(found: Tick, seconds: float) -> None:
    print(f"{len(found.files)} files, {found.bytes} bytes, {found.errors} error records in {seconds:.2f} s")
    for incident in in_order(found):
        what = f"{category(incident)[0]} x{incident.occurrences} {incident.decision}: {incident.reason}"
        print(f"  {incident.id} {safe(what)} - {safe(incident.evidence.brief)}")
    if found.cut_short:
        print(f"  {WHY_SHORT[found.cut_short].replace('scan', 'tick')}")
    sys.stdout.flush()


def _warn(line: str) -> None:
    print(f"aiops-agent: {safe(line)}", file=sys.stderr, flush=True)
