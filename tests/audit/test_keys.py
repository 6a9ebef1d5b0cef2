"""The keys of a log: what may lie in their folder, what they open, and how a key that cannot be used is named."""

import os
import stat
from pathlib import Path

import pytest

from aiops_agent.audit.credential import CredentialKeys
from aiops_agent.audit.keys import FileKeys, Keys
from aiops_agent.audit.show import show
from aiops_agent.audit.wrapping import hand_over, name_key, take_over
from aiops_agent.errors import AuditError
from tests.audit.logs import Log, entry
from tests.public import public_folder

NAME = "aiops-agent.wrapping"
NOBODY = 65534
LOG_ID = bytes(16)


def credential_keys(folder: Path) -> CredentialKeys:
    credentials = folder / "credentials"
    credentials.mkdir(exist_ok=True)
    if not (credentials / NAME).exists():
        (credentials / NAME).write_bytes(os.urandom(32))
    return CredentialKeys(folder / "keys", credentials, NAME)


def file_keys(folder: Path) -> FileKeys:
    return FileKeys(folder / "keys")


@pytest.fixture(params=[file_keys, credential_keys])
def make(request, tmp_path):
    """Return what gives the keys as a new process has them."""

    def made() -> Keys:
        return request.param(tmp_path)

    made().create()
    return made


def test_another_process_opens_what_was_wrapped_in_the_same_context_only(make):
    wrapped = make().wrap(b"secret", b"here")
    assert make().unwrap(make().key_id, wrapped, b"here") == b"secret"
    assert make().unwrap(make().key_id, wrapped, b"there") is None
    assert make().unwrap(bytes(8), wrapped, b"here") is None
    assert make().unwrap(make().key_id, wrapped[:20], b"here") is None


def test_only_the_current_key_is_known_before_a_rotation(make):
    assert make().knows(make().key_id)
    assert not make().knows(bytes(8))
    assert make().owed_rekey() is None


def test_all_files_are_for_their_owner_alone_under_any_umask(tmp_path):
    before = os.umask(0)
    try:
        FileKeys(tmp_path / "files").create()
        CredentialKeys(tmp_path / "sealed", credential_keys(tmp_path)._credentials, NAME).create()
        FileKeys(tmp_path / "files").rotate()
    finally:
        os.umask(before)
    for folder in (tmp_path / "files", tmp_path / "sealed"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_a_successor_is_adopted_when_the_log_has_announced_it(make):
    private = os.urandom(32)
    make().prepare_successor(private)
    announced = make().verifying_keys()[1]
    assert make().signing_key(announced) == private
    assert make().verifying_keys() == [announced]


def as_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_link(path: Path) -> None:
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))


def as_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def open_to_the_group(path: Path) -> None:
    path.chmod(0o640)


def one_byte_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def one_byte_long(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


WRONGS = (Path.unlink, as_directory, as_link, as_fifo, open_to_the_group, one_byte_short, one_byte_long, empty)


@pytest.mark.parametrize("name", ["wrapping.key", "signing.key", "genesis.pub"])
@pytest.mark.parametrize("spoil", WRONGS, ids=lambda spoil: spoil.__name__)
def test_a_key_that_cannot_be_used_is_named_and_the_log_takes_nothing_more(tmp_path, name, spoil):
    log = Log(tmp_path)
    log.write(entry(1))
    spoil(log.key_folder / name)
    before = sorted(path.name for path in log.key_folder.iterdir())
    for attempt in (log.keys.check, lambda: log.write(entry(2))):
        with pytest.raises(AuditError, match=name) as refusal:
            attempt()
        assert refusal.value.exit_code == 3
        assert refusal.value.hint
    assert sorted(path.name for path in log.key_folder.iterdir()) == before


@pytest.mark.parametrize("spoil", [as_fifo, as_directory])
def test_what_is_no_plain_file_is_called_that_and_holds_nobody_up(tmp_path, spoil):
    log = Log(tmp_path)
    log.write(entry(1))
    spoil(log.key_folder / "wrapping.key")
    with pytest.raises(AuditError, match=r"no plain file|Is a directory"):
        log.keys.check()


@pytest.mark.parametrize("spoil", WRONGS, ids=lambda spoil: spoil.__name__)
def test_an_old_wrapping_key_that_cannot_be_used_is_named(tmp_path, spoil):
    log = Log(tmp_path)
    log.write(entry(1))
    log.keys.rotate()
    spoil(log.key_folder / "wrapping.old")
    if spoil is Path.unlink:
        assert not log.keys.knows(bytes(8))
        return
    with pytest.raises(AuditError, match=r"wrapping\.old"):
        log.keys.owed_rekey()


@pytest.mark.skipif(os.geteuid() != 0, reason="another user is needed")
def test_keys_of_another_user_are_named_with_who_may_read_them():
    with public_folder() as folder:
        log = Log(folder)
        log.write(entry(1))
        pid = os.fork()
        if pid == 0:
            os.setuid(NOBODY)
            try:
                log.keys.check()
            except AuditError as error:
                os._exit(0 if "Permission denied" in error.message and "own user" in error.hint else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_without_the_signing_key_what_was_recorded_can_still_be_read_and_verified(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    (log.key_folder / "signing.key").unlink()
    assert list(show(log.audit, log.keys)) == [entry(1)]
    assert log.verify().intact
    assert "signing.key" in log.verify().key_problem


def test_without_the_genesis_it_cannot_be_read_until_that_is_put_back_from_where_it_was_pinned(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    pinned = log.keys.genesis
    (log.key_folder / "genesis.pub").unlink()
    with pytest.raises(AuditError, match=r"genesis\.pub"):
        list(show(log.audit, log.keys))
    (log.key_folder / "genesis.pub").write_bytes(pinned)
    (log.key_folder / "genesis.pub").chmod(0o600)
    assert list(show(log.audit, log.keys)) == [entry(1)]
    log.write(entry(2))
    assert log.verify().intact


def test_a_signing_key_from_a_backup_before_the_last_session_is_refused(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    older = (log.key_folder / "signing.key").read_bytes()
    log.write(entry(2))
    (log.key_folder / "signing.key").write_bytes(older)
    with pytest.raises(AuditError, match="knows of more"):
        log.write(entry(3))


def test_a_key_that_another_process_replaced_is_read_anew(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    keys = log.keys
    before = keys.key_id
    old, new = log.keys.rotate()
    assert (before, keys.key_id) == (old, new)


def test_no_new_keys_are_made_where_something_hangs_on_those_that_are_gone(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    keys = log.keys
    (log.key_folder / "state.key").write_bytes(keys.key_id + keys.wrap(bytes(32), b"AIA1 state key"))
    (log.key_folder / "state.key").chmod(0o600)
    (log.key_folder / "genesis.pub").unlink()
    before = (log.key_folder / "wrapping.key").read_bytes()
    with pytest.raises(AuditError, match=r"genesis\.pub is gone"):
        log.write(entry(1))
    assert (log.key_folder / "wrapping.key").read_bytes() == before


def test_a_key_is_handed_over_to_the_one_it_was_handed_to_and_to_no_other():
    old, new, other = os.urandom(32), os.urandom(32), os.urandom(32)
    body = hand_over(LOG_ID, old, new)
    assert len(body) == 8 + 8 + 12 + 48
    assert body[:16] == name_key(old) + name_key(new)
    assert take_over(LOG_ID, new, body) == old
    assert take_over(LOG_ID, other, body) is None
    assert take_over(bytes(15) + b"1", new, body) is None
    for place in range(len(body)):
        forged = bytearray(body)
        forged[place] ^= 1
        assert take_over(LOG_ID, new, bytes(forged)) is None, place


def test_a_key_handed_over_under_the_id_of_another_is_not_taken():
    """Who has the new key can write such a record: it must not put a key of his choice in the place of a real one."""
    real, chosen, new = os.urandom(32), os.urandom(32), os.urandom(32)
    from aiops_agent.audit.wrapping import wrap

    names = name_key(real) + name_key(new)
    assert take_over(LOG_ID, new, names + wrap(new, chosen, b"AIA1 rekey" + LOG_ID + names)) is None


def test_keys_are_learnt_one_from_the_other_from_the_newest_back(tmp_path):
    log = Log(tmp_path)
    log.keys.create()
    wrapped, bodies, ids = log.keys.wrap(b"first", b""), [], [log.keys.key_id]
    for _ in range(3):
        keys = log.keys
        keys.rotate()
        bodies.append(keys.owed_rekey())
        keys.forget_old()
        ids.append(keys.key_id)
    late = log.keys
    assert [late.learn(body) for body in bodies] == [False, False, True]
    assert [late.learn(body) for body in reversed(bodies)] == [True, True, True]
    assert all(late.knows(key_id) for key_id in ids)
    assert late.unwrap(ids[0], wrapped, b"") == b"first"
