"""What a playbook's parameters may be: where they come from, of which type, and what chooses in the live inventory."""

from collections.abc import Mapping

from aiops_agent.model.playbook import Param, Scalar
from aiops_agent.noun import dataclass
from aiops_agent.playbook.kinds import (
    DURATION,
    EXECUTABLE,
    PATH,
    PORT,
    UNIT,
    UNIT_PATTERN,
    USER,
    Kind,
    choice,
    whole_number,
)
from aiops_agent.playbook.words import STATES


@dataclass(frozen=True, slots=True)
class Selector:
    """One thing that a host has several of."""

    summary: str
    arguments: Mapping[str, Kind]
    required: frozenset[str]


SELECTORS: Mapping[str, Selector] = {
    "unit": Selector(
        "The one loaded unit whose name fits and that is in this state.",
        {"named": UNIT_PATTERN, "state": choice(*STATES)},
        frozenset({"named"}),
    ),
    "mount": Selector(
        "The mount point that a path lies below.",
        {"path": PATH},
        frozenset({"path"}),
    ),
    "port": Selector(
        "The one TCP port that the processes of a unit, or of a program and a user, listen on.",
        {"unit": UNIT, "executable": EXECUTABLE, "user": USER},
        frozenset(),
    ),
    "process": Selector(
        "The one process of a program and a user; with its descendants only the first of them counts.",
        {"executable": EXECUTABLE, "user": USER},
        frozenset({"executable", "user"}),
    ),
}
"""What `from: inventory.NAME` chooses from. Nothing found, or more than one thing, is an error, never a guess."""

ARGUMENTS = tuple(sorted({name for selector in SELECTORS.values() for name in selector.arguments}))
TYPES = ("choice", "duration", "int", "path", "port", "unit")
_MOST = 10**15
_PLAIN: Mapping[str, Kind] = {"unit": UNIT, "path": PATH, "port": PORT, "duration": DURATION}


def kind_of(param: Param) -> Kind | None:
    """Return what a parameter must be beyond what takes it; None: nothing more."""
    if param.type == "int":
        low = -_MOST if param.lowest is None else param.lowest
        return whole_number(low, _MOST if param.highest is None else param.highest)
    return choice(*param.choices) if param.type == "choice" else _PLAIN.get(param.type)


def faults_of(param: Param) -> list[tuple[str, str]]:
    """Return what is wrong with a parameter as written: (key, what would be right)."""
    wrong: list[tuple[str, str]] = []
    if (param.type == "choice") is not bool(param.choices):
        wrong.append(("choices", "stands beside `type: choice`, and only there: the words that can be chosen from"))
    for key, bound in (("min", param.lowest), ("max", param.highest)):
        if bound is not None and param.type != "int":
            wrong.append((key, "stands beside `type: int` only"))
    if param.lowest is not None and param.highest is not None and param.lowest > param.highest:
        wrong.append(("min", "is above max: no number fits"))
    return wrong + _of_the_selector(param)


def _of_the_selector(param: Param) -> list[tuple[str, str]]:
    if not param.is_live:
        return [(name, "is for parameters from the inventory only") for name in param.where]
    name = param.origin.removeprefix("inventory.")
    selector = SELECTORS[name]
    known = ", ".join(sorted(selector.arguments))
    wrong = [(key, f"does not choose a {name}; known: {known}") for key in param.where if key not in selector.arguments]
    wrong += [(key, f"is missing: it chooses the {name}") for key in sorted(selector.required - set(param.where))]
    if name == "port" and not ({"unit"} == set(param.where) or {"executable", "user"} == set(param.where)):
        wrong.append(("", "a port is chosen by `unit`, or by `executable` and `user`"))
    for key, value in param.where.items():
        if key in selector.arguments and not str(value).startswith("$"):
            try:
                selector.arguments[key].parse(value)
            except ValueError as error:
                wrong.append((key, str(error)))
    return wrong


def selected_by(param: Param, values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Return what chooses in the inventory, with the values of the parameters it names.

    Raises:
        ValueError: One of them is not what chooses by it.
    """
    selector = SELECTORS[param.origin.removeprefix("inventory.")]
    given = {key: values[str(value)[1:]] if str(value).startswith("$") else value for key, value in param.where.items()}
    return {key: selector.arguments[key].parse(value) for key, value in given.items()}
