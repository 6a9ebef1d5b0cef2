"""Playbook + the source's configuration + the live host -> commands, every argument checked. Never from the record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from aiops_agent.model.playbook import Command, Param, Playbook, Scalar, Template
from aiops_agent.noun import dataclass, field
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.agreement import is_below
from aiops_agent.playbook.kinds import UNIT, interval
from aiops_agent.playbook.params import kind_of, selected_by
from aiops_agent.playbook.verb import root_of

HAND = timedelta(minutes=15)
"""How long after a person's hand on a unit nothing is done about it."""

Look = Callable[[str, Mapping[str, Scalar]], Sequence[Scalar]]
"""Returns everything on the host that the arguments of a selector fit: of `unit`, `mount`, `port` or `process`.

Raises OSError or ValueError when the host cannot be looked at."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A playbook aimed at one service."""

    playbook: Playbook
    service: str
    evidence: tuple[Command, ...]
    """Also what nobody wrote and every run needs: that nobody else is at work, that the start-up is over."""

    steps: tuple[Command, ...]
    verify: tuple[Command, ...]
    undo: tuple[Command, ...]

    @property
    def own_evidence(self) -> tuple[Command, ...]:
        """Return what of it speaks of the fault, and not of the moment."""
        return tuple(probe for probe in self.evidence if vocabulary.VERBS[probe.verb].written)

    @property
    def units(self) -> tuple[str, ...]:
        """Return the units that it looks at or acts on, each once; its service first."""
        commands = (*self.evidence, *self.steps, *self.verify, *self.undo)
        named = (
            str(value)
            for command in commands
            for name, value in command.arguments.items()
            if vocabulary.VERBS[command.verb].arguments.get(name) is UNIT
        )
        return tuple(dict.fromkeys((self.service, *named)))


@dataclass(frozen=True, slots=True)
class Unbound:
    """Why a playbook cannot be aimed at a service."""

    playbook: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.playbook} cannot be used here: {'; '.join(self.reasons)}"


def bind(
    playbook: Playbook,
    service: str,
    parameters: Mapping[str, Scalar],
    *,
    roots: Sequence[str] = (),
    look: Look | None = None,
    ours: Iterable[tuple[datetime, datetime]] = (),
) -> Bound | Unbound:
    """Return the playbook aimed at a service, or what keeps it from being.

    Args:
        playbook: What to aim.
        service: The unit that the configuration of the source names.
        parameters: What that configuration offers beside it.
        roots: Below which folders that configuration lets files be changed; none: it does not say.
        look: The live inventory; None: that of this host.
        ours: When a hand on the unit was nobody else's.
    """
    aim = _Aim(playbook, service, parameters, roots)
    aim.take_configured()
    if not aim.wrong:
        aim.take_live(look or _host)
    parts = [] if aim.wrong else [tuple(map(aim.command, templates)) for templates in _parts(playbook)]
    if aim.wrong:
        return Unbound(playbook.name, tuple(dict.fromkeys(aim.wrong)))
    evidence, steps, verify, undo = parts
    # What listens to the log comes first: it begins with the first look after the last step, however that ends.
    listening = sorted(verify, key=lambda probe: probe.verb != "log_quiet")
    unwritten = (*at_work(playbook, service, ours), *_grace(playbook, service))
    return Bound(playbook, service, (*unwritten, *evidence), steps, tuple(listening), undo)


def fits(
    playbook: Playbook, service: str, parameters: Mapping[str, Scalar], *, roots: Sequence[str] = ()
) -> Unbound | None:
    """Return what its configuration lacks for a playbook to be aimed at a service; does not look at the host."""
    aim = _Aim(playbook, service, parameters, roots)
    aim.take_configured()
    if not aim.wrong:
        for template in (template for templates in _parts(playbook) for template in templates):
            aim.command(template)
    return Unbound(playbook.name, tuple(dict.fromkeys(aim.wrong))) if aim.wrong else None


def _parts(playbook: Playbook) -> tuple[tuple[Template, ...], ...]:
    return playbook.evidence, playbook.steps, playbook.verify, playbook.undo


def _host(name: str, arguments: Mapping[str, Scalar]) -> Sequence[Scalar]:
    from aiops_agent.playbook.inventory import look  # brings psutil: only for a playbook that asks for it

    return look(name, arguments)


def at_work(playbook: Playbook, service: str, ours: Iterable[tuple[datetime, datetime]] = ()) -> Iterator[Command]:
    """Yield the probes that say whether somebody is at work whom a run would disturb; none: nobody is waited for."""
    if playbook.busy is not None:
        listed = {"processes": playbook.busy.processes, "locks": playbook.busy.locks}
        yield vocabulary.command("not_busy", _numbered(listed))
        times = [interval(began, ended) for began, ended in ours]
        lately: dict[str, Scalar] = {"unit": service, "for": HAND.total_seconds()}
        yield vocabulary.command("untouched", {**lately, **_numbered({"ours": times})})


def _numbered(listed: Mapping[str, Sequence[str]]) -> dict[str, Scalar]:
    return {f"{key}.{n}": value for key, values in listed.items() for n, value in enumerate(values)}


def _grace(playbook: Playbook, service: str) -> Iterator[Command]:
    if playbook.grace > timedelta(0):
        yield vocabulary.command("past_grace", {"unit": service, "for": playbook.grace.total_seconds()})


@dataclass(slots=True)
class _Aim:
    playbook: Playbook
    service: str
    parameters: Mapping[str, Scalar]
    roots: Sequence[str]
    values: dict[str, Scalar] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def take_configured(self) -> None:
        """Fill in what the configuration of the source says."""
        playbook = self.playbook
        if not self.service or not any(fnmatchcase(self.service, pattern) for pattern in playbook.services):
            whom = self.service or "a source without a service"
            self.wrong.append(f"it is for {', '.join(playbook.services)}, not for {whom}")
            return
        for name, param in playbook.params.items():
            if not param.is_live:
                self._take(name, param, self._configured(param.origin))
        for name, param in playbook.params.items():
            if param.is_live:
                self._selected(name, param)

    def take_live(self, look: Look) -> None:
        """Fill in what the host shows now: exactly one thing for each parameter, or it is an error."""
        for name, param in self.playbook.params.items():
            if not param.is_live:
                continue
            try:
                found = look(param.origin.removeprefix("inventory."), self._selected(name, param))
            except (OSError, ValueError) as error:
                self.wrong.append(f"{param.origin}: {error}")
                continue
            if len(found) != 1:
                shown = f": {', '.join(map(str, found[:3]))}, ..." if found else ""
                self.wrong.append(f"{param.origin} for ${name} finds {len(found) or 'nothing'} instead of one{shown}")
            else:
                self._take(name, param, found[0])

    def _configured(self, origin: str) -> Scalar | None:
        return self.service if origin == "source.service" else self.parameters.get(origin.split(".", 2)[2])

    def _selected(self, name: str, param: Param) -> dict[str, Scalar]:
        try:
            return selected_by(param, self.values) if not self.wrong else {}
        except ValueError as error:
            self.wrong.append(f"{param.origin} for ${name}: {error}")
            return {}

    def _take(self, name: str, param: Param, value: Scalar | None) -> None:
        if value is None:
            self.wrong.append(f"the source's configuration has no {param.origin.removeprefix('source.')}")
            return
        kind = kind_of(param)
        try:
            if kind:
                kind.parse(value)
        except ValueError as error:
            self.wrong.append(f"{param.origin.removeprefix('source.')}: {error}")
        self.values[name] = value

    def command(self, template: Template) -> Command:
        """Return what a template comes to; what is wrong with it is noted."""
        word = vocabulary.VERBS[template.verb]
        arguments = dict(template.arguments)
        for name, written in template.arguments.items():
            if isinstance(written, str) and written.startswith("$") and written[1:] in self.values:
                try:
                    arguments[name] = word.kind(name).parse(self.values[written[1:]])
                except ValueError as error:
                    origin = self.playbook.params[written[1:]].origin
                    self.wrong.append(f"{origin.removeprefix('source.')}: {error}")
        for name, is_folder in word.rooted.items():
            path = str(arguments[name])
            if not path.startswith("$"):  # else it is not known yet
                arguments[root_of(name)] = self._root(template, name, path, is_folder=is_folder)
        probe = self.command(template.probe) if template.probe else None
        return vocabulary.command(
            template.verb, arguments, timeout=template.timeout, privileged=template.privileged, probe=probe
        )

    def _root(self, template: Template, name: str, path: str, *, is_folder: bool) -> str:
        """Return the folder below which a change of `path` stays.

        Where both the playbook and the source's configuration declare roots, both must have it. Where neither does, a
        path that the configuration of the source names declares its own folder, and no other path declares any.
        """
        declared = [roots for roots in (self.playbook.roots, tuple(self.roots)) if roots]
        around = [max((root for root in roots if is_below(path, root)), key=len, default="") for roots in declared]
        if declared and all(around) and (is_folder or path not in around):
            return max(around, key=len)
        if not declared and self._is_configured(template.arguments[name]):
            return path if is_folder else path.rpartition("/")[0] or "/"
        self.wrong.append(f"{path} lies below none of the declared roots ({', '.join(sum(declared, ())) or 'none'})")
        return ""

    def _is_configured(self, written: Scalar) -> bool:
        name = str(written)
        return name.startswith("$") and self.playbook.params[name[1:]].origin.startswith("source.")
