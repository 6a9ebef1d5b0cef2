"""What the agent needs around it: logs it can read, tokens of chats, a model that is whole, something to run it."""

import os
import shutil
import stat
from pathlib import Path

from aiops_agent.cli.health.finding import Findings, Place, fail, ok, warn
from aiops_agent.errors import ExecutorError, Fault
from aiops_agent.settings import ChatSettings, SourceSettings
from aiops_agent.sources.paths import find
from aiops_agent.state.database import copied
from aiops_agent.state.halt import Halt

_UNITS = ("aiops-agent.timer", "aiops-agent-daemon.service")
_SHOWN = 3


def sources(place: Place) -> Findings:
    """Can everything be read that is to be read?"""
    if not place.config.sources:
        yield warn(f"{place.config.path} names none: nothing is read", "see `sources` in docs/configuration.md")
    for source in place.config.sources:
        yield from _journal(source) if source.type == "journald" else _files(source)


def _journal(source: SourceSettings) -> Findings:
    if shutil.which("journalctl") is None:
        yield fail(f"{source.name}: there is no journalctl", "install systemd's, or take the source out")
    else:
        yield ok(f"{source.name}: read with journalctl")


def _files(source: SourceSettings) -> Findings:
    found = find(source.paths)
    closed = [path for path in found.files if not os.access(path, os.R_OK, effective_ids=True)]
    if closed:
        others = f" and {len(closed) - _SHOWN} more" if len(closed) > _SHOWN else ""
        yield fail(
            f"{source.name}: may not be read: {', '.join(closed[:_SHOWN])}{others}",
            "add the owner of state_dir to the group that may (adm on Debian), or set an ACL",
        )
    elif not found.files:
        yield warn(f"{source.name}: no file of that name is there", "it is read when it appears; is the path right?")
    else:
        yield ok(f"{source.name}: {len(found.files)} files")


def chats(place: Place) -> Findings:
    """Is there a token for every chat, and who else can read it?"""
    for chat in place.config.chat:
        kind, _, name = chat.reference.partition(":")
        if kind == "file":
            yield from _token_file(chat, Path(name))
        elif kind == "env" and place.environment.get(name):
            yield ok(f"{chat.name}: its token is in the environment")
        else:
            yield warn(
                f"{chat.name}: {chat.reference} is not given to this shell, and was not looked at",
                "it must be given to the unit: Environment=, or LoadCredentialEncrypted=",
            )
    yield ok(f"reports are written to {place.config.report_dir} too, whatever happens to chats")


def _token_file(chat: ChatSettings, path: Path) -> Findings:
    try:
        found = path.stat()
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        yield fail(f"{chat.name}: {path}: {error.strerror}", "make it a file of the owner of state_dir, mode 0600")
        return
    if is_empty:
        yield fail(f"{chat.name}: {path} is empty", "put the token into it, and nothing else")
    if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP):
        yield fail(
            f"{chat.name}: {path} is open to others (mode {stat.S_IMODE(found.st_mode):o})",
            f"chmod 600 {path}, and have the platform give out a new token",
        )
    else:
        yield ok(f"{chat.name}: {path} is there, mode {stat.S_IMODE(found.st_mode):o}")


def model(place: Place) -> Findings:
    """Are the files of the model as they were made, and does this processor compute what it should?"""
    from aiops_agent.diagnosis.artefact import MODELS, manifest_digest, shipped_names, verified
    from aiops_agent.diagnosis.encoder import load_encoder

    folder = place.config.models or MODELS
    names = shipped_names(folder)
    verified(folder, *names)
    whose = "as shipped" if folder == MODELS else f"in {folder} as made"
    yield ok(f"{len(names)} files {whose}, manifest {manifest_digest(folder)[:12]}; {load_encoder(folder).variant}")


def unit(place: Place) -> Findings:
    """Does anything run it?"""
    if not (place.system / "run/systemd/system").is_dir():
        yield ok("systemd does not run this host: something else must run `aiops-agent scan` or `run`")
        return
    folder = place.system / "etc/systemd/system"
    enabled = [name for name in _UNITS if any(folder.glob(f"*.wants/{name}"))]
    if not enabled:
        yield fail(
            f"neither {' nor '.join(_UNITS)} is enabled: nothing runs it after a restart of the host",
            f"systemctl enable --now {_UNITS[0]}",
        )
    elif len(enabled) > 1:
        yield warn(f"both {' and '.join(enabled)} are enabled: one is enough", f"systemctl disable {_UNITS[0]}")
    else:
        yield ok(f"{enabled[0]} is enabled")


def state(place: Place) -> Findings:
    """Can what the agent knows be read, and may it act?"""
    folder = place.config.state_dir
    if not (folder / "state.db").exists():
        yield ok("none yet: the first `aiops-agent scan` makes it")
        return
    copy = copied(folder / "state.db")  # nothing in it is decrypted here
    incidents = copy.value("SELECT count(*) FROM incidents")
    waiting = copy.value("SELECT count(*) FROM outbox WHERE state!='sent'")
    copy.close()
    if Halt(folder / "halt").is_set():
        yield warn("halted: nothing is acted on", "`aiops-agent resume`")
    yield ok(f"{incidents} incidents; {waiting} letters in the outbox")


def root_executor(place: Place) -> Findings:
    """Does what does the agent's work as root answer, and is it root's?"""
    from aiops_agent.wiring.late import remote_of

    path = place.config.executor
    if path is None or not path.exists():
        yield ok("none: a playbook that needs root is only reported (docs/executor.md)")
        return
    try:
        greeting = remote_of(place.config).greet()
    except ExecutorError as error:
        yield fail(error.message, error.hint)
        return
    if greeting.halted:
        yield warn("the root executor is halted", "`aiops-agent-executor resume`, as root")
    if not greeting.services:
        yield warn("the root executor may act on no service", "name them under `services:` of its configuration")
    yield ok(f"the root executor answers at {path}, and may act on {', '.join(greeting.services)}")


def library(place: Place) -> Findings:
    """Which playbooks and articles are refused?"""
    from aiops_agent.wiring.library import Library

    found = Library(place.config.playbooks, place.config.knowledge_base)
    by_file: dict[str, list[Fault]] = {}
    for fault in found.faults:
        by_file.setdefault(fault.file, []).append(fault)
    for file, faults in by_file.items():
        more = f", and {len(faults) - 1} more" if faults[1:] else ""
        lint = "kb lint" if file.endswith(".md") else f"playbook lint {file}"
        yield warn(f"{faults[0]}{more}", f"it is not used, the others are: `aiops-agent {lint}`")
    yield ok(f"{len(found.playbooks.all())} playbooks, {len(found.articles.articles)} articles")
