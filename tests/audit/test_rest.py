"""The cipher of the state: what it opens and what not, and that no key is ever made in the place of a lost one."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.rest import StateCipher
from aiops_agent.errors import AuditError
from tests.audit.logs import Log, entry


def cipher(state_dir):
    return StateCipher(FileKeys(state_dir / "keys"), state_dir)


@pytest.fixture(scope="module")
def sealing(tmp_path_factory):
    made = cipher(tmp_path_factory.mktemp("state"))
    made.create()
    return made


@given(plain=st.binary(max_size=200), context=st.binary(max_size=40))
def test_what_was_sealed_opens_in_its_context(sealing, plain, context):
    sealed = sealing.seal(plain, context)
    assert sealing.open(sealed, context) == plain
    assert sealing.open(sealed, context + b"!") is None


def test_any_flipped_bit_and_any_missing_byte_is_seen(sealing):
    sealed = sealing.seal(b"connection refused", b"evidence inc-1")
    for at in range(len(sealed)):
        for bit in range(8):
            altered = bytearray(sealed)
            altered[at] ^= 1 << bit
            assert sealing.open(bytes(altered), b"evidence inc-1") is None
        assert sealing.open(sealed[:at], b"evidence inc-1") is None
    assert sealing.open(sealed + b"\0", b"evidence inc-1") is None


def test_the_same_text_is_never_sealed_to_the_same_bytes(sealing):
    assert len({sealing.seal(b"again", b"here")[1:13] for _ in range(1000)}) == 1000


def test_the_key_is_kept_and_another_process_opens_with_it(tmp_path):
    first = cipher(tmp_path)
    first.create()
    sealed = first.seal(b"x", b"c")
    again = cipher(tmp_path)
    again.create()
    assert again.open(sealed, b"c") == b"x"
    key = tmp_path / "keys" / "state.key"
    assert (key.stat().st_mode & 0o777, len(key.read_bytes())) == (0o600, 8 + 12 + 32 + 16)


def test_a_rotation_of_the_wrapping_key_wraps_the_key_anew_and_what_is_sealed_stays(tmp_path):
    first = cipher(tmp_path)
    first.create()
    sealed = first.seal(b"x", b"c")
    before = (tmp_path / "keys" / "state.key").read_bytes()
    keys = FileKeys(tmp_path / "keys")
    keys.rotate()
    assert cipher(tmp_path).open(sealed, b"c") == b"x", "between the two steps of a rotation"
    assert keys.owed_rekey()
    keys.forget_old()
    after = (tmp_path / "keys" / "state.key").read_bytes()
    assert after[:8] == keys.key_id != before[:8]
    assert cipher(tmp_path).open(sealed, b"c") == b"x"


def test_the_log_begins_with_the_keys_that_the_state_made(tmp_path):
    cipher(tmp_path).create()
    log = Log(tmp_path)
    log.write(entry(1))
    assert log.verify().intact
    assert cipher(tmp_path).seal(b"x", b"c")


@pytest.mark.parametrize("name", ["state.key", "wrapping.key"])
def test_a_lost_key_is_named_and_not_made_anew(tmp_path, name):
    made = cipher(tmp_path)
    made.create()
    sealed = made.seal(b"x", b"c")
    (tmp_path / "keys" / name).unlink()
    for use in (lambda: cipher(tmp_path).seal(b"y", b"c"), lambda: cipher(tmp_path).open(sealed, b"c")):
        with pytest.raises(AuditError, match=name) as refusal:
            use()
        assert "backup" in refusal.value.hint
    assert not (tmp_path / "keys" / name).exists()


def test_beside_a_log_whose_keys_are_gone_none_is_made(tmp_path):
    log = Log(tmp_path)
    log.write(entry(1))
    for key in (tmp_path / "keys").iterdir():
        key.unlink()
    with pytest.raises(AuditError, match="without its key"):
        cipher(tmp_path).create()
    assert list((tmp_path / "keys").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"short", bytes(68), bytes(69)])
def test_a_key_that_is_damaged_is_refused(tmp_path, content):
    cipher(tmp_path).create()
    (tmp_path / "keys" / "state.key").write_bytes(content)
    with pytest.raises(AuditError, match=r"state\.key"):
        cipher(tmp_path).seal(b"x", b"c")


def test_a_key_open_to_others_is_refused_with_the_way_out(tmp_path):
    cipher(tmp_path).create()
    key = tmp_path / "keys" / "state.key"
    key.chmod(0o640)
    with pytest.raises(AuditError) as refusal:
        cipher(tmp_path).seal(b"x", b"c")
    assert f"chmod 600 {key}" in refusal.value.hint


def test_nothing_is_made_and_nothing_heavy_imported_before_the_first_use(tmp_path):
    program = f"""
import sys
from pathlib import Path
from aiops_agent.audit.keys import FileKeys
from aiops_agent.audit.rest import StateCipher
StateCipher(FileKeys(Path({str(tmp_path)!r}) / "keys"), Path({str(tmp_path)!r}))
sys.exit("cryptography" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    assert list(tmp_path.iterdir()) == []
