import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.model.playbook import Command, Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.ports import never
from tests.fakes import SteppingClock

ELSEWHERE = {"log_quiet", "wait_until", "not_busy", "untouched"}
"""Answered by who reads the log and by the dialogue; the last two hold on an idle host and have tests of their own."""


def systemctl(folder, script):
    program = folder / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return EmbeddedExecutor(SteppingClock(), path=f"{folder}:/usr/bin:/bin")


def unit_is(state):
    return vocabulary.command("unit_state", {"unit": "shop.service", "is": state})


def test_the_state_of_a_unit_is_what_systemd_says(tmp_path):
    executor = systemctl(tmp_path, 'printf "LoadState=loaded\\nActiveState=failed\\n"')
    assert executor.run(unit_is("failed"), never).ok
    assert executor.run(unit_is("active"), never).detail == "shop.service is failed"
    assert not executor.run(unit_is("active"), never).ok


def test_a_unit_that_is_not_there_has_no_state(tmp_path):
    executor = systemctl(tmp_path, 'printf "LoadState=not-found\\nActiveState=inactive\\n"')
    result = executor.run(unit_is("inactive"), never)
    assert not result.ok
    assert "not a loaded unit" in result.detail


def test_systemd_is_asked_by_a_list_of_words_in_an_environment_of_our_own(tmp_path):
    executor = systemctl(
        tmp_path, f'printf "%s\\n" "$@" >{tmp_path}/words; env >{tmp_path}/environment; pwd >>{tmp_path}/words'
    )
    os.environ["AIOPS_LEAK"] = "() { :;}; echo"
    try:
        executor.run(unit_is("active"), never)
    finally:
        del os.environ["AIOPS_LEAK"]
    words = (tmp_path / "words").read_text().splitlines()
    assert words == [
        "--no-pager", "--no-ask-password", "show", "--property=LoadState,ActiveState", "--", "shop.service", "/",
    ]  # fmt: skip
    names = {line.partition("=")[0] for line in (tmp_path / "environment").read_text().splitlines()}
    assert names <= {"PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}


def test_systemd_that_fails_or_is_missing_proves_nothing(tmp_path):
    assert "status 1" in systemctl(tmp_path, "exit 1").run(unit_is("active"), never).detail
    missing = EmbeddedExecutor(SteppingClock(), path=str(tmp_path / "empty")).run(unit_is("active"), never)
    assert not missing.ok
    assert "systemctl: No such file" in missing.detail


def test_systemd_that_hangs_is_ended_with_its_children(tmp_path):
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    executor = systemctl(tmp_path, f"exec 9>{tmp_path}/alive; sleep 1000 & wait")
    result = executor.run(replace(unit_is("active"), timeout=timedelta(seconds=0.5)), never)
    assert "did not end within" in result.detail
    os.set_blocking(reader, True)
    assert os.read(reader, 1) == b"", "the end: nobody is left who could write"
    os.close(reader)


def test_what_needs_root_is_refused():
    result = EmbeddedExecutor(SteppingClock()).run(vocabulary.command("unit", {"restart": "shop.service"}), never)
    assert (result.ok, result.detail) == (False, "unit needs root; this executor has none of it")


def test_a_word_that_is_not_in_the_vocabulary_is_refused():
    command = Command("shell", {"argv": "id"}, changes=True, privileged=False, timeout=timedelta(seconds=1))
    assert "not a word of the vocabulary" in EmbeddedExecutor(SteppingClock()).run(command, never).detail


@pytest.mark.parametrize(
    "verb", [name for name, word in vocabulary.VERBS.items() if not word.privileged and name not in ELSEWHERE]
)
def test_every_word_without_root_is_done_here_and_none_raises(verb, tmp_path):
    stand_ins = {
        "path": "/absent/file", "from": "/absent/good", "pid_file": "/absent/pid", "directory": "/absent",
        "aside": "/absent/aside", "pattern": "*.log.1", "url": "http://127.0.0.1:1/", "host": "127.0.0.1", "port": 1,
        "unit": "absent.service", "format": "json", "age": 60, "name": "TERM", "over": "", "status": 200, "timeout": 1,
        "above": 10, "inode": 1, "executable": "absent", "user": "absent", "connection": "absent", "query": "SELECT 1",
        "for": 1, "older_than": 60, "keep": 1, "most": 1,
    }  # fmt: skip
    arguments = {name: stand_ins[name] for name in vocabulary.VERBS[verb].arguments if name in stand_ins}
    arguments |= {f"{name}_root": arguments[name].rpartition("/")[0] for name in vocabulary.VERBS[verb].rooted}
    looked_for = {"unit_state": "active", "port": "open", "config": "valid", "process": "present"}
    arguments |= {"is": looked_for.get(verb, "alive")}
    executor = EmbeddedExecutor(SteppingClock(), path="/absent")
    planned = executor.plan(vocabulary.command(verb, arguments))
    result = executor.run(planned.command, never) if isinstance(planned, Planned) else planned
    assert "not a word of the vocabulary" not in result.detail
    assert result.ok == (verb in ("file_absent", "http_down"))


@pytest.mark.parametrize("verb", ["log_quiet", "wait_until"])
def test_what_the_run_itself_answers_proves_nothing_here(verb):
    command = vocabulary.command(verb, {"for": 1, "within": 1})
    assert EmbeddedExecutor(SteppingClock()).run(command, never).detail == f"{verb} is not a word of the vocabulary"


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=80))
def test_no_path_makes_it_raise(text):
    command = vocabulary.command("file_exists", {"path": f"/absent/{text}"})
    assert not EmbeddedExecutor(SteppingClock()).run(command, never).ok


def test_what_is_said_is_never_longer_than_the_record_takes(tmp_path):
    logs = tmp_path / ("l" * 200)
    logs.mkdir()
    for number in range(60):
        (logs / f"{'n' * 100}.log.{number}").symlink_to("/absent")
        (logs / f"{'m' * 100}.log.{number}").write_text("x")
        (logs / f"{'m' * 100}.log.{number}.gz").write_text("x")
    result = EmbeddedExecutor(SteppingClock()).run(
        vocabulary.command(
            "compress", {"directory": str(logs), "directory_root": str(logs), "pattern": "*.log.[0-9]*"}
        ),
        never,
    )
    assert not result.ok
    assert 1500 < len(result.detail) <= 2000


def test_what_a_program_says_is_not_cut_in_the_middle_of_a_word(tmp_path):
    executor = systemctl(tmp_path, f'printf "{"x " * 960}glpat-{"a1B2" * 50} end" >&2; exit 1')
    said = executor.run(unit_is("active"), never).detail
    assert said.startswith("systemctl ended with status 1: x x")
    assert "glpat" not in said
