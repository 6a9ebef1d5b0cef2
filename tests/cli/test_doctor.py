"""`doctor`: each of its checks on a good host and on a bad one."""

import json
import os
import socket
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aiops_agent.audit.auditor import make_pair
from aiops_agent.audit.journal import RESERVE, Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.publish import keep
from aiops_agent.audit.segments import list_segments
from aiops_agent.audit.walk import walk_tail
from aiops_agent.cli.doctor import CHECKS, examined
from aiops_agent.cli.health.finding import Level, Place
from aiops_agent.cli.health.places import room
from aiops_agent.cli.main import run
from aiops_agent.config import load as configuration
from aiops_agent.model.audit import AuditEntry
from aiops_agent.signing.ed25519 import SigningKey
from aiops_agent.state.database import opened
from aiops_agent.state.halt import Halt
from aiops_agent.wiring.library import Library
from tests.public import public_folder
from tests.sign import Signer

NOW = datetime.now(UTC).replace(microsecond=0)
SLACK = "xoxb-123456789012-abcdefABCDEF"


class Host:
    """A host in a folder, as it should be."""

    def __init__(self, folder: Path, capsys) -> None:
        self.folder = folder
        self.capsys = capsys
        self.state = folder / "state"
        self.state.mkdir(mode=0o700)
        self.token = folder / "slack.token"
        self.token.write_text(SLACK)
        self.token.chmod(0o600)
        (folder / "shop.log").write_text("INFO all is well\n")
        make_pair(folder / "auditor.key")
        self.path = folder / "config.yaml"
        self.signer = Signer(folder)
        self.signer.sign(*Library().playbooks.all(), now=NOW)
        self.lines = {
            "state_dir": str(self.state),
            "sources": f'[{{type: file, paths: ["{folder}/*.log"], service: shop.service}}]',
            "chat": f'[{{type: slack, token: "file:{self.token}", channel: "#ops"}}]',
            "signing": self.signer.settings,
            "audit": f"{{auditor_key: {folder}/auditor.key.pub, anchors: {{file: {folder}/anchors}}}}",
        }
        self.system = folder / "system"
        (self.system / "run/systemd/system").mkdir(parents=True)
        (self.system / "run/systemd/journal").mkdir(parents=True)
        wants = self.system / "etc/systemd/system/timers.target.wants"
        wants.mkdir(parents=True)
        (wants / "aiops-agent.timer").touch()
        opened(self.state / "state.db").close()
        self.record()

    def configure(self, **lines: str) -> None:
        self.lines |= lines
        self.path.write_text("".join(f"{key}: {value}\n" for key, value in self.lines.items()))
        self.path.chmod(0o600)

    @property
    def keys(self) -> FileKeys:
        return FileKeys(self.state / "keys", self.folder / "auditor.key.pub")

    def record(self, at: datetime = NOW, *, told: bool = True) -> None:
        journal = Journal(self.state / "audit", self.keys)
        journal.append(AuditEntry(at, "user:ann", "halt", "all", {}))
        journal.close()
        if told:
            keep(self.folder / "anchors", journal.anchor(), self.keys.log_id.hex(), at)

    def place(self, **changes) -> Place:
        self.configure()
        config = configuration.load(self.path, None)
        return replace(Place(config, NOW, {}, system=self.system), **changes)

    def __call__(self, name: str, **changes) -> str:
        """Return what one check says: its levels and details, a line each."""
        findings = CHECKS[name](self.place(**changes))
        return "\n".join(f"{finding.level.value}: {finding.detail}" for finding in findings)

    def command(self, *words: str) -> tuple[int, str]:
        code = run(["doctor", "--config", str(self.path), *words])
        said = self.capsys.readouterr()
        assert said.err == ""
        return code, said.out


@pytest.fixture
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def host(tmp_path, capsys, usual_umask):
    return Host(tmp_path, capsys)


@contextmanager
def nobody():
    """Be an ordinary user: root may read everything."""
    user = os.geteuid()
    try:
        os.seteuid(65534 if user == 0 else user)
        yield
    finally:
        os.seteuid(user)


@contextmanager
def journal(host):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(host.system / "run/systemd/journal/socket"))
        yield


@pytest.mark.parametrize("name", CHECKS)
def test_a_good_host_has_nothing_to_mend_and_nothing_to_better(host, name):
    with journal(host):
        said = host(name)
    assert said
    assert not [line for line in said.splitlines() if not line.startswith("ok: ")], said


def test_a_good_host_is_exit_0_and_each_check_stands_in_the_json(host):
    host.configure()
    code, out = host.command("--json")
    checks = json.loads(out)["checks"]
    assert code == 0, [check for check in checks if check["status"] == "fail"]
    assert [*dict.fromkeys(check["name"] for check in checks)] == ["configuration", *CHECKS]
    assert all(list(check) == ["name", "status", "detail", "hint"] for check in checks)
    assert {check["status"] for check in checks} <= {"ok", "warn"}


def test_a_host_with_something_to_mend_is_exit_1_with_the_way_out(host):
    host.configure()
    host.token.chmod(0o644)
    code, out = host.command()
    assert code == 1
    assert f"chmod 600 {host.token}" in out
    assert "1 to mend" in out


def test_a_wrong_configuration_is_exit_2_with_every_fault(host):
    host.configure(policy="{mode: bold}", colour="red")
    code, out = host.command("--json")
    assert code == 2
    faults = [check["detail"] for check in json.loads(out)["checks"] if check["status"] == "fail"]
    assert [("policy.mode" in fault, "colour" in fault) for fault in faults] == [(True, False), (False, True)]


def test_a_configuration_that_is_not_there_is_exit_2(host):
    host.path = host.folder / "none.yaml"
    assert host.command()[0] == 2


def test_doctor_changes_nothing(host):
    host.configure()
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in host.folder.rglob("*")}
    host.command()
    host.command("--full")
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in host.folder.rglob("*")} == before


def test_no_secret_is_ever_shown(host):
    host.configure(playbooks=f"[{host.folder}/playbooks]", knowledge_base=f'["/srv/{SLACK}"]')
    (host.folder / "playbooks").mkdir()
    (host.folder / "playbooks" / "x.yaml").write_text(f"steps: [{{http: https://ann:hunter2@shop/}}] # {SLACK}\n")
    for words in ([], ["--json"], ["--full"]):
        _, out = host.command(*words)
        assert "hunter2" not in out
        assert host.keys.genesis.hex() not in out
    assert "x.yaml:1 holds what looks like a" in out


def test_a_check_that_cannot_be_made_is_reported_and_hides_no_other(host, monkeypatch):
    def breaks(_: Place):
        raise ValueError(SLACK)
        yield

    monkeypatch.setitem(CHECKS, "disk", breaks)
    found = examined(host.place())
    assert [*dict.fromkeys(name for name, _ in found)] == [*CHECKS]
    [finding] = [finding for name, finding in found if name == "disk"]
    assert (finding.level, "ValueError in test_doctor.py" in finding.detail) == (Level.FAIL, True)
    assert SLACK not in finding.detail


def test_a_state_that_anyone_can_write_to_is_found_beside_all_the_rest(host):
    host.configure()
    host.state.chmod(0o777)
    code, out = host.command()
    assert code == 1
    assert "anyone on this host can write to" in out
    assert "model " in out


@pytest.mark.parametrize(("mode", "who"), [(0o666, "anyone"), (0o660, "the group")])
def test_a_configuration_that_others_can_write_is_found(host, mode, who):
    place = host.place()
    host.path.chmod(mode)
    said = [finding.detail for finding in CHECKS["config file"](place)]
    assert f"{host.path} can be written by {who}" in said[0]


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o770])
def test_a_state_that_others_can_enter_is_found(host, mode):
    host.state.chmod(mode)
    assert f"fail: {host.state} is open to others (mode {mode:o})" in host("state_dir")


def test_a_segment_that_others_can_read_is_found(host):
    host.record()
    [first, *_] = sorted((host.state / "audit").iterdir())
    first.chmod(0o640)
    assert f"fail: {first} is open to others (mode 640)" in host("state_dir")


def test_a_state_that_is_not_there_yet_is_only_said(host):
    host.configure(state_dir=f"{host.folder}/elsewhere", audit="{}")
    assert host("state_dir") == f"warn: {host.folder}/elsewhere is not there yet"
    for name in CHECKS:
        assert "fail" not in host(name), name


@pytest.mark.parametrize("name", ["wrapping.key", "signing.key", "genesis.pub"])
def test_a_key_that_others_can_read_is_found(host, name):
    (host.state / "keys" / name).chmod(0o604)
    assert f"fail: {host.state}/keys/{name} is open to others (mode 604)" in host("keys")


def test_a_key_that_is_gone_is_found(host):
    (host.state / "keys" / "wrapping.key").unlink()
    assert f"fail: {host.state}/keys holds no wrapping.key" in host("keys")
    assert [finding.level for name, finding in examined(host.place()) if name == "wrapping key"][-1] is Level.FAIL
    for key in (host.state / "keys").iterdir():
        key.unlink()
    (host.state / "keys").rmdir()
    assert "is gone, and there is a log" in host("keys")


def test_keys_in_a_folder_that_others_can_enter_are_found(host):
    (host.state / "keys").chmod(0o755)
    assert f"fail: {host.state}/keys is open to others" in host("keys")


def test_a_key_that_still_lies_in_the_clear_beside_its_credential_is_found(host):
    host.configure(audit="{key: {type: credential}}")
    assert "wrapping.key lies in the clear beside the credential aiops-agent.wrapping" in host("keys")


def test_a_credential_that_this_shell_was_not_given_is_said_to_be_untried(host):
    host.configure(audit="{key: {type: credential}}")
    assert "warn: systemd gives it to the unit, and not to this shell" in host("wrapping key")


def test_a_host_without_an_auditor_is_told_what_is_missing(host):
    host.configure(audit="{}")
    assert "can be rewritten by whoever takes the host over" in host("auditor")


def test_a_log_with_a_changed_byte_is_found(host):
    path = max((host.state / "audit").iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    for is_full in (False, True):
        assert host("audit log", is_full=is_full).startswith("fail: ")


def test_damage_in_an_old_segment_is_found_by_a_full_reading(host):
    host.record(NOW + timedelta(days=2))
    path = min((host.state / "audit").iterdir())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert host("audit log").startswith("ok: ")
    assert host("audit log", is_full=True).startswith("fail: not intact: 00000001.aia1")


def test_a_log_that_was_put_back_without_its_keys_is_found(host):
    before = {path: path.read_bytes() for path in (host.state / "audit").iterdir()}
    host.record()
    for path, content in before.items():
        path.write_bytes(content)
    assert "its end was cut off: the signing key knows of more records" in host("audit log")


def test_a_session_without_an_end_is_found(host):
    path = max((host.state / "audit").iterdir())
    with path.open("ab") as file:
        file.write(b"AIA1")
    assert "fail: its last session has no end" in host("audit log")


def test_anchors_that_nobody_hears_of_are_found(host):
    assert "warn: the journal of systemd is not told" in host("anchors")
    host.configure(audit="{anchors: {journal: false}}", chat="[]")
    assert "warn: nothing outside of this host knows where the log stands" in host("anchors")


def test_records_behind_the_newest_anchor_are_counted(host):
    before = walk_tail(list_segments(host.state / "audit"), None).position.records
    host.record(told=False)
    records = walk_tail(list_segments(host.state / "audit"), None).position.records
    later = NOW + timedelta(hours=7, minutes=5)
    said = host("anchors", now=later)
    assert (
        f"warn: {records - before} of {records} records are behind the newest anchor in {host.folder}/anchors (of "
        in said
    )
    assert "7 hours ago)" in said


def test_a_log_that_is_gone_is_found_by_its_anchors(host):
    for segment in (host.state / "audit").iterdir():
        segment.unlink()
    assert "records, and 0 are here" in host("anchors")


def test_a_log_that_was_put_in_the_place_of_another_is_found_by_the_anchors_of_that(host):
    for folder in ("audit", "keys"):
        for path in (host.state / folder).iterdir():
            path.unlink()
    host.record(told=False)
    assert "knows of another log only" in host("anchors")
    host.record()
    assert "knows of another log only" not in host("anchors"), "whoever began it did so in the open"


def test_a_log_that_is_shorter_than_its_anchors_is_found(host):
    kept = {path: path.read_bytes() for path in host.state.rglob("*") if path.is_file()}
    host.record()
    for path, content in kept.items():
        path.write_bytes(content)
    assert "the log was cut off or put back" in host("anchors")


def test_a_file_of_anchors_that_cannot_be_written_is_found(host):
    (host.folder / "anchors").unlink()
    host.configure(audit=f"{{anchors: {{file: {host.folder}/none/anchors}}}}")
    assert f"fail: {host.folder}/none/anchors cannot be written" in host("anchors")
    (host.folder / "none").mkdir()
    assert "warn: " + f"{host.folder}/none/anchors holds no anchor yet" in host("anchors")
    (host.folder / "none" / "anchors").mkdir()
    assert "is no plain file" in host("anchors")


def test_a_clock_that_was_set_back_is_found(host):
    host.record(NOW + timedelta(minutes=10))
    assert "fail: the last record is of" in host("clock")
    assert "fail: it is 1970-01-01T00:00:00Z" in host("clock", now=datetime(1970, 1, 1, tzinfo=UTC))


def test_a_log_that_has_been_silent_for_more_than_a_day_is_found(host):
    assert "warn: nothing is recorded since" in host("clock", now=NOW + timedelta(hours=27))


def disk(*, bytes_free: int, files_free: int, files: int = 100_000) -> os.statvfs_result:
    return os.statvfs_result((4096, 4096, 1 << 30, 1 << 30, bytes_free // 4096, files, files_free, files_free, 0, 255))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (disk(bytes_free=1 << 30, files_free=90_000), ["ok"]),
        (disk(bytes_free=100 << 20, files_free=90_000), ["warn", "ok"]),
        (disk(bytes_free=10 << 20, files_free=90_000), ["fail", "ok"]),
        (disk(bytes_free=1 << 30, files_free=10), ["fail", "ok"]),
        (disk(bytes_free=1 << 30, files_free=0, files=0), ["ok"]),
    ],
)
def test_a_disk_without_room_is_found(tmp_path, found, said):
    assert [finding.level.value for finding in room(tmp_path, found)] == said


def test_a_reserve_that_holds_nothing_is_found(host):
    (host.state / RESERVE).unlink()
    assert "does not hold 256 KiB for the last words" in host("reserve")
    with (host.state / RESERVE).open("wb") as file:
        file.truncate(256 << 10)
    assert "does not hold" in host("reserve"), "a hole holds no block"


@pytest.mark.usefixtures("usual_umask")
def test_a_log_that_may_not_be_read_is_found(capsys):
    with public_folder() as folder:
        host = Host(folder, capsys)
        place = host.place()
        (folder / "shop.log").chmod(0)
        with nobody():
            said = [finding.detail for finding in CHECKS["sources"](place)]
    assert said == [f"{folder}/*.log: may not be read: {folder}/shop.log"]


def test_sources_that_give_nothing_are_found(host):
    host.configure(sources='[{type: file, paths: ["/does/not/exist.log"]}]')
    assert host("sources").startswith("warn: /does/not/exist.log: no file of that name is there")
    host.configure(sources="[]")
    assert "nothing is read" in host("sources")


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o660])
def test_a_token_that_others_can_read_is_found(host, mode):
    host.token.chmod(mode)
    assert f"fail: slack: {host.token} is open to others (mode {mode:o})" in host("chats")


def test_a_token_that_is_missing_or_empty_is_found(host):
    host.token.write_text("")
    assert "is empty" in host("chats")
    host.token.unlink()
    assert "No such file" in host("chats")


def test_a_token_that_only_the_unit_has_is_said_to_be_unseen(host):
    host.configure(chat='[{type: telegram, token: "env:TELEGRAM_TOKEN", chat_id: 7}]')
    assert "warn: telegram: env:TELEGRAM_TOKEN is not given to this shell" in host("chats")
    assert "warn" not in host("chats", environment={"TELEGRAM_TOKEN": "1"})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("chat", '[{type: slack, token: "file:/t", channel: "#ops", base_url: "https://ann:hunter2@gateway/"}]'),
        ("sources", "[{type: file, paths: [/srv/a.log], service: a.service, parameters: {health_password: hunter2}}]"),
        ("sources", f"[{{type: file, paths: [/srv/a.log], service: a.service, parameters: {{x: {SLACK}}}}}]"),
        ("locale", f"en  # {SLACK}"),
    ],
    ids=["userinfo", "by its name", "by its form", "in a comment"],
)
def test_a_plain_secret_in_the_configuration_is_found_with_its_line(host, key, value):
    host.configure(**{key: value})
    line = [*host.lines].index(key) + 1
    said = host("plain secrets")
    assert f"fail: {host.path}:{line} holds what looks like a" in said
    assert "hunter2" not in said
    assert SLACK not in said


def test_references_names_of_people_and_addresses_are_no_secrets(host):
    parameters = "{owner: ops@example.com, health_url: http://127.0.0.1:8080/healthz}"
    host.configure(
        chat='[{type: telegram, token: "env:TELEGRAM_TOKEN", chat_id: "-1001234567890", base_url: "http://10.0.0.1:1"}]',
        sources=f'[{{type: file, paths: ["/srv/token/password.log"], service: a.service, parameters: {parameters}}}]',
    )
    assert host("plain secrets").startswith("ok: ")


def test_that_nothing_runs_it_is_found(host):
    [enabled] = (host.system / "etc/systemd/system").glob("*.wants/*")
    enabled.rename(enabled.with_name("aiops-agent-daemon.service"))
    assert host("unit") == "ok: aiops-agent-daemon.service is enabled"
    enabled.touch()
    assert host("unit").startswith("warn: both ")
    for unit in enabled.parent.iterdir():
        unit.unlink()
    assert host("unit").startswith("fail: neither aiops-agent.timer nor aiops-agent-daemon.service is enabled")
    (host.system / "run/systemd/system").rmdir()
    assert host("unit").startswith("ok: systemd does not run this host")


def test_a_damaged_state_and_a_halt_are_found(host):
    Halt(host.state / "halt").set("user:ann", NOW)
    assert host("state").startswith("warn: halted")
    (host.state / "state.db").write_bytes(b"not a database" * 100)
    assert [finding.level for name, finding in examined(host.place()) if name == "state"] == [Level.FAIL]


def test_a_playbook_that_is_refused_is_found(host):
    (host.folder / "playbooks").mkdir()
    (host.folder / "playbooks" / "x.yaml").write_text("name: x\n")
    host.configure(playbooks=f"[{host.folder}/playbooks]")
    said = host("library")
    assert said.count(f"warn: {host.folder}/playbooks/x.yaml:1: ") == 1, "one file, one line"
    assert ", and 4 more" in said


def test_what_does_not_run_by_itself_is_said_in_mode_auto(host):
    host.signer.sign(*Library().playbooks.all()[1:], now=NOW)
    assert host("signatures").startswith("ok: number 2 of ")
    host.lines["policy"] = "{mode: auto}"
    assert "warn: not signed as they stand, and so not run by themselves: compress-rotated-logs" in host("signatures")


def test_what_expires_within_a_month_is_said(host):
    host.signer.sign(*Library().playbooks.all(), now=NOW, lasting=timedelta(days=29))
    assert host("signatures").startswith("warn: signed for less than 30 days more: compress-rotated-logs, ")


def test_keys_that_others_can_write_to_are_found(host):
    host.signer.rules.trusted.chmod(0o777)
    assert "chmod go-w; no key is trusted" in host("signatures")


def test_a_manifest_of_a_revoked_key_is_found(host):
    host.signer.revoke(host.signer.key)
    assert "that signed it is revoked" in host("signatures")


def test_signatures_that_have_expired_are_found(host):
    assert "expired: compress-rotated-logs, " in host("signatures", now=NOW + timedelta(days=366))


def test_a_key_that_signs_and_that_the_agent_can_read_is_found(host):
    SigningKey.make().keep(host.folder / "ann.key", b"four words that nobody")
    assert "ann.key is a private key that the agent can read" in host("signatures")


def test_a_quick_look_takes_no_more_than_the_last_segment(host):
    for day in range(1, 20):
        host.record(NOW + timedelta(days=day))
    began = time.monotonic()
    host("audit log")
    assert time.monotonic() - began < 1
