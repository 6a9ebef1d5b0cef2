"""What is right by itself in a playbook and wrong together with the rest: its parameters, risk, roots, deadlines."""

from collections.abc import Iterator, Mapping

from aiops_agent.model.playbook import Playbook, Template
from aiops_agent.model.risk import Risk
from aiops_agent.playbook import params, vocabulary
from aiops_agent.playbook.document import Document, Place
from aiops_agent.playbook.templates import at, references


def conflicts(playbook: Playbook) -> Iterator[tuple[Place, str]]:
    """Yield what its parts say against each other, and what would be right."""
    steps = (*playbook.steps, *playbook.undo)
    if not playbook.evidence and any(step.privileged for step in steps):
        yield ("evidence",), "is missing: nothing is done as root on the word of a log alone; probe it first"
    if not playbook.evidence and playbook.throttle.error_without_recovery:
        yield ("evidence",), "is missing: it tells whether the fault has recovered (throttle.error_without_recovery)"
    if playbook.risk >= Risk.HIGH and not playbook.undo:
        yield ("undo",), "is missing; from risk high on, say what takes the steps back"
    if playbook.risk < Risk.HIGH:
        for verb in sorted({step.verb for step in steps if step.needs_signature}):
            yield ("risk",), f"must be high or critical: {verb} is a command line, which no schema can judge"
    for name, param in playbook.params.items():
        yield from ((("params", name, *([key] if key else [])), why) for key, why in params.faults_of(param))


def misplaced(playbook: Playbook) -> Iterator[tuple[Place, str]]:
    """Yield each step and probe that cannot be where it stands; for a playbook whose every step and probe was read."""
    for position, probe in enumerate(playbook.verify):
        if probe.verb == "log_quiet" and float(probe.arguments["for"]) > playbook.verify_within.total_seconds():
            yield ("verify", "probes", position, "log_quiet", "for"), "is longer than verify.within, and could not hold"
    for key, steps in (("steps", playbook.steps), ("undo", playbook.undo)):
        for position, step in enumerate(steps):
            for name, path in _outside(step, playbook.roots):
                why = f"{path} lies below none of the declared roots; say under `roots` which folders it may be in"
                yield (key, position, step.verb, name), why


def _outside(step: Template, roots: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in vocabulary.VERBS[step.verb].rooted:
        path = str(step.arguments[name])
        if not path.startswith("$") and not any(is_below(path, root) for root in roots):
            yield name, path


def is_below(path: str, root: str) -> bool:
    """Tell whether a path is a folder or lies below it."""
    return path == root or path.startswith(f"{root}/")


def check_params(document: Document, found: list[Template]) -> None:
    """Note each parameter that is used and not declared, declared and not used, or chosen by what is chosen itself."""
    declared = at(document.data, ("params",))
    known = declared if isinstance(declared, dict) else {}
    choosing = {name: _chosen_by(param) for name, param in known.items()}
    used = {name for template in found for name in references(template)} | set().union(*choosing.values())
    for name in sorted(used - set(known)):
        place = next(p for p, value in _scalars(document.data) if value == f"${name}")
        document.fault(place, f"${name} is not declared; declared: {vocabulary.known(known) or 'none'}")
    for name in sorted(set(known) - used):
        document.fault(("params", name), "is declared and never used; use it or take it out")
    live = {name for name, param in known.items() if _is_live(param)}
    for name, others in choosing.items():
        for other in sorted(others & live):
            document.fault(("params", name), f"${other} comes from the inventory itself; choose by one from the source")


def _chosen_by(param: object) -> set[str]:
    values = (value for key, value in param.items() if key in params.ARGUMENTS) if isinstance(param, Mapping) else ()
    return {value[1:] for value in values if isinstance(value, str) and value.startswith("$")}


def _is_live(param: object) -> bool:
    return isinstance(param, Mapping) and str(param.get("from")).startswith("inventory.")


def _scalars(data: object, place: Place = ()) -> Iterator[tuple[Place, object]]:
    """Yield every value with its place."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _scalars(value, (*place, key))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from _scalars(value, (*place, position))
    else:
        yield place, data
