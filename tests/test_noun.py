"""Nouns behave as the dataclasses that a type checker takes them for."""

import dataclasses
import pickle
from functools import cached_property

import pytest

from aiops_agent.noun import astuple, dataclass, field, fields, replace


def classes(decorate, say):
    """Return the same nouns, made by the library and by ours."""

    @decorate(frozen=True, slots=True)
    class Step:
        """One step."""

        name: str
        seconds: float = 1.5
        words: list[str] = say(default_factory=list)
        secret: str = say(default="", repr=False)

    @decorate(slots=True)
    class Tally:
        count: int = 0
        seen: set[str] = say(default_factory=set)
        is_empty: bool = say(init=False)

        def __post_init__(self):
            self.is_empty = not self.count

    @decorate(frozen=True, slots=True, kw_only=True)
    class Policy:
        mode: str
        limit: int = 3

    @decorate(frozen=True, slots=True)
    class Nothing:
        pass

    @decorate(frozen=True)
    class Rule:
        word: str

        @cached_property
        def length(self):
            return len(self.word)

    return Step, Tally, Policy, Nothing, Rule


OURS = classes(dataclass, field)
THEIRS = classes(dataclasses.dataclass, dataclasses.field)


def outcomes(make):
    """Return what a number of uses come to, errors by their kind."""
    step, tally, policy, nothing, rule = make
    one = step("a", 2.0)
    uses = [
        lambda: repr(one),
        lambda: repr(step(name="b", secret="x")),
        lambda: (one == step("a", 2.0), one == step("a"), one == ("a", 2.0, [], ""), one != nothing()),
        lambda: step("a").words is step("a").words,
        lambda: step(*[]),
        lambda: step("a", 1, [], "", 5),
        lambda: step("a", colour="red"),
        lambda: policy("auto"),
        lambda: repr(policy(mode="auto")),
        lambda: setattr(one, "name", "b"),
        lambda: delattr(one, "name"),
        lambda: setattr(tally(), "count", 5),
        lambda: setattr(tally(), "colour", 5),
        lambda: hash(policy(mode="auto")) == hash(policy(mode="auto")),
        lambda: hash(tally()),
        lambda: (repr(tally(3)), tally(3) == tally(4), repr(dataclasses.replace(tally(3), count=0))),
        lambda: tally(3, set(), True),
        lambda: hash(one),
        lambda: (nothing() == nothing(), repr(nothing()), len({nothing(), nothing()})),
        lambda: (step.__match_args__, policy.__match_args__, step.__doc__, step.__slots__, step.__qualname__),
        lambda: hasattr(one, "__dict__"),
        lambda: (rule("abc").length, rule("abc") == rule("abc"), repr(rule("abc"))),
        lambda: setattr(rule("abc"), "word", "d"),
        lambda: [each.name for each in dataclasses.fields(one)],
        lambda: repr(dataclasses.replace(one, name="c")),
        lambda: dataclasses.is_dataclass(step),
        lambda: dataclasses.asdict(policy(mode="auto", limit=1)),
    ]
    return [_outcome(use) for use in uses]


def _outcome(use):
    try:
        return use()
    except (TypeError, AttributeError) as error:
        return "AttributeError" if isinstance(error, AttributeError) else "TypeError"


@pytest.mark.parametrize("made_before", [0, 100])
def test_they_do_what_the_library_does(made_before):
    ours = classes(dataclass, field)
    for _ in range(made_before):  # from some number on what makes them is compiled
        ours[0]("a"), ours[1](), ours[2](mode="a"), ours[3](), ours[4]("a")
    assert outcomes(ours) == outcomes(THEIRS)


def test_methods_of_a_class_win_over_those_made():
    @dataclass(frozen=True, slots=True)
    class Told:
        name: str

        def __repr__(self):
            return f"told {self.name}"

    assert repr(Told("a")) == "told a"


def test_fields_values_and_copies():
    step = OURS[0]("a", 2.0)
    assert [each.name for each in fields(step)] == ["name", "seconds", "words", "secret"]
    assert astuple(step) == ("a", 2.0, [], "")
    assert replace(step, name="b") == OURS[0]("b", 2.0)
    with pytest.raises(TypeError):
        replace(step, colour="red")


def test_it_can_be_pickled():
    assert pickle.loads(pickle.dumps(Kept("a"))) == Kept("a")


@dataclass(frozen=True, slots=True)
class Kept:
    name: str
