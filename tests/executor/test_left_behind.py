"""A step whose executor was killed is systemd's: it is ended before anybody looks at what it has done."""

import os

import pytest

from aiops_agent.errors import StateError
from aiops_agent.executor import __main__
from aiops_agent.executor.hands import RootHands
from aiops_agent.executor.work import Work
from tests.executor.desk import Units, desk_in
from tests.fakes import SteppingClock


class Systemctl:
    """A systemctl that notes what it is asked for, and ends with this status."""

    def __init__(self, folder, status: int = 0) -> None:
        self.asked = folder / "asked"
        program = folder / "systemctl"
        program.write_text(f'#!/bin/sh\necho "$@" >> {self.asked}\necho no >&2\nexit {status}\n')
        program.chmod(0o755)
        self.path = f"{folder}:{os.environ['PATH']}"

    def hands(self, *, booted: bool = True) -> RootHands:
        return RootHands(SteppingClock(), booted=booted, token=lambda: "token", path=self.path)


def test_before_anything_is_looked_at_the_steps_of_one_that_was_killed_are_ended(tmp_path, monkeypatch):
    systemctl = Systemctl(tmp_path)
    monkeypatch.setattr(__main__, "_world", lambda _: (systemctl.hands(), Units()))

    class SettledError(Exception):
        pass

    def settle(_: Work) -> None:
        assert systemctl.asked.read_text() == "--no-pager --no-ask-password stop -- aiops-agent-step-*.service\n"
        raise SettledError

    monkeypatch.setattr(Work, "settle_interrupted", settle)
    with desk_in(tmp_path) as desk:
        settings = desk.settings
    with pytest.raises(SettledError):
        __main__.serve(settings)


def test_while_they_cannot_be_ended_nothing_is_looked_at(tmp_path):
    with pytest.raises(StateError, match=r"may still be at work: .* ended with status 1: no"):
        Systemctl(tmp_path, 1).hands().end_left_behind()


def test_without_systemd_they_have_died_with_it(tmp_path):
    systemctl = Systemctl(tmp_path)
    systemctl.hands(booted=False).end_left_behind()
    assert not systemctl.asked.exists()
