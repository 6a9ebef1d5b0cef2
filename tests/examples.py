"""How many examples a law is tried on: some each time, many among the slow tests."""

import pytest


def some_and_many(some: int, many: int) -> pytest.MarkDecorator:
    """Have a test run with so many `examples`, and as a slow test with more."""
    return pytest.mark.parametrize("examples", [some, pytest.param(many, marks=pytest.mark.slow)])
