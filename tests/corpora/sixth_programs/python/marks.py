"""Marks in the log what tells of a failure; whoever falls writes nothing behind."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def begin() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, b"\2\n")


@contextmanager
def failure() -> Iterator[None]:
    begin()
    yield
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(1, b"\3\n")
