"""The words about units, processes, databases and whoever else is at work, on real ones."""

import fcntl
import getpass
import os
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from aiops_agent.model.connection import Connection
from aiops_agent.model.playbook import Planned
from aiops_agent.playbook import vocabulary
from aiops_agent.playbook.busy import AT_WORK, not_busy
from aiops_agent.playbook.executor import EmbeddedExecutor
from aiops_agent.playbook.inventory import Systemd, look
from aiops_agent.playbook.presence import started
from aiops_agent.ports import never
from tests.fakes import SteppingClock
from tests.playbook.world import ask, living

USER = getpass.getuser()


def program(folder: Path, name: str, script: str) -> EmbeddedExecutor:
    """An executor that finds this script under that name, and the system's programs."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return EmbeddedExecutor(SteppingClock(), path=f"{folder}:/usr/bin:/bin")


def unit(executor, verb="unit_state", **arguments):
    given = {"unit": "shop.service", **{name.rstrip("_"): value for name, value in arguments.items()}}
    return executor.run(vocabulary.command(verb, given), never)


def says(folder, **properties):
    lines = "\\n".join(f"{name}={value}" for name, value in {"LoadState": "loaded", **properties}.items())
    return program(folder, "systemctl", f'printf "{lines}\\n"')


# Units.


def test_a_unit_that_systemd_has_not_loaded_is_missing_and_so_is_one_it_says_nothing_of(tmp_path):
    systemd = Systemd(f"{tmp_path}:/usr/bin:/bin")
    says(tmp_path)
    assert systemd.missing("shop.service") is None
    says(tmp_path, LoadState="not-found")
    assert systemd.missing("shop.service") == "shop.service is not a loaded unit here (not-found)"
    program(tmp_path, "systemctl", "exit 1")
    assert "ended with status 1" in str(systemd.missing("shop.service"))
    assert Systemd(str(tmp_path / "nowhere")).missing("shop.service")


def test_a_unit_is_in_one_of_several_states(tmp_path):
    executor = says(tmp_path, ActiveState="inactive")
    assert unit(executor, is_="failed inactive").ok
    assert not unit(executor, is_="active failed").ok


def test_a_sub_state_a_time_and_restarts_are_compared_where_they_are_asked_for(tmp_path):
    ago = int((time.clock_gettime(time.CLOCK_MONOTONIC) - 60) * 1_000_000)
    executor = says(tmp_path, ActiveState="active", SubState="running", StateChangeTimestampMonotonic=ago, NRestarts=3)
    assert unit(executor, is_="active", sub="running", for_=50, restarts_below=4).ok
    assert not unit(executor, is_="active", sub="exited").ok
    assert not unit(executor, is_="active", for_=70).ok
    assert not unit(executor, is_="active", restarts_below=3).ok
    assert unit(executor, is_="active", for_=70).detail == "shop.service is active for 60 s"


def test_what_systemd_does_not_say_proves_nothing(tmp_path):
    executor = says(tmp_path, ActiveState="active")
    assert "does not say NRestarts" in unit(executor, is_="active", restarts_below=3).detail


def test_the_grace_is_over_when_host_and_unit_were_begun_long_enough_ago(tmp_path):
    now = time.clock_gettime(time.CLOCK_MONOTONIC)
    executor = says(tmp_path, InactiveExitTimestampMonotonic=int((now - 5) * 1_000_000))
    assert unit(executor, "past_grace", for_=1).ok
    assert "shop.service was begun 5 s ago" in unit(executor, "past_grace", for_=10).detail
    assert "the host was booted" in unit(executor, "past_grace", for_=10**9).detail
    never_begun = says(tmp_path, InactiveExitTimestampMonotonic=0)
    assert unit(never_begun, "past_grace", for_=1).ok


def test_the_main_process_of_a_unit_is_alive_or_gone(tmp_path):
    assert unit(says(tmp_path, MainPID=os.getpid()), "process_of", is_="alive").ok
    assert unit(says(tmp_path, MainPID=0), "process_of", is_="gone").ok


# Processes.


def test_a_process_is_present_by_its_program_and_its_user():
    with living() as process:
        executable = str(Path(f"/proc/{process.pid}/exe").readlink())
        for name in (executable, Path(executable).name):
            assert ask("process", executable=name, user=USER, is_="present").ok
            assert not ask("process", executable=name, user=USER, is_="absent").ok
            assert not ask("process", executable=name, user="nobody-here", is_="present").ok
    assert ask("process", executable="/usr/bin/not-there", user=USER, is_="absent").ok


def test_a_signal_reaches_the_very_process_that_was_found():
    with living() as process:
        found = f"{process.pid}/{started(process.pid)}"
        assert "another one than was found" in ask("signal", process=f"{process.pid}/1", name="TERM").detail
        assert process.poll() is None
        assert ask("signal", process=found, name="TERM").ok
        assert process.wait(timeout=5) == -15
    assert "is gone" in ask("signal", process=found, name="TERM").detail


def test_the_inventory_has_each_process_once_and_its_descendants_never():
    script = (
        "import subprocess, sys; p = subprocess.Popen(['cat'], executable='/bin/cat'); print('ready', flush=True); "
    )
    with living(sys.executable, "-c", script + "sys.stdin.read()") as process:
        found = look("process", {"executable": str(Path(f"/proc/{process.pid}/exe").resolve()), "user": USER})
        assert f"{process.pid}/{started(process.pid)}" in found or len(found) >= 1
        subprocess.run(["pkill", "-P", str(process.pid)], check=False)


def test_the_inventory_knows_the_mount_of_a_path(tmp_path):
    [mount] = look("mount", {"path": str(tmp_path)})
    assert os.path.ismount(mount)
    assert str(tmp_path).startswith(mount)
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(ValueError, match="reached through a link"):
        look("mount", {"path": str(tmp_path / "link")})


def test_the_inventory_knows_the_ports_of_a_program():
    script = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); "
        "sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        port = int(process.stdout.readline())
        executable = str(Path(f"/proc/{process.pid}/exe").readlink())
        assert port in look("port", {"executable": executable, "user": USER})
        process.stdin.close()
        process.wait()


# Databases.


@pytest.fixture
def shop(tmp_path) -> dict[str, Connection]:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER, state TEXT)")
        database.executemany("INSERT INTO orders VALUES (?, ?)", [(n, "stuck") for n in range(5)])
    database.close()
    return {"shop": Connection(type="sqlite", database=str(path))}


def query(connections, text, *, stopped=never, path="/usr/bin:/bin", within=10, connection="shop", **wanted):
    given = {"connection": connection, "query": text, "timeout": within}
    given |= {name.rstrip("_"): value for name, value in wanted.items()}
    executor = EmbeddedExecutor(SteppingClock(), connections=connections, path=path)
    return executor.run(vocabulary.command("sql", given), stopped)


def test_one_value_of_a_database_is_compared(shop):
    counted = "SELECT count(*) FROM orders WHERE state = 'stuck'"
    assert query(shop, counted, is_="5").ok
    assert query(shop, counted, above=4).ok
    assert not query(shop, counted, below=5).ok
    assert query(shop, counted, is_="4").detail == "shop says '5'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT id FROM orders", "gives 2 rows"),
        ("SELECT id FROM orders WHERE id = 99", "gives no rows"),
        ("SELECT state FROM orders LIMIT 1", "is no number to compare with"),
        ("SELECT price FROM orders", "no such column"),
        ("WITH a AS (SELECT 1) DELETE FROM orders", "readonly"),
    ],
)
def test_what_is_not_one_value_proves_nothing(shop, text, expected):
    result = query(shop, text, above=0)
    assert not result.ok
    assert expected in result.detail
    assert query(shop, "SELECT count(*) FROM orders", is_="5").ok


def test_a_connection_that_nobody_configured_is_named(shop):
    assert (
        "has no connection other (`connections:`); known: shop"
        in query(shop, "SELECT 1", connection="other", is_="1").detail
    )


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def test_a_query_ends_when_its_time_is_over_or_all_is_halted(shop):
    began = time.monotonic()
    assert "interrupted" in query(shop, ENDLESS, within=0.2, above=0).detail
    assert "interrupted" in query(shop, ENDLESS, stopped=lambda: True, above=0).detail
    assert time.monotonic() - began < 3


SERVER = Connection(type="postgresql", database="shop", host="127.0.0.1", port=5433, user="agent", password='se"cr\\et')


def test_postgresql_is_asked_read_only_by_a_list_of_words_and_the_password_is_in_none(tmp_path):
    program(tmp_path, "psql", f'printf "%s\\n" "$@" >{tmp_path}/words; env >{tmp_path}/environment; printf "7\\0"')
    path = f"{tmp_path}:/usr/bin:/bin"
    assert query({"shop": SERVER}, "SELECT 7", path=path, is_="7").ok
    words = (tmp_path / "words").read_text().splitlines()
    assert words[-6:] == [
        "--set=ON_ERROR_STOP=1", "--host=127.0.0.1", "--port=5433", "--username=agent", "--dbname=shop",
        "--command=SELECT 7",
    ]  # fmt: skip
    assert not any("se" in word and "cr" in word for word in words)
    environment = (tmp_path / "environment").read_text()
    assert "PGOPTIONS=-c statement_timeout=10000 -c default_transaction_read_only=on" in environment
    assert f"PGPASSWORD={SERVER.password}" in environment


def test_mysql_is_asked_read_only_and_finds_its_password_in_a_file_that_has_no_name(tmp_path):
    program(tmp_path, "mysql", f'printf "%s\\n" "$@" >{tmp_path}/words; cat "${{1#*=}}" >{tmp_path}/options; echo 7')
    server = Connection(
        type="mysql", database="shop", host="/run/mysqld/mysqld.sock", user="agent", password=SERVER.password
    )
    assert query({"shop": server}, "SELECT 7", path=f"{tmp_path}:/usr/bin:/bin", is_="7").ok
    words = (tmp_path / "words").read_text().splitlines()
    assert words[0].startswith("--defaults-file=/proc/self/fd/")
    assert "--socket=/run/mysqld/mysqld.sock" in words
    assert words[-1].endswith("START TRANSACTION READ ONLY; SELECT 7")
    assert (tmp_path / "options").read_text() == '[client]\npassword="se\\"cr\\\\et"\n'


def test_a_client_that_fails_or_is_missing_proves_nothing(tmp_path):
    program(tmp_path, "psql", "echo no route >&2; exit 2")
    assert (
        "psql ended with status 2: no route"
        in query({"shop": SERVER}, "SELECT 1", path=f"{tmp_path}:/usr/bin:/bin", is_="1").detail
    )
    assert not query({"shop": SERVER}, "SELECT 1", path="/absent", is_="1").ok


# Whoever else is at work.


def busy(root, *, known=frozenset(), mark="nobody's mark", **listed):
    """Ask with names that no other test, and nothing on this host, has."""
    numbered = {f"{key}.{n}": value for key, values in listed.items() for n, value in enumerate(values)}
    return not_busy(vocabulary.command("not_busy", numbered), never, root=str(root), known=known, mark=mark)


def test_a_program_that_is_named_or_known_is_waited_for(tmp_path):
    name = f"dump-{os.getpid()}"
    (tmp_path / name).symlink_to("/bin/sh")
    assert busy(tmp_path, processes=[name]).ok
    with living(str(tmp_path / name), "-c", "echo ready; read line"):
        assert busy(tmp_path).ok
        assert f"{name} is at work (process" in busy(tmp_path, processes=[name]).detail
        assert f"{name} is at work" in busy(tmp_path, known=frozenset({name})).detail


def test_a_script_is_known_by_its_own_name(tmp_path):
    script = tmp_path / f"play-{os.getpid()}"
    script.write_text("print('ready', flush=True); input()")
    with living(sys.executable, str(script)):
        assert f"{script.name} is at work" in busy(tmp_path, known=frozenset({script.name})).detail


def test_ansible_is_known_by_what_it_runs_here(tmp_path):
    mark = f"Ansibull{os.getpid()}_"
    with living(sys.executable, "-c", "print('ready', flush=True); input()", f"/tmp/{mark}apt.py"):
        assert "Ansible is at work" in busy(tmp_path, mark=mark).detail


def test_the_managers_of_packages_and_configurations_are_known():
    assert {"apt-get", "dpkg", "rpm", "dnf", "yum", "zypper", "pacman", "apk", "ansible-playbook"} <= AT_WORK
    assert not {"puppet", "salt-minion", "chef-client", "unattended-upgr", "python3"} & AT_WORK, "they always run"


def test_a_lock_of_a_package_manager_that_is_held_is_waited_for(tmp_path):
    lock = tmp_path / "var/lib/dpkg/lock-frontend"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        assert busy(tmp_path).ok, "it always lies there"
        fcntl.lockf(held, fcntl.LOCK_EX)
        assert busy(tmp_path).detail == "/var/lib/dpkg/lock-frontend is locked: nothing is touched meanwhile"


def test_a_lock_that_names_a_living_process_is_waited_for(tmp_path):
    lock = tmp_path / "opt/puppetlabs/puppet/cache/state/agent_catalog_run.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(f'"{os.getpid()}"')
    assert "the process that /opt/puppetlabs" in busy(tmp_path).detail
    lock.write_text("4194303\n")
    assert busy(tmp_path).ok


def test_a_job_of_salt_is_waited_for(tmp_path):
    jobs = tmp_path / "var/cache/salt/minion/proc"
    jobs.mkdir(parents=True)
    assert busy(tmp_path).ok
    (jobs / "20261123").touch()
    assert "Salt is at work" in busy(tmp_path).detail


# Disks.


def test_inodes_are_counted_as_df_counts_them(tmp_path):
    result = ask("inode_use", path=str(tmp_path), below=100)
    if "does not count inodes" in result.detail:
        pytest.skip(result.detail)
    used = os.statvfs(tmp_path)
    percent = 100 * (used.f_files - used.f_ffree) / used.f_files
    assert result.ok is (percent < 100)
    assert ask("inode_use", path=str(tmp_path), above=0).ok is (percent > 0)


def test_every_word_that_needs_root_is_refused_here():
    for verb in (name for name, word in vocabulary.VERBS.items() if word.privileged):
        command = vocabulary.command(verb, {"within": 1})
        assert EmbeddedExecutor(SteppingClock()).run(command, never).detail.startswith(f"{verb} needs root")


def test_a_word_that_is_done_as_root_is_refused_here(tmp_path):
    command = vocabulary.command("move_aside", {"path": "/a/b", "path_root": "/a"}, privileged=True)
    refused = EmbeddedExecutor(SteppingClock()).plan(command)
    assert not isinstance(refused, Planned)
    assert refused.detail == "move_aside needs root; this executor has none of it"
    assert command.timeout == timedelta(seconds=10)


UNITS = """\
shop-worker@1.service loaded active running Shop worker 1
shop-worker@2.service loaded failed failed Shop worker 2
shop-worker@3.service not-found inactive dead shop-worker@3.service
shop-workshop.service loaded active running Something else
"""


def test_the_inventory_has_the_loaded_units_whose_name_fits(tmp_path):
    (tmp_path / "units").write_text(UNITS)
    program(tmp_path, "systemctl", f'printf "%s\\n" "$@" >{tmp_path}/words; cat {tmp_path}/units')
    found = look("unit", {"named": "shop-worker@*.service", "state": "failed"}, path=f"{tmp_path}:/usr/bin:/bin")
    assert found == ["shop-worker@1.service", "shop-worker@2.service"], "the state is for systemd to judge"
    assert "--state=failed" in (tmp_path / "words").read_text().splitlines()


def test_the_inventory_says_when_systemd_does_not_answer(tmp_path):
    program(tmp_path, "systemctl", "exit 1")
    for name, chosen in (("unit", {"named": "shop*.service"}), ("port", {"unit": "shop.service"})):
        with pytest.raises(ValueError, match="systemctl ended with status 1"):
            look(name, chosen, path=f"{tmp_path}:/usr/bin:/bin")


def test_a_unit_without_a_process_listens_on_nothing(tmp_path):
    says(tmp_path, MainPID=0)
    assert look("port", {"unit": "shop.service"}, path=f"{tmp_path}:/usr/bin:/bin") == []
