"""The manifest has one form, and what is in another is none."""

import json

import pytest

from aiops_agent.errors import SigningError
from aiops_agent.signing.manifest import CONTEXT, envelop, read, write
from tests.build import NOW, playbook
from tests.sign import Signer

NO_MANIFESTS = {
    "empty": b"",
    "no JSON": b"{",
    "no object": b"[]",
    "nothing in it": b"{}",
    "nested deeply": b"[" * 100_000,
    "a number without end": b'{"signatures":[],"signed":{"serial":' + b"9" * 10_000 + b"}}",
    "another encoding": "{}".encode("utf-16"),
}


@pytest.fixture
def sound(tmp_path):
    signer = Signer(tmp_path)
    signer.sign(playbook())
    return signer.rules.manifest.read_bytes()


@pytest.mark.parametrize("name", NO_MANIFESTS)
def test_what_is_no_manifest_is_refused(name):
    with pytest.raises(SigningError, match="no manifest"):
        read(NO_MANIFESTS[name])


@pytest.mark.parametrize(
    "reformed",
    [
        lambda sound: json.dumps(json.loads(sound), indent=2).encode(),
        lambda sound: sound.removesuffix(b"\n"),
        lambda sound: sound + b" ",
        lambda sound: sound.replace(b'"serial":1', b'"serial":1,"serial":1'),
        lambda sound: sound.replace(b'"group":""', b'"group":"","more":true'),
        lambda sound: sound.replace(b'"restart"', b'"\\u0072estart"'),
        lambda sound: sound.replace(b"03:00:00Z", b"03:00:00+00:00"),
    ],
)
def test_the_same_in_another_form_is_refused(sound, reformed):
    other = reformed(sound)
    assert other != sound
    with pytest.raises(SigningError, match="in another form"):
        read(other)


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'"serial":1', b'"serial":true'),
        (b'"serial":1', b'"serial":0'),
        (b'"serial":1', b'"serial":1.0'),
        (b'"risk":"low"', b'"risk":"tiny"'),
        (b'"version":1', b'"version":-1'),
        (b'"articles":{}', b'"articles":[]'),
        (b'"group":""', b'"group":null'),
        (b'"created":"2026', b'"created":"9026-'),
    ],
)
def test_a_value_of_another_kind_is_refused(sound, written, instead):
    assert written in sound
    with pytest.raises(SigningError):
        read(sound.replace(written, instead))


def test_what_is_signed_says_what_for(sound):
    found = read(sound)
    assert json.loads(found.content)["context"] == CONTEXT == "aiops-agent playbooks v1"
    assert found.content in sound
    assert envelop(found.manifest, found.signatures) == sound
    assert write(found.manifest) == found.content
    assert found.manifest.created == NOW
