"""Full disks, wrong owners, signals, two at once, no network: nothing is lost, done twice or kept from people."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.emulators.slack_server import SlackServer
from tests.emulators.telegram_server import TelegramServer
from tests.journeys.machine import (
    CHECKOUT,
    FAILURE,
    KNOWN,
    NOBODY,
    Machine,
    needs_namespaces,
    open_to_all,
    small_disk,
    wait_until,
)

SLACK_TOKEN = "xoxb-12-34-right"
TELEGRAM_TOKEN = "12345:AAright"


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def open_machine():
    with open_to_all() as machine:
        yield machine


def faults(count: int) -> list[str]:
    words = ("amber", "birch", "cobalt", "dune", "ember", "fjord", "garnet", "hazel", "indigo", "jasper")
    return [
        f"2026-11-23 03:00:00,001 ERROR worker: the {words[n // 100]} {words[n // 10 % 10]} {words[n % 10]} gave way"
        for n in range(count)
    ]


# --- full disks


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 8, 40, 120, 400])
def test_t41_on_a_full_disk_nothing_is_acted_on_and_with_room_again_everything_is_found_once(machine, room):
    machine.can_repair()
    lines = [FAILURE, *faults(60)]
    machine.log.write_text("".join(f"{line}\n" for line in lines))
    with small_disk(machine.state, "4m") as (inside, disk):
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            file.write(b"x" * ((4 << 20) - (room << 10)))
        full = machine.run("scan", "--json", before=inside)
        assert full.code == 3, full.out
        assert "free space" in full.err or "space" in full.err
        assert machine.lock.exists(), "nothing is done that cannot be recorded"
        ballast.unlink()
        again = machine.run("scan", "--json", before=inside)
        assert again.code == 0, again.err
        counted = json.loads(machine.run("incidents", "list", "--json", before=inside).out)["incidents"]
        assert sum(incident["occurrences"] for incident in counted if incident["kind"] == "log") == len(lines)
        assert {incident["occurrences"] for incident in counted} == {1}
        assert machine.run("audit", "verify", "--json", before=inside).code == 0


@pytest.mark.slow
def test_with_no_room_for_a_report_the_scan_goes_on_and_the_letter_waits(machine):
    blocked = machine.folder / "reports"
    blocked.write_text("a file where a folder belongs")
    machine.configure(report_dir=str(blocked))
    machine.writes(KNOWN)
    assert machine.scan()["errors"] == 1
    [letter] = machine.run("outbox", "list", "--json").json["outbox"]
    assert (letter["destination"], letter["state"]) == ("files", "waiting")
    assert str(blocked) in letter["error"]
    blocked.unlink()
    assert machine.run("outbox", "retry", "--json").json["delivered"] == 1
    assert len(list(blocked.glob("*.txt"))) == 1


# --- things that are not what they should be


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("state", Path.touch),
        ("state/lock", Path.mkdir),
        ("state/state.db", Path.mkdir),
        ("state/lock", lambda path: path.symlink_to("/nonexistent/elsewhere")),
        pytest.param("state/audit", Path.touch, marks=pytest.mark.slow),
        pytest.param("state/keys", Path.touch, marks=pytest.mark.slow),
    ],
)
def test_what_stands_in_the_place_of_the_state_is_named(machine, name, make):
    place = machine.folder / name
    place.parent.mkdir(exist_ok=True)
    make(place)
    machine.writes(KNOWN)
    done = machine.run("scan")
    assert done.code == 3
    assert str(place.parent if name.endswith("keys") else place) in done.err
    assert "\n  " in done.err, "and the way out"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["quiet", "quiet.new", "cache"])
def test_what_is_only_there_to_save_time_may_fail(machine, name):
    (machine.state / name).mkdir(parents=True) if name != "cache" else machine.state.mkdir()
    if name == "cache":
        (machine.state / name).touch()
    machine.writes(KNOWN)
    assert machine.scan()["errors"] == 1
    assert machine.scan()["errors"] == 0


@pytest.mark.slow
def test_a_state_of_another_user_is_named_with_the_way_out(open_machine):
    machine = open_machine
    machine.writes(KNOWN)
    machine.state.mkdir(mode=0o755)
    for words in (["scan"], ["incidents", "list"], ["halt"], ["silence", "add", "--category", "timeout"]):
        done = machine.run_as_nobody(*words)
        assert done.code == 3, (words, done)
        assert "owner of state_dir" in done.err or "run `aiops-agent scan` first" in done.err
    machine.state.chmod(0o700)
    assert "owner of state_dir" in machine.run_as_nobody("scan").err


def test_a_configuration_that_cannot_be_read_or_is_a_folder_is_named(open_machine):
    machine = open_machine
    machine.config.chmod(0o600)
    done = machine.run_as_nobody("scan")
    assert (done.code, f"{machine.config}: cannot be read: Permission denied" in done.err) == (2, True)
    machine.config.unlink()
    machine.config.mkdir()
    done = machine.run("scan")
    assert (done.code, f"{machine.config}: cannot be read: Is a directory" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("locale: 2026-99-99", "config.yaml:1: locale"),
        ("locale: &a [*a]", "config.yaml: is not YAML that can be read"),
        ("locale: " + "[" * 5_000 + "]" * 5_000, "is not YAML"),
        ("locale: !!int many", "config.yaml: is not YAML that can be read"),
        ('knowledge_base: ["/a\\0b"]', "config.yaml:1: knowledge_base.0"),
        (
            "chat:\n- {type: slack, token: 'env:T', channel: a}\n- {type: slack, token: 'env:T', channel: b}",
            "config.yaml:3: chat.1.name",
        ),
    ],
)
def test_a_configuration_out_of_the_ordinary_is_refused_by_its_line(machine, text, fault):
    machine.environment["T"] = SLACK_TOKEN
    machine.config.write_text(text + "\n")
    done = machine.run("scan")
    assert done.code == 2
    assert fault in done.err


# --- files that people write


GOOD_ARTICLE = "---\nid: {0}\ntitle: {0}\ncategories: [unknown]\nsigns: [the thing with the other thing]\n---\nLook.\n"


@pytest.mark.slow
def test_broken_articles_and_missing_folders_are_named_once_and_good_ones_work(machine):
    own = machine.folder / "articles"
    own.mkdir()
    (own / "good.md").write_text(GOOD_ARTICLE.format("the-other-thing"))
    (own / "date.md").write_text("---\nid: dated\ntitle: 2026-99-99\ncategories: [unknown]\n---\nx\n")
    (own / "deep.md").write_text("---\nid: " + "[" * 5_000 + "\n---\nx\n")
    (own / "latin.md").write_bytes(b"---\nid: caf\xe9\n---\n")
    (own / "gone.md").symlink_to("nowhere")
    os.mkfifo(own / "fifo.md")
    missing = machine.folder / "no-such-folder"
    machine.configure(knowledge_base=f"[{own}, {missing}]")
    machine.writes(KNOWN)
    machine.scan()
    broken = (
        "articles/date.md",
        "articles/deep.md",
        "articles/fifo.md",
        "articles/gone.md",
        "articles/latin.md",
        missing.name,
    )
    assert machine.notices() == [f"refused file: {machine.folder}/{name}" for name in broken]
    told = machine.told()
    machine.writes(*faults(1))
    machine.scan()
    assert machine.told() == told + 1
    assert (
        machine.run("kb", "search", "the thing with the other thing", "--json").json["articles"][0]["id"]
        == "the-other-thing"
    )


@pytest.mark.slow
def test_broken_playbooks_are_named_once_and_good_ones_work(machine):
    machine.can_repair()
    own = machine.folder / "playbooks"
    (own / "date.yaml").write_text("name: 2026-99-99\n")
    (own / "deep.yaml").write_text("steps: " + "[" * 5_000 + "\n")
    (own / "binary.yaml").write_bytes(b"\x00\xff\xfe")
    (own / "empty.yaml").touch()
    (own / "link.yaml").symlink_to("remove-stale-lock.yaml")
    os.mkfifo(own / "fifo.yaml")
    assert {incident["outcome"] for incident in machine.scan()["incidents"]} == {"succeeded", None}
    assert not machine.lock.exists()
    names = ("binary", "date", "deep", "empty", "fifo", "link")
    assert machine.notices() == [f"refused file: {own}/{name}.yaml" for name in names]


# --- the model


@pytest.fixture
def installed(machine, tmp_path):
    """A copy of the package, so that its model can be damaged."""
    root = tmp_path / "installed"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "aiops_agent", root / "aiops_agent", ignore=ignored)
    for folder in ("playbooks", "knowledge_base"):
        shutil.copytree(CHECKOUT / folder, root / folder)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-P", "-m", "aiops_agent", *words]
        return subprocess.run(
            argv, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(root)}, cwd=root
        )

    return root / "aiops_agent" / "models", run


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.slow
@pytest.mark.parametrize("harm", [flipped, cut, Path.unlink])
@pytest.mark.parametrize("name", ["encoder/model.onnx", "encoder/tokenizer.json", "head.npz", "manifest.json"])
def test_a_model_that_is_not_the_shipped_one_stops_the_scan_and_no_line_is_lost(machine, installed, name, harm):
    models, run = installed
    whole = (models / name).read_bytes()
    harm(models / name)
    machine.writes(KNOWN)
    done = run("scan", "--json", "--config", str(machine.config))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert str(models) in done.stderr
    assert "reinstall" in done.stderr
    (models / name).write_bytes(whole)
    again = run("scan", "--json", "--config", str(machine.config))
    assert json.loads(again.stdout)["errors"] == 1, "offsets did not move"


@pytest.mark.slow
def test_the_model_reports_to_nobody(machine):
    home = machine.folder / "home"
    home.mkdir()
    machine.environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home), "ORT_DISABLE_TELEMETRY": "0"}
    machine.writes(KNOWN)
    machine.scan()
    assert list(home.iterdir()) == [], "no name of this device, no queue of events"


# --- signals


@pytest.mark.slow
@pytest.mark.parametrize(("number", "codes"), [(signal.SIGINT, {130}), (signal.SIGTERM, {0, -signal.SIGTERM})])
def test_a_scan_that_is_interrupted_at_any_moment_loses_nothing(machine, number, codes):
    lines = faults(300) * 3
    machine.log.write_text("".join(f"{line}\n" for line in lines))
    seen = set()
    for delay in (0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.3, 1.6, 2.0):
        process = machine.start("scan", "--json")
        time.sleep(delay)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        seen.add(process.returncode)
        if "aiops_agent" in err:
            assert "Traceback" not in err, (delay, err)
    assert codes <= seen, "told to end: at once while it starts, in good order once it reads"
    machine.scan()
    assert sum(machine.counts().values()) == len(lines)
    assert machine.run("audit", "verify").code == 0


@pytest.mark.slow
def test_a_repair_at_work_is_finished_when_the_scan_is_told_to_end(machine):
    machine.can_repair(probe="file_exists")
    process = machine.start("scan", "--json")
    wait_until(lambda: not machine.lock.exists())
    process.terminate()
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    found = json.loads(out)
    assert found["cut_short"] is None, "nothing was left to do"
    [incident] = found["incidents"]
    assert (incident["status"], incident["outcome"]) == ("open", "undone")
    assert machine.lock.exists()
    assert [action for action in machine.recorded() if action != "decision"] == ["intent", "step", "step", "result"]


@pytest.mark.slow
def test_a_repair_that_is_interrupted_is_looked_at_and_not_repeated(machine):
    machine.can_repair(probe="file_exists")
    process = machine.start("scan")
    wait_until(lambda: not machine.lock.exists())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode != 0
    assert "Traceback" not in err
    machine.scan()
    assert machine.recorded().count("step") == 2, "done once, and taken back once"
    assert machine.recorded()[-1] in ("result", "decision")
    [incident] = machine.run("incidents", "list", "--json").json["incidents"]
    assert (incident["status"], incident["outcome"]) == ("open", "undone")
    assert machine.lock.exists()


# --- who it runs as


@pytest.mark.slow
def test_root_acts_as_the_owner_of_the_state_and_leaves_no_file_of_its_own(open_machine):
    needs_namespaces()
    machine = open_machine
    machine.can_repair(mode="approve")
    machine.state.mkdir(mode=0o700)
    os.chown(machine.state, NOBODY, NOBODY)
    words = (
        ["scan", "--json"], ["incidents", "list"], ["halt"], ["resume"], ["outbox", "list"], ["approvals", "list"],
        ["silence", "add", "--category", "timeout"], ["scan", "--dry-run"], ["audit", "verify"], ["outbox", "flush"],
    )  # fmt: skip
    for each in words:
        done = machine.run_where_all_can_read(*each)
        assert done.code == 0, (each, done.err)
    owners = {path: path.stat().st_uid for path in machine.state.rglob("*")}
    assert len(owners) > 5
    assert set(owners.values()) == {NOBODY}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_is_told_when_the_owner_of_the_state_cannot_read_the_installation(open_machine):
    machine = open_machine
    hidden = machine.folder / "hidden"
    hidden.mkdir(mode=0o700)
    shutil.copytree(
        CHECKOUT / "aiops_agent", hidden / "aiops_agent", ignore=shutil.ignore_patterns("__pycache__", "models")
    )
    machine.state.mkdir()
    os.chown(machine.state, NOBODY, NOBODY)
    argv = [sys.executable, "-P", "-m", "aiops_agent", "scan", "--config", str(machine.config)]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd="/", env={**os.environ, "PYTHONPATH": str(hidden)}
    )
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "cannot read" in done.stderr


# --- two at once


@pytest.mark.slow
def test_t46_of_two_scans_at_once_one_works_and_the_other_says_so(machine):
    machine.can_repair(probe="file_exists")
    first = machine.start("scan", "--json")
    wait_until(lambda: not machine.lock.exists())
    began = time.monotonic()
    assert machine.scan()["skipped"] == "locked"
    assert time.monotonic() - began < 2
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert json.loads(out)["skipped"] is None


@pytest.mark.slow
def test_halt_stops_a_verification_within_a_second_and_the_step_is_taken_back(machine):
    machine.can_repair(probe="file_exists")
    scan = machine.start("scan", "--json")
    wait_until(lambda: not machine.lock.exists())
    halt = machine.start("halt")
    switch = machine.state / "halt"
    wait_until(switch.exists)
    assert wait_until(machine.lock.exists) < 1.0
    out, err = scan.communicate(timeout=20)
    assert scan.returncode == 0, err
    [incident] = json.loads(out)["incidents"]
    assert (incident["status"], incident["outcome"]) == ("open", "undone")
    assert halt.wait(timeout=20) == 0
    halt.communicate()
    assert [action for action in machine.recorded() if action != "decision"] == [
        "intent",
        "step",
        "step",
        "result",
        "halt",
    ]
    machine.writes(FAILURE)
    past_self_effect = time.time() + 61
    os.utime(machine.log, (past_self_effect, past_self_effect))
    assert machine.scan()["incidents"][0]["reason"] == "halted"


@pytest.mark.slow
def test_an_approval_that_two_people_give_at_once_is_one_run(machine):
    machine.can_repair(mode="approve")
    machine.scan()
    [question] = machine.run("approvals", "list", "--json").json["approvals"]
    both = [machine.start("approvals", "approve", question["id"]) for _ in range(2)]
    said = [(*process.communicate(timeout=60), process.returncode) for process in both]
    assert sorted(code for _, _, code in said) == [0, 2]
    assert all("Traceback" not in err for _, err, _ in said)
    assert machine.recorded().count("intent") == 1
    assert machine.recorded().count("approval.granted") == 1
    assert not machine.lock.exists()


# --- chats


def slack(url: str) -> str:
    return f'[{{type: slack, token: "env:SLACK", channel: C0OPS, base_url: "{url}"}}]'


def telegram(url: str, token: Path) -> str:
    return f'[{{type: telegram, token: "file:{token}", chat_id: "-100200300", base_url: "{url}"}}]'


def traces(machine: Machine, *said: str) -> bytes:
    files = [path.read_bytes() for path in machine.folder.rglob("*") if path.is_file() and path.suffix != ".token"]
    return b"".join([*files, *(text.encode() for text in said)])


@pytest.mark.slow
def test_without_a_network_letters_wait_and_are_delivered_once_when_it_is_back(machine):
    machine.environment["SLACK"] = SLACK_TOKEN
    token = machine.folder / "bot.token"
    token.touch(0o600)
    token.write_text(TELEGRAM_TOKEN + "\n")
    token.chmod(0o600)
    both = lambda one, other: f"[{slack(one)[1:-1]}, {telegram(other, token)[1:-1]}]"  # noqa: E731
    said = []

    def run(*words):
        done = machine.run(*words)
        said.extend((done.out, done.err))
        assert done.code == 0, done.err
        return done

    machine.configure(chat=both("http://127.0.0.1:1/api/", "http://127.0.0.1:1"))
    machine.writes(KNOWN)
    run("scan", "--json")
    waiting = json.loads(run("outbox", "list", "--json").out)["outbox"]
    assert {letter["destination"] for letter in waiting} == {"slack", "telegram"}
    assert all("cannot be reached" in letter["error"] for letter in waiting)
    here, there = SlackServer(SLACK_TOKEN), TelegramServer(TELEGRAM_TOKEN)
    with here.running() as one, there.running() as other:
        machine.configure(chat=both(one, other))
        run("outbox", "flush", "--json")
        assert (here.posted, there.sent) == ([], []), "the next try is not due yet"
        run("outbox", "retry", "--json")
        run("outbox", "retry", "--json")
        run("scan", "--json")
    assert (len(here.posted), len(there.sent)) == (1, 1)
    assert json.loads(run("outbox", "list", "--json").out)["outbox"] == []
    everything = traces(machine, *said)
    assert SLACK_TOKEN.encode() not in everything
    assert TELEGRAM_TOKEN.encode() not in everything


@pytest.mark.slow
def test_a_platform_that_asks_for_patience_is_given_it(machine):
    machine.environment["SLACK"] = SLACK_TOKEN
    server = SlackServer(SLACK_TOKEN)
    server.limit_rate(retry_after=600)
    with server.running() as url:
        machine.configure(chat=slack(url))
        machine.writes(KNOWN, *faults(2))
        machine.scan()
        assert (server.posted, server.next) == ([], []), "asked once, for all three letters"
        assert machine.run("outbox", "flush", "--json").json["delivered"] == 0
        waiting = machine.run("outbox", "list", "--json").json["outbox"]
        patience = [parsed(letter["next_at"]) - parsed(letter["created"]) for letter in waiting]
        assert [timedelta(minutes=9) < wait < timedelta(minutes=11) for wait in patience] == [True] * 3
        assert machine.run("outbox", "retry", "--json").json["waiting"] == [], "a person does not have to wait"
    assert len(server.posted) == 3


def parsed(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


@pytest.mark.slow
def test_a_token_that_is_refused_or_broken_is_told_without_showing_it(machine):
    wrong = "xoxb-99-very-secret"
    server = SlackServer(SLACK_TOKEN)
    with server.running() as url:
        for secret in (wrong, f"{wrong} with blanks"):
            machine.environment["SLACK"] = secret
            machine.configure(chat=slack(url))
            machine.writes(KNOWN if secret == wrong else faults(1)[0])
            done = machine.run("scan", "--json")
            assert done.code == 0
            shown = machine.run("outbox", "list", "--json")
            assert {letter["state"] for letter in shown.json["outbox"]} == {"dead"}
            assert wrong.encode() not in traces(machine, done.out, done.err, shown.out, shown.err)


@pytest.mark.slow
def test_a_chat_that_hangs_up_costs_no_letter(machine):
    machine.environment["SLACK"] = SLACK_TOKEN
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        taken = threading.Thread(target=hang_up)
        taken.start()
        machine.configure(chat=slack(f"http://127.0.0.1:{listener.getsockname()[1]}/api/"))
        machine.writes(KNOWN)
        assert machine.scan()["errors"] == 1
        taken.join()
    assert [letter["state"] for letter in machine.run("outbox", "list", "--json").json["outbox"]] == ["waiting"]
