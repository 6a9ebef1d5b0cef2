"""Playbook + the source's configuration -> commands, every argument filled in and checked. Never from the record."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from aiops_agent.model.playbook import Command, Playbook, Scalar, Template
from aiops_agent.noun import dataclass
from aiops_agent.playbook import vocabulary


@dataclass(frozen=True, slots=True)
class Bound:
    """A playbook aimed at one service."""

    playbook: Playbook
    service: str
    evidence: tuple[Command, ...]
    steps: tuple[Command, ...]
    verify: tuple[Command, ...]
    undo: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Unbound:
    """Why a playbook cannot be aimed at a service."""

    playbook: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.playbook} cannot be used here: {'; '.join(self.reasons)}"


def bind(playbook: Playbook, service: str, parameters: Mapping[str, Scalar]) -> Bound | Unbound:
    """Return the playbook aimed at a service, or what keeps it from being.

    Args:
        playbook: What to aim.
        service: The unit that the configuration of the source names.
        parameters: What that configuration offers beside it.
    """
    if not service or not any(fnmatchcase(service, pattern) for pattern in playbook.services):
        why = f"it is for {', '.join(playbook.services)}, not for {service or 'a source without a service'}"
        return Unbound(playbook.name, (why,))
    values = {name: _value(origin, service, parameters) for name, origin in playbook.params.items()}
    missing = [
        f"the source's configuration has no {origin.removeprefix('source.')}"
        for name, origin in playbook.params.items()
        if values[name] is None
    ]
    if missing:
        return Unbound(playbook.name, tuple(missing))
    present = {name: value for name, value in values.items() if value is not None}
    wrong: list[str] = []
    parts = [
        tuple(_command(template, playbook.params, present, wrong) for template in templates)
        for templates in (playbook.evidence, playbook.steps, playbook.verify, playbook.undo)
    ]
    if wrong:
        return Unbound(playbook.name, tuple(dict.fromkeys(wrong)))
    return Bound(playbook, service, *parts)


def _value(origin: str, service: str, parameters: Mapping[str, Scalar]) -> Scalar | None:
    return service if origin == "source.service" else parameters.get(origin.removeprefix("source.parameters."))


def _command(template: Template, params: Mapping[str, str], values: Mapping[str, Scalar], wrong: list[str]) -> Command:
    kinds = vocabulary.VERBS[template.verb].arguments
    arguments = dict(template.arguments)
    for name, written in template.arguments.items():
        if isinstance(written, str) and written.startswith("$"):
            try:
                arguments[name] = kinds[name].parse(values[written[1:]])
            except ValueError as error:
                wrong.append(f"{params[written[1:]].removeprefix('source.')}: {error}")
    return vocabulary.command(template.verb, arguments)
