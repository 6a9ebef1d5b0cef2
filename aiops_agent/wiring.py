"""Config -> Agent: the only place that names concrete adapters. What is heavy is built when it is first needed."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from aiops_agent.agent import Agent
from aiops_agent.audit.journal import Journal as AuditJournal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.config import ChatSettings, Config
from aiops_agent.diagnosis.articles import Library, load_articles
from aiops_agent.model.audit import Anchor, AuditEntry
from aiops_agent.model.diagnosis import Diagnosis
from aiops_agent.model.message import Message, Report
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.load import Catalogue, load_folders
from aiops_agent.ports import Chat, Clock, Composer, Diagnostician, Journal
from aiops_agent.sources.file import FileSource
from aiops_agent.state.state import State

PACKAGE = Path(__file__).resolve().parent
OVERRIDES = Path("/etc/aiops-agent")
"""Files here override shipped ones of the same name; an upgrade never touches them."""


@dataclass(frozen=True, slots=True)
class World:
    """What the agent takes from its surroundings."""

    clock: Clock
    host: str


def shipped(name: str) -> Path:
    """Return a shipped file or folder: inside the installed package, or beside it in a checkout."""
    installed = PACKAGE / "shipped" / name
    return installed if installed.exists() else PACKAGE.parent / name


def playbooks(folders: Sequence[Path] = ()) -> Catalogue:
    """Return the shipped playbooks, overridden and joined by those of /etc and of `folders`."""
    return load_folders([shipped("playbooks"), OVERRIDES / "playbooks", *folders])


def articles(folders: Sequence[Path] = ()) -> Library:
    """Return the shipped articles, overridden and joined by those of /etc and of `folders`."""
    return load_articles([shipped("knowledge_base"), OVERRIDES / "knowledge_base", *folders])


def diagnostician(library: Library, cache: Path | None = None) -> Diagnostician:
    """Return what says what a record means; the model is loaded by its first question.

    `cache`: a folder where vectors of articles are kept between runs.
    """
    return LateDiagnostician(library, cache)


@contextmanager
def build(config: Config, state: State, world: World) -> Iterator[Agent]:
    """Yield the agent that this configuration describes; its audit session ends with the context."""
    journal = AuditJournal(config.state_dir / "audit", FileKeys(config.state_dir / "keys"))
    chats = [late_files(config), *(late_chat(settings) for settings in config.chat)]
    try:
        yield _agent(config, state, world, journal, chats)
    finally:
        journal.close()


@contextmanager
def rehearsal(config: Config, world: World) -> Iterator[Agent]:
    """Yield an agent that reads what the real one would, remembers it in memory only and tells nobody."""
    with State.copied(config.state_dir) as state:
        yield _agent(config, state, world, Unrecorded(), [])


def _agent(config: Config, state: State, world: World, journal: Journal, chats: Sequence[Chat]) -> Agent:
    catalogue = playbooks(config.playbooks)
    library = articles(config.knowledge_base)
    parameters: dict[str, dict[str, str | int | float | bool]] = {}
    for source in config.sources:
        if source.service:
            parameters.setdefault(source.service, {}).update(source.parameters)
    return Agent(
        host=world.host,
        sources=[
            FileSource(source.paths, source.service, source.start, state.checkpoints.knows_source)
            for source in config.sources
        ],
        parameters=parameters,
        state=state,
        diagnostician=diagnostician(library, config.state_dir / "cache"),
        playbooks=catalogue,
        article=library.citation,
        faults=[*catalogue.faults, *library.faults],
        policy=config.policy,
        executor=EmbeddedExecutor(),
        journal=journal,
        composer=LateComposer(),
        chats=chats,
        clock=world.clock,
        token=lambda: secrets.token_hex(5),
    )


class Unrecorded:
    """The journal of a rehearsal: nothing is done, so nothing is recorded."""

    def append(self, entry: AuditEntry) -> None:
        """Forget it."""

    def anchor(self) -> Anchor:
        """Return the anchor of an empty log."""
        return Anchor(0, "")


class LateDiagnostician:
    """Loads model and index with the first question: a tick without a new fault does not pay for them."""

    def __init__(self, library: Library, cache: Path | None) -> None:
        self._library = library
        self._cache = cache

    @cached_property
    def _real(self) -> Diagnostician:
        from aiops_agent.diagnosis.diagnose import Diagnostics

        return Diagnostics.load(self._library, self._cache)

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> list[Diagnosis]:
        """Return one diagnosis for each text, in order."""
        return self._real.diagnose(texts, services)


class LateComposer:
    """Loads templates with the first report."""

    @cached_property
    def _real(self) -> Composer:
        from aiops_agent.chat.compose import TemplateComposer

        return TemplateComposer()

    def compose(self, report: Report, locale: str) -> Message:
        """Return the report in words."""
        return self._real.compose(report, locale)


class LateChat:
    """Connects with the first message."""

    def __init__(self, name: str, locale: str, connect: Callable[[], Chat]) -> None:
        self.name = name
        self.locale = locale
        self._connect = connect

    @cached_property
    def _real(self) -> Chat:
        return self._connect()

    def send(self, message: Message) -> None:
        """Deliver it."""
        self._real.send(message)


def late_files(config: Config) -> Chat:
    """Return the folder that every report is written to."""

    def connect() -> Chat:
        from aiops_agent.chat.report_files import ReportFolder

        return ReportFolder(config.report_dir, config.locale)

    return LateChat("files", config.locale, connect)


def late_chat(settings: ChatSettings) -> Chat:
    """Return a destination by its `type:` in the configuration."""

    def connect() -> Chat:
        match settings.type:
            case "slack":
                from aiops_agent.chat.slack import Slack

                return Slack(settings.name, settings.token, settings.target, settings.locale, settings.base_url)
            case "telegram":
                from aiops_agent.chat.telegram import Telegram

                return Telegram(settings.name, settings.token, settings.target, settings.locale, settings.base_url)

    return LateChat(settings.name, settings.locale, connect)
