"""Any bit of a manifest, of a signed playbook or of the key that is another one: not signed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiops_agent.errors import PlaybookError
from aiops_agent.model.risk import Risk
from aiops_agent.model.signature import Signature
from aiops_agent.playbook.load import load
from aiops_agent.signing.ed25519 import SigningKey
from aiops_agent.signing.manifest import Entry, Manifest, envelop, read, write
from aiops_agent.signing.trusted import read_trusted
from tests.build import NOW
from tests.playbook.make import write as write_playbook
from tests.sign import Signer


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("host")
    signer = Signer(folder)
    path = write_playbook(folder)
    signer.sign(load(path), articles={"stale-lock": "0" * 64}, group="web")
    return signer, path


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


@pytest.mark.slow
def test_any_bit_of_the_manifest(signer):
    signer, path = signer
    manifest, playbook = signer.rules.manifest, load(path)
    sound = manifest.read_bytes()
    assert signer.register(group="web").signature(playbook, NOW) is Signature.SIGNED
    try:
        for bit in range(8 * len(sound)):
            manifest.write_bytes(flipped(sound, bit))
            assert signer.register(group="web").signature(playbook, NOW) is not Signature.SIGNED, bit
    finally:
        manifest.write_bytes(sound)


@settings(deadline=None)  # it waits for the disk
@given(st.integers(min_value=0))
def test_some_bits_of_the_manifest(signer, number):
    signer, path = signer
    manifest = signer.rules.manifest
    sound = manifest.read_bytes()
    try:
        manifest.write_bytes(flipped(sound, number % (8 * len(sound))))
        assert signer.register(group="web").signature(load(path), NOW) is not Signature.SIGNED
    finally:
        manifest.write_bytes(sound)


@settings(deadline=None)  # the same
@given(st.integers(min_value=0))
def test_any_bit_of_the_playbook(signer, number):
    signer, path = signer
    register, sound = signer.register(group="web"), path.read_bytes()
    assert register.signature(load(path), NOW) is Signature.SIGNED
    try:
        path.write_bytes(flipped(sound, number % (8 * len(sound))))
        try:
            playbook = load(path)
        except PlaybookError:  # refused before anybody asks for its signature
            return
        assert register.signature(playbook, NOW) in (Signature.EDITED, Signature.UNSIGNED)  # or of another name
    finally:
        path.write_bytes(sound)


@pytest.mark.slow
def test_any_bit_of_the_trusted_key(signer):
    signer, path = signer
    (key,) = signer.rules.trusted.glob("*.pub")
    sound = key.read_bytes()
    try:
        for bit in range(8 * len(sound)):
            key.write_bytes(flipped(sound, bit))
            other = read_trusted(signer.rules.trusted, signer.rules.owners).keys
            same = set(other.values()) == {signer.key.public}  # a newline that became another space
            register = signer.register(group="web")
            assert same or register.signature(load(path), NOW) is not Signature.SIGNED, bit
    finally:
        key.write_bytes(sound)


NAMES = st.text("abcdefghijklmnopqrstuvwxyz-0123456789", min_size=1, max_size=20)
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)
NUMBERS = st.integers(min_value=1, max_value=2**53 - 1)
ENTRIES = st.builds(Entry, NUMBERS, DIGESTS, st.sampled_from(Risk), st.just(NOW))
MANIFESTS = st.builds(
    Manifest,
    NUMBERS,
    st.just(NOW),
    st.dictionaries(NAMES, ENTRIES, max_size=5),
    st.dictionaries(NAMES, DIGESTS, max_size=5),
    st.text(max_size=10),
)


@given(MANIFESTS)
def test_a_manifest_is_read_as_it_was_written_and_its_signature_holds(manifest):
    key = SigningKey.make()
    found = read(envelop(manifest, {key.id: key.sign(write(manifest))}))
    assert found.manifest == manifest
    assert found.content == write(manifest)
    assert found.signatures == {key.id: key.sign(write(manifest))}
