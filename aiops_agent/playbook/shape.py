"""What a playbook file must look like: plain data -> Playbook, or every fault with its line."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from aiops_agent.model.playbook import Caps, Playbook, Risk, Scalar, Template
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.playbook.document import Document, Place
from aiops_agent.playbook.kinds import DURATION

_LISTS: Mapping[Place, bool] = {("evidence",): False, ("steps",): True, ("verify", "probes"): False, ("undo",): True}
"""Where templates stand, and whether they are steps."""

_ORIGIN = r"^source\.(service|parameters\.[A-Za-z_][A-Za-z0-9_]*)$"
_PARAMETER = r"^[a-z][a-z0-9_]*$"

_Duration = Annotated[int, BeforeValidator(DURATION.parse), WithJsonSchema(dict(DURATION.schema))]
_Category = Annotated[Literal[CATEGORIES], Field()]  # type: ignore[valid-type]  # one list, for people and for types
_Probe = Annotated[object, WithJsonSchema(vocabulary.schema(changes=False))]
_Step = Annotated[object, WithJsonSchema(vocabulary.schema(changes=True))]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]


def _has_english(description: dict[str, str]) -> dict[str, str]:
    if "en" not in description:
        raise ValueError("needs the key en: reports fall back on it")
    return description


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


class _For(_Strict):
    categories: list[_Category] = Field(min_length=1)
    services: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9:_.@*?\[\]-]+$", max_length=255)]] = Field(min_length=1)


class _Param(_Strict):
    origin: str = Field(alias="from", pattern=_ORIGIN)


class _Verify(_Strict):
    within: _Duration
    probes: list[_Probe] = Field(min_length=1)


class _Caps(_Strict):
    per_day: int = Field(ge=1, le=1000)
    per_hour: int | None = Field(default=None, ge=1, le=1000)


class _File(_Strict):
    model_config = ConfigDict(title="aiops-agent playbook")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    version: int = Field(ge=1, le=2**31 - 1)
    description: Annotated[dict[str, _Text], AfterValidator(_has_english)]
    risk: Literal["low", "medium", "high", "critical"]
    only_for: _For = Field(alias="for")
    params: dict[Annotated[str, Field(pattern=_PARAMETER)], _Param] = {}
    evidence: list[_Probe] = []
    steps: list[_Step] = Field(min_length=1)
    verify: _Verify | None = None
    undo: list[_Step] = []
    cooldown: _Duration = 15 * 60
    caps: _Caps = _Caps(per_day=3)


_MODELS: Mapping[str, type[BaseModel]] = {"for": _For, "verify": _Verify, "caps": _Caps, "params": _Param}
_MESSAGES = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "string_type": "must be text; quote it",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping of keys and values",
    "model_type": "must be a mapping of keys and values",
    "model_attributes_type": "must be a mapping of keys and values",
    "too_short": "must have at least one entry",
}
_PATTERNS = {
    "name": "must be lower-case letters, digits and dashes, such as restart-failed-unit",
    "from": "must be source.service or source.parameters.NAME: never the record",
    "services": "must be unit names, where * stands for anything, such as shop-*.service",
    "params": "must be a name of lower-case letters, digits and underscores",
}


def schema() -> dict[str, object]:
    """Return the JSON Schema of a playbook file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_File.model_json_schema()}


def fill(document: Document, digest: str) -> Playbook | None:
    """Return the playbook a document describes, or None after noting its faults in the document."""
    templates = {
        place: list(_templates(document, place, vocabulary.writable(changes=changes)))
        for place, changes in _LISTS.items()
    }
    _check_params(document, [template for found in templates.values() for template in found])
    if not _at(document.data, ("evidence",)) and any(step.privileged for step in templates["steps",]):
        document.fault(("evidence",), "is missing: nothing is done as root on the word of a log alone; probe it first")
    try:
        file = _File.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = tuple(part for part in problem["loc"] if part != "[key]")
            document.fault(place, _message(place, problem["type"], str(problem["msg"])))
        return None
    if Risk[file.risk.upper()] >= Risk.HIGH and not templates["undo",]:
        document.fault(("undo",), "is missing; from risk high on, say what takes the steps back")
    if document.faults:
        return None
    return Playbook(
        name=file.name,
        version=file.version,
        description=file.description,
        risk=Risk[file.risk.upper()],
        categories=tuple(file.only_for.categories),
        services=tuple(file.only_for.services),
        params={name: param.origin for name, param in file.params.items()},
        evidence=tuple(templates["evidence",]),
        steps=tuple(templates["steps",]),
        verify_within=timedelta(seconds=file.verify.within if file.verify else 0),
        verify=tuple(templates["verify", "probes"]),
        undo=tuple(templates["undo",]),
        cooldown=timedelta(seconds=file.cooldown),
        caps=Caps(per_hour=file.caps.per_hour or file.caps.per_day, per_day=file.caps.per_day),
        path=document.file,
        digest=digest,
    )


def _at(data: object, place: Place) -> object:
    for part in place:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _templates(document: Document, place: Place, words: Mapping[str, vocabulary.Verb]) -> Iterator[Template]:
    """Yield what a list of probes or steps says; a list that is none is pydantic's to name."""
    found = _at(document.data, place)
    for position, item in enumerate(found if isinstance(found, list) else []):
        template = _template(document, (*place, position), item, words)
        if template:
            yield template


def _template(document: Document, place: Place, item: object, words: Mapping[str, vocabulary.Verb]) -> Template | None:
    if not isinstance(item, dict) or len(item) != 1:
        document.fault(place, "must be one word and what it takes, such as {file_exists: {path: $lock_file}}")
        return None
    verb, given = next(iter(item.items()))
    if verb not in words:
        document.fault((*place, verb), f"is not known here; known: {vocabulary.known(words)}")
        return None
    if not isinstance(given, dict):
        names = vocabulary.known(words[verb].arguments)
        document.fault((*place, verb), f"must be a mapping of its arguments: {names}")
        return None
    wrong = vocabulary.misfits(verb, given)
    for name, message in wrong:
        document.fault((*place, verb, name) if name else (*place, verb), message)
    arguments: dict[str, Scalar] = dict(words[verb].defaults)
    for name in (name for name in given if name in words[verb].arguments):
        try:
            arguments[name] = _argument(words[verb], name, given[name])
        except ValueError as error:
            document.fault((*place, verb, name), str(error))
    return Template(verb, arguments, words[verb].changes, words[verb].privileged)


def _argument(word: vocabulary.Verb, name: str, value: object) -> Scalar:
    if isinstance(value, str) and value.startswith("$"):
        return value
    if isinstance(value, str) and "$" in value:
        raise ValueError(f"{value!r}: a parameter is the whole value or no part of it; nothing is put together")
    return word.arguments[name].parse(value)


def _check_params(document: Document, templates: list[Template]) -> None:
    declared = _at(document.data, ("params",))
    params = set(declared) if isinstance(declared, dict) else set()
    used = {str(value)[1:] for t in templates for value in t.arguments.values() if str(value).startswith("$")}
    for name in sorted(used - params):
        place = next(p for p, value in _scalars(document.data) if value == f"${name}")
        document.fault(place, f"${name} is not declared; declared: {vocabulary.known(params) or 'none'}")
    for name in sorted(params - used):
        document.fault(("params", name), "is declared and never used; use it or take it out")


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


def _message(place: Place, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        model = _File if len(place) == 1 else _MODELS[str(place[0])]
        names = (field.alias or name for name, field in model.model_fields.items())
        return f"is not a known key; known: {vocabulary.known(names)}"
    if kind == "string_pattern_mismatch":
        return next(_PATTERNS[part] for part in reversed(place) if part in _PATTERNS)
    if place[:2] == ("for", "categories") and kind == "literal_error":
        return f"is not a category; known: {', '.join(CATEGORIES)}"
    return _MESSAGES.get(kind, message.removeprefix("Value error, "))
