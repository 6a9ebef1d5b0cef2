"""`scan` over logs of containers and the journal, as a person configures them."""

import json
import os
import time

import pytest

from aiops_agent.cli.main import run

LINE = {"log": "OSError: [Errno 28] No space left on device\n", "stream": "stderr", "time": "2026-11-22T10:00:00.1Z"}


@pytest.fixture
def scan(tmp_path, capsys):
    """Return what a scan of these sources prints."""
    before = os.umask(0o022)

    def scanned(sources, *words):
        config = tmp_path / "config.yaml"
        config.write_text(f"state_dir: {tmp_path}/state\nsources: {json.dumps(sources)}\n")
        long_ago = time.time() - 3600
        os.utime(config, (long_ago, long_ago))
        assert run(["scan", *words, "--json", "--config", str(config)]) == 0
        return json.loads(capsys.readouterr().out)

    yield scanned
    os.umask(before)


@pytest.mark.slow
def test_a_containers_log_is_rehearsed_then_read_once(scan, tmp_path):
    log = tmp_path / "ab12-json.log"
    log.write_text(json.dumps(LINE) + "\n" + json.dumps({**LINE, "log": "fine\n"}) + "\n")
    sources = [{"type": "container", "paths": [str(log)], "service": "shop.service", "start": "beginning"}]
    rehearsed, found, again = scan(sources, "--dry-run"), scan(sources), scan(sources)
    assert [seen["errors"] for seen in (rehearsed, found, again)] == [1, 1, 0]
    assert found["bytes"] == log.stat().st_size
    [incident] = found["incidents"]
    assert (incident["category"], incident["service"], incident["source"]) == ("disk_full", "shop.service", str(log))


def test_a_container_that_writes_json_is_read_as_json(scan, tmp_path):
    log = tmp_path / "0.log"
    log.write_text('2026-11-22T10:00:00.1Z stderr F {"level":"error","msg":"No space left on device"}\n')
    [incident] = scan([{"type": "container", "paths": [str(log)], "start": "beginning"}])["incidents"]
    assert incident["title"] == "No space left on device"
