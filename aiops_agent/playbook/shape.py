"""What a playbook file must look like: plain data -> Playbook, or every fault with its line."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from aiops_agent.model.playbook import Busy, Caps, Param, Playbook, Template, Throttle
from aiops_agent.model.risk import Risk
from aiops_agent.playbook import params, vocabulary
from aiops_agent.playbook.agreement import check_params, conflicts, misplaced
from aiops_agent.playbook.categories import CATEGORIES
from aiops_agent.playbook.document import Document, Place
from aiops_agent.playbook.kinds import DURATION, EXECUTABLE, PATH, ROOT
from aiops_agent.playbook.templates import templates

_LISTS: tuple[Place, ...] = (("evidence",), ("steps",), ("verify", "probes"), ("undo",))
"""Where templates stand."""

_ORIGIN = r"^(source\.service|source\.parameters\.[A-Za-z_][A-Za-z0-9_]*|inventory\.(mount|port|process|unit))$"
_PARAMETER = r"^[a-z][a-z0-9_]*$"

_Duration = Annotated[int, BeforeValidator(DURATION.parse), WithJsonSchema(dict(DURATION.schema))]
_Category = Annotated[Literal[CATEGORIES], Field()]  # type: ignore[valid-type]  # one list, for people and for types
_Probe = Annotated[object, WithJsonSchema(vocabulary.schema("evidence"))]
_Check = Annotated[object, WithJsonSchema(vocabulary.schema("verify"))]
_Step = Annotated[object, WithJsonSchema(vocabulary.schema("steps"))]
_Undo = Annotated[object, WithJsonSchema(vocabulary.schema("undo"))]
_Text = Annotated[str, Field(min_length=1, max_length=2000)]


_Executable = Annotated[str, BeforeValidator(EXECUTABLE.parse), WithJsonSchema(dict(EXECUTABLE.schema))]
_Path = Annotated[str, BeforeValidator(PATH.parse), WithJsonSchema(dict(PATH.schema))]
_Root = Annotated[str, BeforeValidator(ROOT.parse), WithJsonSchema(dict(ROOT.schema))]

_BRANCHES = ("[key]", "_Busy", "literal[False]")
"""Parts of a place that pydantic alone knows."""


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
    origin: str = Field(alias="from", pattern=_ORIGIN, description="Where it comes from; never the record.")
    type: Literal[params.TYPES] | None = None  # type: ignore[valid-type]  # the same
    low: int | None = Field(default=None, alias="min")
    high: int | None = Field(default=None, alias="max")
    choices: list[Annotated[str, Field(min_length=1, max_length=200)]] = []
    named: str | None = Field(default=None, description="inventory.unit: the pattern its name fits.")
    state: str | None = Field(default=None, description="inventory.unit: the state it is in.")
    path: str | None = Field(default=None, description="inventory.mount: what lies on it.")
    unit: str | None = Field(default=None, description="inventory.port: the unit that listens.")
    executable: str | None = Field(default=None, description="inventory.port, inventory.process: its program.")
    user: str | None = Field(default=None, description="inventory.port, inventory.process: its user.")

    def settled(self) -> Param:
        """Return it as the rest of the program reads it."""
        where = {name: getattr(self, name) for name in params.ARGUMENTS}
        return Param(
            self.origin,
            self.type or "",
            self.low,
            self.high,
            tuple(self.choices),
            {name: value for name, value in where.items() if value is not None},
        )


class _Verify(_Strict):
    within: _Duration
    probes: list[_Check] = Field(min_length=1)


class _Busy(_Strict):
    processes: list[_Executable] = []
    locks: list[_Path] = []


class _Times(_Strict):
    times: int = Field(ge=2, le=100_000)
    within: _Duration


class _Throttle(_Strict):
    once_within: _Duration | None = None
    once_after: _Duration | None = None
    accumulate_within: _Times | None = None
    error_without_recovery: _Duration | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "_Throttle":
        if not self.model_fields_set:
            raise ValueError(f"says nothing; known: {', '.join(self.__class__.model_fields)}")
        return self

    def settled(self) -> Throttle:
        """Return it as the rest of the program reads it."""
        many = self.accumulate_within
        return Throttle(
            once_within=_span(self.once_within),
            once_after=_span(self.once_after),
            accumulate=(many.times, timedelta(seconds=many.within)) if many else None,
            error_without_recovery=_span(self.error_without_recovery),
        )


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


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
    undo: list[_Undo] = []
    cooldown: _Duration = 15 * 60
    caps: _Caps = _Caps(per_day=3)
    roots: list[_Root] | None = Field(default=None, min_length=1)
    grace: _Duration | None = None
    busy: _Busy | Literal[False] = _Busy()
    throttle: _Throttle | None = None


_MODELS: Mapping[str, type[BaseModel]] = {
    "for": _For,
    "verify": _Verify,
    "caps": _Caps,
    "params": _Param,
    "busy": _Busy,
    "throttle": _Throttle,
}
_NO_MAPPING = ("dict_type", "model_type", "model_attributes_type")
_MESSAGES = {
    "missing": "is missing",
    "int_type": "must be a whole number",
    "string_type": "must be text; quote it",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    **dict.fromkeys(_NO_MAPPING, "must be a mapping of keys and values"),
    "too_short": "must have at least one entry",
}
_SHAPES = {
    "description": "must be text by language, such as {en: Move the stale lock aside.}",
    "for": "must be {categories: [...], services: [...]}",
    "params": "must be names and where each comes from, such as {lock: {from: source.parameters.lock_file}}",
    "verify": "must be {within: 30s, probes: [...]}",
    "caps": "must be {per_day: 3}, and per_hour beside it where that is less",
}
"""What a mapping looks like, by its key."""
_PATTERNS = {
    "name": "must be lower-case letters, digits and dashes, such as restart-failed-unit",
    "from": "must be source.service, source.parameters.NAME (letters, digits, underscores), or inventory.unit, .mount, "
    ".port or .process; a line of a log never says what is acted on",
    "services": "must be unit names, where * stands for anything, such as shop-*.service",
    "params": "must be a name of lower-case letters, digits and underscores",
}


_SUMMARIES = {
    "name": "Lower-case words with dashes; the file is called the same.",
    "version": "A whole number.",
    "description": "What it does, by language: {en: ..., zh: ...}; at least en.",
    "risk": "From medium on a person is asked in any case; from high on `undo` is needed.",
    "for": "The kinds of fault, and patterns of the units it is for.",
    "params": "Values for probes and steps, by name; from the configuration or the host, never from a log line.",
    "evidence": "Probes: all must hold immediately before the first step.",
    "steps": "What is done, in order.",
    "verify": "Probes that must all hold within this time; else everything is taken back.",
    "undo": "Steps that are done after the steps' own undo when a run fails.",
    "cooldown": "How long after a run on a service until the next one there.",
    "caps": "How often at the most on each service.",
    "roots": "Folders below which its steps may change files.",
    "grace": "Not within this time of the host's boot, nor of the start of the unit.",
    "busy": "Who else is waited for, beside package and configuration managers and a person's hand on the unit.",
    "throttle": "How much of a fault must have been seen.",
}
"""For editors, which show it beside a key."""


def schema() -> dict[str, object]:
    """Return the JSON Schema of a playbook file."""
    found = _File.model_json_schema()
    for key, summary in _SUMMARIES.items():
        found["properties"][key]["description"] = summary
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found}


def fill(document: Document, digest: str) -> Playbook | None:
    """Return the playbook a document describes, or None after noting its faults in the document."""
    found = {place: list(templates(document, place, vocabulary.writable(str(place[0])))) for place in _LISTS}
    check_params(document, [template for listed in found.values() for template in listed])
    try:
        file = _File.model_validate(document.data if document.data is not None else {})
    except ValidationError as error:
        for problem in error.errors(include_url=False):
            place = tuple(part for part in problem["loc"] if part not in _BRANCHES)
            document.fault(place, _message(place, problem["type"], str(problem["msg"])))
        return None
    playbook = _playbook(file, found, document.file, digest)
    whole = not document.faults
    for place, message in (*conflicts(playbook), *(misplaced(playbook) if whole else ())):
        document.fault(place, message)
    return None if document.faults else playbook


def _playbook(file: _File, found: Mapping[Place, list[Template]], path: str, digest: str) -> Playbook:
    return Playbook(
        name=file.name,
        version=file.version,
        description=file.description,
        risk=Risk[file.risk.upper()],
        categories=tuple(file.only_for.categories),
        services=tuple(file.only_for.services),
        params={name: param.settled() for name, param in file.params.items()},
        evidence=tuple(found["evidence",]),
        steps=tuple(found["steps",]),
        verify_within=timedelta(seconds=file.verify.within if file.verify else 0),
        verify=tuple(found["verify", "probes"]),
        undo=tuple(found["undo",]),
        cooldown=timedelta(seconds=file.cooldown),
        caps=Caps(per_hour=file.caps.per_hour or file.caps.per_day, per_day=file.caps.per_day),
        path=path,
        digest=digest,
        roots=tuple(file.roots or ()),
        grace=timedelta(seconds=file.grace or 0),
        busy=Busy(tuple(file.busy.processes), tuple(file.busy.locks)) if file.busy else None,
        throttle=file.throttle.settled() if file.throttle else Throttle(),
        says_undo="undo" in file.model_fields_set,
    )


def _shape(place: Place) -> str | None:
    """Return what the mapping at a place looks like, where that is worth an example."""
    match place:
        case ("params", _):
            return "must say where its value comes from, such as {from: source.parameters.lock_file}"
        case (str(key),):
            return _SHAPES.get(key)
        case _:
            return None


def _message(place: Place, kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        model = _File if len(place) == 1 else _MODELS[str(place[0])]
        names = (field.alias or name for name, field in model.model_fields.items())
        return f"is not a known key; known: {vocabulary.known(names)}"
    if kind == "string_pattern_mismatch":
        return next(_PATTERNS[part] for part in reversed(place) if part in _PATTERNS)
    if place[:2] == ("for", "categories") and kind == "literal_error":
        return f"is not a category; known: {', '.join(CATEGORIES)}"
    shape = _shape(place)
    if kind in _NO_MAPPING and shape:
        return shape
    return _MESSAGES.get(kind, message.removeprefix("Value error, "))
