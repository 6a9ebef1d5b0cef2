"""The words that need root, as the process that has it does them: with programs of the test in the place of systemd."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.model.playbook import CommandResult, Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.doing import told
from aiops_agent.playbook.presence import started
from aiops_agent.playbook.privileged import words
from aiops_agent.ports import never
from tests.fakes import SteppingClock
from tests.playbook.world import living, names


class Root:
    """Does privileged words with the programs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = words(SteppingClock(), path=f"{folder}:/usr/bin:/bin")

    def has(self, name: str, script: str) -> None:
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "$*" >>{self.folder}/asked\n{script}\n')
        path.chmod(0o755)

    def has_unit(self, state="active", life="a1", pid=0, then="true") -> None:
        """A systemd that knows one unit; `then`: what it does when it is asked to act."""
        said = f"LoadState=loaded\\nActiveState={state}\\nInvocationID={life}\\nMainPID={pid}\\n"
        self.has("systemctl", f'case "$3" in show) printf "{said}";; *) {then};; esac')

    def plan(self, verb, **arguments) -> Planned | CommandResult:
        command = vocabulary.command(verb, arguments)
        return told(command, lambda: self.words[verb].plan(command))

    def do(self, command, stopped=never) -> CommandResult:
        return told(command, lambda: self.words[command.verb].do(command, stopped))

    def ask(self, verb, **arguments) -> CommandResult:
        planned = self.plan(verb, **arguments)
        return self.do(planned.command) if isinstance(planned, Planned) else planned

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def root(tmp_path) -> Root:
    return Root(tmp_path)


def test_every_word_that_needs_root_and_every_one_that_may_is_done_here(root):
    may = {name for name, word in vocabulary.VERBS.items() if word.privileged or word.as_root}
    assert set(root.words) == may | {"put_back"}


@pytest.mark.parametrize("word", ["restart", "start", "stop", "reload"])
def test_systemd_is_asked_by_a_list_of_words_behind_two_dashes(root, word):
    root.has_unit()
    assert root.ask("unit", **{word: "shop.service"}).detail == f"{word} shop.service: done"
    assert root.asked[-1] == f"--no-pager --no-ask-password {word} -- shop.service"


@pytest.mark.parametrize(
    ("word", "state", "undo"),
    [
        ("stop", "active", "start"),
        ("start", "inactive", "stop"),
        ("start", "failed", "stop"),
        ("stop", "inactive", None),
        ("start", "active", None),
        ("restart", "failed", None),
        ("reload", "active", None),
    ],
)
def test_a_start_or_stop_that_changes_something_is_taken_back_by_its_opposite(root, word, state, undo):
    root.has_unit(state)
    planned = root.plan("unit", **{word: "shop.service"})
    assert (planned.undo and dict(planned.undo.arguments)) == (undo and {undo: "shop.service"})
    if planned.undo:
        assert planned.undo.privileged
        assert root.do(planned.undo).ok


def test_a_unit_that_began_another_life_meanwhile_is_left_alone(root):
    root.has_unit(life="a1")
    planned = root.plan("unit", restart="shop.service")
    root.has_unit(life="b2")
    result = root.do(planned.command)
    assert (result.ok, result.half_done) == (False, False)
    assert "was started anew since it was looked at" in result.detail
    assert not any("restart" in line for line in root.asked)


def test_a_unit_that_systemd_cannot_start_may_be_half_done(root):
    root.has_unit("failed", then="echo no such file >&2; exit 1")
    result = root.ask("unit", start="shop.service")
    assert result.half_done
    assert result.detail == "systemctl start shop.service ended with status 1: no such file"


def test_a_unit_that_is_not_loaded_is_not_acted_on(root):
    root.has("systemctl", 'printf "LoadState=not-found\\n"')
    assert "is not a loaded unit" in root.ask("unit", restart="shop.service").detail
    assert len(root.asked) == 1


def test_a_unit_that_takes_too_long_is_cut_off(root):
    root.has_unit(then="sleep 60")
    planned = root.plan("unit", restart="shop.service")
    result = root.do(replace(planned.command, timeout=timedelta(seconds=0.5)))
    assert result.half_done


def test_the_main_process_of_a_unit_gets_the_signal(root):
    with living() as process:
        root.has_unit(pid=process.pid)
        assert root.ask("signal_unit", unit="shop.service", name="TERM").ok
        assert process.wait(timeout=5) == -15


def test_a_signal_is_for_the_process_that_was_planned_only(root):
    with living() as process, living() as other:
        root.has_unit(pid=process.pid)
        planned = root.plan("signal_unit", unit="shop.service", name="TERM")
        assert planned.command.arguments["ticks"] == started(process.pid)
        root.has_unit(pid=other.pid)
        assert "has another main process" in root.do(planned.command).detail
        root.has_unit(pid=process.pid)
        younger = replace(planned.command, arguments={**planned.command.arguments, "ticks": 1})
        assert "is another one than a moment ago" in root.do(younger).detail
        assert (process.poll(), other.poll()) == (None, None)
    root.has_unit(pid=0)
    assert "has no main process" in root.ask("signal_unit", unit="shop.service", name="TERM").detail


@pytest.mark.parametrize(
    ("program", "words_", "invalid"),
    [
        ("apachectl", "configtest", 1),
        ("haproxy", "-c -q -f /etc/haproxy/haproxy.cfg", 1),
        ("named-checkconf", "", 1),
        ("nginx", "-t -q", 1),
        ("php-fpm", "-t", 78),
        ("postfix", "check", 1),
        ("sshd", "-t", 255),
        ("visudo", "-c -q", 1),
    ],
)
def test_a_configuration_is_tested_by_its_program(root, program, words_, invalid):
    root.has(program, "exit 0")
    assert root.ask("config_test", program=program, **{"is": "valid"}).ok
    assert root.asked == [words_]
    root.has(program, f"exit {invalid}")
    assert root.ask("config_test", program=program, **{"is": "invalid"}).ok
    assert not root.ask("config_test", program=program, **{"is": "valid"}).ok


@pytest.mark.parametrize("script", ["exit 126", "kill -9 $$"])
def test_a_test_that_goes_wrong_itself_says_neither_valid_nor_invalid(root, script):
    root.has("nginx", script)
    for state in ("valid", "invalid"):
        result = root.ask("config_test", program="nginx", **{"is": state})
        assert not result.ok
        assert "ended with status" in result.detail


def test_of_two_php_fpm_none_is_taken(root):
    root.has("php-fpm8.2", "exit 0")
    assert root.ask("config_test", program="php-fpm", **{"is": "valid"}).ok
    root.has("php-fpm8.3", "exit 0")
    assert "there are 2 php-fpm here" in root.ask("config_test", program="php-fpm", **{"is": "valid"}).detail


def test_a_command_line_is_a_list_of_words_in_an_environment_of_our_own(root):
    root.has("mend", f'env >{root.folder}/environment; for word in "$@"; do echo "<$word>" >>{root.folder}/words; done')
    os.environ["AIOPS_LEAK"] = "() { :;}; echo"
    try:
        argv = {"argv.0": str(root.folder / "mend"), "argv.1": "; rm -rf /", "argv.2": "$(id) *"}
        assert root.ask("run", **argv).ok
    finally:
        del os.environ["AIOPS_LEAK"]
    assert (root.folder / "words").read_text().splitlines() == ["<; rm -rf />", "<$(id) *>"]
    found = {line.partition("=")[0] for line in (root.folder / "environment").read_text().splitlines()}
    assert found <= {"PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}


def test_a_command_line_that_fails_may_be_half_done(root):
    root.has("mend", "echo broken >&2; exit 3")
    result = root.ask("run", **{"argv.0": str(root.folder / "mend")})
    assert (result.half_done, result.detail) == (True, f"{root.folder}/mend ended with status 3: broken")


def test_a_file_is_restored_and_put_back_with_root_as_without(root, tmp_path):
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "app.json").write_text("{")
    (folder / "app.json.good").write_text("{}")
    command = vocabulary.command(
        "restore_file",
        {
            "path": str(folder / "app.json"),
            "path_root": str(folder),
            "from": str(folder / "app.json.good"),
            "from_root": str(folder),
        },
        privileged=True,
    )
    planned = root.words["restore_file"].plan(command)
    assert root.do(planned.command).ok
    assert (folder / "app.json").read_text() == "{}"
    assert planned.undo.privileged, "who did it takes it back"
    assert root.do(planned.undo).ok
    assert (folder / "app.json").read_text() == "{"
    assert names(folder) == ["app.json", "app.json.good"]
