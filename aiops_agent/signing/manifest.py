"""The manifest: what was signed, in one form only, so that no two readers can take it differently.

    {"signatures": [{"key": ID, "signature": BASE64}], "signed": {...}}

The file is canonical JSON: keys sorted, no spaces, ASCII, a newline at its end. What is signed are the bytes of the
object under `signed` as they stand in the file: `jq -jcS .signed playbooks.manifest`.
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime

from aiops_agent.errors import SigningError
from aiops_agent.model.incident import rfc3339
from aiops_agent.model.risk import Risk
from aiops_agent.noun import dataclass, field

CONTEXT = "aiops-agent playbooks v1"
"""What a signature is for: one that was given for anything else says nothing here."""

MOST_BYTES = 1 << 20
_MOST_NUMBER = 2**53
"""Above it, readers of JSON differ."""

_HINT = "sign again with `aiops-agent playbook sign`, or put the manifest back from where it is kept"


@dataclass(frozen=True, slots=True)
class Entry:
    """One playbook as it was signed."""

    version: int
    digest: str
    """SHA-256 of the file's bytes, hex."""

    risk: Risk
    expires: datetime
    """To the second. From then on nobody vouches for it."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that one signature covers."""

    serial: int
    """One more than that of the manifest before it: a host refuses a lower one than it has seen."""

    created: datetime
    playbooks: Mapping[str, Entry]
    articles: Mapping[str, str] = field(default_factory=dict)
    """By id, the SHA-256 of the file: of all articles, or empty when articles are not signed."""

    group: str = ""
    """The group of hosts it is for; empty: for hosts of no group."""

    context: str = CONTEXT


@dataclass(frozen=True, slots=True)
class Signed:
    """A manifest and who signed it, as they stand in a file; nothing is verified yet."""

    manifest: Manifest
    content: bytes
    """What the signatures are for."""

    signatures: Mapping[str, bytes]
    """By the id of the key."""


def write(manifest: Manifest) -> bytes:
    """Return what is signed of a manifest."""
    return _canonical(_plain(manifest))


def envelop(manifest: Manifest, signatures: Mapping[str, bytes]) -> bytes:
    """Return the content of the file."""
    signed_by = [{"key": key, "signature": base64.b64encode(signatures[key]).decode()} for key in sorted(signatures)]
    return _canonical({"signatures": signed_by, "signed": _plain(manifest)}) + b"\n"


def read(content: bytes) -> Signed:
    """Return what a file holds.

    Raises:
        SigningError: It is not exactly what `envelop` would write.
    """
    try:
        plain = json.loads(content)
        manifest = _manifest(_mapping(plain["signed"]))
        signatures = {
            str(each["key"]): base64.b64decode(each["signature"], validate=True) for each in plain["signatures"]
        }
        again = envelop(manifest, signatures)
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise SigningError("this is no manifest of signed playbooks", hint=_HINT) from error
    if again != content:
        raise SigningError("this is a manifest in another form than it is signed in", hint=_HINT)
    return Signed(manifest, write(manifest), signatures)


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii")


def _plain(manifest: Manifest) -> dict[str, object]:
    return {
        "articles": dict(manifest.articles),
        "context": manifest.context,
        "created": rfc3339(manifest.created),
        "group": manifest.group,
        "playbooks": {
            name: {
                "expires": rfc3339(entry.expires),
                "risk": entry.risk.name.lower(),
                "sha256": entry.digest,
                "version": entry.version,
            }
            for name, entry in manifest.playbooks.items()
        },
        "serial": manifest.serial,
    }


def _manifest(plain: Mapping[str, object]) -> Manifest:
    return Manifest(
        serial=_number(plain["serial"]),
        created=_time(plain["created"]),
        playbooks={name: _entry(_mapping(each)) for name, each in _mapping(plain["playbooks"]).items()},
        articles={name: _text(digest) for name, digest in _mapping(plain["articles"]).items()},
        group=_text(plain["group"]),
        context=_text(plain["context"]),
    )


def _entry(plain: Mapping[str, object]) -> Entry:
    risk = Risk[_text(plain["risk"]).upper()]
    return Entry(_number(plain["version"]), _text(plain["sha256"]), risk, _time(plain["expires"]))


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _MOST_NUMBER:
        raise TypeError(value)
    return value


def _time(value: object) -> datetime:
    return datetime.fromisoformat(_text(value))  # in another form it would not be written as it was read
