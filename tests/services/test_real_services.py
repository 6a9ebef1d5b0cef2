"""Real nginx, PostgreSQL and redis, really broken: the agent finds what they wrote about it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.public import public_folder

pytestmark = [pytest.mark.services, pytest.mark.slow]
AGENT = Path(sys.executable).with_name("aiops-agent")
PATIENCE = 20.0


@pytest.fixture
def open_folder():
    """A folder that other users may enter: servers give up root."""
    with public_folder() as folder:
        yield folder


def needs(program: str) -> str:
    found = shutil.which(program) or next(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), None)
    if found is None and "CI" not in os.environ:
        pytest.skip(f"{program} is not installed")
    assert found, f"{program} is not installed, and this is CI"
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.05)
        else:
            return


@contextmanager
def running(argv: list[str], port: int, **how):
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        wait_for_port(port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def scanned(folder: Path, *logs: Path) -> dict[str, dict]:
    """Return the incidents of one tick by category."""
    config = folder / "config.yaml"
    paths = ", ".join(f'"{log}"' for log in logs)
    config.write_text(f"state_dir: {folder}/state\nsources:\n  - {{type: file, paths: [{paths}], start: beginning}}\n")
    answer = subprocess.run([AGENT, "scan", "--json", "--config", config], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return {incident["category"]: incident for incident in json.loads(answer.stdout)["incidents"]}


def get(port: int, path: str = "/") -> None:
    subprocess.run(["curl", "-s", "-o", "/dev/null", "-m", "5", f"http://127.0.0.1:{port}{path}"], check=False)


def test_nginx_without_its_upstream_with_a_forbidden_page_and_a_taken_port(open_folder):
    nginx = needs("nginx")
    port, dead = free_port(), free_port()
    secret = open_folder / "www" / "secret"
    secret.mkdir(parents=True)
    (secret / "index.html").write_text("x")
    secret.chmod(0o700)
    log = open_folder / "error.log"
    config = open_folder / "nginx.conf"
    config.write_text(f"""
        daemon off; pid {open_folder}/nginx.pid; error_log {log} info;
        events {{ worker_connections 64; }}
        http {{
            access_log off;
            client_body_temp_path {open_folder}/t1; proxy_temp_path {open_folder}/t2;
            fastcgi_temp_path {open_folder}/t3;
            uwsgi_temp_path {open_folder}/t4; scgi_temp_path {open_folder}/t5;
            server {{
                listen 127.0.0.1:{port};
                location / {{ proxy_pass http://127.0.0.1:{dead}; }}
                location /secret/ {{ root {open_folder}/www; }}
            }}
        }}""")
    with running([nginx, "-c", str(config), "-e", str(log)], port):
        get(port)
        get(port, "/secret/index.html")
        second = open_folder / "second.conf"
        second.write_text(config.read_text().replace("nginx.pid", "second.pid"))
        subprocess.run([nginx, "-c", str(second), "-e", str(log)], capture_output=True, timeout=PATIENCE, check=False)
    found = scanned(open_folder, log)
    assert {"connection_refused", "port_in_use"} <= set(found)
    if os.geteuid() == 0:  # the workers of a root nginx are another user
        assert "permission_denied" in found


def test_redis_that_cannot_save_and_one_that_finds_its_port_taken(open_folder):
    redis, client = needs("redis-server"), needs("redis-cli")
    port = free_port()
    log = open_folder / "redis.log"
    data = open_folder / "data"
    data.mkdir()
    argv = [redis, "--port", str(port), "--bind", "127.0.0.1", "--logfile", str(log), "--save", "", "--dir"]
    with running([*argv, str(data)], port):
        subprocess.run([client, "-p", str(port), "set", "a", "b"], check=True, capture_output=True)
        shutil.rmtree(data)
        subprocess.run([client, "-p", str(port), "save"], check=False, capture_output=True)
        subprocess.run([*argv, str(open_folder)], capture_output=True, timeout=PATIENCE, check=False)
    found = scanned(open_folder, log)
    assert {"missing_dependency", "port_in_use"} <= set(found)


@pytest.mark.skipif(os.geteuid() != 0, reason="starts PostgreSQL as its own user")
def test_postgresql_with_a_deadlock_a_bad_statement_a_wrong_password_and_a_bad_setting(open_folder):
    initdb, postgres, psql = needs("initdb"), needs("postgres"), needs("psql")
    home = open_folder / "pg"
    home.mkdir()
    shutil.chown(home, "postgres")
    data, log, port = home / "data", home / "postgresql.log", free_port()

    def as_postgres(*argv: str, **how):
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *argv]

    subprocess.run(
        as_postgres(initdb, "-D", str(data), "--auth-local=trust", "--auth-host=scram-sha-256"),
        check=True,
        capture_output=True,
    )
    settings = [
        "-c",
        f"port={port}",
        "-c",
        f"unix_socket_directories={home}",
        "-c",
        "logging_collector=off",
        "-c",
        "deadlock_timeout=100ms",
    ]
    with log.open("w") as out:
        process = subprocess.Popen(as_postgres(postgres, "-D", str(data), *settings), stderr=out, stdout=out)
        try:
            wait_for_port(port)
            ask = as_postgres(psql, "-h", str(home), "-p", str(port), "-d", "postgres", "-c")
            subprocess.run(
                [*ask, "create table t (i int, v int); insert into t values (1, 0), (2, 0)"],
                check=True,
                capture_output=True,
            )
            add = "update t set v = v + 1 where i = {}; "
            update = f"begin; {add} select pg_sleep(0.5); {add} commit"
            both = [
                subprocess.Popen([*ask, update.format(*pair)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for pair in ((1, 2), (2, 1))
            ]
            for one in both:
                one.wait(timeout=PATIENCE)
            subprocess.run([*ask, "select nothing_such from t"], capture_output=True, check=False)
            wrong = as_postgres(psql, "-h", "127.0.0.1", "-p", str(port), "-d", "postgres", "-c", "select 1")
            subprocess.run(wrong, capture_output=True, check=False, env={**os.environ, "PGPASSWORD": "wrong"})
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)
        bad = as_postgres(postgres, "-D", str(data), *settings, "-c", "shared_bufers=1")
        subprocess.run(bad, stderr=out, timeout=PATIENCE, check=False)
    found = scanned(open_folder, log)
    assert {"database_lock", "database_query", "authentication_failure", "config_error"} <= set(found)
