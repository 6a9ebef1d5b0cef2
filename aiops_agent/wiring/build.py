"""Config -> Agent: with `late`, the only place of the agent that names concrete adapters."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

from aiops_agent import learnt
from aiops_agent.agent import Agent
from aiops_agent.assembly.assemble import Assembly
from aiops_agent.assembly.local import Local
from aiops_agent.assembly.memory import Memory
from aiops_agent.errors import AuditError
from aiops_agent.noun import dataclass, replace
from aiops_agent.settings import Config, SourceSettings
from aiops_agent.sources.file import FileSource
from aiops_agent.sources.stretch import Stretches
from aiops_agent.state.state import State
from aiops_agent.wiring.diagnostician import LateDiagnostician, Model
from aiops_agent.wiring.late import (
    LateCipher,
    LateComposer,
    LateExecutor,
    LateJournal,
    LateRoot,
    late_chat,
    late_files,
)
from aiops_agent.wiring.library import Library, LibraryToday, library_of
from aiops_agent.wiring.stated import Stated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aiops_agent.model.audit import Anchor
    from aiops_agent.model.voice import Expectation
    from aiops_agent.ports import Chat, Clock, Journal, LogSource
    from aiops_agent.sources.old import OldLog


@dataclass(frozen=True, slots=True)
class World:
    """What the agent takes from its surroundings."""

    clock: "Clock"
    host: str
    complain: Callable[[str | None], None]
    """Shows what is wrong with the anchors of the audit log, where nothing is stopped for it; None: nothing is."""

    journal: str = "/run/systemd/journal/socket"
    """Where the system's journal takes entries."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What differs between an agent, its rehearsal and one in the past."""

    library: Library
    journal: "Journal"
    diagnostician: LateDiagnostician
    memory: Memory
    chats: "Sequence[Chat]" = ()


@contextmanager
def build(config: Config, state: State, world: World, model: "Model | None" = None) -> Iterator[Agent]:
    """Yield the agent that this configuration describes; its audit session ends with the context.

    `model`: one that may be loaded already, for what builds one agent after the other.
    """
    journal = LateJournal(config, partial(published, config, world))
    chats = [late_files(config), *(late_chat(settings) for settings in config.chat)]
    try:
        library, memory = library_of(config, state), learnt.load(config.state_dir)
        diagnostician = LateDiagnostician(library, config.state_dir / "cache", model, lambda: state.exemplars)
        yield _agent(config, state, world, _Parts(library, journal, diagnostician, memory, chats))
        learnt.save(config.state_dir, memory)
    finally:
        journal.close()


@contextmanager
def rehearsal(config: Config, world: World) -> Iterator[Agent]:
    """Yield an agent that reads what the real one would, remembers it in memory only and tells nobody."""
    from aiops_agent.wiring.rehearsing import Unrecorded, Unsealed

    with State.copied(config.state_dir, Unsealed(LateCipher(config))) as state:
        library, memory = library_of(config, state), learnt.load(config.state_dir)
        diagnostician = LateDiagnostician(library, exemplars=lambda: state.exemplars)
        yield _agent(config, state, world, _Parts(library, Unrecorded(), diagnostician, memory))


@contextmanager
def past(config: Config, world: World, journal: "Journal", *, today: datetime, trusted: bool) -> Iterator[Agent]:
    """Yield an agent as this configuration describes it that knows of nothing yet, and lives in memory alone.

    Nothing of the real one is read: no state, no key, no record. It tells nobody, and reads no source by itself.

    Args:
        config: Its rules.
        world: Its clock is that of the logs.
        journal: What it records into.
        today: The moment as of which a signature counts.
        trusted: Every playbook counts as signed, and as one that has earned `auto`.
    """
    from aiops_agent.wiring.rehearsing import Unsealed

    if trusted:
        config = replace(config, policy=replace(config.policy, limits=replace(config.policy.limits, unlock_after=0)))
    with State.in_memory(Unsealed()) as state:
        library = LibraryToday(config, today, trusted=trusted)
        yield _agent(config, state, world, _Parts(library, journal, LateDiagnostician(library), Memory()))


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


def _agent(config: Config, state: State, world: World, parts: _Parts) -> Agent:
    local = Local(config.faults, config.ignore)
    assembly = Assembly(local, parts.memory)
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
        diagnostician=Stated(parts.diagnostician, local),
        library=parts.library,
        policy=config.policy,
        executor=LateExecutor(world.clock, config.connections),
        root=LateRoot(config.executor, world.clock) if config.executor else None,
        journal=parts.journal,
        composer=LateComposer(),
        chats=parts.chats,
        clock=world.clock,
        token=_token,
        keep=config.keep,
        expected={source.key: _expectation(source) for source in config.sources if source.silence},
    )


def _source(
    settings: SourceSettings, config: Config, assembly: Assembly, now: float, *, seen_before: bool
) -> "LogSource":
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


def _expectation(source: SourceSettings) -> "Expectation":
    from aiops_agent.model.voice import Expectation  # of most sources nobody expects to hear

    within = source.silence if isinstance(source.silence, timedelta) else None
    return Expectation(source.name, source.paths, within)


def _token() -> str:
    import secrets

    return secrets.token_hex(5)


def published(config: Config, world: World, anchor: "Anchor") -> None:
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
