"""Config -> Agent: the only place that names concrete adapters. What is heavy is built when it is first needed."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from aiops_agent import learnt
from aiops_agent.agent import Agent
from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.local import Local
from aiops_agent.assembly.memory import Memory
from aiops_agent.digest import blake2b
from aiops_agent.errors import AuditError, ExecutorError, Fault, UsageError
from aiops_agent.model.audit import Anchor, AuditEntry
from aiops_agent.model.connection import Connection
from aiops_agent.model.diagnosis import Citation, Diagnosis
from aiops_agent.model.message import Message, Report
from aiops_agent.model.order import ANSWERED, Answered, Asked, Order
from aiops_agent.model.playbook import Command, CommandResult, Planned, Playbook, RunResult
from aiops_agent.model.signature import Floors, Signature, SigningRules
from aiops_agent.model.voice import Expectation
from aiops_agent.noun import dataclass, replace
from aiops_agent.playbook.catalogue import Catalogue
from aiops_agent.ports import Chat, Cipher, Clock, Composer, Executor, Journal, LogSource, Stopped
from aiops_agent.settings import ChatSettings, Config, SourceSettings
from aiops_agent.signing.register import Register
from aiops_agent.sources.file import FileSource
from aiops_agent.sources.quiet import stamp
from aiops_agent.sources.stretch import Stretches
from aiops_agent.state.state import State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.audit.journal import Journal as AuditJournal
    from aiops_agent.audit.keys import Keys
    from aiops_agent.diagnosis.articles import Shelf
    from aiops_agent.diagnosis.classifier import Classifier
    from aiops_agent.diagnosis.diagnose import LocalDiagnostician
    from aiops_agent.diagnosis.encoder import Encoder
    from aiops_agent.playbook.remote import Remote
    from aiops_agent.sources.old import OldLog

PACKAGE = Path(__file__).resolve().parent
OVERRIDES = Path("/etc/aiops-agent")
"""Files here override shipped ones of the same name; an upgrade never touches them."""


STATE_KEY = "state.key"
"""The file of the key that the state is encrypted with, beside the keys of the audit log."""


@dataclass(frozen=True, slots=True)
class World:
    """What the agent takes from its surroundings."""

    clock: Clock
    host: str
    complain: Callable[[str | None], None]
    """Shows what is wrong with the anchors of the audit log, where nothing is stopped for it; None: nothing is."""

    journal: str = "/run/systemd/journal/socket"
    """Where the system's journal takes entries."""


def shipped(name: str) -> Path:
    """Return a shipped file or folder: inside the installed package, or beside it in a checkout."""
    installed = PACKAGE / "shipped" / name
    return installed if installed.exists() else PACKAGE.parent / name


def _layered(name: str, folders: Sequence[Path]) -> list[Path]:
    """Return the folders of a kind, from the shipped one to the last that overrides."""
    local = [OVERRIDES / name] if (OVERRIDES / name).exists() else []
    return [shipped(name), *local, *folders]


def rules_of(config: Config) -> SigningRules:
    """Return whose signatures count: keys are root's, or of whoever owns the configuration that says where they lie."""
    try:
        return replace(config.signing, owners=(0, config.path.stat().st_uid))
    except OSError:  # it was removed since it was read, which stops no daemon: root's keys still count
        return config.signing


def _below(folder: Path) -> Iterator[str]:
    """Yield every file and folder below one. As text: a hundred paths would take a millisecond of every tick."""
    for directory, folders, files in os.walk(folder):
        yield from (f"{directory}/{name}" for name in (*folders, *files))


class Library:
    """The playbooks and articles of a configuration, each kind read when it is first asked for."""

    def __init__(
        self,
        playbook_folders: Sequence[Path] = (),
        article_folders: Sequence[Path] = (),
        rules: SigningRules | None = None,
        floors: Callable[[], Floors] = Floors,
    ) -> None:
        """Read nothing yet.

        Args:
            playbook_folders: Beside the shipped ones.
            article_folders: The same.
            rules: Whose signatures count; None: nothing is signed.
            floors: Return what this host has seen signed.
        """
        self._playbooks = _layered("playbooks", playbook_folders)
        self._articles = _layered("knowledge_base", article_folders)
        self._rules = rules
        self._floors = floors
        # Before the first of them is read: an edit meanwhile must not pass for what was read.
        folders = [*self._playbooks, *self._articles]
        places = [place for folder in folders for place in (str(folder), *sorted(_below(folder)))]
        if rules:
            places += [str(rules.manifest), str(rules.trusted), *sorted(_below(rules.trusted))]
        self.stamps = [stamp(place) for place in places]

    @cached_property
    def playbooks(self) -> Catalogue:
        """Return the shipped playbooks, overridden and joined by those of /etc and of the configuration."""
        from aiops_agent.playbook.load import load_folders

        return load_folders(self._playbooks)

    @cached_property
    def articles(self) -> "Shelf":
        """Return the shipped articles, overridden and joined by those of /etc and of the configuration."""
        from aiops_agent.diagnosis.articles import load_articles

        shelf = load_articles(self._articles)
        altered = [a for a in shelf.articles if not self.register.vouches_for(a.id, a.digest)]
        why = "is not as it was signed, and is not used; put the signed one back, or `playbook sign --all --articles`"
        faults = [Fault(str(article.path), 0, "", why) for article in altered]
        left = tuple(article for article in shelf.articles if article not in altered)
        return replace(shelf, articles=left, faults=(*shelf.faults, *faults)) if altered else shelf

    @cached_property
    def register(self) -> Register:
        """Return what is signed here. Where nothing ever was, nothing that verifies is imported."""
        floors = self._floors()
        if self._rules is None or (not floors.serial and not os.path.lexists(self._rules.manifest)):
            return Register(floors=floors)
        from aiops_agent.signing.verify import verify

        return verify(self._rules, floors)

    def signature(self, playbook: Playbook, now: datetime) -> Signature:
        """Return how a playbook stands to its signature, by the bytes it was read from."""
        return self.register.signature(playbook, now)

    def article(self, identity: str) -> Citation | None:
        """Return an article as a report names it; None when it is gone by now."""
        article = self.articles.get(identity)
        return Citation(article.id, article.title, 1.0, article.playbook, article.title_zh) if article else None

    @property
    def edition(self) -> str:
        """Return a word that is another one after any edit of their files; reads none of them."""
        return f"edition {blake2b(repr(self.stamps).encode(errors='surrogateescape'), digest_size=16).hexdigest()}"

    @property
    def faults(self) -> Sequence[Fault]:
        """Return why files were refused."""
        return [*self.playbooks.faults, *self.articles.faults]


class LibraryToday(Library):
    """The library of a replay: a signature counts as it does today, whatever time the logs are of."""

    def __init__(self, config: Config, today: datetime, *, trusted: bool) -> None:
        """Read nothing yet; `trusted`: every playbook counts as signed."""
        super().__init__(config.playbooks, config.knowledge_base, rules_of(config))
        self._today = today
        self._trusted = trusted

    def signature(self, playbook: Playbook, now: datetime) -> Signature:  # noqa: ARG002 - that of the logs
        """Return how a playbook stands to its signature today."""
        return Signature.SIGNED if self._trusted else super().signature(playbook, self._today)


@contextmanager
def build(config: Config, state: State, world: World, model: "Model | None" = None) -> Iterator[Agent]:
    """Yield the agent that this configuration describes; its audit session ends with the context.

    `model`: one that may be loaded already, for what builds one agent after the other.
    """
    journal = LateJournal(config, partial(published, config, world))
    chats = [late_files(config), *(late_chat(settings) for settings in config.chat)]
    try:
        diagnostician = partial(LateDiagnostician, cache=config.state_dir / "cache", model=model)
        memory = learnt.load(config.state_dir)
        yield _agent(config, state, world, library_of(config, state), journal, chats, diagnostician, memory)
        learnt.save(config.state_dir, memory)
    finally:
        journal.close()


@contextmanager
def rehearsal(config: Config, world: World) -> Iterator[Agent]:
    """Yield an agent that reads what the real one would, remembers it in memory only and tells nobody."""
    with State.copied(config.state_dir, Unsealed(LateCipher(config))) as state:
        library, memory = library_of(config, state), learnt.load(config.state_dir)
        yield _agent(config, state, world, library, Unrecorded(), [], LateDiagnostician, memory)


@contextmanager
def past(config: Config, world: World, journal: Journal, *, today: datetime, trusted: bool) -> Iterator[Agent]:
    """Yield an agent as this configuration describes it that knows of nothing yet, and lives in memory alone.

    Nothing of the real one is read: no state, no key, no record. It tells nobody, and reads no source by itself.

    Args:
        config: Its rules.
        world: Its clock is that of the logs.
        journal: What it records into.
        today: The moment as of which a signature counts.
        trusted: Every playbook counts as signed, and as one that has earned `auto`.
    """
    if trusted:
        config = replace(config, policy=replace(config.policy, limits=replace(config.policy.limits, unlock_after=0)))
    with State.in_memory(Unsealed()) as state:
        library = LibraryToday(config, today, trusted=trusted)
        yield _agent(config, state, world, library, journal, [], LateDiagnostician, Memory())


def library_of(config: Config, state: State) -> Library:
    """Return the library of a configuration, its signatures no older than the state has seen."""
    return Library(config.playbooks, config.knowledge_base, rules_of(config), state.signed.floors)


def old_logs(
    config: Config,
    files: Sequence[str],
    local: Callable[[datetime], datetime],
    *,
    service: str | None,
    since: datetime | None,
) -> "list[OldLog]":
    """Return what some files are generations of, each log read for the service of the source that it is a log of.

    Args:
        config: Whose sources.
        files: Absolute paths.
        local: Makes a time without a zone an aware one.
        service: Of what no source of the configuration names.
        since: What was written before that is left out.
    """
    from aiops_agent.assembly.times import Stamps
    from aiops_agent.sources.container import Unwrapped
    from aiops_agent.sources.old import OldLog, generations
    from aiops_agent.sources.paths import matches, real
    from aiops_agent.sources.rotation import original

    assembly = Assembly(Local(config.faults, config.ignore))
    unwrapped = Unwrapped(assembly)
    logs = []
    for live, paths in generations(files):
        names = {live, *paths, *map(original, map(real, paths))}
        source = next((source for source in config.sources if any(matches(n, source.paths) for n in names)), None)
        logs.append(
            OldLog(
                paths,
                source.service if source else service,
                unwrapped if source and source.type == "container" else assembly,
                lambda changed, is_ahead: Stamps(changed, local, is_ahead=is_ahead),
                since=since,
            )
        )
    return logs


def _agent(  # noqa: PLR0913, PLR0917 - what differs between an agent and its rehearsal
    config: Config,
    state: State,
    world: World,
    library: Library,
    journal: Journal,
    chats: Sequence[Chat],
    diagnostician: Callable[[Library], "LateDiagnostician"],
    memory: Memory,
) -> Agent:
    assembly = Assembly(Local(config.faults, config.ignore), memory)
    now = world.clock.now().timestamp()
    parameters: dict[str, dict[str, str | int | float | bool]] = {}
    roots: dict[str, tuple[str, ...]] = {}
    for source in config.sources:
        for service in source.services:
            parameters.setdefault(service, {}).update(source.parameters)
            roots[service] = (*roots.get(service, ()), *source.roots)
    return Agent(
        host=world.host,
        sources={
            source.key: _source(source, config, assembly, now, seen_before=source.key in state.seen)
            for source in config.sources
        },
        parameters=parameters,
        roots=roots,
        state=state,
        diagnostician=diagnostician(library),
        library=library,
        policy=config.policy,
        executor=LateExecutor(world.clock, config.connections),
        root=LateRoot(config.executor, world.clock) if config.executor else None,
        journal=journal,
        composer=LateComposer(),
        chats=chats,
        clock=world.clock,
        token=_token,
        keep=config.keep,
        expected={source.key: _expectation(source) for source in config.sources if source.silence},
    )


def _source(
    settings: SourceSettings, config: Config, assembly: Assembly, now: float, *, seen_before: bool
) -> LogSource:
    """Return a source by its `type:` in the configuration."""
    if settings.type == "journald":
        from aiops_agent.sources.journald import JournaldSource

        return JournaldSource(
            settings.key, settings.units, service=settings.service, start=settings.start, assembly=assembly
        )
    unwrapped: Stretches = assembly
    if settings.type == "container":
        from aiops_agent.sources.container import Unwrapped

        unwrapped = Unwrapped(assembly)
    return FileSource(
        settings.paths,
        service=settings.service,
        start=settings.start,
        seen_before=seen_before,
        assembly=unwrapped,
        now=now,
        own=(str(config.state_dir), str(config.report_dir)),
    )


def _expectation(source: SourceSettings) -> Expectation:
    within = source.silence if isinstance(source.silence, timedelta) else None
    return Expectation(source.name, source.paths, within)


def _token() -> str:
    import secrets

    return secrets.token_hex(5)


class Unrecorded:
    """The journal of a rehearsal: nothing is done, so nothing is recorded."""

    def append(self, *entries: AuditEntry) -> None:
        """Forget them."""

    def check(self) -> None:
        """Be content."""

    def retire(self, before: datetime, at: datetime) -> int:  # noqa: ARG002 - there is nothing to remove
        """Remove nothing."""
        return 0

    def anchor(self) -> Anchor:
        """Return the anchor of an empty log."""
        return Anchor(0, "")


class Unsealed:
    """The cipher of a rehearsal, whose state is in memory: makes no key, opens what the real one has sealed."""

    _MARK = b"\0"

    def __init__(self, real: Cipher | None = None) -> None:
        """`real`: what sealed the state this is a copy of; None: it begins with nothing."""
        self._real = real

    def exists(self) -> bool:
        """Tell whether the real one has a key; nothing else needs one."""
        return self._real is None or self._real.exists()

    def create(self) -> None:
        """Need none."""

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return it marked; the context goes with it as into a real seal."""
        return b"".join((self._MARK, len(context).to_bytes(4), context, plain))

    def open(self, sealed: bytes, context: bytes) -> bytes | None:
        """Return what was sealed in this context, here or by the real one."""
        if not sealed.startswith(self._MARK):
            return self._real.open(sealed, context) if self._real else None
        head = self.seal(b"", context)
        return sealed[len(head) :] if sealed.startswith(head) else None


class LateCipher:
    """The cipher of the state, loaded with the first thing to encrypt or open: most ticks do neither."""

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _real(self) -> Cipher:
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


def published(config: Config, world: World, anchor: Anchor) -> None:
    """Leave an anchor outside of the audit log; a place that does not take it stops nothing, and is complained of."""
    from aiops_agent.audit.publish import keep, log_named, tell_journal

    log = log_named(config.state_dir / "audit") or ""
    if config.anchor_journal:
        tell_journal(world.journal, anchor, log)
    if config.anchor_file:
        try:
            keep(config.anchor_file, anchor, log, world.clock.now())
        except AuditError as error:
            world.complain(f"{error.message}; {error.hint}")
        else:
            world.complain(None)


def keys_of(config: Config) -> "Keys":
    """Return the keys of the audit log, as the configuration says where they are. Reads none yet."""
    directory = config.state_dir / "keys"
    if config.credential is None:
        from aiops_agent.audit.keys import FileKeys

        return FileKeys(directory, config.auditor_key)
    from aiops_agent.audit.credential import CredentialKeys

    return CredentialKeys(directory, config.credentials, config.credential, config.auditor_key)


def key_stamps(config: Config) -> list[str]:
    """Return what changes when a key of the audit log is lost or replaced: a tick that looks is then no quiet one."""
    names = (*key_names(config), STATE_KEY)
    return [stamp(f"{config.state_dir}/keys/{name}") for name in names if name != "signing.key"]


def answer_stamps(config: Config) -> list[str]:
    """Return what changes when a person answers at the root executor: the tick that hears of it is no quiet one."""
    return [stamp(str(config.executor.with_name(ANSWERED)))] if config.executor else []


def key_names(config: Config) -> Sequence[str]:
    """Return which files of keys no log can do without. The signing key is another one after each session."""
    return ("genesis.pub", "signing.key") if config.credential else ("genesis.pub", "signing.key", "wrapping.key")


class LateJournal:
    """The audit log of a state_dir, loaded with the first entry or question.

    `publish` is told where the log stands when it is closed and has grown.
    """

    def __init__(self, config: Config, publish: Callable[[Anchor], None]) -> None:
        self._config = config
        self._publish = publish
        self._has_grown = False
        self._real: AuditJournal | None = None

    def _opened(self) -> "AuditJournal":
        if self._real is None:
            from aiops_agent.audit.journal import Journal

            self._real = Journal(self._config.state_dir / "audit", keys_of(self._config))
        return self._real

    def append(self, *entries: AuditEntry) -> None:
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

    def anchor(self) -> Anchor:
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


class Model:
    """The shipped model and the index of the articles, loaded with the first question and kept until released.

    For what builds one agent after the other: it holds about 130 MB, and loading it takes most of a second.
    """

    def __init__(self) -> None:
        self.questions = 0
        """How many agents have asked for it."""

        self._weights: tuple[Encoder, Classifier] | None = None
        self._real: LocalDiagnostician | None = None
        self._edition = ""

    def diagnostician(self, library: Library, cache: Path | None) -> "LocalDiagnostician":
        """Return the diagnostician with the articles of the library as they are now."""
        from aiops_agent.diagnosis.artefact import MODELS
        from aiops_agent.diagnosis.diagnose import LocalDiagnostician, load_classifier
        from aiops_agent.diagnosis.encoder import load_encoder
        from aiops_agent.diagnosis.vectors import SHIPPED

        self.questions += 1
        if self._weights is None:
            encoder = load_encoder(MODELS)
            self._weights = encoder, load_classifier(encoder)
        if self._real is None or self._edition != library.edition:
            encoder, classifier = self._weights
            vectors = shipped("knowledge_base") / SHIPPED
            self._real = LocalDiagnostician(classifier, encoder, library.articles, cache, shipped=vectors)
            self._edition = library.edition
        return self._real

    def index(self, library: Library, out: Path) -> int:
        """Write the vectors of all articles of the library to a file; return how many.

        Raises:
            OSError: It cannot be written.
        """
        from aiops_agent.diagnosis.artefact import MODELS
        from aiops_agent.diagnosis.encoder import load_encoder
        from aiops_agent.diagnosis.index import pieces_of
        from aiops_agent.diagnosis.vectors import write

        pieces = [piece for article in library.articles.articles for piece in pieces_of(article)]
        return write(out, pieces, load_encoder(MODELS))

    def release(self) -> bool:
        """Forget it; False when it was not loaded."""
        was_loaded = self._weights is not None
        self._weights = self._real = None
        return was_loaded


class LateDiagnostician:
    """Loads model and index with the first question: a tick without a new fault does not pay for them."""

    def __init__(self, library: Library, cache: Path | None = None, model: Model | None = None) -> None:
        """Load nothing yet.

        Args:
            library: Where the articles are.
            cache: A folder where vectors of articles are kept between runs.
            model: One that may be loaded already.
        """
        self._library = library
        self._cache = cache
        self._model = model or Model()

    @cached_property
    def _real(self) -> "LocalDiagnostician":
        return self._model.diagnostician(self._library, self._cache)

    def diagnose(self, texts: Sequence[str], services: Sequence[str | None]) -> list[Diagnosis]:
        """Return one diagnosis for each text, in order."""
        return self._real.diagnose(texts, services)

    def search(self, text: str) -> Sequence[Citation]:
        """Return the articles that fit a person's words, best first."""
        return self._real.search(text)


class LateExecutor:
    """The embedded executor, loaded with the first command: it takes none that needs root."""

    privileged = False

    def __init__(self, clock: Clock, connections: Mapping[str, Connection]) -> None:
        self._clock = clock
        self._connections = connections

    @cached_property
    def _real(self) -> Executor:
        from aiops_agent.playbook.executor import EmbeddedExecutor

        return EmbeddedExecutor(self._clock, connections=self._connections)

    def plan(self, command: Command) -> Planned | CommandResult:
        """Decide what doing it would decide."""
        return self._real.plan(command)

    def run(self, command: Command, stopped: Stopped) -> CommandResult:
        """Do it and say what came of it."""
        return self._real.run(command, stopped)


class LateRoot:
    """The root executor, spoken to only if its socket is there."""

    def __init__(self, path: Path, clock: Clock, *, owner: int = 0) -> None:
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

    def ask(self, order: Order) -> Asked:
        """Have people asked."""
        return self.remote.ask(order)

    def answered(self, identity: str) -> Answered | None:
        """Return what people said."""
        return self.remote.answered(identity)

    def perform(self, order: Order, stopped: Stopped) -> RunResult:
        """Have an order carried out."""
        return self.remote.perform(order, stopped, self._clock)

    def outcome(self, identity: str, stopped: Stopped) -> RunResult | None:
        """Return what came of an order."""
        return self.remote.outcome(identity, stopped, self._clock)


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
