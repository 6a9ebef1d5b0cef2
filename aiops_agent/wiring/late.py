"""Adapters that are built when they are first needed: a tick without anything new builds none."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path

from aiops_agent.errors import ExecutorError, UsageError
from aiops_agent.host import ANSWERED
from aiops_agent.settings import ChatSettings, Config
from aiops_agent.sources.quiet import stamp
from aiops_agent.wiring.keys import STATE_KEY, key_names, keys_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.audit.journal import Journal as AuditJournal
    from aiops_agent.model.audit import Anchor, AuditEntry
    from aiops_agent.model.connection import Connection
    from aiops_agent.model.message import Message, Report
    from aiops_agent.model.order import Answered, Asked, Order
    from aiops_agent.model.playbook import Command, CommandResult, Planned, RunResult
    from aiops_agent.playbook.remote import Remote
    from aiops_agent.ports import Chat, Cipher, Clock, Composer, Executor, Stopped


class LateCipher:
    """The cipher of the state, loaded with the first thing to encrypt or open: most ticks do neither."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _real(self) -> "Cipher":
        from aiops_agent.audit.rest import StateCipher

        return StateCipher(keys_of(self._config), self._config.state_dir)

    def exists(self) -> bool:
        """Tell whether there is a key. Loads nothing."""
        return os.path.lexists(f"{self._config.state_dir}/keys/{STATE_KEY}")

    def create(self) -> None:
        """Make the key of a new state."""
        self._real.create()

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return it encrypted."""
        return self._real.seal(plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what was sealed, or None."""
        return self._real.open(sealed, context)


class LateJournal:
    """The audit log of a state_dir, loaded with the first entry or question.

    `publish` is told where the log stands when it is closed and has grown.
    """

    def __init__(self, config: Config, publish: "Callable[[Anchor], None]") -> None:
        self._config = config
        self._publish = publish
        self._has_grown = False
        self._real: AuditJournal | None = None

    def _opened(self) -> "AuditJournal":
        if self._real is None:
            from aiops_agent.audit.journal import Journal

            self._real = Journal(self._config.state_dir / "audit", keys_of(self._config))
        return self._real

    def append(self, *entries: "AuditEntry") -> None:
        """Make the entries durable."""
        self._opened().append(*entries)
        self._has_grown = True

    def check(self) -> None:
        """Look whether the keys of the log are there."""
        from aiops_agent.audit.key_files import look_whole

        directory, names = self._config.state_dir / "keys", key_names(self._config)
        given = self._config.credential is None or (
            self._config.credentials and (self._config.credentials / self._config.credential).exists()
        )
        if not given or not look_whole(directory, names):
            self._opened().check()

    def retire(self, before: datetime, at: datetime) -> int:
        """Remove what is older than that, in whole segments."""
        removed = self._opened().retire(before, at)
        self._has_grown = self._has_grown or removed > 0
        return removed

    def anchor(self) -> "Anchor":
        """Return where the log stands."""
        return self._opened().anchor()

    def close(self) -> None:
        """Sign what was written and let others write."""
        if self._real is None:
            return
        self._real.close()
        if self._has_grown:
            self._has_grown = False
            self._publish(self._real.anchor())


class LateExecutor:
    """The embedded executor, loaded with the first command: it takes none that needs root."""

    privileged = False

    def __init__(self, clock: "Clock", connections: "Mapping[str, Connection]") -> None:
        self._clock = clock
        self._connections = connections

    @cached_property
    def _real(self) -> "Executor":
        from aiops_agent.playbook.executor import EmbeddedExecutor

        return EmbeddedExecutor(self._clock, connections=self._connections)

    def plan(self, command: "Command") -> "Planned | CommandResult":
        """Decide what doing it would decide."""
        return self._real.plan(command)

    def run(self, command: "Command", stopped: "Stopped") -> "CommandResult":
        """Do it and say what came of it."""
        return self._real.run(command, stopped)


class LateRoot:
    """The root executor, spoken to only if its socket is there."""

    def __init__(self, path: Path, clock: "Clock", *, owner: int = 0) -> None:
        """Speak to nobody yet; `owner` is whose it must be."""
        self._path = path
        self._clock = clock
        self._owner = owner

    @cached_property
    def remote(self) -> "Remote":
        """Return what speaks to it."""
        from aiops_agent.playbook.remote import Remote

        return Remote(self._path, owner=self._owner)

    @cached_property
    def _services(self) -> Sequence[str]:
        """Return what it may act on, as of the first question: one tick lasts no longer."""
        if not self._path.exists():
            return ()
        try:
            return self.remote.greet().services
        except ExecutorError:
            return ()

    def takes(self, service: str) -> bool:
        """Tell whether there is one that may act on a service."""
        return service in self._services

    def ask(self, order: "Order") -> "Asked":
        """Have people asked."""
        return self.remote.ask(order)

    def answered(self, identity: str) -> "Answered | None":
        """Return what people said."""
        return self.remote.answered(identity)

    def perform(self, order: "Order", stopped: "Stopped") -> "RunResult":
        """Have an order carried out."""
        return self.remote.perform(order, stopped, self._clock)

    def outcome(self, identity: str, stopped: "Stopped") -> "RunResult | None":
        """Return what came of an order."""
        return self.remote.outcome(identity, stopped, self._clock)


def answer_stamps(config: Config) -> list[str]:
    """Return what changes when a person answers at the root executor: the tick that hears of it is no quiet one."""
    return [stamp(str(config.executor.with_name(ANSWERED)))] if config.executor else []


def remote_of(config: Config) -> "Remote":
    """Return what speaks to the root executor, for a person at a shell.

    Raises:
        UsageError: The configuration says that there is none.
    """
    if config.executor is None:
        raise UsageError(f"{config.path} says `executor: null`", hint="docs/executor.md says how one is set up")
    from aiops_agent.playbook.remote import Remote

    return Remote(config.executor)


class LateComposer:
    """Loads templates with the first report."""

    @cached_property
    def _real(self) -> "Composer":
        from aiops_agent.chat.compose import TemplateComposer

        return TemplateComposer()

    def compose(self, report: "Report", locale: str) -> "Message":
        """Return the report in words."""
        return self._real.compose(report, locale)


class LateChat:
    """Connects with the first message."""

    def __init__(self, name: str, locale: str, connect: "Callable[[], Chat]") -> None:
        self.name = name
        self.locale = locale
        self._connect = connect

    @cached_property
    def _real(self) -> "Chat":
        return self._connect()

    def send(self, message: "Message") -> None:
        """Deliver it."""
        self._real.send(message)


def late_files(config: Config) -> "Chat":
    """Return the folder that every report is written to."""

    def connect() -> "Chat":
        from aiops_agent.chat.report_files import ReportFolder

        return ReportFolder(config.report_dir, config.locale)

    return LateChat("files", config.locale, connect)


def late_chat(settings: ChatSettings) -> "Chat":
    """Return a destination by its `type:` in the configuration."""

    def connect() -> "Chat":
        match settings.type:
            case "slack":
                from aiops_agent.chat.slack import Slack

                return Slack(settings.name, settings.token, settings.target, settings.locale, settings.base_url)
            case "telegram":
                from aiops_agent.chat.telegram import Telegram

                return Telegram(settings.name, settings.token, settings.target, settings.locale, settings.base_url)

    return LateChat(settings.name, settings.locale, connect)
