"""Attacks on what a playbook takes and touches (B01 to B16, C03 to C13, D09 to D15), each refused by name.

A value is hostile wherever it comes from: the source's configuration, the live inventory, the playbook itself.
"""

import os
import socket
import threading
from pathlib import Path

import pytest

from aiops_agent.errors import PlaybookError
from aiops_agent.model.playbook import Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.bind import Bound, Unbound, bind
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.load import load, load_folders
from aiops_agent.playbook.privileged import words
from aiops_agent.ports import never
from tests.fakes import SteppingClock
from tests.playbook.make import PARAMETERS, REPAIR, write
from tests.playbook.test_privileged import Root
from tests.playbook.world import ask, do, names, plan, planned

RESTART = """\
name: restart
version: 1
description: {en: Restart it.}
risk: low
for: {categories: [service_failure], services: ["*"]}
params:
  unit: {from: source.service}
  worker: {from: inventory.unit, named: "shop-worker@*.service"}
evidence: [{unit_state: {unit: $unit, is: failed}}]
steps: [{unit: {restart: $worker}}]
verify: {within: 60s, probes: [{unit_state: {unit: $unit, is: active}}]}
"""

NO_UNITS = {
    "B01 a second command": "; rm -rf /",
    "B01 a second command behind a unit": "nginx.service; rm -rf /",
    "B02 substitution": "$(id).service",
    "B02 backticks": "`id`.service",
    "B03 a second line": "nginx.service\nreboot.service",
    "B04 an option": "--force.service",
    "B04 an option of one letter": "-H.service",
    "B05 two units": "nginx.service other.service",
    "B06 a letter that looks alike": "nginх.service",
    "B07 a path": "../../etc/shadow.service",
    "B09 a NUL": "nginx\0.service",
    "B11 a long name": "n" * 5000 + ".service",
    "B14 Shellshock": "() { :;}; echo.service",
    "B15 a pattern": "*.service",
    "B15 a home": "~root.service",
    "B15 a variable": "$HOME.service",
}

NO_PATHS = {
    "B07 climbing": "/run/shop/../../etc/shadow",
    "B07 climbing from nowhere": "../../etc/shadow",
    "B08 relative": "shop/shop.lock",
    "B09 a NUL": "/run/shop/a\0b",
    "B10 a magic link": "/proc/self/root/etc/shadow",
    "B10 a descriptor": "/dev/fd/3",
    "B11 5,000 characters": "/" + "/".join(["n" * 99] * 50),
    "B11 a component of 300": "/run/shop/" + "n" * 300,
    "B15 a home": "~root/.ssh/id",
    "B15 a variable": "$HOME/.ssh/id",
}


@pytest.mark.parametrize("attack", NO_UNITS)
def test_no_unit_from_the_source_or_the_inventory_is_taken(tmp_path, attack):
    playbook = load(write(tmp_path, RESTART, "restart.yaml"))
    hostile = NO_UNITS[attack]
    for service, found in ((hostile, "shop-worker@1.service"), ("shop.service", hostile)):
        aimed = bind(playbook, service, {}, look=lambda name, given, found=found: [found])
        assert isinstance(aimed, Unbound)
        assert "is not a unit" in str(aimed)


def test_b06_a_unit_that_is_none_here_is_not_acted_on(tmp_path):
    root = Root(tmp_path)
    root.has("systemctl", 'printf "LoadState=not-found\\n"')
    assert "is not a loaded unit here" in root.ask("unit", restart="nqinx.service").detail


def test_b04_what_follows_the_two_dashes_is_no_option(tmp_path):
    root = Root(tmp_path)
    root.has_unit()
    root.ask("unit", restart="a-h.service")
    assert root.asked[-1].endswith("restart -- a-h.service")


@pytest.mark.parametrize("attack", NO_PATHS)
def test_no_path_from_the_source_is_taken(tmp_path, attack):
    aimed = bind(load(write(tmp_path)), "shop.service", {**PARAMETERS, "lock_file": NO_PATHS[attack]})
    assert isinstance(aimed, Unbound)


@pytest.mark.parametrize("attack", NO_PATHS)
@pytest.mark.parametrize("key", ["roots: [{}]", "busy: {{locks: [{}]}}"])
def test_no_path_of_the_playbook_itself_is_taken(tmp_path, attack, key):
    quoted = '"' + NO_PATHS[attack].replace("\0", "\\0") + '"'
    with pytest.raises(PlaybookError):
        load(write(tmp_path, REPAIR + key.format(quoted) + "\n"))


@pytest.mark.parametrize("attack", ["/etc/shadow", "/run/shop.lock", "/run/shopping/lock", "/run/shop"])
def test_b07_a_plain_path_outside_of_the_declared_roots_is_refused_when_it_is_aimed(tmp_path, attack):
    playbook = load(write(tmp_path, REPAIR + "roots: [/run/shop]\n"))
    aimed = bind(playbook, "shop.service", {**PARAMETERS, "lock_file": attack})
    assert "lies below none of the declared roots (/run/shop)" in str(aimed)


def test_b07_a_link_that_leaves_the_root_is_refused_when_it_is_done(tmp_path):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "shadow").write_text("root:x")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "way").symlink_to(tmp_path / "etc")
    (tmp_path / "run" / "file").symlink_to(tmp_path / "etc" / "shadow")
    for path in (tmp_path / "run/way/shadow", tmp_path / "run/file"):
        refused = plan("move_aside", path=str(path), path_root=str(tmp_path / "run"))
        assert "is a link" in refused.detail
    assert names(tmp_path / "etc") == ["shadow"]


def test_b15_no_shell_and_no_pattern_expands_a_word_of_a_command_line(tmp_path):
    root = Root(tmp_path)
    root.has("mend", f'for word in "$@"; do echo "$word" >>{tmp_path}/words; done')
    hostile = ["*", "~root", "$HOME", "`id`", "; reboot", "-rf"]
    argv = {f"argv.{n}": word for n, word in enumerate([str(tmp_path / "mend"), *hostile])}
    assert root.do(vocabulary.command("run", argv)).ok
    assert (tmp_path / "words").read_text().splitlines() == hostile


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "IFS", "PYTHONPATH"])
def test_b16_a_parameter_of_that_name_reaches_no_environment(tmp_path, name):
    aimed = bind(load(write(tmp_path)), "shop.service", {**PARAMETERS, name: "/tmp/x.so"})
    assert isinstance(aimed, Bound)
    commands = (*aimed.evidence, *aimed.steps, *aimed.verify)
    assert not any("/tmp/x.so" in map(str, command.arguments.values()) for command in commands)
    with pytest.raises(PlaybookError, match="must be a name of lower-case letters"):
        load(write(tmp_path, REPAIR.replace("url: {from", f"{name}: {{from").replace("$url", f"${name}")))


def test_b14_what_stands_in_the_environment_of_the_agent_reaches_no_program(tmp_path):
    root = Root(tmp_path)
    root.has("nginx", f"env >{tmp_path}/environment")
    os.environ["AIOPS_SHELLSHOCK"] = "() { :;}; echo"
    try:
        assert root.ask("config_test", program="nginx", **{"is": "valid"}).ok
    finally:
        del os.environ["AIOPS_SHELLSHOCK"]
    assert "SHELLSHOCK" not in (tmp_path / "environment").read_text()


FILE_CHANGES = ("move_aside", "restore_file", "compress", "delete_old")


def change(verb: str, folder: Path) -> dict[str, object]:
    """The arguments with which this word would change `app.log.1`, which is old, in this folder."""
    path = str(folder / "app.log.1")
    return {
        "move_aside": {"path": path},
        "restore_file": {"path": path, "from_": str(folder / "good")},
        "compress": {"directory": str(folder), "pattern": "app.log.[0-9]"},
        "delete_old": {"directory": str(folder), "pattern": "app.log.[0-9]", "older_than": "1s", "keep": 0},
    }[verb]


@pytest.fixture
def logs(tmp_path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "good").write_text("good")
    (folder / "app.log.1").write_text("line\n")
    os.utime(folder / "app.log.1", (0, 0))
    return folder


@pytest.mark.parametrize("verb", FILE_CHANGES)
def test_without_an_attack_each_of_them_changes_the_file(logs, verb):
    assert ask(verb, **change(verb, logs)).ok


@pytest.mark.parametrize("verb", FILE_CHANGES)
def test_c03_a_hard_link_to_the_file_of_another_is_left_alone(tmp_path, logs, verb):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.utime(victim, (0, 0))
    (logs / "app.log.1").unlink()
    os.link(victim, logs / "app.log.1")
    result = ask(verb, **change(verb, logs))
    assert not result.ok
    assert "has 2 names (hard links)" in result.detail
    assert victim.read_text() == "precious"
    assert (logs / "app.log.1").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("verb", FILE_CHANGES)
def test_c03_a_file_of_root_in_a_folder_of_the_service_is_left_alone(logs, verb):
    os.chown(logs, 4001, 4001)
    result = ask(verb, **change(verb, logs))
    assert not result.ok
    assert "is not of the owner of its folder" in result.detail
    assert (logs / "app.log.1").read_text() == "line\n"


@pytest.mark.parametrize("verb", FILE_CHANGES)
@pytest.mark.parametrize("by", ["link", "folder"])
def test_c04_a_folder_that_is_swapped_after_the_plan_keeps_its_files(tmp_path, logs, verb, by):
    changing = planned(verb, **change(verb, logs))
    logs.rename(tmp_path / "was")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("precious")
    if by == "link":
        logs.symlink_to(elsewhere)
    else:
        elsewhere.rename(logs)
        elsewhere = logs
    assert not do(changing.command).ok
    assert names(elsewhere) == ["precious"]
    assert (tmp_path / "was" / "app.log.1").read_text() == "line\n"


@pytest.mark.parametrize("name", [".app.log.1.restored", "app.log.1.gz.partial"])
def test_c11_a_temporary_name_that_somebody_foresaw_leads_nowhere(tmp_path, logs, name):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (logs / name).symlink_to(victim)
    for verb in ("restore_file", "compress"):
        ask(verb, **change(verb, logs))
    assert victim.read_text() == "precious"


@pytest.mark.slow
def test_c11_a_temporary_file_that_is_swapped_while_it_is_written_gets_nothing(tmp_path, logs):
    """A thread gives a victim the name of every temporary file that it sees: what is written there would be in it."""
    victim, over = tmp_path / "victim", threading.Event()
    victim.write_text("precious")
    trap, spare = logs / ".app.log.1.restored", logs / "spare"

    def swap() -> None:
        while not over.is_set():
            try:
                if trap.stat().st_nlink == 1:
                    os.link(victim, spare)
                    spare.replace(trap)
            except OSError:
                spare.unlink(missing_ok=True)

    attacker = threading.Thread(target=swap)
    attacker.start()
    try:
        for _ in range(100):
            for path in logs.glob("app.log.1*"):
                path.unlink()
            (logs / "app.log.1").write_text("line\n")
            changing = planned("restore_file", **change("restore_file", logs))
            do(changing.command)
            assert victim.read_text() == "precious"
    finally:
        over.set()
        attacker.join()


def test_c12_a_folder_on_another_mount_than_its_root_is_refused():
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        pytest.skip("there is no /dev/shm to write to")
    for verb in ("compress", "delete_old"):
        given = {"directory": str(shared), "directory_root": "/dev", "pattern": "a.[0-9]", "keep": 0, "most": 1}
        command = vocabulary.command(verb, {**given, "older_than": 1})
        executor = EmbeddedExecutor(SteppingClock())
        found = executor.plan(command)
        result = executor.run(found.command, never) if isinstance(found, Planned) else found
        assert "/dev/shm is on another mount than /dev" in result.detail


def fifo(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def link_to_a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o20600, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root can make a device")


@pytest.mark.parametrize("verb", FILE_CHANGES)
@pytest.mark.parametrize("make", [fifo, unix_socket, link_to_a_device, device])
def test_c13_a_log_that_has_become_a_device_is_left_alone(logs, verb, make):
    (logs / "app.log.1").unlink()
    make(logs / "app.log.1")
    assert not ask(verb, **change(verb, logs)).ok
    assert os.path.lexists(logs / "app.log.1")


@pytest.mark.parametrize("verb", ["move_aside", "restore_file"])
def test_c13_what_has_become_a_device_after_the_plan_is_left_alone(logs, verb):
    changing = planned(verb, **change(verb, logs))
    (logs / "app.log.1").unlink()
    os.mkfifo(logs / "app.log.1")
    assert "is not a regular file" in do(changing.command).detail
    assert (logs / "app.log.1").is_fifo()


HIGH = REPAIR.replace("risk: low", "risk: high")
FILES = {
    "D09 a key that stands twice": (REPAIR.replace("risk: low", "risk: low\nrisk: critical"), "stands twice"),
    "D09 a limit that stands twice": (REPAIR + "grace: 5m\ngrace: 1s\n", "stands twice"),
    "D10 an alias": (REPAIR + "roots: &a [/srv]\nbusy: {locks: *a}\n", "is an alias"),
    "D11 nesting": (REPAIR + "busy: " + "[" * 20_000, "nest"),
    "D11 probes within probes": (
        REPAIR.replace("- move_aside: {path: $lock}", "- " + "wait_until: {within: 1s, probe: {" * 9 + "x" + "}}" * 9),
        "nested deeper than",
    ),
    "D12 off": (REPAIR + "busy: off\n", "busy"),
    "D12 no": (REPAIR + "busy: no\n", "busy"),
    "D12 octal": (REPAIR + "throttle: {accumulate_within: {times: 010, within: 1m}}\n", "must be a whole number"),
    "D12 sexagesimal": (REPAIR + "grace: 12:30:45\n", "is not a duration"),
    "D14 a step that nobody knows": (REPAIR.replace("move_aside", "shell"), "shell: is not known here"),
    "D14 a probe that nobody knows": (REPAIR.replace("file_exists", "grep"), "grep: is not known here"),
    "D14 what only undoes": (REPAIR + "undo: [{put_back: {path: $lock, aside: $lock}}]\n", "put_back: is not known"),
    "D14 a probe within a step that nobody knows": (
        REPAIR.replace("move_aside: {path: $lock}", "wait_until: {within: 1s, probe: {eval: {code: x}}}"),
        "eval: is not known here",
    ),
    "D15 no undo at risk high": (HIGH, "undo: is missing; from risk high on"),
    "D15 no undo at risk critical": (HIGH.replace("risk: high", "risk: critical"), "undo: is missing"),
    "D15 an empty undo": (HIGH + "undo: []\n", "undo: is missing"),
}


@pytest.mark.parametrize("attack", FILES)
def test_a_playbook_file_that_attacks_is_refused_whole(tmp_path, attack):
    text, why = FILES[attack]
    catalogue = load_folders([write(tmp_path, text).parent])
    assert catalogue.all() == []
    assert any(why in str(fault) for fault in catalogue.faults), catalogue.faults


def test_d15_with_an_undo_it_loads(tmp_path):
    assert load(write(tmp_path, HIGH + "undo: [{move_aside: {path: $lock}}]\n")).undo


def test_d14_a_word_of_root_is_none_of_the_agent_and_the_other_way_round():
    root = set(words(SteppingClock(), path="/absent"))
    for verb, word in vocabulary.VERBS.items():
        if word.privileged:
            assert verb in root
    assert not root & {"http", "sql", "signal", "compress", "delete_old"}
