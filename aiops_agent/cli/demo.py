"""`demo`: the whole journey in a folder of its own, on shipped logs and one real fault."""

import argparse
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from aiops_agent.agent import Tick
from aiops_agent.audit.verify import VerifyReport, verify
from aiops_agent.cli.output import percent
from aiops_agent.cli.session import Session, library, start
from aiops_agent.errors import AgentError, UsageError
from aiops_agent.host import shipped
from aiops_agent.model.incident import Incident, Outcome
from aiops_agent.pipeline import tick
from aiops_agent.signing.ed25519 import SigningKey, write_public
from aiops_agent.signing.manifest import Manifest
from aiops_agent.signing.sign import added, put, signed
from aiops_agent.state.database import exclusive
from aiops_agent.state.state import State
from aiops_agent.wiring.build import build
from aiops_agent.wiring.keys import keys_of
from aiops_agent.wiring.late import LateCipher

SERVICE = "demo-shop.service"
PATIENCE = 10.0
"""Seconds the demo waits for its own service to start, or to be seen failing."""

CONFIG = """\
state_dir: {folder}/state
sources:
  - {{type: file, paths: ["{folder}/logs/*.log"], start: beginning}}
  - type: file
    paths: ["{folder}/shop/*.log"]
    service: {service}
    start: beginning
    parameters: {{lock_file: {folder}/shop/shop.lock, health_url: "http://127.0.0.1:{port}/"}}
playbooks: ["{folder}/playbooks"]
policy: {{mode: auto, unlock_after: 0}}
signing: {{manifest: {folder}/playbooks.manifest, trusted: {folder}/trusted}}
"""


class DemoError(AgentError):
    """The demo did not show what it is to show."""

    exit_code = 1


def demo(arguments: argparse.Namespace) -> int:
    """Break a real service, let one tick find and repair it, and prove it."""
    console = Console(highlight=False)
    folder = Path(arguments.keep).resolve() if arguments.keep else Path(tempfile.mkdtemp(prefix="aiops-demo-"))
    port = _free_port()
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", hint="name a folder that does not exist yet")
    with _step(console, "Setting up: logs of eight kinds of software, and a small HTTP service"):
        config = _set_up(folder, port)
    with _supervised(folder / "shop", port), console.status(""):
        url = f"http://127.0.0.1:{port}/"
        with _step(console, f"Starting the service: {url} answers"):
            _wait(lambda: _answers(url), "the service did not start")
        with _step(console, "Breaking it: kill -9 leaves its lock file behind, and it cannot start again"):
            _break(folder / "shop")
        with _step(console, "Signing the playbooks, with a key made for this demo: by itself only what is signed runs"):
            _sign(folder, config)
        with _step(console, "One tick of the agent: read, diagnose, decide, repair, verify, report, record"):
            session = start(str(config), create=True)
            found = _tick(session)
        answers = _answers(url)
    verdict = verify(session.config.state_dir / "audit", keys_of(session.config))
    return _conclude(console, session, found, verdict, answers=answers, url=url)


def _set_up(folder: Path, port: int) -> Path:
    (folder / "shop").mkdir(parents=True)
    shutil.copytree(shipped("demo") / "logs", folder / "logs")
    _play(folder / "playbooks")
    config = folder / "config.yaml"
    config.write_text(CONFIG.format(folder=folder, service=SERVICE, port=port), encoding="utf-8")
    return config


def _play(folder: Path) -> None:
    """Put the shipped playbook there, but for one thing: what it works on here, no package manager touches."""
    playbook = next(shipped("playbooks").rglob("remove-stale-lock.yaml"))
    folder.mkdir()
    text = playbook.read_text(encoding="utf-8")
    (folder / playbook.name).write_text(f"{text}busy: false{' ' * 28}# of the demo only\n", encoding="utf-8")


def _sign(folder: Path, config: Path) -> None:
    """Do what `playbook keygen` and `playbook sign --all` do; the private half is in memory only, and then gone."""
    key = SigningKey.make()
    (folder / "trusted").mkdir()
    (folder / "trusted").chmod(0o755)
    put(folder / "trusted" / "demo.pub", write_public(key.public))
    now = datetime.now(UTC)
    manifest = added(Manifest(1, now, {}), library(str(config)).playbooks.all(), now, timedelta(days=1))
    put(folder / "playbooks.manifest", signed(manifest, key))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _supervised(folder: Path, port: int) -> Iterator[None]:
    """Run the supervisor, which runs the service, and end both."""
    script = shipped("demo") / "service" / "supervise.py"
    process = subprocess.Popen([sys.executable, str(script), str(folder), str(port)])
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def _break(folder: Path) -> None:
    import os

    os.kill(int((folder / "shop.lock").read_text(encoding="ascii")), signal.SIGKILL)
    supervisor = folder / "supervisor.log"
    _wait(lambda: supervisor.read_text(encoding="utf-8").count("status=1/FAILURE") > 1, "the service did not fail")


def _tick(session: Session) -> Tick:
    with exclusive(session.config.state_dir) as locked:
        if not locked:
            raise DemoError("another demo works in this folder")
        with (
            State.open(session.config.state_dir, LateCipher(session.config)) as state,
            build(session.config, state, session.world) as agent,
        ):
            return tick(agent, session.now)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _wait(condition: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(otherwise)
        time.sleep(0.05)


@contextmanager
def _step(console: Console, text: str) -> Iterator[None]:
    started = time.monotonic()
    console.print(f"[bold cyan]>[/] {escape(text)}", end="", soft_wrap=True)
    yield
    console.print(f" [dim]({time.monotonic() - started:.1f} s)[/]")


def _conclude(
    console: Console, session: Session, found: Tick, verdict: VerifyReport, *, answers: bool, url: str
) -> int:
    incidents = sorted(found.touched.values(), key=lambda incident: incident.source)
    console.print(_table(incidents))
    repaired = {str(i.playbook) for i in incidents if i.service == SERVICE and i.outcome is Outcome.SUCCEEDED}
    state_dir = session.config.state_dir
    proofs = {
        f"{found.errors} error records of {len(incidents)} faults in {len(found.files)} logs": bool(incidents),
        f"repaired by playbook: {', '.join(repaired) or 'nothing'}": bool(repaired),
        f"the service answers again: GET {url} is {'200' if answers else 'refused'}": answers,
        f"the audit log is {'intact' if verdict.intact else 'NOT intact'}: {verdict.records} records": verdict.intact,
    }
    for text, holds in proofs.items():
        console.print(f"{'[green]ok[/]  ' if holds else '[red]NO[/]  '} {escape(text)}", soft_wrap=True)
    config, command = session.config.path, sys.argv[0]
    console.print(f"reports:   {session.config.report_dir}", soft_wrap=True)
    console.print(f"audit log: {state_dir / 'audit'}", soft_wrap=True)
    console.print(f"look on:   {command} incidents list --config {config}", soft_wrap=True)
    console.print(f"           {command} audit show --config {config}", soft_wrap=True)
    return 0 if all(proofs.values()) else DemoError.exit_code


def _table(incidents: list[Incident]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("LOG", "WHAT", "SURE", "TIMES", "DECISION"):
        table.add_column(heading, no_wrap=True)
    for i in incidents:
        sure = "not sure" if i.abstained else percent(i.confidence)
        decision = f"{i.decision}: {i.outcome or i.reason.replace('_', ' ')}"
        table.add_row(Path(i.source).name, i.category, sure, str(i.occurrences), decision)
    return table
