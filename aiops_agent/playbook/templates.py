"""The probes and steps of a file -> templates, or every fault of them with its line."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from aiops_agent.model.playbook import Scalar, Template
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.document import Document, Place
from aiops_agent.playbook.kinds import DURATION
from aiops_agent.playbook.verb import Verb

_BESIDE = ("timeout", "as")
"""What may stand beside the word of an item."""


def templates(document: Document, place: Place, words: Mapping[str, Verb]) -> Iterator[Template]:
    """Yield what a list of probes or steps says; a list that is none is pydantic's to name."""
    found = at(document.data, place)
    for position, item in enumerate(found if isinstance(found, list) else []):
        template = _template(document, (*place, position), item, words)
        if template:
            yield template


def at(data: object, place: Place) -> object:
    """Return what stands at a place; None when nothing does."""
    for part in place:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def references(template: Template) -> Iterator[str]:
    """Yield the name of each parameter that a template takes."""
    for value in template.arguments.values():
        if isinstance(value, str) and value.startswith("$"):
            yield value[1:]
    if template.probe:
        yield from references(template.probe)


def _template(document: Document, place: Place, item: object, words: Mapping[str, Verb]) -> Template | None:
    written = [key for key in item if key not in _BESIDE] if isinstance(item, dict) else []
    if not isinstance(item, dict) or len(written) != 1:
        document.fault(place, "must be one word and what it takes, such as {file_exists: {path: $lock_file}}")
        return None
    verb = written[0]
    if verb not in words:
        document.fault((*place, verb), _unknown(verb, words))
        return None
    word, given = words[verb], item[verb]
    if not isinstance(given, dict):
        document.fault((*place, verb), f"must be a mapping of its arguments: {vocabulary.known(word.takes)}")
        return None
    for name, message in vocabulary.misfits(verb, given):
        document.fault((*place, verb, name) if name else (*place, verb), message)
    return Template(
        verb,
        _arguments(document, (*place, verb), word, given),
        word.changes,
        word.privileged or _as_root(document, place, word, item),
        timeout=_timeout(document, place, word, item),
        probe=_inner(document, (*place, verb, "probe"), given) if word.waits_for_probe else None,
        needs_signature=word.needs_signature,
    )


def _unknown(verb: str, words: Mapping[str, Verb]) -> str:
    other = vocabulary.VERBS.get(verb)
    if other and other.written and other.only_in_verify:
        return "is a probe for `verify` only: before the last step there is nothing it could tell"
    if other and other.written:
        kind = "step" if other.changes or other.waits_for_probe else "probe"
        return f"is a {kind} that does not belong here; known: {vocabulary.known(words)}"
    return f"is not known here; known: {vocabulary.known(words)}"


def _arguments(document: Document, place: Place, word: Verb, given: Mapping[str, object]) -> dict[str, Scalar]:
    arguments: dict[str, Scalar] = dict(word.defaults)
    for name, value in ((name, given[name]) for name in given if name in word.arguments):
        for numbered, one in _each(document, (*place, name), value, many=word.arguments[name].many):
            try:
                arguments[numbered] = _argument(word, name, one)
            except ValueError as error:
                document.fault((*place, name), str(error))
    return arguments


def _each(document: Document, place: Place, value: object, *, many: bool) -> Iterator[tuple[str, object]]:
    name = str(place[-1])
    if not many:
        yield name, value
    elif isinstance(value, list) and 0 < len(value) <= vocabulary.MOST_WORDS:
        yield from ((f"{name}.{number}", one) for number, one in enumerate(value))
    else:
        document.fault(place, f"must be a list of 1 to {vocabulary.MOST_WORDS} words")


def _argument(word: Verb, name: str, value: object) -> Scalar:
    kind = word.arguments[name]
    if isinstance(value, str) and _is_reference(value):
        if kind.literal:
            raise ValueError(f"{value!r}: a parameter cannot stand here; write it in the playbook itself")
        return value
    if isinstance(value, str) and "$" in value:
        raise ValueError(f"{value!r}: a parameter is the whole value or no part of it; nothing is put together")
    return kind.parse(value)


def _is_reference(value: str) -> bool:
    """Tell whether it looks like the name of a parameter and nothing else; whether it is one is `check_params`'s."""
    return value.startswith("$") and value[1:].replace("_", "a").isalnum()


def _timeout(document: Document, place: Place, word: Verb, item: Mapping[str, object]) -> timedelta | None:
    if "timeout" not in item:
        return None
    if "timeout" in word.arguments or word.waits_for_probe:
        inside = "within" if word.waits_for_probe else "timeout"
        document.fault(
            (*place, "timeout"), f"stands in the wrong place: this word takes `{inside}` among its arguments"
        )
        return None
    try:
        return timedelta(seconds=float(DURATION.parse(item["timeout"])))
    except ValueError as error:
        document.fault((*place, "timeout"), str(error))
        return None


def _as_root(document: Document, place: Place, word: Verb, item: Mapping[str, object]) -> bool:
    if "as" not in item:
        return False
    if item["as"] != "root":
        document.fault((*place, "as"), f"{item['as']!r} is not known; a step is done as the agent's user or as root")
    elif not word.as_root:
        document.fault((*place, "as"), "is not for this word: it is done as the agent's user, or has root anyway")
    return word.as_root


def _inner(document: Document, place: Place, given: Mapping[str, object]) -> Template | None:
    if "probe" not in given:  # named already, as missing
        return None
    return _template(document, place, given["probe"], vocabulary.writable("evidence"))
