"""The wrapping key as a credential of systemd: what is on the disk opens nothing, and what is missing is not made."""

import os
import shutil
from pathlib import Path

import pytest

from aiops_agent.audit.credential import CredentialKeys
from aiops_agent.audit.journal import Journal
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.show import show
from aiops_agent.audit.verify import verify
from aiops_agent.errors import AuditError, UsageError
from tests.audit.logs import Log, entry

NAME = "aiops-agent.wrapping"


class Unit(Log):
    """A log whose wrapping key a unit of systemd is given."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.credentials: Path | None = folder / "credentials"
        self.given = folder / "credentials"
        self.given.mkdir()
        self.give(os.urandom(32))

    @property
    def keys(self) -> CredentialKeys:
        return CredentialKeys(self.key_folder, self.credentials, NAME)

    def give(self, key: bytes, name: str = NAME) -> None:
        (self.given / name).unlink(missing_ok=True)
        (self.given / name).write_bytes(key)
        (self.given / name).chmod(0o400)

    def rotate(self, *numbers: int) -> None:
        """Give it a new key beside the old one, as a person does."""
        self.give((self.given / NAME).read_bytes(), f"{NAME}.old")
        self.give(os.urandom(32))
        self.write(*map(entry, numbers))

    def subjects(self) -> list[str]:
        return [each.subject for each in show(self.audit, self.keys) if each.action == "decision"]


@pytest.fixture
def unit(tmp_path):
    return Unit(tmp_path)


def subjects_of(*numbers: int) -> list[str]:
    return [entry(number).subject for number in numbers]


def test_a_log_is_written_and_verified_with_its_contents(unit):
    unit.write(entry(1), entry(2))
    unit.write(entry(3))
    assert unit.subjects() == subjects_of(1, 2, 3)
    assert (unit.verify().intact, unit.verify().is_keyed) == (True, True)


def test_the_disk_holds_no_key_in_the_clear(unit):
    unit.write(entry(1))
    assert sorted(path.name for path in unit.key_folder.iterdir()) == ["genesis.pub", "signing.key"]
    with pytest.raises(AuditError, match="not a key of 32 bytes"):
        FileKeys(unit.key_folder).verifying_keys()
    assert (unit.given / NAME).read_bytes() not in (unit.key_folder / "signing.key").read_bytes()


def test_a_copy_of_the_disk_neither_opens_nor_signs(unit, tmp_path):
    unit.write(entry(1))
    (tmp_path / "thief").mkdir()
    thief = Unit(tmp_path / "thief")
    shutil.copytree(unit.audit, thief.audit)
    shutil.copytree(unit.key_folder, thief.key_folder)
    with pytest.raises(AuditError, match="encrypted with the wrapping key"):
        thief.write(entry(2))
    with pytest.raises(AuditError):
        thief.subjects()
    assert verify(thief.audit, None).intact


def test_a_command_outside_of_the_unit_is_told_how_to_be_inside(unit):
    unit.write(entry(1))
    unit.credentials = None
    with pytest.raises(AuditError, match=NAME) as refusal:
        unit.write(entry(2))
    assert "CREDENTIALS_DIRECTORY" in refusal.value.message
    assert f"systemd-run --pipe --wait --uid=aiops-agent -p LoadCredentialEncrypted={NAME} " in refusal.value.hint
    report = unit.verify()
    assert (report.intact, report.is_keyed) == (True, False)
    assert NAME in report.key_problem


def test_a_unit_without_the_credential_is_told_the_line_and_how_to_make_the_key_of_a_new_log(unit):
    (unit.given / NAME).unlink()
    with pytest.raises(AuditError, match=f"no credential {NAME}") as refusal:
        unit.write(entry(1))
    assert refusal.value.exit_code == 3
    assert f"LoadCredentialEncrypted={NAME} to the unit" in refusal.value.hint
    assert f"/etc/credstore.encrypted/{NAME}" in refusal.value.hint
    assert f"head -c 32 /dev/urandom | systemd-creds encrypt --name={NAME} -" in refusal.value.hint
    assert not unit.key_folder.exists()
    assert list(unit.given.iterdir()) == []


def test_of_a_log_that_exists_the_lost_credential_is_restored_and_never_made(unit):
    unit.write(entry(1))
    (unit.given / NAME).unlink()
    before = {path.name: path.read_bytes() for path in unit.key_folder.iterdir()}
    for attempt in (unit.keys.check, lambda: unit.write(entry(2)), lambda: unit.write(entry(3))):
        with pytest.raises(AuditError, match=f"no credential {NAME}") as refusal:
            attempt()
        assert "systemd-creds encrypt" in refusal.value.hint
        assert "BACKUP" in refusal.value.hint
        assert "urandom" not in refusal.value.hint
    assert {path.name: path.read_bytes() for path in unit.key_folder.iterdir()} == before
    assert list(unit.given.iterdir()) == []


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytes.hex(bytes(32)).encode()])
def test_a_credential_of_a_wrong_length_is_named(unit, key):
    unit.give(key)
    with pytest.raises(AuditError, match=f"{NAME} is not a key of 32 bytes"):
        unit.write(entry(1))


def test_a_credential_that_cannot_be_read_is_named(unit):
    (unit.given / NAME).unlink()
    (unit.given / NAME).mkdir()
    with pytest.raises(AuditError, match=f"{NAME} in .* cannot be read"):
        unit.write(entry(1))


def test_with_the_old_credential_beside_the_new_one_nothing_is_lost(unit):
    unit.write(entry(1))
    before = unit.segment(1).read_bytes()
    unit.rotate(2)
    assert unit.segment(1).read_bytes().startswith(before)
    assert unit.subjects() == subjects_of(1, 2)
    (unit.given / f"{NAME}.old").unlink()
    assert unit.subjects() == subjects_of(1, 2)
    unit.write(entry(3))
    assert unit.verify().is_keyed
    assert unit.verify().intact


def rekeys(unit: Unit) -> int:
    from tests.audit.logs import records

    return sum(record[5] == 7 for path in unit.audit.iterdir() for record in records(path.read_bytes()))


def test_while_the_old_credential_stays_the_log_is_told_once(unit):
    unit.write(entry(1))
    unit.rotate(2)
    unit.write(entry(3))
    unit.write(entry(4))
    assert rekeys(unit) == 1
    unit.rotate(5)
    assert rekeys(unit) == 2
    (unit.given / f"{NAME}.old").unlink()
    assert unit.subjects() == subjects_of(1, 2, 3, 4, 5)


def test_after_a_crash_in_the_session_of_the_new_key_the_old_credential_is_not_needed(unit):
    unit.write(entry(1))
    unit.give((unit.given / NAME).read_bytes(), f"{NAME}.old")
    unit.give(os.urandom(32))
    pid = os.fork()
    if pid == 0:
        Journal(unit.audit, unit.keys).append(entry(2))
        os._exit(0)
    os.waitpid(pid, 0)
    (unit.given / f"{NAME}.old").unlink()
    unit.write(entry(3))
    assert unit.subjects() == subjects_of(1, 2, 3)
    assert unit.verify().intact


def test_without_the_old_credential_a_new_one_opens_nothing_and_says_which_is_missing(unit):
    unit.write(entry(1))
    old = unit.keys.key_id.hex()
    unit.give(os.urandom(32))
    with pytest.raises(AuditError, match=old) as refusal:
        unit.write(entry(2))
    assert f"{NAME}.old" in refusal.value.hint


def test_the_key_of_the_state_survives(unit):
    unit.write(entry(1))
    path = unit.key_folder / "state.key"
    path.write_bytes(unit.keys.key_id + unit.keys.wrap(bytes(range(32)), b"AIA1 state key"))
    path.chmod(0o600)
    unit.rotate(2)
    (unit.given / f"{NAME}.old").unlink()
    content = path.read_bytes()
    assert unit.keys.unwrap(content[:8], content[8:], b"AIA1 state key") == bytes(range(32))


def test_a_log_whose_key_was_a_file_goes_on_with_that_key_as_a_credential(unit):
    FileKeys(unit.key_folder).create()
    journal = Journal(unit.audit, FileKeys(unit.key_folder))
    journal.append(entry(1))
    journal.close()
    unit.give((unit.key_folder / "wrapping.key").read_bytes())
    (unit.key_folder / "wrapping.key").unlink()
    unit.write(entry(2))
    assert unit.subjects() == subjects_of(1, 2)
    assert len((unit.key_folder / "signing.key").read_bytes()) == 68


def test_a_rotation_is_a_persons_work_of_which_the_steps_are_told(unit):
    unit.write(entry(1))
    for credentials in (unit.given, None):
        unit.credentials = credentials
        with pytest.raises(UsageError, match=NAME) as refusal:
            unit.keys.rotate()
        for word in (f"{NAME}.old", "systemd-creds encrypt", "systemd-creds decrypt", "LoadCredentialEncrypted="):
            assert word in refusal.value.hint


def test_when_both_credentials_are_there_the_command_takes_the_old_one_over_once(unit):
    unit.write(entry(1))
    before = unit.keys.key_id
    unit.give((unit.given / NAME).read_bytes(), f"{NAME}.old")
    unit.give(os.urandom(32))
    assert unit.keys.rotate() == (before, unit.keys.key_id)
    unit.write(entry(2))
    with pytest.raises(UsageError):
        unit.keys.rotate()
    (unit.given / f"{NAME}.old").unlink()
    assert unit.subjects() == subjects_of(1, 2)
