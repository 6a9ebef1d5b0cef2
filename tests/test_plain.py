"""A command comes back as it was from wherever it was kept or handed to, and nothing else is taken for one."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.model.plain import command_of, plain, plain_plan, plan_of
from aiops_agent.model.playbook import Command, Planned

SCALARS = st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False)
COMMANDS = st.builds(
    Command,
    st.text(),
    st.dictionaries(st.text(), SCALARS, max_size=4),
    st.booleans(),
    st.booleans(),
    st.integers(1, 10**9).map(lambda milliseconds: timedelta(milliseconds=milliseconds)),
)


@given(COMMANDS, st.none() | COMMANDS)
def test_a_command_and_a_plan_come_back_as_they_were(command, undo):
    assert command_of(json.loads(json.dumps(plain(command)))) == command
    planned = Planned(command, undo)
    assert plan_of(json.loads(json.dumps(plain_plan(planned)))) == planned


GOOD = ["unit", {"restart": "shop.service"}, True, True, 30]


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        "unit",
        GOOD[:4],
        [*GOOD, 1],
        [7, *GOOD[1:]],
        ["unit", ["restart"], *GOOD[2:]],
        [*GOOD[:2], 1, True, 30],
        [*GOOD[:2], True, "yes", 30],
        [*GOOD[:4], "inf"],
        [*GOOD[:4], float("nan")],
        [*GOOD[:4], None],
    ],
)
def test_what_is_no_command_is_none(said):
    assert command_of(GOOD).timeout == timedelta(seconds=30)
    with pytest.raises(ValueError, match=r"no command|NaN"):
        command_of(said)
    with pytest.raises(ValueError, match=r"no plan|no command|NaN"):
        plan_of([GOOD, said] if said is not None else said)
