"""`audit rotate-key` and `audit make-auditor-key`, as a person calls them."""

import json
import os
from datetime import timedelta

import pytest

from aiops_agent.audit.keys import FileKeys
from aiops_agent.cli.main import run
from aiops_agent.state.database import exclusive
from tests.cli.test_commands import FAULT, Shell

NAME = "aiops-agent.wrapping"


@pytest.fixture
def shell(tmp_path, capsys):
    before = os.umask(0o022)
    yield Shell(tmp_path, capsys)
    os.umask(before)


def entries(shell) -> list[dict]:
    code, out, err = shell("audit", "show", "--jsonl")
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


def wrapping_key(shell) -> bytes:
    return (shell.folder / "state/keys/wrapping.key").read_bytes()


def test_a_rotation_says_which_key_it_is_now_and_is_recorded_with_who_did_it(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    before = (shell.folder / "state/audit/00000001.aia1").read_bytes()
    old = wrapping_key(shell)
    code, out, err = shell("audit", "rotate-key")
    assert (code, err) == (0, "")
    assert wrapping_key(shell) != old
    assert sorted(path.name for path in (shell.folder / "state/keys").glob("wrapping*")) == ["wrapping.key"]
    [recorded] = [each for each in entries(shell) if each["action"] == "key.rotated"]
    assert recorded["actor"].startswith("user:")
    assert all(recorded["detail"][key] in out for key in ("old_key", "new_key"))
    assert (shell.folder / "state/audit/00000001.aia1").read_bytes().startswith(before)
    assert shell.json("audit", "verify")["intact"]
    assert any(each["action"] == "decision" for each in entries(shell)), "what was recorded before opens"


def test_one_rotation_follows_the_other(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    for _ in range(3):
        assert shell("audit", "rotate-key")[0] == 0
    rotated = [each["detail"] for each in entries(shell) if each["action"] == "key.rotated"]
    assert [each["new_key"] for each in rotated[:-1]] == [each["old_key"] for each in rotated[1:]]


def test_without_a_log_there_is_nothing_to_rotate_and_nothing_is_made(shell):
    (shell.folder / "state").mkdir(mode=0o700)
    code, _, err = shell("audit", "rotate-key")
    assert (code, "there is no audit log" in err) == (2, True)
    assert not (shell.folder / "state/keys").exists()


@pytest.mark.parametrize("lost", ["wrapping.key", "signing.key", "genesis.pub"])
def test_a_log_whose_key_is_lost_gets_no_new_one_by_rotation_either(shell, lost):
    shell.log.write_text(FAULT)
    shell.json("scan")
    (shell.folder / "state/keys" / lost).unlink()
    left = sorted(path.name for path in (shell.folder / "state/keys").iterdir())
    code, _, err = shell("audit", "rotate-key")
    assert (code, lost in err) == (3, True)
    assert sorted(path.name for path in (shell.folder / "state/keys").iterdir()) == left


def test_a_damaged_log_keeps_both_keys_and_the_next_rotation_ends_what_was_begun(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    segment = shell.folder / "state/audit/00000001.aia1"
    whole, old = segment.read_bytes(), wrapping_key(shell)
    segment.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert shell("audit", "rotate-key")[0] == 3
    assert (shell.folder / "state/keys/wrapping.old").read_bytes() == old
    segment.write_bytes(whole)
    new = wrapping_key(shell)
    assert shell("audit", "rotate-key")[0] == 0
    assert wrapping_key(shell) == new
    assert shell.json("audit", "verify")["intact"]


def test_it_waits_for_its_turn(shell, monkeypatch):
    shell.log.write_text(FAULT)
    shell.json("scan")
    before = wrapping_key(shell)
    monkeypatch.setattr("aiops_agent.cli.session.LOCK_WAIT", timedelta(0))
    with exclusive(shell.folder / "state"):
        assert shell("audit", "rotate-key")[0] == 2
    assert wrapping_key(shell) == before


def give(shell, monkeypatch, key: bytes | None) -> None:
    given = shell.folder / "credentials"
    given.mkdir(exist_ok=True)
    if key is not None:
        (given / NAME).write_bytes(key)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))


def test_of_a_credential_the_steps_are_told(shell, monkeypatch):
    shell.configure(audit="{key: {type: credential}}")
    give(shell, monkeypatch, os.urandom(32))
    shell.log.write_text(FAULT)
    shell.json("scan")
    code, _, err = shell("audit", "rotate-key")
    assert code == 2
    assert f"systemd-creds encrypt --name={NAME} - /etc/credstore.encrypted/{NAME}.new" in err
    assert f"LoadCredentialEncrypted={NAME}.old" in err


def test_every_command_uses_the_credential(shell, monkeypatch):
    shell.configure(audit="{key: {type: credential}}")
    give(shell, monkeypatch, os.urandom(32))
    shell.log.write_text(FAULT)
    shell.json("scan")
    assert shell("silence", "add", "--category", "timeout")[0] == 0
    assert not list((shell.folder / "state/keys").glob("wrapping*"))
    assert shell.json("audit", "verify")["intact"]
    assert {each["action"] for each in entries(shell)} >= {"decision"}


def test_outside_of_the_unit_the_log_is_verified_publicly_and_its_contents_are_not_shown(shell, monkeypatch):
    shell.configure(audit="{key: {type: credential}}")
    give(shell, monkeypatch, os.urandom(32))
    shell.log.write_text(FAULT)
    shell.json("scan")
    monkeypatch.delenv("CREDENTIALS_DIRECTORY")
    code, out, _ = shell("audit", "verify")
    assert (code, "intact" in out) == (0, True)
    code, out, err = shell("audit", "show", "--jsonl")
    assert (code, out) == (3, "")
    assert "systemd-run" in err


def test_the_doctor_finds_keys_that_a_credential_was_to_replace(shell, monkeypatch):
    shell.log.write_text(FAULT)
    shell.json("scan")
    give(shell, monkeypatch, wrapping_key(shell))
    shell.configure(audit="{key: {type: credential}}")
    code, out, _ = shell("doctor")
    assert code == 1
    assert "keys/wrapping.key lies in the clear" in out
    assert "keys/signing.key lies in the clear" in out
    (shell.folder / "state/keys/wrapping.key").unlink()
    assert shell("silence", "add", "--category", "timeout")[0] == 0
    out = shell("doctor")[1]
    assert "lies in the clear" not in out
    assert shell.json("audit", "verify")["intact"]


def test_the_doctor_finds_a_rotation_that_was_begun(shell):
    shell.log.write_text(FAULT)
    shell.json("scan")
    FileKeys(shell.folder / "state/keys").rotate()
    assert "a rotation was begun" in shell("doctor")[1]
    assert shell("audit", "rotate-key")[0] == 0
    assert "a rotation was begun" not in shell("doctor")[1]


def test_the_pair_of_an_auditor_is_made_and_used(shell, capsys):
    private = shell.folder / "auditor"
    assert run(["audit", "make-auditor-key", str(private)]) == 0
    said = capsys.readouterr().out
    assert "off every host" in said
    assert "audit: {auditor_key: /etc/aiops-agent/auditor.pub}" in said
    assert (shell.folder / "auditor.pub").read_text().strip() in said
    assert private.read_bytes().hex() not in said
    shell.configure(audit=f"{{auditor_key: {private}.pub}}")
    shell.log.write_text(FAULT)
    shell.json("scan")
    assert (shell.folder / "state/audit/00000001.aia1").read_bytes().count(b"AIA1\x01\x08") == 1
    assert shell.json("audit", "verify")["intact"]
    code = run(["audit", "make-auditor-key", str(private)])
    assert (code, "exists already" in capsys.readouterr().err) == (2, True)
