"""The auditor's pair of keys: made off the host, read on it, and never mistaken for each other."""

import os

import pytest

from aiops_agent.audit.auditor import make_pair, read_public, seal, unwrap_sealed
from aiops_agent.audit.keys import FileKeys
from aiops_agent.errors import AuditError, UsageError

LOW_ORDER = (bytes(32), bytes([1]) + bytes(31))
"""Points that give everybody the same secret (RFC 7748, section 6.1)."""


@pytest.fixture
def private(tmp_path):
    path = tmp_path / "auditor"
    make_pair(path)
    return path


def published(private):
    return private.with_name("auditor.pub")


def test_only_the_private_half_opens_what_the_public_one_sealed_and_in_its_context_only(private):
    sealed = seal(read_public(published(private)), b"s" * 64, b"here")
    assert len(sealed) == 8 + 32 + 80
    assert unwrap_sealed(private.read_bytes(), sealed, b"here") == b"s" * 64
    assert unwrap_sealed(private.read_bytes(), sealed, b"there") is None
    assert unwrap_sealed(os.urandom(32), sealed, b"here") is None
    for place in range(len(sealed)):
        forged = bytearray(sealed)
        forged[place] ^= 1
        assert unwrap_sealed(private.read_bytes(), bytes(forged), b"here") is None, place


def test_what_is_sealed_twice_is_not_the_same_twice(private):
    public = read_public(published(private))
    assert seal(public, b"s", b"") != seal(public, b"s", b"")


@pytest.mark.parametrize("length", [0, 7, 8, 39, 40, 55])
def test_what_is_cut_short_opens_to_nothing(private, length):
    sealed = seal(read_public(published(private)), b"", b"")
    assert unwrap_sealed(private.read_bytes(), sealed[:length], b"") is None


def test_the_private_half_is_for_its_owner_alone_and_the_public_one_is_text(private):
    assert private.stat().st_mode & 0o777 == 0o600
    assert len(private.read_bytes()) == 32
    assert bytes.fromhex(published(private).read_text().strip()) == read_public(published(private))


@pytest.mark.parametrize("taken", ["auditor", "auditor.pub"])
def test_no_file_is_ever_overwritten(tmp_path, taken):
    (tmp_path / taken).write_text("precious")
    with pytest.raises(UsageError, match="exists already"):
        make_pair(tmp_path / "auditor")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {taken: "precious"}


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "auditor").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="exists already"):
        make_pair(tmp_path / "auditor")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        make_pair(tmp_path / "nowhere" / "auditor")


def test_the_public_half_is_read_as_bytes_too(private, tmp_path):
    public = read_public(published(private))
    (tmp_path / "raw").write_bytes(public)
    (tmp_path / "shouted").write_text(public.hex().upper())
    assert read_public(tmp_path / "raw") == read_public(tmp_path / "shouted") == public


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x" * 31,
        b"x" * 33,
        b"g" * 64,
        b"a" * 63,
        b"a" * 65,
        b"\xff" * 64,
        b"a b " * 16,
        b"y" * 10_000,
        b"a" * 64 + b"\n\nx",
    ],
)
def test_what_is_no_key_is_named(tmp_path, content):
    (tmp_path / "auditor.pub").write_bytes(content)
    with pytest.raises(AuditError, match="neither 32 bytes nor 64 hex digits"):
        read_public(tmp_path / "auditor.pub")


@pytest.mark.parametrize("point", LOW_ORDER)
def test_a_public_key_that_would_share_its_secret_with_everybody_is_refused(tmp_path, point):
    (tmp_path / "auditor.pub").write_bytes(point)
    with pytest.raises(AuditError, match="safe to use"):
        read_public(tmp_path / "auditor.pub")


def test_the_private_half_in_the_place_of_the_public_one_is_noticed(private):
    with pytest.raises(AuditError, match="is the private half") as refusal:
        read_public(private)
    assert "off this host" in refusal.value.hint


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir()])
def test_a_file_that_is_not_there_or_none_is_named(tmp_path, make):
    make(tmp_path / "auditor.pub")
    with pytest.raises(AuditError, match=r"auditor\.pub cannot be read"):
        read_public(tmp_path / "auditor.pub")


def test_keys_with_a_file_of_the_auditor_read_it_when_it_is_needed(private, tmp_path):
    public = read_public(published(private))
    keys = FileKeys(tmp_path / "keys", published(private))
    assert keys.auditor == public
    published(private).unlink()
    with pytest.raises(AuditError, match=r"auditor\.pub cannot be read"):
        keys.seal(b"", b"")
    assert FileKeys(tmp_path / "keys").auditor is None
